"""Inputs to try a model on: tensors of the types it declares, with numbers for the sizes it leaves open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor

from specc.program.model import Model
from specc.runtime.checkpoint import one_line
from specc.runtime.options import RunError
from specc.types.dims import Dim
from specc.types.tensor import TORCH_NAMES, TensorType

SIZES = (224, 64, 32, 299, 128, 16, 8, 4, 2, 1, 1024, 4096, 16384)  # tried for open sizes, until the model takes them
LARGEST = 8_000_000  # numbers of an input, so that trying is quick
Refusals = (RuntimeError, ValueError, AssertionError, IndexError)


class Example(NamedTuple):
    """Numbers for the open sizes, by name, and one tensor for each input."""

    sizes: dict[str, int]
    inputs: tuple[Tensor, ...]


def example(
    model: Model, run: Callable[..., Any], known: Mapping[str, int], batch: int = 2, unlike: Example | None = None
) -> Example:
    """One that `run` takes, with the sizes that are `known`; those that are not are different from the ones of
    `unlike`, where that can be. RunError if none is found.
    """
    before = () if unlike is None else unlike.sizes.values()
    sizes = sorted(SIZES, key=lambda size: size in before)  # those come last
    refusal = "they are too large"
    for one in _candidates(model, known, batch, sizes):
        try:
            with torch.no_grad():
                run(*one.inputs)
            return one
        except Refusals as error:
            refusal = one_line(error)
    raise RunError("export-failed", f"{model.name} takes none of the sizes tried, give some with --at: {refusal}")


def batch_sizes(model: Model) -> set[str]:
    """The names of those that stand alone as the first size of an input."""
    shapes = [entry.type.shape for entry in model.graph.inputs if isinstance(entry.type, TensorType)]
    return {str(shape[0]) for shape in shapes if shape and isinstance(shape[0], Dim)} & model.sizes.keys()


def _candidates(model: Model, known: Mapping[str, int], batch: int, sizes: Iterable[int]) -> Iterator[Example]:
    """Examples of a batch, with each of `sizes` in turn for all that is open beside it."""
    batches, names, tried = batch_sizes(model), list(model.sizes), []
    for size in sizes:
        numbers = {name: known.get(name, batch if name in batches else size) for name in names}
        if numbers in tried:
            continue
        tried.append(numbers)
        if known or all(prod(_shape(entry.type, numbers)) <= LARGEST for entry in model.graph.inputs):
            yield Example(numbers, tuple(_tensor(entry.name, entry.type, numbers) for entry in model.graph.inputs))


def _tensor(name: str, type: Any, sizes: Mapping[str, int]) -> Tensor:
    """Random numbers of a type, within the range that the spec gives."""
    if not isinstance(type, TensorType):
        raise RunError("export-failed", f"input {name} is no single tensor")
    shape = _shape(type, sizes)
    if type.dtype == "bool":
        return torch.rand(shape) < 0.5
    dtype = getattr(torch, TORCH_NAMES[type.dtype])
    low, high = type.range if type.range is not None else (None, None)
    if type.is_float and high is None:
        return torch.randn(shape).to(dtype)
    first = 0 if low is None else _number(low, sizes)
    end = first + 2 if high is None else _number(high, sizes)
    if type.is_float:
        return (first + (end - first) * torch.rand(shape)).to(dtype)
    return torch.randint(first, end, shape, dtype=dtype)


def _shape(type: Any, sizes: Mapping[str, int]) -> list[int]:
    return [_number(size, sizes) for size in getattr(type, "shape", ())]


def _number(size: Any, sizes: Mapping[str, int]) -> int:
    return size.evaluate(sizes) if isinstance(size, Dim) else size
