"""Which compile-time values forward works out itself, since they change on its way."""

from __future__ import annotations

from typing import Any

from specc.backends.definitions.boxes import locals_of
from specc.backends.definitions.program import Check, Choice, Do, Local, Loop, Test
from specc.backends.definitions.values import Static
from specc.backends.definitions.writing import names_of
from specc.backends.layout import Doc, leaves


class Carried:
    """The values that loops or conditions change: `names` are what they are called, `lines` (by id) the assignments
    that forward needs of them, `start` those that it reads before it assigns them.
    """

    def __init__(self, program: list[Any]) -> None:
        names = [item.name for item in locals_of(program)]
        fixed = {item.name for item in program if isinstance(item, Local) and names.count(item.name) == 1}
        self.names = set(names) - fixed
        self.lines: set[int] = set()
        self.start = self._before(program, set())

    def writes(self, statement: Any) -> bool:
        """Whether forward has a line for a statement, or for one inside it."""
        if isinstance(statement, Local):
            return id(statement) in self.lines
        if isinstance(statement, Loop):
            return any(map(self.writes, statement.body))
        if isinstance(statement, Choice):
            return any(map(self.writes, (*statement.then, *statement.other)))
        return isinstance(statement, (Do, Check))

    def _before(self, program: list[Any], after: set[str]) -> set[str]:
        """The names that are read from here on, given those that are read behind."""
        for statement in reversed(program):
            after = self._above(statement, after)
        return after & self.names

    def _above(self, statement: Any, after: set[str]) -> set[str]:
        if isinstance(statement, Local):
            if statement.name not in after & self.names:
                return after
            self.lines.add(id(statement))
            return after - {statement.name} | set(names_of(statement.static))
        if isinstance(statement, Loop):
            return self._around(statement, after)
        if isinstance(statement, Choice):
            read = self._before(statement.then, after) | self._before(statement.other, after)
            return after | read | names_of_test(statement) if self.writes(statement) else after
        return after | names_read(statement)

    def _around(self, loop: Loop, after: set[str]) -> set[str]:
        """The end of each turn is followed by the next one."""
        start: set[str] = set()
        before = None
        while before != start:
            before = start
            start = self._before(loop.body, after | start) - set(loop.names)
        return after | start | set(names_of(loop.items)) if self.writes(loop) else after


def names_read(statement: Any) -> set[str]:
    """The compile-time names that a line of forward reads."""
    docs: list[Doc] = [statement.doc] if isinstance(statement, Do) else []
    docs += [statement.wrong] if isinstance(statement, Check) else []
    return {name for doc in docs for leaf in leaves(doc) for name in names_at(leaf.value)}


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
