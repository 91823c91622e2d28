"""The arithmetic of sliding windows, shared by convolutions, pools, Fold and Unfold."""

from __future__ import annotations

from specc.ops.base import Use
from specc.ops.shapes import can_be_at_least
from specc.types.dims import minimum
from specc.types.tensor import Size, UnknownType

_AXES = {1: "L", 2: "H, W", 3: "D, H, W"}


def layout(spatial: int) -> str:
    """How the input of a layer over `spatial` axes is laid out, for messages."""
    return f"[N, C, {_AXES[spatial]}] or, for one sample, [C, {_AXES[spatial]}]"


def minimum_size(kernel: int, dilation: int, padding: int) -> int:
    """The smallest input a window fits into; `padding` counts both ends together."""
    return dilation * (kernel - 1) + 1 - padding


def window_count(size: Size, padding: int, kernel: int, stride: int, dilation: int = 1) -> Size:
    """How many windows fit into `size` values and the padding, which counts both ends together."""
    places = size + (padding - dilation * (kernel - 1))  # where a window may begin
    return places if stride == 1 else (places - 1) // stride + 1


def pool_count(size: Size, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> Size:
    """How many windows a pool takes; with `ceil_mode` a last one may stick out if it begins inside the input."""
    reach = dilation * (kernel - 1) + 1
    room = size + (2 * padding - reach)
    if not ceil_mode:
        return room // stride + 1
    reaching = (room + (stride - 1)) // stride
    if reach - padding >= stride:
        return reaching + 1
    return minimum(reaching, (size + (padding - 1)) // stride) + 1


def empty_problem(use: Use, first: int = 1) -> UnknownType | None:
    """Report an axis of size 0, the batch (and what else stands before `first`) excepted."""
    for size in use.input.shape[first:]:
        if not can_be_at_least(use, size, 1):
            return use.problem("kernel-exceeds-input", f"{use.title} is given {use.input}, which is empty")
    return None
