"""Layers that rearrange values: flatten, fold and shuffle."""

from __future__ import annotations

from specc.ops.base import Argument, Layer, Use
from specc.ops.kinds import AXIS, POSITIVE, Int, Items, Sizes, expand
from specc.ops.layers.window import empty_problem, window_count
from specc.ops.shapes import axis, can_be_at_least, dtype_problem, rank_problem
from specc.types.dims import Dim
from specc.types.tensor import FLOATS, UNKNOWN, Size, TensorType, Type, UnknownType, product, sizes


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
        if first == 0 and last == x.rank - 1 and x.rank > 2 and isinstance(x.shape[0], Dim):
            return use.problem(
                "flatten-eats-batch",
                f"{use.title} merges the batch {x.shape[0]} into the features: {x}",
                "start_dim",
                helps=("write Flatten, which keeps the batch",),
            )
        return x.reshaped((*x.shape[:first], product(x.shape[first : last + 1]), *x.shape[last + 1 :]))

    def explain(self, use: Use, result: TensorType) -> str:
        x = use.input
        joined = x.shape[use.start_dim % max(x.rank, 1) : use.end_dim % max(x.rank, 1) + 1]
        return " * ".join(map(str, joined)) + f" = {product(joined)}"


class Unflatten(Layer):
    """Splits one axis into several."""

    target = "torch.nn.Unflatten"
    arguments = (
        Argument("dim", AXIS, doc="the axis to split"),
        Argument("unflattened_size", Items(Int(-1)), doc="the sizes it becomes; one may be -1, to be worked out"),
    )
    example = "x -> Unflatten(1, (3, 28, 28))"

    def infer(self, use: Use) -> Type:
        x, wanted = use.input, use.unflattened_size
        place = axis(use, "dim", x.rank)
        if place is None:
            return UNKNOWN
        if x.rank == 0 or not wanted or list(wanted).count(-1) > 1:
            return use.problem(
                "reshape-size", f"{use.title} cannot split an axis of {x} into {sizes(wanted)}", "unflattened_size"
            )
        known, whole = product(size for size in wanted if size != -1), x.shape[place]
        fits = use.same(whole, known) if -1 not in wanted else known != 0 and use.same(whole % known, 0)
        if not fits:
            return use.problem(
                "reshape-size",
                f"{use.title}: an axis of {whole} does not split into {sizes(wanted)}",
                "unflattened_size",
            )
        parts = [whole // known if size == -1 else size for size in wanted]
        return x.reshaped((*x.shape[:place], *parts, *x.shape[place + 1 :]))


FOLDABLE = (*FLOATS, "bool")
WINDOW = (
    Argument("kernel_size", Sizes(2), doc="size of a block"),
    Argument("dilation", Sizes(2), 1, "distance between the values of a block"),
    Argument("padding", Sizes(2, 0), 0, "zeros added at both ends of each axis"),
    Argument("stride", Sizes(2), 1, "step from one block to the next"),
)


def _block_counts(use: Use, height: Size, width: Size) -> list[Size]:
    """How many blocks fit along each axis."""
    values = zip(
        (height, width), *(expand(value, 2) for value in (use.kernel_size, use.stride, use.dilation, use.padding))
    )
    return [
        window_count(size, 2 * padding, kernel, stride, dilation) for size, kernel, stride, dilation, padding in values
    ]


class Unfold(Layer):
    """Lays the blocks of a map side by side: `[N, C, H, W]` to `[N, C * kernel height * kernel width, blocks]`."""

    target = "torch.nn.Unfold"
    arguments = WINDOW
    example = "x -> Unfold(3, padding=1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        wrong = rank_problem(use, x, (3, 4), "[N, C, H, W] or, for one sample, [C, H, W]") or dtype_problem(
            use, x, FOLDABLE
        )
        wrong = wrong or empty_problem(use, x.rank - 3)
        if wrong:
            return wrong
        counts = _block_counts(use, *x.shape[-2:])
        if not all(can_be_at_least(use, count, 1) for count in counts):
            return use.problem(
                "kernel-exceeds-input", f"{use.title}: no block of {use.kernel_size} fits into {x}", "kernel_size"
            )
        block = product(expand(use.kernel_size, 2))
        return TensorType((*x.shape[:-3], x.shape[-3] * block, product(counts)), x.dtype)


