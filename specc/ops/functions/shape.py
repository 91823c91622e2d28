"""Functions that lay the same values out on other axes."""

from __future__ import annotations

from typing import Any

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, axes_at, axis_at, whole
from specc.ops.kinds import AXES, AXIS, SHAPE, TENSOR
from specc.types.dims import Dim
from specc.types.tensor import UNKNOWN, Size, TensorType, Type, UnknownType, product, sizes


class Reshape(Function):
    """Lays the values out on other sizes, in the same order; one size may be -1.

    A reshape never absorbs the batch: where the first axis is symbolic, the axes it goes to are whole leading axes.
    """

    name = "reshape"
    target = "torch.Tensor.reshape"
    arguments = (INPUT, Argument("shape", SHAPE, doc="the new sizes", variadic=True))
    example = "y = x.reshape(N, -1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        shape = wanted_sizes(use, x.shape, use.shape, f"{sizes(x.shape)} to {sizes(use.shape)}", "shape")
        if shape is None:
            return UNKNOWN
        return batch_problem(use, x.shape, shape) or x.reshaped(shape)


class View(Reshape):
    """The same as reshape. It is performed as reshape, so it does not depend on how the values lie in memory."""

    name = "view"
    target = "torch.Tensor.reshape"
    example = "y = x.view(N, -1)"


def wanted_sizes(use: Use, old: tuple[Size, ...], new: Any, what: str, at: str) -> tuple[Size, ...] | None:
    """The new sizes with -1 filled in, or None after reporting that they do not hold the values of the old ones."""
    holes = [place for place, size in enumerate(new) if isinstance(size, int) and size == -1]
    negative = [size for size in new if isinstance(size, int) and size < -1]
    if len(holes) > 1 or negative:
        use.problem("argument-domain", f"{use.title}: a size is given as {negative[0]}" if negative
                    else f"{use.title}: only one size may be -1", at)
        return None
    total, rest = product(old), product(size for place, size in enumerate(new) if place not in holes)
    if not holes:
        if use.same(total, rest):
            return tuple(new)
        use.problem("reshape-size", f"{use.title}: {what} does not hold the same values, {total} against {rest}", at,
                    helps=flatten_help(old))
        return None
    size = whole(use, total, rest)
    if size is None:
        use.problem("reshape-size", f"{use.title}: {what}: {total} values cannot be divided by {rest}", at,
                    helps=flatten_help(old))
        return None
    return (*new[:holes[0]], size, *new[holes[0] + 1:])


def flatten_help(old: tuple[Size, ...]) -> tuple[str, ...]:
    return ("to flatten each sample by itself write flatten(1)",) if len(old) > 1 and isinstance(old[0], Dim) else ()


def batch_problem(use: Use, old: tuple[Size, ...], new: tuple[Size, ...]) -> UnknownType | None:
    """Report a reshape whose first axis mixes a symbolic batch with parts of other axes.

    The leading axes of both sides that hold equally many values belong together. The batch is kept where they are one
    axis of the result (a product of whole axes) or come from one axis (which is split).
    """
    if not old or not isinstance(old[0], Dim):
        return None
    before, after = _common_prefix(use, old, new)
    if before == 1 or after == 1:
        return None
    return use.problem(
        "flatten-eats-batch",
        f"{use.title} turns {sizes(old)} into {sizes(new)}: the axis of {old[0]} is mixed with others",
        "shape",
        helps=flatten_help(old),
    )


def _common_prefix(use: Use, old: tuple[Size, ...], new: tuple[Size, ...]) -> tuple[int, int]:
    """How many leading axes of both sides first hold equally many values."""
    left: Size = 1
    for before, size in enumerate(old, 1):
        left = left * size
        right: Size = 1
        for after, other in enumerate(new, 1):
            right = right * other
            if use.same(left, right):
                return before, after
    return len(old), len(new)


