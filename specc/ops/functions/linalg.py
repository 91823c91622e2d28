"""Products of vectors and matrices."""

from __future__ import annotations

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, axes_at, axis_at, refuse
from specc.ops.kinds import AXIS, FLOAT, SIZE, TENSOR, Either, Items
from specc.ops.shapes import broadcast
from specc.types.promotion import promote, promote_dtypes
from specc.types.tensor import FLOATS, INTEGERS, UNKNOWN, Size, TensorType, Type, UnknownType, product, sizes

NUMERIC = (*FLOATS, *INTEGERS)
OTHER = Argument("other", TENSOR, doc="the second operand")


def same_dtype(use: Use, a: TensorType, b: TensorType, at: str = "other") -> UnknownType | None:
    """Report operands of two dtypes: products do not promote."""
    if a.dtype == b.dtype:
        return refuse(use, a.dtype, NUMERIC)
    return use.problem(
        "dtype-mismatch",
        f"{use.title}: the operands are {a.dtype} and {b.dtype}, torch wants one dtype",
        at,
        helps=(f"convert one of them: .to({a.dtype})",),
    )


def inner_problem(use: Use, a: TensorType, b: TensorType, m: Size, n: Size) -> UnknownType:
    return use.problem(
        "matmul-mismatch",
        f"{use.title}: {sizes(a.shape)} and {sizes(b.shape)} do not fit, the inner sizes are {m} and {n}",
    )


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
            return use.problem(
                "matmul-mismatch",
                f"{use.title}: the leading axes of {sizes(a.shape)} and {sizes(b.shape)} do not fit together",
            )
        rows = a.shape[-2:-1] if a.rank > 1 else ()
        columns = b.shape[-1:] if b.rank > 1 else ()
        return TensorType((*batch, *rows, *columns), a.dtype)

    def multiply_adds(self, use: Use, output: Type) -> Size:
        return product(output.shape) * use.input.shape[-1] if isinstance(output, TensorType) else 0


class Product(Function):
    """A product of two operands whose ranks are fixed."""

    arguments: tuple[Argument, ...] = (INPUT, Argument("mat2", TENSOR, doc="the second operand"))
    ranks = (2, 2)

    def operands(self, use: Use) -> tuple[TensorType, TensorType]:
        return use.input, getattr(use, self.arguments[1].name)

    def infer(self, use: Use) -> Type:
        a, b = self.operands(use)
        if (a.rank, b.rank) != self.ranks:
            return use.problem(
                "rank-mismatch", f"{use.title} takes {self.ranks[0]} and {self.ranks[1]} axes, it is given {a} and {b}"
            )
        if not use.same(a.shape[-1], self.inner(b)):
            return inner_problem(use, a, b, a.shape[-1], self.inner(b))
        return (
            self.batch_problem(use, a, b)
            or same_dtype(use, a, b, self.arguments[1].name)
            or TensorType(self.shape(a, b), a.dtype)
        )

    def inner(self, b: TensorType) -> Size:
        return b.shape[-2]

    def shape(self, a: TensorType, b: TensorType) -> tuple[Size, ...]:
        return (*a.shape[:-1], b.shape[-1])

    def batch_problem(self, use: Use, a: TensorType, b: TensorType) -> UnknownType | None:
        """Report leading axes that differ."""
        return None

    def multiply_adds(self, use: Use, output: Type) -> Size:
        return product(output.shape) * use.input.shape[-1] if isinstance(output, TensorType) else 0


class Mm(Product):
    """The product of two matrices."""

    name = "mm"
    target = "torch.mm"
    example = "y = mm(a, b)"


class Bmm(Product):
    """The products of a batch of matrices with another: [B, n, m] and [B, m, p] give [B, n, p]."""

    name = "bmm"
    target = "torch.bmm"
    ranks = (3, 3)
    example = "y = bmm(a, b)"

    def batch_problem(self, use: Use, a: TensorType, b: TensorType) -> UnknownType | None:
        if use.same(a.shape[0], b.shape[0]):
            return None
        return use.problem("matmul-mismatch", f"{use.title}: the batches of {a} and {b} differ")


