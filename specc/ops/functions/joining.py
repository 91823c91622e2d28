"""Functions that join several values or take one apart."""

from __future__ import annotations

from typing import Any

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, axis_at, replaced
from specc.ops.indexing import slice_size
from specc.ops.kinds import AXIS, POSITIVE, TENSORS, Choice, Either, Int, Items
from specc.ops.kinds import DIM as SIZE_OR_SYMBOL
from specc.types.dims import Dim
from specc.types.promotion import promote_all
from specc.types.tensor import INTEGERS, UNKNOWN, Size, TensorType, Type, UnknownType, sizes

PARTS = Argument("tensors", TENSORS, doc="the values to join, in order")
ALONG = Argument("dim", AXIS, 0, "the axis it runs along")


class Cat(Function):
    """Joins values along an axis they have; the other axes must agree."""

    name = "cat"
    target = "torch.cat"
    arguments: tuple[Argument, ...] = (PARTS, ALONG)
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
        return problem or joined_type(replaced(parts[0].shape, axis, total), use.tensors)


def joined_type(shape: tuple[Size, ...], parts: Any) -> TensorType:
    """The type of values joined: their common dtype, and the range that holds all of theirs."""
    dtype = promote_all(parts)
    if dtype not in INTEGERS or any(x.range is None for x in parts):
        return TensorType(shape, dtype)
    from specc.types.ranges import hull

    return TensorType(shape, dtype, hull([x.range for x in parts]))


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
        return mismatch(use, parts, None) or joined_type((*shape[:axis], len(parts), *shape[axis:]), parts)


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


class TensorSplit(Function):
    """Cuts an axis into so many nearly equal pieces (the first ones are larger), or before the places given."""

    name = "tensor_split"
    target = "torch.tensor_split"
    arguments = (
        INPUT,
        Argument("indices_or_sections", Either(POSITIVE, Items(Int())), doc="how many pieces, or where to cut"),
        ALONG,
    )
    example = "a, b, c = x.tensor_split(3, 1)"

    def infer(self, use: Use) -> Type:
        x, wanted = use.input, use.indices_or_sections
        if not use.given["indices_or_sections"].positional:
            return use.problem(
                "argument-type", f"{use.title}: where to cut is given in its place, not by name", "indices_or_sections"
            )
        if x.rank == 0:
            return use.problem("rank-mismatch", f"{use.title} takes at least 1 axis, it is given a scalar", "input")
        axis = axis_at(use, use.dim, x.rank)
        if axis is None:
            return UNKNOWN
        total = x.shape[axis]
        if isinstance(wanted, int):
            found = [(total + wanted - 1 - place) // wanted for place in range(wanted)]
        else:
            ends = [None, *wanted, None]
            found = [slice_size(use, total, slice(start, stop)) for start, stop in zip(ends, ends[1:])]
        return tuple(x.reshaped(replaced(x.shape, axis, size)) for size in found)


class Hstack(Cat):
    """Joins values along their second axis; vectors along their only one."""

    name = "hstack"
    target = "torch.hstack"
    arguments = (PARTS,)
    least = 1
    example = "y = hstack((a, b))"

    def infer(self, use: Use) -> Type:
        parts = [x.reshaped(self.widened(x.shape)) for x in use.tensors]
        if not parts:
            return use.problem("argument-domain", f"{use.title} is given nothing to join", "tensors")
        axis = self.axis(parts[0].rank)
        joined = [x for x in parts if x.shape != (0,)] or parts
        if any(x.rank <= axis for x in joined):
            return use.problem("concat-mismatch", f"{use.title}: the values differ in their number of axes", "tensors")
        total = sum(x.shape[axis] for x in joined)
        wrong = mismatch(use, joined, axis)
        return wrong or joined_type(replaced(joined[0].shape, axis, total), parts)

    def widened(self, shape: tuple[Size, ...]) -> tuple[Size, ...]:
        """The sizes with the axes it needs at least."""
        return shape or (1,)

    def axis(self, rank: int) -> int:
        return 0 if rank == 1 else 1


class Vstack(Hstack):
    """Joins values along their first axis; vectors as rows."""

    name = "vstack"
    target = "torch.vstack"
    example = "y = vstack((a, b))"

    def widened(self, shape: tuple[Size, ...]) -> tuple[Size, ...]:
        return (1, *(shape or (1,))) if len(shape) < 2 else shape

    def axis(self, rank: int) -> int:
        return 0


class Meshgrid(Function):
    """The coordinates of a grid of vectors: one value for each of them, all of one shape; gives a tuple."""

    name = "meshgrid"
    target = "torch.meshgrid"
    arguments = (
        Argument("tensors", TENSORS, doc="the vectors", variadic=True),
        Argument("indexing", Choice("ij", "xy"), "ij", "xy swaps the first two axes", keyword_only=True),
    )
    example = 'y, x = meshgrid(rows, columns, indexing="ij")'

    def infer(self, use: Use) -> Type:
        vectors = list(use.tensors)
        if not use.given["tensors"].positional:
            return use.problem("unknown-argument", f"{use.title}: torch takes the vectors by place only", "tensors")
        if not vectors:
            return use.problem("argument-domain", f"{use.title} is given no vectors", "tensors")
        for x in vectors:
            if x.rank > 1 or x.dtype != vectors[0].dtype:
                return use.problem(
                    "rank-mismatch", f"{use.title} takes vectors of one dtype, it is given {x}", "tensors"
                )
        shape = [x.shape[0] if x.rank else 1 for x in vectors]
        if use.indexing == "xy" and len(shape) > 1:
            shape[0], shape[1] = shape[1], shape[0]
        return tuple(x.reshaped(shape) for x in vectors)

