"""Layers that enlarge or shrink maps by interpolation."""

from __future__ import annotations

from typing import Any

from specc.ops.base import Argument, Layer, Use
from specc.ops.kinds import BOOL, INFINITY, POSITIVE, Choice, Either, Float, Items, Optional, Sizes, expand
from specc.ops.layers.window import empty_problem
from specc.ops.shapes import can_be_at_least, dtype_problem, scaled
from specc.types.tensor import FLOATS, UNKNOWN, Size, TensorType, Type, UnknownType

RANKS = {
    "nearest": (3, 4, 5),
    "nearest-exact": (3, 4, 5),
    "area": (3, 4, 5),
    "linear": (3,),
    "bilinear": (4,),
    "bicubic": (4,),
    "trilinear": (5,),
}
STEPWISE = ("nearest", "nearest-exact", "area")
BYTES_TOO = ("nearest", "nearest-exact", "bilinear", "bicubic")
LARGEST = 2**63 - 1
FACTOR = Float(0, INFINITY, open_low=True, open_high=True)


def resampled(use: Use, x: TensorType, mode: str, align_corners: bool | None, recompute: bool | None) -> Type:
    """The rule of interpolation: `use.size` or `use.scale_factor` says how large the last axes become."""
    wrong = _arguments_problem(use, mode, align_corners, recompute) or _rank_problem(use, x, mode)
    wrong = wrong or dtype_problem(use, x, (*FLOATS, "u8") if mode in BYTES_TOO else FLOATS) or empty_problem(use)
    if wrong:
        return wrong
    wanted = _sizes(use, x)
    return wanted if wanted is UNKNOWN else TensorType((*x.shape[:2], *wanted), x.dtype)


def _arguments_problem(use: Use, mode: str, align_corners: bool | None, recompute: bool | None) -> UnknownType | None:
    if (use.size is None) == (use.scale_factor is None):
        return use.problem("upsample-mode-rank", f"{use.title} takes either size or scale_factor", "scale_factor")
    if mode in STEPWISE and align_corners is not None:
        return use.problem(
            "upsample-mode-rank", f'{use.title}: align_corners means nothing with mode="{mode}"', "align_corners"
        )
    if recompute and use.size is not None:
        return use.problem(
            "upsample-mode-rank",
            f"{use.title}: recompute_scale_factor goes only with scale_factor",
            "recompute_scale_factor",
        )
    return None


def _rank_problem(use: Use, x: TensorType, mode: str) -> UnknownType | None:
    if x.rank not in RANKS[mode]:
        fitting = " or ".join(map(str, RANKS[mode]))
        return use.problem(
            "upsample-mode-rank", f'{use.title} is given {x} with {x.rank} axes, mode="{mode}" takes {fitting}', "mode"
        )
    for name in ("size", "scale_factor"):
        value = getattr(use, name)
        if isinstance(value, (tuple, list)) and len(value) != x.rank - 2:
            return use.problem(
                "upsample-mode-rank",
                f"{use.title}: {name} has {len(value)} numbers, the input {x} has {x.rank - 2} axes to resample",
                name,
            )
    return None


def _sizes(use: Use, x: TensorType) -> Any:
    """The new sizes of the last axes, or UNKNOWN after reporting."""
    name = "scale_factor" if use.size is None else "size"
    given = expand(getattr(use, name), x.rank - 2)
    sizes: list[Size] = (
        list(given) if name == "size" else [scaled(size, factor) for size, factor in zip(x.shape[2:], given)]
    )
    if None in sizes:
        return use.problem(
            "symbolic-size",
            f"{use.title}: a symbolic size of {x} times this factor is no whole number",
            name,
            helps=("give size instead",),
        )
    if any(isinstance(size, int) and size > LARGEST for size in sizes):
        return use.problem("value-too-large", f"{use.title} makes {x} larger than any tensor", name)
    if all(can_be_at_least(use, size, 1) for size in sizes):
        return sizes
    return use.problem("kernel-exceeds-input", f"{use.title} leaves nothing of {x}", name)


def _arguments(size: Any, factor: Any) -> tuple[Argument, ...]:
    return (
        Argument("size", Optional(size), None, "size of the output along each axis"),
        Argument("scale_factor", Optional(factor), None, "size of the output as a multiple of the input's"),
    )


class Upsample(Layer):
    """Resamples `[N, C, L]`, `[N, C, H, W]` or `[N, C, D, H, W]` to another size."""

    target = "torch.nn.Upsample"
    arguments = (
        *_arguments(Either(POSITIVE, Items(POSITIVE)), Either(FACTOR, Items(FACTOR))),
        Argument("mode", Choice(*RANKS), "nearest", "how values between the given ones are found"),
        Argument("align_corners", Optional(BOOL), None, "whether the corner values keep their places"),
        Argument(
            "recompute_scale_factor", Optional(BOOL), None, "whether to compute with the factor of the rounded sizes"
        ),
    )
    example = 'x -> Upsample(scale_factor=2, mode="bilinear")'

    def infer(self, use: Use) -> Type:
        if isinstance(use.scale_factor, list):
            return use.problem(
                "argument-type", f"{use.title}: several factors are written (2, 2), not [2, 2]", "scale_factor"
            )
        return resampled(use, use.input, use.mode, use.align_corners, use.recompute_scale_factor)


class UpsamplingNearest2d(Layer):
    """Resamples maps `[N, C, H, W]` by repeating the nearest value."""

    target = "torch.nn.UpsamplingNearest2d"
    arguments = _arguments(Sizes(2), Either(FACTOR, Items(FACTOR, 2)))
    example = "x -> UpsamplingNearest2d(scale_factor=2)"

    def infer(self, use: Use) -> Type:
        return resampled(use, use.input, "nearest", None, None)


class UpsamplingBilinear2d(Layer):
    """Resamples maps `[N, C, H, W]` bilinearly, with the corners kept in place."""

    target = "torch.nn.UpsamplingBilinear2d"
    arguments = _arguments(Sizes(2), Either(FACTOR, Items(FACTOR, 2)))
    example = "x -> UpsamplingBilinear2d(scale_factor=2)"

    def infer(self, use: Use) -> Type:
        return resampled(use, use.input, "bilinear", True, None)
