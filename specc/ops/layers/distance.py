"""Layers without weights that compare two tensors."""

from __future__ import annotations

from specc.ops.base import Argument, Layer, Use
from specc.ops.distances import cosine, pairwise
from specc.ops.kinds import AXIS, BOOL, FLOAT, TENSOR, Float
from specc.types.tensor import Type

TWO = (Argument("x1", TENSOR), Argument("x2", TENSOR))


class CosineSimilarity(Layer):
    """The cosine of the angle between two tensors along an axis, which goes."""

    target = "torch.nn.CosineSimilarity"
    arguments = (
        Argument("dim", AXIS, 1, "the axis of the vectors"),
        Argument("eps", Float(0), 1e-8, "the least length that is divided by"),
    )
    inputs = TWO
    example = "s = (a, b) -> CosineSimilarity(dim=1)"

    def infer(self, use: Use) -> Type:
        return cosine(use, use.x1, use.x2, use.dim)


class PairwiseDistance(Layer):
    """The p-norm of the difference of two tensors along the last axis, which goes or becomes 1."""

    target = "torch.nn.PairwiseDistance"
    arguments = (
        Argument("p", FLOAT, 2.0, "the p of the norm"),
        Argument("eps", FLOAT, 1e-6, "added to each difference"),
        Argument("keepdim", BOOL, False, "whether the last axis stays, of size 1"),
    )
    inputs = TWO
    example = "d = (a, b) -> PairwiseDistance()"

    def infer(self, use: Use) -> Type:
        return pairwise(use, use.x1, use.x2, use.p, use.keepdim)
