"""The transforms of torchvision that move, cut or cover at random."""

from __future__ import annotations

from typing import Any

from specc.ops.base import Argument, Transform, Use
from specc.ops.binding import show
from specc.ops.kinds import (
    BOOL,
    FLOAT,
    NON_NEGATIVE,
    PROBABILITY,
    Choice,
    Either,
    Float,
    Items,
    Nested,
    Optional,
    is_integer,
)
from specc.ops.pictures import (
    NUMBERS,
    PADDING,
    PADDING_MODE,
    RandomImage,
    area,
    border_problem,
    fill,
    fill_problem,
    image_problem,
    interpolation,
    larger,
    padded,
    pair,
    tensor_problem,
    with_area,
)
from specc.ops.training.transforms import ANTIALIAS, CROP_SIZE, tensor_interpolation_problem
from specc.types.tensor import UNKNOWN, TensorType, Type, UnknownType

CENTER = Argument(
    "center", Optional(Items(FLOAT, 2)), None, "centre as (across, down) from the top left; none means the middle"
)
DEGREES = Argument(
    "degrees", Either(NON_NEGATIVE, Items(FLOAT, 2)), doc="largest angle to either side, or smallest and largest"
)
POSITIVE_PAIR = Items(Float(0, open_low=True), 2)


def probability(default: float) -> Argument:
    return Argument("p", PROBABILITY, default, "how often it is applied")


def order_problem(use: Use, *names: str) -> Type | None:
    """Report a range whose first number exceeds its second."""
    for name in names:
        value = getattr(use, name)
        if isinstance(value, (tuple, list)) and value[0] > value[1]:
            return use.problem(
                "argument-domain", f"{name} of {use.title} is {show(value)}, the smaller number comes first", name
            )
    return None


class RandomHorizontalFlip(RandomImage):
    """Mirrors left to right, with probability p."""

    target = "torchvision.transforms.RandomHorizontalFlip"
    arguments = (probability(0.5),)
    batched = True
    example = "transform train = RandomHorizontalFlip -> ToTensor"


class RandomVerticalFlip(RandomImage):
    """Mirrors top to bottom, with probability p."""

    target = "torchvision.transforms.RandomVerticalFlip"
    arguments = (probability(0.5),)
    batched = True
    example = "transform train = RandomVerticalFlip -> ToTensor"


class RandomCrop(Transform):
    """Cuts out a piece at a random place, after padding if wanted."""

    target = "torchvision.transforms.RandomCrop"
    arguments = (
        CROP_SIZE,
        Argument(
            "padding", Optional(PADDING), None, "border added first: all, (across, down) or (left, top, right, bottom)"
        ),
        Argument("pad_if_needed", BOOL, False, "pad an image that is smaller than the crop"),
        fill(),
        PADDING_MODE,
    )
    random = True
    batched = True
    example = "transform train = RandomCrop(32, padding=4) -> ToTensor"

    def infer(self, use: Use) -> Type:
        problem = image_problem(use)
        if problem is not None:
            return problem
        grown = area(use.input) if use.padding is None else padded(use, use.input, use.padding)
        if grown is None:
            return use.input
        channels, height, width = grown
        tall, wide = pair(use.size)
        if (use.padding is not None or larger(tall, height) or larger(wide, width)) and border_problem(use):
            return UNKNOWN
        if use.pad_if_needed:
            missing = tuple(b - a if larger(b, a) else 0 for a, b in ((width, wide), (height, tall)))
            if padded(use, with_area(use.input, *grown), missing) is None:
                return UNKNOWN
        elif larger(tall, height) or larger(wide, width):
            with_padding = "" if use.padding is None else " with its padding"
            return use.problem(
                "crop-exceeds-image",
                f"{use.title} is larger than the image, {height}x{width}{with_padding}",
                "size",
                helps=("pad_if_needed=true pads smaller images",),
            )
        return with_area(use.input, channels, tall, wide)


