"""The transforms of torchvision that change colours at random, and the learned augmentation policies."""

from __future__ import annotations

from specc.ops.base import Argument, Use
from specc.ops.kinds import (
    BOOL,
    FLOAT,
    NON_NEGATIVE,
    POSITIVE,
    Either,
    Float,
    Int,
    Items,
    Member,
    Optional,
)
from specc.ops.pictures import (
    NUMBERS,
    RandomImage,
    area,
    byte_problem,
    fill,
    fill_problem,
    image_problem,
    interpolation,
    larger,
    pair,
)
from specc.ops.training.random_transforms import (
    ELASTIC_MOVES,
    PICTURE_MOVES,
    TENSOR_MOVES,
    moved_problem,
    order_problem,
    probability,
)
from specc.ops.training.transforms import colour_problem
from specc.types.tensor import TensorType, Type

STRENGTH = Either(NON_NEGATIVE, Items(NON_NEGATIVE, 2))
BINS = Argument("num_magnitude_bins", Int(2), 31, "into how many steps the strengths are divided")


def _strength(name: str) -> Argument:
    return Argument(name, STRENGTH, 0, "largest change, or smallest and largest factor")


class ColorJitter(RandomImage):
    """Changes brightness, contrast, saturation and hue at random, in random order."""

    target = "torchvision.transforms.ColorJitter"
    arguments = (
        _strength("brightness"),
        _strength("contrast"),
        _strength("saturation"),
        Argument("hue", Either(Float(0, 0.5), Items(Float(-0.5, 0.5), 2)), 0, "largest shift of the hue, up to 0.5"),
    )
    example = "transform train = ColorJitter(0.4, 0.4, 0.4, 0.1) -> ToTensor"

    def infer(self, use: Use) -> Type:
        names = ("brightness", "contrast", "saturation", "hue")
        problem = image_problem(use) or order_problem(use, *names)
        if problem is None and any(getattr(use, name) for name in names):
            problem = colour_problem(use)
        return problem or use.input


class _Recolour(RandomImage):
    """Changes of colour that want one or three channels, of pictures too; `bytes_only` where floats have no bits."""

    bytes_only = False

    def infer(self, use: Use) -> Type:
        problem = byte_problem(use) if self.bytes_only else image_problem(use)
        return problem or colour_problem(use, pictures=True) or use.input


class RandomGrayscale(_Recolour):
    """Makes an image grey with probability p; the number of channels stays."""

    target = "torchvision.transforms.RandomGrayscale"
    arguments = (probability(0.1),)
    example = "transform train = RandomGrayscale(0.2) -> ToTensor"


class RandomInvert(_Recolour):
    """Turns dark into light, with probability p."""

    target = "torchvision.transforms.RandomInvert"
    arguments = (probability(0.5),)
    example = "transform train = RandomInvert -> ToTensor"


class RandomPosterize(_Recolour):
    """Keeps only some bits of each value, with probability p."""

    target = "torchvision.transforms.RandomPosterize"
    bytes_only = True
    arguments = (Argument("bits", Int(1, 8), doc="bits that are kept, 1 to 8"), probability(0.5))
    example = "transform train = RandomPosterize(4) -> ToTensor"


class RandomSolarize(_Recolour):
    """Inverts the values above a threshold, with probability p."""

    target = "torchvision.transforms.RandomSolarize"
    arguments = (
        Argument("threshold", FLOAT, doc="values from here on are inverted: up to 255, or 1 for floats"),
        probability(0.5),
    )
    example = "transform train = RandomSolarize(192) -> ToTensor"

    def infer(self, use: Use) -> Type:
        result = super().infer(use)
        highest = 1 if isinstance(use.input, TensorType) and use.input.is_float else 255
        if isinstance(use.input, TensorType) and use.threshold > highest:
            return use.problem(
                "argument-domain", f"threshold of {use.title} is above {highest}, the largest value", "threshold"
            )
        return result


class RandomAdjustSharpness(RandomImage):
    """Sharpens (or blurs, below 1) with probability p."""

    target = "torchvision.transforms.RandomAdjustSharpness"
    arguments = (
        Argument("sharpness_factor", NON_NEGATIVE, doc="0 blurs, 1 changes nothing, 2 sharpens"),
        probability(0.5),
    )
    example = "transform train = RandomAdjustSharpness(2) -> ToTensor"

    def infer(self, use: Use) -> Type:
        return image_problem(use) or colour_problem(use) or use.input


class RandomAutocontrast(_Recolour):
    """Stretches the values to the full range, with probability p."""

    target = "torchvision.transforms.RandomAutocontrast"
    arguments = (probability(0.5),)
    example = "transform train = RandomAutocontrast -> ToTensor"


class RandomEqualize(_Recolour):
    """Makes all values equally frequent, with probability p."""

    target = "torchvision.transforms.RandomEqualize"
    bytes_only = True
    arguments = (probability(0.5),)
    example = "transform train = RandomEqualize -> ToTensor"


