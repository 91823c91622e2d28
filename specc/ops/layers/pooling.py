"""Pools: maximum, average and power mean over windows, adaptive ones, and the way back."""

from __future__ import annotations

from specc.ops.base import Argument, Layer, Use
from specc.ops.kinds import BOOL, INFINITY, POSITIVE, SIZE, Either, Float, Int, Items, Optional, Sizes, expand
from specc.ops.layers.window import empty_problem, layout, pool_count
from specc.ops.shapes import can_be_at_least, dtype_problem, rank_problem
from specc.types.tensor import FLOATS, INTEGERS, Size, TensorType, Type, UnknownType


class _Pool(Layer):
    """What pools over windows share."""

    spatial = 0
    dtypes: tuple[str, ...] = FLOATS
    whole_kernel = False  # whether the kernel must fit into the input without its padding

    def infer(self, use: Use) -> Type:
        return self._own_problem(use) or self._input_problem(use) or self._padding_problem(use) or self._result(use)

    def _own_problem(self, use: Use) -> UnknownType | None:
        """Whether the arguments fit together."""

    def _input_problem(self, use: Use) -> UnknownType | None:
        x, rank = use.input, self.spatial + 1
        wrong = rank_problem(use, x, (rank, rank + 1), layout(self.spatial)) or dtype_problem(use, x, self._dtypes(use))
        return wrong or empty_problem(use, x.rank - self.spatial - 1 if x.rank == rank else 1)

    def _dtypes(self, use: Use) -> tuple[str, ...]:
        return self.dtypes

    def _values(self, use: Use, name: str, missing: int) -> tuple[int, ...]:
        """An argument as one integer per axis; `missing` where this pool does not have it."""
        value = use.values.get(name, missing)
        return expand(use.kernel_size if value is None else value, self.spatial)

    def _padding_problem(self, use: Use) -> UnknownType | None:
        for kernel, padding in zip(self._values(use, "kernel_size", 1), self._values(use, "padding", 0)):
            if padding > kernel // 2:
                return use.problem(
                    "pool-padding-too-large",
                    f"{use.title}: padding {padding} is more than half of the kernel ({kernel})",
                    "padding",
                )
        return None

    def _result(self, use: Use) -> Type:
        names = (("kernel_size", 1), ("stride", 1), ("padding", 0), ("dilation", 1))
        sizes = []
        windows = zip(use.input.shape[-self.spatial :], *(self._values(use, *name) for name in names))
        for size, kernel, stride, padding, dilation in windows:
            count = pool_count(size, kernel, stride, padding, dilation, bool(use.values.get("ceil_mode")))
            if not can_be_at_least(use, count, 1) or (self.whole_kernel and not can_be_at_least(use, size, kernel)):
                return self._too_small(use, size, kernel, dilation, padding)
            sizes.append(count)
        return self._typed(use, (*use.input.shape[: -self.spatial], *sizes))

    def _too_small(self, use: Use, size: Size, kernel: int, dilation: int, padding: int) -> UnknownType:
        reach = dilation * (kernel - 1) + 1
        return use.problem(
            "kernel-exceeds-input",
            f"{use.title}: the kernel spans {reach} values, the input {use.input} has {size} there",
            "kernel_size",
        )

    def _typed(self, use: Use, shape: tuple[Size, ...]) -> Type:
        return TensorType(shape, use.input.dtype)


class _MaxPool(_Pool):
    """The largest value of each window; with `return_indices` also where it stood."""

    def _dtypes(self, use: Use) -> tuple[str, ...]:
        return FLOATS if self.spatial == 1 and not use.return_indices else (*FLOATS, *INTEGERS)

    def _typed(self, use: Use, shape: tuple[Size, ...]) -> Type:
        values = use.input.reshaped(shape)
        return (values, TensorType(shape, "i64")) if use.return_indices else values


