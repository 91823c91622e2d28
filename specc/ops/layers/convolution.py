"""Convolutions and transposed convolutions."""

from __future__ import annotations

from specc.ops.base import FACTORY, Argument, Layer, State, Use
from specc.ops.kinds import BOOL, POSITIVE, TENSOR, Choice, Either, Int, Items, Optional, Sizes, expand
from specc.ops.layers.window import layout, minimum_size, window_count
from specc.ops.shapes import can_be_at_least, rank_problem, weight_dtype_problem
from specc.types.tensor import Size, TensorType, Type, UnknownType, product

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def _forward_arguments(spatial: int) -> tuple[Argument, ...]:
    return (
        Argument("in_channels", POSITIVE, doc="channels of the input"),
        Argument("out_channels", POSITIVE, doc="channels of the output"),
        Argument("kernel_size", Sizes(spatial), doc="size of the kernel along each axis"),
        Argument("stride", Sizes(spatial), 1, "step from one window to the next"),
        Argument(
            "padding",
            Either(Sizes(spatial, 0), Choice("valid", "same")),
            0,
            "values added at both ends of each axis; same keeps the size, valid adds none",
        ),
        Argument("dilation", Sizes(spatial), 1, "distance between the values a kernel touches"),
        Argument("groups", POSITIVE, 1, "number of groups of channels convolved apart from each other"),
        Argument("bias", BOOL, True, "whether to add a learned bias per output channel"),
        Argument("padding_mode", Choice(*PADDING_MODES), "zeros", "what the added values are"),
        *FACTORY,
    )


def _transposed_arguments(spatial: int) -> tuple[Argument, ...]:
    given = {argument.name: argument for argument in _forward_arguments(spatial)}
    given["padding"] = Argument("padding", Sizes(spatial, 0), 0, "values cut off at both ends of the full result")
    given["output_padding"] = Argument("output_padding", Sizes(spatial, 0), 0, "values added at the end of each axis")
    given["padding_mode"] = Argument("padding_mode", Choice("zeros"), "zeros", "zeros is the only one")
    order = (
        "in_channels",
        "out_channels",
        "kernel_size",
        "stride",
        "padding",
        "output_padding",
        "groups",
        "bias",
        "dilation",
        "padding_mode",
    )
    return (*(given[name] for name in order), *FACTORY)


class _Convolution(Layer):
    """What convolutions share, transposed or not."""

    spatial = 0

    def infer(self, use: Use) -> Type:
        return self._groups_problem(use) or self._own_problem(use) or self._input_problem(use) or self._result(use)

    def _own_problem(self, use: Use) -> UnknownType | None:
        """Whether the arguments fit together, beyond what all convolutions check."""

    def _result(self, use: Use) -> Type:
        raise AssertionError("no rule")

    def _groups_problem(self, use: Use) -> UnknownType | None:
        for name in ("in_channels", "out_channels"):
            count = getattr(use, name)
            if count % use.groups:
                return use.problem(
                    "groups-indivisible",
                    f"{use.title}: {name} is {count}, not a multiple of groups = {use.groups}",
                    "groups",
                )
        return None

    def _input_problem(self, use: Use) -> UnknownType | None:
        x, rank = use.input, self.spatial + 1
        wrong = rank_problem(use, x, (rank, rank + 1), layout(self.spatial))
        if wrong or use.same(x.shape[-rank], use.in_channels):
            return wrong or weight_dtype_problem(use, x) or self._empty_problem(use, x)
        found, wanted = x.shape[-rank], use.in_channels
        helps = ("write _ to take the channels of the input",)
        if use.same(x.shape[-1], wanted):
            front = (*range(x.rank - rank), x.rank - 1, *range(x.rank - rank, x.rank - 1))
            helps = (f"the channels are last in {x}; bring them forward: permute({', '.join(map(str, front))})",)
        return use.problem(
            "in-channels-mismatch", f"{use.title} is given {found} channels, not {wanted}", "in_channels", helps=helps
        )

    def _empty_problem(self, use: Use, x: TensorType) -> UnknownType | None:
        if all(can_be_at_least(use, size, 1) for size in x.shape[-self.spatial :]):
            return None
        return use.problem("kernel-exceeds-input", f"{use.title} is given {x}, which is empty")

    def _with_sizes(self, use: Use, sizes: list[Size]) -> TensorType:
        """The output: its batch from the input, its channels from the layer."""
        return TensorType((*use.input.shape[: -self.spatial - 1], use.out_channels, *sizes), use.input.dtype)

    def _weights(self, use: Use, shape: tuple[int, ...]) -> tuple[State, ...]:
        dtype = use.dtype.name if use.dtype else "f32"
        weight = State("weight", (*shape, *expand(use.kernel_size, self.spatial)), dtype)
        return (weight, State("bias", (use.out_channels,), dtype)) if use.bias else (weight,)


