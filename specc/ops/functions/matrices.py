"""Norms, distances and functions of square matrices."""

from __future__ import annotations

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, axes_at, axis_at, refuse, without
from specc.ops.kinds import AXES, AXIS, BOOL, FLOAT, INT, TENSOR, Choice, Either, Float, Optional
from specc.ops.shapes import broadcast
from specc.types.promotion import is_integral
from specc.types.tensor import FLOATS, INTEGERS, UNKNOWN, Size, TensorType, Type, UnknownType, product

SINGLE = ("f32", "f64")
NUMERIC = (*FLOATS, *INTEGERS)


class Square(Function):
    """A function of square matrices in the last two axes."""

    arguments: tuple[Argument, ...] = (INPUT,)
    takes: tuple[str, ...] = SINGLE

    def infer(self, use: Use) -> Type:
        return self.matrix_problem(use, use.input) or self.result(use, use.input)

    def matrix_problem(self, use: Use, x: TensorType) -> UnknownType | None:
        if x.rank < 2:
            return use.problem("rank-mismatch", f"{use.title} takes matrices, it is given {x}", self.arguments[0].name)
        if not use.same(x.shape[-1], x.shape[-2]):
            return use.problem(
                "matmul-mismatch", f"{use.title} takes square matrices, it is given {x}", self.arguments[0].name
            )
        return refuse(use, x.dtype, self.takes, self.arguments[0].name)

    def result(self, use: Use, x: TensorType) -> Type:
        return x


class Inverse(Square):
    """The inverse of a square matrix; a matrix without one stops the run."""

    name = "inverse"
    target = "torch.inverse"
    example = "y = inverse(a)"


class MatrixExp(Square):
    """The exponential of a square matrix."""

    name = "matrix_exp"
    target = "torch.matrix_exp"
    takes = FLOATS
    example = "y = matrix_exp(a)"


class Det(Square):
    """The determinant."""

    name = "det"
    target = "torch.det"
    example = "d = det(a)"

    def result(self, use: Use, x: TensorType) -> Type:
        return TensorType(x.shape[:-2], x.dtype)


class Logdet(Det):
    """The logarithm of the determinant; not a number where that is negative."""

    name = "logdet"
    target = "torch.logdet"
    example = "d = logdet(a)"


class Slogdet(Det):
    """The sign of the determinant, and the logarithm of its size."""

    name = "slogdet"
    target = "torch.slogdet"
    example = "s, d = slogdet(a)"

    def result(self, use: Use, x: TensorType) -> Type:
        return (TensorType(x.shape[:-2], x.dtype),) * 2


class MatrixPower(Square):
    """A square matrix multiplied with itself n times; the inverse for negative n."""

    name = "matrix_power"
    target = "torch.matrix_power"
    arguments = (INPUT, Argument("n", INT, doc="the power"))
    takes = NUMERIC
    example = "y = matrix_power(a, 2)"

    def result(self, use: Use, x: TensorType) -> Type:
        return (refuse(use, x.dtype, SINGLE) if use.n < 0 else None) or x.plain()


