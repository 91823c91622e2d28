"""Transforms against torchvision: generated arguments on PIL pictures and image tensors, sizes and dtypes compared."""

from __future__ import annotations

import importlib
import random
import warnings
from typing import Any

import pytest
import torch
from PIL import Image

from specc.ops.kinds import Member
from specc.types.tensor import TORCH_NAMES, DType, PictureType, TensorType
from tests.training.uses import Made, all_of, infer, make, operation

# What torchvision's transforms are given: pictures of PIL in these modes, and tensors.
MODES = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
SIZES: tuple[Any, ...] = (1, 3, 4, 7, 0, -1, (5,), (4, 6), (6, 2), [3, 3], (1, 2, 3), 2.5)
PADDINGS: tuple[Any, ...] = (0, 1, 2, 5, (1,), (1, 2), (0, 1, 2, 3), [2, 1], (1, 2, 3), -1, None)
FILLS: tuple[Any, ...] = (0, 1, 255, (0,), (1, 2, 3), (1, 2), [5, 6, 7, 8])
SHARES: tuple[Any, ...] = (1, 1.0, 2, -0.5)
RANGES: tuple[Any, ...] = ((0.1, 0.9), (0.9, 0.1), (0.5, 0.5), (0.0, 1.0), (1, 2), (0.1,), (-0.5, 0.5), 0.4)
MODES_OF_INTERPOLATION = ("nearest", "nearest-exact", "bilinear", "bicubic", "box", "hamming", "lanczos", "other")
NUMBERS: tuple[Any, ...] = (0.5, 0, 0.1, (0.5,), (0.5, 0.4, 0.3), (0.1, 0.2), [0.1, 0.2, 0.3, 0.4], ())
VALUES: dict[str, tuple[Any, ...]] = {
    "size": SIZES,
    "padding": PADDINGS,
    "fill": FILLS,
    "p": SHARES,
    "scale": RANGES,
    "ratio": RANGES,
    "interpolation": MODES_OF_INTERPOLATION,
    "padding_mode": ("constant", "edge", "reflect", "symmetric", "other"),
    "mean": NUMBERS,
    "std": (*NUMBERS, 1.0, (1.0, 0.0, 1.0)),
    "max_size": (None, 4, 5, 8, 20, 0),
    "antialias": (True, False, None),
    "dtype": tuple(map(DType, ("f32", "f16", "u8", "f64"))),
    "mode": (None, "L", "RGB", "RGBA", "other"),
    "num_output_channels": (1, 3, 2, 0),
    "kernel_size": (1, 3, 5, 9, 2, 0, (3, 5), (5, 3), (2, 3), (3,), [1, 7]),
    "sigma": (0.5, 0, 0.0, (0.1, 2.0), (2.0, 0.1), (0.0, 1.0), -1, (1.0,)),
    "degrees": (0, 10, 360, -5, (0, 10), (-10, 10), (10, -10), (5,)),
    "translate": (None, (0.1, 0.2), (0, 1), (1.5, 0), (0.1,)),
    "shear": (None, 5, -5, (0, 5), (5, 0), (0, 5, 0, 5), (0, 5, 5, 0), (1, 2, 3)),
    "center": (None, (0, 0), (2.5, 1), (1,)),
    "distortion_scale": (0, 0.3, 0.5, 2, -0.5),
    "value": (0, 0.5, "random", (1, 2, 3), (1,), (1, 2), "other"),
    "brightness": (0, 0.4, 2, -1, (0.5, 1.5), (1.5, 0.5), (0.5,)),
    "hue": (0, 0.1, 0.5, 0.6, -0.1, (-0.5, 0.5), (0.1, -0.1), (-0.6, 0.1)),
    "bits": (0, 1, 4, 8),
    "threshold": (0, 0.5, 1, 128, 255, 300),
    "sharpness_factor": (0, 0.5, 2, -1),
    "policy": ("imagenet", "cifar10", "svhn", "other"),
    "num_ops": (0, 1, 2),
    "magnitude": (0, 9, 30, 31),
    "num_magnitude_bins": (2, 31, 40),
    "severity": (0, 1, 3, 10, 11),
    "mixture_width": (1, 2),
    "chain_depth": (-1, 1, 2),
    "alpha": (1.0, 0.5, 50.0, 50, (20.0, 30.0), (20, 30.0)),
}
VALUES["contrast"] = VALUES["saturation"] = VALUES["brightness"]
BOOL = (True, False)
NESTED = ("RandomApply", "RandomChoice", "RandomOrder")
POLICIES = ("AutoAugment", "RandAugment", "TrivialAugmentWide", "AugMix")
PLAIN = [name for name in all_of("transform") if name not in NESTED]


