"""Finding an expression for numbers: of what the constructor takes, one that has these values in every use."""

from __future__ import annotations

from itertools import permutations
from typing import Any, Iterator

from specc.backends.definitions.statics import NOWHERE, constant
from specc.backends.definitions.values import Static
from specc.backends.formula import Text
from specc.syntax import tree


def guess(columns: dict[str, list[Any]], values: list[Any]) -> Static | None:
    """The simplest expression that fits, None if there is none; one number where all are alike."""
    if not values or any(type(value) is not int for value in values):
        return None
    if all(value == values[0] for value in values):
        return constant(values[0])
    known = {name: column for name, column in columns.items() if all(type(value) is int for value in column)}
    return next((Static(node) for node, column in _candidates(known, values) if column == values), None)


def _candidates(known: dict[str, list[int]], values: list[int]) -> Iterator[tuple[Any, list[int]]]:
    for name, column in known.items():
        yield _name(name), column
    for name, column in known.items():
        yield from _with_a_number(name, column, values)
    for (a, left), (b, right) in permutations(known.items(), 2):
        yield _binary("*", _name(a), _name(b)), [x * y for x, y in zip(left, right)]
        if all(right):
            yield _binary("//", _name(a), _name(b)), [x // y for x, y in zip(left, right)]
        yield _binary("+", _name(a), _name(b)), [x + y for x, y in zip(left, right)]
        factor = (values[0] - left[0]) // right[0] if right[0] else 0
        if factor > 1:
            several = _binary("*", Text(str(factor)), _name(b))
            yield _binary("+", _name(a), several), [x + factor * y for x, y in zip(left, right)]
    for (a, first), (b, second), (c, third) in permutations(known.items(), 3):
        product = _binary("*", _name(b), _name(c))
        yield _binary("+", _name(a), product), [x + y * z for x, y, z in zip(first, second, third)]


def _with_a_number(name: str, column: list[int], values: list[int]) -> Iterator[tuple[Any, list[int]]]:
    first, wanted = column[0], values[0]
    if first > 0 and wanted > 0:
        factor, divisor = wanted // first, first // wanted
        yield _binary("*", Text(str(factor)), _name(name)), [factor * value for value in column]
        if divisor > 1:
            yield _binary("//", _name(name), Text(str(divisor))), [value // divisor for value in column]
    if first * wanted and all(column):
        yield _binary("//", Text(str(first * wanted)), _name(name)), [first * wanted // value for value in column]
    offset = wanted - first
    yield (
        _binary("+" if offset > 0 else "-", _name(name), Text(str(abs(offset)))),
        [value + offset for value in column],
    )


def _name(name: str) -> tree.Name:
    return tree.Name(name, NOWHERE)


def _binary(op: str, left: Any, right: Any) -> tree.Binary:
    return tree.Binary(op, left, right, NOWHERE)