class Solve(Square):
    """The X with A X = B, for square matrices A."""

    name = "solve"
    target = "torch.linalg.solve"
    arguments = (Argument("A", TENSOR, doc="square matrices"), Argument("B", TENSOR, doc="right sides: matrices"))
    example = "x = solve(a, b)"

    def infer(self, use: Use) -> Type:
        a, b = use.A, use.B
        wrong = self.matrix_problem(use, a)
        if wrong:
            return wrong
        if b.dtype != a.dtype:
            return use.problem("dtype-mismatch", f"{use.title}: A is {a.dtype}, B is {b.dtype}", "B")
        if b.rank == 1 or b.rank == a.rank - 1 and all(map(use.same, b.shape, a.shape[:-1])):
            return self._vectors(use, a, b)
        if b.rank == a.rank - 1 and not any(use.holds("!=", m, n) is True for m, n in zip(b.shape, a.shape)):
            text = f"{use.title}: whether {b} is one vector for each matrix of {a} depends on the sizes"
            return use.problem("symbolic-size", text, "B")
        batch = broadcast(use, a.shape[:-2], b.shape[:-2]) if b.rank >= 2 else None
        if batch is None or not use.same(a.shape[-1], b.shape[-2]):
            return use.problem(
                "matmul-mismatch", f"{use.title}: A is {a} and B {b}: B must be matrices of as many rows as A", "B"
            )
        return TensorType((*batch, *b.shape[-2:]), a.dtype)


    def _vectors(self, use: Use, a: TensorType, b: TensorType) -> Type:
        """B as one vector for each matrix."""
        if not use.same(a.shape[-1], b.shape[-1]):
            return use.problem("matmul-mismatch", f"{use.title}: A is {a}, B has {b.shape[-1]} values", "B")
        return TensorType(a.shape[:-1], a.dtype)


class Cholesky(Square):
    """The lower triangular L with L L^T = A, for symmetric positive definite A."""

    name = "cholesky"
    target = "torch.linalg.cholesky"
    arguments = (INPUT, Argument("upper", BOOL, False, "whether the upper triangle is given", keyword_only=True))
    example = "l = cholesky(a)"