def _max_arguments(spatial: int) -> tuple[Argument, ...]:
    return (
        Argument("kernel_size", Sizes(spatial), doc="size of the window along each axis"),
        Argument("stride", Optional(Sizes(spatial)), None, "step from one window to the next; the kernel size if none"),
        Argument("padding", Sizes(spatial, 0), 0, "minus infinities added at both ends of each axis"),
        Argument("dilation", Sizes(spatial), 1, "distance between the values of a window"),
        Argument("return_indices", BOOL, False, "whether to return the places of the maxima as well, for MaxUnpool"),
        Argument("ceil_mode", BOOL, False, "whether a last window may stick out"),
    )


def _average_arguments(spatial: int) -> tuple[Argument, ...]:
    kernel, stride, *_ = _max_arguments(spatial)
    common = (
        kernel,
        stride,
        Argument("padding", Sizes(spatial, 0), 0, "zeros added at both ends of each axis"),
        Argument("ceil_mode", BOOL, False, "whether a last window may stick out"),
        Argument("count_include_pad", BOOL, True, "whether added zeros count in the average"),
    )
    divisor = Argument("divisor_override", Optional(Either(Int(None, -1), Int(1))), None, "what to divide the sums by")
    return common if spatial == 1 else (*common, divisor)


def _power_arguments(spatial: int) -> tuple[Argument, ...]:
    kernel, stride, *_, ceil_mode = _max_arguments(spatial)
    if spatial == 1:
        kernel = kernel._replace(kind=POSITIVE)
    power = Either(Float(None, 0, open_high=True), Float(0, open_low=True))
    return (Argument("norm_type", power, doc="the power p of (sum of x^p)^(1/p)"), kernel, stride, ceil_mode)


class _Adaptive(Layer):
    """A pool whose windows are chosen so that the output has a given size, smaller or larger than the input."""

    spatial = 0

    def infer(self, use: Use) -> Type:
        x, rank = use.input, self.spatial + 1
        wrong = rank_problem(use, x, (rank, rank + 1), layout(self.spatial)) or dtype_problem(use, x)
        wrong = wrong or empty_problem(use)
        if wrong:
            return wrong
        wanted = expand(use.output_size, self.spatial)
        kept = x.shape[-self.spatial :]
        sizes = [have if want is None else want for want, have in zip(wanted, kept)]
        shape = (*x.shape[: -self.spatial], *sizes)
        values = TensorType(shape, x.dtype)
        return (values, TensorType(shape, "i64")) if use.values.get("return_indices") else values


def _adaptive_arguments(spatial: int, indices: bool = False) -> tuple[Argument, ...]:
    each = Optional(SIZE) if spatial > 1 else SIZE
    output_size = Argument(
        "output_size",
        Either(SIZE, Items(each, spatial)),
        doc="size of the output; none in a tuple keeps that of the input",
    )
    places = Argument("return_indices", BOOL, False, "whether to return the places of the maxima as well")
    return (output_size, places) if indices else (output_size,)


class _PowerPool(_Pool):
    """The p-norm of each window, (sum of x^p)^(1/p), which makes f32 of integers; the maximum where p is infinite."""

    dtypes: tuple[str, ...] = (*FLOATS, *INTEGERS, "bool")

    def _dtypes(self, use: Use) -> tuple[str, ...]:
        if use.norm_type != INFINITY:
            return self.dtypes
        return FLOATS if self.spatial == 1 else (*FLOATS, *INTEGERS)

    def _typed(self, use: Use, shape: tuple[Size, ...]) -> Type:
        keeps = use.input.is_float or use.norm_type == INFINITY
        return TensorType(shape, use.input.dtype if keeps else "f32")


class MaxPool1d(_MaxPool):
    """Keeps the largest of each window along one axis: `[N, C, L]`."""

    target = "torch.nn.MaxPool1d"
    spatial = 1
    arguments = _max_arguments(1)
    example = "x -> MaxPool1d(2)"


class MaxPool2d(_MaxPool):
    """Keeps the largest of each window of a map: `[N, C, H, W]`."""

    target = "torch.nn.MaxPool2d"
    spatial = 2
    arguments = _max_arguments(2)
    example = "x -> MaxPool2d(2)"


class MaxPool3d(_MaxPool):
    """Keeps the largest of each window of a volume: `[N, C, D, H, W]`."""

    target = "torch.nn.MaxPool3d"
    spatial = 3
    arguments = _max_arguments(3)
    example = "x -> MaxPool3d(2)"


