"""Functions that move, repeat or turn axes."""

from __future__ import annotations

from typing import Any

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, axes_at, axis_at, replaced
from specc.ops.kinds import AXES, AXIS, INT, SHAPE, Either, Int, Items, Optional
from specc.types.tensor import UNKNOWN, Size, TensorType, Type, product

COUNT = Int(symbolic=True)


class Movedim(Function):
    """Moves axes to other places; the others keep their order."""

    name = "movedim"
    target = "torch.movedim"
    arguments = (
        INPUT,
        Argument("source", AXES, doc="the axes to move"),
        Argument("destination", AXES, doc="where they go"),
    )
    example = "y = x.movedim(1, -1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        source, destination = (
            axes_at(use, getattr(use, name), x.rank, name, False) for name in ("source", "destination")
        )
        if source is None or destination is None:
            return UNKNOWN
        if isinstance(use.source, int) != isinstance(use.destination, int):
            return use.problem(
                "argument-type", f"{use.title}: source and destination are both one axis or both tuples", "source"
            )
        if len(source) != len(destination):
            return use.problem(
                "argument-domain", f"{use.title}: {len(source)} axes go to {len(destination)} places", "source"
            )
        places = dict(zip(destination, source))
        rest = iter([axis for axis in range(x.rank) if axis not in source])
        return x.reshaped(x.shape[places[axis] if axis in places else next(rest)] for axis in range(x.rank))


class Moveaxis(Movedim):
    """The same as movedim, with NumPy's name."""

    name = "moveaxis"
    target = "torch.moveaxis"
    example = "y = x.moveaxis(1, -1)"


class MatrixTranspose(Function):
    """Swaps the two axes of a matrix; a vector or scalar stays."""

    name = "t"
    target = "torch.t"
    arguments = (INPUT,)
    example = "y = w.t()"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank > 2:
            return use.problem("rank-mismatch", f"{use.title} takes at most 2 axes, it is given {x}", "input",
                               helps=("transpose(-2, -1) swaps the last two axes",))
        return x.reshaped(reversed(x.shape))


class Adjoint(Function):
    """Swaps the last two axes."""

    name = "adjoint"
    target = "torch.adjoint"
    arguments = (INPUT,)
    example = "y = adjoint(x)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank == 0:
            return x
        if x.rank == 1:
            return use.problem("rank-mismatch", f"{use.title} takes at least 2 axes, it is given {x}", "input")
        return x.reshaped((*x.shape[:-2], x.shape[-1], x.shape[-2]))


class AttributeT(MatrixTranspose):
    """A matrix with its two axes swapped, as an attribute: w.T."""

    name = "T"
    target = "torch.Tensor.T"
    example = "y = w.T"


class AttributeH(Adjoint):
    """A matrix with its two axes swapped, as an attribute: w.H (the same as .T for real numbers)."""

    name = "H"
    target = "torch.Tensor.H"
    example = "y = w.H"

    def infer(self, use: Use) -> Type:
        if use.input.rank > 2:
            return use.problem(
                "rank-mismatch", f".H takes a matrix, it is given {use.input}; .mT swaps the last two axes", "input"
            )
        return super().infer(use)


class AttributeMT(Adjoint):
    """The last two axes swapped, as an attribute: x.mT."""

    name = "mT"
    target = "torch.Tensor.mT"
    example = "y = x.mT"


class AttributeMH(Adjoint):
    """The last two axes swapped, as an attribute: x.mH (the same as .mT for real numbers)."""

    name = "mH"
    target = "torch.Tensor.mH"
    example = "y = x.mH"


class Repeat(Function):
    """Copies the value side by side along each axis; new axes come in front."""

    name = "repeat"
    target = "torch.Tensor.repeat"
    arguments = (INPUT, Argument("repeats", Items(COUNT), doc="how often, for each axis", variadic=True))
    example = "y = x.repeat(1, 2, 1)"

    def infer(self, use: Use) -> Type:
        x, counts = use.input, tuple(use.repeats)
        if len(counts) < x.rank:
            return use.problem(
                "rank-mismatch", f"{use.title} names {len(counts)} axes, the value has {x.rank}", "repeats"
            )
        return repeated(use, x, counts, "repeats")