class _ForwardConvolution(_Convolution):
    """A convolution from input to output."""

    def state(self, use: Use) -> tuple[State, ...]:
        return self._weights(use, (use.out_channels, use.in_channels // use.groups))

    def multiply_adds(self, use: Use, output: TensorType) -> Size:
        return product(output.shape) * (use.in_channels // use.groups) * product(expand(use.kernel_size, self.spatial))

    def _own_problem(self, use: Use) -> UnknownType | None:
        strides = expand(use.stride, self.spatial)
        if use.padding == "same" and any(stride != 1 for stride in strides):
            return use.problem("same-padding-stride", f'{use.title}: padding="same" goes only with stride 1', "stride")
        if use.padding == "same" and any(before != after for before, after in self._padding(use)):
            use.problem(
                "even-kernel-same-padding",
                f'{use.title}: padding="same" adds one value more after than before the input',
                "kernel_size",
                helps=("an odd kernel keeps the map centred",),
            )
        return None

    def _result(self, use: Use) -> Type:
        x = use.input
        sizes = []
        for axis, (before, after) in zip(range(-self.spatial, 0), self._padding(use)):
            size, kernel, stride, dilation = (x.shape[axis], *self._window(use, axis))
            wrong = self._pad_problem(use, size, max(before, after))
            if wrong is not None:
                return wrong
            least = minimum_size(kernel, dilation, before + after)
            if not can_be_at_least(use, size, least):
                return self._too_small(use, axis, least)
            sizes.append(window_count(size, before + after, kernel, stride, dilation))
        return self._with_sizes(use, sizes)

    def _window(self, use: Use, axis: int) -> tuple[int, int, int]:
        kernel, stride, dilation = (
            expand(value, self.spatial)[axis] for value in (use.kernel_size, use.stride, use.dilation)
        )
        return kernel, stride, dilation

    def _padding(self, use: Use) -> list[tuple[int, int]]:
        """The values added before and after, for each axis."""
        if use.padding == "valid":
            return [(0, 0)] * self.spatial
        if use.padding == "same":
            kernels, dilations = expand(use.kernel_size, self.spatial), expand(use.dilation, self.spatial)
            totals = [dilation * (kernel - 1) for kernel, dilation in zip(kernels, dilations)]
            return [(total // 2, total - total // 2) for total in totals]
        return [(padding, padding) for padding in expand(use.padding, self.spatial)]

    def _pad_problem(self, use: Use, size: Size, padding: int) -> UnknownType | None:
        """Padding by reflection needs more values than it adds, by repetition of the whole at least as many."""
        least = {"reflect": padding + 1, "circular": padding}.get(use.padding_mode, 1)
        if can_be_at_least(use, size, least):
            return None
        return use.problem(
            "pad-too-large",
            f'{use.title}: padding {padding} with padding_mode="{use.padding_mode}" needs at '
            f"least {least} values, the input has {size}",
            "padding",
        )

    def _too_small(self, use: Use, axis: int, least: int) -> UnknownType:
        kernel, _, dilation = self._window(use, axis)
        reach = dilation * (kernel - 1) + 1
        return use.problem(
            "kernel-exceeds-input",
            f"{use.title}: the kernel spans {reach} values, the input {use.input} has {use.input.shape[axis]} there",
            "kernel_size",
            helps=(f"the smallest size it takes is {least}",),
        )


class _TransposedConvolution(_Convolution):
    """The gradient of a convolution, used to enlarge a map."""

    def state(self, use: Use) -> tuple[State, ...]:
        return self._weights(use, (use.in_channels, use.out_channels // use.groups))

    def multiply_adds(self, use: Use, output: TensorType) -> Size:
        return (
            product(use.input.shape) * (use.out_channels // use.groups) * product(expand(use.kernel_size, self.spatial))
        )

    def _result(self, use: Use) -> Type:
        base = self._base_sizes(use)
        if use.output_size is not None:
            return self._asked_for(use, base)
        extra, limits = expand(use.output_padding, self.spatial), self._limits(use)
        if any(more >= limit for more, limit in zip(extra, limits)):
            return use.problem(
                "output-padding-range",
                f"{use.title}: output_padding {use.output_padding} is not smaller than stride or dilation",
                "output_padding",
            )
        return self._checked(use, [size + more for size, more in zip(base, extra)])

    def _limits(self, use: Use) -> list[int]:
        return [max(pair) for pair in zip(expand(use.stride, self.spatial), expand(use.dilation, self.spatial))]

    def _base_sizes(self, use: Use) -> list[Size]:
        """The sizes of the output without output_padding."""
        values = [expand(v, self.spatial) for v in (use.kernel_size, use.stride, use.padding, use.dilation)]
        sizes = use.input.shape[-self.spatial :]
        return [
            (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1
            for size, kernel, stride, padding, dilation in zip(sizes, *values)
        ]

    def _asked_for(self, use: Use, base: list[Size]) -> Type:
        """The output where `output_size` states it: a stride gives several sizes one input size."""
        asked = list(use.output_size)
        if len(asked) == use.input.rank:
            asked = asked[-self.spatial :]
        if len(asked) != self.spatial:
            return use.problem(
                "argument-domain",
                f"{use.title}: output_size has {len(asked)} sizes, it takes {self.spatial}",
                "output_size",
            )
        for wanted, least, stride in zip(asked, base, expand(use.stride, self.spatial)):
            if not (use.holds(">=", wanted, least) and use.holds("<", wanted, least + stride)):
                return use.problem(
                    "argument-domain",
                    f"{use.title}: output_size {wanted} is not within {least} to {least + stride - 1}",
                    "output_size",
                )
        return self._checked(use, asked)

    def _checked(self, use: Use, sizes: list[Size]) -> Type:
        for size in sizes:
            if not can_be_at_least(use, size, 1):
                return use.problem(
                    "kernel-exceeds-input",
                    f"{use.title}: padding cuts off all of the output, its size would be {size}",
                    "padding",
                )
        return self._with_sizes(use, sizes)


def _transposed_inputs(spatial: int) -> tuple[Argument, ...]:
    wanted = Optional(Items(Int(symbolic=True)))
    return (
        Argument("input", TENSOR),
        Argument("output_size", wanted, None, "the sizes of the output, where stride leaves a choice"),
    )


class Conv1d(_ForwardConvolution):
    """Slides a kernel along one axis: `[N, C, L]` to `[N, out_channels, L']`."""

    target = "torch.nn.Conv1d"
    spatial = 1
    feature_axis = -2
    arguments = _forward_arguments(1)
    example = "x -> Conv1d(_, 32, 3, padding=1)"


class Conv2d(_ForwardConvolution):
    """Slides a kernel over a picture: `[N, C, H, W]` to `[N, out_channels, H', W']`."""

    target = "torch.nn.Conv2d"
    spatial = 2
    feature_axis = -3
    arguments = _forward_arguments(2)
    example = "x -> Conv2d(_, 64, 3, padding=1)"


class Conv3d(_ForwardConvolution):
    """Slides a kernel through a volume: `[N, C, D, H, W]` to `[N, out_channels, D', H', W']`."""

    target = "torch.nn.Conv3d"
    spatial = 3
    feature_axis = -4
    arguments = _forward_arguments(3)
    example = "x -> Conv3d(_, 16, 3, padding=1)"


class ConvTranspose1d(_TransposedConvolution):
    """Spreads every value along one axis through a kernel: `[N, C, L]` to a longer `[N, out_channels, L']`."""

    target = "torch.nn.ConvTranspose1d"
    spatial = 1
    feature_axis = -2
    arguments = _transposed_arguments(1)
    inputs = _transposed_inputs(1)
    example = "x -> ConvTranspose1d(_, 16, 4, stride=2, padding=1)"


class ConvTranspose2d(_TransposedConvolution):
    """Spreads every pixel through a kernel: `[N, C, H, W]` to a larger `[N, out_channels, H', W']`."""

    target = "torch.nn.ConvTranspose2d"
    spatial = 2
    feature_axis = -3
    arguments = _transposed_arguments(2)
    inputs = _transposed_inputs(2)
    example = "x -> ConvTranspose2d(_, 64, 4, stride=2, padding=1)"


class ConvTranspose3d(_TransposedConvolution):
    """Spreads every voxel through a kernel: `[N, C, D, H, W]` to a larger `[N, out_channels, D', H', W']`."""

    target = "torch.nn.ConvTranspose3d"
    spatial = 3
    feature_axis = -4
    arguments = _transposed_arguments(3)
    inputs = _transposed_inputs(3)
    example = "x -> ConvTranspose3d(_, 8, 4, stride=2, padding=1)"
