"""Using an operation in a test as a spec would: bound arguments, checks, and what was found."""

from __future__ import annotations

from typing import Any, NamedTuple

from specc.diagnostics.model import Diagnostic
from specc.ops import registry
from specc.ops.base import Operation, Use
from specc.ops.binding import Written, bind
from specc.source import Source, Span
from specc.types.facts import Facts

SPAN = Span(Source("test.spec", "a"), 0, 1)


class Made(NamedTuple):
    """A use (None if the arguments did not bind) and the findings so far."""

    use: Use | None
    problems: list[Diagnostic]

    @property
    def rules(self) -> list[str]:
        return [problem.name for problem in self.problems]

    @property
    def errors(self) -> list[str]:
        return [problem.name for problem in self.problems if problem.severity == "error"]


def operation(kind: str, name: str) -> Operation:
    found = registry.lookup(kind, name)
    assert found is not None, f"no {kind} {name}"
    return found


def make(kind: str, name: str, *args: Any, **kwargs: Any) -> Made:
    """Bind the arguments and run the operation's check."""
    found = operation(kind, name)
    written = [
        *(Written(None, value, SPAN) for value in args),
        *(Written(key, value, SPAN) for key, value in kwargs.items()),
    ]
    problems: list[Diagnostic] = []
    bound = bind(name, found.arguments, written, SPAN, problems)
    if bound is None:
        return Made(None, problems)
    use = Use(found, bound.values, bound.given, SPAN, name, Facts(), problems)
    found.check(use)
    return Made(use, problems)


def infer(made: Made, x: Any) -> Any:
    """What the operation makes of an input."""
    assert made.use is not None, made.problems
    made.use.values["input"] = x
    return made.use.operation.infer(made.use)


def all_of(kind: str) -> list[str]:
    return list(registry.names(kind))