class Mv(Product):
    """The product of a matrix with a vector."""

    name = "mv"
    target = "torch.mv"
    arguments = (INPUT, Argument("vec", TENSOR, doc="the vector"))
    ranks = (2, 1)
    example = "y = mv(a, v)"

    def inner(self, b: TensorType) -> Size:
        return b.shape[0]

    def shape(self, a: TensorType, b: TensorType) -> tuple[Size, ...]:
        return a.shape[:-1]


class Dot(Mv):
    """The sum of the products of two vectors."""

    name = "dot"
    target = "torch.dot"
    arguments = (INPUT, Argument("tensor", TENSOR, doc="the second vector"))
    ranks = (1, 1)
    example = "y = dot(a, b)"


class Outer(Function):
    """Every product of a value of one vector with a value of the other."""

    name = "outer"
    target = "torch.outer"
    arguments = (INPUT, Argument("vec2", TENSOR, doc="the second vector"))
    example = "y = outer(positions, frequencies)"

    def infer(self, use: Use) -> Type:
        a, b = use.input, use.vec2
        if (a.rank, b.rank) != (1, 1):
            return use.problem("rank-mismatch", f"{use.title} takes two vectors, it is given {a} and {b}")
        return TensorType((*a.shape, *b.shape), promote(a, b))


class Inner(Function):
    """The sums of the products along the last axes of both."""

    name = "inner"
    target = "torch.inner"
    arguments = (INPUT, OTHER)
    example = "y = inner(a, b)"

    def infer(self, use: Use) -> Type:
        a, b = use.input, use.other
        if a.rank == 0 or b.rank == 0:
            return TensorType(a.shape or b.shape, promote(a, b))
        if not use.same(a.shape[-1], b.shape[-1]):
            return inner_problem(use, a, b, a.shape[-1], b.shape[-1])
        return same_dtype(use, a, b) or TensorType((*a.shape[:-1], *b.shape[:-1]), a.dtype)


class Addmm(Function):
    """beta * input + alpha * (mat1 @ mat2)."""

    name = "addmm"
    target = "torch.addmm"
    arguments = (
        INPUT,
        Argument("mat1", TENSOR, doc="the first matrix"),
        Argument("mat2", TENSOR, doc="the second matrix"),
        Argument("beta", FLOAT, 1, "factor of the input", keyword_only=True),
        Argument("alpha", FLOAT, 1, "factor of the product", keyword_only=True),
    )
    rank = 2
    names = ("mat1", "mat2")
    example = "y = addmm(bias, x, w)"

    def infer(self, use: Use) -> Type:
        x, (a, b) = use.input, (getattr(use, name) for name in self.names)
        if a.rank != self.rank or b.rank != self.rank:
            return use.problem(
                "rank-mismatch", f"{use.title} multiplies {self.rank} axes each, it is given {a} and {b}"
            )
        if not use.same(a.shape[-1], b.shape[-2]) or not all(map(use.same, a.shape[:-2], b.shape[:-2])):
            return inner_problem(use, a, b, a.shape[-1], b.shape[-2])
        shape = (*a.shape[:-1], b.shape[-1])
        joined = broadcast(use, x.shape, shape)
        if joined is None or len(joined) != len(shape) or not all(map(use.same, joined, shape)):
            return use.problem(
                "add-broadcast-mismatch", f"{use.title}: {x} does not stretch to {sizes(shape)}", "input"
            )
        return (
            same_dtype(use, a, b, self.names[1])
            or same_dtype(use, a, x, "input")
            or self._factors(use)
            or TensorType(shape, a.dtype)
        )

    def _factors(self, use: Use) -> UnknownType | None:
        """Whole numbers are not multiplied by fractions."""
        if use.input.is_float or isinstance(use.beta, int) and isinstance(use.alpha, int):
            return None
        return use.problem("argument-type", f"{use.title}: alpha and beta must be whole for {use.input.dtype}", "alpha")


