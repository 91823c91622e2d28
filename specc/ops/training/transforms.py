"""The transforms of torchvision that give every sample the same treatment: conversion, scaling, cropping, padding."""

from __future__ import annotations

from specc.ops.base import Argument, Transform, Use
from specc.ops.binding import show
from specc.ops.kinds import BOOL, DTYPE, NON_NEGATIVE, POSITIVE, Choice, Either, Items, Optional, is_integer
from specc.ops.pictures import (
    NUMBERS,
    PADDING,
    PADDING_MODE,
    SIZE_OR_PAIR,
    TENSOR_INTERPOLATIONS,
    Image,
    area,
    border_problem,
    fill,
    image_problem,
    interpolation,
    larger,
    padded,
    pair,
    shown,
    tensor_problem,
    warn,
    with_area,
)
from specc.types.tensor import UNKNOWN, PictureType, Size, TensorType, Type

ANTIALIAS = Argument("antialias", Optional(BOOL), True, "smooth before shrinking; pictures always are")
CROP_SIZE = Argument("size", SIZE_OR_PAIR, doc="side of the result, or its height and width")


class _FromPicture(Transform):
    """Makes a tensor [channels, height, width] of a picture."""

    dtype = "u8"
    batched = True

    def infer(self, use: Use) -> Type:
        x = use.input
        if isinstance(x, PictureType):
            return TensorType((x.channels, x.height, x.width), self.dtype)
        if not isinstance(x, TensorType):
            return image_problem(use) or UNKNOWN
        return use.problem(
            "wrong-context",
            f"{use.title} is given {shown(x)}, which is a tensor already",
            helps=(f"leave {self.name} out",),
        )


class ToTensor(_FromPicture):
    """Makes a picture a tensor f32[channels, height, width] with values from 0 to 1."""

    target = "torchvision.transforms.ToTensor"
    dtype = "f32"
    example = "transform = ToTensor -> Normalize((0.5,), (0.5,))"


class PILToTensor(_FromPicture):
    """Makes a picture a tensor u8[channels, height, width], its values as they are."""

    target = "torchvision.transforms.PILToTensor"
    example = "transform = PILToTensor -> ConvertImageDtype(f32)"


class ToImage(_FromPicture):
    """Makes a picture a tensor u8[channels, height, width], its values as they are; a tensor stays."""

    target = "torchvision.transforms.v2.ToImage"
    example = "transform = ToImage -> ToDtype(f32, scale=true)"

    def infer(self, use: Use) -> Type:
        return super().infer(use) if isinstance(use.input, PictureType) else image_problem(use) or use.input


class _Convert(Transform):
    batched = True

    def infer(self, use: Use) -> Type:
        return tensor_problem(use) or TensorType(use.input.shape, use.dtype.name)


class ConvertImageDtype(_Convert):
    """Converts an image tensor to another dtype and scales its values to that dtype's range."""

    target = "torchvision.transforms.ConvertImageDtype"
    arguments = (Argument("dtype", DTYPE, doc="dtype of the result"),)
    example = "transform = PILToTensor -> ConvertImageDtype(f32)"


class ToDtype(_Convert):
    """Converts an image tensor to another dtype; with `scale`, its values to that dtype's range as well."""

    target = "torchvision.transforms.v2.ToDtype"
    arguments = (
        Argument("dtype", DTYPE, doc="dtype of the result"),
        Argument("scale", BOOL, False, "map the values onto the range of the dtype (0 to 1 for floats)"),
    )
    example = "transform = ToImage -> ToDtype(f32, scale=true)"


class ToPILImage(Transform):
    """Makes an image tensor a picture."""

    target = "torchvision.transforms.ToPILImage"
    arguments = (
        Argument("mode", Optional(Choice("L", "RGB", "RGBA")), None, "colour mode; none takes it from the channels"),
    )
    example = "transform = ToPILImage -> RandAugment -> ToTensor"
    modes = {"L": 1, "RGB": 3, "RGBA": 4}

    def infer(self, use: Use) -> Type:
        problem = tensor_problem(use)
        if problem is not None:
            return problem
        channels, height, width = area(use.input)
        if is_integer(channels) and use.mode and self.modes[use.mode] != channels:
            return use.problem(
                "argument-domain",
                f"{use.title} is given {channels} channels, mode {use.mode} has {self.modes[use.mode]}",
                "mode",
            )
        return PictureType(channels, height, width)


