"""Functions that make a value from sizes and numbers alone."""

from __future__ import annotations

from math import ceil
from typing import Any

from specc.ops.base import Argument, Function, Given, Use
from specc.ops.functions.common import NUMBER, ceiling, fit_problem
from specc.ops.kinds import DEVICE, DTYPE, FLOAT, INFINITY, SHAPE, Either, Int, Optional
from specc.ops.shapes import can_be_at_least
from specc.types.dims import Dim
from specc.types.promotion import number_dtype
from specc.types.tensor import FLOATS, INTEGERS, TensorType, Type, UnknownType, sizes

SIZE = Argument("size", SHAPE, doc="the sizes", variadic=True)
SIZE_TUPLE = Argument("size", SHAPE, doc="the sizes, as a tuple")
TO = Argument("dtype", Optional(DTYPE), None, "the dtype", keyword_only=True)
REAL = Either(Int(symbolic=True), FLOAT)
PLACE = Argument("device", DEVICE, None, "decided by the run", keyword_only=True)


class Creation(Function):
    """Makes a value of the sizes given; f32 unless told otherwise."""

    arguments: tuple[Argument, ...] = (SIZE, TO, PLACE)
    takes: tuple[str, ...] = ()

    def infer(self, use: Use) -> Type:
        return size_problem(use, use.size) or self.dtype_problem(use) or TensorType(tuple(use.size), self.dtype(use))

    def dtype(self, use: Use) -> str:
        return use.dtype.name if use.dtype else "f32"

    def dtype_problem(self, use: Use) -> UnknownType | None:
        dtype = self.dtype(use)
        if not self.takes or dtype in self.takes:
            return None
        return use.problem("dtype-mismatch", f"{use.title} makes floats, not {dtype}", "dtype")


def size_problem(use: Use, shape: Any, at: str = "size") -> UnknownType | None:
    """Report a negative size."""
    for size in shape:
        if not can_be_at_least(use, size, 0):
            return use.problem("argument-domain", f"{use.title}: a size cannot be {size}, in {sizes(tuple(shape))}", at)
    return None


class Zeros(Creation):
    """All zeros."""

    name = "zeros"
    target = "torch.zeros"
    example = "h = zeros(N, 64)"


class Ones(Creation):
    """All ones."""

    name = "ones"
    target = "torch.ones"
    example = "y = ones(N, 1)"


class Empty(Creation):
    """Memory as it is found: write to it before reading."""

    name = "empty"
    target = "torch.empty"
    example = "y = empty(4, 4)"


class Rand(Creation):
    """Random numbers spread evenly over 0 to 1."""

    name = "rand"
    target = "torch.rand"
    takes = FLOATS
    example = "y = rand(N, 1, 1, 1)"


class Randn(Creation):
    """Random numbers of the standard normal distribution."""

    name = "randn"
    target = "torch.randn"
    takes = FLOATS
    example = "z = randn(N, 100)"


class Full(Creation):
    """All one value, whose sort decides the dtype."""

    name = "full"
    target = "torch.full"
    arguments = (SIZE_TUPLE, Argument("fill_value", NUMBER, doc="the value"), TO, PLACE)
    example = "y = full((N, 1), 0.9)"

    def dtype(self, use: Use) -> str:
        return use.dtype.name if use.dtype else number_dtype(use.fill_value)

    def dtype_problem(self, use: Use) -> UnknownType | None:
        return fit_problem(use, self.dtype(use), use.fill_value, "fill_value")


class Arange(Function):
    """Numbers from start up to end, end not included, step by step; one number alone is the end."""

    name = "arange"
    target = "torch.arange"
    arguments = (
        Argument("start", REAL, 0, "the first number; the end, where it stands alone"),
        Argument("end", REAL, None, "the number before which it stops"),
        Argument("step", REAL, 1, "the distance"),
        TO, PLACE,
    )
    example = "positions = arange(T)"

    def infer(self, use: Use) -> Type:
        start, end = (0, use.start) if use.end is None else (use.start, use.end)
        if "start" not in use.given and use.end is None:
            return use.problem("missing-argument", f"{use.title} needs an end")
        if "end" not in use.given and not use.given.get("start", Given("", 0, use.span, True)).positional:
            return use.problem("missing-argument", f"{use.title} needs an end", "start")
        if "step" in use.given and not {"start", "end"} <= use.given.keys():
            return use.problem("missing-argument", f"{use.title} needs start and end where step is given", "step")
        if not isinstance(use.step, Dim) and use.step == 0:
            return use.problem("argument-domain", f"{use.title}: step must not be 0", "step")
        return self._between(use, start, end, use.step)

    def _between(self, use: Use, start: Any, end: Any, step: Any) -> Type:
        if any(isinstance(value, float) and abs(value) == INFINITY for value in (start, end, step)):
            return use.problem("argument-domain", f"{use.title} would never end", "end")
        floats = any(isinstance(value, float) for value in (start, end, step))
        dtype = use.dtype.name if use.dtype else "f32" if floats else "i64"
        if dtype == "bool":
            return use.problem("dtype-mismatch", f"{use.title} makes numbers, not bool", "dtype")
        if floats and any(isinstance(value, Dim) for value in (start, end, step)):
            return use.problem("symbolic-size", f"{use.title}: a symbolic size does not go with fractions")
        ascending = step > 0 if not isinstance(step, Dim) else True
        if isinstance(end, Dim) or isinstance(start, Dim):
            backwards = not can_be_at_least(use, end - start if ascending else start - end, 0)
        else:
            backwards = start > end if ascending else start < end
        if backwards:
            return use.problem(
                "argument-domain", f"{use.title}: from {start} to {end} is against the step {step}", "end"
            )
        count = ceil((end - start) / step) if floats else ceiling(end - start, step)
        values = None
        if dtype in INTEGERS and not floats:
            from specc.types.ranges import Range

            values = Range(start, end) if ascending else Range(end + 1, start + 1)
        return TensorType((count,), dtype, values)
