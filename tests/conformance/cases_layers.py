"""Mostly legal calls of convolutions, pools, normalisations, paddings and reshaping layers."""

from __future__ import annotations

from random import Random
from typing import Any

from specc.types.tensor import FLOATS, TensorType, product
from tests.conformance.samplers import size
from tests.conformance.tables import Call, Open, Stricter
from tests.conformance.window_calls import (
    adaptive_pool,
    average_pool,
    convolution,
    fractional_pool,
    image,
    max_pool,
    per_axis,
    pool_dtype,
    power_pool,
    some,
    transposed,
    unpool,
    weights_dtype,
)


def norm_dtypes(rng: Random) -> tuple[dict[str, Any], str]:
    dtype, fitting = weights_dtype(rng)
    return dtype, rng.choice(FLOATS) if rng.random() < 0.2 else fitting


def statistics_norm(spatial: int, momentum: tuple[Any, ...], unbatched: bool) -> Any:
    def case(rng: Random) -> Any:
        dtype, fitting = norm_dtypes(rng)
        kwargs = some(
            rng,
            0.3,
            eps=rng.choice((1e-3, 0.0, 1)),
            momentum=rng.choice(momentum),
            affine=rng.random() < 0.5,
            track_running_stats=rng.random() < 0.5,
            bias=rng.random() < 0.5,
        )
        channels = rng.randint(1, 5)
        x = image(rng, spatial, channels, 1, fitting, 0.7 if unbatched else 1.0)
        if spatial == 1 and not unbatched and rng.random() < 0.5:
            x = x.reshaped(x.shape[:2])
        return (channels,), {**kwargs, **dtype}, [x]

    return case


def group_norm(rng: Random) -> Any:
    dtype, fitting = norm_dtypes(rng)
    groups = rng.randint(1, 3)
    channels = groups * rng.randint(1, 3)
    x = image(rng, rng.randint(0, 3), channels, 1, fitting, 1.0)
    return (groups, channels), {**some(rng, 0.3, affine=rng.random() < 0.5, bias=rng.random() < 0.5), **dtype}, [x]


def feature_norm(has_bias: bool) -> Any:
    def case(rng: Random) -> Any:
        dtype, fitting = norm_dtypes(rng)
        x = TensorType(tuple(size(rng) for _ in range(rng.randint(1, 4))), fitting)
        count = rng.randint(1, x.rank)
        shape: Any = x.shape[-1] if count == 1 and rng.random() < 0.5 else list(x.shape[-count:])
        kwargs = some(rng, 0.3, elementwise_affine=rng.random() < 0.5, eps=1e-3)
        if has_bias:
            kwargs.update(some(rng, 0.3, bias=rng.random() < 0.5))
        return (shape,), {**kwargs, **dtype}, [x]

    return case


def prelu(rng: Random) -> Any:
    dtype, fitting = weights_dtype(rng)
    x = TensorType(tuple(size(rng) for _ in range(rng.randint(1, 4))), fitting)
    return (rng.choice((1, x.shape[1] if x.rank > 1 else 1)),), dtype, [x]


def padding(spatial: int, valued: bool = False) -> Any:
    def case(rng: Random) -> Any:
        low = rng.choice((0, 0, -2))
        amount = rng.randint(low, 3) if rng.random() < 0.5 else tuple(rng.randint(low, 4) for _ in range(2 * spatial))
        x = image(rng, spatial, low=1, dtype=pool_dtype(rng))
        return (amount, rng.choice((0, 1.5, -1, 300, 1e6))) if valued else (amount,), {}, [x]

    return case


def flatten(rng: Random) -> Any:
    rank = rng.randint(0, 5)
    bound = max(rank, 1)
    kwargs = some(rng, 0.5, start_dim=rng.randrange(-bound, bound), end_dim=rng.randrange(-bound, bound))
    return (), kwargs, [TensorType(tuple(size(rng) for _ in range(rank)))]


