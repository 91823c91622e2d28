"""Functions that make a value after another one, or draw one: zeros_like, randint, linspace, one_hot, ..."""

from __future__ import annotations

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, NUMBER, fit_problem, refuse
from specc.ops.functions.creation import PLACE, REAL, SIZE, TO, Creation, size_problem
from specc.ops.kinds import BOOL, DIM, FLOAT, SHAPE, Either, Int
from specc.ops.shapes import can_be_at_least
from specc.types.tensor import DTYPES, FLOATS, INTEGERS, UNKNOWN, TensorType, Type

NUMERIC = (*FLOATS, *INTEGERS)


class Like(Function):
    """Makes a value of the sizes and (unless told otherwise) the dtype of another one."""

    arguments: tuple[Argument, ...] = (Argument("input", INPUT.kind, doc="the value whose sizes are taken"), TO, PLACE)
    takes: tuple[str, ...] = DTYPES

    def infer(self, use: Use) -> Type:
        dtype = use.dtype.name if use.dtype else use.input.dtype
        wrong = refuse(use, dtype, self.takes) or fit_problem(use, dtype, use.values.get("fill_value", 0), "fill_value")
        return wrong or TensorType(use.input.shape, dtype)


class ZerosLike(Like):
    """All zeros."""

    name = "zeros_like"
    target = "torch.zeros_like"
    example = "h = zeros_like(x)"


class OnesLike(Like):
    """All ones."""

    name = "ones_like"
    target = "torch.ones_like"
    example = "y = ones_like(x)"


class EmptyLike(Like):
    """Memory as it is found: write to it before reading."""

    name = "empty_like"
    target = "torch.empty_like"
    example = "y = empty_like(x)"


class RandLike(Like):
    """Random numbers spread evenly over 0 to 1."""

    name = "rand_like"
    target = "torch.rand_like"
    takes = FLOATS
    example = "y = rand_like(x)"


class RandnLike(Like):
    """Random numbers of the standard normal distribution."""

    name = "randn_like"
    target = "torch.randn_like"
    takes = FLOATS
    example = "noise = randn_like(x)"


class FullLike(Like):
    """All one number."""

    name = "full_like"
    target = "torch.full_like"
    arguments = (Like.arguments[0], Argument("fill_value", NUMBER, doc="the number"), TO, PLACE)
    example = "y = full_like(x, 0.9)"


class NewZeros(Creation):
    """All zeros, of the dtype of another value."""

    name = "new_zeros"
    target = "torch.Tensor.new_zeros"
    arguments = (Argument("input", INPUT.kind, doc="the value whose dtype is taken"), SIZE, TO, PLACE)
    example = "h = x.new_zeros(2, 64)"

    def dtype(self, use: Use) -> str:
        return use.dtype.name if use.dtype else use.input.dtype


class NewOnes(NewZeros):
    """All ones, of the dtype of another value."""

    name = "new_ones"
    target = "torch.Tensor.new_ones"
    example = "y = x.new_ones(2, 64)"


class Randint(Creation):
    """Random whole numbers from low up to high, high not included; i64."""

    name = "randint"
    target = "torch.randint"
    arguments = (
        Argument(
            "low", Int(symbolic=True), doc="the least; left out it is 0, and the number after the greatest comes first"
        ),
        Argument("high", Either(Int(symbolic=True), SHAPE), doc="the number after the greatest"),
        Argument("size", SHAPE, None, doc="the sizes, as a tuple"),
        TO,
        PLACE,
    )
    example = "ids = randint(0, 10, (N,))"

    def infer(self, use: Use) -> Type:
        low, high, size = use.low, use.high, use.size
        if isinstance(high, (tuple, list)):
            if size is not None or not use.given["high"].positional:
                return use.problem("argument-type", f"{use.title}: high must be an integer", "high")
            low, high, size = 0, low, high
        if size is None:
            return use.problem("missing-argument", f"{use.title} needs size")
        if use.holds("<", low, high) is not True:
            return use.problem("argument-domain", f"{use.title}: low {low} is not below high {high}", "low")
        dtype = self.dtype(use)
        if dtype == "bool":
            return use.problem("dtype-mismatch", f"{use.title} makes numbers, not bool", "dtype")
        if dtype == "u8" and isinstance(low, int) and low < 0:
            return use.problem("argument-domain", f"{use.title}: u8 holds no {low}", "low")
        from specc.types.ranges import Range

        values = Range(low, high) if dtype in INTEGERS else None
        return size_problem(use, size) or TensorType(tuple(size), dtype, values)

    def dtype(self, use: Use) -> str:
        return use.dtype.name if use.dtype else "i64"


