"""Pools as functions: the rules are those of the layers."""

from __future__ import annotations

import sys

from specc.ops.base import REQUIRED, Argument, Function, Layer, Use
from specc.ops.functions.common import refuse
from specc.ops.layers import pooling as layers
from specc.ops.layers import unpooling
from specc.types.tensor import Type


class Twin(Function):
    """A function that does what a layer without weights does."""

    layer: Layer

    def infer(self, use: Use) -> Type:
        return self.layer.infer(use)


class PowerTwin(Twin):
    """A function of power means: a whole norm_type does not make floats of whole numbers, as that of the layer does."""

    def infer(self, use: Use) -> Type:
        return refuse(use, use.input.dtype) or super().infer(use)


class RatioTwin(Twin):
    """A function that, unlike its layer, takes no single ratio for both axes of a map."""

    def infer(self, use: Use) -> Type:
        if use.output_size is None and isinstance(use.output_ratio, (int, float)):
            return use.problem("argument-type", f"{use.title} takes a ratio for each axis", "output_ratio")
        return super().infer(use)


TENSOR_DOCS = {"input": "the value it is applied to", "indices": "where the maxima stood"}


def _documented(argument: Argument) -> Argument:
    return argument._replace(doc=argument.doc or TENSOR_DOCS[argument.name])


def twin(name: str, layer: type[Layer], example: str, order: tuple[str, ...] = (), base: type[Twin] = Twin) -> None:
    """Make the function of a layer: its tensors, its arguments (in the function's order where it differs), the rest."""
    arguments = {argument.name: argument for argument in layer.arguments}
    chosen = tuple(arguments[key] for key in order) or layer.arguments
    tensors = tuple(_documented(argument) for argument in layer.inputs if argument.default is REQUIRED)
    rest = tuple(argument for argument in layer.inputs if argument.default is not REQUIRED)
    caller = sys._getframe(1).f_globals["__name__"]  # the file the index has to name is the one that calls
    type(layer.__name__, (base,), {
        "__module__": caller, "__doc__": layer.__doc__, "name": name, "target": f"torch.nn.functional.{name}",
        "layer": layer(), "arguments": (*tensors, *chosen, *rest), "example": example})


MAX_ORDER = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")

for _number in (1, 2, 3):
    twin(f"max_pool{_number}d", getattr(layers, f"MaxPool{_number}d"), f"y = max_pool{_number}d(x, 2)", MAX_ORDER)
    twin(f"avg_pool{_number}d", getattr(layers, f"AvgPool{_number}d"), f"y = avg_pool{_number}d(x, 2)")
    twin(
        f"adaptive_avg_pool{_number}d",
        getattr(layers, f"AdaptiveAvgPool{_number}d"),
        f"y = adaptive_avg_pool{_number}d(x, 1)",
    )
    twin(
        f"adaptive_max_pool{_number}d",
        getattr(layers, f"AdaptiveMaxPool{_number}d"),
        f"y = adaptive_max_pool{_number}d(x, 1)",
    )
    twin(f"lp_pool{_number}d", getattr(layers, f"LPPool{_number}d"), f"y = lp_pool{_number}d(x, 2, 3)", base=PowerTwin)
    twin(f"max_unpool{_number}d", getattr(unpooling, f"MaxUnpool{_number}d"), f"y = max_unpool{_number}d(x, places, 2)")

twin(
    "fractional_max_pool2d",
    unpooling.FractionalMaxPool2d,
    "y = fractional_max_pool2d(x, 2, output_ratio=(0.5, 0.5))",
    base=RatioTwin,
)
twin(
    "fractional_max_pool3d", unpooling.FractionalMaxPool3d, "y = fractional_max_pool3d(x, 2, output_ratio=0.5)"
)
