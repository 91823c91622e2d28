"""Functions that take axes out: sums, means, extremes."""

from __future__ import annotations

from typing import Any

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, axes_at, refuse, without
from specc.ops.kinds import AXES, AXIS, BOOL, DTYPE, FLOAT, TENSOR, Either, Optional
from specc.ops.shapes import broadcast, broadcast_problem
from specc.types.promotion import is_integral, promote
from specc.types.tensor import DTYPES, FLOATS, INTEGERS, UNKNOWN, Size, TensorType, Type, UnknownType, product

NUMERIC = (*FLOATS, *INTEGERS)
DIMS = Argument("dim", Optional(AXES), None, "the axis or axes to take out; all for none")
KEEP = Argument("keepdim", BOOL, False, "whether they stay, with size 1")
TO = Argument("dtype", Optional(DTYPE), None, "dtype to convert to first", keyword_only=True)


class Reduction(Function):
    """Takes one or several axes out."""

    arguments: tuple[Argument, ...] = (INPUT, DIMS, KEEP, TO)
    takes: tuple[str, ...] = DTYPES
    gives = "same"  # "same", "sum" (whole numbers as i64) or a dtype's name
    needs_values = False  # an axis of size 0 has no result
    converts = True  # dtype is converted to before, not after
    empty_is_all = True  # what dim=() means: all axes, or none
    keeps_named_only = False  # keepdim needs dim

    def infer(self, use: Use) -> Type:
        x = use.input
        if self.keeps_named_only and "keepdim" in use.given and "dim" not in use.given:
            return use.problem("missing-argument", f"{use.title} needs dim where keepdim is given", "keepdim")
        axes = axes_at(use, use.values.get("dim"), x.rank, empty_is_all=self.empty_is_all)
        if axes is None:
            return UNKNOWN
        problem = refuse(use, self.computing(use), self.takes) or empty_problem(use, x, axes, self.needs_values)
        return problem or TensorType(without(x.shape, axes, bool(use.values.get("keepdim"))), self.result_dtype(use))

    def computing(self, use: Use) -> str:
        """The dtype it computes in."""
        wanted = use.values.get("dtype")
        return wanted.name if wanted and self.converts else use.input.dtype

    def result_dtype(self, use: Use) -> str:
        dtype = use.dtype.name if use.values.get("dtype") else use.input.dtype
        if self.gives == "sum":
            return "i64" if is_integral(dtype) and not use.values.get("dtype") else dtype
        return dtype if self.gives == "same" else self.gives


def empty_problem(use: Use, x: TensorType, axes: tuple[int, ...], needs_values: bool = True) -> UnknownType | None:
    """Report that there is nothing to choose from along the axes."""
    if needs_values and any(isinstance(x.shape[axis], int) and x.shape[axis] == 0 for axis in axes if x.shape):
        return use.problem("argument-domain", f"{use.title} has nothing to choose from in {x}", "input")
    return None


class Sum(Reduction):
    """The sum; whole numbers and bool are summed as i64."""

    name = "sum"
    target = "torch.sum"
    gives = "sum"
    keeps_named_only = True
    example = "y = sum(x, 1)"


class Nansum(Sum):
    """The sum, not-a-number counted as 0."""

    name = "nansum"
    target = "torch.nansum"
    keeps_named_only = False
    example = "y = nansum(x, 1)"


class Mean(Reduction):
    """The mean; floats only."""

    name = "mean"
    target = "torch.mean"
    keeps_named_only = True
    takes = FLOATS
    example = "y = mean(x, (2, 3))"


class Nanmean(Mean):
    """The mean of what is a number."""

    name = "nanmean"
    target = "torch.nanmean"
    converts = False
    keeps_named_only = False
    example = "y = nanmean(x, 1)"

    def infer(self, use: Use) -> Type:
        wanted = refuse(use, use.dtype.name, FLOATS, "dtype") if use.dtype else None
        return wanted or super().infer(use)


