"""What transforms share: the sizes of pictures and image tensors, paddings, crops.

A size is None where it varies from sample to sample or is not known; that holds for image tensors in a chain of
transforms as for pictures.
"""

from __future__ import annotations

from typing import Any

from specc.diagnostics.model import finding
from specc.ops.base import Argument, Transform, Use
from specc.ops.kinds import FLOAT, POSITIVE, SIZE, Choice, Either, Items, Member, is_integer
from specc.types.tensor import PictureType, Size, TensorType, Type, sizes

Area = tuple[Size, Size, Size]  # channels, height, width

NUMBERS = Either(FLOAT, Items(FLOAT))
SIZE_OR_PAIR = Either(POSITIVE, Items(POSITIVE, 1), Items(POSITIVE, 2))
PADDING = Either(SIZE, Items(SIZE, 1), Items(SIZE, 2), Items(SIZE, 4))
INTERPOLATION = Member(
    "torchvision.transforms.InterpolationMode",
    "nearest",
    "nearest-exact",
    "bilinear",
    "bicubic",
    "box",
    "hamming",
    "lanczos",
)
TENSOR_INTERPOLATIONS = ("nearest", "nearest-exact", "bilinear", "bicubic")
PADDING_MODE = Argument(
    "padding_mode", Choice("constant", "edge", "reflect", "symmetric"), "constant", "what the border shows"
)


def interpolation(default: str) -> Argument:
    return Argument("interpolation", INTERPOLATION, default, "how values between pixels are found")


def fill(default: Any = 0) -> Argument:
    return Argument("fill", NUMBERS, default, "value of the pixels outside, one or one per channel")


def image_problem(use: Use) -> Type | None:
    """Report an input that is neither a picture nor an image tensor [channels, height, width]; None where it fits."""
    x = use.input
    if isinstance(x, PictureType):
        return None
    if not isinstance(x, TensorType):
        return use.problem("tuple-output", f"{use.title} is given several images, it takes one")
    if x.rank != 3:
        return use.problem("rank-mismatch", f"{use.title} is given {shown(x)}, it needs [channels, height, width]")
    return None


def tensor_problem(use: Use) -> Type | None:
    """Report an input that is not an image tensor; None where it fits."""
    if isinstance(use.input, PictureType):
        return use.problem(
            "missing-totensor",
            f"{use.title} is given a {use.input}, it needs a tensor",
            helps=("put ToTensor before it",),
        )
    return image_problem(use)


def byte_problem(use: Use) -> Type | None:
    """Report an image tensor that does not hold bytes; pictures always do."""
    problem = image_problem(use)
    if problem is None and isinstance(use.input, TensorType) and use.input.dtype != "u8":
        return use.problem(
            "dtype-mismatch",
            f"{use.title} is given {shown(use.input)}, it needs a picture or u8",
            helps=("put it before ToTensor",),
        )
    return problem


def area(x: PictureType | TensorType) -> Area:
    """Channels, height and width."""
    return (x.channels, x.height, x.width) if isinstance(x, PictureType) else tuple(x.shape)  # type: ignore[return-value]


def with_area(x: PictureType | TensorType, channels: Size, height: Size, width: Size) -> Type:
    """The same sort of image with other sizes."""
    if isinstance(x, PictureType):
        return PictureType(channels, height, width)
    return x.reshaped((channels, height, width))


def shown(x: Type) -> str:
    """An image for a message: `f32[3, ?, ?]`."""
    if isinstance(x, TensorType):
        return f"{x.dtype}{sizes(tuple('?' if size is None else size for size in x.shape))}"
    return str(x)


def larger(a: Size, b: Size) -> bool:
    """Whether a size certainly exceeds another: false where one is unknown or symbolic."""
    return is_integer(a) and is_integer(b) and a > b


def pair(value: Any) -> tuple[Any, Any]:
    """Height and width of a size argument: `8`, `(8,)` or `(8, 9)`."""
    if isinstance(value, (tuple, list)):
        return (value[0], value[-1])
    return (value, value)


def borders(padding: Any) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a padding argument: `2`, `(2,)`, `(across, down)` or all four."""
    values = tuple(padding) if isinstance(padding, (tuple, list)) else (padding,)
    if len(values) == 1:
        values = values * 4
    elif len(values) == 2:
        values = values * 2
    return values  # type: ignore[return-value]


def padded(use: Use, x: Any, padding: Any) -> Area | None:
    """The sizes of a picture or image tensor after padding; reports reflections wider than a tensor and gives None."""
    channels, height, width = area(x)
    left, top, right, bottom = borders(padding)
    limit = {"reflect": 0, "symmetric": 1}.get(use.padding_mode)
    if isinstance(x, TensorType) and limit is not None:
        for border, size in ((max(left, right), width), (max(top, bottom), height)):
            if is_integer(size) and border >= size + limit:
                use.problem(
                    "pad-too-large",
                    f"{use.title}: padding {border} of mode {use.padding_mode} is wider than "
                    f"the image allows, whose side is {size}",
                    "padding",
                )
                return None
    return channels, grown(height, top + bottom), grown(width, left + right)


def border_problem(use: Use) -> Type | None:
    """Report a fill that a border cannot have: several values for a tensor, or not one per channel."""
    if isinstance(use.input, TensorType) and isinstance(use.fill, (tuple, list)):
        return use.problem("argument-type", f"{use.title} pads a tensor, so its fill must be one number", "fill")
    return fill_problem(use) if use.padding_mode == "constant" else None


def fill_problem(use: Use) -> Type | None:
    """Report a fill with neither one value nor one per channel."""
    channels = area(use.input)[0]
    if isinstance(use.fill, (tuple, list)) and is_integer(channels) and len(use.fill) not in (1, channels):
        return use.problem(
            "argument-domain",
            f"{use.title} has {len(use.fill)} fill values, the image has {channels} channels",
            "fill",
        )
    return None


def grown(size: Size, by: int) -> Size:
    return None if size is None else size + by


def warn(use: Use, name: str, headline: str, at: str | None = None, helps: tuple[str, ...] = ()) -> None:
    """Report a warning of a rule that is an error elsewhere; the value stays known."""
    use.problems.append(finding(name, use.at(at), headline, helps=helps, severity="warning"))


class Image(Transform):
    """A transform of pictures and image tensors that leaves their sizes alone."""

    def infer(self, use: Use) -> Type:
        return image_problem(use) or use.input


class RandomImage(Image):
    """The same, drawing anew for every sample."""

    random = True
