"""What attention layers share: how query, key, value and the masks have to fit together."""

from __future__ import annotations

from typing import NamedTuple

from specc.ops.base import Use
from specc.ops.shapes import broadcast
from specc.types.promotion import promote_dtypes
from specc.types.tensor import FLOATS, Size, TensorType, UnknownType, sizes

Shape = tuple[Size, ...]


class Lengths(NamedTuple):
    """The sizes an attention works with; `batch` is None where the inputs have no batch axis."""

    batch: Size | None
    target: Size
    source: Size


def lengths(query: TensorType, key: TensorType, batch_first: bool) -> Lengths:
    """Batch and sequence lengths of query and key, both of rank 2 or both of rank 3."""
    if query.rank == 2:
        return Lengths(None, query.shape[0], key.shape[0])
    at, batch = (1, 0) if batch_first else (0, 1)
    return Lengths(query.shape[batch], query.shape[at], key.shape[at])


def mask_rank_problem(use: Use, name: str, ranks: tuple[int, ...]) -> UnknownType | None:
    """A mask is of bools or floats and has one of these numbers of axes."""
    mask: TensorType | None = getattr(use, name)
    if mask is None:
        return None
    if mask.dtype != "bool" and mask.dtype not in FLOATS:
        return use.problem(
            "dtype-mismatch",
            f"{name} of {use.title} is {mask}, masks are bool or float",
            name,
            helps=("compare it: mask != 0",),
        )
    if mask.rank in ranks:
        return None
    return use.problem(
        "rank-mismatch",
        f"{name} of {use.title} is {mask} with {mask.rank} axes, it takes {' or '.join(map(str, ranks))}",
        name,
    )


def mask_shape_problem(use: Use, name: str, shapes: tuple[tuple[Size, ...], ...]) -> UnknownType | None:
    """A mask has one of these shapes, that of its own rank."""
    mask: TensorType | None = getattr(use, name)
    if mask is None:
        return None
    wanted = next(shape for shape in shapes if len(shape) == mask.rank)
    if all(use.same(m, n) for m, n in zip(mask.shape, wanted)):
        return None
    return use.problem(
        "attention-shape", f"{name} of {use.title} is {mask}, it must have the sizes {sizes(wanted)}", name
    )


def mask_dtype_problem(use: Use, names: tuple[str, ...], dtype: str, allowed: tuple[str, ...]) -> UnknownType | None:
    """Float masks, added up, have an allowed dtype; a bool mask counts as one of the query's dtype."""
    summed: str | None = None
    for name in names:
        mask: TensorType | None = getattr(use, name)
        if mask is not None:
            added = dtype if mask.dtype == "bool" else mask.dtype
            summed = added if summed is None else promote_dtypes(summed, added)
    if summed is None or summed in allowed:
        return None
    return use.problem(
        "float-precision-mismatch",
        f"{' and '.join(names)} of {use.title} add up to {summed}, its query is {dtype}",
        helps=(f"convert the mask: .to({dtype})",),
    )


def mask_dtypes(dtype: str) -> tuple[str, ...]:
    """The float dtypes a fused attention takes for a mask."""
    return dtype, "f32"


def grouped(use: Use, query: TensorType, key: TensorType, value: TensorType) -> tuple[Shape, Shape] | UnknownType:
    """The batch axes of key and value whose heads, axis -3, are repeated until they are as many as the query's."""
    found = []
    for x in (key, value):
        if min(x.rank, query.rank) < 3:
            return use.problem(
                "rank-mismatch", f"{use.title} is given {query} and {x}, enable_gqa needs an axis of heads"
            )
        heads, groups = query.shape[-3], x.shape[-3]
        if groups == 0 or not use.same(heads % groups, 0):
            return use.problem(
                "heads-indivisible", f"{use.title}: {heads} heads cannot be divided among {groups}", "enable_gqa"
            )
        found.append((*x.shape[:-3], heads))
    return found[0], found[1]


def batches_problem(use: Use, query: TensorType, key: TensorType, value: TensorType) -> UnknownType:
    """Report that the axes before the last two do not fit together."""
    return use.problem(
        "attention-shape",
        f"{use.title} is given the query {query}, the key {key} and the value {value}, whose "
        "axes before the last two do not fit together",
    )


def fused_mask_problem(use: Use, pairs: Shape) -> UnknownType | None:
    """A mask stretches to one number for every pair, and stands in the place of is_causal."""
    mask: TensorType | None = use.attn_mask
    if mask is None:
        return None
    if use.is_causal:
        return use.problem("argument-domain", f"{use.title} takes attn_mask or is_causal, not both", "is_causal")
    if mask.rank < 2:
        return use.problem(
            "rank-mismatch", f"attn_mask of {use.title} is {mask}, it needs at least two axes", "attn_mask"
        )
    if mask.dtype != "bool" and mask.dtype not in mask_dtypes(use.query.dtype):
        return use.problem(
            "dtype-mismatch",
            f"attn_mask of {use.title} is {mask}, it must be bool or {use.query.dtype}",
            "attn_mask",
            helps=(f"convert it: .to({use.query.dtype})",),
        )
    shape = broadcast(use, mask.shape, pairs)
    if shape is not None and len(shape) == len(pairs) and all(map(use.same, shape, pairs)):
        return None
    return use.problem(
        "attention-shape", f"attn_mask of {use.title} is {mask}, it does not stretch to {sizes(pairs)}", "attn_mask"
    )
