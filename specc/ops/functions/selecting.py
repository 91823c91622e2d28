"""Functions that pick values by place, or put some in."""

from __future__ import annotations

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, OPERAND, axis_at, fit_problem, refuse, replaced
from specc.ops.indexing import is_negative
from specc.ops.kinds import AXIS, BOOL, NUMBER, TENSOR, Choice, Int
from specc.ops.shapes import broadcast, can_be_at_least
from specc.types.promotion import promote
from specc.types.tensor import FLOATS, INTEGERS, UNKNOWN, Size, TensorType, Type, UnknownType, product, sizes

ALONG = Argument("dim", AXIS, doc="the axis it runs along")
INDEX = Argument("index", TENSOR, doc="places on the axis")
NUMERIC = (*FLOATS, *INTEGERS)
PLACE = Int(symbolic=True)


class Select(Function):
    """The slice at one place of an axis, which goes away."""

    name = "select"
    target = "torch.select"
    arguments = (INPUT, ALONG, Argument("index", PLACE, doc="the place; negative from the end"))
    example = "y = x.select(1, 0)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank == 0:
            return use.problem("rank-mismatch", f"{use.title} takes at least 1 axis, it is given a scalar", "input")
        axis = axis_at(use, use.dim, x.rank)
        if axis is None:
            return UNKNOWN
        size, place = x.shape[axis], use.index
        least = size + place if is_negative(use, place) else size - place - 1
        if not can_be_at_least(use, least, 0):
            return use.problem(
                "index-out-of-range", f"{use.title}: place {place} is outside axis {axis}, which has {size}", "index"
            )
        return x.reshaped((*x.shape[:axis], *x.shape[axis + 1:]))


class Narrow(Function):
    """So many places of an axis, from a start."""

    name = "narrow"
    target = "torch.narrow"
    arguments = (INPUT, ALONG, Argument("start", PLACE, doc="the first place"),
                 Argument("length", Int(symbolic=True), doc="how many places"))
    example = "y = x.narrow(1, 0, 16)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank == 0:
            return use.problem("rank-mismatch", f"{use.title} takes at least 1 axis, it is given a scalar", "input")
        axis = axis_at(use, use.dim, x.rank)
        if axis is None:
            return UNKNOWN
        size, start, length = x.shape[axis], use.start, use.length
        if is_negative(use, start):
            start = start + size
        fits = can_be_at_least(use, start, 0) and can_be_at_least(use, length, 0)
        if not (fits and can_be_at_least(use, size - start - length, 0)):
            return use.problem(
                "index-out-of-range",
                f"{use.title}: {length} places from {start} do not lie in axis {axis}, which has {size}",
                "length",
            )
        return x.reshaped(replaced(x.shape, axis, length))


def index_problem(
    use: Use, index: TensorType, size: Size | None, wanted: tuple[str, ...] = ("i64", "i32")
) -> UnknownType | None:
    """Report an index tensor of a wrong dtype, or whose values are known to go beyond the axis."""
    wrong = refuse(use, index.dtype, wanted, "index")
    high = index.range.high if index.range else None
    if wrong or size is None or not (isinstance(high, int) and isinstance(size, int)) or high <= size:
        return wrong
    return use.problem(
        "index-out-of-range", f"{use.title}: the places go up to {high - 1}, the axis has {size}", "index"
    )


class IndexSelect(Function):
    """The places of an axis that an index names, in its order."""

    name = "index_select"
    target = "torch.index_select"
    arguments = (INPUT, ALONG, INDEX)
    example = "y = x.index_select(1, places)"

    def infer(self, use: Use) -> Type:
        x, index = use.input, use.index
        axis = axis_at(use, use.dim, x.rank)
        if axis is None:
            return UNKNOWN
        if index.rank > 1:
            return use.problem("rank-mismatch", f"{use.title}: the index has {index.rank} axes, it takes 1", "index")
        size = x.shape[axis] if x.shape else 1
        count = index.shape[0] if index.rank else 1
        if x.rank == 0 and not use.same(count, 1):
            return use.problem(
                "index-out-of-range", f"{use.title}: a scalar has one place, the index names {count}", "index"
            )
        if isinstance(size, int) and size == 0 and not use.same(count, 0):
            return use.problem("index-out-of-range", f"{use.title}: axis {axis} is empty", "index")
        return index_problem(use, index, size) or x.reshaped(replaced(x.shape, axis, count))


