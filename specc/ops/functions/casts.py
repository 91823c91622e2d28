"""Functions that change a dtype, or only how a value is used."""

from __future__ import annotations

from typing import Any

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT
from specc.ops.kinds import DTYPE, TENSOR
from specc.types.tensor import INTEGERS, TensorType, Type


def converted(x: TensorType, dtype: str) -> TensorType:
    """The type after a conversion: what is known of the values stays where they stay."""
    keeps = dtype == x.dtype or x.dtype in INTEGERS and dtype in ("i64", "i32") and _fits_i32(x.range)
    return x.cast(dtype) if keeps else TensorType(x.shape, dtype)


def _fits_i32(values: Any) -> bool:
    """Whether a range of values stays what it is in i32; a symbolic end is a size, which does."""
    if values is None or values.low is None or values.high is None:
        return False
    return all(abs(end) <= 1 << 31 for end in values if isinstance(end, int))


class To(Function):
    """Converts to a dtype. Devices are the run's matter."""

    name = "to"
    target = "torch.Tensor.to"
    arguments = (INPUT, Argument("dtype", DTYPE, doc="the new dtype"))
    example = "y = x.to(bf16)"

    def infer(self, use: Use) -> Type:
        return converted(use.input, use.dtype.name)


class Cast(Function):
    """Converts to the dtype of its name."""

    arguments = (INPUT,)
    gives = ""

    def infer(self, use: Use) -> Type:
        return converted(use.input, self.gives)


class Float(Cast):
    """Converts to f32."""

    name = "float"
    target = "torch.Tensor.float"
    gives = "f32"
    example = "y = x.float()"


class Double(Cast):
    """Converts to f64."""

    name = "double"
    target = "torch.Tensor.double"
    gives = "f64"
    example = "y = x.double()"


class Half(Cast):
    """Converts to f16."""

    name = "half"
    target = "torch.Tensor.half"
    gives = "f16"
    example = "y = x.half()"


class Bfloat16(Cast):
    """Converts to bf16."""

    name = "bfloat16"
    target = "torch.Tensor.bfloat16"
    gives = "bf16"
    example = "y = x.bfloat16()"


class Long(Cast):
    """Converts to i64."""

    name = "long"
    target = "torch.Tensor.long"
    gives = "i64"
    example = "y = x.long()"


class Int(Cast):
    """Converts to i32."""

    name = "int"
    target = "torch.Tensor.int"
    gives = "i32"
    example = "y = x.int()"


class Bool(Cast):
    """Converts to bool: whether a value is not 0."""

    name = "bool"
    target = "torch.Tensor.bool"
    gives = "bool"
    example = "mask = x.bool()"


class TypeAs(Function):
    """Converts to the dtype of another value."""

    name = "type_as"
    target = "torch.Tensor.type_as"
    arguments = (INPUT, Argument("other", TENSOR, doc="the value whose dtype is taken"))
    example = "y = x.type_as(z)"

    def infer(self, use: Use) -> Type:
        return converted(use.input, use.other.dtype)


class Unchanged(Function):
    """Keeps sizes, dtype and values."""

    arguments = (INPUT,)

    def infer(self, use: Use) -> Type:
        return use.input


class Detach(Unchanged):
    """The same value, through which no gradient flows back."""

    name = "detach"
    target = "torch.detach"
    example = "y = x.detach()"


class NoGrad(Unchanged):
    """The value of an expression, computed without gradients: the same as detach of it."""

    name = "no_grad"
    target = "torch.detach"
    example = "y = no_grad(x * 2)"


class Clone(Unchanged):
    """A copy of the value; gradients flow through."""

    name = "clone"
    target = "torch.clone"
    example = "y = x.clone()"


class Contiguous(Unchanged):
    """The value laid out in memory in the order of its axes."""

    name = "contiguous"
    target = "torch.Tensor.contiguous"
    example = "y = x.contiguous()"
