"""Functions that choose between, mix or bound values: where, lerp, clamp, masked_fill, ..."""

from __future__ import annotations

from typing import Any

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.arithmetic import Binary, place_problem
from specc.ops.functions.common import INPUT, NUMBER, OPERAND, fit_problem, reach_problem, refuse, shape_of
from specc.ops.kinds import BOOL, FLOAT, TENSOR, Optional
from specc.ops.shapes import broadcast, broadcast_problem
from specc.types.promotion import is_integral, promote, promote_all
from specc.types.tensor import FLOATS, INTEGERS, UNKNOWN, TensorType, Type, UnknownType

NUMERIC = (*FLOATS, *INTEGERS)


def joint_shape(use: Use, *operands: Any) -> tuple[Any, ...] | None:
    """The shape all operands broadcast to, or None after reporting two that do not fit."""
    shape: tuple[Any, ...] = ()
    for operand in operands:
        joined = broadcast(use, shape, shape_of(operand))
        if joined is None:
            broadcast_problem(use, TensorType(shape), operand)
            return None
        shape = joined
    return shape


class Where(Function):
    """input where condition holds, other elsewhere."""

    name = "where"
    target = "torch.where"
    arguments = (
        Argument("condition", TENSOR, doc="a bool tensor"),
        Argument("input", OPERAND, doc="what is taken where it holds"),
        Argument("other", OPERAND, doc="what is taken elsewhere"),
    )
    example = "y = where(mask, x, 0.0)"

    def infer(self, use: Use) -> Type:
        shape = joint_shape(use, use.condition, use.input, use.other)
        if shape is None or not isinstance(use.input, TensorType) and place_problem(use):
            return UNKNOWN
        problem = refuse(use, use.condition.dtype, ("bool", "u8"), "condition")
        return problem or TensorType(shape, promote(use.input, use.other))


class MaskedFill(Function):
    """The value with a number in every place where mask holds."""

    name = "masked_fill"
    target = "torch.masked_fill"
    arguments = (INPUT, Argument("mask", TENSOR, doc="a bool tensor"), Argument("value", OPERAND, doc="the number"))
    example = "y = scores.masked_fill(mask, -inf)"

    def infer(self, use: Use) -> Type:
        x = use.input
        problem = refuse(use, use.mask.dtype, ("bool",), "mask") or self._value_problem(use)
        if problem:
            return problem
        shape = joint_shape(use, x, use.mask)
        return UNKNOWN if shape is None else TensorType(shape, x.dtype)

    def _value_problem(self, use: Use) -> UnknownType | None:
        if isinstance(use.value, TensorType) and use.value.rank:
            return use.problem(
                "rank-mismatch", f"{use.title}: value is {use.value}, it must be a single number", "value"
            )
        return None


class Clamp(Function):
    """The value kept within min and max, of which one may be missing."""

    name = "clamp"
    target = "torch.clamp"
    arguments: tuple[Argument, ...] = (
        INPUT,
        Argument("min", Optional(OPERAND), None, "lower end"),
        Argument("max", Optional(OPERAND), None, "upper end"),
    )
    example = "y = x.clamp(0, 1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        ends = [end for end in (use.values.get("min"), use.values.get("max")) if end is not None]
        if not ends:
            return use.problem("missing-argument", f"{use.title} needs min or max")
        return self._mixed_problem(use, ends) or self._bounded(use, x, ends)

    def _mixed_problem(self, use: Use, ends: list[Any]) -> UnknownType | None:
        numbers = [end for end in ends if not isinstance(end, TensorType)]
        if numbers and any(isinstance(end, TensorType) and end.rank > 0 for end in ends):
            return use.problem("argument-type", f"{use.title}: one end is a tensor and the other a number", "max")
        return None

    def _bounded(self, use: Use, x: TensorType, ends: list[Any]) -> Type:
        shape = joint_shape(use, x, *ends)
        if shape is None:
            return UNKNOWN
        dtype = promote_all((x, *self._weighed(ends)))
        if dtype == "bool" and not (len(ends) == 1 and isinstance(ends[0], TensorType)):
            return refuse(use, dtype, NUMERIC) or x
        problem = reach_problem(
            use, dtype, use.values.get("min"), use.values.get("max"), "max" if use.values.get("max") else "min"
        )
        return problem or TensorType(shape, dtype, self._range(use, x))

    def _weighed(self, ends: list[Any]) -> list[Any]:
        """The ends as they count in promotion: beside a number, a tensor without axes is a number too."""
        if all(isinstance(end, TensorType) for end in ends):
            return ends
        return [_number_like(end) if isinstance(end, TensorType) else end for end in ends]

    def _range(self, use: Use, x: TensorType) -> Any:
        least, greatest = use.values.get("min"), use.values.get("max")
        if is_integral(x.dtype) and not any(isinstance(end, (TensorType, float)) for end in (least, greatest)):
            from specc.types.ranges import Range

            return (x.range or Range(None, None)).clamp(least, greatest)
        return None


