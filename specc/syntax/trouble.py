"""The place where reading stopped: what stands there, what would have fitted, what is open."""

from __future__ import annotations

from typing import NamedTuple

from specc.source import Span
from specc.syntax.automaton import tables
from specc.syntax.machine import Machine

# What a list of statements is made of, by the grammar's names. `start` is the list of a file's sections.
LISTS = ("_item", "_stmt", "_ditem", "_titem", "_oitem", "rule", "setting")
CLOSERS = {"(": ")", "[": "]", "{": "}"}


class Opened(NamedTuple):
    """A bracket that is open: its height on the stack, its token and its sign."""

    height: int
    token: int
    sign: str


class Trouble:
    """Where the machine stands before a token that it cannot take."""

    def __init__(self, machine: Machine, at: int) -> None:
        self.tokens = machine.tokens
        self.at = at
        self.states = list(machine.states)
        self.firsts = list(machine.firsts)
        self._indents: dict[int, int] = {}
        self._accepted: frozenset[str] | None = None

    # ------------------------------------------------------------ the words around

    def word(self, offset: int = 0) -> str:
        """The text of the token so many behind the place, "" outside the text and at its end."""
        at = self.at + offset
        if not 0 <= at < len(self.tokens.kinds):
            return ""
        return tables().texts[self.tokens.kinds[at]] or self.tokens.text(at)

    def span(self, offset: int = 0) -> Span:
        at = min(max(self.at + offset, 0), len(self.tokens.kinds) - 1)
        return self.tokens.span(at)

    def kind(self, offset: int = 0) -> str:
        """NAME, NUMBER, STRING, $END, "word" for a word of the language, "sign" for anything else."""
        at = self.at + offset
        name = tables().names[self.tokens.kinds[at]] if 0 <= at < len(self.tokens.kinds) else "$END"
        if name in ("NAME", "NUMBER", "STRING", "$END"):
            return name
        return "word" if self.word(offset).isidentifier() else "sign"

    def adjacent(self, offset: int) -> bool:
        """Whether no space stands before that token."""
        return self.span(offset - 1).end == self.span(offset).start

    def begins_line(self, at: int) -> bool:
        """Whether a token (by its number) is the first of its line."""
        if not 0 < at < len(self.tokens.kinds):
            return True
        before = self.tokens.ends[at - 1]
        return "\n" in self.tokens.source.text[before : self.tokens.starts[at]]

    def indent(self, at: int) -> int:
        """How far the line of a token is indented."""
        source = self.tokens.source
        line = source.position(self.tokens.starts[at]).line
        if line not in self._indents:
            text = source.line(line)
            self._indents[line] = len(text) - len(text.lstrip())
        return self._indents[line]

    # ------------------------------------------------------------ what would fit

    def accepts(self, sign: str) -> bool:
        return sign in self.accepted()

    def accepted(self) -> frozenset[str]:
        """The words and signs that fit here (NAME, NUMBER, STRING and $END by these names)."""
        if self._accepted is None:
            made = tables()
            row = made.rows[self.states[-1]]
            kinds = [kind for kind in row if kind <= made.end and fits(self.states, kind)]
            self._accepted = frozenset(made.texts[kind] or made.names[kind] for kind in kinds)
        return self._accepted

    # ------------------------------------------------------------ what is begun and not finished

    def symbols(self) -> list[str]:
        """What lies on the stack, from the bottom: words and signs as they are, anything else by the grammar's name."""
        return ["", *(_symbol(state) for state in self.states[1:])]

    def opened(self) -> list[Opened]:
        """The brackets that are open, from the outermost."""
        found: list[Opened] = []
        for height, symbol in enumerate(self.symbols()):
            if symbol in CLOSERS:
                found.append(Opened(height, self.token_at(height), symbol))
            elif symbol in CLOSERS.values():
                found.pop()
        return found

    def token_at(self, height: int) -> int:
        """The number of the first token of what lies at a height of the stack."""
        return self.firsts[height] if height < len(self.firsts) else self.at

    def statement(self) -> tuple[int, int]:
        """Of the innermost list of statements: its height on the stack, and the first token of the one begun in it."""
        lists: list[int] = []
        openers: list[int] = []
        for height, symbol in enumerate(self.symbols()):
            if symbol in CLOSERS:
                openers.append(height)
            elif symbol in CLOSERS.values():
                opener = openers.pop()
                lists = [inner for inner in lists if inner < opener]
            if in_list(self.states[height]):
                lists.append(height)
        height = lists[-1] if lists else 0
        return height, self.token_at(height + 1)

    def keyword(self) -> str:
        """The word that begins the statement begun here; "" where it begins with a name, or nothing is begun."""
        _, first = self.statement()
        if first >= self.at:
            return ""
        offset = first - self.at
        return self.word(offset) if self.kind(offset) == "word" else ""


_reached: dict[int, str] = {}


def _symbol(state: int) -> str:
    """The symbol over which a state is entered: one for each state."""
    if not _reached:
        made = tables()
        for number in range(made.count()):
            for kind, action in made.rows[number].items():
                if action >= 0:
                    _reached[action] = kind <= made.end and made.texts[kind] or made.names[kind]
    return _reached[state]


def in_list(state: int) -> bool:
    """Whether a statement may begin in a state."""
    made = tables()
    row = made.rows[state]
    return any(made.kinds[name] in row for name in LISTS)


def fits(states: list[int], kind: int) -> bool:
    """Whether a token would be taken, after whatever reductions."""
    made, stack = tables(), list(states)
    while True:
        action = made.rows[stack[-1]].get(kind)
        if action is None or action >= 0:
            return action is not None
        rule = made.rules[~action]
        if rule.length:
            del stack[-rule.length :]
        stack.append(made.rows[stack[-1]][rule.origin])
