"""Losses that compare scores of classes with class ids or with class probabilities."""

from __future__ import annotations

from specc.ops.base import Argument, Use
from specc.ops.class_targets import empty, id_losses, scores_problem, weight_length_problem, without_classes
from specc.ops.kinds import INT, PROBABILITY
from specc.ops.losses import (
    REDUCE,
    REDUCTION,
    SIZE_AVERAGE,
    WEIGHT,
    WeightedLoss,
    reduced,
    reduction,
    shapes_agree,
    tensor_of,
)
from specc.types.promotion import promote_dtypes
from specc.types.tensor import Type, UnknownType

IGNORE_INDEX = Argument("ignore_index", INT, -100, "a class id whose elements do not count")


class CrossEntropyLoss(WeightedLoss):
    """Cross-entropy of unnormalised scores with class ids, or with probabilities of the same sizes as the scores.

    The classes are axis 1 of the scores (axis 0 where there is no batch): `[N, C]` with `[N]`, `[N, C, H, W]` with
    `[N, H, W]`. Applies log-softmax itself. Ids are i64, or u8 where there is no axis but the batch.
    """

    target = "torch.nn.CrossEntropyLoss"
    arguments = (
        WEIGHT,
        SIZE_AVERAGE,
        IGNORE_INDEX,
        REDUCE,
        REDUCTION,
        Argument("label_smoothing", PROBABILITY, 0.0, "the share of probability that is spread over all classes"),
    )
    example = "loss CrossEntropyLoss(label_smoothing=0.1)"

    def infer(self, use: Use) -> Type:
        if shapes_agree(use, use.input, use.target):
            return self._against_probabilities(use)
        return self._smoothed_problem(use) or id_losses(use)

    def _against_probabilities(self, use: Use) -> Type:
        scores, weight = use.input, tensor_of(use.weight)
        problem = scores_problem(use, scores) or self._probabilities_problem(use)
        problem = problem or (weight and weight_length_problem(use, scores, weight))
        if problem:
            return problem
        dtype = promote_dtypes(scores.dtype, use.target.dtype)
        return reduced(use, without_classes(scores), promote_dtypes(dtype, weight.dtype) if weight else dtype)

    def _probabilities_problem(self, use: Use) -> UnknownType | None:
        """Targets of the sizes of the scores are floats, and no class is left out of them."""
        if use.target.dtype == "bool":
            return use.problem(
                "multilabel-with-cross-entropy",
                f"{use.title} is given the target {use.target}, yes or no for each class: it takes one class a sample",
                helps=("write BCEWithLogitsLoss, and the target as floats",),
                severity="error",
            )
        if not use.target.is_float:
            return use.problem(
                "class-target-dtype",
                f"{use.title} is given {use.input} and the target {use.target}, class ids have no "
                "class axis, probabilities are floats",
                helps=("one-hot targets: argmax(1) makes them class ids",),
            )
        if use.ignore_index >= 0:
            return use.problem(
                "argument-domain", f"{use.title} is given probabilities, ignore_index needs class ids", "ignore_index"
            )
        return None

    def _smoothed_problem(self, use: Use) -> UnknownType | None:
        """Smoothing takes no id in an axis of its own, and averages with a weight over i64 ids only."""
        if use.label_smoothing == 0:
            return None
        if use.input.rank == 1 and use.target.rank == 1:
            return use.problem(
                "target-shape",
                f"{use.title} is given {use.input} and the target {use.target}, which must be a scalar",
                helps=("drop the target's axis: squeeze(0)",),
            )
        if use.weight is None or use.target.dtype != "u8" or reduction(use) != "mean" or empty(use.target):
            return None
        return use.problem(
            "class-target-dtype",
            f"{use.title} is given the target {use.target}, with a weight and label_smoothing class ids are i64",
            helps=("convert the target: .to(i64)",),
        )


class NLLLoss(WeightedLoss):
    """The negative log-likelihood of class ids, given log-probabilities of the classes as axis 1."""

    target = "torch.nn.NLLLoss"
    arguments = (WEIGHT, SIZE_AVERAGE, IGNORE_INDEX, REDUCE, REDUCTION)
    example = "loss NLLLoss()"

    def infer(self, use: Use) -> Type:
        return id_losses(use)


class NLLLoss2d(NLLLoss):
    """The former name of NLLLoss for maps of classes."""

    target = "torch.nn.NLLLoss2d"
    example = "loss NLLLoss2d()"