def _number_like(scalar: TensorType) -> int | float | bool:
    """A number of the sort a tensor holds."""
    return 0.0 if scalar.is_float else scalar.dtype == "bool" or 0


class Clip(Clamp):
    """The same as clamp."""

    name = "clip"
    target = "torch.clip"
    example = "y = x.clip(0, 1)"


class ClampMin(Clamp):
    """The value, but not below min."""

    name = "clamp_min"
    target = "torch.clamp_min"
    arguments = (INPUT, Argument("min", OPERAND, doc="lower end"))
    example = "y = x.clamp_min(0)"


class ClampMax(Clamp):
    """The value, but not above max."""

    name = "clamp_max"
    target = "torch.clamp_max"
    arguments = (INPUT, Argument("max", OPERAND, doc="upper end"))
    example = "y = x.clamp_max(1)"


class Lerp(Function):
    """input + weight * (end - input)."""

    name = "lerp"
    target = "torch.lerp"
    arguments = (
        INPUT,
        Argument("end", TENSOR, doc="what weight 1 gives"),
        Argument("weight", OPERAND, doc="0 gives the input"),
    )
    example = "y = lerp(a, b, 0.5)"

    def infer(self, use: Use) -> Type:
        tensors = [value for value in (use.input, use.end, use.weight) if isinstance(value, TensorType)]
        for other in tensors[1:]:
            if other.dtype != use.input.dtype and (other is use.end or other.rank):
                return use.problem(
                    "dtype-mismatch", f"{use.title}: {use.input.dtype} and {other.dtype} do not mix", "end"
                )
        shape = joint_shape(use, *tensors)
        # between scalars alone torch lets the weight widen the result
        dtype = use.input.dtype if any(x.rank for x in tensors) else promote_all(tensors)
        return UNKNOWN if shape is None else refuse(use, use.input.dtype) or TensorType(shape, dtype)


class Addcmul(Function):
    """input + value * tensor1 * tensor2."""

    name = "addcmul"
    target = "torch.addcmul"
    arguments = (
        INPUT,
        Argument("tensor1", TENSOR, doc="one factor"),
        Argument("tensor2", TENSOR, doc="the other factor"),
        Argument("value", NUMBER, 1, "a number both are multiplied by", keyword_only=True),
    )
    example = "y = addcmul(x, a, b, value=0.1)"

    def infer(self, use: Use) -> Type:
        operands = (use.input, use.tensor1, use.tensor2)
        shape = joint_shape(use, *operands)
        if shape is None:
            return UNKNOWN
        dtype = promote_all(operands)
        wrong = self._own_problem(use) or refuse(use, dtype, NUMERIC) or fit_problem(use, dtype, use.value, "value")
        return wrong or TensorType(shape, dtype)

    def _own_problem(self, use: Use) -> UnknownType | None:
        """What else torch refuses."""
        return None


class Addcdiv(Addcmul):
    """input + value * tensor1 / tensor2; one of the two tensors has floats."""

    name = "addcdiv"
    target = "torch.addcdiv"
    example = "y = addcdiv(x, a, b, value=0.1)"

    def _own_problem(self, use: Use) -> UnknownType | None:
        return refuse(use, promote(use.tensor1, use.tensor2), FLOATS, "tensor1")


class Xlogy(Binary):
    """input * log(other), 0 where input is 0."""

    name = "xlogy"
    number_first_in_place = True
    target = "torch.xlogy"
    arguments = (
        Argument("input", OPERAND, doc="the factor"),
        Argument("other", OPERAND, doc="what the logarithm is taken of"),
    )
    gives = "float"
    example = "y = xlogy(p, q)"


class Isclose(Binary):
    """Whether two values of one dtype are equal up to a tolerance."""

    name = "isclose"
    target = "torch.isclose"
    arguments = (
        INPUT,
        Argument("other", TENSOR, doc="the second operand"),
        Argument("rtol", FLOAT, 1e-5, "tolerance relative to the second operand"),
        Argument("atol", FLOAT, 1e-8, "absolute tolerance"),
        Argument("equal_nan", BOOL, False, "whether two not-a-numbers are close"),
    )
    gives = "bool"
    example = "mask = isclose(a, b)"

    def further_problem(self, use: Use) -> UnknownType | None:
        if use.rtol < 0 or use.atol < 0:
            return use.problem("argument-domain", f"{use.title}: a tolerance cannot be negative")
        if use.input.dtype != use.other.dtype:
            return use.problem(
                "dtype-mismatch", f"{use.title}: {use.input.dtype} and {use.other.dtype} do not mix", "other"
            )
        return None
