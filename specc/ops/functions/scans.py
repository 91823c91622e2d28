"""Functions along one axis: running sums, sorting, order statistics."""

from __future__ import annotations

from typing import Any

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, axis_at, refuse, replaced, without
from specc.ops.functions.reduction import KEEP, TO, below, empty_problem
from specc.ops.kinds import AXIS, BOOL, SIZE, TENSOR, Choice, Either, Float, Int, Optional
from specc.ops.shapes import can_be_at_least
from specc.types.promotion import is_integral
from specc.types.tensor import FLOATS, INTEGERS, UNKNOWN, TensorType, Type, UnknownType

NUMERIC = (*FLOATS, *INTEGERS)
ALONG = Argument("dim", AXIS, doc="the axis it runs along")
LAST = Argument("dim", AXIS, -1, "the axis it runs along")


class Cumsum(Function):
    """The running sum along an axis; whole numbers and bool are summed as i64."""

    name = "cumsum"
    target = "torch.cumsum"
    arguments = (INPUT, ALONG, TO)
    example = "y = cumsum(x, 1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if axis_at(use, use.dim, x.rank) is None:
            return UNKNOWN
        dtype = use.dtype.name if use.dtype else "i64" if is_integral(x.dtype) else x.dtype
        return refuse(use, dtype, NUMERIC, "dtype") or TensorType(x.shape, dtype)


class Cumprod(Cumsum):
    """The running product along an axis; whole numbers and bool are multiplied as i64."""

    name = "cumprod"
    target = "torch.cumprod"
    example = "y = cumprod(x, 1)"


class Logcumsumexp(Function):
    """The logarithm of the running sum of e^x along an axis."""

    name = "logcumsumexp"
    target = "torch.logcumsumexp"
    arguments = (INPUT, ALONG)
    example = "y = logcumsumexp(x, 1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        return UNKNOWN if axis_at(use, use.dim, x.rank) is None else refuse(use, x.dtype) or x


class Cummax(Function):
    """The running maximum along an axis, and where it stood."""

    name = "cummax"
    target = "torch.cummax"
    arguments = (INPUT, ALONG)
    example = "values, places = cummax(x, 1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        axis = axis_at(use, use.dim, x.rank)
        return UNKNOWN if axis is None else (x, TensorType(x.shape, "i64", below(x.shape[axis] if x.shape else 1)))


class Cummin(Cummax):
    """The running minimum along an axis, and where it stood."""

    name = "cummin"
    target = "torch.cummin"
    example = "values, places = cummin(x, 1)"


class Sort(Function):
    """The values along an axis in ascending order, and where they stood."""

    name = "sort"
    target = "torch.sort"
    arguments = (INPUT, LAST, Argument("descending", BOOL, False, "largest first"),
                 Argument("stable", BOOL, False, "whether equal values keep their order", keyword_only=True))
    example = "values, places = x.sort(1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if "stable" in use.given and any(
            use.given[name].positional for name in ("dim", "descending") if name in use.given
        ):
            return use.problem(
                "argument-type", f"{use.title}: where stable is given, dim and descending are given by name", "stable"
            )
        axis = axis_at(use, use.dim, x.rank)
        return UNKNOWN if axis is None else self._result(x, x.shape[axis] if x.shape else 1)

    def _result(self, x: TensorType, count: Any) -> Type:
        return x, TensorType(x.shape, "i64", below(count))


class Argsort(Sort):
    """Where the values along an axis stand when sorted."""

    name = "argsort"
    target = "torch.argsort"
    example = "places = x.argsort(1)"

    def _result(self, x: TensorType, count: Any) -> Type:
        return TensorType(x.shape, "i64", below(count))


class Msort(Function):
    """The values along the first axis in ascending order."""

    name = "msort"
    target = "torch.msort"
    arguments = (INPUT,)
    example = "y = msort(x)"

    def infer(self, use: Use) -> Type:
        return use.input


class Topk(Function):
    """The k largest values along an axis, and where they stand."""

    name = "topk"
    target = "torch.topk"
    arguments = (
        INPUT,
        Argument("k", SIZE, doc="how many"),
        LAST,
        Argument("largest", BOOL, True, "the largest, or else the smallest"),
        Argument("sorted", BOOL, True, "whether they come in order"),
    )
    example = "values, places = logits.topk(5, 1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        axis = axis_at(use, use.dim, x.rank)
        if axis is None:
            return UNKNOWN
        count = x.shape[axis] if x.shape else 1
        if not can_be_at_least(use, count, use.k):
            return use.problem("index-out-of-range", f"{use.title}: k is {use.k}, axis {axis} has {count}", "k")
        values = x.reshaped(replaced(x.shape, axis, use.k))
        return refuse(use, x.dtype, NUMERIC) or (values, TensorType(values.shape, "i64", below(count)))