class ElasticTransform(RandomImage):
    """Displaces every pixel a little, neighbours alike."""

    target = "torchvision.transforms.ElasticTransform"
    arguments = (
        Argument("alpha", Either(FLOAT, Items(FLOAT, 2)), 50.0, "size of the displacements"),
        Argument("sigma", Either(NON_NEGATIVE, Items(NON_NEGATIVE, 2)), 5.0, "their smoothness"),
        interpolation("bilinear"),
        fill(),
    )
    example = "transform train = ElasticTransform(20.0) -> ToTensor"

    def infer(self, use: Use) -> Type:
        problem = (
            image_problem(use)
            or fill_problem(use)
            or moved_problem(use, ELASTIC_MOVES, ELASTIC_MOVES)
            or self._smoothness_problem(use)
        )
        return problem or use.input

    def _smoothness_problem(self, use: Use) -> Type | None:
        """Displacements are smoothed by a Gaussian of 8 sigma, whose half has to fit into the image."""
        for name in ("alpha", "sigma"):
            if not all(isinstance(number, float) for number in pair(getattr(use, name))):
                return use.problem(
                    "argument-type", f"{name} of {use.title} must be written with a point, as in 5.0", name
                )
        sigmas = pair(use.sigma)
        if sigmas == (0, 0):
            return None
        if 0 in sigmas:
            return use.problem("argument-domain", f"one sigma of {use.title} is 0 and the other is not", "sigma")
        radius = max(int(8 * sigma + 1) // 2 for sigma in sigmas)
        _, height, width = area(use.input)
        if larger(radius + 1, height) or larger(radius + 1, width):
            return use.problem(
                "kernel-exceeds-input",
                f"{use.title} smooths over {radius} pixels to each side, the image is {height}x{width}",
                "sigma",
                helps=("write a smaller sigma",),
            )
        return None


class _Policy(RandomImage):
    """Augmentation policies: pictures or bytes, of one or three channels."""

    picture_modes: tuple[str, ...] = PICTURE_MOVES

    def infer(self, use: Use) -> Type:
        problem = byte_problem(use) or colour_problem(use, pictures=True) or fill_problem(use)
        return problem or moved_problem(use, self.picture_modes) or use.input


FILL = fill(None)._replace(kind=Optional(NUMBERS))


class AutoAugment(_Policy):
    """Applies one of the augmentation policies that were learned on a data set."""

    target = "torchvision.transforms.AutoAugment"
    arguments = (
        Argument(
            "policy",
            Member("torchvision.transforms.AutoAugmentPolicy", "imagenet", "cifar10", "svhn"),
            "imagenet",
            "the data set the policy was learned on",
        ),
        interpolation("nearest"),
        FILL,
    )
    example = 'transform train = AutoAugment("cifar10") -> ToTensor'


class RandAugment(_Policy):
    """Applies a few augmentations drawn at random, all of one strength."""

    target = "torchvision.transforms.RandAugment"
    arguments = (
        Argument("num_ops", POSITIVE, 2, "augmentations for each image"),
        Argument("magnitude", Int(0), 9, "their strength, below num_magnitude_bins"),
        BINS,
        interpolation("nearest"),
        FILL,
    )
    example = "transform train = RandAugment(2, 9) -> ToTensor"

    def infer(self, use: Use) -> Type:
        if use.magnitude >= use.num_magnitude_bins:
            return use.problem(
                "argument-domain",
                f"magnitude of {use.title} is {use.magnitude}, "
                f"it must be below num_magnitude_bins, {use.num_magnitude_bins}",
                "magnitude",
            )
        return super().infer(use)


class TrivialAugmentWide(_Policy):
    """Applies one augmentation of random strength."""

    target = "torchvision.transforms.TrivialAugmentWide"
    arguments = (BINS, interpolation("nearest"), FILL)
    example = "transform train = TrivialAugmentWide -> ToTensor"


class AugMix(_Policy):
    """Mixes several chains of augmentations of the same image."""

    target = "torchvision.transforms.AugMix"
    picture_modes = TENSOR_MOVES  # it makes a tensor of a picture first
    arguments = (
        Argument("severity", Int(1, 10), 3, "strength of the augmentations, 1 to 10"),
        Argument("mixture_width", POSITIVE, 3, "number of chains"),
        Argument("chain_depth", Int(), -1, "augmentations in a chain; below 1 draws 1 to 3"),
        Argument("alpha", Float(0, open_low=True), 1.0, "how evenly the chains are mixed"),
        Argument("all_ops", BOOL, True, "use the augmentations of brightness, contrast, colour and sharpness too"),
        interpolation("bilinear"),
        FILL,
    )
    example = "transform train = AugMix(severity=3) -> ToTensor"
