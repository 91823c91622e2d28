"""Mostly legal calls of convolutions and pools, and what the calls of all layers are drawn with."""

from __future__ import annotations

from random import Random
from typing import Any

from specc.types.tensor import FLOATS, DType, TensorType
from tests.conformance.samplers import size


def some(rng: Random, chance: float, **values: Any) -> dict[str, Any]:
    """Each of the keyword arguments with some probability."""
    return {name: value for name, value in values.items() if rng.random() < chance}


def per_axis(rng: Random, spatial: int, low: int, high: int) -> Any:
    """One number for all axes, or a tuple."""
    if rng.random() < 0.7:
        return rng.randint(low, high)
    return tuple(rng.randint(low, high) for _ in range(spatial))


def image(
    rng: Random, spatial: int, channels: int | None = None, low: int = 3, dtype: str = "f32", batched: float = 0.8
) -> TensorType:
    """An input `[N, C, ...]`, sometimes without its batch."""
    lead = (rng.choice((1, 2, 3, 0)),) if rng.random() < batched else ()
    channels = size(rng) if channels is None else channels
    return TensorType((*lead, channels, *(rng.randint(low, 7) for _ in range(spatial))), dtype)


def weights_dtype(rng: Random) -> tuple[dict[str, Any], str]:
    """The keyword argument for the dtype of the weights, and the dtype that fits."""
    if rng.random() < 0.8:
        return {}, "f32"
    dtype = rng.choice(FLOATS)
    return {"dtype": DType(dtype)}, dtype


def convolution(spatial: int) -> Any:
    def case(rng: Random) -> Any:
        dtype, fitting = weights_dtype(rng)
        groups = rng.choice((1, 1, 1, 2, 3))
        channels = groups * rng.randint(1, 3)
        kwargs = some(
            rng,
            0.3,
            stride=per_axis(rng, spatial, 1, 3),
            dilation=per_axis(rng, spatial, 1, 2),
            padding=rng.choice((per_axis(rng, spatial, 0, 3), "same", "valid")),
            bias=rng.random() < 0.5,
            padding_mode=rng.choice(("zeros", "reflect", "replicate", "circular")),
        )
        if groups > 1:
            kwargs["groups"] = groups
        args = (channels, groups * rng.randint(1, 2), per_axis(rng, spatial, 1, 3))
        return args, {**kwargs, **dtype}, [image(rng, spatial, channels, dtype=fitting)]

    return case


def transposed(spatial: int) -> Any:
    def case(rng: Random) -> Any:
        dtype, fitting = weights_dtype(rng)
        groups = rng.choice((1, 1, 2))
        channels = groups * rng.randint(1, 3)
        kwargs = some(
            rng,
            0.3,
            stride=per_axis(rng, spatial, 1, 3),
            padding=per_axis(rng, spatial, 0, 3),
            output_padding=per_axis(rng, spatial, 0, 2),
            dilation=per_axis(rng, spatial, 1, 2),
            bias=rng.random() < 0.5,
        )
        if groups > 1:
            kwargs["groups"] = groups
        args = (channels, groups * rng.randint(1, 2), per_axis(rng, spatial, 1, 3))
        inputs = {"input": image(rng, spatial, channels, 1, fitting)}
        if rng.random() < 0.3:
            wanted = tuple(rng.randint(1, 14) for _ in range(spatial))
            inputs["output_size"] = wanted if rng.random() < 0.7 else (*inputs["input"].shape[:-spatial], *wanted)
        return args, {**kwargs, **dtype}, inputs

    return case


def pool_dtype(rng: Random) -> str:
    return "f32" if rng.random() < 0.7 else rng.choice((*FLOATS, "i64", "u8", "i32"))


def max_pool(spatial: int) -> Any:
    def case(rng: Random) -> Any:
        kernel = per_axis(rng, spatial, 1, 4)
        kwargs = some(
            rng,
            0.35,
            stride=per_axis(rng, spatial, 1, 4),
            padding=per_axis(rng, spatial, 0, 2),
            dilation=per_axis(rng, spatial, 1, 2),
            return_indices=rng.random() < 0.6,
            ceil_mode=rng.random() < 0.8,
        )
        return (kernel,), kwargs, [image(rng, spatial, low=2, dtype=pool_dtype(rng))]

    return case


def average_pool(spatial: int) -> Any:
    def case(rng: Random) -> Any:
        kernel = per_axis(rng, spatial, 1, 4)
        kwargs = some(
            rng,
            0.35,
            stride=per_axis(rng, spatial, 1, 4),
            padding=per_axis(rng, spatial, 0, 2),
            ceil_mode=rng.random() < 0.8,
            count_include_pad=rng.random() < 0.5,
        )
        if spatial > 1:
            kwargs.update(some(rng, 0.2, divisor_override=rng.choice((1, 2, -1, 3, 0))))
        return (kernel,), kwargs, [image(rng, spatial, low=2, dtype=pool_dtype(rng))]

    return case


def power_pool(spatial: int) -> Any:
    def case(rng: Random) -> Any:
        kernel = rng.randint(1, 4) if spatial == 1 else per_axis(rng, spatial, 1, 4)
        kwargs = some(rng, 0.35, stride=per_axis(rng, spatial, 1, 4), ceil_mode=rng.random() < 0.8)
        return (
            (rng.choice((1, 2, 2.0, 0.5, 3, -1)), kernel),
            kwargs,
            [image(rng, spatial, low=2, dtype=pool_dtype(rng))],
        )

    return case


def adaptive_pool(spatial: int, indices: bool) -> Any:
    def case(rng: Random) -> Any:
        wanted: Any = rng.randint(0, 5)
        if rng.random() < 0.5:
            wanted = tuple(rng.choice((None, 1, 2, 3, 5)) for _ in range(spatial))
        kwargs = some(rng, 0.3, return_indices=rng.random() < 0.7) if indices else {}
        return (wanted,), kwargs, [image(rng, spatial, low=1, dtype=pool_dtype(rng))]

    return case


def fractional_pool(spatial: int) -> Any:
    def case(rng: Random) -> Any:
        if rng.random() < 0.5:
            wanted = {"output_size": per_axis(rng, spatial, 1, 4)}
        elif rng.random() < 0.5:
            wanted = {"output_ratio": rng.choice((0.5, 0.75, 0.3, 0.9))}
        else:
            wanted = {"output_ratio": tuple(rng.choice((0.5, 0.7, 0.25)) for _ in range(spatial))}
        kwargs = {**wanted, **some(rng, 0.2, return_indices=True)}
        return (per_axis(rng, spatial, 1, 3),), kwargs, [image(rng, spatial, low=3, dtype=pool_dtype(rng))]

    return case


def unpool(spatial: int) -> Any:
    def case(rng: Random) -> Any:
        kwargs = some(rng, 0.35, stride=per_axis(rng, spatial, 1, 3), padding=per_axis(rng, spatial, 0, 1))
        x = image(rng, spatial, low=1)
        inputs = {"input": x, "indices": TensorType(x.shape, "i64")}
        if rng.random() < 0.4:
            wanted = tuple(rng.randint(1, 14) for _ in range(spatial))
            inputs["output_size"] = wanted if rng.random() < 0.7 else (*x.shape[:-spatial], *wanted)
        return (per_axis(rng, spatial, 1, 3),), kwargs, inputs

    return case
