"""The loss of a program: the sum of its terms, each a graph of its own."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from specc.backends.module import build_graph
from specc.program.model import LossTerm

Scope = dict[str, Any]  # the model's outputs and the parts of the sample, by name


class Losses(nn.Module):
    """Calls every term with what it needs. `names` are those of the terms, "loss" for one without a name."""

    def __init__(self, terms: tuple[LossTerm, ...]) -> None:
        super().__init__()
        self.terms = nn.ModuleList(build_graph(term.graph) for term in terms)
        self.inputs = [[given.name for given in term.graph.inputs] for term in terms]
        self.names = [term.name or "loss" for term in terms]

    def forward(self, scope: Scope) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The sum, and the terms it is made of (none where there is only one)."""
        values = [term(*[scope[name] for name in inputs]) for term, inputs in zip(self.terms, self.inputs)]
        total = values[0]
        for value in values[1:]:
            total = total + value
        return total, tuple(values) if len(values) > 1 else ()