def picture(rng: random.Random) -> Any:
    """A PIL picture or an image tensor."""
    height, width = rng.choice((1, 2, 4, 5, 8, 12)), rng.choice((1, 3, 5, 7, 8, 12))
    if rng.random() < 0.6:
        mode = rng.choice(("L", "RGB", "RGB", "L", "RGBA"))
        data = torch.randint(0, 256, (height, width, MODES[mode]), dtype=torch.uint8)
        return Image.fromarray(data.numpy().squeeze(-1) if mode == "L" else data.numpy(), mode)
    channels = rng.choice((1, 3, 3, 2, 4))
    if rng.random() < 0.7:
        return torch.rand(channels, height, width)
    return torch.randint(0, 256, (channels, height, width), dtype=torch.uint8)


def type_of(x: Any) -> Any:
    """The type of a picture or tensor, of a tuple of them."""
    if isinstance(x, tuple):
        return tuple(map(type_of, x))
    if isinstance(x, Image.Image):
        return PictureType(MODES[x.mode], x.height, x.width)
    dtypes = {name: short for short, name in TORCH_NAMES.items()}
    return TensorType(tuple(x.shape), dtypes[str(x.dtype).removeprefix("torch.")])


def python_value(name: str, argument: str, value: Any) -> Any:
    """An argument as torchvision takes it."""
    if isinstance(value, DType):
        return getattr(torch, TORCH_NAMES[value.name])
    kind = next(a.kind for a in operation("transform", name).arguments if a.name == argument)
    if isinstance(kind, Member):
        module, enumeration = kind.enumeration.rsplit(".", 1)
        return getattr(importlib.import_module(module), enumeration)(value)
    return value


