"""Functions that make a tensor from nothing: torch puts it on the CPU unless told where."""

from __future__ import annotations

from typing import Any

from specc.program.model import Graph
from specc.types.tensor import TensorType

FACTORIES = frozenset(
    f"torch.{name}"
    for name in "arange empty eye full linspace logspace ones rand randint randn randperm tensor zeros".split()
)


def place_of(graph: Graph) -> Any:
    """The input on whose device a forward makes its tensors; None where no tensor goes in."""
    return next((given for given in graph.inputs if isinstance(given.type, TensorType)), None)
