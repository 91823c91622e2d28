"""Indexing as in torch: `x[:, 0]`, `x[..., ::2]`, `x[:, -n:]`, `x[None]`, `x[ids]`."""

from __future__ import annotations

from typing import Any

from specc.ops.binding import show
from specc.ops.kinds import is_integer
from specc.ops.shapes import broadcast, can_be_at_least
from specc.types.dims import Dim, limits_of, maximum, minimum
from specc.types.tensor import UNKNOWN, Size, TensorType, Type, UnknownType, sizes

INDEX_DTYPES = ("i64", "i32", "u8", "bool")


class Failed(Exception):
    """The index does not fit; the finding has been reported."""


def index_type(use: Any, tensor: TensorType, items: Any) -> Type:
    """The type of `tensor[items]`; problems go to `use` (what of Use it needs: same, holds, facts, problem).

    `items` is a sequence of items, or a single one. An item is an int or symbolic size, a slice of those, Ellipsis,
    None for a new axis, an integer or bool tensor, or a list of ints.
    """
    walk = _Walk(use, tensor)
    try:
        for item in _spread(use, tensor, items):
            walk.take(item)
        return tensor.reshaped(walk.shape())
    except Failed:
        return UNKNOWN


def _spread(use: Any, tensor: TensorType, items: Any) -> list[Any]:
    """The items with Ellipsis written out, and whole slices after them."""
    items = list(items) if isinstance(items, (tuple, list)) else [items]
    dots = [place for place, item in enumerate(items) if item is Ellipsis]
    if len(dots) > 1:
        _fail(use, "index-out-of-range", "an index has `...` at most once")
    used = sum(_axes_taken(item) for item in items)
    if used > tensor.rank:
        _fail(use, "index-out-of-range", f"{used} axes are indexed, {tensor} has {tensor.rank}")
    rest = [slice(None)] * (tensor.rank - used)
    place = dots[0] if dots else len(items)
    return [*items[:place], *rest, *items[place + 1:]]


def _axes_taken(item: Any) -> int:
    if item is None or item is Ellipsis:
        return 0
    return item.rank if isinstance(item, TensorType) and item.dtype in ("bool", "u8") else 1


class _Walk:
    """Goes through the items and the axes side by side, and collects the result's axes."""

    def __init__(self, use: Any, tensor: TensorType) -> None:
        self.use, self.tensor, self.axis = use, tensor, 0
        self.found: list[Size] = []
        self.picks: tuple[Size, ...] = ()  # what the index tensors broadcast to
        self.places: list[int] = []  # where they stand among the axes found

    def take(self, item: Any) -> None:
        if item is None:
            self.found.append(1)
        elif isinstance(item, slice):
            self.found.append(slice_size(self.use, self._next(), item))
        elif isinstance(item, Dim) or is_integer(item):
            self._check_place(item, self._next())
        elif isinstance(item, (TensorType, list)):
            self._pick(item)
        else:
            _fail(self.use, "argument-type", f"{show(item)} cannot be an index")

    def shape(self) -> tuple[Size, ...]:
        """The axes found, with those of the index tensors in their place: in front where they do not stand together."""
        if not self.places:
            return tuple(self.found)
        together = self.places[-1] - self.places[0] == 0
        place = self.places[0] if together else 0
        return (*self.found[:place], *self.picks, *self.found[place:])

    def _next(self) -> Size:
        self.axis += 1
        return self.tensor.shape[self.axis - 1]

    def _check_place(self, place: Size, size: Size) -> None:
        """An index counts from 0, or from -1 backwards from the end."""
        if is_negative(self.use, place):
            fits = can_be_at_least(self.use, size + place, 0)
        else:
            fits = can_be_at_least(self.use, size - place, 1)
        if not fits:
            _fail(self.use, "index-out-of-range",
                  f"index {place} is outside axis {self.axis - 1} of {self.tensor}, which has {size}")

    def _pick(self, item: Any) -> None:
        """An index tensor: one integer for each value wanted."""
        if isinstance(item, list):
            size = self._next()
            for place in item:
                if not isinstance(place, Dim) and not is_integer(place):
                    _fail(self.use, "argument-type", f"{show(place)} cannot be an index")
                self._check_place(place, size)
            item = TensorType((len(item),), "i64")
        else:
            self._check_tensor(item)
        if item.rank == 0:
            return
        joined = broadcast(self.use, self.picks, item.shape)
        if joined is None:
            _fail(self.use, "add-broadcast-mismatch",
                  f"the indices {sizes(self.picks)} and {sizes(item.shape)} do not fit together")
        self.picks = joined or ()
        self.places.append(len(self.found))

    def _check_tensor(self, item: TensorType) -> None:
        if item.dtype not in INDEX_DTYPES and (item.rank or item.is_float):
            _fail(self.use, "dtype-mismatch", f"an index is i64 or i32, not {item.dtype}")
        if item.dtype in ("bool", "u8"):
            _fail(self.use, "symbolic-size", "how many values a mask picks is known only at run time",
                  "where(mask, x, 0) or masked_fill keep the shape")
        size = self._next()
        if isinstance(size, int) and size == 0 and 0 not in item.shape:
            _fail(self.use, "index-out-of-range", f"axis {self.axis - 1} of {self.tensor} is empty")
        high = item.range.high if item.range else None
        if isinstance(size, int) and isinstance(high, int) and high > size:
            _fail(self.use, "index-out-of-range", f"the indices go up to {high - 1}, axis {self.axis - 1} has {size}")


def slice_size(use: Any, size: Size, item: slice) -> Size:
    """How many values a slice takes of an axis: as Python, ends beyond the axis are moved to it."""
    step = 1 if item.step is None else item.step
    if isinstance(step, Dim) or not is_integer(step) or step < 1:
        _fail(use, "argument-domain", f"the step of a slice is a number of at least 1, not {step}")
    for end in (item.start, item.stop):
        if not (end is None or isinstance(end, Dim) or is_integer(end)):
            _fail(use, "argument-type", f"an end of a slice is an integer, not {end}")
    return -(-_span(use, size, item.start, item.stop) // step)


def _span(use: Any, size: Size, start: Size | None, stop: Size | None) -> Size:
    """How many values lie between the two ends of a slice."""
    if start is not None and is_negative(use, start):
        if stop is None:
            return smaller(use, -start, size)
        start = larger(use, size + start, 0)
    if stop is None:
        stop = size
    elif is_negative(use, stop):
        stop = size + stop
    else:
        stop = smaller(use, stop, size)
    return larger(use, stop - (start or 0), 0)  # a start beyond the axis needs no care: it is beyond the stop as well


def is_negative(use: Any, place: Size) -> bool:
    """Whether a place counts from the end. A symbolic one that may be either is assumed not to."""
    if isinstance(place, int):
        return place < 0
    high = limits_of(place)[1]
    if high is not None and high < 0 or use.holds("<", place, 0) is True:
        return True
    can_be_at_least(use, place, 0)
    return False


def smaller(use: Any, a: Size, b: Size) -> Size:
    """The smaller of two sizes, decided by the facts where they decide it."""
    if use.holds("<=", a, b) is True:
        return a
    return b if use.holds(">=", a, b) is True else minimum(a, b)


def larger(use: Any, a: Size, b: Size) -> Size:
    """The larger of two sizes, decided by the facts where they decide it."""
    if use.holds(">=", a, b) is True:
        return a
    return b if use.holds("<=", a, b) is True else maximum(a, b)


def _fail(use: Any, name: str, headline: str, *helps: str) -> UnknownType:
    use.problem(name, headline, helps=helps)
    raise Failed
