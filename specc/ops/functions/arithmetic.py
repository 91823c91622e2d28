"""Arithmetic, comparison and logic of two operands, with broadcasting and promotion; the operators of the language."""

from __future__ import annotations

from operator import add, floordiv, mod, mul, sub
from typing import Any

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, NUMBER, OPERAND, float_of, refuse, shape_of
from specc.ops.kinds import Choice, Optional, is_integer
from specc.ops.shapes import broadcast, broadcast_problem
from specc.types.dims import Dim
from specc.types.promotion import is_integral, promote
from specc.types.tensor import DTYPES, FLOATS, INTEGERS, TensorType, Type, UnknownType

NUMERIC = (*FLOATS, *INTEGERS)
WHOLE = (*INTEGERS, "bool")


class Binary(Function):
    """Pairs the elements of two operands. Only a size 1 is stretched; dtypes are promoted as in torch."""

    arguments: tuple[Argument, ...] = (INPUT, Argument("other", OPERAND, doc="the second operand"))
    takes: tuple[str, ...] = DTYPES  # what the promoted dtype may be
    gives = "same"  # "same": the promoted dtype, "float": f32 for whole numbers, else a dtype's name
    number_first_in_place = False  # torch calls a first operand that is a number by another name
    ranged: Any = None  # what becomes of ranges of values

    def infer(self, use: Use) -> Type:
        a, b = self.operands(use)
        if not (isinstance(a, TensorType) or isinstance(b, TensorType)):
            return use.problem("argument-type", f"{use.title} takes a tensor, both operands are numbers")
        if self.number_first_in_place and not isinstance(a, TensorType):
            wrong = place_problem(use)
            if wrong:
                return wrong
        shape = broadcast(use, shape_of(a), shape_of(b))
        if shape is None:
            return broadcast_problem(use, a, b)
        dtype = promote(a, b)
        problem = refuse(use, dtype, self.takes, None) or self.further_problem(use)
        return problem or TensorType(shape, self.result_dtype(dtype), self.range(use, dtype))

    def range(self, use: Use, dtype: str) -> Any:
        """The values whole numbers can take, where those of the operands are known."""
        if self.ranged is None or dtype not in INTEGERS:
            return None
        a, b = (value.range if isinstance(value, TensorType) else value for value in self.operands(use))
        if a is None or b is None or isinstance(b, int) and b <= 0 and self.ranged in (floordiv, mod):
            return None
        from specc.types.ranges import as_range

        return self.ranged(as_range(a), as_range(b))

    def operands(self, use: Use) -> tuple[Any, Any]:
        return use.input, use.other

    def result_dtype(self, dtype: str) -> str:
        return {"same": dtype, "float": float_of(dtype)}.get(self.gives, self.gives)

    def further_problem(self, use: Use) -> UnknownType | None:
        """What else torch refuses; None where it takes the operands."""
        return None


def place_problem(use: Use) -> UnknownType | None:
    """Report a number as the first operand that is given by name."""
    if use.given["input"].positional:
        return None
    return use.problem("argument-type", f"{use.title}: a number is given in its place, not as input=", "input")


ALPHA = Argument("alpha", NUMBER, 1, "factor of the second operand", keyword_only=True)
FIRST = Argument("input", OPERAND, doc="the first operand")
SECOND = Argument("other", OPERAND, doc="the second operand")


def dtype_of(operand: Any) -> str:
    """The dtype of a tensor or number by itself."""
    return promote(operand, operand)


class Add(Binary):
    """input + alpha * other."""

    name = "add"
    target = "torch.add"
    arguments = (FIRST, SECOND, ALPHA)
    ranged = add
    example = "y = add(a, b)"

    def range(self, use: Use, dtype: str) -> Any:
        return None if "alpha" in use.given else super().range(use, dtype)

    def further_problem(self, use: Use) -> UnknownType | None:
        return alpha_problem(use)