def torchvision_gives(name: str, settings: dict[str, Any], x: Any, tries: int) -> set[Any] | None:
    """The types torchvision gives in several draws, None where it fails."""
    module, attribute = operation("transform", name).target.rsplit(".", 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            given = {key: python_value(name, key, value) for key, value in settings.items()}
            transform = getattr(importlib.import_module(module), attribute)(**given)
            return {type_of(transform(x.clone() if isinstance(x, torch.Tensor) else x.copy())) for _ in range(tries)}
    except Exception:
        return None


def fits(wanted: Any, given: Any) -> bool:
    """Whether a type is what was inferred, where None leaves a size open."""
    if isinstance(wanted, PictureType):
        return isinstance(given, PictureType) and all(a is None or a == b for a, b in zip(wanted, given))
    if isinstance(wanted, TensorType):
        same = isinstance(given, TensorType) and wanted.dtype == given.dtype and wanted.rank == given.rank
        return same and all(a is None or a == b for a, b in zip(wanted.shape, given.shape))
    return isinstance(given, tuple) and len(wanted) == len(given) and all(map(fits, wanted, given))


def drawn(name: str, rng: random.Random) -> dict[str, Any]:
    found = operation("transform", name)
    needed = [argument for argument in found.arguments if repr(argument.default) == "REQUIRED"]
    more = rng.sample(found.arguments, rng.randint(0, min(3, len(found.arguments))))
    settings = {argument.name: rng.choice(values_of(name, argument.name)) for argument in {*needed, *more}}
    if any(argument.name == "p" for argument in found.arguments):
        settings.setdefault("p", 1)  # so that what fails does fail
    return settings


def values_of(name: str, argument: str) -> tuple[Any, ...]:
    if (name, argument) == ("ToDtype", "scale"):
        return BOOL
    if (name, argument) == ("AugMix", "alpha"):
        return (1.0, 0.5)
    return VALUES.get(argument, BOOL)


def inferred(made: Made, x: Any) -> Any:
    return infer(made, type_of(x)) if not made.errors else None


def size_of(x: Any) -> tuple[int, int]:
    return (x.height, x.width) if isinstance(x, Image.Image) else tuple(x.shape[-2:])


def tries(name: str) -> int:
    """How many draws show whether a call can fail."""
    if name in POLICIES:
        return 60
    return 12 if operation("transform", name).random else 1


def disagreement(name: str, rng: random.Random) -> str | None:
    """One generated call: what specc and torchvision say where they differ."""
    settings, x = drawn(name, rng), picture(rng)
    made = make("transform", name, **settings)
    wanted = inferred(made, x)
    if refused_on_purpose(name, settings, x):
        return None if made.errors else f"{name}({settings}) on {type_of(x)}: to be refused on purpose, but is not"
    if name == "RandomResizedCrop" and min(size_of(x)) < 3:
        return None  # whether a line is cut to nothing depends on the draw
    given = torchvision_gives(name, settings, x, tries(name))
    says = made.problems[0].headline if made.errors else wanted
    if (given is None) != bool(made.errors):
        return f"{name}({settings}) on {type_of(x)}: specc {says}, torchvision {given}"
    if given is not None and not all(fits(wanted, one) for one in given):
        return f"{name}({settings}) on {type_of(x)}: specc {wanted}, torchvision {given}"
    return None


def refused_on_purpose(name: str, settings: dict[str, Any], x: Any) -> bool:
    """Calls that torchvision takes at times and that never make sense."""
    if not all(0 <= settings.get(key, 0) <= 1 for key in ("p", "distortion_scale")):
        return True  # not a probability
    if "size" in settings and any(n < 1 or n != int(n) for n in numbers(settings["size"])):
        return True  # an empty picture, or half a pixel
    if settings.get("padding") is not None and any(n < 0 for n in numbers(settings["padding"])):
        return True  # a crop by another name
    if name == "ToDtype" and isinstance(x, Image.Image):
        return True  # nothing would be converted
    if (
        name == "Resize"
        and isinstance(x, torch.Tensor)
        and settings.get("interpolation") in ("box", "hamming", "lanczos")
    ):
        return True  # torchvision notices only where the size changes
    return any(settings.get(argument) == value for argument, value in NEVER.get(name, ()))


NEVER: dict[str, tuple[tuple[str, Any], ...]] = {
    "RandomAdjustSharpness": (("sharpness_factor", -1),),  # torchvision refuses it for tensors only
    "RandomPosterize": (("bits", 0),),  # torchvision refuses it for pictures only
    "RandAugment": (("num_ops", 0),),
    "RandomCrop": (("padding_mode", "other"),),  # seen only by an image that is padded
    "RandomRotation": tuple(
        ("interpolation", mode) for mode in ("box", "hamming", "lanczos", "other")
    ),  # not at 0 degrees
}


def numbers(value: Any) -> Any:
    return value if isinstance(value, (tuple, list)) else (value,)


@pytest.mark.parametrize("name", PLAIN)
def test_agrees_with_torchvision(name: str) -> None:
    rng = random.Random(name)
    torch.manual_seed(0)
    found = [text for text in (disagreement(name, rng) for _ in range(40 if name in POLICIES else 150)) if text]
    assert not found, "\n".join(found[:12])
