"""Random calls of functions: tensors that are related to one another, and arguments drawn from their kinds."""

from __future__ import annotations

from random import Random
from typing import Any, Callable

from specc.ops.base import REQUIRED, Argument, Operation
from specc.ops.functions.pooling import Twin
from specc.ops.kinds import (
    Bool,
    Choice,
    Dtype,
    Either,
    Float,
    Int,
    Items,
    Kind,
    NoneOnly,
    Number,
    Optional,
    Sizes,
    Tensor,
    Text,
)
from specc.ops.registry import all_operations
from specc.types.tensor import DTYPES, FLOATS, DType, TensorType
from tests.conformance import cases_layers
from tests.conformance.tables import Open, Stricter

Call = tuple[list[Any], dict[str, Any]]


class Draw:
    """One random call in the making: a base shape and dtype that its tensors mostly share."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.shape = tuple(
            rng.choice((0, 1, 1, 2, 2, 3, 4, 5, 6)) for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 3, 4, 4, 5)))
        )
        self.dtype = rng.choice(("f32", "f32", "f32", "f32", rng.choice(DTYPES)))

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def tensor(self, shape: Any = None, dtype: str | None = None) -> TensorType:
        """A tensor of the shape given, or of one related to the base shape."""
        if shape is None:
            shape = self.shape if self.chance(0.6) else self.related()
        return TensorType(tuple(shape), dtype or (self.dtype if self.chance(0.9) else self.rng.choice(DTYPES)))

    def related(self) -> tuple[int, ...]:
        """The base shape with an axis made 1 or changed, axes cut off in front, or put before."""
        shape, rng = list(self.shape), self.rng
        if shape and self.chance(0.5):
            shape[rng.randrange(len(shape))] = rng.choice((1, 1, 2, 3))
        if shape and self.chance(0.3):
            shape = shape[rng.randrange(len(shape)) :]
        if self.chance(0.1):
            shape = [rng.choice((1, 2, 3)), *shape]
        return tuple(shape)

    def axis(self) -> int:
        rank = len(self.shape)
        return self.rng.randint(-rank - 1, rank) if self.chance(0.2) or not rank else self.rng.randint(-rank, rank - 1)

    def sizes(self) -> tuple[int, ...]:
        """Sizes that hold as many values as the base shape, mostly."""
        rng, found = self.rng, list(self.shape)
        rng.shuffle(found)
        while len(found) > 1 and self.chance(0.4):
            place = rng.randrange(len(found) - 1)
            found[place : place + 2] = [found[place] * found[place + 1]]
        if found and self.chance(0.4):
            found[rng.randrange(len(found))] = -1
        if self.chance(0.15):
            found.insert(rng.randint(0, len(found)), rng.choice((1, 1, -1, 2, -2, 0)))
        return tuple(found)


def sample(draw: Draw, argument: Argument, kind: Kind) -> Any:
    """A value of a kind, mostly."""
    rng = draw.rng
    if isinstance(kind, Optional):
        return None if draw.chance(0.3) else sample(draw, argument, kind.inner)
    if isinstance(kind, Either):
        return sample(draw, argument, rng.choice(kind.kinds))
    if isinstance(kind, Items):
        count = rng.randint(0, 4) if kind.count is None else kind.count
        return (
            draw.sizes() if "size" in argument.name else tuple(sample(draw, argument, kind.inner) for _ in range(count))
        )
    if isinstance(kind, Sizes):
        item = Int(kind.item.low)
        return (
            tuple(sample(draw, argument, item) for _ in range(kind.count))
            if draw.chance(0.4)
            else sample(draw, argument, item)
        )
    return _sample_plain(draw, argument, kind)


def _sample_plain(draw: Draw, argument: Argument, kind: Kind) -> Any:
    rng = draw.rng
    if isinstance(kind, Tensor):
        return draw.tensor()
    if isinstance(kind, Int):
        if kind.low is None and ("dim" in argument.name or "axis" in argument.name):
            return draw.axis()
        low = -3 if kind.low is None else kind.low
        return rng.randint(
            low - (1 if draw.chance(0.05) else 0), kind.high if kind.high is not None else max(low + 4, 3)
        )
    if isinstance(kind, Float):
        return rng.choice((0.0, 0.1, 0.25, 0.5, 1.0, 1, 2, 2.0, -1.0, 3.5))
    if isinstance(kind, Number):
        return rng.choice((0, 1, 2, 3, -1, 0.5, 2.0, True, -0.5))
    if isinstance(kind, Bool):
        return draw.chance(0.5)
    if isinstance(kind, Choice):
        return rng.choice(kind.choices) if draw.chance(0.95) else "other"
    return {Dtype: DType(rng.choice(DTYPES)), Text: "text", NoneOnly: None}.get(type(kind))


def any_call(operation: Operation, rng: Random) -> Call:
    """A random call: required arguments, some of the optional ones, in torch's order or by name."""
    draw = Draw(rng)
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    positional = True
    for argument in operation.arguments:
        if isinstance(argument.kind, NoneOnly):
            positional = False
            continue
        if argument.default is not REQUIRED and draw.chance(0.55):
            positional = False
            continue
        value = sample(draw, argument, argument.kind)
        positional = (
            positional and not argument.keyword_only and draw.chance(0.85 if argument.default is not REQUIRED else 1)
        )
        if positional:
            args.append(value)
        else:
            kwargs[argument.name] = value
    return args, kwargs


