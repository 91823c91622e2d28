"""Looking vectors up, and comparing them, as functions."""

from __future__ import annotations

from specc.ops.base import Argument, Function, Use
from specc.ops.distances import cosine, pairwise
from specc.ops.embeddings import (
    INCLUDE_LAST,
    MAX_NORM,
    MODE,
    NORM_TYPE,
    OFFSETS,
    SAMPLE_WEIGHTS,
    SCALE,
    SPARSE,
    bags,
    looked_up,
    padding_problem,
)
from specc.ops.kinds import AXIS, BOOL, FLOAT, TENSOR, Float, Int, Optional
from specc.ops.shapes import dtype_problem
from specc.types.tensor import Type, UnknownType

TABLE = Argument("weight", TENSOR, doc="the table, a vector in each row")
PADDING = Argument("padding_idx", Optional(Int()), None, "an id whose vector does not train")
TWO = (Argument("x1", TENSOR), Argument("x2", TENSOR))
POWER = Argument("p", FLOAT, 2.0, "the p of the norm")


def table_problem(use: Use) -> UnknownType | None:
    """A table has rows and columns."""
    if use.weight.rank == 2:
        return None
    return use.problem("rank-mismatch", f"{use.title}: the table is {use.weight}, it must have two axes", "weight")


class Embedding(Function):
    """Looks up a row of a table for each integer id: `[...]` of i64 or i32 becomes `[..., width]`."""

    name = "embedding"
    target = "torch.nn.functional.embedding"
    arguments = (Argument("input", TENSOR), TABLE, PADDING, MAX_NORM, NORM_TYPE, SCALE, SPARSE)
    example = "v = embedding(ids, tok.weight)"

    def infer(self, use: Use) -> Type:
        problem = table_problem(use) or padding_problem(use, use.weight.shape[0])
        return problem or looked_up(use, use.input, use.weight)


class EmbeddingBag(Function):
    """The mean, sum or maximum of the rows of a table for each bag of ids, as EmbeddingBag has them."""

    name = "embedding_bag"
    target = "torch.nn.functional.embedding_bag"
    arguments = (
        Argument("input", TENSOR),
        TABLE,
        OFFSETS,
        MAX_NORM,
        NORM_TYPE,
        SCALE,
        MODE,
        SPARSE,
        SAMPLE_WEIGHTS,
        INCLUDE_LAST,
        PADDING,
    )
    example = "v = embedding_bag(ids, tok.weight)"

    def infer(self, use: Use) -> Type:
        problem = table_problem(use) or dtype_problem(use, use.weight) or padding_problem(use, use.weight.shape[0])
        return problem or bags(use, use.input, use.weight)


class CosineSimilarity(Function):
    """The cosine of the angle between two tensors along an axis, which goes."""

    name = "cosine_similarity"
    target = "torch.nn.functional.cosine_similarity"
    arguments = (
        *TWO,
        Argument("dim", AXIS, 1, "the axis of the vectors"),
        Argument("eps", Float(0), 1e-8, "the least length that is divided by"),
    )
    example = "s = cosine_similarity(a, b, dim=-1)"

    def infer(self, use: Use) -> Type:
        return cosine(use, use.x1, use.x2, use.dim)


class PairwiseDistance(Function):
    """The p-norm of the difference of two tensors along the last axis, which goes or becomes 1."""

    name = "pairwise_distance"
    target = "torch.nn.functional.pairwise_distance"
    arguments = (
        *TWO,
        POWER,
        Argument("eps", FLOAT, 1e-6, "added to each difference"),
        Argument("keepdim", BOOL, False, "whether the last axis stays, of size 1"),
    )
    example = "d = pairwise_distance(a, b)"

    def infer(self, use: Use) -> Type:
        return pairwise(use, use.x1, use.x2, use.p, use.keepdim)
