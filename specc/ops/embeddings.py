"""What the layers and functions that look vectors up in a table share."""

from __future__ import annotations

from specc.ops.base import Argument, Use
from specc.ops.kinds import BOOL, FLOAT, Optional
from specc.ops.class_targets import beyond, empty
from specc.types.tensor import Size, TensorType, Type, UnknownType

MAX_NORM = Argument("max_norm", Optional(FLOAT), None, "longer vectors are scaled down to this length when looked up")
NORM_TYPE = Argument("norm_type", FLOAT, 2.0, "the p of the norm that max_norm speaks of")
SCALE = Argument("scale_grad_by_freq", BOOL, False, "whether gradients are divided by how often an id occurs")
SPARSE = Argument("sparse", BOOL, False, "whether the gradient of the table is a sparse tensor")


def padding_problem(use: Use, rows: int) -> UnknownType | None:
    """padding_idx names a row of the table, counted from the end where it is negative."""
    index = use.padding_idx
    if index is None or -rows <= index < rows:
        return None
    return use.problem("embedding-padding-idx", f"{use.title}: padding_idx is {index}, the table has {rows} rows", "padding_idx")


def ids_problem(use: Use, ids: TensorType, rows: Size) -> UnknownType | None:
    """Ids are i32 or i64 and below the number of rows, as far as their range is known."""
    if ids.is_float:
        return use.problem("embedding-needs-ids", f"{use.title} is given {ids}, it looks up integer ids")
    if ids.dtype not in ("i32", "i64"):
        return use.problem("embedding-needs-ids", f"{use.title} is given {ids}, ids are i64 or i32",
                           helps=("convert them: .to(i64)",))
    return None if empty(ids) else ids_range_problem(use, ids, rows)


def ids_range_problem(use: Use, ids: TensorType, rows: Size) -> UnknownType | None:
    """Every id, as far as their range is known, has a row in the table."""
    if rows == 0:
        return use.problem("vocabulary-exceeds-embedding", f"{use.title} is given {ids}, its table has no rows")
    if ids.range is None or not beyond(use, ids.range, rows):
        return None
    return use.problem("vocabulary-exceeds-embedding", f"{use.title} has {rows} rows, it is given {ids} with ids {ids.range}",
                       "num_embeddings")


def looked_up(use: Use, ids: TensorType, table: TensorType) -> Type:
    """The vectors of ids, in a last axis of their own."""
    rows, width = table.shape
    return ids_problem(use, ids, rows) or TensorType((*ids.shape, width), table.dtype)


def bags(use: Use, ids: TensorType, table: TensorType) -> Type:
    """One vector for each bag of ids."""
    return ids_problem(use, ids, table.shape[0]) or TensorType((ids.shape[0], table.shape[1]), table.dtype)