class Randperm(Function):
    """The numbers 0 to n - 1 in random order; i64."""

    name = "randperm"
    target = "torch.randperm"
    arguments = (Argument("n", DIM, doc="how many"), TO, PLACE)
    example = "order = randperm(N)"

    def infer(self, use: Use) -> Type:
        dtype = use.dtype.name if use.dtype else "i64"
        if dtype == "bool":
            return use.problem("dtype-mismatch", f"{use.title} makes numbers, not bool", "dtype")
        from specc.types.ranges import below

        return TensorType((use.n,), dtype, below(use.n) if dtype in INTEGERS else None)


class Linspace(Function):
    """So many numbers from start to end, both included, at equal distances."""

    name = "linspace"
    target = "torch.linspace"
    arguments: tuple[Argument, ...] = (
        Argument("start", REAL, doc="the first number"),
        Argument("end", REAL, doc="the last number"),
        Argument("steps", DIM, doc="how many"),
        TO, PLACE,
    )
    example = "t = linspace(0, 1, 100)"

    def infer(self, use: Use) -> Type:
        dtype = use.dtype.name if use.dtype else "f32"
        if dtype == "bool" and use.steps != 1:
            return use.problem("dtype-mismatch", f"{use.title} makes numbers, not bool", "dtype")
        ends = (("start", use.start), ("end", use.end)) if self.name == "linspace" else ()
        looked_at = use.steps if isinstance(use.steps, int) else 2  # torch looks at no more ends than it makes numbers
        for name, end in ends[:looked_at]:
            if fit_problem(use, dtype, end, name):
                return UNKNOWN
        return TensorType((use.steps,), dtype)


class Logspace(Linspace):
    """base to the power of so many numbers from start to end, both included."""

    name = "logspace"
    target = "torch.logspace"
    arguments = (*Linspace.arguments[:3], Argument("base", FLOAT, 10.0, "the base"), TO, PLACE)
    example = "t = logspace(-3, 0, 10)"


class Eye(Function):
    """Ones on the diagonal of a matrix of n rows, zeros elsewhere."""

    name = "eye"
    target = "torch.eye"
    arguments = (
        Argument("n", DIM, doc="rows"),
        Argument("m", DIM, None, "columns; as many as rows if left out"),
        TO,
        PLACE,
    )
    example = "i = eye(4)"

    def infer(self, use: Use) -> Type:
        columns = use.n if use.m is None else use.m
        return TensorType((use.n, columns), use.dtype.name if use.dtype else "f32")


class OneHot(Function):
    """For every id a row of zeros with a one at its place; i64, the classes in a new last axis."""

    name = "one_hot"
    target = "torch.nn.functional.one_hot"
    arguments = (
        Argument("input", INPUT.kind, doc="class ids, i64"),
        Argument("num_classes", DIM, doc="the number of classes (torch's -1 would depend on the values)"),
    )
    example = "y = one_hot(ids, 10)"

    def infer(self, use: Use) -> Type:
        x, count = use.input, use.num_classes
        wrong = refuse(use, x.dtype, ("i64",), "input")
        if wrong:
            return wrong
        if isinstance(count, int) and count < 1:
            return use.problem(
                "argument-domain", f"{use.title}: num_classes must be at least 1, not {count}", "num_classes"
            )
        high = x.range.high if x.range else None
        if isinstance(high, int) and isinstance(count, int) and high > count:
            return use.problem(
                "index-out-of-range",
                f"{use.title}: the ids go up to {high - 1}, there are {count} classes",
                "num_classes",
            )
        from specc.types.ranges import below

        return TensorType((*x.shape, count), "i64", below(2))


class Bernoulli(Function):
    """Draws 0 or 1 with the probability each value gives."""

    name = "bernoulli"
    target = "torch.bernoulli"
    arguments = (Argument("input", INPUT.kind, doc="probabilities"),)
    example = "mask = bernoulli(p)"

    def infer(self, use: Use) -> Type:
        return refuse(use, use.input.dtype) or use.input.plain()


class Multinomial(Function):
    """Draws places along the last axis with the probabilities given there (they need not sum to 1); i64."""

    name = "multinomial"
    target = "torch.multinomial"
    arguments = (
        Argument("input", INPUT.kind, doc="weights, one or two axes"),
        Argument("num_samples", Int(1), doc="how many draws"),
        Argument("replacement", BOOL, False, "whether a place may be drawn again"),
    )
    example = "ids = multinomial(p, 1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        wrong = refuse(use, x.dtype)
        if wrong:
            return wrong
        if x.rank not in (1, 2):
            return use.problem("rank-mismatch", f"{use.title} takes 1 or 2 axes, it is given {x}", "input")
        count = x.shape[-1]
        least = 1 if use.replacement else use.num_samples
        if not can_be_at_least(use, count, least):
            return use.problem(
                "index-out-of-range", f"{use.title}: {use.num_samples} draws from {count} places", "num_samples"
            )
        from specc.types.ranges import below

        return TensorType((*x.shape[:-1], use.num_samples), "i64", below(count))