class RandomResizedCrop(Transform):
    """Cuts out a piece of random size and aspect and scales it to a fixed size."""

    target = "torchvision.transforms.RandomResizedCrop"
    arguments = (
        CROP_SIZE,
        Argument("scale", Items(NON_NEGATIVE, 2), (0.08, 1.0), "smallest and largest share of the area"),
        Argument("ratio", POSITIVE_PAIR, (3.0 / 4.0, 4.0 / 3.0), "smallest and largest aspect, width by height"),
        interpolation("bilinear"),
        ANTIALIAS,
    )
    random = True
    example = "transform train = RandomResizedCrop(224) -> ToTensor"

    def infer(self, use: Use) -> Type:
        problem = image_problem(use) or tensor_interpolation_problem(use) or order_problem(use, "scale", "ratio")
        return problem or with_area(use.input, area(use.input)[0], *pair(use.size))


class RandomRotation(Transform):
    """Turns by a random angle; with `expand`, the image grows to hold the whole result."""

    target = "torchvision.transforms.RandomRotation"
    arguments = (
        DEGREES,
        interpolation("nearest"),
        Argument("expand", BOOL, False, "let the image grow"),
        CENTER,
        fill(),
    )
    random = True
    example = "transform train = RandomRotation(10) -> ToTensor"

    def infer(self, use: Use) -> Type:
        problem = image_problem(use) or order_problem(use, "degrees") or fill_problem(use) or moved_problem(use)
        if problem is not None:
            return problem
        return with_area(use.input, area(use.input)[0], None, None) if use.expand else use.input


TENSOR_MOVES = ("nearest", "bilinear")
ELASTIC_MOVES = ("nearest", "bilinear", "bicubic")
PICTURE_MOVES = ("nearest", "nearest-exact", "bilinear", "bicubic")


def moved_problem(
    use: Use, picture_modes: tuple[str, ...] = PICTURE_MOVES, tensor_modes: tuple[str, ...] = TENSOR_MOVES
) -> Type | None:
    """Report an interpolation that moving pixels does not have."""
    allowed = tensor_modes if isinstance(use.input, TensorType) else picture_modes
    if use.interpolation in allowed:
        return None
    return use.problem(
        "argument-domain",
        f"{use.title} cannot interpolate by {show(use.interpolation)} here",
        "interpolation",
        helps=(f"it takes {', '.join(map(show, allowed))}",),
    )


class RandomAffine(RandomImage):
    """Turns, shifts, scales and shears at random."""

    target = "torchvision.transforms.RandomAffine"
    arguments = (
        DEGREES,
        Argument(
            "translate", Optional(Items(PROBABILITY, 2)), None, "largest shift across and down, as shares of the sides"
        ),
        Argument("scale", Optional(POSITIVE_PAIR), None, "smallest and largest factor"),
        Argument(
            "shear",
            Optional(Either(NON_NEGATIVE, Items(FLOAT, 2), Items(FLOAT, 4))),
            None,
            "largest angle across, or smallest and largest, or both across and both down",
        ),
        interpolation("nearest"),
        fill(),
        CENTER,
    )
    example = "transform train = RandomAffine(10, translate=(0.1, 0.1)) -> ToTensor"

    def infer(self, use: Use) -> Type:
        return (
            image_problem(use)
            or order_problem(use, "degrees", "scale", "shear")
            or self._down_problem(use)
            or fill_problem(use)
            or moved_problem(use)
            or use.input
        )

    def _down_problem(self, use: Use) -> Type | None:
        if isinstance(use.shear, (tuple, list)) and len(use.shear) == 4 and use.shear[2] > use.shear[3]:
            return use.problem(
                "argument-domain", f"shear of {use.title} is {show(use.shear)}, the smaller number comes first", "shear"
            )
        return None


class RandomPerspective(RandomImage):
    """Looks at the image from a random side, with probability p."""

    target = "torchvision.transforms.RandomPerspective"
    arguments = (
        Argument("distortion_scale", PROBABILITY, 0.5, "how far the corners may move, 0 to 1"),
        probability(0.5),
        interpolation("bilinear"),
        fill(),
    )
    example = "transform train = RandomPerspective(0.3) -> ToTensor"

    def infer(self, use: Use) -> Type:
        problem = image_problem(use) or fill_problem(use) or moved_problem(use)
        if problem is not None:
            return problem
        _, height, width = area(use.input)
        if larger(2, height) or larger(2, width):
            return use.problem(
                "argument-domain", f"{use.title} is given an image of {height}x{width}, a line has no sides"
            )
        return use.input


