"""Puts the tokens of a spec on lines: where a line ends, and how far the next is indented."""

from __future__ import annotations

from typing import NamedTuple

from specc.format.columns import keep_columns
from specc.format.roles import CLOSERS, OPENERS, Roles
from specc.format.spacing import gap
from specc.syntax.tree import Comment

WIDTH = 120
_INDENT = 2
_CONTINUED = 4
_FARTHEST = 18  # the column up to which a chain's arrows stand under its first one


class Bracket(NamedTuple):
    """An open bracket: its token and column, how far what closes it is indented, whether its line ends behind it.

    `statements` says whether it holds statements, `statement` how far the one it stands in is indented.
    """

    token: int
    column: int
    indent: int
    hangs: bool
    statements: bool
    statement: int


class Line(NamedTuple):
    text: str
    comment: str  # at its end, or ""
    blank_before: bool


class Layout:
    """The lines of a spec. The user's line ends are kept where a line may end; others are put where lines grow long."""

    def __init__(self, roles: Roles, comments: tuple[Comment, ...]) -> None:
        self.roles = roles
        self.texts = roles.texts
        self.gaps = [gap(roles, at) if at else 0 for at in range(len(self.texts))]
        keep_columns(roles, self.gaps)
        self.notes = _notes(roles, comments)
        self.closing = _matches(self.texts)
        self.lines: list[Line] = []
        self.open: list[Bracket] = []
        self.line = ""
        self.indent = 0
        self.statement = 0
        self.blank = False
        self.columns: dict[int, int] = {}
        self.first_of_line: set[int] = set()

    def run(self) -> list[Line]:
        """All lines, comments included."""
        for at in range(len(self.texts)):
            self._place(at)
        self._comments(len(self.texts), 0)
        self._end_line("")
        return self.lines

    # ------------------------------------------------------------ one token

    def _place(self, at: int) -> None:
        text = self.texts[at]
        closed = self.open.pop() if text in CLOSERS else None
        if closed:
            self.statement = closed.statement
        indent = self._new_line(at, closed)
        if indent is None:
            self.line += " " * self.gaps[at] + text
        else:
            inner = indent + _INDENT if closed and closed.hangs else indent
            self._comments(at, inner)
            self._end_line("")
            self.blank = self._blank_before(at) and at in self.roles.statements and not self._opens_list(at)
            self.indent = indent
            self.line = " " * indent + text
            self.first_of_line.add(at)
        self.columns[at] = len(self.line) - len(text)
        if at in self.roles.statements:
            self.statement = self.indent
        if text in OPENERS:
            self._open(at)

    def _open(self, at: int) -> None:
        statements = at in self.roles.braces
        hangs = self._expands(at) if statements else self._broken(at + 1)
        step = len("-> ") if self.line.startswith("-> ", self.indent) else 0
        indent = self.statement if statements else self.indent + step
        self.open.append(Bracket(at, self.columns[at], indent, hangs, statements, self.statement))

    def _new_line(self, at: int, closed: Bracket | None) -> int | None:
        """The indentation of the new line this token begins, or None where it goes on the same line."""
        if closed:
            return closed.indent if closed.hangs else self._forced(at)
        inside = self.open[-1] if self.open else None
        if at in self.roles.statements:
            if inside is None:
                return 0
            return inside.indent + _INDENT if inside.hangs else None
        if inside and inside.hangs and self.texts[at - 1] in OPENERS and not inside.statements:
            return inside.indent + _INDENT
        if self.notes.get(at) or self._may_break(at) and (self._broken(at) or self._too_long(at)):
            return self._continuation(at)
        return None

    def _too_long(self, at: int) -> bool:
        """Whether what belongs together from here on does not fit on this line.

        An operand that would not fit on the next line either stays if its first piece fits.
        """
        if self._fits(at, len(self.line)):
            return False
        if at not in self.roles.operators or self._fits(at, self._continuation(at)):
            return True
        return not self._fits(at, len(self.line), pieces=True)

    def _forced(self, at: int) -> int | None:
        return self._continuation(at) if self.notes.get(at) else None

    # ------------------------------------------------------------ where lines end

    def _broken(self, at: int) -> bool:
        """Whether the user ended a line before a token."""
        tokens = self.roles.tokens
        return "\n" in tokens.source.text[tokens.ends[at - 1] : tokens.starts[at]]

    def _blank_before(self, at: int) -> bool:
        tokens = self.roles.tokens
        start = self.notes[at][-1].span.end if self.notes.get(at) else tokens.ends[at - 1] if at else 0
        return tokens.source.text.count("\n", start, tokens.starts[at]) > 1

    def _opens_list(self, at: int) -> bool:
        return at == 0 or at - 1 in self.roles.braces and not self.notes.get(at)

    def _may_break(self, at: int) -> bool:
        before = self.texts[at - 1] if at else ""
        if self.texts[at] == "->" or before == ",":
            return True
        return at in self.roles.operators or at - 1 in self.roles.operators and self._broken(at)

    def _fits(self, at: int, column: int, pieces: bool = False) -> bool:
        """Whether what belongs together from here on, or its first piece, fits on a line that reaches to a column."""
        if at - 1 in self.roles.operators:
            return True
        depth, end = 0, at
        while end < len(self.texts) and column <= WIDTH:
            text = self.texts[end]
            if end > at and self._may_break(end) and (pieces or self._broken(end)):
                return True
            if end > at and depth <= 0 and self._separates(at, end, depth):
                return True
            column += self.gaps[end] + len(text)
            depth += (text in OPENERS) - (text in CLOSERS)
            if text in OPENERS and (self._broken(end + 1) or end in self.roles.braces):
                return column <= WIDTH
            end += 1
        return column <= WIDTH

    def _separates(self, at: int, end: int, depth: int) -> bool:
        """Whether a line could end before the token `end` as well as before `at`."""
        text = self.texts[end]
        if end in self.roles.statements:
            return True
        if depth < 0:
            return text not in CLOSERS and text != ","
        return text == "->" or self.texts[end - 1] == "," and self.texts[at] != "->" or (
            end in self.roles.operators and self.texts[at] != "->" and self.texts[at - 1] != ",")

    def _expands(self, at: int) -> bool:
        """Whether the statements between these braces stand on lines of their own."""
        stop = self.closing[at]
        if stop == at + 1 and not self.notes.get(stop):
            return False
        if any(self.notes.get(inner) or self._broken(inner) for inner in range(at + 1, stop + 1)):
            return True
        width = sum(self.gaps[inner] + len(self.texts[inner]) for inner in range(at + 1, stop + 1))
        return len(self.line) + width > WIDTH

    # ------------------------------------------------------------ how far lines are indented

    def _continuation(self, at: int) -> int:
        first = self.roles.arrows.get(at)
        if first is not None and first != at:
            return self._step(first)
        if self.open and not self.open[-1].statements:
            inside = self.open[-1]
            if inside.hangs:
                return inside.indent + _INDENT
            return inside.column + 1 + (self.texts[inside.token] == "{")
        return self.statement + (_INDENT if first is not None else _CONTINUED)

    def _step(self, first: int) -> int:
        """Where the arrows of a chain stand.

        Under its head, if that begins a line; under its first arrow, if that is near; else so that the steps stand
        under the head.
        """
        head = self.roles.heads[first]
        if head in self.first_of_line and head not in self.roles.statements:
            return self.columns[head]
        if first in self.first_of_line or self.columns[first] <= _FARTHEST:
            return self.columns[first]
        return max(self.columns[head] - len("-> "), 0)

    # ------------------------------------------------------------ lines and comments

    def _comments(self, at: int, indent: int) -> None:
        """The comments before a token: one at the end of the line before, others on lines of their own."""
        for comment in self.notes.get(at, ()):
            if not comment.own_line and self.line:
                self._end_line(comment.text)
            else:
                self._end_line("")
                self.lines.append(Line(" " * indent + comment.text, "", self._blank_above(comment)))

    def _blank_above(self, comment: Comment) -> bool:
        text = comment.span.source.text
        line = text.rfind("\n", 0, comment.span.start)
        inside = self.lines and not (self.open and self.lines[-1].text.endswith("{") and not self.lines[-1].comment)
        return bool(inside) and line > 0 and not text[text.rfind("\n", 0, line) + 1 : line].strip()

    def _end_line(self, comment: str) -> None:
        if self.line:
            self.lines.append(Line(self.line, comment, self.blank))
        self.line = ""
        self.blank = False


def _notes(roles: Roles, comments: tuple[Comment, ...]) -> dict[int, list[Comment]]:
    """The comments by the number of the token they stand before."""
    from bisect import bisect_left

    notes: dict[int, list[Comment]] = {}
    for comment in comments:
        notes.setdefault(bisect_left(roles.tokens.starts, comment.span.end), []).append(comment)
    return notes


def _matches(texts: list[str]) -> dict[int, int]:
    """Where each bracket is closed."""
    found: dict[int, int] = {}
    stack: list[int] = []
    for at, text in enumerate(texts):
        if text in OPENERS:
            stack.append(at)
        elif text in CLOSERS:
            found[stack.pop()] = at
    return found
