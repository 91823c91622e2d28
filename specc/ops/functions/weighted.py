"""Layers as functions: the weights are given as values. The rules are those of the layers."""

from __future__ import annotations

from typing import Any

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, refuse
from specc.ops.kinds import BOOL, FLOAT, POSITIVE, SHAPE, TENSOR, Optional
from specc.ops.layers import convolution
from specc.ops.layers.window import empty_problem
from specc.types.dims import Dim
from specc.types.tensor import FLOATS, INTEGERS, DType, Size, TensorType, Type, UnknownType, product, sizes

NUMERIC = (*FLOATS, *INTEGERS)
WEIGHT = Argument("weight", TENSOR, doc="the weights")
BIAS = Argument("bias", Optional(TENSOR), None, "a value for each output channel")
SCALE = Argument("weight", Optional(TENSOR), None, "factors")
SHIFT = Argument("bias", Optional(TENSOR), None, "what is added")


def vector_problem(use: Use, name: str, length: Size, dtype: str) -> UnknownType | None:
    """Report a bias or the like that is no vector of this length and dtype."""
    value = getattr(use, name)
    if value is None:
        return None
    if value.rank != 1 or not use.same(value.shape[0], length):
        return use.problem("argument-domain", f"{use.title}: {name} is {value}, it must be [{length}]", name)
    if value.dtype != dtype:
        return use.problem("dtype-mismatch", f"{use.title}: {name} is {value.dtype}, the weight is {dtype}", name)
    return None


class Convolution(Function):
    """A convolution with given weights; the layer's own rule does the rest."""

    layer: Any
    transposed = False

    def infer(self, use: Use) -> Type:
        weight, rank = use.weight, self.layer.spatial + 2
        if weight.rank != rank:
            return use.problem(
                "rank-mismatch", f"{use.title}: the weight is {weight}, it must have {rank} axes", "weight"
            )
        if any(isinstance(size, Dim) for size in weight.shape):
            return use.problem(
                "symbolic-size", f"{use.title}: the sizes of the weight {weight} must be numbers", "weight"
            )
        wrong = refuse(use, use.input.dtype)
        if wrong:
            return wrong
        if min(weight.shape) < 1:
            return use.problem("argument-domain", f"{use.title}: the weight {weight} is empty", "weight")
        values = self._layer_values(use, weight)
        wrong = vector_problem(use, "bias", values["out_channels"], weight.dtype)
        return wrong or self.layer.infer(self._layer_use(use, values))

    def _layer_values(self, use: Use, weight: TensorType) -> dict[str, Any]:
        """The constructor arguments of the layer that has these weights."""
        first, second, *kernel = weight.shape
        channels = (first, second * use.groups) if self.transposed else (second * use.groups, first)
        return {
            **use.values, "in_channels": channels[0], "out_channels": channels[1], "kernel_size": tuple(kernel),
            "padding_mode": "zeros", "dtype": DType(weight.dtype), "bias": use.bias is not None, "output_size": None}

    def _layer_use(self, use: Use, values: dict[str, Any]) -> Use:
        return Use(use.operation, values, use.given, use.span, use.title, use.facts, use.problems)

    def multiply_adds(self, use: Use, output: Type) -> Size:
        return self.layer.multiply_adds(self._layer_use(use, self._layer_values(use, use.weight)), output)


def _convolution(spatial: int, transposed: bool) -> None:
    layer = getattr(convolution, f"Conv{'Transpose' * transposed}{spatial}d")
    own = {argument.name: argument for argument in layer.arguments}
    order = ("stride", "padding", *(("output_padding", "groups", "dilation") if transposed else ("dilation", "groups")))
    name = f"conv{'_transpose' * transposed}{spatial}d"
    type(layer.__name__, (Convolution,), {
        "__module__": __name__, "__doc__": layer.__doc__, "name": name, "target": f"torch.nn.functional.{name}",
        "layer": layer(), "transposed": transposed, "arguments": (INPUT, WEIGHT, BIAS, *(own[key] for key in order)),
        "example": f"y = {name}(x, weight)"})


