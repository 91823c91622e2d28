"""What the layers and functions that look vectors up in a table share."""

from __future__ import annotations

from specc.ops.base import Argument, Use
from specc.ops.class_targets import beyond, empty
from specc.ops.kinds import BOOL, FLOAT, TENSOR, Choice, Optional
from specc.ops.shapes import can_be_at_least, dtype_problem
from specc.types.tensor import Size, TensorType, Type, UnknownType

MAX_NORM = Argument("max_norm", Optional(FLOAT), None, "longer vectors are scaled down to this length when looked up")
NORM_TYPE = Argument("norm_type", FLOAT, 2.0, "the p of the norm that max_norm speaks of")
SCALE = Argument("scale_grad_by_freq", BOOL, False, "whether gradients are divided by how often an id occurs")
SPARSE = Argument("sparse", BOOL, False, "whether the gradient of the table is a sparse tensor")
MODE = Argument("mode", Choice("sum", "mean", "max"), "mean", "how the vectors of a bag become one")
INCLUDE_LAST = Argument("include_last_offset", BOOL, False, "whether the last offset is where the last bag ends")
OFFSETS = Argument("offsets", Optional(TENSOR), None, "where each bag begins, for ids in a row")
SAMPLE_WEIGHTS = Argument("per_sample_weights", Optional(TENSOR), None, "a factor for each id, for sums")

WIDE = ("i32", "i64")


def padding_problem(use: Use, rows: Size) -> UnknownType | None:
    """padding_idx names a row of the table, counted from the end where it is negative."""
    index = use.padding_idx
    if index is None or can_be_at_least(use, rows, index + 1 if index >= 0 else -index):
        return None
    return use.problem(
        "embedding-padding-idx", f"{use.title}: padding_idx is {index}, the table has {rows} rows", "padding_idx"
    )


def ids_problem(use: Use, ids: TensorType, rows: Size, offsets: TensorType | None = None) -> UnknownType | None:
    """Ids are i32 or i64, or as wide as the offsets, and below the number of rows, as far as their range is known."""
    if ids.is_float:
        return use.problem("embedding-needs-ids", f"{use.title} is given {ids}, it looks up integer ids")
    if ids.dtype not in WIDE and not (offsets is not None and offsets.dtype in WIDE):
        return use.problem(
            "embedding-needs-ids", f"{use.title} is given {ids}, ids are i64 or i32", helps=("convert them: .to(i64)",)
        )
    return None if empty(ids) else ids_range_problem(use, ids, rows)


def ids_range_problem(use: Use, ids: TensorType, rows: Size) -> UnknownType | None:
    """Every id, as far as their range is known, has a row in the table."""
    if rows == 0:
        return use.problem("vocabulary-exceeds-embedding", f"{use.title} is given {ids}, its table has no rows")
    if ids.range is None or not beyond(use, ids.range, rows):
        return None
    if ids.rank == 1 and ids.range.low == 0 and ids.range.high == ids.shape[0]:
        length = ids.shape[0]
        is_known = isinstance(length, int)
        return use.problem(
            "position-table-too-short",
            f"{use.title} has {rows} rows, there are {length} positions",
            "num_embeddings",
            helps=(f"write {use.operation.name}({length}, ...)" if is_known else f"add assert {length} <= {rows}",),
        )
    return use.problem(
        "vocabulary-exceeds-embedding",
        f"{use.title} has {rows} rows, it is given {ids} with ids {ids.range}",
        "num_embeddings",
    )


def looked_up(use: Use, ids: TensorType, table: TensorType) -> Type:
    """The vectors of ids, in a last axis of their own."""
    rows, width = table.shape
    problem = ids_problem(use, ids, rows)
    if not problem and use.max_norm is not None:
        problem = dtype_problem(use, table)
    return problem or TensorType((*ids.shape, width), table.dtype)


def bags(use: Use, ids: TensorType, table: TensorType) -> Type:
    """One vector for each bag of ids: for each row, or for each offset where the ids stand in one row."""
    problem = bags_problem(use, ids) or ids_problem(use, ids, table.shape[0], use.offsets)
    if problem or (problem := sample_weights_problem(use, ids, table)):
        return problem
    count = ids.shape[0] if ids.rank == 2 else use.offsets.shape[0] - int(use.include_last_offset)
    return TensorType((count, table.shape[1]), table.dtype)


def bags_problem(use: Use, ids: TensorType) -> UnknownType | None:
    """Ids in rows have no offsets, ids in a row have a row of them; the maximum has no sparse or scaled gradient."""
    if ids.rank not in (1, 2):
        return use.problem("rank-mismatch", f"{use.title} is given {ids} with {ids.rank} axes, it takes 1 or 2")
    if ids.rank == 2 and ids.shape[1] == 0:
        return use.problem("rank-mismatch", f"{use.title} is given {ids}, whose bags are empty")
    for name in ("scale_grad_by_freq", "sparse"):
        if use.mode == "max" and getattr(use, name):
            return use.problem("argument-domain", f'{name} of {use.title} does not go with mode "max"', name)
    return offsets_problem(use, ids, use.offsets)


def offsets_problem(use: Use, ids: TensorType, offsets: TensorType | None) -> UnknownType | None:
    if ids.rank == 2:
        return (
            None
            if offsets is None
            else use.problem(
                "too-many-arguments", f"{use.title} is given {ids}, a bag in each row: it takes no offsets", "offsets"
            )
        )
    if offsets is None:
        return use.problem("missing-argument", f"{use.title} is given {ids} in a row: it needs offsets")
    if offsets.rank != 1:
        return use.problem("rank-mismatch", f"offsets of {use.title} is {offsets}, it has one axis", "offsets")
    if offsets.is_float or (offsets.dtype not in WIDE and ids.dtype not in WIDE):
        return use.problem("dtype-mismatch", f"offsets of {use.title} is {offsets}, offsets are i64 or i32", "offsets")
    least = 1 + int(use.include_last_offset)
    if not can_be_at_least(use, offsets.shape[0], least):
        return use.problem(
            "split-size", f"offsets of {use.title} is {offsets}, it needs at least {least} here", "offsets"
        )
    return None


def sample_weights_problem(use: Use, ids: TensorType, table: TensorType) -> UnknownType | None:
    """Weights of the ids have their sizes and the dtype of the table, and go with sums only."""
    factors: TensorType | None = use.per_sample_weights
    if factors is None:
        return None
    if use.mode != "sum":
        return use.problem("argument-domain", f'{use.title}: per_sample_weights needs mode "sum"', "mode")
    if factors.rank != ids.rank or not all(map(use.same, factors.shape, ids.shape)):
        return use.problem(
            "target-shape",
            f"{use.title} is given {ids} and per_sample_weights {factors}, they must have the same sizes",
            "per_sample_weights",
        )
    if factors.dtype == table.dtype:
        return None
    return use.problem(
        "float-precision-mismatch",
        f"{use.title}: per_sample_weights is {factors}, the table {table.dtype}",
        "per_sample_weights",
        helps=(f"convert it: .to({table.dtype})",),
    )
