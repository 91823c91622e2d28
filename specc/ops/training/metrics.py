"""Figures computed over an evaluation.

Each is defined by sums over the samples (exact whatever the batches) and by what is made of the sums at the end. An
output with a class axis is [N, C, ...] against ids [N, ...]; its prediction is the class with the largest value. An
output of the target's own shape is one value per answer; its prediction is 1 above `threshold`.
"""

from __future__ import annotations

from math import exp, sqrt
from typing import Any, Mapping

from specc.ops.base import Argument, Metric
from specc.ops.kinds import FLOAT, POSITIVE, TENSOR, Optional

OUTPUT = (
    Argument("output", Optional(TENSOR), None, "what is judged; none takes the model's only output"),
    Argument("target", Optional(TENSOR), None, "what it should be; none takes the target of the sample"),
)
THRESHOLD = Argument("threshold", FLOAT, 0.0, "where one value counts as yes: 0 for logits, 0.5 for probabilities")

Sums = Mapping[str, Any]


class _Metric(Metric):
    """A metric made of sums: `sums` names them, `value` is what they come to, nan where there is nothing."""

    arguments: tuple[Argument, ...] = OUTPUT
    sums: tuple[str, ...] = ()

    def value(self, sums: Sums) -> float:
        return _ratio(sums[self.sums[0]], sums[self.sums[1]])


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


class accuracy(_Metric):
    """The share of right predictions."""

    target = ""
    task = "classification"
    arguments = (THRESHOLD, *OUTPUT)
    sums = ("correct", "count")
    example = "metrics accuracy"


class error(_Metric):
    """The share of wrong predictions: 1 - accuracy."""

    target = ""
    task = "classification"
    higher_is_better = False
    arguments = (THRESHOLD, *OUTPUT)
    sums = ("wrong", "count")
    example = "metrics error"


class topk(_Metric):
    """The share of samples whose class is among the k with the largest values."""

    target = ""
    task = "classification"
    arguments = (Argument("k", POSITIVE, doc="how many classes count"), *OUTPUT)
    sums = ("correct", "count")
    example = "metrics accuracy, topk(5)"


class perplexity(_Metric):
    """The exponential of the mean cross-entropy (natural logarithm) of a prediction."""

    target = ""
    task = "classification"
    higher_is_better = False
    sums = ("cross_entropy", "count")
    example = "metrics perplexity"

    def value(self, sums: Sums) -> float:
        mean = super().value(sums)
        return exp(mean) if mean < 709 else float("inf") if mean == mean else mean


class _Macro(_Metric):
    """A mean over the classes that occur among targets or predictions; the sums are lists, one number per class."""

    task = "classification"
    arguments = (THRESHOLD, *OUTPUT)
    sums = ("hits", "predicted", "actual")

    def value(self, sums: Sums) -> float:
        rows = [row for row in zip(*(sums[name] for name in self.sums), strict=True) if row[1] or row[2]]
        return _ratio(sum(self.of_class(*row) for row in rows), len(rows))

    def of_class(self, hits: float, predicted: float, actual: float) -> float:
        """The figure of one class; 0 where it has no denominator."""
        raise AssertionError(f"{self.name} has no figure")


class precision(_Macro):
    """How many of the predictions of a class are right, the mean over the classes."""

    target = ""
    example = "metrics precision"

    def of_class(self, hits: float, predicted: float, actual: float) -> float:
        return hits / predicted if predicted else 0.0


class recall(_Macro):
    """How many members of a class are found, the mean over the classes."""

    target = ""
    example = "metrics recall"

    def of_class(self, hits: float, predicted: float, actual: float) -> float:
        return hits / actual if actual else 0.0


class f1(_Macro):
    """The harmonic mean of a class's precision and recall, the mean over the classes."""

    target = ""
    example = "metrics f1"

    def of_class(self, hits: float, predicted: float, actual: float) -> float:
        return 2 * hits / (predicted + actual)


class mae(_Metric):
    """The mean of the absolute differences."""

    target = ""
    task = "regression"
    higher_is_better = False
    sums = ("absolute", "count")
    example = "metrics mae"


class mse(_Metric):
    """The mean of the squared differences."""

    target = ""
    task = "regression"
    higher_is_better = False
    sums = ("squared", "count")
    example = "metrics mse"


class rmse(mse):
    """The root of the mean of the squared differences."""

    target = ""
    example = "metrics rmse"

    def value(self, sums: Sums) -> float:
        return sqrt(super().value(sums))


class r2(_Metric):
    """The share of the target's variance that the output explains: 1 is perfect, 0 no better than the mean.

    All numbers of a target count alike, whatever its shape.
    """

    target = ""
    task = "regression"
    sums = ("squared", "count", "target", "target_squared")
    example = "metrics r2"

    def value(self, sums: Sums) -> float:
        count = sums["count"]
        variation = sums["target_squared"] - _ratio(sums["target"] ** 2, count)
        return 1.0 - _ratio(sums["squared"], variation)
