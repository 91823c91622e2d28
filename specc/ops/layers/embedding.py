"""Tables of learned vectors that are looked up by integer ids."""

from __future__ import annotations

from specc.ops.base import FACTORY, Argument, Layer, State, Use
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
from specc.ops.kinds import BOOL, POSITIVE, PYTHON, SIZE, TENSOR, Int, Optional
from specc.types.tensor import TensorType, Type

ROWS = Argument("num_embeddings", SIZE, doc="how many vectors the table holds: ids are below it")
WIDTH = Argument("embedding_dim", SIZE, doc="the size of each vector")
PADDING = Argument("padding_idx", Optional(Int()), None, "an id whose vector is zero and does not train")
TABLE = Argument("_weight", PYTHON, None, "a ready-made table")


class _Table(Layer):
    """What both kinds of table share: one parameter, `weight[num_embeddings, embedding_dim]`."""

    def state(self, use: Use) -> tuple[State, ...]:
        return (State("weight", (use.num_embeddings, use.embedding_dim), use.dtype.name if use.dtype else "f32"),)

    def table(self, use: Use) -> TensorType:
        """The type of the table itself."""
        return TensorType(*self.state(use)[0][1:3])


class Embedding(_Table):
    """Looks up a vector for each integer id: `[...]` of i64 or i32 becomes `[..., embedding_dim]`."""

    target = "torch.nn.Embedding"
    arguments = (
        ROWS,
        WIDTH,
        PADDING,
        MAX_NORM,
        NORM_TYPE,
        SCALE,
        SPARSE,
        TABLE,
        Argument("_freeze", BOOL, False, "whether the table does not train"),
        *FACTORY,
    )
    example = "tok = ids -> Embedding(50257, 768)"

    def infer(self, use: Use) -> Type:
        return padding_problem(use, use.num_embeddings) or looked_up(use, use.input, self.table(use))


class EmbeddingBag(_Table):
    """The mean, sum or maximum of the vectors of each bag of ids.

    Ids `[N, L]`, a bag in each row; or `[L]` in a row, with `offsets` saying where each bag begins.
    """

    target = "torch.nn.EmbeddingBag"
    arguments = (
        ROWS,
        WIDTH._replace(kind=POSITIVE),
        MAX_NORM,
        NORM_TYPE,
        SCALE,
        MODE,
        SPARSE,
        TABLE,
        INCLUDE_LAST,
        PADDING,
        *FACTORY,
    )
    inputs = (Argument("input", TENSOR), OFFSETS, SAMPLE_WEIGHTS)
    example = "words = ids -> EmbeddingBag(10000, 64)"

    def infer(self, use: Use) -> Type:
        return padding_problem(use, use.num_embeddings) or bags(use, use.input, self.table(use))