class Logsumexp(Reduction):
    """log(sum(e^x)), exact; whole numbers as f32."""

    name = "logsumexp"
    target = "torch.logsumexp"
    arguments = (INPUT, Argument("dim", AXES, doc="the axis or axes to take out"), KEEP)
    example = "y = logsumexp(x, 1)"

    def infer(self, use: Use) -> Type:
        if use.dim in ((), []):
            return use.problem("argument-domain", f"{use.title}: dim names no axis", "dim")
        return super().infer(use)

    def result_dtype(self, use: Use) -> str:
        return use.input.dtype if use.input.is_float else "f32"


class Amax(Reduction):
    """The largest value over one or several axes."""

    name = "amax"
    target = "torch.amax"
    arguments = (INPUT, Argument("dim", AXES, (), "the axis or axes to take out; all for none"), KEEP)
    needs_values = True
    example = "y = amax(x, (2, 3))"


class Amin(Amax):
    """The smallest value over one or several axes."""

    name = "amin"
    target = "torch.amin"
    example = "y = amin(x, (2, 3))"


class OneAxis(Reduction):
    """Takes one axis out, or all."""

    arguments: tuple[Argument, ...] = (
        INPUT,
        Argument("dim", AXIS, None, "the axis to take out; all if left out"),
        KEEP,
    )


class Prod(OneAxis):
    """The product; whole numbers and bool are multiplied as i64."""

    name = "prod"
    target = "torch.prod"
    keeps_named_only = True
    arguments = (*OneAxis.arguments, TO)
    gives = "sum"
    example = "y = prod(x, 1)"


class AnyOf(Reduction):
    """Whether some value is not 0."""

    name = "any"
    target = "torch.any"
    arguments = (INPUT, DIMS, KEEP)
    empty_is_all = False
    example = "y = any(mask, 1)"

    def result_dtype(self, use: Use) -> str:
        return "u8" if use.input.dtype == "u8" else "bool"


class AllOf(AnyOf):
    """Whether every value is not 0."""

    name = "all"
    target = "torch.all"
    example = "y = all(mask, 1)"


class Argmax(Function):
    """The place of the largest value along an axis, or in the flattened value; i64."""

    name = "argmax"
    target = "torch.argmax"
    arguments = (
        INPUT,
        Argument("dim", Optional(AXIS), None, "the axis to take out; the flattened value for none"),
        KEEP,
    )
    example = "y = argmax(logits, 1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        axes = axes_at(use, use.dim, x.rank)
        if axes is None:
            return UNKNOWN
        problem = refuse(use, x.dtype, NUMERIC) or empty_problem(use, x, axes)
        if problem:
            return problem
        shape = without(x.shape, axes, use.keepdim)
        return TensorType(shape, "i64", below(product(x.shape[axis] for axis in axes if x.shape)))


def below(bound: Size) -> Any:
    """The range of places on an axis."""
    from specc.types.ranges import below as range_below

    return range_below(bound)


class Argmin(Argmax):
    """The place of the smallest value along an axis, or in the flattened value; i64."""

    name = "argmin"
    target = "torch.argmin"
    example = "y = argmin(x, 1)"


