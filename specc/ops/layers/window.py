"""The arithmetic of sliding windows, shared by convolutions, pools, Fold and Unfold."""

from __future__ import annotations

from specc.types.dims import minimum
from specc.types.tensor import Size

_AXES = {1: "L", 2: "H, W", 3: "D, H, W"}


def layout(spatial: int) -> str:
    """How the input of a layer over `spatial` axes is laid out, for messages."""
    return f"[N, C, {_AXES[spatial]}] or, for one sample, [C, {_AXES[spatial]}]"


def minimum_size(kernel: int, dilation: int, padding: int) -> int:
    """The smallest input a window fits into; `padding` counts both ends together."""
    return dilation * (kernel - 1) + 1 - padding


def window_count(padded: Size, kernel: int, stride: int, dilation: int = 1) -> Size:
    """How many windows fit into `padded` values."""
    return (padded - dilation * (kernel - 1) - 1) // stride + 1


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
