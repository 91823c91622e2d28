"""A definition as one imperative program, of which __init__ and forward are two slices."""

from __future__ import annotations

from typing import Any, NamedTuple

from specc.backends.definitions.notes import Note
from specc.backends.definitions.values import Static
from specc.backends.layout import Doc


class Number:
    """The next number of a container whose modules are counted when it is made."""


class Part(NamedTuple):
    """One word of a module's path. `label` is a word, a Static that makes one, or a Number.

    `depth` says how many loops and conditions were open when the level was.
    """

    label: Any
    depth: int

    @property
    def fixed(self) -> bool:
        return isinstance(self.label, str)


Path = tuple[Part, ...]


class Local(NamedTuple):
    """A compile-time value under a name."""

    name: str
    static: Static


class Place(NamedTuple):
    """A module made and put under a path."""

    path: Path
    doc: Doc
    note: Note = ()


class Line(NamedTuple):
    """A line of __init__ as it is: a parameter, a buffer, a tie, an assertion."""

    target: str
    doc: Doc
    note: str = ""


class Do(NamedTuple):
    """A line of forward: an assignment, or `return`. `kind` is the type of a variable that its value does not tell."""

    target: str
    doc: Doc
    note: Note = ()
    kind: str = ""


class Check(NamedTuple):
    """`if wrong: raise ValueError(text)` in forward."""

    wrong: Doc
    text: str


class Loop(NamedTuple):
    """`for target in items`; `names` are those the target binds."""

    target: str
    names: tuple[str, ...]
    items: Static
    body: list[Any]


class Choice(NamedTuple):
    """`if`; the condition is None where it is `self.training`."""

    condition: Static | None
    then: list[Any]
    other: list[Any]


class Member:
    """A module or a container as forward reaches it."""

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        """About as long as forward writes it."""
        path = ".".join(part.label if part.fixed else "number" for part in self.path)
        return f'self.get_submodule("{path}")' if len(self.path) > 2 else f"self.{path}"


class Test:
    """The condition of a choice as forward asks for it; `word` is what it may be called, "" if nothing suits."""

    __slots__ = ("choice", "word")

    def __init__(self, choice: Choice, word: str = "") -> None:
        self.choice, self.word = choice, word

    def __repr__(self) -> str:
        return "self.condition"


def places_in(program: list[Any]) -> list[Place]:
    """Every module that a program makes, in order."""
    found: list[Place] = []
    for statement in program:
        if isinstance(statement, Place):
            found.append(statement)
        elif isinstance(statement, Loop):
            found += places_in(statement.body)
        elif isinstance(statement, Choice):
            found += places_in(statement.then) + places_in(statement.other)
    return found


def acts(program: list[Any]) -> bool:
    """Whether a program does anything in forward."""
    return any(
        isinstance(s, (Do, Check))
        or isinstance(s, Loop)
        and acts(s.body)
        or isinstance(s, Choice)
        and (acts(s.then) or acts(s.other))
        for s in program
    )