def alpha_problem(use: Use) -> UnknownType | None:
    """alpha is no more of a float, and no more of a bool, than what it multiplies."""
    alpha, dtype = use.values.get("alpha", 1), promote(use.input, use.other)
    if isinstance(alpha, float) and is_integral(dtype) or isinstance(alpha, bool) and dtype != "bool":
        return use.problem("argument-type", f"{use.title}: alpha is {alpha}, the operands are {dtype}", "alpha")
    return None


class Sub(Add):
    """input - alpha * other; not for bool."""

    name = "sub"
    target = "torch.sub"
    ranged = sub
    example = "y = sub(a, b)"

    def further_problem(self, use: Use) -> UnknownType | None:
        if "bool" in (dtype_of(use.input), dtype_of(use.other)):
            return use.problem("dtype-mismatch", f"{use.title}: a bool cannot be subtracted, nor subtracted from",
                               helps=("use logical_xor or logical_not, or convert it first: .to(i64)",))
        return alpha_problem(use)


class Mul(Binary):
    """input * other."""

    name = "mul"
    target = "torch.mul"
    ranged = mul
    arguments = (FIRST, SECOND)
    example = "y = mul(a, b)"


class Div(Binary):
    """input / other; whole numbers give f32 unless rounding_mode is "floor" or "trunc"."""

    name = "div"
    target = "torch.div"
    arguments: tuple[Argument, ...] = (
        FIRST,
        SECOND,
        Argument(
            "rounding_mode", Optional(Choice("floor", "trunc")), None, "round down or towards 0", keyword_only=True
        ),
    )
    example = "y = div(a, b)"

    def infer(self, use: Use) -> Type:
        result = super().infer(use)
        if not isinstance(result, TensorType):
            return result
        if use.values.get("rounding_mode") is None:
            return result.cast(float_of(result.dtype))
        return refuse(use, result.dtype, NUMERIC, None) or result


class FloorDivide(Binary):
    """input // other, rounded down."""

    name = "floor_divide"
    target = "torch.floor_divide"
    arguments = (FIRST, SECOND)
    takes = NUMERIC
    ranged = floordiv
    example = "y = floor_divide(a, 2)"

    def further_problem(self, use: Use) -> UnknownType | None:
        return zero_problem(use)


def zero_problem(use: Use) -> UnknownType | None:
    """Whole numbers cannot be divided by 0; floats give infinity."""
    zero = not isinstance(use.other, (TensorType, Dim)) and use.other == 0
    if zero and is_integral(promote(use.input, use.other)):
        return use.problem("division-by-zero", f"{use.title}: whole numbers are divided by 0", "other")
    return None


class Remainder(Binary):
    """input % other, with the sign of other."""

    name = "remainder"
    number_first_in_place = True
    target = "torch.remainder"
    arguments = (FIRST, SECOND)
    takes = NUMERIC
    ranged = mod
    example = "y = remainder(a, 2)"

    def further_problem(self, use: Use) -> UnknownType | None:
        return zero_problem(use)


class Pow(Binary):
    """input ** exponent."""

    name = "pow"
    number_first_in_place = True
    target = "torch.pow"
    arguments = (FIRST, Argument("exponent", OPERAND, doc="the exponent"))
    example = "y = pow(x, 2)"

    def operands(self, use: Use) -> tuple[Any, Any]:
        return use.input, use.exponent

    def further_problem(self, use: Use) -> UnknownType | None:
        x, exponent = self.operands(use)
        dtype = promote(x, exponent)
        if dtype == "bool" and isinstance(exponent, TensorType):
            return refuse(use, dtype, NUMERIC, None)
        if is_integer(exponent) and exponent < 0 and is_integral(dtype):
            return use.problem(
                "argument-domain",
                f"{use.title}: whole numbers cannot be raised to {exponent}",
                "exponent",
                helps=("convert the base first: .to(f32)",),
            )
        return None