class Kthvalue(Function):
    """The k-th smallest value along an axis (k counts from 1), and where it stands."""

    name = "kthvalue"
    target = "torch.kthvalue"
    arguments = (INPUT, Argument("k", Int(1), doc="which, from 1"), LAST, KEEP)
    example = "value, place = x.kthvalue(2)"

    def infer(self, use: Use) -> Type:
        x = use.input
        axis = axis_at(use, use.dim, x.rank)
        if axis is None:
            return UNKNOWN
        count = x.shape[axis] if x.shape else 1
        if not can_be_at_least(use, count, use.k):
            return use.problem("index-out-of-range", f"{use.title}: k is {use.k}, axis {axis} has {count}", "k")
        values = x.reshaped(without(x.shape, (axis,), use.keepdim))
        return refuse(use, x.dtype, NUMERIC) or (values, TensorType(values.shape, "i64", below(count)))


class Median(Function):
    """The median (the lower one of two) of all values, or along an axis with its places."""

    name = "median"
    target = "torch.median"
    arguments = (INPUT, Argument("dim", AXIS, None, "the axis to take out; all if left out"), KEEP)
    example = "value = median(x)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if "keepdim" in use.given and "dim" not in use.given:
            return use.problem("missing-argument", f"{use.title} needs dim where keepdim is given", "keepdim")
        if use.dim is None:
            return refuse(use, x.dtype, NUMERIC) or x.reshaped(())
        axis = axis_at(use, use.dim, x.rank)
        if axis is None:
            return UNKNOWN
        values = x.reshaped(without(x.shape, (axis,), use.keepdim))
        problem = refuse(use, x.dtype, NUMERIC) or empty_problem(use, x, (axis,))
        return problem or (values, TensorType(values.shape, "i64", below(x.shape[axis] if x.shape else 1)))


class Nanmedian(Median):
    """The median of what is a number."""

    name = "nanmedian"
    target = "torch.nanmedian"
    example = "value = nanmedian(x)"


class Mode(Function):
    """The most frequent value along an axis, and where it stands."""

    name = "mode"
    target = "torch.mode"
    arguments = (INPUT, LAST, KEEP)
    example = "value, place = x.mode(1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        axis = axis_at(use, use.dim, x.rank)
        if axis is None:
            return UNKNOWN
        values = x.reshaped(without(x.shape, (axis,), use.keepdim))
        problem = empty_problem(use, x, (axis,))
        return problem or (values, TensorType(values.shape, "i64", below(x.shape[axis] if x.shape else 1)))


class Quantile(Function):
    """The q-th quantiles along an axis or of all values; several q come first in the result."""

    name = "quantile"
    target = "torch.quantile"
    arguments = (
        INPUT,
        Argument("q", Either(Float(0, 1), TENSOR), doc="the share below it, 0 to 1"),
        Argument("dim", Optional(AXIS), None, "the axis to take out; all for none"),
        KEEP,
        Argument("interpolation", Choice("linear", "lower", "higher", "midpoint", "nearest"), "linear",
                 "what lies between two values", keyword_only=True),
    )
    example = "y = quantile(x, 0.9, dim=1)"

    def infer(self, use: Use) -> Type:
        x, q = use.input, use.q
        problem = refuse(use, x.dtype, ("f32", "f64")) or self._q_problem(use, x, q)
        if problem:
            return problem
        if use.dim is not None:
            axis = axis_at(use, use.dim, x.rank)
            if axis is None:
                return UNKNOWN
            axes: tuple[int, ...] = (axis,)
        else:
            axes = tuple(range(x.rank))
        front = q.shape if isinstance(q, TensorType) else ()
        return empty_problem(use, x, tuple(range(x.rank))) or TensorType(
            (*front, *without(x.shape, axes, use.keepdim)), x.dtype
        )

    def _q_problem(self, use: Use, x: TensorType, q: Any) -> UnknownType | None:
        if isinstance(q, TensorType):
            if q.rank > 1:
                return use.problem("rank-mismatch", f"{use.title}: q has {q.rank} axes, it takes 0 or 1", "q")
            if q.dtype != x.dtype:
                return use.problem("dtype-mismatch", f"{use.title}: q is {q.dtype}, the value is {x.dtype}", "q")
        return None


class Nanquantile(Quantile):
    """The q-th quantiles of what is a number."""

    name = "nanquantile"
    target = "torch.nanquantile"
    example = "y = nanquantile(x, 0.9, dim=1)"


class Diff(Function):
    """The n-th differences of neighbours along an axis."""

    name = "diff"
    target = "torch.diff"
    arguments = (
        INPUT,
        Argument("n", SIZE, 1, "how often differences are taken"),
        Argument("dim", AXIS, -1, "the axis"),
    )
    example = "y = diff(x, dim=1)"

    def infer(self, use: Use) -> Type:
        from specc.types.dims import maximum

        x = use.input
        if x.rank == 0:
            return use.problem("rank-mismatch", f"{use.title} takes at least one axis, it is given {x}", "input")
        axis = axis_at(use, use.dim, x.rank)
        return (
            UNKNOWN if axis is None else TensorType(replaced(x.shape, axis, maximum(x.shape[axis] - use.n, 0)), x.dtype)
        )
