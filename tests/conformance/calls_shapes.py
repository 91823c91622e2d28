"""Calls of functions that join, move, repeat and pick values."""

from __future__ import annotations

from specc.types.tensor import TensorType
from tests.conformance.drawing import MAKERS, Call, Draw, maker


def joined(draw: Draw) -> Call:
    """Tensors that differ in one axis at most."""
    axis = draw.axis()
    parts = [draw.tensor() if draw.chance(0.1) else draw.tensor(draw.shape) for _ in range(draw.rng.randint(1, 3))]
    if draw.shape and -len(draw.shape) <= axis < len(draw.shape):
        place = axis % len(draw.shape)
        parts = [x.reshaped((*x.shape[:place], draw.rng.randint(0, 3), *x.shape[place + 1:])) if draw.chance(0.5) else x
                 for x in parts]
    return [tuple(parts), axis] if draw.chance(0.8) else [tuple(parts)], {}


for _name in ("cat", "concat"):
    MAKERS[_name] = joined


for _name in ("hstack", "vstack"):
    MAKERS[_name] = lambda draw: ([joined(draw)[0][0]], {})


@maker("meshgrid")
def crossed(draw: Draw) -> Call:
    vectors = [TensorType((draw.rng.randint(0, 3),) if draw.chance(0.9) else (), draw.dtype) for _ in range(3)]
    count = draw.rng.randint(1, 3)
    kwargs = {"indexing": draw.rng.choice(("ij", "xy"))} if draw.chance(0.5) else {}
    return vectors[:count] if draw.chance(0.7) else [tuple(vectors[:count])], kwargs


@maker("reshape_as", "view_as")
def like_another(draw: Draw) -> Call:
    sizes = tuple(abs(size) for size in draw.sizes())
    return [draw.tensor(draw.shape), draw.tensor(sizes)], {}


@maker("tensordot")
def contracted(draw: Draw) -> Call:
    count = draw.rng.randint(0, min(2, len(draw.shape)))
    other = draw.tensor((*draw.shape[len(draw.shape) - count:], draw.rng.randint(1, 3)))
    return [draw.tensor(draw.shape), other, count if draw.chance(0.9) else draw.rng.randint(0, 3)], {}


@maker("expand", "broadcast_to")
def stretched(draw: Draw) -> Call:
    wanted = [draw.rng.choice((size, size, -1, 3)) if size != 1 else draw.rng.choice((1, 2, -1)) for size in draw.shape]
    front = [draw.rng.choice((1, 2, 3, -1, 0)) for _ in range(draw.rng.choice((0, 0, 1)))]
    return [draw.tensor(draw.shape), tuple(front + wanted)], {}


@maker("repeat", "tile")
def copied(draw: Draw) -> Call:
    counts = [
        draw.rng.choice((1, 1, 2, 3, 0)) for _ in range(max(len(draw.shape) + draw.rng.choice((0, 0, 0, 1, -1)), 0))
    ]
    return [draw.tensor(draw.shape), tuple(counts)], {}


@maker("unflatten")
def split_up(draw: Draw) -> Call:
    factors = [draw.rng.choice((1, 2, 3)) for _ in range(draw.rng.randint(1, 3))]
    product = 1
    for factor in factors:
        product *= factor
    wanted = [-1 if place == draw.rng.randint(0, 4) else factor for place, factor in enumerate(factors)]
    place = draw.rng.randint(0, len(draw.shape))
    return [draw.tensor((*draw.shape[:place], product, *draw.shape[place:])), place, tuple(wanted)], {}


@maker("permute")
def reordered(draw: Draw) -> Call:
    order = list(range(len(draw.shape)))
    draw.rng.shuffle(order)
    return [draw.tensor(draw.shape), tuple(axis - len(order) if draw.chance(0.2) else axis for axis in order)], {}


@maker("movedim", "moveaxis")
def moved(draw: Draw) -> Call:
    count = draw.rng.randint(0, min(len(draw.shape), 2))
    if draw.chance(0.4):
        return [draw.tensor(draw.shape), draw.axis(), draw.axis()], {}
    axes = range(len(draw.shape))
    return [draw.tensor(draw.shape), tuple(draw.rng.sample(axes, count)), tuple(draw.rng.sample(axes, count))], {}


def index_for(draw: Draw, axis: int) -> TensorType:
    """An index at most as large as the base shape, except along an axis."""
    shape = [draw.rng.randint(0 if draw.chance(0.1) else min(size, 1), size) for size in draw.shape]
    if 0 <= axis < len(shape) and draw.chance(0.7):
        shape[axis] = draw.rng.randint(0, 6)
    return TensorType(tuple(shape), draw.rng.choice(("i64", "i64", "i64", "i32", "u8", "f32")))


@maker("gather")
def gathered(draw: Draw) -> Call:
    axis = draw.axis()
    return [draw.tensor(draw.shape), axis, index_for(draw, axis)], {}


@maker("take_along_dim")
def taken(draw: Draw) -> Call:
    axis = draw.axis()
    return [draw.tensor(draw.shape), index_for(draw, axis), axis], {}


@maker("scatter", "scatter_add")
def scattered(draw: Draw) -> Call:
    axis = draw.axis()
    index = index_for(draw, axis)
    src = draw.tensor([size + draw.rng.choice((0, 0, 1)) for size in index.shape])
    return [draw.tensor(draw.shape), axis, index, draw.rng.choice((1, 0.5, True)) if draw.chance(0.3) else src], {}


@maker("scatter_reduce")
def scattered_jointly(draw: Draw) -> Call:
    (x, axis, index, _), _ = scattered(draw)
    src = draw.tensor(index.shape)
    return [x, axis, index, src, draw.rng.choice(("sum", "prod", "mean", "amax", "amin"))], {}


@maker("index_fill")
def filled(draw: Draw) -> Call:
    return [*selected(draw)[0], draw.rng.choice((0, 1.5, True, -1))], {}


@maker("index_select")
def selected(draw: Draw) -> Call:
    axis, count = draw.axis(), draw.rng.randint(0, 4)
    index = TensorType((count,) if draw.chance(0.8) else (), draw.rng.choice(("i64", "i64", "i32", "f32")))
    return [draw.tensor(draw.shape), axis, index], {}


def added(draw: Draw) -> Call:
    (x, axis, index), _ = selected(draw)
    shape = list(x.shape)
    if -len(shape) <= axis < len(shape):
        shape[axis] = index.shape[0] if index.shape else 1
    return [x, axis, index, draw.tensor(shape)], {}


MAKERS["index_add"] = added