for _spatial in (1, 2, 3):
    _convolution(_spatial, False)
    _convolution(_spatial, True)


class Linear(Function):
    """The affine map of the last axis by a weight [out, in]: `y = x W^T + b`."""

    name = "linear"
    target = "torch.nn.functional.linear"
    arguments = (INPUT, WEIGHT, BIAS)
    example = "y = linear(x, w, b)"

    def infer(self, use: Use) -> Type:
        x, weight = use.input, use.weight
        if x.rank == 0 or weight.rank not in (1, 2):
            return use.problem("rank-mismatch", f"{use.title} is given {x} and the weight {weight}", "weight")
        if not use.same(x.shape[-1], weight.shape[-1]):
            return use.problem(
                "in-features-mismatch",
                f"{use.title} is given {x.shape[-1]} features, the weight {weight} takes {weight.shape[-1]}",
                "weight",
            )
        if x.dtype != weight.dtype:
            return use.problem(
                "dtype-mismatch", f"{use.title}: the value is {x.dtype}, the weight {weight.dtype}", "weight")
        wrong = refuse(use, x.dtype, NUMERIC) or self._bias_problem(use, weight)
        return wrong or TensorType((*x.shape[:-1], *weight.shape[:-1]), x.dtype)

    def _bias_problem(self, use: Use, weight: TensorType) -> UnknownType | None:
        if use.bias is not None and weight.rank == 1:
            return use.problem(
                "argument-domain", f"{use.title}: a weight without an axis of outputs takes no bias", "bias"
            )
        if use.bias is not None and use.bias.shape == () and use.bias.dtype == weight.dtype:
            return None  # one number for all outputs
        one = use.bias is not None and use.bias.shape == (1,)
        return vector_problem(use, "bias", 1 if one else weight.shape[0], weight.dtype)

    def multiply_adds(self, use: Use, output: Type) -> Size:
        return product(output.shape) * use.weight.shape[-1] if isinstance(output, TensorType) else 0


class LayerNorm(Function):
    """Brings the last axes of every sample to mean 0 and variance 1."""

    name = "layer_norm"
    target = "torch.nn.functional.layer_norm"
    arguments: tuple[Argument, ...] = (
        INPUT, Argument("normalized_shape", SHAPE, doc="the last sizes, as a tuple"), SCALE, SHIFT,
        Argument("eps", FLOAT, 1e-5, "added to the variance"),
    )
    example = "y = layer_norm(x, (64,))"
    converts = False  # whether torch brings weights of another dtype to the value's

    def infer(self, use: Use) -> Type:
        x, wanted = use.input, tuple(use.normalized_shape)
        found = x.shape[-len(wanted):] if wanted else ()
        if not wanted or len(found) != len(wanted) or not all(map(use.same, found, wanted)):
            return use.problem(
                "norm-features-mismatch",
                f"{use.title} is given {x}, which does not end in {sizes(wanted)}",
                "normalized_shape",
            )
        return refuse(use, x.dtype) or self._weights_problem(use, wanted) or x

    def _weights_problem(self, use: Use, wanted: tuple[Size, ...]) -> UnknownType | None:
        for name in ("weight", "bias"):
            value = use.values.get(name)
            if value is None:
                continue
            if len(value.shape) != len(wanted) or not all(map(use.same, value.shape, wanted)):
                return use.problem(
                    "argument-domain", f"{use.title}: {name} is {value}, it must be {sizes(wanted)}", name
                )
            if value.dtype != use.input.dtype and not self.converts and not self._in_f32(use):
                return use.problem("float-precision-mismatch", f"{use.title}: {name} is {value.dtype}, the value "
                                   f"{use.input.dtype}", name)
        return None

    def _in_f32(self, use: Use) -> bool:
        """Whether the weights are f32 and the value of half precision, which go together."""
        given = [value for value in map(use.values.get, ("weight", "bias")) if value is not None]
        return use.input.dtype in ("f16", "bf16") and all(value.dtype == "f32" for value in given)


