"""Distances and cosines of vectors along an axis."""

from __future__ import annotations

from specc.ops.base import Use
from specc.ops.kinds import INFINITY
from specc.ops.losses import as_float, bool_problem, combined
from specc.types.promotion import promote_dtypes
from specc.types.tensor import TensorType, UnknownType


def pairwise(use: Use, a: TensorType, b: TensorType, p: float, keepdim: bool = False) -> TensorType | UnknownType:
    """The p-norm of the difference of two tensors along their last axis."""
    difference = combined(use, a, b)
    if difference is None:
        return use.problem("add-broadcast-mismatch", f"{use.title} is given {a} and {b}, which do not fit together")
    if difference.rank and difference.shape[-1] == 0 and (p < 0 or p == INFINITY):
        return use.problem("argument-domain", f"{use.title}: the {p}-norm of no numbers is not defined", "p")
    ending = (1,) if keepdim and difference.rank else ()
    shape = (*difference.shape[:-1], *ending)
    return bool_problem(use, a, b) or as_float(difference).reshaped(shape)


def cosine(use: Use, a: TensorType, b: TensorType, dim: int) -> TensorType | UnknownType:
    """The cosine of two tensors along an axis of the sizes they have in common."""
    both = combined(use, a, b)
    if both is None:
        return use.problem("add-broadcast-mismatch", f"{use.title} is given {a} and {b}, which do not fit together")
    both = TensorType(both.shape, promote_dtypes(a.dtype, b.dtype))
    if not both.is_float:
        return use.problem("dtype-mismatch", f"{use.title} is given {a} and {b}, it needs floats")
    if not -max(both.rank, 1) <= dim < max(both.rank, 1):
        return use.problem("dim-out-of-range", f"{use.title}: dim is {dim}, the tensors have {both.rank} axes", "dim")
    at = dim % max(both.rank, 1)
    return both.reshaped((*both.shape[:at], *both.shape[at + 1 :]))
