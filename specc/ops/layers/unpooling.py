"""Pools with random windows, and the reverse of a max pool."""

from __future__ import annotations

from typing import Any

from specc.ops.base import Argument, Layer, Use
from specc.ops.kinds import BOOL, TENSOR, Either, Float, Int, Items, NoneOnly, Optional, Sizes, expand
from specc.ops.layers.window import empty_problem, layout
from specc.ops.shapes import can_be_at_least, dtype_problem, rank_problem, scaled
from specc.types.tensor import UNKNOWN, Size, TensorType, Type, UnknownType

RATIO = Float(0, 1, open_low=True, open_high=True)


def _fractional_arguments(spatial: int) -> tuple[Argument, ...]:
    ratio = Optional(Either(RATIO, Items(RATIO, spatial)))
    return (
        Argument("kernel_size", Sizes(spatial), doc="size of the window along each axis"),
        Argument("output_size", Optional(Sizes(spatial)), None, "size of the output"),
        Argument("output_ratio", ratio, None, "size of the output as a part of the input's"),
        Argument("return_indices", BOOL, False, "whether to return the places of the maxima as well, for MaxUnpool"),
        Argument("_random_samples", NoneOnly(), None, "where the windows stand; drawn anew each time"),
    )


class _FractionalMaxPool(Layer):
    """The largest value of windows at random places."""

    spatial = 0
    spare = 0  # values there must be beyond those the windows need

    def infer(self, use: Use) -> Type:
        if (use.output_size is None) == (use.output_ratio is None):
            return use.problem(
                "argument-domain", f"{use.title} takes either output_size or output_ratio", "output_ratio"
            )
        x, rank = use.input, self.spatial + 1
        wrong = rank_problem(use, x, (rank, rank + 1), layout(self.spatial)) or dtype_problem(use, x)
        wanted = wrong or empty_problem(use, x.rank - rank) or self._wanted(use)
        return wanted if wanted is UNKNOWN else self._result(use, wanted)

    def _wanted(self, use: Use) -> Any:
        if use.output_size is not None:
            return expand(use.output_size, self.spatial)
        ratios = expand(use.output_ratio, self.spatial)
        wanted = [scaled(size, ratio) for size, ratio in zip(use.input.shape[-self.spatial :], ratios)]
        if None in wanted:
            return use.problem(
                "symbolic-size",
                f"{use.title}: part of a symbolic size {use.input}",
                "output_ratio",
                helps=("give output_size instead",),
            )
        return wanted

    def _result(self, use: Use, wanted: Any) -> Type:
        kernels = expand(use.kernel_size, self.spatial)
        for size, kernel, count in zip(use.input.shape[-self.spatial :], kernels, wanted):
            if not (can_be_at_least(use, count, 1) and can_be_at_least(use, size + 1 - count, kernel + self.spare)):
                return use.problem(
                    "kernel-exceeds-input",
                    f"{use.title}: {count} windows of {kernel} do not fit into {size}",
                    "kernel_size",
                )
        values = use.input.reshaped((*use.input.shape[: -self.spatial], *wanted))
        return (values, TensorType(values.shape, "i64")) if use.return_indices else values


def _unpool_arguments(spatial: int) -> tuple[Argument, ...]:
    return (
        Argument("kernel_size", Sizes(spatial), doc="the window of the pool it undoes"),
        Argument("stride", Optional(Sizes(spatial)), None, "the stride of that pool; the kernel size if none"),
        Argument("padding", Sizes(spatial, 0), 0, "the padding of that pool"),
    )


