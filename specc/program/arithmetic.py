"""Operators on compile-time values, run-time sizes and tensors."""

from __future__ import annotations

import operator
from typing import Any

from specc.program import operations
from specc.program.context import Frame
from specc.program.model import Arithmetic
from specc.program.values import (
    SizeValue,
    TensorValue,
    as_size,
    code,
    describe,
    has_unknown,
    holds_tensor,
    is_plain,
    seen,
    weight_of,
)
from specc.types.tensor import UNKNOWN

OPERATORS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}
COMPARISONS = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
OPPOSITE = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}
LARGEST = 2**63 - 1
LONGEST = 100_000  # items of a list, characters of a string
HEAVIEST = 1000  # sizes that one is computed from
NESTED_ITEMS = 100  # as many items in lists cost as much as one step
LISTS = (list, tuple)  # by type: tensors, templates and other values are tuples to Python, not to a spec


def binary(frame: Frame, op: str, left: Any, right: Any, node: Any) -> Any:
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    if isinstance(left, TensorValue) or isinstance(right, TensorValue):
        return operations.operator_call(frame, op, (left, right), node)
    if op == "+" and type(left) is type(right) and type(left) in LISTS:
        return within_length(frame, left + right, node)
    if isinstance(left, SizeValue) or isinstance(right, SizeValue):
        return _size_arithmetic(frame, op, left, right, node)
    if op in OPERATORS and _fits(op, left, right):
        return _plain(frame, op, left, right, node)
    if not (has_unknown(left) or has_unknown(right)):
        frame.report("argument-type", node.span, f"{op} does not take {describe(left)} and {describe(right)}")
    return UNKNOWN


def _fits(op: str, left: Any, right: Any) -> bool:
    numbers = (int, float)
    if isinstance(left, numbers) and isinstance(right, numbers):
        return True
    if op == "*":
        return type(left) in LISTS and isinstance(right, int) or type(right) in LISTS and isinstance(left, int)
    return op == "+" and isinstance(left, str) and isinstance(right, str)


def _plain(frame: Frame, op: str, left: Any, right: Any, node: Any) -> Any:
    if op == "*" and not (isinstance(left, (int, float)) and isinstance(right, (int, float))):
        many, count = (left, right) if type(left) in LISTS else (right, left)
        if len(many) * max(count, 0) > LONGEST:
            return _too_large(frame, node)
    if op == "**" and isinstance(left, int) and isinstance(right, int) and abs(left) > 1 and right > 64:
        return _too_large(frame, node)
    try:
        return _within_bounds(frame, OPERATORS[op](left, right), node)
    except ZeroDivisionError:
        frame.report("division-by-zero", node.span, "division by zero")
    except OverflowError:
        return _too_large(frame, node)
    return UNKNOWN


def _within_bounds(frame: Frame, value: Any, node: Any) -> Any:
    if isinstance(value, complex):
        frame.report("value-too-large", node.span, "this has no real value")
        return UNKNOWN
    if isinstance(value, int) and abs(value) > LARGEST:
        return _too_large(frame, node)
    return within_length(frame, value, node) if isinstance(value, (str, *LISTS)) else value


