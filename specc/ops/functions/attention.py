"""Attention as a function."""

from __future__ import annotations

from specc.ops.attention import batches_problem, fused_mask_problem, grouped
from specc.ops.base import Argument, Function, Use
from specc.ops.kinds import BOOL, FLOAT, PROBABILITY, TENSOR, Optional
from specc.ops.shapes import broadcast, dtype_problem
from specc.types.tensor import Size, TensorType, Type, UnknownType, product


class scaled_dot_product_attention(Function):  # noqa: N801
    """Attention of every query to all keys: the softmax of their scaled products weighs the values.

    Query `[..., L, E]`, key `[..., S, E]`, value `[..., S, Ev]` give `[..., L, Ev]`; a mask of bools or numbers
    stretches to `[..., L, S]`. With `enable_gqa` axis -3 of key and value may hold fewer heads, which divide those of
    the query.
    """

    target = "torch.nn.functional.scaled_dot_product_attention"
    arguments = (
        Argument("query", TENSOR),
        Argument("key", TENSOR),
        Argument("value", TENSOR),
        Argument("attn_mask", Optional(TENSOR), None, "pairs that count, or numbers to add to the products"),
        Argument("dropout_p", PROBABILITY, 0.0, "dropout on the attention weights, in evaluation too"),
        Argument("is_causal", BOOL, False, "whether a query sees only keys up to its own place"),
        Argument("scale", Optional(FLOAT), None, "factor of the products, 1 / sqrt(E) if left out", keyword_only=True),
        Argument(
            "enable_gqa", BOOL, False, "whether heads of key and value serve several of the query", keyword_only=True
        ),
    )
    example = "y = scaled_dot_product_attention(q, k, v, is_causal=true)"

    def infer(self, use: Use) -> Type:
        query = use.query
        problem = self._dtypes_problem(use) or self._widths_problem(use)
        if problem:
            return problem
        heads = (
            grouped(use, query, use.key, use.value) if use.enable_gqa else (use.key.shape[:-2], use.value.shape[:-2])
        )
        if isinstance(heads, UnknownType):
            return heads
        batch = broadcast(use, query.shape[:-2], heads[0])
        whole = None if batch is None else broadcast(use, batch, heads[1])
        is_empty = any(size == 0 for x in (query, use.key, use.value) for size in x.shape)
        if whole is None or (is_empty and whole != query.shape[:-2]):
            return batches_problem(use, query, use.key, use.value)
        problem = fused_mask_problem(use, (*batch, query.shape[-2], use.key.shape[-2]))  # type: ignore[misc]
        return problem or TensorType((*whole, query.shape[-2], use.value.shape[-1]), query.dtype)

    def _dtypes_problem(self, use: Use) -> UnknownType | None:
        """All three are floats of one dtype, with two axes at least."""
        for name in ("query", "key", "value"):
            x = getattr(use, name)
            if x.rank < 2:
                return use.problem("rank-mismatch", f"{use.title} is given {x}, it needs at least two axes", name)
            if problem := dtype_problem(use, x):
                return problem
            if x.dtype != use.query.dtype:
                return use.problem(
                    "float-precision-mismatch",
                    f"{use.title} is given the query {use.query} and the {name} {x}",
                    name,
                    helps=(f"convert it: .to({use.query.dtype})",),
                )
        return None

    def _widths_problem(self, use: Use) -> UnknownType | None:
        query, key, value = use.query, use.key, use.value
        if not use.same(query.shape[-1], key.shape[-1]):
            return use.problem(
                "attention-width", f"{use.title} is given the query {query} and the key {key}, whose widths differ"
            )
        if not use.same(key.shape[-2], value.shape[-2]):
            return use.problem(
                "attention-shape",
                f"{use.title} is given the key {key} and the value {value}, whose lengths differ",
                "value",
            )
        return None

    def multiply_adds(self, use: Use, output: TensorType) -> Size:
        """The products of queries with keys and of weights with values."""
        pairs = product(output.shape[:-1]) * use.key.shape[-2]
        return pairs * (use.query.shape[-1] + use.value.shape[-1])
