"""Softmax and its kin: functions that look along one axis and keep the shape."""

from __future__ import annotations

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, axis_at
from specc.ops.kinds import AXIS, BOOL, DTYPE, FLOAT, Optional
from specc.types.tensor import FLOATS, UNKNOWN, TensorType, Type

DIM = Argument("dim", Optional(AXIS), None, "the axis it runs along; none is deprecated in torch")
TO = Argument("dtype", Optional(DTYPE), None, "dtype to convert to first", keyword_only=True)


class Softmax(Function):
    """Turns the scores along an axis into shares that sum to one."""

    name = "softmax"
    target = "torch.nn.functional.softmax"
    arguments: tuple[Argument, ...] = (INPUT, DIM, TO)
    example = "p = softmax(x, -1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        wanted = use.values.get("dtype")
        dtype = wanted.name if wanted else x.dtype
        if dtype not in FLOATS:
            return use.problem("ids-into-float-layer", f"{use.title} takes floats, it is given {dtype}", "input",
                               helps=("convert it first: .to(f32)",))
        if use.dim is not None and axis_at(use, use.dim, x.rank) is None:
            return UNKNOWN
        return TensorType(x.shape, dtype)


class LogSoftmax(Softmax):
    """The logarithm of softmax, exact for small shares."""

    name = "log_softmax"
    target = "torch.nn.functional.log_softmax"
    example = "p = log_softmax(x, -1)"


class Softmin(Softmax):
    """Softmax of the negative scores."""

    name = "softmin"
    target = "torch.nn.functional.softmin"
    example = "p = softmin(x, -1)"

    def infer(self, use: Use) -> Type:
        if use.input.dtype == "bool":
            return use.problem(
                "dtype-mismatch", f"{use.title} takes no bool", "input", helps=("convert it first: .to(f32)",)
            )
        return super().infer(use)


class GumbelSoftmax(Softmax):
    """Draws from the categories along an axis in a differentiable way; `hard` gives one-hot rows."""

    name = "gumbel_softmax"
    target = "torch.nn.functional.gumbel_softmax"
    arguments = (
        Argument("logits", INPUT.kind, doc="unnormalised log-probabilities"),
        Argument("tau", FLOAT, 1, "temperature"),
        Argument("hard", BOOL, False, "whether the result is one-hot"),
        Argument("eps", FLOAT, 1e-10, "ignored by torch"),
        Argument("dim", AXIS, -1, "the axis it runs along"),
    )
    example = "y = gumbel_softmax(logits, tau=0.5, hard=true)"

    def infer(self, use: Use) -> Type:
        x = use.logits
        if x.dtype not in FLOATS:
            return use.problem("ids-into-float-layer", f"{use.title} takes floats, it is given {x.dtype}", "logits")
        axis = axis_at(use, use.dim, x.rank, "dim")
        if axis is None:
            return UNKNOWN
        if use.hard and x.shape and isinstance(x.shape[axis], int) and x.shape[axis] == 0:
            return use.problem(
                "argument-domain", f"{use.title}: there is no category to draw, axis {axis} is empty", "dim"
            )
        return x.plain()