class RmsNorm(LayerNorm):
    """Divides the last axes of every sample by their root mean square."""

    name = "rms_norm"
    target = "torch.nn.functional.rms_norm"
    arguments = (
        *LayerNorm.arguments[:3],
        Argument("eps", Optional(FLOAT), None, "added to the mean square; the dtype's own if none"),
    )
    example = "y = rms_norm(x, (64,))"
    converts = True


def channel_problem(use: Use, names: tuple[str, ...]) -> UnknownType | None:
    """Report a vector that has not one value for each channel, or a dtype: the value's, or f32 with half precision."""
    x = use.input
    in_f32 = x.dtype in ("f16", "bf16") and all(
        value is None or value.dtype == "f32" for value in map(use.values.get, names)
    )
    wrong = refuse(use, x.dtype)
    for name in names:
        wrong = wrong or vector_problem(use, name, x.shape[1], "f32" if in_f32 else x.dtype)
    return wrong


class GroupNorm(Function):
    """Normalises groups of channels of each sample together: `[N, C, ...]`."""

    name = "group_norm"
    target = "torch.nn.functional.group_norm"
    arguments = (INPUT, Argument("num_groups", POSITIVE, doc="number of groups"), SCALE, SHIFT,
                 Argument("eps", FLOAT, 1e-5, "added to the variance"))
    example = "y = group_norm(x, 8)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank < 2:
            return use.problem("rank-mismatch", f"{use.title} takes [N, C, ...], it is given {x}", "input")
        if not use.same(x.shape[1] % use.num_groups, 0):
            return use.problem("norm-groups-indivisible", f"{use.title}: {x.shape[1]} channels do not divide into "
                               f"{use.num_groups} groups", "num_groups")
        if use.same(product((x.shape[0], x.shape[1] // use.num_groups, *x.shape[2:])), 1):
            return use.problem(
                "single-value-norm", f"{use.title} is given {x}: one value per group has no variance", "input"
            )
        return empty_problem(use) or channel_problem(use, ("weight", "bias")) or x


class BatchNorm(Function):
    """Normalises every channel of `[N, C, ...]` by running statistics, in training by the batch's own."""

    name = "batch_norm"
    target = "torch.nn.functional.batch_norm"
    arguments = (
        INPUT,
        Argument("running_mean", Optional(TENSOR), doc="the means, one for each channel"),
        Argument("running_var", Optional(TENSOR), doc="the variances, one for each channel"),
        SCALE, SHIFT,
        Argument("training", BOOL, False, "whether the batch's own statistics are used"),
        Argument("momentum", FLOAT, 0.1, "weight of the newest batch in the running statistics"),
        Argument("eps", FLOAT, 1e-5, "added to the variance"),
    )
    example = "y = batch_norm(x, mean, variance)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank < 2:
            return use.problem("rank-mismatch", f"{use.title} takes [N, C, ...], it is given {x}", "input")
        if not use.training and (use.running_mean is None or use.running_var is None):
            return use.problem(
                "argument-domain", f"{use.title} needs running_mean and running_var outside training", "running_mean"
            )
        if use.training and use.same(product((x.shape[0], *x.shape[2:])), 1):
            return use.problem(
                "single-value-norm", f"{use.title} is given {x}: one value per channel has no variance", "input"
            )
        if use.eps < 0 or use.training and use.eps == 0:
            return use.problem("argument-domain", f"{use.title}: eps must be greater than 0, not {use.eps}", "eps")
        if (use.running_mean is None) != (use.running_var is None):
            return use.problem(
                "argument-domain", f"{use.title}: running_mean and running_var go together", "running_mean"
            )
        return empty_problem(use) or channel_problem(use, ("running_mean", "running_var", "weight", "bias")) or x


class InstanceNorm(Function):
    """Normalises every channel of every sample of `[N, C, ...]` by itself, or by running statistics."""

    name = "instance_norm"
    target = "torch.nn.functional.instance_norm"
    arguments = (
        INPUT,
        Argument("running_mean", Optional(TENSOR), None, "the means, one for each channel"),
        Argument("running_var", Optional(TENSOR), None, "the variances, one for each channel"),
        SCALE, SHIFT,
        Argument("use_input_stats", BOOL, True, "whether the sample's own statistics are used"),
        Argument("momentum", FLOAT, 0.1, "weight of the newest sample in the running statistics"),
        Argument("eps", FLOAT, 1e-5, "added to the variance"),
    )
    example = "y = instance_norm(x)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank < 2:
            return use.problem("rank-mismatch", f"{use.title} takes [N, C, ...], it is given {x}", "input")
        if (use.running_mean is None) != (use.running_var is None) or not use.use_input_stats and not use.running_mean:
            return use.problem(
                "argument-domain", f"{use.title}: running_mean and running_var go together", "running_mean"
            )
        if use.use_input_stats and use.same(product(x.shape[2:]), 1):
            return use.problem(
                "single-value-norm", f"{use.title} is given {x}: one value per channel has no variance", "input"
            )
        vectors = ("running_mean", "running_var", "weight", "bias")
        if x.shape[0] == 0 and any(use.values.get(name) is not None for name in vectors):
            return use.problem("argument-domain", f"{use.title} has no sample to give its vectors to", "input")
        wrong = empty_problem(use) or refuse(use, x.dtype)
        for name in vectors:
            wrong = wrong or vector_problem(use, name, x.shape[1], x.dtype)
        return wrong or x


class Prelu(Function):
    """x where positive, weight times x elsewhere; one weight, or one for each channel."""

    name = "prelu"
    target = "torch.nn.functional.prelu"
    arguments = (INPUT, Argument("weight", TENSOR, doc="the slopes below 0"))
    example = "y = prelu(x, w)"

    def infer(self, use: Use) -> Type:
        x, weight = use.input, use.weight
        channels = x.shape[1] if x.rank > 1 else 1
        fits = (
            weight.rank == 0
            or weight.rank == 1
            and (use.same(weight.shape[0], 1) or use.same(weight.shape[0], channels))
        )
        if not fits:
            return use.problem(
                "prelu-parameters",
                f"{use.title}: the weight is {weight}, it must have 1 or {channels} values",
                "weight",
            )
        if weight.dtype != x.dtype:
            return use.problem(
                "dtype-mismatch", f"{use.title}: the value is {x.dtype}, the weight {weight.dtype}", "weight"
            )
        return refuse(use, x.dtype) or x


class BilinearFunction(Function):
    """The bilinear form of two values by a weight [out, in1, in2]."""

    name = "bilinear"
    target = "torch.nn.functional.bilinear"
    arguments = (
        Argument("input1", TENSOR, doc="one value"),
        Argument("input2", TENSOR, doc="the other value"),
        WEIGHT,
        BIAS,
    )
    example = "y = bilinear(a, b, w)"

    def infer(self, use: Use) -> Type:
        a, b, weight = use.input1, use.input2, use.weight
        if a.rank == 0 or a.rank != b.rank or weight.rank != 3 or not all(map(use.same, a.shape[:-1], b.shape[:-1])):
            return use.problem("rank-mismatch", f"{use.title} is given {a}, {b} and the weight {weight}", "input2")
        if not (use.same(a.shape[-1], weight.shape[1]) and use.same(b.shape[-1], weight.shape[2])):
            return use.problem(
                "bilinear-width",
                f"{use.title} is given {a.shape[-1]} and {b.shape[-1]} features, the weight "
                f"{weight} takes {weight.shape[1]} and {weight.shape[2]}",
                "weight",
            )
        if 0 in weight.shape[1:]:
            return use.problem("argument-domain", f"{use.title}: the weight {weight} takes no features", "weight")
        if not a.dtype == b.dtype == weight.dtype:
            return use.problem(
                "dtype-mismatch", f"{use.title}: {a.dtype}, {b.dtype} and {weight.dtype} do not mix", "weight"
            )
        wrong = refuse(use, a.dtype, NUMERIC, "input1") or vector_problem(use, "bias", weight.shape[0], weight.dtype)
        return wrong or TensorType((*a.shape[:-1], weight.shape[0]), a.dtype)


