"""Functions that join several values or take one apart."""

from __future__ import annotations

from typing import Any

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, axis_at, replaced
from specc.ops.kinds import AXIS, POSITIVE, TENSORS, Either, Items
from specc.ops.kinds import DIM as SIZE_OR_SYMBOL
from specc.types.dims import Dim
from specc.types.promotion import promote_all
from specc.types.tensor import UNKNOWN, Size, TensorType, Type, UnknownType, sizes

PARTS = Argument("tensors", TENSORS, doc="the values to join, in order")
ALONG = Argument("dim", AXIS, 0, "the axis it runs along")


class Cat(Function):
    """Joins values along an axis they have; the other axes must agree."""

    name = "cat"
    target = "torch.cat"
    arguments = (PARTS, ALONG)
    example = "y = cat((a, b), 1)"

    def infer(self, use: Use) -> Type:
        # torch lets an empty one-axis tensor stand for nothing at all
        parts = [x for x in use.tensors if x.shape != (0,)] or list(use.tensors)
        if not parts:
            return use.problem("argument-domain", f"{use.title} is given nothing to join", "tensors")
        scalars = [x for x in use.tensors if x.rank == 0]
        if scalars:
            return use.problem(
                "rank-mismatch", f"{use.title} cannot join scalars", "tensors", helps=("stack joins scalars",)
            )
        axis = axis_at(use, use.dim, parts[0].rank)
        if axis is None:
            return UNKNOWN
        problem = mismatch(use, parts, axis)
        total = sum(x.shape[axis] for x in parts) if problem is None else 0
        return problem or TensorType(replaced(parts[0].shape, axis, total), promote_all(use.tensors))


def mismatch(use: Use, parts: list[TensorType], axis: int | None) -> UnknownType | None:
    """Report values that differ in an axis other than the one they are joined along."""
    first = parts[0]
    for x in parts[1:]:
        if x.rank != first.rank:
            return use.problem(
                "concat-mismatch",
                f"{use.title}: {sizes(first.shape)} and {sizes(x.shape)} differ in their number of axes",
                "tensors",
            )
        for place, (m, n) in enumerate(zip(first.shape, x.shape)):
            if place != axis and not use.same(m, n):
                return use.problem(
                    "concat-mismatch",
                    f"{use.title}: {sizes(first.shape)} and {sizes(x.shape)} differ in axis {place}, {m} against {n}",
                    "tensors",
                    notes=use.example(m, n),
                )
    return None


class Concat(Cat):
    """The same as cat."""

    name = "concat"
    target = "torch.concat"
    example = "y = concat((a, b), 1)"


class Stack(Function):
    """Joins values of one shape along a new axis."""

    name = "stack"
    target = "torch.stack"
    arguments = (PARTS, ALONG)
    example = "y = stack((a, b), 1)"

    def infer(self, use: Use) -> Type:
        parts = list(use.tensors)
        if not parts:
            return use.problem("argument-domain", f"{use.title} is given nothing to join", "tensors")
        axis = axis_at(use, use.dim, parts[0].rank + 1)
        if axis is None:
            return UNKNOWN
        shape = parts[0].shape
        return mismatch(use, parts, None) or TensorType((*shape[:axis], len(parts), *shape[axis:]), promote_all(parts))


class Split(Function):
    """Cuts an axis into pieces of a size (the last may be smaller), or of several sizes; gives a tuple."""

    name = "split"
    target = "torch.split"
    arguments = (
        Argument("tensor", INPUT.kind, doc="the value to cut"),
        Argument(
            "split_size_or_sections",
            Either(SIZE_OR_SYMBOL, Items(SIZE_OR_SYMBOL)),
            doc="one size, or one for each piece",
        ),
        Argument("dim", AXIS, 0, "the axis to cut"),
    )
    example = "q, k, v = x.split(C, 2)"

    def infer(self, use: Use) -> Type:
        x, wanted = use.tensor, use.split_size_or_sections
        axis = axis_at(use, use.dim, x.rank, scalar_has_one=False)
        if axis is None:
            return UNKNOWN
        if isinstance(wanted, (tuple, list)):
            return self._sections(use, x, axis, wanted)
        return pieces(use, x, axis, wanted, "split_size_or_sections")

    def _sections(self, use: Use, x: TensorType, axis: int, wanted: Any) -> Type:
        total = x.shape[axis]
        if not use.same(sum(wanted), total):
            return use.problem(
                "split-size",
                f"{use.title}: the pieces add up to {sum(wanted)}, axis {axis} has {total}",
                "split_size_or_sections",
            )
        return tuple(x.reshaped(replaced(x.shape, axis, size)) for size in wanted)


def pieces(use: Use, x: TensorType, axis: int, size: Size, at: str) -> Type:
    """The tuple of pieces of one size, the last being what is left."""
    total = x.shape[axis]
    if isinstance(size, int) and size == 0:
        if total == 0:
            return (x,)
        return use.problem("argument-domain", f"{use.title}: a piece cannot be of size 0", at)
    count = total // size
    if isinstance(count, Dim):
        return use.problem(
            "symbolic-size",
            f"{use.title}: axis {axis} has {total}, the number of pieces is not known",
            at,
            helps=("give the number of pieces: chunk, or a size for each",),
        )
    rest = total - count * size
    if isinstance(rest, int) and rest == 0:
        ends: tuple[Size, ...] = () if count else (total,)
    elif use.holds("==", rest, 0):
        ends = ()
    else:
        ends = (rest,)
    return tuple(x.reshaped(replaced(x.shape, axis, n)) for n in (*(size,) * count, *ends))


class Chunk(Function):
    """Cuts an axis into at most so many equal pieces (the last may be smaller); gives a tuple."""

    name = "chunk"
    target = "torch.chunk"
    arguments = (INPUT, Argument("chunks", POSITIVE, doc="how many pieces"), ALONG)
    example = "a, b = x.chunk(2, 1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        axis = axis_at(use, use.dim, x.rank, scalar_has_one=False)
        if axis is None:
            return UNKNOWN
        total = x.shape[axis]
        size = -(-total // use.chunks)
        if isinstance(size, int) and size == 0:
            return (x,) * use.chunks
        return pieces(use, x, axis, size, "chunks")


class Unbind(Function):
    """The slices along an axis, which goes away; gives a tuple."""

    name = "unbind"
    target = "torch.unbind"
    arguments = (INPUT, ALONG)
    example = "q, k, v = qkv.unbind(2)"

    def infer(self, use: Use) -> Type:
        x = use.input
        axis = axis_at(use, use.dim, x.rank, scalar_has_one=False)
        if axis is None:
            return UNKNOWN
        count = x.shape[axis]
        if isinstance(count, Dim):
            return use.problem(
                "symbolic-size", f"{use.title}: axis {axis} has {count}, the number of slices is not known", "dim"
            )
        return (x.reshaped(x.shape[:axis] + x.shape[axis + 1:]),) * count