class Flatten(Function):
    """Merges the axes from start_dim to end_dim into one."""

    name = "flatten"
    target = "torch.flatten"
    arguments = (
        INPUT,
        Argument("start_dim", AXIS, 0, "first axis to merge"),
        Argument("end_dim", AXIS, -1, "last axis to merge"),
    )
    example = "y = x -> flatten(1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        start, end = axis_at(use, use.start_dim, x.rank, "start_dim"), axis_at(use, use.end_dim, x.rank, "end_dim")
        if start is None or end is None:
            return UNKNOWN
        if start > end:
            return use.problem(
                "argument-domain",
                f"{use.title}: start_dim {use.start_dim} comes after end_dim {use.end_dim}",
                "start_dim",
            )
        if start == 0 and end == x.rank - 1 and x.rank > 2 and isinstance(x.shape[0], Dim):
            return use.problem(
                "flatten-eats-batch",
                f"{use.title} merges the batch {x.shape[0]} into the features: {x}",
                helps=("write flatten(1); if one long axis is meant, write view(-1)",),
            )
        return x.reshaped((*x.shape[:start], product(x.shape[start:end + 1]), *x.shape[end + 1:]))


    def explain(self, use: Use, result: Type) -> str:
        rank = max(use.input.rank, 1)
        merged = use.input.shape[use.start_dim % rank : use.end_dim % rank + 1]
        return " * ".join(map(str, merged)) + f" = {product(merged)}"


class Unflatten(Function):
    """Splits an axis into several; one size may be -1."""

    name = "unflatten"
    target = "torch.unflatten"
    arguments = (
        INPUT,
        Argument("dim", AXIS, doc="the axis to split"),
        Argument("sizes", SHAPE, doc="the sizes it becomes"),
    )
    example = "y = x.unflatten(2, (heads, -1))"

    def infer(self, use: Use) -> Type:
        x = use.input
        axis = axis_at(use, use.dim, x.rank, scalar_has_one=False)
        if axis is None:
            return UNKNOWN
        if not use.sizes:
            return use.problem("argument-domain", f"{use.title}: sizes must not be empty", "sizes")
        new = wanted_sizes(use, (x.shape[axis],), use.sizes, f"{x.shape[axis]} to {sizes(use.sizes)}", "sizes")
        return UNKNOWN if new is None else x.reshaped((*x.shape[:axis], *new, *x.shape[axis + 1:]))


class Squeeze(Function):
    """Takes out axes of size 1: all of them, or those named (which stay where they are larger)."""

    name = "squeeze"
    target = "torch.squeeze"
    arguments = (INPUT, Argument("dim", AXES, None, "the axis or axes to take out"))
    example = "y = x.squeeze(1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        axes = axes_at(use, use.dim, x.rank, empty_is_all=False)
        if axes is None:
            return UNKNOWN
        for axis in axes:
            if x.shape and isinstance(x.shape[axis], Dim) and use.holds("!=", x.shape[axis], 1) is not True:
                return self._undecided(use, axis)
        return x.reshaped(size for axis, size in enumerate(x.shape) if not (axis in axes and size == 1))

    def _undecided(self, use: Use, axis: int) -> Type:
        size = use.input.shape[axis]
        ones = [str(place) for place, other in enumerate(use.input.shape) if isinstance(other, int) and other == 1]
        helps = (f"name the axis: squeeze({ones[0]})",) if len(ones) == 1 else ()
        return use.problem(
            "symbolic-size",
            f"{use.title} would take axis {axis} out where {size} is 1, and keep it elsewhere",
            "dim",
            helps=helps,
        )


class Unsqueeze(Function):
    """Puts in an axis of size 1."""

    name = "unsqueeze"
    target = "torch.unsqueeze"
    arguments = (INPUT, Argument("dim", AXIS, doc="where the new axis will be"))
    example = "y = x.unsqueeze(1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        axis = axis_at(use, use.dim, x.rank + 1)
        return UNKNOWN if axis is None else x.reshaped((*x.shape[:axis], 1, *x.shape[axis:]))


class Transpose(Function):
    """Swaps two axes."""

    name = "transpose"
    target = "torch.transpose"
    arguments = (INPUT, Argument("dim0", AXIS, doc="one axis"), Argument("dim1", AXIS, doc="the other axis"))
    example = "y = x.transpose(1, 2)"

    def infer(self, use: Use) -> Type:
        x = use.input
        first, second = (axis_at(use, getattr(use, a.name), x.rank, a.name) for a in self.arguments[1:])
        if first is None or second is None:
            return UNKNOWN
        shape = list(x.shape)
        if shape:
            shape[first], shape[second] = shape[second], shape[first]
        return x.reshaped(shape)