def repeated(use: Use, x: TensorType, counts: tuple[Any, ...], at: str) -> Type:
    """The type after so many copies along each axis."""
    if any(isinstance(count, int) and count < 0 for count in counts):
        return use.problem("argument-domain", f"{use.title}: a number of copies cannot be negative", at)
    shape = (1,) * (len(counts) - x.rank) + x.shape
    return x.reshaped(size * count for size, count in zip(shape, counts))


class Tile(Function):
    """Copies the value side by side along the last axes."""

    name = "tile"
    target = "torch.Tensor.tile"
    arguments = (INPUT, Argument("dims", Items(COUNT), doc="how often, for the last axes", variadic=True))
    example = "y = x.tile(2, 1)"

    def infer(self, use: Use) -> Type:
        x, counts = use.input, tuple(use.dims)
        return repeated(use, x, (1,) * (x.rank - len(counts)) + counts, "dims")


class RepeatInterleave(Function):
    """Repeats every value so many times in a row, along an axis or in the flattened value."""

    name = "repeat_interleave"
    target = "torch.repeat_interleave"
    arguments = (
        INPUT,
        Argument("repeats", Int(0, symbolic=True), doc="how often"),
        Argument("dim", Optional(AXIS), None, "the axis; the flattened value for none"),
    )
    example = "k = k.repeat_interleave(groups, 1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if use.dim is None:
            return x.reshaped((product(x.shape) * use.repeats,))
        axis = axis_at(use, use.dim, x.rank, scalar_has_one=False)
        return UNKNOWN if axis is None else x.reshaped(replaced(x.shape, axis, x.shape[axis] * use.repeats))


class Flip(Function):
    """Turns axes around."""

    name = "flip"
    target = "torch.Tensor.flip"
    arguments = (INPUT, Argument("dims", Items(AXIS), doc="the axes", variadic=True))
    example = "y = x.flip(2)"

    def infer(self, use: Use) -> Type:
        return UNKNOWN if axes_at(use, use.dims, use.input.rank, "dims", False) is None else use.input


class Fliplr(Function):
    """Turns the second axis around."""

    name = "fliplr"
    target = "torch.fliplr"
    arguments = (INPUT,)
    least = 2
    example = "y = fliplr(x)"

    def infer(self, use: Use) -> Type:
        if use.input.rank < self.least:
            return use.problem(
                "rank-mismatch", f"{use.title} takes at least {self.least} axes, it is given {use.input}", "input"
            )
        return use.input


class Flipud(Fliplr):
    """Turns the first axis around."""

    name = "flipud"
    target = "torch.flipud"
    least = 1
    example = "y = flipud(x)"


class Rot90(Function):
    """Turns the plane of two axes by 90 degrees, k times."""

    name = "rot90"
    target = "torch.rot90"
    arguments = (INPUT, Argument("k", INT, 1, "how often"), Argument("dims", Items(AXIS, 2), (0, 1), "the plane"))
    example = "y = rot90(x, 1, (2, 3))"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank < 2:
            return use.problem("rank-mismatch", f"{use.title} takes at least 2 axes, it is given {x}", "input")
        axes = axes_at(use, use.dims, x.rank, "dims", False)
        if axes is None:
            return UNKNOWN
        shape = list(x.shape)
        if use.k % 2:
            shape[axes[0]], shape[axes[1]] = shape[axes[1]], shape[axes[0]]
        return x.reshaped(shape)


class Roll(Function):
    """Shifts values along axes, round the end; the flattened value without axes."""

    name = "roll"
    target = "torch.roll"
    arguments = (
        INPUT,
        Argument("shifts", Either(COUNT, Items(COUNT)), doc="how far, for each axis"),
        Argument("dims", AXES, (), "the axes"),
    )
    example = "y = roll(x, (-1, -1), (1, 2))"

    def infer(self, use: Use) -> Type:
        x = use.input
        shifts, dims = (value if isinstance(value, (tuple, list)) else (value,) for value in (use.shifts, use.dims))
        if len(shifts) == 0 or len(shifts) != len(dims) and not (len(dims) == 0 and len(shifts) == 1):
            return use.problem("argument-domain", f"{use.title}: {len(shifts)} shifts for {len(dims)} axes", "shifts")
        for dim in dims if product(x.shape) != 0 else ():
            if axis_at(use, dim, x.rank, "dims", scalar_has_one=False) is None:
                return UNKNOWN
        return x


