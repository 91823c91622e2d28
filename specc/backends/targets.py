"""Dotted names of a Call as Python objects, and performing a Call that needs no graph."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any, Sequence

import torch

from specc.ops.base import EXTERN
from specc.program.model import Call
from specc.types.tensor import TORCH_NAMES, DType

ROOTS = ("torch", "torchvision", "operator", "math", "specc")
OWN: dict[str, Any] = {}  # the user's own Python that own_python.admit has imported, by target


def resolve(target: str) -> Any:
    """The object a dotted name stands for. Only names that operations define come here, all below ROOTS; an extern's
    is found if it was admitted.
    """
    return OWN[target] if target.startswith(EXTERN) else _resolved(target)


@cache
def _resolved(target: str) -> Any:
    words = target.split(".")
    if words[0] not in ROOTS:
        raise AssertionError(f"{target} is outside {ROOTS}")
    found = importlib.import_module(words[0])
    path = words[0]
    for word in words[1:]:
        path += "." + word
        found = getattr(found, word) if hasattr(found, word) else importlib.import_module(path)
    return found


def plain(value: Any) -> Any:
    """An argument of a Call as Python has it: dtypes are torch's, nested calls are performed."""
    if isinstance(value, DType):
        return getattr(torch, TORCH_NAMES[value.name])
    if isinstance(value, Call):
        return perform(value)
    if type(value) in (tuple, list):
        return type(value)(plain(item) for item in value)
    return value


def perform(call: Call, *first: Any, tensors: Sequence[str] = ()) -> Any:
    """Call the target; `first` stands before its own arguments, arguments named in `tensors` become tensors."""
    kwargs = {name: plain(value) for name, value in call.kwargs}
    for name in tensors:
        if isinstance(kwargs.get(name), (list, tuple)):
            kwargs[name] = torch.tensor(kwargs[name])
    return resolve(call.target)(*first, *map(plain, call.args), **kwargs)
