"""The sample calls torch tests its own modules with, legal and illegal, as calls of ours."""

from __future__ import annotations

import sys
import types
import unittest
import warnings
from typing import Any, Iterator

import torch

from specc.ops.base import Layer
from specc.ops.registry import lookup
from specc.types.tensor import DType, TensorType
from tests.conformance.harness import Call
from tests.conformance.judge import NAMES, KnownTensor


class Unsayable(Exception):
    """A value that a spec cannot say: a Python function, a packed sequence, a complex tensor."""


def module_db() -> list[Any]:
    """Torch's table of modules; its helper `expecttest` is only a base class here and need not be installed."""
    if "expecttest" not in sys.modules:
        stand_in = types.ModuleType("expecttest")
        stand_in.TestCase = unittest.TestCase  # type: ignore[attr-defined]
        sys.modules["expecttest"] = stand_in
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_modules import module_db as table
    return [entry for entry in table if entry.name.startswith("nn.")]


def operation_of(entry: Any) -> Layer | None:
    """Our layer or loss of that name."""
    name = entry.name.removeprefix("nn.")
    return lookup("layer", name) or lookup("loss", name)  # type: ignore[return-value]


def samples(entry: Any, operation: Layer, dtype: torch.dtype) -> Iterator[tuple[Call, bool]]:
    """Torch's calls of a module and whether they are meant to be legal; those no spec can say are left out."""
    given = {"device": "cpu", "dtype": dtype, "requires_grad": False, "training": True}
    legal = entry.module_inputs_func(entry, **given)
    illegal = entry.module_error_inputs_func(entry, **given) if entry.module_error_inputs_func else ()
    for sample, is_legal in [*((one, True) for one in legal), *((one.module_error_input, False) for one in illegal)]:
        try:
            yield _call(operation, sample, dtype), is_legal
        except Unsayable:
            continue


def _call(operation: Layer, sample: Any, dtype: torch.dtype) -> Call:
    made, used = sample.constructor_input, sample.forward_input
    kwargs = {name: _value(value, True) for name, value in made.kwargs.items() if name != "device"}
    if any(argument.name == "dtype" for argument in operation.arguments):
        kwargs.setdefault("dtype", DType(NAMES[dtype]))
    args = tuple(_value(value, True) for value in made.args)
    if used is None:  # the constructor is to fail: any input will do
        return Call(operation, args, kwargs, tuple(TensorType((3, 10)) for _ in operation.inputs[:1]))
    named = {name: _value(value, False) for name, value in used.kwargs.items()}
    return Call(operation, args, kwargs, tuple(_value(value, False) for value in used.args), named)


def _value(value: Any, is_constant: bool) -> Any:
    """A Python value as a spec has it: tensors of a constructor are lists of numbers, those of a forward are types."""
    if isinstance(value, torch.Tensor):
        if value.dtype not in NAMES or type(value) is not torch.Tensor:
            raise Unsayable
        return value.tolist() if is_constant else KnownTensor.of(value)
    if isinstance(value, torch.dtype):
        return DType(NAMES[value])
    if isinstance(value, (tuple, list)):
        return (list if type(value) is list else tuple)(_value(item, is_constant) for item in value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise Unsayable