Maker = Callable[[Draw], Call]
MAKERS: dict[str, Maker] = {}


def maker(*names: str) -> Callable[[Maker], Maker]:
    """Say how the calls of some functions are drawn where the kinds alone would seldom give a legal one."""

    def register(made: Maker) -> Maker:
        for name in names:
            MAKERS[name] = made
        return made

    return register


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


@maker("expand", "broadcast_to")
def stretched(draw: Draw) -> Call:
    wanted = [draw.rng.choice((size, size, -1, 3)) if size != 1 else draw.rng.choice((1, 2, -1)) for size in draw.shape]
    front = [draw.rng.choice((1, 2, 3, -1, 0)) for _ in range(draw.rng.choice((0, 0, 1)))]
    return [draw.tensor(draw.shape), tuple(front + wanted)], {}


@maker("repeat", "tile")
def copied(draw: Draw) -> Call:
    counts = [draw.rng.choice((1, 1, 2, 3, 0)) for _ in range(max(len(draw.shape) + draw.rng.choice((0, 0, 0, 1, -1)), 0))]
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


@maker("einsum")
def summed(draw: Draw) -> Call:
    letters = "abcdA"
    known = {letter: draw.rng.choice((1, 2, 3, 4, 0)) for letter in letters}
    parts, operands = [], []
    for _ in range(draw.rng.choice((1, 2, 2, 2, 3))):
        names = [draw.rng.choice(letters) for _ in range(draw.rng.randint(0, 3))]
        shape = [1 if draw.chance(0.05) else 3 if draw.chance(0.02) else known[name] for name in names]
        if draw.chance(0.2):
            place, dots = draw.rng.randint(0, len(names)), draw.shape[:draw.rng.randint(0, 2)]
            names.insert(place, "...")
            shape[place:place] = dots
        parts.append("".join(names))
        operands.append(draw.tensor(shape))
    equation = ",".join(parts)
    if draw.chance(0.7):
        equation += "->" + "".join(draw.rng.sample(letters, draw.rng.randint(0, 2))) + draw.rng.choice(("", "", "..."))
    return [equation, *operands], {}


def product_of(*shapes: Any) -> Maker:
    """Two (or more) operands whose shapes are given in letters that mostly stand for one size each."""
    def made(draw: Draw) -> Call:
        known = {letter: draw.rng.choice((1, 2, 3, 4, 0)) for letter in "bnmpB"}
        operands = []
        for letters in shapes:
            shape = [draw.rng.choice((1, 2, 3)) if draw.chance(0.05) else known[letter] for letter in letters]
            operands.append(draw.tensor(shape[1:] if draw.chance(0.05) else shape))
        return operands, {}
    return made