class Fold(Layer):
    """Puts blocks back into a map and adds up where they overlap, the reverse of Unfold."""

    target = "torch.nn.Fold"
    arguments = (Argument("output_size", Sizes(2), doc="height and width of the map"), *WINDOW)
    example = "x -> Fold((28, 28), 2, stride=2)"

    def infer(self, use: Use) -> Type:
        x = use.input
        wrong = rank_problem(use, x, (2, 3), "[N, C * block, blocks] or, for one sample, [C * block, blocks]")
        wrong = wrong or dtype_problem(use, x, FOLDABLE) or empty_problem(use, x.rank - 2) or self._blocks_problem(use)
        if wrong:
            return wrong
        block = product(expand(use.kernel_size, 2))
        return TensorType((*x.shape[:-2], x.shape[-2] // block, *expand(use.output_size, 2)), x.dtype)

    def _blocks_problem(self, use: Use) -> UnknownType | None:
        x, block = use.input, product(expand(use.kernel_size, 2))
        counts = _block_counts(use, *expand(use.output_size, 2))
        if min(counts) < 1 or not use.same(x.shape[-1], product(counts)):
            return use.problem(
                "reshape-size",
                f"{use.title} is given {x.shape[-1]} blocks, its map has {counts[0]} * {counts[1]}",
                "output_size",
            )
        if use.same(x.shape[-2] % block, 0):
            return None
        return use.problem(
            "reshape-size",
            f"{use.title} is given {x.shape[-2]} values a block, not a multiple of {block}",
            "kernel_size",
        )


class PixelShuffle(Layer):
    """Makes a larger map of many channels: `[*, C * r * r, H, W]` to `[*, C, H * r, W * r]`."""

    target = "torch.nn.PixelShuffle"
    arguments = (Argument("upscale_factor", POSITIVE, doc="the factor r"),)
    example = "x -> PixelShuffle(2)"

    def infer(self, use: Use) -> Type:
        x, factor = use.input, use.upscale_factor
        if x.rank < 3:
            return use.problem("rank-mismatch", f"{use.title} is given {x}, it needs at least three axes, [C, H, W]")
        *lead, channels, height, width = x.shape
        if not use.same(channels % (factor * factor), 0):
            return use.problem(
                "pixel-shuffle-indivisible",
                f"{use.title}: {channels} channels are no multiple of {factor} * {factor}",
                "upscale_factor",
            )
        return x.reshaped((*lead, channels // (factor * factor), height * factor, width * factor))


class PixelUnshuffle(Layer):
    """Makes more channels of a larger map: `[*, C, H * r, W * r]` to `[*, C * r * r, H, W]`."""

    target = "torch.nn.PixelUnshuffle"
    arguments = (Argument("downscale_factor", POSITIVE, doc="the factor r"),)
    example = "x -> PixelUnshuffle(2)"

    def infer(self, use: Use) -> Type:
        x, factor = use.input, use.downscale_factor
        if x.rank < 3:
            return use.problem("rank-mismatch", f"{use.title} is given {x}, it needs at least three axes, [C, H, W]")
        wrong = empty_problem(use, 0)
        if wrong:
            return wrong
        *lead, channels, height, width = x.shape
        for size in (height, width):
            if not use.same(size % factor, 0):
                return use.problem(
                    "pixel-shuffle-indivisible",
                    f"{use.title}: {size} in {x} is no multiple of {factor}",
                    "downscale_factor",
                )
        return x.reshaped((*lead, channels * factor * factor, height // factor, width // factor))


class ChannelShuffle(Layer):
    """Mixes the groups of channels: `[N, C, ...]` keeps its sizes."""

    target = "torch.nn.ChannelShuffle"
    arguments = (Argument("groups", POSITIVE, doc="number of groups, a divisor of the channels"),)
    feature_axis = 1
    example = "x -> ChannelShuffle(2)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank < 3:
            return use.problem("rank-mismatch", f"{use.title} is given {x}, it needs at least three axes, [N, C, ...]")
        if not use.same(x.shape[1] % use.groups, 0):
            return use.problem(
                "groups-indivisible", f"{use.title}: {x.shape[1]} channels are no multiple of {use.groups}", "groups"
            )
        return x