class Gather(Function):
    """For every place of the index the value it names along the axis."""

    name = "gather"
    target = "torch.gather"
    arguments = (INPUT, ALONG, INDEX)
    example = "y = logits.gather(1, ids.unsqueeze(1))"

    def infer(self, use: Use) -> Type:
        x, index = use.input, use.index
        axis = axis_at(use, use.dim, x.rank)
        if axis is None:
            return UNKNOWN
        problem = index_problem(use, index, x.shape[axis] if x.shape else 1, ("i64", "i32"))
        return problem or self._fit_problem(use, x, index, axis) or x.reshaped(index.shape)

    def _fit_problem(self, use: Use, x: TensorType, index: TensorType, axis: int) -> UnknownType | None:
        if product(index.shape) == 0:
            return None
        return within_problem(use, index, x, axis, "the value")


def within_problem(use: Use, index: TensorType, other: TensorType, axis: int | None, what: str) -> UnknownType | None:
    """Report an index that is larger than a tensor in some axis other than the one it runs along."""
    if max(index.rank, 1) != max(other.rank, 1):
        return use.problem(
            "rank-mismatch", f"{use.title}: the index has {index.rank} axes, {what} has {other.rank}", "index"
        )
    for place, (m, n) in enumerate(zip(index.shape or (1,), other.shape or (1,))):
        if place != axis and use.holds("<=", m, n) is not True:
            return use.problem(
                "index-out-of-range",
                f"{use.title}: the index {sizes(index.shape)} is larger than {what} "
                f"{sizes(other.shape)} in axis {place}",
                "index",
            )
        if place == axis and isinstance(n, int) and n == 0:
            return use.problem("index-out-of-range", f"{use.title}: axis {axis} of {what} is empty", "index")
    return None


class TakeAlongDim(Function):
    """gather whose value and index broadcast in the other axes."""

    name = "take_along_dim"
    target = "torch.take_along_dim"
    arguments = (INPUT, Argument("indices", TENSOR, doc="places on the axis"), ALONG)
    example = "y = take_along_dim(x, places, 1)"

    def infer(self, use: Use) -> Type:
        x, index = use.input, use.indices
        if x.rank != index.rank:
            return use.problem(
                "rank-mismatch", f"{use.title}: the indices have {index.rank} axes, the value has {x.rank}", "indices"
            )
        wrong = refuse(use, index.dtype, ("i64",), "indices")
        axis = axis_at(use, use.dim, x.rank, scalar_has_one=False)
        if wrong or axis is None:
            return UNKNOWN
        shape = broadcast(use, replaced(x.shape, axis, 1), replaced(index.shape, axis, 1))
        if shape is None:
            return use.problem(
                "add-broadcast-mismatch",
                f"{use.title}: {sizes(x.shape)} and {sizes(index.shape)} do not fit together",
                "indices",
            )
        result = replaced(shape, axis, index.shape[axis] if index.shape else 1)
        if product(result) != 0 and x.shape and isinstance(x.shape[axis], int) and x.shape[axis] == 0:
            return use.problem("index-out-of-range", f"{use.title}: axis {axis} is empty", "indices")
        return x.reshaped(result)


class Scatter(Function):
    """A copy of the value in which the places the index names along the axis hold the values of src."""

    name = "scatter"
    target = "torch.scatter"
    arguments: tuple[Argument, ...] = (INPUT, ALONG, INDEX, Argument("src", OPERAND, doc="the values to put in"),)
    example = "y = zeros(N, C).scatter(1, ids, 1.0)"

    def infer(self, use: Use) -> Type:
        x, index = use.input, use.index
        axis = axis_at(use, use.dim, x.rank)
        if axis is None:
            return UNKNOWN
        problem = index_problem(use, index, x.shape[axis] if x.shape else 1, ("i64", "i32")) or self._source_problem(
            use
        )
        return problem or self._fit_problem(use, axis) or x.plain()

    def _source_problem(self, use: Use) -> UnknownType | None:
        src = use.src
        if not (isinstance(src, TensorType) or use.given["src"].positional):
            return use.problem("argument-type", f"{use.title}: a number is given in its place, not as src=", "src")
        if isinstance(src, TensorType) and src.dtype != use.input.dtype:
            return use.problem(
                "dtype-mismatch", f"{use.title}: src is {src.dtype}, the value is {use.input.dtype}", "src"
            )
        return None

    def _fit_problem(self, use: Use, axis: int) -> UnknownType | None:
        if product(use.index.shape) == 0:
            return None
        wrong = within_problem(use, use.index, use.src, None, "src") if isinstance(use.src, TensorType) else None
        return wrong or within_problem(use, use.index, use.input, axis, "the value")


