"""Asks torch what a call gives: eager, on the CPU, in training and in evaluation."""

from __future__ import annotations

import warnings
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import torch

from specc.ops.base import Layer
from specc.program.model import Named
from specc.types.ranges import Range
from specc.types.tensor import INTEGERS, TORCH_NAMES, DType, TensorType

torch.set_num_threads(1)  # the tensors are tiny
DTYPES = {name: getattr(torch, full) for name, full in TORCH_NAMES.items()}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


class KnownTensor(TensorType):
    """The type of a tensor, with its values, where these matter."""

    values: torch.Tensor

    @classmethod
    def of(cls, values: torch.Tensor) -> KnownTensor:
        dtype = NAMES[values.dtype]
        is_ids = dtype in INTEGERS and values.numel() > 0
        bounds = Range(int(values.min()), int(values.max()) + 1) if is_ids else None
        known = cls(tuple(values.shape), dtype, bounds)
        known.values = values
        return known


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
    if isinstance(value, Named):
        call = value.call
        return resolve(call.target)(*map(to_torch, call.args), **{name: to_torch(item) for name, item in call.kwargs})
    if isinstance(value, (tuple, list)):
        return type(value)(map(to_torch, value))
    return value


def _tensor(kind: TensorType) -> torch.Tensor:
    """Floats between 0 and 1; integers 0, or the largest of the range of the type, and the least in the first place."""
    dtype = DTYPES[kind.dtype]
    if isinstance(kind, KnownTensor):
        return kind.values.clone()
    if kind.is_float:
        return torch.rand(kind.shape).to(dtype)
    if kind.range is None or kind.dtype == "bool":
        return torch.zeros(kind.shape, dtype=dtype)
    values = torch.full(kind.shape, kind.range.high - 1, dtype=torch.int64)
    if values.numel() > 1:
        values.view(-1)[0] = kind.range.low
    return values.to(dtype)


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


def _arguments(call: Any) -> tuple[list[Any], dict[str, Any]]:
    """The arguments as torch takes them; lists of numbers become tensors where the operation wants those."""
    operation = call.operation
    constant = getattr(operation, "tensor_arguments", ())

    def made(name: str, value: Any) -> Any:
        is_list = name in constant and type(value) in (list, tuple)
        return torch.tensor(value, dtype=torch.float32) if is_list else to_torch(value)

    names = [argument.name for argument in operation.arguments]
    names += names[-1:] * len(call.args)
    return [made(name, value) for name, value in zip(names, call.args)], {
        name: made(name, value) for name, value in call.kwargs.items()
    }


def _made(call: Any) -> Any:
    """The module of a layer, or the result of a function."""
    args, kwargs = _arguments(call)
    target = resolve(call.operation.target)
    return target(*args, **kwargs) if callable(target) else target.__get__(*args, **kwargs)  # x.mT is an attribute


def state_of(call: Any) -> tuple[Any, ...]:
    """The state-dict entries of a layer's module: name, shape, dtype, whether it is a buffer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = _made(call)
    buffers = {name for name, _ in module.named_buffers()}
    return tuple(
        (name, tuple(tensor.shape), NAMES[tensor.dtype], name in buffers)
        for name, tensor in module.state_dict().items()
    )


def _perform(call: Any) -> Any:
    result = _made(call)
    if not isinstance(call.operation, Layer):
        return result
    made: dict[int, Any] = {}  # an input that is given twice is one tensor, as in the attention of x to itself
    inputs = [made.setdefault(id(value), to_torch(value)) for value in call.inputs]
    named = {name: made.setdefault(id(value), to_torch(value)) for name, value in call.named_inputs.items()}
    output = result(*inputs, **named)
    result.eval()(*inputs, **named)
    return output