class Swapaxes(Transpose):
    """The same as transpose, with NumPy's names."""

    name = "swapaxes"
    target = "torch.swapaxes"
    arguments = (INPUT, Argument("axis0", AXIS, doc="one axis"), Argument("axis1", AXIS, doc="the other axis"))
    example = "y = x.swapaxes(1, 2)"


class Permute(Function):
    """Puts the axes in another order."""

    name = "permute"
    target = "torch.Tensor.permute"
    arguments = (INPUT, Argument("dims", SHAPE, doc="the old axes in their new order", variadic=True))
    example = "y = x.permute(0, 2, 3, 1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if len(use.dims) != x.rank:
            return use.problem(
                "rank-mismatch", f"{use.title} names {len(use.dims)} axes, the value has {x.rank}", "dims"
            )
        axes = axes_at(use, use.dims, x.rank, "dims", empty_is_all=False)
        return UNKNOWN if axes is None else x.reshaped(x.shape[axis] for axis in axes)


class Expand(Function):
    """Stretches axes of size 1 without copying; -1 keeps a size, new axes come in front."""

    name = "expand"
    target = "torch.Tensor.expand"
    arguments = (INPUT, Argument("size", SHAPE, doc="the new sizes", variadic=True))
    example = "y = x.expand(N, -1, -1)"

    def infer(self, use: Use) -> Type:
        return expanded(use, use.input, use.size, "size")


def expanded(use: Use, x: TensorType, wanted: Any, at: str) -> Type:
    """The type after stretching to the sizes wanted, in which -1 keeps a size."""
    extra = len(wanted) - x.rank
    if extra < 0:
        return use.problem("rank-mismatch", f"{use.title} names {len(wanted)} sizes, the value has {x.rank} axes", at)
    shape = []
    for place, size in enumerate(wanted):
        old = x.shape[place - extra] if place >= extra else None
        kept = isinstance(size, int) and size == -1
        if isinstance(size, int) and size < -1 or kept and old is None:
            return use.problem("argument-domain", f"{use.title}: {size} cannot be the size of a new axis", at)
        if not (old is None or kept or old == 1 or use.same(old, size)):
            return use.problem(
                "expand-mismatch", f"{use.title} cannot stretch {old} to {size}: only a size 1 stretches", at
            )
        shape.append(old if kept else size)
    return x.reshaped(shape)


class ExpandAs(Function):
    """Stretches axes of size 1 to the sizes of another value."""

    name = "expand_as"
    target = "torch.Tensor.expand_as"
    arguments = (INPUT, Argument("other", TENSOR, doc="the value whose sizes are taken"))
    example = "y = x.expand_as(z)"

    def infer(self, use: Use) -> Type:
        return expanded(use, use.input, use.other.shape, "other")


class ReshapeAs(Function):
    """Lays the values out on the sizes of another value."""

    name = "reshape_as"
    target = "torch.Tensor.reshape_as"
    arguments = (INPUT, Argument("other", TENSOR, doc="the value whose sizes are taken"))
    example = "y = x.reshape_as(z)"

    def infer(self, use: Use) -> Type:
        x, new = use.input, use.other.shape
        if not use.same(product(x.shape), product(new)):
            return use.problem("reshape-size", f"{use.title}: {x} does not hold as many values as {use.other}", "other")
        return batch_problem(use, x.shape, new) or x.reshaped(new)


class ViewAs(ReshapeAs):
    """The same as reshape_as, as which it is performed: it does not depend on how the values lie in memory."""

    name = "view_as"
    target = "torch.Tensor.reshape_as"
    example = "y = x.view_as(z)"


class Ravel(Function):
    """One axis of all the values."""

    name = "ravel"
    target = "torch.ravel"
    arguments = (INPUT,)
    example = "y = x.ravel()"

    def infer(self, use: Use) -> Type:
        return use.input.reshaped((product(use.input.shape),))
