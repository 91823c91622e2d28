"""Losses that want some vectors close to one another and others apart."""

from __future__ import annotations

from specc.ops.base import Argument, Loss, Use
from specc.ops.distances import pairwise
from specc.ops.kinds import BOOL, FLOAT, PYTHON, TENSOR, Float
from specc.ops.losses import REDUCTION, REDUCTIONS_OLD_AND_NEW, as_float, combined, paired, reduced
from specc.types.tensor import UNKNOWN, TensorType, Type, UnknownType

TRIPLET = (Argument("anchor", TENSOR), Argument("positive", TENSOR), Argument("negative", TENSOR))
MARGIN = Argument("margin", Float(0, open_low=True), 1.0, "how much farther the negative shall be than the positive")
SWAP = Argument("swap", BOOL, False, "whether the negative may be measured from the positive, if that is nearer")


class CosineEmbeddingLoss(Loss):
    """One minus the cosine of two vectors where the target is 1, the cosine beyond a margin where it is -1.

    Vectors `[N, D]` with targets `[N]`, or `[D]` with a scalar.
    """

    target = "torch.nn.CosineEmbeddingLoss"
    arguments = (
        Argument("margin", FLOAT, 0.0, "a cosine up to which targets of -1 cost nothing"),
        *REDUCTIONS_OLD_AND_NEW,
    )
    inputs = (Argument("input1", TENSOR), Argument("input2", TENSOR), Argument("target", TENSOR))
    example = "loss (a, b, same) -> CosineEmbeddingLoss(margin=0.2)"

    def infer(self, use: Use) -> Type:
        a, b, y = use.input1, use.input2, use.target
        if y.rank > 1 or not a.rank == b.rank == y.rank + 1:
            return use.problem(
                "target-shape",
                f"{use.title} is given {a}, {b} and the target {y}, it takes [N, D], [N, D] "
                "and [N], or [D], [D] and a scalar",
            )
        both = combined(use, as_float(a), as_float(b))
        if both is None:
            return use.problem("add-broadcast-mismatch", f"{use.title} is given {a} and {b}, which do not fit together")
        shape = paired(use, both.reshaped(both.shape[:-1]), y)
        return shape if isinstance(shape, UnknownType) else reduced(use, shape, both.dtype)


class _Triplet(Loss):
    """Anchor, positive and negative of the same sizes; distances along the last axis."""

    inputs = TRIPLET

    def infer(self, use: Use) -> Type:
        a, p, n = use.anchor, use.positive, use.negative
        if not a.rank == p.rank == n.rank:
            return use.problem("rank-mismatch", f"{use.title} is given {a}, {p} and {n}, which differ in rank")
        near, far = self.distance(use, a, p), self.distance(use, a, n)
        swapped = self.distance(use, p, n) if use.swap else far
        if isinstance(near, UnknownType) or isinstance(far, UnknownType) or isinstance(swapped, UnknownType):
            return UNKNOWN
        nearer = combined(use, far, swapped)
        result = None if nearer is None else combined(use, near, nearer)
        if result is None:
            return use.problem(
                "add-broadcast-mismatch", f"{use.title} is given {a}, {p} and {n}, which do not fit together"
            )
        return reduced(use, result.shape, result.dtype)

    def distance(self, use: Use, a: TensorType, b: TensorType) -> TensorType | UnknownType:
        return pairwise(use, a, b, use.values.get("p", 2.0))


class TripletMarginLoss(_Triplet):
    """How much the distance to the positive, plus a margin, exceeds that to the negative."""

    target = "torch.nn.TripletMarginLoss"
    arguments = (
        MARGIN,
        Argument("p", FLOAT, 2.0, "the p of the norm"),
        Argument("eps", FLOAT, 1e-6, "added to each difference"),
        SWAP,
        *REDUCTIONS_OLD_AND_NEW,
    )
    example = "loss (anchor, positive, negative) -> TripletMarginLoss(margin=0.5)"


class TripletMarginWithDistanceLoss(_Triplet):
    """TripletMarginLoss with the Euclidean distance; a distance of one's own is written as a loss of one's own."""

    target = "torch.nn.TripletMarginWithDistanceLoss"
    arguments = (
        Argument("distance_function", PYTHON, None, "a distance of one's own", keyword_only=True),
        MARGIN._replace(keyword_only=True),
        SWAP._replace(keyword_only=True),
        REDUCTION._replace(keyword_only=True),
    )
    example = "loss (anchor, positive, negative) -> TripletMarginWithDistanceLoss(swap=true)"