def unflatten(rng: Random) -> Any:
    parts = tuple(rng.choice((1, 2, 3, 2, 0)) for _ in range(rng.randint(1, 3)))
    shape = [size(rng) for _ in range(rng.randint(1, 4))]
    place = rng.randrange(-len(shape), len(shape))
    shape[place] = product(parts)
    if rng.random() < 0.5:
        hole = rng.randrange(len(parts))
        parts = (*parts[:hole], -1, *parts[hole + 1 :])
    return (place, parts), {}, [TensorType(tuple(shape))]


def fold(rng: Random) -> Any:
    kernel, wanted = (rng.randint(1, 3), rng.randint(1, 3)), (rng.randint(2, 7), rng.randint(2, 7))
    values = {
        name: (rng.randint(low, 2), rng.randint(low, 2))
        for name, low in (("dilation", 1), ("padding", 0), ("stride", 1))
    }
    kwargs = some(rng, 0.5, **values)
    full = {"dilation": (1, 1), "padding": (0, 0), "stride": (1, 1), **kwargs}
    counts = [
        (wanted[i] + 2 * full["padding"][i] - full["dilation"][i] * (kernel[i] - 1) - 1) // full["stride"][i] + 1
        for i in (0, 1)
    ]
    lead = rng.choice(((), (2,), (0,)))
    width = rng.randint(1, 3) * kernel[0] * kernel[1]
    return (
        (wanted, kernel),
        kwargs,
        [TensorType((*lead, width, max(counts[0] * counts[1], 0)), rng.choice(("f32", "bool", "i64")))],
    )


def unfold(rng: Random) -> Any:
    kwargs = some(
        rng, 0.4, dilation=per_axis(rng, 2, 1, 2), padding=per_axis(rng, 2, 0, 2), stride=per_axis(rng, 2, 1, 3)
    )
    return (per_axis(rng, 2, 1, 3),), kwargs, [image(rng, 2, low=2)]


def shuffle(rng: Random) -> Any:
    factor = rng.randint(1, 3)
    lead = tuple(size(rng) for _ in range(rng.randint(0, 2)))
    return (
        (factor,),
        {},
        [TensorType((*lead, factor * factor * rng.randint(0, 2), size(rng), size(rng)), pool_dtype(rng))],
    )


def unshuffle(rng: Random) -> Any:
    factor = rng.randint(1, 3)
    lead = tuple(size(rng) for _ in range(rng.randint(0, 3)))
    sides = (factor * rng.choice((1, 1, 2, 2, 3, 0)) for _ in range(2))
    return (factor,), {}, [TensorType((*lead, *sides), pool_dtype(rng))]


def channel_shuffle(rng: Random) -> Any:
    groups = rng.randint(1, 3)
    return (groups,), {}, [image(rng, rng.randint(0, 3), groups * rng.randint(0, 3), 0, pool_dtype(rng), 1.0)]


MODES = {
    1: ("nearest", "linear", "nearest-exact", "area"),
    3: ("nearest", "trilinear", "nearest-exact", "area"),
    2: ("nearest", "bilinear", "bicubic", "nearest-exact", "area", "lanczos"),
}


def upsample(rng: Random) -> Any:
    spatial = rng.randint(1, 3)
    factor: Any = rng.choice((2, 2.0, 0.5, 1.5, 3, 0.3, 0.7))
    if rng.random() < 0.3:
        factor = tuple(rng.choice((2.0, 0.5, 1.3)) for _ in range(spatial))
    wanted = {"size": per_axis(rng, spatial, 1, 7)} if rng.random() < 0.5 else {"scale_factor": factor}
    kwargs = {
        **wanted,
        **some(
            rng,
            0.7,
            mode=rng.choice(MODES[spatial]),
        ),
        **some(rng, 0.15, align_corners=rng.random() < 0.5, recompute_scale_factor=rng.random() < 0.5),
    }
    return (), kwargs, [image(rng, spatial, low=1, dtype=pool_dtype(rng), batched=0.95)]