MAKERS |= {
    "mm": product_of("nm", "mp"), "bmm": product_of("bnm", "bmp"), "mv": product_of("nm", "m"), "dot": product_of("n", "n"),
    "matmul": product_of("bnm", "bmp"), "inner": product_of("nm", "pm"), "outer": product_of("n", "m"),
    "addmm": product_of("np", "nm", "mp"), "baddbmm": product_of("bnp", "bnm", "bmp"), "cdist": product_of("bnm", "bpm"),
    "solve": product_of("bnn", "bnp"), "inverse": product_of("bnn"), "det": product_of("bnn"), "logdet": product_of("nn"),
    "slogdet": product_of("bnn"), "matrix_exp": product_of("bnn"), "trace": product_of("nm"), "pinverse": product_of("nm"),
}


@maker("matrix_power")
def powered(draw: Draw) -> Call:
    return [*product_of("bnn")(draw)[0], draw.rng.randint(-2, 4)], {}


@maker("cross")
def crossed(draw: Draw) -> Call:
    axis = draw.axis()
    shape = list(draw.shape)
    if -len(shape) <= axis < len(shape):
        shape[axis] = 3
    return [draw.tensor(shape), draw.tensor(shape)], {"dim": axis}


def weighted(spatial: int, transposed: bool) -> Maker:
    """Calls of convolutions with given weights."""
    def made(draw: Draw) -> Call:
        rng = draw.rng
        groups, dtype = rng.choice((1, 1, 1, 2, 3)), rng.choice(("f32", "f32", "f32", "f64", "bf16", "i64", "u8"))
        inside, outside = rng.randint(1, 3), rng.randint(1, 3)
        leading = (inside * groups, outside) if transposed else (outside * groups, inside)
        weight = TensorType((*leading, *(rng.randint(1, 3) for _ in range(spatial))), dtype)
        batch = () if draw.chance(0.2) else (rng.choice((1, 2, 0)),)
        x = TensorType((*batch, inside * groups, *(rng.randint(1, 6) for _ in range(spatial))), dtype)
        biases = outside * groups
        options = {"stride": rng.randint(1, 3), "padding": rng.choice((0, 1, 2, "same", "valid")), "dilation": rng.randint(1, 2),
                   "bias": TensorType((biases if draw.chance(0.9) else 1,), dtype), "output_padding": rng.randint(0, 2)}
        kwargs = {name: value for name, value in options.items() if draw.chance(0.35)}
        if not transposed:
            kwargs.pop("output_padding", None)
        elif isinstance(kwargs.get("padding"), str):
            del kwargs["padding"]
        return [x, weight], {**kwargs, **({"groups": groups} if groups > 1 else {})}
    return made


for _spatial in (1, 2, 3):
    MAKERS[f"conv{_spatial}d"] = weighted(_spatial, False)
    MAKERS[f"conv_transpose{_spatial}d"] = weighted(_spatial, True)


@maker("linear")
def affine(draw: Draw) -> Call:
    inside, outside = draw.rng.randint(0, 4), draw.rng.randint(0, 4)
    weight = draw.tensor((outside, inside) if draw.chance(0.8) else (inside,))
    x = draw.tensor((*draw.shape[:-1], inside))
    return [x, weight, *([draw.tensor((outside,))] if draw.chance(0.5) else [])], {}


@maker("bilinear")
def two_affine(draw: Draw) -> Call:
    first, second, outside = (draw.rng.randint(1, 4) for _ in range(3))
    lead = draw.shape[:-1]
    return [draw.tensor((*lead, first)), draw.tensor((*lead, second)), draw.tensor((outside, first, second)),
            *([draw.tensor((outside,))] if draw.chance(0.5) else [])], {}


@maker("layer_norm", "rms_norm")
def normed(draw: Draw) -> Call:
    wanted = draw.shape[-draw.rng.randint(1, 2):]
    kwargs = {name: draw.tensor(wanted) for name in ("weight",) if draw.chance(0.4)}
    return [draw.tensor(draw.shape), wanted], kwargs


@maker("group_norm")
def grouped(draw: Draw) -> Call:
    groups = draw.rng.randint(1, 3)
    channels = groups * draw.rng.randint(1, 3)
    x = draw.tensor((draw.rng.randint(0, 2), channels, *draw.shape[2:]))
    return [x, groups], {name: draw.tensor((channels,)) for name in ("weight", "bias") if draw.chance(0.4)}