class BroadcastTo(Function):
    """Stretches axes of size 1 to the sizes wanted; new axes come in front."""

    name = "broadcast_to"
    target = "torch.broadcast_to"
    arguments = (INPUT, Argument("size", SHAPE, doc="the sizes"))
    example = "y = broadcast_to(x, (4, 3))"

    def infer(self, use: Use) -> Type:
        from specc.ops.functions.shape import expanded

        return expanded(use, use.input, use.size, "size")


class Tril(Function):
    """The lower triangle of the last two axes, zeros above the diagonal."""

    name = "tril"
    target = "torch.tril"
    arguments = (INPUT, Argument("diagonal", COUNT, 0, "the diagonal it goes up to: 0 the main one, positive above it"))
    example = "mask = tril(ones(T, T))"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank < 2:
            return use.problem("rank-mismatch", f"{use.title} takes at least 2 axes, it is given {x}", "input")
        return x.plain()


class Triu(Tril):
    """The upper triangle of the last two axes, zeros below the diagonal."""

    name = "triu"
    target = "torch.triu"
    example = "mask = triu(ones(T, T), 1)"


class Diagonal(Function):
    """The diagonal of two axes, as the last axis."""

    name = "diagonal"
    target = "torch.diagonal"
    arguments = (
        INPUT,
        Argument("offset", INT, 0, "0 the main diagonal, positive above it"),
        Argument("dim1", AXIS, 0, "the axis of rows"),
        Argument("dim2", AXIS, 1, "the axis of columns"),
    )
    example = "d = diagonal(x, 0, 1, 2)"

    def infer(self, use: Use) -> Type:
        x = use.input
        rows, columns = (axis_at(use, getattr(use, name), x.rank, name) for name in ("dim1", "dim2"))
        if rows is None or columns is None:
            return UNKNOWN
        if rows == columns or x.rank < 2:
            return use.problem("argument-domain", f"{use.title}: dim1 and dim2 name one axis", "dim2")
        rest = [size for axis, size in enumerate(x.shape) if axis not in (rows, columns)]
        return x.reshaped((*rest, diagonal_size(x.shape[rows], x.shape[columns], use.offset)))


def diagonal_size(rows: Size, columns: Size, offset: int) -> Size:
    """How many values a diagonal has."""
    from specc.types.dims import maximum, minimum

    if offset >= 0:
        return maximum(minimum(rows, columns - offset), 0)
    return maximum(minimum(rows + offset, columns), 0)


class Diag(Function):
    """The matrix with a vector on its diagonal, or the diagonal of a matrix."""

    name = "diag"
    target = "torch.diag"
    arguments = (INPUT, Argument("diagonal", INT, 0, "0 the main diagonal, positive above it"))
    example = "m = diag(v)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank == 1:
            return TensorType((x.shape[0] + abs(use.diagonal),) * 2, x.dtype)
        if x.rank == 2:
            return x.reshaped((diagonal_size(x.shape[0], x.shape[1], use.diagonal),))
        return use.problem("rank-mismatch", f"{use.title} takes 1 or 2 axes, it is given {x}", "input")


class DiagEmbed(Function):
    """Matrices with the last axis on their diagonals."""

    name = "diag_embed"
    target = "torch.diag_embed"
    arguments = (
        INPUT,
        Argument("offset", INT, 0, "0 the main diagonal, positive above it"),
        Argument("dim1", AXIS, -2, "the axis of rows"),
        Argument("dim2", AXIS, -1, "the axis of columns"),
    )
    example = "m = diag_embed(v)"

    def infer(self, use: Use) -> Type:
        x = use.input
        rank = x.rank + 1
        if x.rank == 0:
            return use.problem("rank-mismatch", f"{use.title} takes at least 1 axis, it is given a scalar", "input")
        rows, columns = (axis_at(use, getattr(use, name), rank, name) for name in ("dim1", "dim2"))
        if rows is None or columns is None:
            return UNKNOWN
        if rows == columns:
            return use.problem("argument-domain", f"{use.title}: dim1 and dim2 name one axis", "dim2")
        size = x.shape[-1] + abs(use.offset)
        rest = iter(x.shape[:-1])
        return TensorType(tuple(size if axis in (rows, columns) else next(rest) for axis in range(rank)), x.dtype)