class Pinverse(Function):
    """The pseudo-inverse of a matrix."""

    name = "pinverse"
    target = "torch.pinverse"
    arguments = (
        INPUT,
        Argument("rcond", FLOAT, 1e-15, "singular values below it, relative to the largest, count as 0"),
    )
    example = "y = pinverse(a)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank < 2:
            return use.problem("rank-mismatch", f"{use.title} takes matrices, it is given {x}", "input")
        return refuse(use, x.dtype, SINGLE) or TensorType((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype)


class Trace(Function):
    """The sum of the diagonal of a matrix; whole numbers as i64."""

    name = "trace"
    target = "torch.trace"
    arguments = (INPUT,)
    example = "y = trace(a)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank != 2:
            return use.problem("rank-mismatch", f"{use.title} takes a matrix, it is given {x}", "input")
        return refuse(use, x.dtype, NUMERIC) or TensorType((), "i64" if is_integral(x.dtype) else x.dtype)


class Norm(Function):
    """The p-norm over one or several axes, or of all values."""

    name = "norm"
    target = "torch.norm"
    arguments = (
        INPUT,
        Argument("p", Either(Choice("fro"), FLOAT), "fro", "which norm: 2 and fro the root of the sum of squares"),
        Argument("dim", Optional(AXES), None, "the axis or axes to take out; all for none"),
        Argument("keepdim", BOOL, False, "whether they stay, with size 1"),
    )
    example = "length = norm(x, dim=1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        wrong = refuse(use, x.dtype)
        axes = axes_at(use, use.dim, x.rank)
        if wrong or axes is None:
            return UNKNOWN
        p = use.values.get("p", 2)
        if p == "fro" and use.dim not in (None, (), []) and len(axes) > 2:
            return use.problem(
                "argument-domain", f"{use.title}: the Frobenius norm is of 1 or 2 axes, not {len(axes)}", "dim"
            )
        empty = any(isinstance(x.shape[axis], int) and x.shape[axis] == 0 for axis in axes if x.shape)
        if empty and not isinstance(p, str) and (p < 0 or p == float("inf")):
            return use.problem("argument-domain", f"{use.title}: an empty axis has no norm with p = {p}", "p")
        return TensorType(without(x.shape, axes, use.keepdim), self.dtype(use))

    def dtype(self, use: Use) -> str:
        return use.input.dtype


class VectorNorm(Norm):
    """The p-norm of the values along one or several axes, or of all, as of one vector."""

    name = "vector_norm"
    target = "torch.linalg.vector_norm"
    arguments = (
        Argument("x", TENSOR, doc="the value it is applied to"),
        Argument("ord", FLOAT, 2, "which norm"),
        *Norm.arguments[2:],
    )
    example = "length = vector_norm(x, dim=1)"

    def infer(self, use: Use) -> Type:
        x = use.x
        wrong = refuse(use, x.dtype, FLOATS, "x")
        axes = axes_at(use, use.dim, x.rank)
        if wrong or axes is None:
            return UNKNOWN
        empty = any(isinstance(x.shape[axis], int) and x.shape[axis] == 0 for axis in axes if x.shape)
        if empty and (use.ord < 0 or use.ord == float("inf")):
            return use.problem("argument-domain", f"{use.title}: an empty axis has no norm with ord = {use.ord}", "ord")
        return TensorType(without(x.shape, axes, use.keepdim), x.dtype)


class Normalize(Function):
    """The value divided by its p-norm along an axis."""

    name = "normalize"
    target = "torch.nn.functional.normalize"
    arguments = (
        INPUT,
        Argument("p", FLOAT, 2.0, "which norm"),
        Argument("dim", AXIS, 1, "the axis"),
        Argument("eps", FLOAT, 1e-12, "the least norm it divides by"),
    )
    example = "y = normalize(x, dim=-1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        axis = axis_at(use, use.dim, x.rank)
        if axis is None:
            return UNKNOWN
        empty = x.shape and isinstance(x.shape[axis], int) and x.shape[axis] == 0
        if empty and (use.p < 0 or use.p == float("inf")):
            return use.problem("argument-domain", f"{use.title}: an empty axis has no norm with p = {use.p}", "p")
        return refuse(use, x.dtype) or x


class Cdist(Function):
    """The p-distance of every row of x1 to every row of x2: [..., n, d] and [..., m, d] give [..., n, m]."""

    name = "cdist"
    target = "torch.cdist"
    arguments = (
        Argument("x1", TENSOR, doc="rows"),
        Argument("x2", TENSOR, doc="rows"),
        Argument("p", Float(0), 2.0, "which norm of the difference"),
    )
    example = "d = cdist(a, b)"

    def infer(self, use: Use) -> Type:
        a, b = use.x1, use.x2
        if a.rank < 2 or b.rank < 2:
            return use.problem("rank-mismatch", f"{use.title} takes at least 2 axes each, it is given {a} and {b}")
        batch = broadcast(use, a.shape[:-2], b.shape[:-2])
        if batch is None or not use.same(a.shape[-1], b.shape[-1]):
            return use.problem("matmul-mismatch", f"{use.title}: the rows of {a} and {b} do not fit together", "x2")
        if a.dtype != b.dtype:
            return use.problem("dtype-mismatch", f"{use.title}: x1 is {a.dtype}, x2 is {b.dtype}", "x2")
        return refuse(use, a.dtype, SINGLE, "x1") or TensorType((*batch, a.shape[-2], b.shape[-2]), a.dtype)

    def multiply_adds(self, use: Use, output: Type) -> Size:
        return product(output.shape) * use.x1.shape[-1] if isinstance(output, TensorType) else 0


class Pdist(Function):
    """The p-distances of all pairs of rows: [n, d] gives [n * (n - 1) // 2]."""

    name = "pdist"
    target = "torch.nn.functional.pdist"
    arguments = (
        Argument("input", TENSOR, doc="rows"),
        Argument("p", Float(0), 2.0, "which norm of the difference"),
    )
    example = "d = pdist(x)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank != 2:
            return use.problem("rank-mismatch", f"{use.title} takes [n, d], it is given {x}", "input")
        rows = x.shape[0]
        return refuse(use, x.dtype, SINGLE) or x.plain().reshaped((rows * (rows - 1) // 2,))

    def multiply_adds(self, use: Use, output: Type) -> Size:
        return product(output.shape) * use.input.shape[-1] if isinstance(output, TensorType) else 0
