"""Losses that want scores apart by a margin."""

from __future__ import annotations

from specc.ops.base import Argument, Loss, Use
from specc.ops.class_targets import beyond, empty, weight_dtype_problem
from specc.ops.kinds import FLOAT, TENSOR, Choice
from specc.ops.losses import (
    FACTORS,
    REDUCE,
    REDUCTION,
    REDUCTIONS_OLD_AND_NEW,
    SIZE_AVERAGE,
    WEIGHT,
    WeightedLoss,
    as_float,
    bool_problem,
    combined,
    float_problem,
    pair_dtype_problem,
    paired,
    reduced,
    shapes_agree,
    tensor_of,
    whole_reduced,
)
from specc.types.promotion import promote
from specc.types.tensor import Size, TensorType, Type, UnknownType, sizes

MARGIN = Argument("margin", FLOAT, 1.0, "how far apart the scores shall be")


class HingeEmbeddingLoss(Loss):
    """Distances with targets 1 (the distance itself) or -1 (what it lacks of the margin), in the input's dtype."""

    target = "torch.nn.HingeEmbeddingLoss"
    arguments = (MARGIN, *REDUCTIONS_OLD_AND_NEW)
    example = "loss HingeEmbeddingLoss()"

    def infer(self, use: Use) -> Type:
        shape = paired(use, use.input, use.target)
        if isinstance(shape, UnknownType):
            return shape
        problem = bool_problem(use, use.input)
        return problem or whole_reduced(use, shape, use.input.dtype) or pair_dtype_problem(use)


class SoftMarginLoss(Loss):
    """The logistic loss of scores with targets 1 or -1, in the input's dtype."""

    target = "torch.nn.SoftMarginLoss"
    arguments = REDUCTIONS_OLD_AND_NEW
    example = "loss SoftMarginLoss()"

    def infer(self, use: Use) -> Type:
        x = use.input
        shape = paired(use, x, use.target)
        if isinstance(shape, UnknownType):
            return shape
        if not shapes_agree(use, x, x.reshaped(shape)):
            return use.problem("target-shape", f"{use.title} is given {x} and the target {use.target}, which is larger")
        return float_problem(use, x) or reduced(use, x.shape, x.dtype)


class MultiLabelSoftMarginLoss(WeightedLoss):
    """The mean over the classes, the last axis, of the binary cross-entropies of scores with targets 0 or 1."""

    target = "torch.nn.MultiLabelSoftMarginLoss"
    arguments = (FACTORS, SIZE_AVERAGE, REDUCE, REDUCTION)
    example = "loss MultiLabelSoftMarginLoss()"

    def infer(self, use: Use) -> Type:
        x, y = use.input, use.target
        if x.rank == 0:
            return use.problem("rank-mismatch", f"{use.title} is given a scalar, it needs an axis of classes")
        shape = paired(use, x, y)
        if isinstance(shape, UnknownType):
            return shape
        problem = float_problem(use, x) or bool_problem(use, y)
        return problem or self._weighted(use, TensorType(shape, promote(x, y)))

    def _weighted(self, use: Use, losses: TensorType) -> Type:
        """The losses times the weight, summed over the axis that is the last of the input."""
        weight = tensor_of(use.weight)
        result = losses if weight is None else combined(use, losses, weight)
        if weight is not None and result is None:
            return use.problem(
                "target-shape",
                f"weight of {use.title} has the sizes {sizes(weight.shape)}, which do not "
                f"stretch to {sizes(losses.shape)}",
                "weight",
            )
        classes = use.input.rank - 1
        assert result is not None
        return reduced(use, (*result.shape[:classes], *result.shape[classes + 1 :]), result.dtype)


class MarginRankingLoss(Loss):
    """Two scores and a target: 1 where the first shall be higher, -1 where the second."""

    target = "torch.nn.MarginRankingLoss"
    arguments = (MARGIN._replace(default=0.0), *REDUCTIONS_OLD_AND_NEW)
    inputs = (Argument("input1", TENSOR), Argument("input2", TENSOR), Argument("target", TENSOR))
    example = "loss (better, worse, order) -> MarginRankingLoss(margin=0.1)"

    def infer(self, use: Use) -> Type:
        a, b, y = use.input1, use.input2, use.target
        if not a.rank == b.rank == y.rank:
            return use.problem(
                "target-shape", f"{use.title} is given {a}, {b} and the target {y}, which differ in rank"
            )
        shape = paired(use, a, b)
        if isinstance(shape, UnknownType):
            return shape
        difference = TensorType(shape, promote(a, b))
        shape = paired(use, difference, y)
        if isinstance(shape, UnknownType):
            return shape
        losses = as_float(TensorType(shape, promote(difference, y)))
        return bool_problem(use, a, b, y) or reduced(use, shape, losses.dtype)