@maker("batch_norm")
def batch_normed(draw: Draw) -> Call:
    x = draw.tensor((draw.rng.randint(1, 3), *draw.shape[1:]) if draw.shape else (2, 3))
    channels = x.shape[1] if x.rank > 1 else 1
    stats = [draw.tensor((channels,)) if draw.chance(0.8) else None for _ in range(2)]
    kwargs = {name: draw.tensor((channels,)) for name in ("weight", "bias") if draw.chance(0.4)}
    return [x, *stats], {**kwargs, **({"training": draw.chance(0.7)} if draw.chance(0.6) else {})}


@maker("interpolate")
def enlarged(draw: Draw) -> Call:
    rng = draw.rng
    spatial = rng.randint(1, 3)
    x = draw.tensor((rng.randint(0, 2), rng.randint(1, 3), *(rng.randint(1, 5) for _ in range(spatial))))
    kwargs: dict[str, Any] = {}
    if draw.chance(0.6):
        kwargs["size"] = rng.randint(1, 6) if draw.chance(0.5) else tuple(rng.randint(1, 6) for _ in range(spatial))
    if draw.chance(0.5) and not kwargs or draw.chance(0.05):
        factors = (0.5, 2, 2.0, 1.7, 0.3, 3)
        kwargs["scale_factor"] = rng.choice(factors) if draw.chance(0.5) else tuple(rng.choice(factors) for _ in range(spatial))
    if draw.chance(0.6):
        usual = {1: "linear", 2: rng.choice(("bilinear", "bicubic")), 3: "trilinear"}[spatial]
        kwargs["mode"] = usual if draw.chance(0.6) else rng.choice(("area", "nearest", "nearest-exact", "bilinear"))
    for name in ("align_corners", "recompute_scale_factor", "antialias"):
        if draw.chance(0.15):
            kwargs[name] = draw.chance(0.7)
    return [x], kwargs


@maker("pad")
def padded(draw: Draw) -> Call:
    rng = draw.rng
    spatial = rng.randint(1, 3)
    x = draw.tensor((rng.randint(1, 2), rng.randint(1, 3), *(rng.randint(1, 5) for _ in range(spatial))) if draw.chance(0.7)
                    else draw.shape)
    count = spatial if draw.chance(0.8) else rng.randint(0, 4)
    kwargs: dict[str, Any] = {}
    if draw.chance(0.6):
        kwargs["mode"] = rng.choice(("constant", "reflect", "replicate", "circular"))
    if draw.chance(0.2):
        kwargs["value"] = rng.choice((0, 1.5, None, 2))
    return [x, tuple(rng.choice((0, 1, 1, 2, 3, -1)) for _ in range(2 * count))], kwargs


@maker("grid_sample")
def sampled(draw: Draw) -> Call:
    rng = draw.rng
    spatial, batch = rng.choice((2, 2, 3)), rng.randint(0, 2)
    x = draw.tensor((batch, rng.randint(1, 2), *(rng.randint(0 if draw.chance(0.05) else 1, 4) for _ in range(spatial))))
    grid = draw.tensor((batch, *(rng.randint(0, 3) for _ in range(spatial)), spatial))
    return [x, grid], {"mode": rng.choice(("bilinear", "nearest", "bicubic"))} if draw.chance(0.5) else {}


@maker("affine_grid")
def gridded(draw: Draw) -> Call:
    rng = draw.rng
    space, batch = rng.choice((2, 2, 3)), rng.randint(1, 2)
    size = (batch, rng.randint(0 if draw.chance(0.05) else 1, 3), *(rng.randint(0 if draw.chance(0.05) else 1, 3) for _ in range(space)))
    return [draw.tensor((batch, space, space + 1)), size], {"align_corners": False} if draw.chance(0.5) else {}


@maker("drop_block2d", "drop_block3d")
def dropped(draw: Draw) -> Call:
    shape = draw.shape if draw.chance(0.2) else tuple(draw.rng.randint(1, 6) for _ in range(draw.rng.choice((4, 5))))
    kwargs = {"training": draw.chance(0.6)} if draw.chance(0.5) else {}
    return [draw.tensor(shape), draw.rng.choice((0, 0.1, 0.5, 1.0)), draw.rng.randint(1, 4)], kwargs


def some_boxes(draw: Draw, width: int = 4) -> TensorType:
    return TensorType((draw.rng.randint(0, 3), width), draw.rng.choice((*FLOATS, "f32", "f32", "f32", "i64")))


