"""One pass over a split without learning: the mean loss over samples, and the metrics."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from specc.program.model import MetricPlan
from specc.runtime.batches import Batches
from specc.runtime.engine import Forward
from specc.runtime.interrupt import Interrupt
from specc.runtime.metrics import Tally


class Evaluation:
    """Evaluates a model on one split; gives None if it is interrupted."""

    def __init__(self, batches: Batches, forward: Forward, metrics: tuple[MetricPlan, ...], split: str) -> None:
        self.batches, self.forward, self.metrics, self.split = batches, forward, metrics, split

    @torch.no_grad()
    def __call__(self, model: nn.Module, interrupt: Interrupt) -> dict[str, float] | None:
        """`loss`, the named terms of the loss, then the metrics."""
        tallies = [Tally(plan) for plan in self.metrics]
        sums: list[Tensor] = []
        ranks = self.forward.ranks
        ranks.align(model)
        model.eval()
        for batch in self.batches.epoch(0):
            loss, terms, scope = self.forward(batch, model)
            count = len(batch[0])
            weighted = [value.float() * count for value in (loss, *terms)]
            sums = [total + value for total, value in zip(sums, weighted)] if sums else weighted
            for tally in tallies:
                tally.update(scope)
            if interrupt.number:
                return None
        model.train()
        ranks.total(sums)
        for tally in tallies:
            ranks.total(tally.sums.values())
        names = ["loss", *(self.forward.losses.names if len(sums) > 1 else ())]
        means: dict[str, Any] = {name: total.item() / self._samples for name, total in zip(names, sums)}
        return means | {tally.name: tally.value() for tally in tallies}

    @property
    def _samples(self) -> int:
        return self.batches.samples.size
