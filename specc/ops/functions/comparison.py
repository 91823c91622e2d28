"""Comparisons, logic and extremes of two operands."""

from __future__ import annotations

from specc.ops.base import Argument
from specc.ops.functions.arithmetic import WHOLE, Binary, Div, Mul, Sub
from specc.ops.functions.common import INPUT, OPERAND
from specc.ops.kinds import TENSOR
from specc.types.tensor import DTYPES, FLOATS, INTEGERS

OTHER = Argument("other", OPERAND, doc="the second operand")
OTHER_TENSOR = Argument("other", TENSOR, doc="the second operand")
NUMERIC = (*FLOATS, *INTEGERS)


class Lt(Binary):
    """Whether input < other."""

    name = "lt"
    target = "torch.lt"
    gives = "bool"
    example = "mask = lt(a, b)"


class Le(Binary):
    """Whether input <= other."""

    name = "le"
    target = "torch.le"
    gives = "bool"
    example = "mask = le(a, b)"


class Gt(Binary):
    """Whether input > other."""

    name = "gt"
    target = "torch.gt"
    gives = "bool"
    example = "mask = gt(a, b)"


class Ge(Binary):
    """Whether input >= other."""

    name = "ge"
    target = "torch.ge"
    gives = "bool"
    example = "mask = ge(a, b)"


class Eq(Binary):
    """Whether input equals other."""

    name = "eq"
    target = "torch.eq"
    gives = "bool"
    example = "mask = eq(a, b)"


class Ne(Binary):
    """Whether input differs from other."""

    name = "ne"
    target = "torch.ne"
    gives = "bool"
    example = "mask = ne(a, b)"


class PairOfTensors(Binary):
    """A function whose second operand may not be a number."""

    arguments = (INPUT, OTHER_TENSOR)


def family(doc_of: dict[str, str], takes: tuple[str, ...], gives: str, base: type[Binary] = PairOfTensors) -> None:
    """Make the functions of two operands that share their dtypes; `doc_of` says what each computes."""
    for name, doc in doc_of.items():
        type(name, (base,), {"__module__": __name__, "__doc__": doc, "name": name, "target": f"torch.{name}",
                             "takes": takes, "gives": gives, "example": f"y = {name}(a, b)"})


family({
    "maximum": "The larger of both.", "minimum": "The smaller of both.",
    "fmax": "The larger of both, a number where one is not a number.",
    "fmin": "The smaller of both, a number where one is not a number.",
}, DTYPES, "same")
family({
    "logical_and": "Whether both are not 0.", "logical_or": "Whether one of them is not 0.",
    "logical_xor": "Whether exactly one of them is not 0.",
}, DTYPES, "bool")
family({"hypot": "The square root of a^2 + b^2.", "logaddexp": "log(e^a + e^b), exact.",
        "logaddexp2": "log2(2^a + 2^b), exact."}, FLOATS, "same")
family({"atan2": "The angle of the point (b, a), in radians."}, DTYPES, "float")
family(
    {
        "bitwise_and": "The bits set in both; logical and for bool.",
        "bitwise_or": "The bits set in one of them; logical or for bool.",
        "bitwise_xor": "The bits set in exactly one of them; logical xor for bool.",
    },
    WHOLE,
    "same",
    Binary,
)
family(
    {"bitwise_left_shift": "a times 2^b.", "bitwise_right_shift": "a divided by 2^b, rounded down."},
    INTEGERS,
    "same",
    Binary,
)
family({"gcd": "The greatest common divisor.", "lcm": "The least common multiple."}, INTEGERS, "same")
family({"copysign": "The size of a with the sign of b."}, DTYPES, "float", Binary)
family({"fmod": "The remainder of a / b, with the sign of a."}, NUMERIC, "same", Binary)


class TrueDivide(Div):
    """div without a rounding."""

    name = "div"
    arguments = Div.arguments[:2]


def alias(name: str, base: type[Binary]) -> None:
    """Make the second name torch has for a function."""
    doc = f"The same as {base.name}."
    type(name, (base,), {"__module__": __name__, "__doc__": doc, "name": name, "target": f"torch.{name}",
                         "example": f"y = {name}(a, b)"})


for _name, _base in (
    ("subtract", Sub),
    ("multiply", Mul),
    ("divide", Div),
    ("true_divide", TrueDivide),
    ("less", Lt),
    ("less_equal", Le),
    ("greater", Gt),
    ("greater_equal", Ge),
    ("not_equal", Ne),
):
    alias(_name, _base)
