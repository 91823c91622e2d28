"""Asks torch what a call gives: eager, on the CPU, in training and in evaluation."""

from __future__ import annotations

import warnings
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import torch

from specc.ops.base import Layer
from specc.types.tensor import TORCH_NAMES, DType, TensorType

DTYPES = {name: getattr(torch, full) for name, full in TORCH_NAMES.items()}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


class Refused(NamedTuple):
    """Torch raised."""

    message: str


@cache
def resolve(target: str) -> Any:
    """The Python object of a dotted name."""
    parts = target.split(".")
    for count in range(len(parts) - 1, 0, -1):
        try:
            found = import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            found = getattr(found, part)
        return found
    raise LookupError(target)


def to_torch(value: Any) -> Any:
    """A compile-time value as torch takes it; a TensorType becomes a tensor of legal values."""
    if isinstance(value, TensorType):
        return _tensor(value)
    if isinstance(value, DType):
        return DTYPES[value.name]
    if isinstance(value, (tuple, list)):
        return type(value)(map(to_torch, value))
    return value


def _tensor(kind: TensorType) -> torch.Tensor:
    """Floats between 0 and 1; integers 0, or within the range of the type."""
    dtype = DTYPES[kind.dtype]
    if kind.is_float:
        return torch.rand(kind.shape).to(dtype)
    if kind.range is None or kind.dtype == "bool":
        return torch.zeros(kind.shape, dtype=dtype)
    low, high = kind.range
    return torch.randint(int(low), int(high) + 1, kind.shape).to(dtype)


def from_torch(value: Any) -> Any:
    """A result of torch as a type."""
    if isinstance(value, torch.Tensor):
        return TensorType(tuple(value.shape), NAMES.get(value.dtype, str(value.dtype)))
    if isinstance(value, (tuple, list)):
        return tuple(map(from_torch, value))
    return value


def ask_torch(call: Any) -> Any:
    """The type of the result, or Refused."""
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return from_torch(_perform(call))
        except Exception as error:
            return Refused(f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")


def _perform(call: Any) -> Any:
    made = resolve(call.operation.target)
    kwargs = {name: to_torch(value) for name, value in call.kwargs.items()}
    result = made(*map(to_torch, call.args), **kwargs)
    if not isinstance(call.operation, Layer):
        return result
    inputs = [to_torch(value) for value in call.inputs]
    named = {name: to_torch(value) for name, value in call.named_inputs.items()}
    output = result(*inputs, **named)
    result.eval()(*inputs, **named)
    return output
