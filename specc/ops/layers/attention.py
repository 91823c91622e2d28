"""Multi-head attention."""

from __future__ import annotations

from specc.ops.attention import (
    Lengths,
    lengths,
    mask_dtype_problem,
    mask_dtypes,
    mask_rank_problem,
    mask_shape_problem,
)
from specc.ops.base import FACTORY, Argument, Layer, State, Use
from specc.ops.kinds import BOOL, POSITIVE, PROBABILITY, SIZE, TENSOR, Optional
from specc.ops.shapes import rank_problem, weight_dtype_problem
from specc.types.tensor import Size, TensorType, Type, UnknownType

MASK = Optional(TENSOR)


class MultiheadAttention(Layer):
    """Attention of every query to all keys, in several heads side by side.

    Query `[L, N, E]`, key `[S, N, kdim]` and value `[S, N, vdim]`, or `[N, L, E]` and so on with batch_first, or
    without N. Gives the output, of the query's sizes, and the attention weights `[N, L, S]`, or `[N, heads, L, S]`
    where they are not averaged, or none where they are not needed.
    """

    target = "torch.nn.MultiheadAttention"
    arguments = (
        Argument("embed_dim", POSITIVE, doc="width of query and output"),
        Argument("num_heads", POSITIVE, doc="how many heads; divides embed_dim"),
        Argument("dropout", PROBABILITY, 0.0, "dropout on the attention weights"),
        Argument("bias", BOOL, True, "whether the projections add learned biases"),
        Argument("add_bias_kv", BOOL, False, "whether a learned key and value are appended"),
        Argument("add_zero_attn", BOOL, False, "whether a key and value of zeros are appended"),
        Argument("kdim", Optional(SIZE), None, "width of the key, embed_dim if left out"),
        Argument("vdim", Optional(SIZE), None, "width of the value, embed_dim if left out"),
        Argument("batch_first", BOOL, False, "whether inputs and outputs are [N, L, ...] instead of [L, N, ...]"),
        *FACTORY,
    )
    inputs = (
        Argument("query", TENSOR),
        Argument("key", TENSOR),
        Argument("value", TENSOR),
        Argument("key_padding_mask", MASK, None, "keys to leave out, [N, S]"),
        Argument("need_weights", BOOL, True, "whether to give the attention weights too"),
        Argument("attn_mask", MASK, None, "pairs to leave out, or numbers to add, [L, S] or [N * heads, L, S]"),
        Argument("average_attn_weights", BOOL, True, "whether the weights given are the mean over the heads"),
        Argument("is_causal", BOOL, False, "a promise that attn_mask is causal"),
    )
    feature_axis = -1
    example = "y, _ = (x, x, x, need_weights=false) -> attn: MultiheadAttention(_, 8, batch_first=true)"

    def infer(self, use: Use) -> Type:
        problem = self._heads_problem(use) or self._inputs_problem(use)
        if problem:
            return problem
        sequence = lengths(use.query, use.key, use.batch_first)
        return self._masks_problem(use, sequence) or (use.query.plain(), self._weights(use, sequence))

    def _heads_problem(self, use: Use) -> UnknownType | None:
        if use.embed_dim % use.num_heads == 0:
            return None
        return use.problem(
            "heads-indivisible",
            f"{use.title}: embed_dim {use.embed_dim} cannot be divided into {use.num_heads} heads",
            "num_heads",
        )

    def _inputs_problem(self, use: Use) -> UnknownType | None:
        layout = "[N, L, embed_dim]" if use.batch_first else "[L, N, embed_dim]"
        problem = rank_problem(use, use.query, (2, 3), layout)
        for x in (use.key, use.value):
            problem = problem or rank_problem(use, x, (use.query.rank,), layout)
        for x in (use.query, use.key, use.value):
            problem = problem or weight_dtype_problem(use, x)
        return problem or self._widths_problem(use) or self._pairing_problem(use)

    def _widths_problem(self, use: Use) -> UnknownType | None:
        for name, width in zip(("query", "key", "value"), self._widths(use)):
            given = getattr(use, name).shape[-1]
            if not use.same(given, width):
                return use.problem("attention-width", f"{use.title} is given a {name} of width {given}, not {width}")
        return None

    def _pairing_problem(self, use: Use) -> UnknownType | None:
        """Key and value have the same batch and length, query and key the same batch."""
        query, key, value = use.query, use.key, use.value
        batch = 0 if use.batch_first else 1
        agree = all(use.same(m, n) for m, n in zip(key.shape[:-1], value.shape[:-1]))
        if agree and (query.rank == 2 or use.same(query.shape[batch], key.shape[batch])):
            return None
        return use.problem(
            "attention-shape",
            f"{use.title} is given the query {query}, the key {key} and the value {value}, "
            "they must agree in batch, and key and value in length",
        )

    def _masks_problem(self, use: Use, n: Lengths) -> UnknownType | None:
        if use.is_causal and use.attn_mask is None:
            return use.problem("missing-argument", f"{use.title} needs attn_mask where is_causal is set", "is_causal")
        problem = mask_rank_problem(use, "key_padding_mask", (1,) if n.batch is None else (2,))
        problem = problem or mask_rank_problem(use, "attn_mask", (2, 3))
        return problem or self._mask_shapes_problem(use, n)

    def _mask_shapes_problem(self, use: Use, n: Lengths) -> UnknownType | None:
        batch = 1 if n.batch is None else n.batch
        pairs = (n.target, n.source)
        problem = mask_shape_problem(use, "attn_mask", (pairs, (batch * use.num_heads, *pairs)))
        problem = problem or mask_shape_problem(use, "key_padding_mask", ((n.source,), (batch, n.source)))
        dtype = use.query.dtype
        allowed = (dtype,) if use.need_weights else mask_dtypes(dtype)
        return problem or mask_dtype_problem(use, ("attn_mask", "key_padding_mask"), dtype, allowed)

    def _widths(self, use: Use) -> tuple[int, int, int]:
        """The widths of query, key and value."""
        width = use.embed_dim
        return width, width if use.kdim is None else use.kdim, width if use.vdim is None else use.vdim

    def _source(self, use: Use, n: Lengths) -> Size:
        """How many keys are attended to, those that the layer appends included."""
        return n.source + int(use.add_bias_kv) + int(use.add_zero_attn)

    def _weights(self, use: Use, n: Lengths) -> TensorType | None:
        if not use.need_weights:
            return None
        batch = () if n.batch is None else (n.batch,)
        heads = () if use.average_attn_weights else (use.num_heads,)
        return TensorType((*batch, *heads, n.target, self._source(use, n)), use.query.dtype)

    def state(self, use: Use) -> tuple[State, ...]:
        dtype = use.dtype.name if use.dtype else "f32"
        width, key, value = self._widths(use)
        rows: list[tuple[str, tuple[int, ...]]] = [("in_proj_weight", (3 * width, width))]
        if (key, value) != (width, width):
            rows = [
                ("q_proj_weight", (width, width)),
                ("k_proj_weight", (width, key)),
                ("v_proj_weight", (width, value)),
            ]
        if use.bias:
            rows.append(("in_proj_bias", (3 * width,)))
        if use.add_bias_kv:
            rows += [("bias_k", (1, 1, width)), ("bias_v", (1, 1, width))]
        rows.append(("out_proj.weight", (width, width)))
        if use.bias:
            rows.append(("out_proj.bias", (width,)))
        return tuple(State(name, shape, dtype) for name, shape in rows)

    def multiply_adds(self, use: Use, output: Type) -> Size:
        n = lengths(use.query, use.key, use.batch_first)
        batch = 1 if n.batch is None else n.batch
        width, key, value = self._widths(use)
        projections = 2 * n.target * width * width + n.source * width * (key + value)
        return batch * (projections + 2 * n.target * self._source(use, n) * width)