class _MaxUnpool(Layer):
    """Puts maxima back where a max pool found them, and zeros elsewhere."""

    spatial = 0
    inputs = (
        Argument("input", TENSOR),
        Argument("indices", TENSOR),
        Argument(
            "output_size",
            Optional(Items(Int(symbolic=True))),
            None,
            "the sizes of the output, where stride leaves a choice",
        ),
    )

    def infer(self, use: Use) -> Type:
        x, rank = use.input, self.spatial + 1
        wrong = rank_problem(use, x, (rank, rank + 1), layout(self.spatial)) or dtype_problem(use, x)
        wrong = wrong or self._indices_problem(use) or empty_problem(use)
        if wrong:
            return wrong
        values = [expand(v, self.spatial) for v in (use.kernel_size, use.stride or use.kernel_size, use.padding)]
        usual = [
            (size - 1) * stride + kernel - 2 * padding
            for size, kernel, stride, padding in zip(x.shape[-self.spatial :], *values)
        ]
        sizes = usual if use.output_size is None else self._asked_for(use, usual, values[1])
        return UNKNOWN if sizes is None else self._checked(use, sizes)

    def _indices_problem(self, use: Use) -> UnknownType | None:
        x, indices = use.input, use.indices
        if indices.dtype != "i64":
            return use.problem("dtype-mismatch", f"{use.title}: the indices are {indices}, they must be i64", "indices")
        if x.rank == indices.rank and all(use.same(a, b) for a, b in zip(x.shape, indices.shape)):
            return None
        return use.problem(
            "rank-mismatch",
            f"{use.title}: the indices are {indices}, the input is {x}: they must have one shape",
            "indices",
        )

    def _asked_for(self, use: Use, usual: list[Size], strides: tuple[int, ...]) -> list[Size] | None:
        asked = list(use.output_size)
        if len(asked) == self.spatial + 2:
            asked = asked[2:]
        if len(asked) != self.spatial:
            use.problem(
                "argument-domain",
                f"{use.title}: output_size has {len(asked)} sizes, it takes {self.spatial}",
                "output_size",
            )
            return None
        for wanted, middle, stride in zip(asked, usual, strides):
            if not (use.holds(">", wanted, middle - stride) and use.holds("<", wanted, middle + stride)):
                use.problem(
                    "argument-domain",
                    f"{use.title}: output_size {wanted} is not between {middle - stride} and {middle + stride}",
                    "output_size",
                )
                return None
        return asked

    def _checked(self, use: Use, sizes: list[Size]) -> Type:
        for size in sizes:
            if not can_be_at_least(use, size, 1):
                return use.problem(
                    "kernel-exceeds-input", f"{use.title}: the size of its output would be {size}", "padding"
                )
        return use.input.reshaped((*use.input.shape[: -self.spatial], *sizes))


class FractionalMaxPool2d(_FractionalMaxPool):
    """Keeps the largest of windows of a map at random places: `[N, C, H, W]` or `[C, H, W]`."""

    target = "torch.nn.FractionalMaxPool2d"
    spatial = 2
    arguments = _fractional_arguments(2)
    example = "x -> FractionalMaxPool2d(2, output_ratio=0.5)"


class FractionalMaxPool3d(_FractionalMaxPool):
    """Keeps the largest of windows of a volume at random places: `[N, C, D, H, W]` or `[C, D, H, W]`."""

    target = "torch.nn.FractionalMaxPool3d"
    spatial = 3
    spare = 1
    arguments = _fractional_arguments(3)
    example = "x -> FractionalMaxPool3d(2, output_ratio=0.5)"


class MaxUnpool1d(_MaxUnpool):
    """Undoes a MaxPool1d that returned its indices: `[N, C, L]`."""

    target = "torch.nn.MaxUnpool1d"
    spatial = 1
    arguments = _unpool_arguments(1)
    example = "(y, places) -> MaxUnpool1d(2)"


class MaxUnpool2d(_MaxUnpool):
    """Undoes a MaxPool2d that returned its indices: `[N, C, H, W]`."""

    target = "torch.nn.MaxUnpool2d"
    spatial = 2
    arguments = _unpool_arguments(2)
    example = "(y, places) -> MaxUnpool2d(2)"


class MaxUnpool3d(_MaxUnpool):
    """Undoes a MaxPool3d that returned its indices: `[N, C, D, H, W]`."""

    target = "torch.nn.MaxUnpool3d"
    spatial = 3
    arguments = _unpool_arguments(3)
    example = "(y, places) -> MaxUnpool3d(2)"
