"""The sample calls torch tests its own functions with, as calls of ours."""

from __future__ import annotations

import warnings
from typing import Any, Iterator

import torch

from specc.ops.base import Operation
from specc.ops.registry import lookup
from specc.types.tensor import DType
from tests.conformance.harness import Call
from tests.conformance.judge import NAMES, KnownTensor
from tests.conformance.torch_samples import Unsayable, module_db

RUNTIME = ("device", "requires_grad")  # settings of the run, not of a spec


def op_db() -> list[Any]:
    """Torch's table of functions."""
    module_db()  # puts the stand-in for `expecttest` in place
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db as table
    return list(table)


def function_of(entry: Any) -> Operation | None:
    """Our function of that name, where it stands for the same torch function."""
    name = entry.name.removeprefix("nn.functional.").removeprefix("linalg.")
    operation = lookup("function", name)
    if operation is None or not operation.target:
        return None
    root = entry.name[: -len(name)].rstrip(".")
    own = operation.target.removeprefix("torch.").rpartition(".")[0]
    is_same = own.removesuffix("Tensor") == root or root == "" and own in ("Tensor", "nn.functional")
    return operation if is_same else None


def samples(entry: Any, operation: Operation, dtype: torch.dtype) -> Iterator[Call]:
    """Torch's calls of a function; those no spec can say are left out."""
    if dtype not in entry.supported_dtypes("cpu"):
        return
    for sample in entry.sample_inputs("cpu", dtype, requires_grad=False):
        try:
            args = tuple(value_of(value) for value in (sample.input, *sample.args))
            kwargs = {name: value_of(value) for name, value in sample.kwargs.items() if name not in RUNTIME}
            yield Call(operation, args, kwargs)
        except Unsayable:
            continue


def value_of(value: Any) -> Any:
    """A Python value as a spec has it."""
    if isinstance(value, torch.Tensor):
        if value.dtype not in NAMES or type(value) is not torch.Tensor:
            raise Unsayable
        return KnownTensor.of(value)
    if isinstance(value, torch.dtype):
        if value not in NAMES:
            raise Unsayable
        return DType(NAMES[value])
    if type(value) in (tuple, list, torch.Size):
        return (list if type(value) is list else tuple)(map(value_of, value))
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise Unsayable