@maker("box_area")
def boxed(draw: Draw) -> Call:
    return [some_boxes(draw)], {}


@maker("box_convert")
def converted_boxes(draw: Draw) -> Call:
    return [some_boxes(draw), *(draw.rng.choice(("xyxy", "xywh", "cxcywh")) for _ in range(2))], {}


@maker("clip_boxes_to_image")
def clipped_boxes(draw: Draw) -> Call:
    return [some_boxes(draw), (4, 5)], {}


@maker("box_iou", "generalized_box_iou", "distance_box_iou", "complete_box_iou")
def overlapping(draw: Draw) -> Call:
    return [some_boxes(draw), some_boxes(draw)], {}


@maker("generalized_box_iou_loss", "distance_box_iou_loss", "complete_box_iou_loss")
def box_loss(draw: Draw) -> Call:
    a = some_boxes(draw)
    b = TensorType((a.shape[0] if draw.chance(0.8) else 1, 4), some_boxes(draw).dtype)
    return [a, b], {"reduction": draw.rng.choice(("none", "mean", "sum"))} if draw.chance(0.7) else {}


@maker("sigmoid_focal_loss")
def focal(draw: Draw) -> Call:
    return [draw.tensor(), draw.tensor()], {"reduction": draw.rng.choice(("none", "mean", "sum"))} if draw.chance(0.7) else {}


@maker("roi_align", "roi_pool", "ps_roi_align")
def regions(draw: Draw) -> Call:
    rng = draw.rng
    batch, dtype = rng.randint(1, 2), rng.choice(("f32", "f32", "f32", "f64", "f16", "bf16", "i64"))
    x = TensorType((batch, rng.choice((1, 2, 4, 8)), 4, 4), dtype)
    boxes: Any = TensorType((rng.randint(0, 3), 5), dtype)
    if draw.chance(0.3):
        boxes = tuple(TensorType((rng.randint(0, 2), 4), dtype) for _ in range(batch))
    return [x, boxes, rng.randint(1, 3)], {}


def of_layer(operation: Twin, rng: Random) -> tuple[Any, Any, Any]:
    """The function's twin of a call of the layer."""
    args, kwargs, inputs = cases_layers.CASES[operation.layer.name](rng)
    if isinstance(inputs, dict):
        rest = {name: value for name, value in inputs.items() if not isinstance(value, TensorType)}
        return [*(x for x in inputs.values() if isinstance(x, TensorType)), *args], {**kwargs, **rest}, ()
    return [*inputs, *args], kwargs, ()


def case_of(operation: Operation) -> Callable[[Random], tuple[Any, Any, Any]]:
    """The case of a function for the harness."""

    def case(rng: Random) -> tuple[Any, Any, Any]:
        if isinstance(operation, Twin):
            return of_layer(operation, rng)
        made = MAKERS.get(operation.name)
        args, kwargs = made(Draw(rng)) if made else any_call(operation, rng)
        return args, kwargs, ()

    return case


CASES = {
    operation.name: case_of(operation)
    for operation in all_operations()
    if operation.kind == "function" and ".functions." in type(operation).__module__
}

def is_empty(call: Any) -> bool:
    """Whether a tensor of the call holds no value, or is made with a size of 0."""
    values = [*call.args, *call.kwargs.values()]
    parts = [part for value in values for part in (value if type(value) in (tuple, list) else (value,))]
    return any(0 in part.shape if isinstance(part, TensorType) else part == 0 for part in parts)


def has_no_tensor(call: Any) -> bool:
    return not any(isinstance(value, TensorType) for value in (*call.args, *call.kwargs.values()))


