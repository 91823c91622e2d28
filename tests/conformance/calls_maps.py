"""Calls of products, of functions of maps, and of torchvision's."""

from __future__ import annotations

from typing import Any

from specc.types.tensor import FLOATS, TensorType
from tests.conformance.drawing import MAKERS, Call, Draw, Maker, maker
from tests.conformance.window_calls import fractional_pool


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
    "mm": product_of("nm", "mp"),
    "bmm": product_of("bnm", "bmp"),
    "mv": product_of("nm", "m"),
    "dot": product_of("n", "n"),
    "matmul": product_of("bnm", "bmp"),
    "inner": product_of("nm", "pm"),
    "outer": product_of("n", "m"),
    "addmm": product_of("np", "nm", "mp"),
    "baddbmm": product_of("bnp", "bnm", "bmp"),
    "cdist": product_of("bnm", "bpm"),
    "solve": product_of("bnn", "bnp"),
    "inverse": product_of("bnn"),
    "det": product_of("bnn"),
    "logdet": product_of("nn"),
    "slogdet": product_of("bnn"),
    "matrix_exp": product_of("bnn"),
    "trace": product_of("nm"),
    "pinverse": product_of("nm"),
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
        groups, dtype = rng.choice((1, 1, 1, 2, 3)), rng.choice((*["f32"] * 12, "f64", "bf16", "i64", "u8"))
        inside, outside = rng.randint(1, 3), rng.randint(1, 3)
        leading = (inside * groups, outside) if transposed else (outside * groups, inside)
        weight = TensorType((*leading, *(rng.randint(1, 3) for _ in range(spatial))), dtype)
        batch = () if draw.chance(0.2) else (0 if draw.chance(0.05) else rng.randint(1, 3),)
        x = TensorType((*batch, inside * groups, *(rng.randint(1, 6) for _ in range(spatial))), dtype)
        biases = outside * groups
        options = {
            "stride": rng.randint(1, 3),
            "padding": rng.choice((0, 1, 2, "same", "valid")),
            "dilation": rng.randint(1, 2),
            "bias": TensorType((biases if draw.chance(0.9) else 1,), dtype),
            "output_padding": rng.randint(0, 2),
        }
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


@maker("instance_norm")
def instance_normed(draw: Draw) -> Call:
    map_of = [draw.rng.randint(1, 4) for _ in range(draw.rng.randint(0, 3))]
    x = draw.tensor((draw.rng.randint(0, 3), draw.rng.randint(1, 3), *map_of) if draw.chance(0.9) else draw.shape)
    channels = x.shape[1] if x.rank > 1 else 1
    given = draw.chance(0.4)
    stats = [draw.tensor((channels,)) if given != draw.chance(0.05) else None for _ in range(2)]
    kwargs = {name: draw.tensor((channels,)) for name in ("weight", "bias") if draw.chance(0.4)}
    return [x, *stats], {**kwargs, **({"use_input_stats": draw.chance(0.6)} if draw.chance(0.5) else {})}


@maker("pdist")
def rows_apart(draw: Draw) -> Call:
    x = draw.tensor((draw.rng.randint(0, 5), draw.rng.randint(0, 4)) if draw.chance(0.9) else draw.shape)
    return [x], {"p": draw.rng.choice((0.0, 1.0, 1.5, 2.0, float("inf")))} if draw.chance(0.5) else {}


@maker("fractional_max_pool2d")
def fractional2d(draw: Draw) -> Call:
    return fractional(draw, 2)


@maker("fractional_max_pool3d")
def fractional3d(draw: Draw) -> Call:
    return fractional(draw, 3)


def fractional(draw: Draw, spatial: int) -> Call:
    args, kwargs, inputs = fractional_pool(spatial)(draw.rng)
    return [*inputs, *args], kwargs


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
        kwargs["scale_factor"] = (
            rng.choice(factors) if draw.chance(0.5) else tuple(rng.choice(factors) for _ in range(spatial))
        )
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
    x = draw.tensor(
        (rng.randint(1, 2), rng.randint(1, 3), *(rng.randint(1, 5) for _ in range(spatial)))
        if draw.chance(0.7)
        else draw.shape
    )
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
    x = draw.tensor(
        (batch, rng.randint(1, 2), *(rng.randint(0 if draw.chance(0.05) else 1, 4) for _ in range(spatial)))
    )
    grid = draw.tensor((batch, *(rng.randint(0, 3) for _ in range(spatial)), spatial))
    return [x, grid], {"mode": rng.choice(("bilinear", "nearest", "bicubic"))} if draw.chance(0.5) else {}


@maker("affine_grid")
def gridded(draw: Draw) -> Call:
    rng = draw.rng
    space, batch = rng.choice((2, 2, 3)), rng.randint(1, 2)
    size = (
        batch,
        rng.randint(0 if draw.chance(0.05) else 1, 3),
        *(rng.randint(0 if draw.chance(0.05) else 1, 3) for _ in range(space)),
    )
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
    return [draw.tensor(), draw.tensor()], {"reduction": draw.rng.choice(("none", "mean", "sum"))} if draw.chance(
        0.7
    ) else {}


@maker("roi_align", "roi_pool", "ps_roi_align")
def regions(draw: Draw) -> Call:
    rng = draw.rng
    batch, dtype = rng.randint(1, 2), rng.choice(("f32", "f32", "f32", "f64", "f16", "bf16", "i64"))
    x = TensorType((batch, rng.choice((1, 2, 4, 8)), 4, 4), dtype)
    boxes: Any = TensorType((rng.randint(0, 3), 5), dtype)
    if draw.chance(0.3):
        boxes = tuple(TensorType((rng.randint(0, 2), 4), dtype) for _ in range(batch))
    return [x, boxes, rng.randint(1, 3)], {}
