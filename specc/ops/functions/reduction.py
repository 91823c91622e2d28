"""Functions that take axes out: sums, means, extremes, order statistics."""

from __future__ import annotations

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, axes_at, refuse, without
from specc.ops.kinds import AXES, BOOL, DTYPE, Optional
from specc.types.promotion import is_integral
from specc.types.tensor import FLOATS, UNKNOWN, TensorType, Type

DIMS = Argument("dim", Optional(AXES), None, "the axis or axes to take out; all for none")
KEEP = Argument("keepdim", BOOL, False, "whether they stay, with size 1")
TO = Argument("dtype", Optional(DTYPE), None, "dtype to convert to first", keyword_only=True)


class Reduction(Function):
    """Takes one or several axes out."""

    arguments: tuple[Argument, ...] = (INPUT, DIMS, KEEP, TO)

    def infer(self, use: Use) -> Type:
        x = use.input
        if "keepdim" in use.given and "dim" not in use.given:
            return use.problem("missing-argument", f"{use.title} needs dim where keepdim is given", "keepdim")
        axes = axes_at(use, use.dim, x.rank)
        if axes is None:
            return UNKNOWN
        return TensorType(without(x.shape, axes, use.keepdim), self.result_dtype(use))

    def result_dtype(self, use: Use) -> str:
        return use.input.dtype


class Sum(Reduction):
    """The sum; whole numbers and bool are summed as i64."""

    name = "sum"
    target = "torch.sum"
    example = "y = sum(x, 1)"

    def result_dtype(self, use: Use) -> str:
        if use.dtype:
            return use.dtype.name
        return "i64" if is_integral(use.input.dtype) else use.input.dtype


class Mean(Reduction):
    """The mean; floats only."""

    name = "mean"
    target = "torch.mean"
    example = "y = mean(x, (2, 3))"

    def infer(self, use: Use) -> Type:
        dtype = use.dtype.name if use.dtype else use.input.dtype
        return refuse(use, dtype, FLOATS) or super().infer(use)

    def result_dtype(self, use: Use) -> str:
        return use.dtype.name if use.dtype else use.input.dtype
