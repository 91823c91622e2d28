"""Products of vectors and matrices."""

from __future__ import annotations

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, refuse
from specc.ops.kinds import TENSOR
from specc.ops.shapes import broadcast
from specc.types.tensor import FLOATS, INTEGERS, Size, TensorType, Type, UnknownType, product, sizes

NUMERIC = (*FLOATS, *INTEGERS)
OTHER = Argument("other", TENSOR, doc="the second operand")


def same_dtype(use: Use, a: TensorType, b: TensorType, at: str = "other") -> UnknownType | None:
    """Report operands of two dtypes: products do not promote."""
    if a.dtype == b.dtype:
        return refuse(use, a.dtype, NUMERIC)
    return use.problem("dtype-mismatch", f"{use.title}: the operands are {a.dtype} and {b.dtype}, torch wants one dtype", at,
                       helps=(f"convert one of them: .to({a.dtype})",))


def inner_problem(use: Use, a: TensorType, b: TensorType, m: Size, n: Size) -> UnknownType:
    return use.problem("matmul-mismatch",
                       f"{use.title}: {sizes(a.shape)} and {sizes(b.shape)} do not fit, the inner sizes are {m} and {n}")


class Matmul(Function):
    """The matrix product of the last two axes; the axes before them broadcast, a vector acts as a row or column."""

    name = "matmul"
    target = "torch.matmul"
    arguments = (INPUT, OTHER)
    example = "y = matmul(a, b)"

    def infer(self, use: Use) -> Type:
        a, b = use.input, use.other
        if not (isinstance(a, TensorType) and isinstance(b, TensorType)):
            return use.problem("argument-type", f"{use.title} takes two tensors, not a number")
        if a.rank == 0 or b.rank == 0:
            return use.problem("rank-mismatch", f"{use.title} is given {a} and {b}, it takes no scalars")
        inner = b.shape[-2] if b.rank > 1 else b.shape[0]
        if not use.same(a.shape[-1], inner):
            return inner_problem(use, a, b, a.shape[-1], inner)
        return same_dtype(use, a, b) or self._result(use, a, b)

    def _result(self, use: Use, a: TensorType, b: TensorType) -> Type:
        batch = broadcast(use, a.shape[:-2], b.shape[:-2])
        if batch is None:
            return use.problem("matmul-mismatch", f"{use.title}: the leading axes of {sizes(a.shape)} and {sizes(b.shape)} "
                                                  "do not fit together")
        rows = a.shape[-2:-1] if a.rank > 1 else ()
        columns = b.shape[-1:] if b.rank > 1 else ()
        return TensorType((*batch, *rows, *columns), a.dtype)

    def multiply_adds(self, use: Use, output: Type) -> Size:
        return product(output.shape) * use.input.shape[-1] if isinstance(output, TensorType) else 0
