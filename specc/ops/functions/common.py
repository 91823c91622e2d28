"""What the functions share: operands that may be numbers, dtypes they take, axes."""

from __future__ import annotations

from typing import Any

from specc.ops.base import Argument, Use
from specc.ops.kinds import FLOAT, INFINITY, NUMBER, TENSOR, Either, Optional
from specc.types.dims import Dim
from specc.types.promotion import is_integral
from specc.types.tensor import BYTES, FLOATS, INTEGERS, Size, TensorType, UnknownType

OPERAND = Either(TENSOR, NUMBER)
FLOAT_OR_NONE = Optional(FLOAT)
INPUT = Argument("input", TENSOR, doc="the value it is applied to")


def shape_of(operand: Any) -> tuple[Size, ...]:
    """The sizes of a tensor; a number has none."""
    return operand.shape if isinstance(operand, TensorType) else ()


def float_of(dtype: str) -> str:
    """The dtype in which whole numbers are computed with as floats: f32; floats keep theirs."""
    return "f32" if is_integral(dtype) else dtype


def refuse(use: Use, dtype: str, wanted: tuple[str, ...] = FLOATS, at: str | None = "input") -> UnknownType | None:
    """Report a dtype that is not among those wanted; None where it is."""
    if dtype in wanted:
        return None
    words = "floats" if wanted == FLOATS else ", ".join(wanted)
    helps = ("convert it first: .to(f32)",) if wanted == FLOATS else ()
    return use.problem("dtype-mismatch", f"{use.title} takes {words}, it is given {dtype}", at, helps=helps)


def axis_at(use: Use, value: int, rank: int, at: str | None = "dim", scalar_has_one: bool = True) -> int | None:
    """An axis counted from 0, or None after reporting that the value has no such axis."""
    count = max(rank, 1) if scalar_has_one else rank
    if -count <= value < count:
        return value % count
    bounds = f"{-count} to {count - 1}" if count else "none"
    axes = "1 axis" if rank == 1 else f"{rank} axes"
    use.problem("dim-out-of-range", f"{use.title}: {at} is {value}, the value has {axes} ({bounds})", at)
    return None


def axes_at(use: Use, value: Any, rank: int, at: str = "dim", empty_is_all: bool = True) -> tuple[int, ...] | None:
    """Axes counted from 0: those of an int or tuple; all for none. None after reporting a wrong or repeated one."""
    if value is None or (value in ((), []) and empty_is_all):
        return tuple(range(rank))
    found: list[int] = []
    for item in value if isinstance(value, (tuple, list)) else (value,):
        axis = axis_at(use, item, rank, at)
        if axis is None:
            return None
        if axis in found:
            use.problem("argument-domain", f"{use.title}: {at} names axis {item} twice", at)
            return None
        found.append(axis)
    return tuple(found)


def replaced(shape: tuple[Size, ...], axis: int, size: Size) -> tuple[Size, ...]:
    """The shape with another size on one axis; a scalar has none to replace."""
    return (*shape[:axis], size, *shape[axis + 1:]) if shape else ()


def without(shape: tuple[Size, ...], axes: tuple[int, ...], keepdim: bool = False) -> tuple[Size, ...]:
    """The shape with axes reduced: taken out, or 1 with keepdim."""
    if keepdim:
        return tuple(1 if axis in axes else size for axis, size in enumerate(shape))
    return tuple(size for axis, size in enumerate(shape) if axis not in axes)


def whole(use: Use, total: Size, part: Size) -> Size | None:
    """total / part where that is a whole number whatever the symbols are, else None."""
    if isinstance(part, int) and part == 0:
        return None
    size = total // part
    return size if use.same(size * part, total) else None


def ceiling(a: Size, b: Size) -> Size:
    """a / b rounded up."""
    return -(-a // b)


def limits(dtype: str) -> tuple[int, int]:
    """The least and the greatest number of an integer dtype."""
    bits = 8 * BYTES[dtype]
    return (0, 2**bits - 1) if dtype == "u8" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def reach_problem(use: Use, dtype: str, least: Any, greatest: Any, at: str) -> UnknownType | None:
    """Report bounds between which an integer dtype has no number."""
    if dtype not in INTEGERS:
        return None
    low, high = limits(dtype)
    for end, misses in ((least, lambda end: int(end) > high), (greatest, lambda end: int(end) < low)):
        if isinstance(end, (int, float)) and abs(end) != INFINITY and misses(end):
            return use.problem("argument-domain", f"{use.title}: {end} is beyond all numbers of {dtype}", at)
    return None


def fit_problem(use: Use, dtype: str, number: Any, at: str) -> UnknownType | None:
    """Report a number that an integer dtype cannot hold; u8 takes negative whole numbers, which wrap around."""
    if dtype not in INTEGERS or isinstance(number, Dim):
        return None
    low, high = limits(dtype)
    if dtype == "u8" and not isinstance(number, float):
        low = -high
    if low <= number <= high:
        return None
    return use.problem("argument-domain", f"{use.title}: {number} does not fit into {dtype}", at)
