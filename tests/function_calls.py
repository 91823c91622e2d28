"""Calls of functions as a spec would make them, for the tests of their rules."""

from __future__ import annotations

from typing import Any

from specc.ops.base import Operation, Use
from specc.ops.binding import Written, bind
from specc.ops.functions.operators import OPERATORS
from specc.ops.registry import lookup
from specc.source import Source, Span
from specc.types.facts import Facts
from specc.types.tensor import TensorType

PLACE = Span(Source("call", ""), 0, 0)


def used(name: str, *args: Any, facts: Facts | None = None, **kwargs: Any) -> Use:
    """The use of a function or operator; binding must succeed."""
    operation: Operation | None = OPERATORS.get(name) or lookup("function", name)
    assert operation is not None, name
    written = [Written(None, value, PLACE) for value in args] + [Written(key, v, PLACE) for key, v in kwargs.items()]
    problems: list[Any] = []
    bound = bind(name, operation.arguments, written, PLACE, problems)
    assert bound is not None, problems
    return Use(operation, bound.values, bound.given, PLACE, name, facts or Facts(), problems)


def inferred(name: str, *args: Any, facts: Facts | None = None, **kwargs: Any) -> Any:
    """The type of the result; nothing may be found wrong."""
    use = used(name, *args, facts=facts, **kwargs)
    result = use.operation.infer(use)
    assert not use.problems, [problem.headline for problem in use.problems]
    return result


def shape_of(name: str, *args: Any, **kwargs: Any) -> str:
    """The sizes of the result as text."""
    result = inferred(name, *args, **kwargs)
    assert isinstance(result, TensorType)
    return "[" + ", ".join(map(str, result.shape)) + "]"


def refused(name: str, *args: Any, **kwargs: Any) -> Any:
    """The one finding of a use that is refused."""
    use = used(name, *args, **kwargs)
    use.operation.infer(use)
    (problem,) = use.problems
    return problem