class AvgPool1d(_Pool):
    """Averages each window along one axis: `[N, C, L]`."""

    target = "torch.nn.AvgPool1d"
    spatial = 1
    dtypes = (*FLOATS, "i64")
    arguments = _average_arguments(1)
    example = "x -> AvgPool1d(2)"


class AvgPool2d(_Pool):
    """Averages each window of a map: `[N, C, H, W]`."""

    target = "torch.nn.AvgPool2d"
    spatial = 2
    dtypes = (*FLOATS, "i64")
    arguments = _average_arguments(2)
    example = "x -> AvgPool2d(2)"


class AvgPool3d(_Pool):
    """Averages each window of a volume: `[N, C, D, H, W]`."""

    target = "torch.nn.AvgPool3d"
    spatial = 3
    dtypes = ("f32", "f64", "i64")
    whole_kernel = True
    arguments = _average_arguments(3)
    example = "x -> AvgPool3d(2)"


class AdaptiveAvgPool1d(_Adaptive):
    """Averages down (or up) to a given length: `[N, C, L]` to `[N, C, output_size]`."""

    target = "torch.nn.AdaptiveAvgPool1d"
    spatial = 1
    arguments = _adaptive_arguments(1)
    example = "x -> AdaptiveAvgPool1d(1)"


class AdaptiveAvgPool2d(_Adaptive):
    """Averages a map down (or up) to a given size: `[N, C, H, W]` to `[N, C, *output_size]`."""

    target = "torch.nn.AdaptiveAvgPool2d"
    spatial = 2
    arguments = _adaptive_arguments(2)
    example = "x -> AdaptiveAvgPool2d((1, 1))"


class AdaptiveAvgPool3d(_Adaptive):
    """Averages a volume down (or up) to a given size: `[N, C, D, H, W]` to `[N, C, *output_size]`."""

    target = "torch.nn.AdaptiveAvgPool3d"
    spatial = 3
    arguments = _adaptive_arguments(3)
    example = "x -> AdaptiveAvgPool3d(1)"


class AdaptiveMaxPool1d(_Adaptive):
    """Takes maxima down (or up) to a given length: `[N, C, L]` to `[N, C, output_size]`."""

    target = "torch.nn.AdaptiveMaxPool1d"
    spatial = 1
    arguments = _adaptive_arguments(1, indices=True)
    example = "x -> AdaptiveMaxPool1d(1)"


class AdaptiveMaxPool2d(_Adaptive):
    """Takes maxima of a map down (or up) to a given size: `[N, C, H, W]` to `[N, C, *output_size]`."""

    target = "torch.nn.AdaptiveMaxPool2d"
    spatial = 2
    arguments = _adaptive_arguments(2, indices=True)
    example = "x -> AdaptiveMaxPool2d((1, 1))"


class AdaptiveMaxPool3d(_Adaptive):
    """Takes maxima of a volume down (or up) to a given size: `[N, C, D, H, W]` to `[N, C, *output_size]`."""

    target = "torch.nn.AdaptiveMaxPool3d"
    spatial = 3
    arguments = _adaptive_arguments(3, indices=True)
    example = "x -> AdaptiveMaxPool3d(1)"


class LPPool1d(_PowerPool):
    """Takes the p-norm of each window along one axis: `[N, C, L]`."""

    target = "torch.nn.LPPool1d"
    spatial = 1
    arguments = _power_arguments(1)
    example = "x -> LPPool1d(2, 3)"


class LPPool2d(_PowerPool):
    """Takes the p-norm of each window of a map: `[N, C, H, W]`."""

    target = "torch.nn.LPPool2d"
    spatial = 2
    arguments = _power_arguments(2)
    example = "x -> LPPool2d(2, 3)"


class LPPool3d(_PowerPool):
    """Takes the p-norm of each window of a volume: `[N, C, D, H, W]`."""

    target = "torch.nn.LPPool3d"
    spatial = 3
    dtypes = ("f32", "f64", *INTEGERS, "bool")
    whole_kernel = True
    arguments = _power_arguments(3)
    example = "x -> LPPool3d(2, 3)"
