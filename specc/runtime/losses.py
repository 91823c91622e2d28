"""The loss of a program: the sum of its terms, each a graph of its own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from specc.backends.module import build_graph
from specc.program.model import LossTerm

Scope = dict[str, Any]  # the model's outputs and the parts of the sample, by name


class Losses:
    """Calls every term with what it needs. `names` are those of the terms, "loss" for one without a name."""

    def __init__(self, terms: tuple[LossTerm, ...], device: torch.device) -> None:
        self.terms = [build_graph(term.graph).to(device) for term in terms]
        self.inputs = [tuple(given.name for given in term.graph.inputs) for term in terms]
        self.names = [term.name or ("loss" if len(terms) == 1 else f"term{n + 1}") for n, term in enumerate(terms)]

    def __call__(self, scope: Scope) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The sum, and the terms it is made of (none where there is only one)."""
        total = self.terms[0](*[scope[name] for name in self.inputs[0]])
        if len(self.terms) == 1:
            return total, ()
        values = [total]
        for term, inputs in zip(self.terms[1:], self.inputs[1:]):
            values.append(term(*[scope[name] for name in inputs]))
            total = total + values[-1]
        return total, tuple(values)
