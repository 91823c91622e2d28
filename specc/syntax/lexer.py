"""From text to tokens. Whatever is no token of the language is handed on as an oddity, never lost."""

from __future__ import annotations

import re
from typing import NamedTuple

from specc.source import Source, Span
from specc.syntax.automaton import Tables, tables
from specc.syntax.tree import Comment


class Token(NamedTuple):
    """One word or sign of the text."""

    text: str
    span: Span


class Tokens:
    """The tokens of a text, as three lists of equal length; the last token is the end.

    `odd` holds the positions in these lists of what is not in the language: a wrong number, a stray character.
    """

    __slots__ = ("source", "kinds", "starts", "ends", "odd")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.kinds: list[int] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.odd: list[int] = []

    def add(self, kind: int, start: int, end: int) -> None:
        self.kinds.append(kind)
        self.starts.append(start)
        self.ends.append(end)

    def text(self, at: int) -> str:
        return self.source.text[self.starts[at] : self.ends[at]]

    def span(self, at: int) -> Span:
        return Span(self.source, self.starts[at], self.ends[at])

    def copy(self) -> tuple[list[int], list[int], list[int]]:
        return list(self.kinds), list(self.starts), list(self.ends)

    def restore(self, kept: tuple[list[int], list[int], list[int]]) -> None:
        self.kinds[:], self.starts[:], self.ends[:] = kept

    def replace(self, start: int, stop: int, kinds: tuple[int, ...]) -> None:
        """Put tokens of these kinds in place of some, at the place in the text where those stood."""
        left = self.starts[start]
        right = max(left, self.ends[stop - 1]) if stop > start else left
        self.kinds[start:stop] = kinds
        self.starts[start:stop] = [left] * len(kinds)
        self.ends[start:stop] = [right] * len(kinds)


# Before the language's own patterns: a string over lines, a number with a point at one end, as in 0. or .5
# After them: a number with letters, a string without end or in other quotes, other languages' signs, other words.
_ODD = (
    r'"""(?s:.*?)"""|[0-9][0-9_]*\.(?![0-9.])[A-Za-z0-9_]*|\.[0-9][A-Za-z0-9_]*',
    r"""[0-9][A-Za-z0-9_]*(?:\.[0-9][A-Za-z0-9_]*)?|"[^\r\n]*|'(?:[^'\\\n]|\\.)*'"""
    "|[\u201c\u201d\u201e][^\n\"\u201c\u201d\u201e]*[\u201c\u201d]"
    r"|&&|\|\||\w+|[^\n]",
)
ODD = -1  # the kind of what no pattern of the language fits, until it is looked at

# Words of Python that mean something else in a spec, or nothing; so do all that begin with two underscores.
PYTHON_WORDS = frozenset(("True", "False", "None", "self", "return"))


class Lexer:
    """One combined pattern, made from the words and signs of the grammar."""

    __slots__ = ("scan", "words", "signs", "name", "number", "string")

    def __init__(self, made: Tables) -> None:
        texts = {text: kind for kind, text in enumerate(made.texts) if text}
        self.words = {text: kind for text, kind in texts.items() if text.isidentifier()}
        self.signs = {text: kind for text, kind in texts.items() if not text.isidentifier()}
        self.name, self.number, self.string = (made.kinds[name] for name in ("NAME", "NUMBER", "STRING"))
        pattern = made.word_patterns
        signs = "|".join(map(re.escape, sorted(self.signs, key=len, reverse=True)))
        space = pattern["WS"].replace("+", "*")
        name = f"(?>{pattern['NAME']})(?!\\w)"
        groups = (name, _ODD[0], signs, pattern["NUMBER"], pattern["STRING"], pattern["COMMENT"], r"\Z", _ODD[1])
        self.scan = re.compile(space + "(?:" + "|".join(f"({group})" for group in groups) + ")")


_made: list[Lexer] = []


def _lexer() -> Lexer:
    if not _made:
        _made.append(Lexer(tables()))
    return _made[0]


def tokenize(source: Source, start: int, stop: int) -> tuple[Tokens, tuple[Comment, ...]]:
    """The tokens and comments of a stretch of a source."""
    lexer, tokens, comments = _lexer(), Tokens(source), []
    words, signs, name = lexer.words, lexer.signs, lexer.name
    by_group = {4: lexer.number, 5: lexer.string}
    text, add = source.text, tokens.add
    for match in lexer.scan.finditer(text, start, stop):
        group = match.lastindex or 0
        at, end = match.span(group)
        if group == 1:
            word = text[at:end]
            if word in PYTHON_WORDS or word[:2] == "__":
                tokens.odd.append(len(tokens.kinds))
            add(words.get(word, name), at, end)
        elif group == 3:
            add(signs[text[at:end]], at, end)
        elif group == 6:
            comments.append(_comment(source, at, end))
        elif group == 7:
            break
        elif group in by_group:
            add(by_group[group], at, end)
        else:
            tokens.odd.append(len(tokens.kinds))
            add(ODD, at, end)
    add(tables().end, stop, stop)
    return tokens, tuple(comments)


def _comment(source: Source, start: int, end: int) -> Comment:
    text = source.text
    while text[end - 1] in " \t\r\f":
        end -= 1
    own_line = not text[text.rfind("\n", 0, start) + 1 : start].strip()
    return Comment(text[start:end], own_line, Span(source, start, end))
