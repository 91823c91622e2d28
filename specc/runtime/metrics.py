"""What metrics add up over an evaluation: exact sums over samples, kept on the device until the end."""

from __future__ import annotations

from typing import Any, Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from specc.backends.targets import perform
from specc.ops.base import is_own
from specc.program.externs import own_call
from specc.program.model import MetricPlan

Sums = dict[str, Tensor]


class Tally:
    """One metric over one evaluation."""

    def __init__(self, plan: MetricPlan) -> None:
        self.name, self.operation, self.values, self.inputs = (
            plan.name,
            plan.metric.operation,
            plan.metric.values,
            plan.inputs,
        )
        self.own = perform(own_call(plan)) if is_own(self.operation) else None
        self.sums: Sums = {}

    def update(self, scope: dict[str, Any]) -> None:
        """Count one batch; `scope` has the model's outputs and the parts of the sample by name."""
        output, target = (scope[name] for name in self.inputs)
        if self.own is not None:
            self.own.update(output, target)
            return
        for name, part in COUNTS[self.operation.name](output, target, self.values).items():
            self.sums[name] = self.sums[name] + part if name in self.sums else part

    def value(self) -> float:
        """The figure, as the metric's definition makes it of the sums."""
        if self.own is not None:
            return float(self.own.compute())
        operation: Any = self.operation
        return float(operation.value({name: sums.tolist() for name, sums in self.sums.items()}))


def prediction(output: Tensor, target: Tensor, threshold: float) -> Tensor:
    """The most likely class along axis 1, or yes and no where output and target have one shape."""
    return output > threshold if output.shape == target.shape else output.argmax(1)


def _right(output: Tensor, target: Tensor, values: dict[str, Any]) -> Sums:
    correct = (prediction(output, target, values["threshold"]) == target).sum()
    return {"correct": correct, "count": _count(target)}


def _wrong(output: Tensor, target: Tensor, values: dict[str, Any]) -> Sums:
    wrong = (prediction(output, target, values["threshold"]) != target).sum()
    return {"wrong": wrong, "count": _count(target)}


def _topk(output: Tensor, target: Tensor, values: dict[str, Any]) -> Sums:
    best = output.topk(min(values["k"], output.shape[1]), dim=1).indices
    return {"correct": (best == target.unsqueeze(1)).any(1).sum(), "count": _count(target)}


def _cross_entropy(output: Tensor, target: Tensor, values: dict[str, Any]) -> Sums:
    total = F.cross_entropy(output.float(), target, reduction="sum").double()
    return {"cross_entropy": total, "count": _count(target)}


def _by_class(output: Tensor, target: Tensor, values: dict[str, Any]) -> Sums:
    predicted, actual = prediction(output, target, values["threshold"]).long().flatten(), target.long().flatten()
    classes = 2 if output.shape == target.shape else output.shape[1]
    return {
        "hits": actual[predicted == actual].bincount(minlength=classes),
        "predicted": predicted.bincount(minlength=classes),
        "actual": actual.bincount(minlength=classes),
    }


def _absolute(output: Tensor, target: Tensor, values: dict[str, Any]) -> Sums:
    return {"absolute": (output.double() - target.double()).abs().sum(), "count": _count(target)}


def _squared(output: Tensor, target: Tensor, values: dict[str, Any]) -> Sums:
    return {"squared": (output.double() - target.double()).square().sum(), "count": _count(target)}


def _explained(output: Tensor, target: Tensor, values: dict[str, Any]) -> Sums:
    exact = target.double()
    return {**_squared(output, target, values), "target": exact.sum(), "target_squared": exact.square().sum()}


def _count(target: Tensor) -> Tensor:
    return torch.tensor(target.numel())


COUNTS: dict[str, Callable[[Tensor, Tensor, dict[str, Any]], Sums]] = {
    "accuracy": _right,
    "error": _wrong,
    "topk": _topk,
    "perplexity": _cross_entropy,
    "precision": _by_class,
    "recall": _by_class,
    "f1": _by_class,
    "mae": _absolute,
    "mse": _squared,
    "rmse": _squared,
    "r2": _explained,
}
