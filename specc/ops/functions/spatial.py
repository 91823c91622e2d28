"""Functions of maps and sequences that have a layer as their twin, and those around sampling grids."""

from __future__ import annotations

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, axis_at, refuse, replaced, whole
from specc.ops.functions.pooling import Twin, twin
from specc.ops.kinds import AXIS, BOOL, DIM, FLOAT, INFINITY, SHAPE, TENSOR, Choice, Either, Float, Items, Optional
from specc.ops.layers import normalization, reshape
from specc.ops.layers.padding import _Circular, _ConstantPad, _Reflection, _Replication
from specc.ops.layers.resample import RANKS, resampled
from specc.ops.shapes import can_be_at_least
from specc.types.tensor import UNKNOWN, TensorType, Type, UnknownType, product

FACTOR = Float(0, INFINITY, open_low=True, open_high=True)

twin("pixel_shuffle", reshape.PixelShuffle, "y = pixel_shuffle(x, 2)")
twin("pixel_unshuffle", reshape.PixelUnshuffle, "y = pixel_unshuffle(x, 2)")
twin("channel_shuffle", reshape.ChannelShuffle, "y = channel_shuffle(x, 2)")
twin("unfold", reshape.Unfold, "y = unfold(x, 3, padding=1)")
twin("fold", reshape.Fold, "y = fold(x, (28, 28), 2, stride=2)")


class LocalResponse(Twin):
    """The function passes an empty value on as it is."""

    def infer(self, use: Use) -> Type:
        return use.input if product(use.input.shape) == 0 and use.input.rank > 2 else super().infer(use)


twin("local_response_norm", normalization.LocalResponseNorm, "y = local_response_norm(x, 5)", base=LocalResponse)


class Interpolate(Function):
    """Resamples `[N, C, L]`, `[N, C, H, W]` or `[N, C, D, H, W]` to another size."""

    name = "interpolate"
    target = "torch.nn.functional.interpolate"
    arguments = (
        INPUT,
        Argument("size", Optional(Either(DIM, Items(DIM))), None, "size of the output along each axis"),
        Argument(
            "scale_factor",
            Optional(Either(FACTOR, Items(FACTOR))),
            None,
            "size of the output as a multiple of the input's",
        ),
        Argument("mode", Choice(*RANKS), "nearest", "how values between the given ones are found"),
        Argument("align_corners", Optional(BOOL), None, "whether the corner values keep their places"),
        Argument(
            "recompute_scale_factor", Optional(BOOL), None, "whether to compute with the factor of the rounded sizes"
        ),
        Argument("antialias", BOOL, False, "whether to smooth before shrinking (bilinear and bicubic)"),
    )
    example = 'y = interpolate(x, scale_factor=2, mode="bilinear")'

    def infer(self, use: Use) -> Type:
        if use.antialias and not (use.mode in ("bilinear", "bicubic") and use.input.rank == 4):
            return use.problem(
                "upsample-mode-rank", f"{use.title}: antialias goes with bilinear and bicubic maps only", "antialias"
            )
        wrong = refuse(use, use.input.dtype, ("f32", "f64", "u8")) if use.antialias else None
        return wrong or resampled(use, use.input, use.mode, use.align_corners, use.recompute_scale_factor)


class Pad(Function):
    """Adds values at both ends of the last axes: (left, right, top, bottom, ...); negative numbers cut off."""

    name = "pad"
    target = "torch.nn.functional.pad"
    arguments = (
        INPUT,
        Argument("pad", SHAPE, doc="how many values, two for each axis, the last axis first"),
        Argument("mode", Choice("constant", "reflect", "replicate", "circular"), "constant", "what the values are"),
        Argument("value", Optional(FLOAT), None, "the value that is added with mode constant; 0 for none"),
    )
    rules: dict[str, type] = {
        "constant": _ConstantPad,
        "reflect": _Reflection,
        "replicate": _Replication,
        "circular": _Circular,
    }
    example = "y = pad(x, (1, 1, 2, 2))"

    def infer(self, use: Use) -> Type:
        if len(use.pad) % 2 or len(use.pad) // 2 > use.input.rank:
            return use.problem(
                "argument-domain",
                f"{use.title}: pad has {len(use.pad)} numbers, it takes two for each of at most {use.input.rank} axes",
                "pad",
            )
        if not use.pad and use.mode == "constant":
            return use.input
        if use.mode != "constant" and not 2 <= len(use.pad) <= 6:
            return use.problem("argument-domain", f'{use.title}: mode="{use.mode}" pads 1 to 3 axes', "pad")
        if use.mode != "constant" and use.value:
            return use.problem("argument-domain", f'{use.title}: value means nothing with mode="{use.mode}"', "value")
        rule = self.rules[use.mode]()
        rule.spatial = len(use.pad) // 2
        values = {**use.values, "padding": tuple(use.pad), "value": use.value or 0}
        given = {**use.given, "padding": use.given["pad"]}
        return rule.infer(Use(use.operation, values, given, use.span, use.title, use.facts, use.problems))