class Baddbmm(Addmm):
    """beta * input + alpha * (batch1 @ batch2), for batches of matrices."""

    name = "baddbmm"
    target = "torch.baddbmm"
    arguments = (
        INPUT,
        Argument("batch1", TENSOR, doc="the first batch"),
        Argument("batch2", TENSOR, doc="the second batch"),
        *Addmm.arguments[3:],
    )
    rank = 3
    names = ("batch1", "batch2")
    example = "y = baddbmm(bias, q, k)"


class Cross(Function):
    """The cross product of vectors of 3 along an axis."""

    name = "cross"
    target = "torch.linalg.cross"
    arguments = (INPUT, OTHER, Argument("dim", AXIS, -1, "the axis of the 3 coordinates", keyword_only=True))
    example = "n = cross(a, b)"

    def infer(self, use: Use) -> Type:
        a, b = use.input, use.other
        if a.rank != b.rank:
            return use.problem("rank-mismatch", f"{use.title} takes two values of one rank, it is given {a} and {b}")
        axis = axis_at(use, use.dim, a.rank)
        shape = broadcast(use, a.shape, b.shape)
        if axis is None:
            return UNKNOWN
        if shape is None or a.rank == 0 or not (use.same(a.shape[axis], 3) and use.same(b.shape[axis], 3)):
            return use.problem(
                "matmul-mismatch", f"{use.title}: {a} and {b} must fit together and have 3 in axis {use.dim}"
            )
        return same_dtype(use, a, b) or TensorType(shape, a.dtype)


class Kron(Function):
    """The Kronecker product."""

    name = "kron"
    target = "torch.kron"
    arguments = (INPUT, OTHER)
    example = "y = kron(a, b)"

    def infer(self, use: Use) -> Type:
        a, b = use.input, use.other
        rank = max(a.rank, b.rank)
        left, right = ((1,) * (rank - x.rank) + x.shape for x in (a, b))
        return TensorType(tuple(m * n for m, n in zip(left, right)), promote_dtypes(a.dtype, b.dtype))


class Tensordot(Function):
    """The sums of products over axes of both: the last of one with the first of the other, or those named."""

    name = "tensordot"
    target = "torch.tensordot"
    arguments = (
        Argument("a", TENSOR, doc="the first operand"),
        Argument("b", TENSOR, doc="the second operand"),
        Argument("dims", Either(SIZE, Items(Items(AXIS), 2)), 2, "how many axes, or the axes of both: ((1,), (0,))"),
    )
    example = "y = tensordot(a, b, 1)"

    def infer(self, use: Use) -> Type:
        a, b, dims = use.a, use.b, use.dims
        if isinstance(dims, int):
            if dims > min(a.rank, b.rank):
                return use.problem(
                    "rank-mismatch", f"{use.title} sums over {dims} axes, it is given {a} and {b}", "dims"
                )
            left, right = tuple(range(a.rank - dims, a.rank)), tuple(range(dims))
        else:
            if not (a.rank and b.rank) and any(dims):
                return use.problem("rank-mismatch", f"{use.title} sums over axes of {a} and {b}", "dims")
            found = [axes_at(use, dim, x.rank, "dims", False) for dim, x in zip(dims, (a, b))]
            if found[0] is None or found[1] is None:
                return UNKNOWN
            left, right = found[0], found[1]
        for m, n in zip(left, right):
            if not use.same(a.shape[m], b.shape[n]):
                return inner_problem(use, a, b, a.shape[m], b.shape[n])
        if len(left) != len(right):
            return use.problem(
                "argument-domain", f"{use.title}: {len(left)} axes of one, {len(right)} of the other", "dims"
            )
        rest = [size for axis, size in enumerate(a.shape) if axis not in left]
        rest += [size for axis, size in enumerate(b.shape) if axis not in right]
        return same_dtype(use, a, b, "b") or TensorType(tuple(rest), a.dtype)