class ScatterAdd(Scatter):
    """A copy of the value with the values of src added at the places the index names along the axis."""

    name = "scatter_add"
    target = "torch.scatter_add"
    arguments = (INPUT, ALONG, INDEX, Argument("src", TENSOR, doc="the values to add"))
    example = "y = zeros(N, C).scatter_add(1, ids, x)"


class IndexAdd(Function):
    """A copy of the value with the slices of source added at the places the index names."""

    name = "index_add"
    target = "torch.index_add"
    arguments = (
        INPUT, ALONG, INDEX,
        Argument("source", TENSOR, doc="the slices to add"),
        Argument("alpha", NUMBER, 1, "a factor", keyword_only=True),
    )
    example = "y = x.index_add(0, places, z)"

    def infer(self, use: Use) -> Type:
        x, index, source = use.input, use.index, use.source
        axis = axis_at(use, use.dim, x.rank, scalar_has_one=False)
        if axis is None:
            return UNKNOWN
        problem = index_problem(use, index, x.shape[axis] if x.shape else 1)
        if problem:
            return problem
        count = index.shape[0] if index.rank else 1
        if isinstance(x.shape[axis], int) and x.shape[axis] == 0 and not use.same(count, 0):
            return use.problem("index-out-of-range", f"{use.title}: axis {axis} is empty", "index")
        wanted = replaced(x.shape, axis, count)
        if (
            index.rank > 1
            or source.dtype != x.dtype
            or source.rank != x.rank
            or not all(map(use.same, source.shape, wanted))
        ):
            return use.problem(
                "index-out-of-range", f"{use.title}: source is {source}, it must be {x.dtype}{sizes(wanted)}", "source"
            )
        return x.plain()


class IndexFill(Function):
    """A copy of the value with one number at the places an index names along an axis."""

    name = "index_fill"
    target = "torch.index_fill"
    arguments = (INPUT, ALONG, INDEX, Argument("value", NUMBER, doc="the number"))
    example = "y = x.index_fill(1, places, 0)"

    def infer(self, use: Use) -> Type:
        x, index = use.input, use.index
        axis = axis_at(use, use.dim, x.rank)
        if axis is None:
            return UNKNOWN
        size = x.shape[axis] if x.shape else 1
        if index.rank > 1:
            return use.problem("rank-mismatch", f"{use.title}: the index has {index.rank} axes, it takes 1", "index")
        if isinstance(size, int) and size == 0 and product(index.shape) != 0:
            return use.problem("index-out-of-range", f"{use.title}: axis {axis} is empty", "index")
        wrong = index_problem(use, index, size, ("i64",)) or fit_problem(use, x.dtype, use.value, "value")
        return wrong or x.plain()


class ScatterReduce(Scatter):
    """A copy of the value with the values of src joined into the places the index names along the axis."""

    name = "scatter_reduce"
    target = "torch.scatter_reduce"
    arguments = (
        INPUT, ALONG, INDEX,
        Argument("src", TENSOR, doc="the values to join in"),
        Argument("reduce", Choice("sum", "prod", "mean", "amax", "amin"), doc="how they are joined"),
        Argument("include_self", BOOL, True, "whether the value itself counts", keyword_only=True),
    )
    example = 'y = zeros(N, C).scatter_reduce(1, ids, x, "amax")'

    def infer(self, use: Use) -> Type:
        wrong = refuse(use, use.input.dtype, NUMERIC) if use.reduce == "mean" else None
        return wrong or super().infer(use)


class Bucketize(Function):
    """For every value the place in a sorted sequence before which it would be put in; i64."""

    name = "bucketize"
    target = "torch.bucketize"
    arguments = (
        INPUT,
        Argument("boundaries", TENSOR, doc="the sorted sequence, one axis"),
        Argument("out_int32", BOOL, False, "whether the places are i32", keyword_only=True),
        Argument("right", BOOL, False, "whether an equal value goes behind", keyword_only=True),
    )
    example = "y = bucketize(x, edges)"

    def infer(self, use: Use) -> Type:
        x, edges = use.input, use.boundaries
        if edges.rank != 1:
            return use.problem(
                "rank-mismatch", f"{use.title}: boundaries have {edges.rank} axes, they must have 1", "boundaries"
            )
        return refuse(use, promote(x, edges), NUMERIC) or TensorType(x.shape, "i32" if use.out_int32 else "i64")
