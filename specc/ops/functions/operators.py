"""The operators of the language on tensors: the same rules as the functions, either operand may be a number."""

from __future__ import annotations

from specc.ops.base import REQUIRED, Argument, Function
from specc.ops.functions.arithmetic import Add, Div, FloorDivide, Mul, Pow, Remainder, Sub
from specc.ops.functions.common import OPERAND
from specc.ops.functions.comparison import Eq, Ge, Gt, Le, Lt, Ne
from specc.ops.functions.elementwise import Negative
from specc.ops.functions.linalg import Matmul


def _operator(symbol: str, base: type[Function], target: str) -> Function:
    """The operation of a symbol: `target` is Python's function of the operator, in the place of torch's."""
    arguments = tuple(
        Argument(a.name, OPERAND, doc=a.doc) for a in base.arguments if a.default is REQUIRED)
    made = type(base.__name__, (base,), {"__module__": __name__, "arguments": arguments})()
    made.name, made.target = symbol, f"operator.{target}"
    return made


OPERATORS: dict[str, Function] = {
    symbol: _operator(symbol, base, target) for symbol, base, target in (
        ("+", Add, "add"), ("-", Sub, "sub"), ("*", Mul, "mul"), ("/", Div, "truediv"), ("//", FloorDivide, "floordiv"),
        ("%", Remainder, "mod"), ("**", Pow, "pow"), ("@", Matmul, "matmul"), ("<", Lt, "lt"), ("<=", Le, "le"),
        (">", Gt, "gt"), (">=", Ge, "ge"), ("==", Eq, "eq"), ("!=", Ne, "ne"), ("neg", Negative, "neg"))
}
