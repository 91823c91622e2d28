"""Layers that rearrange values: flatten, fold, shuffle and resample."""

from __future__ import annotations

from specc.ops.base import Argument, Layer, Use
from specc.ops.kinds import AXIS
from specc.ops.shapes import axis
from specc.types.tensor import UNKNOWN, TensorType, Type, product


class Flatten(Layer):
    """Joins the axes from start_dim to end_dim into one; without arguments all but the batch."""

    target = "torch.nn.Flatten"
    arguments = (
        Argument("start_dim", AXIS, 1, "first axis to join"),
        Argument("end_dim", AXIS, -1, "last axis to join"),
    )
    example = "x -> Flatten"

    def infer(self, use: Use) -> Type:
        x = use.input
        first, last = axis(use, "start_dim", x.rank), axis(use, "end_dim", x.rank)
        if first is None or last is None:
            return UNKNOWN
        if x.rank == 0:
            return x.reshaped((1,))
        if first > last:
            return use.problem("dim-out-of-range", f"{use.title}: start_dim comes after end_dim", "start_dim")
        return x.reshaped((*x.shape[:first], product(x.shape[first:last + 1]), *x.shape[last + 1:]))

    def explain(self, use: Use, result: TensorType) -> str:
        x = use.input
        joined = x.shape[use.start_dim % max(x.rank, 1):use.end_dim % max(x.rank, 1) + 1]
        return " * ".join(map(str, joined)) + f" = {product(joined)}"