class Normalize(Transform):
    """Subtracts a mean and divides by a standard deviation, one for all channels or one for each."""

    target = "torchvision.transforms.Normalize"
    arguments = (
        Argument("mean", NUMBERS, doc="means, one or one per channel"),
        Argument("std", NUMBERS, doc="standard deviations, one or one per channel"),
        Argument("inplace", BOOL, False, "overwrite the input"),
    )
    batched = True
    example = "transform = ToTensor -> Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))"

    def infer(self, use: Use) -> Type:
        if isinstance(use.input, PictureType):
            return use.problem(
                "normalize-before-totensor",
                "Normalize is given a picture, it needs a tensor",
                helps=("put ToTensor before Normalize",),
            )
        problem = tensor_problem(use)
        if problem is not None:
            return problem
        if not use.input.is_float:
            return use.problem(
                "dtype-mismatch",
                f"Normalize is given {shown(use.input)}, it needs floats",
                helps=("convert first: ConvertImageDtype(f32)",),
            )
        return self._values_problem(use) or use.input

    def _values_problem(self, use: Use) -> Type | None:
        for name, word in (("mean", "mean"), ("std", "standard deviation")):
            value = getattr(use, name)
            values = value if isinstance(value, (tuple, list)) else (value,)
            if name == "std" and 0 in values:
                return use.problem("argument-domain", "a standard deviation of Normalize is 0", "std")
            channels = use.input.shape[0]
            if len(values) != 1 and is_integer(channels) and len(values) != channels:
                return self._count_problem(use, name, word, len(values), channels)
        return None

    def _count_problem(self, use: Use, name: str, word: str, count: int, channels: int) -> Type:
        helps = [f"write {channels}, one for each channel, or one for all"]
        if channels == 1:
            helps = [f"write one {word}", "or make the picture coloured before ToTensor: Grayscale(3)"]
        given, wanted = f"{count} {word}{'s' * (count != 1)}", f"{channels} channel{'s' * (channels != 1)}"
        return use.problem(
            "normalize-channels",
            f"Normalize has {given}, the image has {wanted}",
            name,
            helps=tuple(helps),
        )


class Resize(Transform):
    """Scales an image: to a height and width, or its shorter side to one size with the aspect kept."""

    target = "torchvision.transforms.Resize"
    arguments = (
        Argument("size", SIZE_OR_PAIR, doc="size of the shorter side, or height and width"),
        interpolation("bilinear"),
        Argument("max_size", Optional(POSITIVE), None, "largest size of the longer side"),
        ANTIALIAS,
    )
    example = "transform = Resize((224, 224)) -> ToTensor"

    def infer(self, use: Use) -> Type:
        problem = image_problem(use) or tensor_interpolation_problem(use) or self._max_size_problem(use)
        if problem is not None:
            return problem
        channels, height, width = area(use.input)
        tall, wide = self._resized(use, height, width)
        if 0 in (tall, wide):
            return use.problem(
                "argument-domain", f"{use.title} makes {tall}x{wide} of an image of {height}x{width}", "max_size"
            )
        return with_area(use.input, channels, tall, wide)

    def _max_size_problem(self, use: Use) -> Type | None:
        if use.max_size is None:
            return None
        if len(use.size) == 2 if isinstance(use.size, (tuple, list)) else False:
            return use.problem(
                "argument-domain", f"{use.title} has a max_size, but its size fixes both sides", "max_size"
            )
        if use.max_size <= pair(use.size)[0]:
            return use.problem(
                "argument-domain",
                f"max_size of {use.title} is {use.max_size}, it must exceed the size {pair(use.size)[0]}",
                "max_size",
            )
        return None

    def _resized(self, use: Use, height: Size, width: Size) -> tuple[Size, Size]:
        """Height and width after the scaling, as torchvision rounds them; None where the aspect is not known."""
        if isinstance(use.size, (tuple, list)) and len(use.size) == 2:
            return use.size[0], use.size[1]
        if not (is_integer(height) and is_integer(width)):
            return None, None
        short = pair(use.size)[0]
        long = int(short * max(height, width) / min(height, width))
        if use.max_size is not None and long > use.max_size:
            short, long = int(use.max_size * short / long), use.max_size
        return (long, short) if width <= height else (short, long)


def tensor_interpolation_problem(use: Use) -> Type | None:
    """Report an interpolation that only pictures have."""
    if isinstance(use.input, TensorType) and use.interpolation not in TENSOR_INTERPOLATIONS:
        return use.problem(
            "argument-domain",
            f"{use.title}: interpolation {show(use.interpolation)} works on pictures, not on tensors",
            "interpolation",
            helps=("put it before ToTensor",),
        )
    return None