class Glu(Function):
    """One half of an axis times the sigmoid of the other half."""

    name = "glu"
    target = "torch.nn.functional.glu"
    arguments = (INPUT, Argument("dim", AXIS, -1, "the axis that is halved"))
    example = "y = glu(x, 1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank == 0:
            return use.problem("rank-mismatch", f"{use.title} takes at least one axis, it is given a scalar", "input")
        axis = axis_at(use, use.dim, x.rank)
        if axis is None:
            return UNKNOWN
        half = whole(use, x.shape[axis], 2)
        if half is None:
            return use.problem("split-size", f"{use.title}: axis {axis} has {x.shape[axis]}, it must be even", "dim")
        return refuse(use, x.dtype) or x.reshaped(replaced(x.shape, axis, half))


class GridSample(Function):
    """Values of a map `[N, C, H, W]` at the places a grid `[N, H', W', 2]` names, from -1 to 1; volumes likewise."""

    name = "grid_sample"
    target = "torch.nn.functional.grid_sample"
    arguments = (
        INPUT,
        Argument("grid", TENSOR, doc="the places: x and y (and z) in the last axis"),
        Argument(
            "mode", Choice("bilinear", "nearest", "bicubic"), "bilinear", "how values between the given ones are found"
        ),
        Argument("padding_mode", Choice("zeros", "border", "reflection"), "zeros", "what lies outside"),
        Argument("align_corners", Optional(BOOL), None, "whether -1 and 1 are the centres of the corner values"),
    )
    example = "y = grid_sample(x, grid, align_corners=false)"

    def infer(self, use: Use) -> Type:
        x, grid = use.input, use.grid
        if x.rank not in (4, 5) or grid.rank != x.rank:
            return use.problem(
                "rank-mismatch", f"{use.title} is given {x} and the grid {grid}: both have 4 axes, or 5", "grid"
            )
        if not use.same(grid.shape[-1], x.rank - 2) or not use.same(grid.shape[0], x.shape[0]):
            return use.problem("rank-mismatch", f"{use.title}: the grid {grid} must be of {x.shape[0]} samples with "
                               f"{x.rank - 2} coordinates", "grid")
        if grid.dtype != x.dtype:
            return use.problem("dtype-mismatch", f"{use.title}: the value is {x.dtype}, the grid {grid.dtype}", "grid")
        wrong = refuse(use, x.dtype) or self._empty_problem(use, x)
        return wrong or TensorType((*x.shape[:2], *grid.shape[1:-1]), x.dtype)

    def _empty_problem(self, use: Use, x: TensorType) -> UnknownType | None:
        if all(can_be_at_least(use, size, 1) for size in x.shape[2:]):
            return None
        return use.problem("kernel-exceeds-input", f"{use.title} is given {x}, which has no values to sample", "input")


class AffineGrid(Function):
    """The sampling grid of an affine map: theta `[N, 2, 3]` and a size (N, C, H, W) give `[N, H, W, 2]`."""

    name = "affine_grid"
    target = "torch.nn.functional.affine_grid"
    arguments = (
        Argument("theta", TENSOR, doc="the affine maps, [N, 2, 3] or [N, 3, 4]"),
        Argument("size", SHAPE, doc="the size of what will be sampled, as a tuple"),
        Argument("align_corners", Optional(BOOL), None, "whether -1 and 1 are the centres of the corner values"),
    )
    example = "grid = affine_grid(theta, (N, 3, 32, 32), align_corners=false)"

    def infer(self, use: Use) -> Type:
        theta, size = use.theta, tuple(use.size)
        wrong = refuse(use, theta.dtype, ("f32", "f64"), "theta")
        if wrong:
            return wrong
        if len(size) not in (4, 5):
            return use.problem("argument-domain", f"{use.title}: size has {len(size)} numbers, it takes 4 or 5", "size")
        space = len(size) - 2
        wanted = (size[0], space, space + 1)
        if theta.rank != 3 or not all(map(use.same, theta.shape, wanted)):
            return use.problem(
                "rank-mismatch", f"{use.title}: theta is {theta}, it must be [{size[0]}, {space}, {space + 1}]", "theta"
            )
        if not all(can_be_at_least(use, n, 1) for n in size):
            return use.problem("argument-domain", f"{use.title}: a size must be at least 1", "size")
        return TensorType((size[0], *size[2:], space), theta.dtype)