def upsample2d(rng: Random) -> Any:
    wanted = (
        {"size": per_axis(rng, 2, 1, 7)} if rng.random() < 0.5 else {"scale_factor": rng.choice((2, 0.5, (2.0, 1.5)))}
    )
    return (), wanted, [image(rng, 2, low=1, dtype=pool_dtype(rng), batched=0.95)]


def bilinear(rng: Random) -> Any:
    dtype, fitting = weights_dtype(rng)
    a, b, lead = rng.randint(1, 4), rng.randint(1, 4), tuple(size(rng) for _ in range(rng.randint(0, 3)))
    inputs = [TensorType((*lead, a), fitting), TensorType((*lead, b), fitting)]
    return (a, b, rng.randint(1, 3)), {**some(rng, 0.3, bias=False), **dtype}, inputs


def linear(rng: Random) -> Any:
    dtype, fitting = weights_dtype(rng)
    x = TensorType(tuple(size(rng) for _ in range(rng.randint(1, 4))), fitting)
    return (x.shape[-1], rng.randint(0, 4)), {**some(rng, 0.3, bias=False), **dtype}, [x]


def gated(rng: Random) -> Any:
    x = [2 * rng.randint(0, 3) for _ in range(rng.randint(1, 4))]
    return (rng.randrange(-len(x), len(x)),), {}, [TensorType(tuple(x))]


def channels_map(spatial: int) -> Any:
    return lambda rng: ((), {}, [image(rng, spatial)])


def response_norm(rng: Random) -> Any:
    return (rng.randint(1, 5),), {}, [image(rng, rng.randint(0, 3), low=1, batched=1.0)]


CASES: dict[str, Any] = {
    "GroupNorm": group_norm,
    "LayerNorm": feature_norm(True),
    "RMSNorm": feature_norm(False),
    "PReLU": prelu,
    "SyncBatchNorm": statistics_norm(2, (0.1, None), False),
    "Flatten": flatten,
    "Unflatten": unflatten,
    "Fold": fold,
    "Unfold": unfold,
    "PixelShuffle": shuffle,
    "PixelUnshuffle": unshuffle,
    "ChannelShuffle": channel_shuffle,
    "Upsample": upsample,
    "UpsamplingNearest2d": upsample2d,
    "UpsamplingBilinear2d": upsample2d,
    "Bilinear": bilinear,
    "Linear": linear,
    "GLU": gated,
    "Softmax2d": channels_map(2),
    "LocalResponseNorm": response_norm,
    "CrossMapLRN2d": response_norm,
}
for _n in (1, 2, 3):
    CASES.update(
        {
            f"Conv{_n}d": convolution(_n),
            f"ConvTranspose{_n}d": transposed(_n),
            f"MaxPool{_n}d": max_pool(_n),
            f"AvgPool{_n}d": average_pool(_n),
            f"LPPool{_n}d": power_pool(_n),
            f"MaxUnpool{_n}d": unpool(_n),
            f"AdaptiveAvgPool{_n}d": adaptive_pool(_n, False),
            f"AdaptiveMaxPool{_n}d": adaptive_pool(_n, True),
            f"FractionalMaxPool{_n}d": fractional_pool(_n),
            f"BatchNorm{_n}d": statistics_norm(_n, (0.1, None, 1), False),
            f"InstanceNorm{_n}d": statistics_norm(_n, (0.1, 1), True),
            f"Dropout{_n}d": channels_map(_n),
            f"ConstantPad{_n}d": padding(_n, True),
            **{f"{name}Pad{_n}d": padding(_n) for name in ("Zero", "Reflection", "Replication", "Circular")},
        }
    )


def is_empty(call: Call) -> bool:
    """Whether an input holds no values."""
    tensors = [x for x in (*call.inputs, *call.named_inputs.values()) if isinstance(x, TensorType)]
    return any(0 in x.shape for x in tensors)


def is_nothing(result: Any) -> bool:
    """Whether a result of torch holds no values."""
    return 0 in result.shape if isinstance(result, TensorType) else any(map(is_nothing, result))


