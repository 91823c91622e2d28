"""Slices of a program: which compile-time values some of its statements need."""

from __future__ import annotations

from typing import Any, Callable

from specc.backends.definitions.boxes import is_number, locals_of
from specc.backends.definitions.program import Check, Choice, Do, Line, Local, Loop, Place, Test
from specc.backends.definitions.values import Static
from specc.backends.definitions.writing import names_of, statics_in
from specc.backends.layout import leaves

Reads = Callable[[Any], "set[str] | None"]


class Slice:
    """What is needed for the statements of which `reads` says what they read (None for all others), and of the names in
    `after` at the end: `lines` are the values to work out, by id; `start` the names that are read before they are
    assigned; `turns` has those that each loop, by id, gives its turns.
    """

    def __init__(self, program: list[Any], reads: Reads, after: set[str]) -> None:
        self.program, self.reads = program, reads
        self.lines: set[int] = set()
        self.turns: dict[int, set[str]] = {}
        self.start = self._before(program, after)

    @property
    def names(self) -> set[str]:
        """All names that are needed somewhere."""
        return self.start | {item.name for item in locals_of(self.program) if id(item) in self.lines}

    def sets(self, statement: Any) -> bool:
        """Whether a statement works out a value that is needed."""
        return any(id(item) in self.lines for item in locals_of([statement]))

    def holds(self, statement: Any) -> bool:
        """Whether a statement is, or has inside it, one that everything is needed for."""
        return any(self.holds(inner) for inner in inside(statement)) or self.reads(statement) is not None

    def writes(self, statement: Any) -> bool:
        return self.sets(statement) or self.holds(statement)

    def _before(self, program: list[Any], after: set[str]) -> set[str]:
        """The names that are read from here on, given those that are read behind."""
        for statement in reversed(program):
            after = self._above(statement, after)
        return after

    def _above(self, statement: Any, after: set[str]) -> set[str]:
        if isinstance(statement, Local):
            if statement.name not in after:
                return after
            self.lines.add(id(statement))
            return after - {statement.name} | set(names_of(statement.static))
        if isinstance(statement, Loop):
            return self._around(statement, after)
        if isinstance(statement, Choice):
            read = self._before(statement.then, after) | self._before(statement.other, after)
            return after | read | names_of_test(statement) if self.writes(statement) else after
        return after | (self.reads(statement) or set())

    def _around(self, loop: Loop, after: set[str]) -> set[str]:
        """The end of each turn is followed by the next one."""
        start: set[str] = set()
        before = None
        while before != start:
            before = start
            start = self._before(loop.body, after | start)
            self.turns[id(loop)] = start & set(loop.names)
            start = start - set(loop.names)
        return after | start | set(names_of(loop.items)) if self.writes(loop) else after


def needed_by_forward(program: list[Any]) -> set[str]:
    """The compile-time names that the lines of forward need, directly or through others."""
    return Slice(program, read_by_line, set()).names


def needed_by_constructor(program: list[Any], kept: set[str]) -> set[str]:
    """The compile-time names that the constructor needs for its modules and lines, and for those in `kept`."""
    return Slice(program, lambda s: read_by_place(s) if isinstance(s, (Place, Line)) else None, kept).names


def inside(statement: Any) -> list[Any]:
    """The statements of a loop's body or of a condition's sides."""
    if isinstance(statement, Loop):
        return statement.body
    return [*statement.then, *statement.other] if isinstance(statement, Choice) else []


def changing(program: list[Any]) -> set[str]:
    """The names whose value changes on the way: they are assigned more than once, or in a loop or condition."""
    names = [item.name for item in locals_of(program)]
    return set(names) - {item.name for item in program if isinstance(item, Local) and names.count(item.name) == 1}


# ---------------------------------------------------------------- what a statement reads


def read_by_line(statement: Any) -> set[str] | None:
    """The compile-time names that a line of forward reads; None for what is no line of forward."""
    doc = statement.doc if isinstance(statement, Do) else statement.wrong if isinstance(statement, Check) else None
    if doc is None:
        return None
    return {name for leaf in leaves(doc) for name in names_at(leaf.value)}


def names_at(value: Any, members: bool = True) -> set[str]:
    """The compile-time names that a leaf of a line reads; those of the paths of modules only with `members`."""
    if isinstance(value, Static):
        return set(names_of(value))
    if isinstance(value, Test):
        return names_of_test(value.choice)
    parts = [part.label for part in value.path if isinstance(part.label, Static)] if members else []
    return {name for part in parts for name in names_of(part)}


def names_of_test(choice: Choice) -> set[str]:
    return set() if choice.condition is None else set(names_of(choice.condition))


def read_by_place(statement: Place | Line) -> set[str]:
    """The names that the making of a module or a line of the constructor reads; a number in a path is only counted."""
    found = {name for static in statics_in(statement.doc) for name in names_of(static)}
    path = statement.path if isinstance(statement, Place) else ()
    labels = [part.label for part in path if isinstance(part.label, Static) and not is_number(part.label)]
    return found | {name for label in labels for name in names_of(label)}
