"""What recurrent layers and cells check alike: the width of the input and the initial states."""

from __future__ import annotations

from specc.ops.base import Use
from specc.ops.shapes import can_be_at_least
from specc.types.tensor import Size, TensorType, UnknownType


def features_problem(use: Use, x: TensorType, width: int) -> UnknownType | None:
    """The last axis of the input is as wide as the layer says."""
    given = x.shape[-1]
    if use.same(given, width):
        return None
    return use.problem(
        "rnn-input-size",
        f"{use.title} is given {given} features, not {width}",
        "input_size",
        helps=(f"write _ or {given} for input_size",),
    )


def length_problem(use: Use, length: Size) -> UnknownType | None:
    """A sequence has at least one step."""
    if can_be_at_least(use, length, 1):
        return None
    return use.problem(
        "rank-mismatch", f"{use.title} is given a sequence of length {length}, it needs at least one step"
    )


def state_problem(use: Use, state: TensorType | None, wanted: TensorType) -> UnknownType | None:
    """An initial state has the sizes and the dtype of the state the layer keeps."""
    if state is None:
        return None
    if state.rank != wanted.rank or not all(use.same(m, n) for m, n in zip(state.shape, wanted.shape)):
        return use.problem(
            "rnn-state-shape", f"{use.title} is given the initial state {state}, it needs {wanted}", "hx"
        )
    if state.dtype != wanted.dtype:
        return use.problem(
            "float-precision-mismatch",
            f"{use.title} is given the initial state {state}, it needs {wanted}",
            "hx",
            helps=(f"convert it: .to({wanted.dtype})",),
        )
    return None
