"""Python's arithmetic at compile time: `len`, `range`, `round`, `sqrt`, ... and a tensor's questions about itself."""

from __future__ import annotations

import math
from typing import Any, Callable, Sequence

from specc.program.arithmetic import LARGEST, LONGEST
from specc.program.context import Frame
from specc.program.model import Arithmetic
from specc.program.values import SizeValue, TensorValue, as_size, code, describe, seen, weight_of
from specc.types.dims import maximum, minimum
from specc.types.tensor import UNKNOWN, product

DIGITS = 400  # more than a float has on either side of its point
PLAIN: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "ceil": math.ceil,
    "cos": math.cos,
    "exp": math.exp,
    "floor": math.floor,
    "int": int,
    "len": len,
    "log": math.log,
    "log2": math.log2,
    "round": lambda number, digits=None: (
        round(number) if digits is None else round(number, max(-DIGITS, min(digits, DIGITS)))
    ),
    "sin": math.sin,
    "sqrt": math.sqrt,
    "sum": sum,
    "float": float,
    "tan": math.tan,
    "tanh": math.tanh,
    "pow": lambda base, exponent, modulus: pow(base, exponent, modulus),
    "any": any,
    "all": all,
    "str": str,
    "bool": bool,
    "max": max,
    "min": min,
    "enumerate": lambda items, start=0: list(enumerate(items, start)),
    "zip": lambda *lists: list(zip(*lists)),
    "reversed": lambda items: list(items)[::-1],
    "list": list,
    "tuple": tuple,
    "sorted": sorted,
}


def call(frame: Frame, name: str, args: Sequence[Any], node: Any) -> Any:
    """The value of a built-in function; a mistake is reported and gives UNKNOWN."""
    values = [arg.value for arg in args if arg.name is None]
    named = {arg.name: arg.value for arg in args if arg.name is not None}
    if name in ("min", "max") and any(isinstance(value, SizeValue) for value in values):
        return _extreme(name, values)
    if name == "range":
        return _range(frame, values, node)
    if name in ("sum", "int") and any(
        isinstance(v, SizeValue) for v in (values[0] if values and isinstance(values[0], (list, tuple)) else values)
    ):
        return _size_sum(frame, name, values, node)
    if name == "pow" and len(values) == 2:
        from specc.program.arithmetic import binary

        return binary(frame, "**", values[0], values[1], node)
    if name not in PLAIN or any(isinstance(value, (SizeValue, TensorValue)) for value in values):
        return _refuse(frame, name, values, node)
    try:
        return _bounded(frame, PLAIN[name](*values, **named), node)
    except (TypeError, ValueError, ArithmeticError, KeyError):
        return _refuse(frame, name, values, node)


def _refuse(frame: Frame, name: str, values: list[Any], node: Any) -> Any:
    given = ", ".join(describe(value) for value in values) or "nothing"
    frame.report("argument-type", node.span, f"{name} does not take {given} here")
    return UNKNOWN


def _bounded(frame: Frame, value: Any, node: Any) -> Any:
    too_large = (
        isinstance(value, int)
        and abs(value) > LARGEST
        or isinstance(value, (list, tuple, str))
        and len(value) > LONGEST
    )
    if not too_large:
        return value
    frame.report("value-too-large", node.span, "this value is larger than any size torch has (2**63 - 1)")
    return UNKNOWN


def _extreme(name: str, values: list[Any]) -> Any:
    pick, result = (minimum if name == "min" else maximum), values[0]
    for value in values[1:]:
        weight = weight_of(result, value)
        result = as_size(pick(seen(result), seen(value)), Arithmetic(name, code(result), code(value)), weight)
    return result


def _size_sum(frame: Frame, name: str, values: list[Any], node: Any) -> Any:
    if name == "int":
        return values[0]
    from specc.program.arithmetic import binary

    total: Any = 0
    for value in values[0]:
        total = binary(frame, "+", total, value, node)
    return total


def _range(frame: Frame, values: list[Any], node: Any) -> Any:
    if not 1 <= len(values) <= 3 or not all(type(value) is int for value in values) or values[2:] == [0]:
        return _refuse(frame, "range", values, node)
    numbers = range(*values)
    return _bounded(frame, list(numbers[: LONGEST + 1]), node)


# ---------------------------------------------------------------- a tensor's questions about itself


def _size(frame: Frame, base: TensorValue, args: Sequence[Any], node: Any) -> Any:
    from specc.program.names import shape_of

    sizes = shape_of(base)
    if not args:
        return sizes
    axis = args[0].value
    if type(axis) is int and -len(sizes) <= axis < len(sizes):
        return sizes[axis]
    frame.report("dim-out-of-range", node.span, f"the tensor has {len(sizes)} axes, there is no axis {seen(axis)}")
    return UNKNOWN


def _rank(frame: Frame, base: TensorValue, args: Sequence[Any], node: Any) -> Any:
    from specc.program.names import shape_of

    return len(shape_of(base))


def _count(frame: Frame, base: TensorValue, args: Sequence[Any], node: Any) -> Any:
    from specc.program.names import shape_of

    total: Any = 1
    for size in shape_of(base):
        total = as_size(product((seen(total), seen(size))), Arithmetic("*", code(total), code(size)))
    return total


METHODS = {"size": _size, "dim": _rank, "numel": _count}