def value_of(call: Call, name: str) -> Any:
    """The value of an argument in a call."""
    for place, argument in enumerate(call.operation.arguments):
        if argument.name == name:
            return call.args[place] if place < len(call.args) else call.kwargs.get(name, argument.default)
    return None


def keeps_no_width(call: Call) -> bool:
    """Whether a normalisation has neither weights nor statistics, or nothing to normalise."""
    return is_empty(call) or not (value_of(call, "affine") or value_of(call, "track_running_stats"))


def drops_nothing(call: Call) -> bool:
    """Whether torch's dropout looks at its input at all."""
    return is_empty(call) or value_of(call, "p") in (0, 1)


def cuts_all(call: Call) -> bool:
    """Whether negative padding cuts off all there is along an axis."""
    shape, spatial = (*call.inputs, *call.named_inputs.values())[0].shape, int(call.operation.name[-2])
    amounts = value_of(call, "padding")
    amounts = [amounts] * 2 * spatial if isinstance(amounts, int) else amounts
    cuts = [-min(amounts[2 * place], 0) - min(amounts[2 * place + 1], 0) for place in range(spatial)]
    return any(cut and cut >= size for cut, size in zip(cuts, reversed(shape)))


NOTHING = Stricter("torch gives a tensor without values", gives=is_nothing)
EMPTY = Stricter("torch looks no further at a tensor without values; a spec's sizes are at least 1", is_empty)
WIDTH = Stricter("torch reads the number of features only where there are weights or statistics", keeps_no_width)
UNDONE = Stricter("torch takes a backward step, an empty window or a padding that grows, which undo no pool")
PASSED = Stricter("torch passes anything on where p is 0; it computes with floats otherwise", drops_nothing)
STRICTER: dict[str, Stricter] = {
    "Conv*": EMPTY,
    "Conv?d.padding argument-*": Stricter("torch cuts off by negative padding where padding_mode is not zeros"),
    "Conv*.dilation argument-*": Stricter("torch looks at no dilation where the kernel has one value"),
    "Conv*.??_channels argument-*": Stricter("a convolution without channels computes nothing"),
    "ConvTranspose*.padding kernel-exceeds-input": NOTHING,
    "*Norm?*.*": EMPTY,
    "*Norm.*": EMPTY,
    "*Norm*.num_features *": WIDTH,
    "GroupNorm.num_channels *": WIDTH,
    "Dropout*. *": PASSED,
    "*AlphaDropout. *": PASSED,
    "*Pool?d.*": EMPTY,
    "AdaptiveAvgPool*. *": NOTHING,
    "AdaptiveAvgPool?d. rank-mismatch": Stricter("documented for a batch and for one sample only"),
    "FractionalMaxPool?d.*": NOTHING,
    "MaxUnpool?d.*": EMPTY,
    "MaxUnpool?d.padding kernel-exceeds-input": NOTHING,
    "MaxUnpool?d.* argument-*": UNDONE,
    "MaxUnpool?d. ids-into-float-layer": NOTHING,
    "RReLU.upper argument-domain": Stricter("torch looks at the bound only where it draws a slope"),
    "*Pad?d.padding pad-too-large": Stricter("nothing of the input would be left along an axis", cuts_all),
    "ConstantPad?d.value argument-*": Stricter("torch looks at the value only where it adds some"),
    "*Softm*.*": EMPTY,
    "CrossMapLRN2d.*": EMPTY,
    "CrossMapLRN2d.size argument-*": Stricter("torch takes a number of neighbours below 1"),
    "Upsample.*": EMPTY,
    "Upsample.scale_factor kernel-exceeds-input": NOTHING,
    "Upsample. ids-into-float-layer": NOTHING,
    "PReLU.num_parameters argument-*": Stricter("torch takes no slopes for no channels", is_empty),
    "PixelUnshuffle.*": EMPTY,
}

OPEN: dict[str, Open] = {
    "Upsampl*: INTERNAL ASSERT FAILED": Open("torch fails on u8 of certain strides"),
    "CircularPad?d: refer to a single memory location": Open(
        "torch copies an axis of 1 onto itself where it pads one end and cuts the other"
    ),
}
