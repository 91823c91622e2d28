"""Symbolic inference tested by substitution: with numbers put in, its result must be that of the numbers."""

from __future__ import annotations

from random import Random
from typing import Any

from specc.types.dims import Dim, symbol
from specc.types.facts import Facts
from specc.types.tensor import TensorType

RELATIONS = {"==": int.__eq__, "!=": int.__ne__, "<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__}

LEFT_OPEN = ("single-value-norm",)


class RecordedFacts(Facts):
    """Facts that remember what a rule has assumed."""

    __slots__ = ("assumed",)

    def __init__(self) -> None:
        super().__init__()
        self.assumed: list[tuple[str, Any, Any]] = []

    def assume(self, op: str, a: Any, b: Any) -> None:
        self.assumed.append((op, a, b))
        super().assume(op, a, b)


def compare_symbolic(rng: Random, outcome: Any) -> str | None:
    """What is wrong with symbolic inference on the call of an outcome, or None.

    Where the numbers are legal, the symbolic result must be theirs and its assumptions true of them. Where they are
    not, a symbolic result must assume something that is false of them.
    """
    from tests.conformance.harness import infer

    call, values = _with_symbols(rng, outcome.call)
    if not values:
        return None
    facts = RecordedFacts()
    answer = infer(call, facts)
    if answer.refusals:
        return None
    fulfilled = all(RELATIONS[op](_number(a, values), _number(b, values)) for op, a, b in facts.assumed)
    if not outcome.accepted and not _is_left_open(outcome):
        wrong = "accepts what it refuses in numbers" if fulfilled else None
    elif not outcome.accepted:
        wrong = None
    elif not fulfilled:
        wrong = f"assumes {facts.assumed}, which the legal numbers break"
    else:
        wrong = None if _put_in(answer.result, values) == _plain(outcome.torchs) else f"gives {answer.result}"
    return f"wrong symbols: {call} with {values}\n    {wrong}" if wrong else None


def _is_left_open(outcome: Any) -> bool:
    """A rule that speaks only where every size its symbols allow is wrong."""
    return any(place.split()[-1] in LEFT_OPEN for place, _ in outcome.ours.refusals)


def _with_symbols(rng: Random, call: Any) -> tuple[Any, dict[str, int]]:
    """The call with some sizes of its tensors replaced: equal sizes mostly by the same symbol."""
    values: dict[str, int] = {}
    shares = rng.random() < 0.7

    def size(number: int) -> Any:
        if number < 1 or rng.random() < 0.5:
            return number
        name = f"S{number}" if shares else f"S{len(values)}"
        values[name] = number
        return symbol(name)

    def replaced(value: Any) -> Any:
        if isinstance(value, TensorType):
            return value.reshaped(size(number) for number in value.shape)
        if isinstance(value, (tuple, list)) and any(isinstance(item, TensorType) for item in value):
            return type(value)(map(replaced, value))
        return value

    call = call._replace(
        args=tuple(map(replaced, call.args)),
        inputs=tuple(map(replaced, call.inputs)),
        kwargs={name: replaced(value) for name, value in call.kwargs.items()},
        named_inputs={name: replaced(value) for name, value in call.named_inputs.items()},
    )
    return call, values


def _number(size: Any, values: dict[str, int]) -> int:
    return size.evaluate(values) if isinstance(size, Dim) else size


def _put_in(result: Any, values: dict[str, int]) -> Any:
    """A result with numbers for its symbols."""
    if isinstance(result, TensorType):
        return TensorType(tuple(_number(size, values) for size in result.shape), result.dtype)
    if isinstance(result, (tuple, list)):
        return tuple(_put_in(item, values) for item in result)
    return _number(result, values)


def _plain(result: Any) -> Any:
    return tuple(map(_plain, result)) if type(result) is tuple else result