class CenterCrop(Transform):
    """Cuts out the middle; an image that is smaller is padded with 0."""

    target = "torchvision.transforms.CenterCrop"
    arguments = (CROP_SIZE,)
    batched = True
    example = "transform = Resize(256) -> CenterCrop(224) -> ToTensor"

    def infer(self, use: Use) -> Type:
        problem = image_problem(use)
        if problem is not None:
            return problem
        channels, height, width = area(use.input)
        tall, wide = pair(use.size)
        if larger(tall, height) or larger(wide, width):
            warn(
                use,
                "crop-exceeds-image",
                f"{use.title} is larger than the image ({height}x{width}) and pads it with 0",
                "size",
            )
        return with_area(use.input, channels, tall, wide)


class _SeveralCrops(Transform):
    """Gives several crops of an image as a tuple."""

    count = 5

    def infer(self, use: Use) -> Type:
        problem = image_problem(use)
        if problem is not None:
            return problem
        channels, height, width = area(use.input)
        tall, wide = pair(use.size)
        if larger(tall, height) or larger(wide, width):
            return use.problem("crop-exceeds-image", f"{use.title} is larger than the image, {height}x{width}", "size")
        return (with_area(use.input, channels, tall, wide),) * self.count


class FiveCrop(_SeveralCrops):
    """Cuts out the four corners and the middle; gives a tuple of five."""

    target = "torchvision.transforms.FiveCrop"
    arguments = (CROP_SIZE,)
    example = "transform = ToTensor -> FiveCrop(224)"


class TenCrop(_SeveralCrops):
    """Cuts out the four corners and the middle, and the same of the mirrored image; gives a tuple of ten."""

    target = "torchvision.transforms.TenCrop"
    arguments = (CROP_SIZE, Argument("vertical_flip", BOOL, False, "mirror top to bottom, not left to right"))
    count = 10
    example = "transform = ToTensor -> TenCrop(224)"


class Pad(Transform):
    """Adds a border."""

    target = "torchvision.transforms.Pad"
    arguments = (
        Argument("padding", PADDING, doc="width of the border: all, (across, down) or (left, top, right, bottom)"),
        fill(),
        PADDING_MODE,
    )
    batched = True
    example = "transform = Pad(2) -> ToTensor"

    def infer(self, use: Use) -> Type:
        problem = image_problem(use)
        if problem is not None:
            return problem
        grown = None if border_problem(use) else padded(use, use.input, use.padding)
        return use.input if grown is None else with_area(use.input, *grown)


class Grayscale(Transform):
    """Makes an image grey, of one channel or of three equal ones."""

    target = "torchvision.transforms.Grayscale"
    arguments = (Argument("num_output_channels", Choice(1, 3), 1, "channels of the result"),)
    example = "transform = Grayscale -> ToTensor"

    def infer(self, use: Use) -> Type:
        problem = image_problem(use) or colour_problem(use)
        if problem is not None:
            return problem
        channels, height, width = area(use.input)
        grey = use.num_output_channels
        if isinstance(use.input, TensorType) and grey == 3 and channels != 3:
            grey = channels  # torchvision leaves a grey tensor as it is
        return with_area(use.input, grey, height, width)


def colour_problem(use: Use, pictures: bool = False) -> Type | None:
    """Report an image tensor (or a picture too) whose channels are neither grey nor red, green and blue."""
    channels = area(use.input)[0]
    concerned = pictures or isinstance(use.input, TensorType)
    if concerned and is_integer(channels) and channels not in (1, 3):
        return use.problem("in-channels-mismatch", f"{use.title} is given {channels} channels, it needs 1 or 3")
    return None


class GaussianBlur(Image):
    """Blurs with a Gaussian whose width is drawn from a range."""

    target = "torchvision.transforms.GaussianBlur"
    arguments = (
        Argument("kernel_size", SIZE_OR_PAIR, doc="odd size of the kernel, or its two odd sizes (across, down)"),
        Argument(
            "sigma", Either(NON_NEGATIVE, Items(NON_NEGATIVE, 2)), (0.1, 2.0), "width, or smallest and largest width"
        ),
    )
    random = True
    example = "transform = GaussianBlur(3, sigma=(0.1, 2.0)) -> ToTensor"

    def infer(self, use: Use) -> Type:
        problem = image_problem(use)
        if problem is not None:
            return problem
        low, high = use.sigma if isinstance(use.sigma, (tuple, list)) else (use.sigma, use.sigma)
        if not 0 < low <= high:
            return use.problem("argument-domain", f"sigma of {use.title} must be above 0, the smaller first", "sigma")
        across, down = pair(use.kernel_size)
        if across % 2 == 0 or down % 2 == 0:
            return use.problem("argument-domain", f"kernel_size of {use.title} must be odd", "kernel_size")
        _, height, width = area(use.input)
        if larger(across // 2 + 1, width) or larger(down // 2 + 1, height):
            return use.problem(
                "kernel-exceeds-input",
                f"{use.title}: half the kernel does not fit into the image, {height}x{width}",
                "kernel_size",
            )
        return use.input
