"""The sizes that a model leaves open, and what they may be."""

from __future__ import annotations

from specc.program.model import Graph
from specc.types.dims import symbol, symbols_of
from specc.types.facts import Facts


def open_sizes(graph: Graph, facts: Facts) -> dict[str, tuple[int, int | None]]:
    """The least and the greatest number, both included, for each size that the inputs leave open, in the order they are
    met; None where there is no greatest.
    """
    sizes = [size for entry in graph.inputs for size in getattr(entry.type, "shape", ())]
    names = dict.fromkeys(name for size in sizes for name in sorted(symbols_of(size)))
    found = {name: facts.bounds(symbol(name)) for name in names}
    return {name: (max(1, low or 1), high) for name, (low, high) in found.items()}