class _OfClasses(WeightedLoss):
    """Scores `[N, C]`, or `[C]`, in f32 or f64 with i64 class ids."""

    def scores_problem(self, use: Use) -> UnknownType | None:
        x, y = use.input, use.target
        if x.rank > 2 or (x.rank and x.shape[-1] == 0):
            return use.problem(
                "rank-mismatch", f"{use.title} is given {x}, it takes [N, C] or [C] with at least one class"
            )
        if empty(x):
            return None
        if x.dtype not in ("f32", "f64"):
            return use.problem("dtype-mismatch", f"{use.title} is given {x}, it takes f32 and f64")
        if y.dtype == "i64":
            return None
        return use.problem(
            "class-target-dtype",
            f"{use.title} is given the target {y}, class ids are i64",
            helps=("convert the target: .to(i64)",),
        )

    def range_problem(self, use: Use, classes: Size, ignored: int | None = None) -> UnknownType | None:
        known = use.target.range
        if known is None or empty(use.target) or not beyond(use, known, classes, ignored):
            return None
        return use.problem(
            "class-count-mismatch",
            f"{use.title} is given scores of {classes} classes, its target is {use.target} with ids {known}",
        )


class MultiMarginLoss(_OfClasses):
    """The score of the right class shall exceed every other by a margin; `[N, C]` with class ids `[N]`."""

    target = "torch.nn.MultiMarginLoss"
    arguments = (
        Argument("p", Choice(1, 2), 1, "the power of what a margin lacks"),
        MARGIN,
        WEIGHT,
        SIZE_AVERAGE,
        REDUCE,
        REDUCTION,
    )
    example = "loss MultiMarginLoss()"

    def infer(self, use: Use) -> Type:
        x, y = use.input, use.target
        problem = self.scores_problem(use)
        if problem:
            return problem
        classes = x.shape[-1] if x.rank else 1
        batch = x.shape[0] if x.rank == 2 else 1
        if y.rank > 1 or not use.same(y.shape[0] if y.rank else 1, batch):
            return use.problem(
                "target-shape", f"{use.title} is given {x} and the target {y}, it takes one id per sample"
            )
        problem = self._weight_problem(use, x, classes) or self.range_problem(use, classes)
        return problem or reduced(use, y.shape, x.dtype)

    def _weight_problem(self, use: Use, x: TensorType, classes: Size) -> UnknownType | None:
        weight = tensor_of(use.weight)
        if weight is None:
            return None
        if weight.rank == 1 and use.same(weight.shape[0], classes):
            return None if empty(x) else weight_dtype_problem(use, x, weight)
        return use.problem(
            "target-shape",
            f"weight of {use.title} has the sizes {sizes(weight.shape)}, there are {classes} classes",
            "weight",
            helps=("give one number per class",),
        )


class MultiLabelMarginLoss(_OfClasses):
    """The scores of all right classes shall exceed those of the others by 1.

    The target has the sizes of the scores, `[N, C]` or `[C]`: the ids of the right classes, then -1.
    """

    target = "torch.nn.MultiLabelMarginLoss"
    arguments = REDUCTIONS_OLD_AND_NEW
    tensor_arguments = ()
    example = "loss MultiLabelMarginLoss()"

    def infer(self, use: Use) -> Type:
        x, y = use.input, use.target
        problem = self.scores_problem(use)
        if problem:
            return problem
        if not self._sizes_fit(use, x, y):
            return use.problem(
                "target-shape", f"{use.title} is given {x} and the target {y}, they must have the same sizes"
            )
        problem = self.range_problem(use, x.shape[-1] if x.rank else 1, -1)
        return problem or reduced(use, x.shape[:-1], x.dtype)

    def _sizes_fit(self, use: Use, x: TensorType, y: TensorType) -> bool:
        """Whether the sizes agree; a scalar goes with one class."""
        if x.rank < 2 and y.rank < 2:
            return use.same((*x.shape, 1)[0], (*y.shape, 1)[0])
        return shapes_agree(use, x, y)
