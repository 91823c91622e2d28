"""Functions of each element by itself: exp, sqrt, isnan, ..."""

from __future__ import annotations

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import FLOAT_OR_NONE, INPUT, float_of, refuse
from specc.ops.kinds import INT
from specc.types.promotion import is_integral
from specc.types.tensor import DTYPES, FLOATS, INTEGERS, TensorType, Type

NUMERIC = (*FLOATS, *INTEGERS)


class Elementwise(Function):
    """Computes each element from the element at its place."""

    arguments: tuple[Argument, ...] = (INPUT,)
    takes: tuple[str, ...] = DTYPES
    gives = "same"  # "same": the input's dtype, "float": f32 for whole numbers, else a dtype's name

    def infer(self, use: Use) -> Type:
        x = use.input
        return refuse(use, x.dtype, self.takes) or TensorType(x.shape, self.result_dtype(x.dtype))

    def result_dtype(self, dtype: str) -> str:
        return {"same": dtype, "float": float_of(dtype)}.get(self.gives, self.gives)


def family(doc_of: dict[str, str], takes: tuple[str, ...], gives: str) -> None:
    """Make the functions of one argument that share their dtypes; `doc_of` says what each computes."""
    for name, doc in doc_of.items():
        type(
            name,
            (Elementwise,),
            {
                "__module__": __name__,
                "__doc__": doc,
                "name": name,
                "target": f"torch.{name}",
                "takes": takes,
                "gives": gives,
                "example": f"y = {name}(x)",
            },
        )


family(
    {
        "exp": "The exponential e^x.",
        "exp2": "Two to the power x.",
        "expm1": "e^x - 1, exact for small x.",
        "log": "The natural logarithm.",
        "log2": "The logarithm to base 2.",
        "log10": "The logarithm to base 10.",
        "log1p": "log(1 + x), exact for small x.",
        "sqrt": "The square root.",
        "rsqrt": "One over the square root.",
        "sin": "The sine of an angle in radians.",
        "cos": "The cosine of an angle in radians.",
        "tan": "The tangent of an angle in radians.",
        "asin": "The inverse sine, in radians.",
        "acos": "The inverse cosine, in radians.",
        "atan": "The inverse tangent, in radians.",
        "sinh": "The hyperbolic sine.",
        "cosh": "The hyperbolic cosine.",
        "asinh": "The inverse hyperbolic sine.",
        "acosh": "The inverse hyperbolic cosine.",
        "atanh": "The inverse hyperbolic tangent.",
        "erf": "The error function.",
        "erfc": "One minus the error function.",
        "erfinv": "The inverse of the error function.",
        "lgamma": "The logarithm of the absolute gamma function.",
        "digamma": "The derivative of lgamma.",
        "reciprocal": "1 / x.",
        "sinc": "sin(pi x) / (pi x), 1 at 0.",
        "deg2rad": "Degrees to radians.",
        "rad2deg": "Radians to degrees.",
        "i0": "The modified Bessel function of order 0.",
        "angle": "0 for positive, pi for negative numbers.",
    },
    DTYPES,
    "float",
)

family({
    "abs": "The absolute value.", "ceil": "The smallest whole number not below x.",
    "floor": "The largest whole number not above x.", "trunc": "The whole part, towards zero.",
    "positive": "x itself; for bool an error, as in torch.",
}, NUMERIC, "same")

family({"sign": "-1, 0 or 1 after the sign of x.", "sgn": "The same as sign for real numbers."}, DTYPES, "same")
family({"frac": "What trunc leaves over."}, FLOATS, "same")
family({"bitwise_not": "Every bit flipped; logical not for bool."}, (*INTEGERS, "bool"), "same")

family({
    "isnan": "Whether x is not a number.", "isinf": "Whether x is infinite.", "isfinite": "Whether x is finite.",
    "isposinf": "Whether x is plus infinity.", "isneginf": "Whether x is minus infinity.",
    "logical_not": "Whether x is zero.", "signbit": "Whether x is negative.",
}, DTYPES, "bool")


class Negative(Elementwise):
    """The negative."""

    name = "neg"
    target = "torch.neg"
    takes = NUMERIC
    example = "y = neg(x)"


class Square(Elementwise):
    """x times x; bool becomes i64."""

    name = "square"
    target = "torch.square"
    example = "y = square(x)"

    def result_dtype(self, dtype: str) -> str:
        return "i64" if dtype == "bool" else dtype


class Round(Elementwise):
    """The nearest whole number, halves to even; `decimals` places are kept for floats."""

    name = "round"
    target = "torch.round"
    arguments = (INPUT, Argument("decimals", INT, 0, "places after the point to keep", keyword_only=True))
    takes = NUMERIC
    example = "y = round(x)"

    def infer(self, use: Use) -> Type:
        if "decimals" in use.given and is_integral(use.input.dtype):
            return use.problem(
                "dtype-mismatch", f"{use.title}: decimals needs floats, it is given {use.input.dtype}", "decimals"
            )
        return super().infer(use)


class Logit(Elementwise):
    """The inverse of sigmoid: log(x / (1 - x)); `eps` keeps x within [eps, 1 - eps]."""

    name = "logit"
    target = "torch.logit"
    arguments = (INPUT, Argument("eps", FLOAT_OR_NONE, None, "distance to keep from 0 and 1"))
    gives = "float"
    example = "y = logit(p, 1e-6)"


class NanToNum(Elementwise):
    """Puts numbers in place of not-a-number and the infinities (by default 0 and the largest of the dtype)."""

    name = "nan_to_num"
    target = "torch.nan_to_num"
    arguments = (
        INPUT,
        Argument("nan", FLOAT_OR_NONE, None, "what replaces not-a-number (0)"),
        Argument("posinf", FLOAT_OR_NONE, None, "what replaces infinity"),
        Argument("neginf", FLOAT_OR_NONE, None, "what replaces minus infinity"),
    )
    example = "y = nan_to_num(x)"


for _name, _first in (
    ("absolute", "abs"),
    ("negative", "neg"),
    ("fix", "trunc"),
    ("arcsin", "asin"),
    ("arccos", "acos"),
    ("arctan", "atan"),
):
    _takes, _gives = (NUMERIC, "same") if _name in ("absolute", "negative", "fix") else (DTYPES, "float")
    family({_name: f"The same as {_first}."}, _takes, _gives)