BOXES = "documented as [N, 4] of floats"
DTYPE_LATE = "torch looks at the dtype only when there is a value to compute with"
STRICTER = {
    "lp_pool?d.input dtype-mismatch": Stricter("torch takes whole numbers for some powers only"),
    "max_unpool?d.padding *": Stricter("torch gives a tensor without values, or takes a negative padding"),
    "adaptive_avg_pool?d. rank-mismatch": Stricter("documented for a batch or a single sample only"),
    "max_unpool?d.kernel_size *": Stricter("torch takes an empty window, which undoes no pool"),
    "max_unpool?d.stride *": Stricter("torch takes a backward step, which undoes no pool"),
    **{name: Stricter("torch looks no further at a tensor without values; a spec's sizes are at least 1", is_empty)
       for name in ("*pool?d.*", "pixel_*", "local_response_norm.*", "pad.*", "conv*", "fold.*", "unfold.*", "interpolate.*",
                    "grid_sample.*", "affine_grid.*", "*_norm.*")},
    "* dtype-mismatch": Stricter(DTYPE_LATE, is_empty),
    "* ids-into-float-layer": Stricter(DTYPE_LATE, is_empty),
    "* division-by-zero": Stricter("torch divides only when there is a value", is_empty),
    "m??.dim argument-type": Stricter("torch takes a tensor without axes for a number"),
    "cum*.dtype dtype-mismatch": Stricter("torch computes nothing for a scalar, and takes bool there"),
    "index_add.index index-out-of-range": Stricter("torch adds nothing to a tensor without values", is_empty),
    "interpolate.scale_factor kernel-exceeds-input": Stricter("torch gives a tensor without values"),
    "expand.size argument-domain": Stricter("torch gives a tensor of negative size"),
    "broadcast_to.size argument-domain": Stricter("torch gives a tensor of negative size"),
    "lerp.input dtype-mismatch": Stricter("torch takes whole numbers with a scalar weight only"),
    "diff.dim dim-out-of-range": Stricter("torch looks at the axis only where there is something to do"),
    "*roi_*.input rank-mismatch": Stricter("documented for maps [N, C, H, W]"),
    "c*t.dim dim-out-of-range": Stricter("torch takes any axis where only empty tensors are joined", is_empty),
    "logsumexp.dim argument-domain": Stricter("torch takes dim=() for some shapes only"),
    "repeat.repeats argument-domain": Stricter("torch takes a negative number of copies of nothing", is_empty),
    "tile.dims argument-domain": Stricter("torch takes a negative number of copies of nothing", is_empty),
    "index_add.dim dim-out-of-range": Stricter("a scalar has no axis to add along, though torch takes single slices"),
    "max_unpool?d. ids-into-float-layer": Stricter("torch takes whole numbers where the result is empty"),
    "einsum.* dtype-mismatch": Stricter("torch's own result for other dtypes depends on the order of its sums"),
    "matrix_power.input dtype-mismatch": Stricter("torch multiplies no bool, but takes it where there is nothing to multiply"),
    "T.input rank-mismatch": Stricter("deprecated in torch for more than 2 axes"),
    "pad.pad pad-too-large": Stricter("all there is along an axis is cut off"),
    "conv*.input dtype-mismatch": Stricter("torch convolves whole numbers with some arguments only"),
    "conv_transpose?d.padding kernel-exceeds-input": Stricter("torch gives a tensor without values"),
    "affine_grid.theta dtype-mismatch": Stricter("torch takes half precision for some sizes only"),
    "rms_norm.weight float-precision-mismatch": Stricter("torch converts the weight where the layer would not"),
    "linear.bias argument-domain": Stricter("torch takes any bias where there are no outputs", is_empty),
    "*box*.box* dtype-mismatch": Stricter(BOXES),
    "*box*.box* rank-mismatch": Stricter(BOXES),
    "drop_block?d.*": Stricter("documented for floats; torch passes anything on where nothing is dropped"),
    "stochastic_depth.input dtype-mismatch": Stricter("a branch has floats; torch takes others where all is dropped"),
    "*box_iou_loss.boxes2 loss-broadcast": Stricter("torch pairs every box with one box, as no loss should"),
    "*roi_*.output_size *": Stricter("torch gives a tensor without values"),
    "*roi_*.boxes *": Stricter("documented as [K, 5], or one [L, 4] for each sample"),
    "*. argument-type": Stricter("a function of numbers alone is computed when the spec is checked", has_no_tensor),
}

OPEN = {
    "logspace: without overflow": Open("depends on the numbers it comes to"),
    "*: c10::Half without overflow|c10::BFloat16 without overflow": Open("a number too large for half precision"),
    "*: singular|not positive-definite": Open("depends on the values of a matrix"),
    "*: unbound method TensorBase|takes no keyword": Open("a method's value is always written first"),
    "*: ZeroDivisionError": Open("depends on the values of an integer tensor"),
}