class RandomErasing(Transform):
    """Covers a random rectangle of an image tensor, with probability p."""

    target = "torchvision.transforms.RandomErasing"
    arguments = (
        probability(0.5),
        Argument("scale", Items(PROBABILITY, 2), (0.02, 0.33), "smallest and largest share of the area"),
        Argument("ratio", POSITIVE_PAIR, (0.3, 3.3), "smallest and largest aspect, height by width"),
        Argument("value", Either(Choice("random"), NUMBERS), 0, "what covers it: a number, one per channel, or noise"),
        Argument("inplace", BOOL, False, "overwrite the input"),
    )
    random = True
    batched = True
    example = "transform train = ToTensor -> RandomErasing(0.25)"

    def infer(self, use: Use) -> Type:
        problem = tensor_problem(use) or order_problem(use, "scale", "ratio")
        if problem is not None:
            return problem
        channels = use.input.shape[0]
        if isinstance(use.value, (tuple, list)) and is_integer(channels) and len(use.value) not in (1, channels):
            return use.problem(
                "argument-domain",
                f"{use.title} has {len(use.value)} values, the image has {channels} channels",
                "value",
            )
        return use.input


def applied(use: Use, nested: Any, x: Type) -> Type:
    """The type a transform given as an argument makes of an input."""
    if isinstance(x, UnknownType):
        return x
    values = {**nested.values, "input": x}
    inner = Use(nested.operation, values, {}, nested.span, nested.operation.name, use.facts, use.problems)
    return nested.operation.infer(inner)


class RandomApply(Transform):
    """Applies a list of transforms one after another, with probability p."""

    target = "torchvision.transforms.RandomApply"
    arguments = (Argument("transforms", Items(Nested("transform")), doc="the transforms"), probability(0.5))
    random = True
    example = "transform train = RandomApply([ColorJitter(0.4, 0.4)], p=0.8) -> ToTensor"

    def infer(self, use: Use) -> Type:
        result = use.input
        for nested in use.transforms:
            result = applied(use, nested, result)
        if isinstance(result, UnknownType) or result == use.input:
            return result
        return use.problem(
            "ragged-batch",
            f"{use.title} gives {result} where it is applied and {use.input} where it is not",
            "transforms",
        )


class RandomChoice(Transform):
    """Applies one transform of a list, drawn for every sample."""

    target = "torchvision.transforms.RandomChoice"
    arguments = (
        Argument("transforms", Items(Nested("transform")), doc="the transforms"),
        Argument("p", Optional(Items(NON_NEGATIVE)), None, "a weight for each; none makes all alike"),
    )
    random = True
    example = "transform train = RandomChoice([RandomRotation(5), GaussianBlur(3)]) -> ToTensor"

    def infer(self, use: Use) -> Type:
        if not use.transforms:
            return use.problem("argument-domain", "RandomChoice has no transforms to choose from", "transforms")
        if use.p is not None and len(use.p) != len(use.transforms):
            return use.problem(
                "argument-domain", f"RandomChoice has {len(use.transforms)} transforms and {len(use.p)} weights", "p"
            )
        if use.p is not None and sum(use.p) <= 0:
            return use.problem("argument-domain", "the weights of RandomChoice are all 0", "p")
        results = [applied(use, nested, use.input) for nested in use.transforms]
        for result in results:
            if isinstance(result, UnknownType):
                return result
            if result != results[0]:
                return use.problem("ragged-batch", f"{use.title} gives {results[0]} or {result}", "transforms")
        return results[0]


class RandomOrder(Transform):
    """Applies a list of transforms in a random order."""

    target = "torchvision.transforms.RandomOrder"
    arguments = (Argument("transforms", Items(Nested("transform")), doc="the transforms"),)
    random = True
    example = "transform train = RandomOrder([RandomRotation(5), GaussianBlur(3)]) -> ToTensor"

    def infer(self, use: Use) -> Type:
        for nested in use.transforms:
            result = applied(use, nested, use.input)
            if isinstance(result, UnknownType):
                return result
            if result != use.input:
                return use.problem(
                    "ragged-batch", f"{use.title} changes the type of the image, so the order matters", "transforms"
                )
        return use.input