def within_length(frame: Frame, value: Any, node: Any) -> Any:
    """A string, list or tuple, unless it is too long, lists in it counted item by item: they may be shared."""
    if isinstance(value, str) or not any(type(item) in LISTS for item in value):
        count = len(value)
    else:
        count = _items(value)
        frame.compilation.spend(count // NESTED_ITEMS, node.span)
    if count <= LONGEST:
        return value
    what = "characters" if isinstance(value, str) else "items"
    frame.report("value-too-large", node.span, f"this has more than {LONGEST:,} {what}")
    return UNKNOWN


def _items(value: Any) -> int:
    """The items at every depth, counted no further than the limit."""
    count, waiting = 0, [value]
    while waiting and count <= LONGEST:
        items = waiting.pop()
        count += len(items)
        waiting += [item for item in items if type(item) in LISTS]
    return count


def _too_large(frame: Frame, node: Any) -> Any:
    frame.report("value-too-large", node.span, "this value is larger than any size torch has (2**63 - 1)")
    return UNKNOWN


def _size_arithmetic(frame: Frame, op: str, left: Any, right: Any, node: Any) -> Any:
    a, b = seen(left), seen(right)
    if op not in OPERATORS or op == "/" or not (whole(a) and whole(b)):
        frame.report(
            "symbolic-size",
            node.span,
            f"{op} on a size known only at run time",
            helps=("sizes take + - * // %; give the input a fixed size for other arithmetic",),
        )
        return UNKNOWN
    if op in ("//", "%") and b == 0:
        frame.report("division-by-zero", node.span, "division by zero")
        return UNKNOWN
    if op == "**" and not (isinstance(b, int) and 0 <= b <= 8):
        return _too_large(frame, node)
    if weight_of(left, right) > HEAVIEST:
        frame.report("value-too-large", node.span, f"this size is computed from more than {HEAVIEST:,} others")
        return UNKNOWN
    return as_size(OPERATORS[op](a, b), Arithmetic(op, code(left), code(right)), weight_of(left, right))


def whole(value: Any) -> bool:
    return not isinstance(value, (float, str, bool, list, tuple)) and value is not None


def negate(frame: Frame, operand: Any, node: Any) -> Any:
    if operand is UNKNOWN:
        return UNKNOWN
    if isinstance(operand, TensorValue):
        return operations.operator_call(frame, "neg", (operand,), node)
    if isinstance(operand, SizeValue):
        return as_size(-operand.dim, Arithmetic("-", 0, operand.code), operand.weight)
    if isinstance(operand, (int, float)) and not isinstance(operand, bool):
        return -operand
    frame.report("argument-type", node.span, f"- does not take {describe(operand)}")
    return UNKNOWN


def compare(frame: Frame, op: str, left: Any, right: Any, node: Any) -> Any:
    """A truth value, a tensor of them, or UNKNOWN."""
    if has_unknown(left) or has_unknown(right):
        return UNKNOWN
    if op in ("in", "not in"):
        return _membership(frame, op, left, right, node)
    if op in ("==", "!=") and (left is None) != (right is None):
        return op == "!="  # whether an optional input is there is settled when the spec is checked
    if isinstance(left, TensorValue) or isinstance(right, TensorValue):
        return operations.operator_call(frame, op, (left, right), node)
    if isinstance(left, SizeValue) or isinstance(right, SizeValue):
        return _compare_sizes(frame, op, left, right, node)
    if op in ("==", "!="):
        return COMPARISONS[op](left, right) if is_plain(left) and is_plain(right) else (left is right) == (op == "==")
    try:
        return COMPARISONS[op](left, right)
    except TypeError:
        frame.report("argument-type", node.span, f"{op} does not compare {describe(left)} and {describe(right)}")
        return UNKNOWN


def _membership(frame: Frame, op: str, left: Any, right: Any, node: Any) -> Any:
    if type(right) in LISTS or isinstance(right, str) and isinstance(left, str):
        return (left in right) == (op == "in")
    frame.report("argument-type", node.span, f"{op} needs a list on its right, this is {describe(right)}")
    return UNKNOWN


def _compare_sizes(frame: Frame, op: str, left: Any, right: Any, node: Any) -> Any:
    a, b = seen(left), seen(right)
    if not (whole(a) and whole(b)) or holds_tensor(a):
        return op == "!=" if op in ("==", "!=") else UNKNOWN
    if frame.facts.prove(op, a, b) is True:
        return True
    if frame.facts.prove(OPPOSITE[op], a, b) is True:
        return False
    frame.report(
        "symbolic-size",
        node.span,
        f"{a} {op} {b} is not settled: it depends on sizes known only at run time",
        helps=(f"state it as a fact: assert {a} {op} {b}", "or give the input a fixed size"),
    )
    return UNKNOWN


def span_of(frame: Frame, start: Any, stop: Any, node: Any) -> Any:
    """`start..stop` as a list."""
    if start is UNKNOWN or stop is UNKNOWN:
        return UNKNOWN
    if not (type(start) is int and type(stop) is int):
        frame.report("not-a-number", node.span, "both ends of a range must be integers known at compile time")
        return UNKNOWN
    if stop - start > LONGEST:
        return _too_large(frame, node)
    return list(range(start, stop))