class Max(Function):
    """The largest value; along an axis the largest and their places; of two tensors the larger of each pair."""

    name = "max"
    target = "torch.max"
    arguments = (INPUT, Argument("dim", Either(AXIS, TENSOR), None, "the axis to take out, or a second tensor"), KEEP)
    example = "values, places = x.max(1)"

    def infer(self, use: Use) -> Type:
        x, dim = use.input, use.dim
        if "keepdim" in use.given and ("dim" not in use.given or isinstance(dim, TensorType)):
            return use.problem("missing-argument", f"{use.title} needs an axis where keepdim is given", "keepdim")
        if isinstance(dim, TensorType):
            return self._of_two(use, x, dim, use.given["dim"].positional)
        axes = axes_at(use, dim, x.rank) if dim is not None else tuple(range(x.rank))
        if axes is None:
            return UNKNOWN
        problem = empty_problem(use, x, axes)
        if problem:
            return problem
        values = x.reshaped(without(x.shape, axes, use.keepdim))
        return values if dim is None else (values, TensorType(values.shape, "i64", self._places(x, axes)))

    def _places(self, x: TensorType, axes: tuple[int, ...]) -> object:
        return below(x.shape[axes[0]]) if x.shape else below(1)

    def _of_two(self, use: Use, a: TensorType, b: TensorType, is_positional: bool) -> Type:
        if not is_positional:
            return use.problem(
                "argument-type", f"{use.title}: dim must be an axis; a second tensor stands alone", "dim"
            )
        shape = broadcast(use, a.shape, b.shape)
        return broadcast_problem(use, a, b) if shape is None else TensorType(shape, promote(a, b))


class Min(Max):
    """The smallest value; along an axis the smallest and their places; of two tensors the smaller of each pair."""

    name = "min"
    target = "torch.min"
    example = "values, places = x.min(1)"


class Aminmax(Function):
    """The smallest and the largest value, along an axis or of all."""

    name = "aminmax"
    target = "torch.aminmax"
    arguments = (
        INPUT,
        Argument("dim", Optional(AXIS), None, "the axis to take out; all for none", keyword_only=True),
        Argument("keepdim", BOOL, False, "whether it stays, with size 1", keyword_only=True),
    )
    example = "low, high = aminmax(x, dim=1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        axes = axes_at(use, use.dim, x.rank)
        if axes is None:
            return UNKNOWN
        values = x.reshaped(without(x.shape, axes, use.keepdim))
        return empty_problem(use, x, axes) or (values, values)


class CountNonzero(Function):
    """How many values are not 0; i64."""

    name = "count_nonzero"
    target = "torch.count_nonzero"
    arguments = (INPUT, DIMS)
    example = "y = count_nonzero(mask, 1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        axes = axes_at(use, use.dim, x.rank)
        return UNKNOWN if axes is None else TensorType(without(x.shape, axes), "i64")


class Var(Function):
    """The variance; divided by n - correction (1 unless told otherwise)."""

    name = "var"
    target = "torch.var"
    arguments = (
        INPUT, DIMS,
        Argument("unbiased", BOOL, True, "the older way to write correction=1 or 0", keyword_only=True),
        Argument("correction", Optional(FLOAT), 1, "what is taken off the number of values", keyword_only=True),
        Argument("keepdim", BOOL, False, "whether the axes stay, with size 1", keyword_only=True),
    )
    pair = False
    example = "y = var(x, 1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        axes = axes_at(use, use.dim, x.rank)
        if axes is None:
            return UNKNOWN
        if "unbiased" in use.given and "correction" in use.given:
            return use.problem(
                "argument-domain", f"{use.title}: unbiased and correction say the same, give one", "unbiased"
            )
        if {"unbiased", "keepdim"} <= use.given.keys() and "dim" not in use.given:
            return use.problem(
                "missing-argument", f"{use.title} needs dim where unbiased and keepdim are given", "keepdim"
            )
        result = TensorType(without(x.shape, axes, use.keepdim), x.dtype)
        return refuse(use, x.dtype) or ((result, result) if self.pair else result)


class Std(Var):
    """The standard deviation; divided by n - correction (1 unless told otherwise)."""

    name = "std"
    target = "torch.std"
    example = "y = std(x, 1)"


class VarMean(Var):
    """The variance and the mean."""

    name = "var_mean"
    target = "torch.var_mean"
    pair = True
    example = "v, m = var_mean(x, 1)"


class StdMean(Var):
    """The standard deviation and the mean."""

    name = "std_mean"
    target = "torch.std_mean"
    pair = True
    example = "s, m = std_mean(x, 1)"
