"""Data sets of torchvision whose pictures all have one size.

Sizes, classes and counts are those their authors and torchvision's documentation state.
"""

from __future__ import annotations

from specc.ops.base import Argument, SampleType, Use
from specc.ops.kinds import BOOL, INT, POSITIVE, Choice, Int, Items, Optional
from specc.ops.samples import DOWNLOAD, ROOT, TRAIN, Pictures, class_id, split_argument
from specc.types.ranges import Range
from specc.types.tensor import PictureType, TensorType, Type

TRAIN_TEST = (ROOT, TRAIN, DOWNLOAD)


class _Handwritten(Pictures):
    size = (1, 28, 28)
    classes = 10
    counts = {True: 60000, False: 10000}
    part = "train"
    arguments = TRAIN_TEST


class MNIST(_Handwritten):
    """Handwritten digits: 70,000 grey pictures of 28 x 28."""

    target = "torchvision.datasets.MNIST"
    example = 'train = MNIST("data", train=true)'


class FashionMNIST(_Handwritten):
    """Articles of clothing in ten classes: 70,000 grey pictures of 28 x 28."""

    target = "torchvision.datasets.FashionMNIST"
    example = 'train = FashionMNIST("data", train=true)'


class KMNIST(_Handwritten):
    """Old Japanese characters in ten classes: 70,000 grey pictures of 28 x 28."""

    target = "torchvision.datasets.KMNIST"
    example = 'train = KMNIST("data", train=true)'


class CIFAR10(Pictures):
    """Animals and vehicles in ten classes: 60,000 colour pictures of 32 x 32."""

    target = "torchvision.datasets.CIFAR10"
    size = (3, 32, 32)
    classes = 10
    counts = {True: 50000, False: 10000}
    part = "train"
    arguments = TRAIN_TEST
    example = 'train = CIFAR10("data", train=true)'


class CIFAR100(CIFAR10):
    """Things of a hundred classes: 60,000 colour pictures of 32 x 32."""

    target = "torchvision.datasets.CIFAR100"
    classes = 100
    example = 'train = CIFAR100("data", train=true)'


class EMNIST(Pictures):
    """Handwritten letters and digits: grey pictures of 28 x 28, divided in six ways.

    The ids of "letters" run from 1 to 26, so a model needs 27 outputs for them.
    """

    target = "torchvision.datasets.EMNIST"
    size = (1, 28, 28)
    splits = {  # classes, training samples, test samples
        "byclass": (62, 697932, 116323),
        "bymerge": (47, 697932, 116323),
        "balanced": (47, 112800, 18800),
        "letters": (27, 124800, 20800),
        "digits": (10, 240000, 40000),
        "mnist": (10, 60000, 10000),
    }
    arguments = (
        ROOT,
        Argument("split", Choice(*splits), doc="how characters are put into classes"),
        TRAIN._replace(keyword_only=True),
        DOWNLOAD,
    )
    example = 'train = EMNIST("data", split="balanced", train=true)'

    def count(self, use: Use) -> int:
        return self.splits[use.split][1 if use.train else 2]

    def target_type(self, use: Use) -> tuple[Type, int | None]:
        classes = self.splits[use.split][0]
        return class_id(classes), classes


class QMNIST(Pictures):
    """MNIST with its test set made whole again: grey pictures of 28 x 28."""

    target = "torchvision.datasets.QMNIST"
    size = (1, 28, 28)
    classes = 10
    part = "what"
    counts = {"train": 60000, "test": 60000, "test10k": 10000, "test50k": 50000, "nist": 402953}
    arguments = (
        ROOT,
        Argument("what", Optional(Choice(*counts)), None, "which part; none takes train or test"),
        Argument("compat", BOOL, True, "give the class alone, not the eight numbers known of each picture"),
        TRAIN,
        DOWNLOAD,
    )
    example = 'test = QMNIST("data", what="test50k")'

    def count(self, use: Use) -> int:
        return self.counts[use.what or ("train" if use.train else "test")]

    def target_type(self, use: Use) -> tuple[Type, int | None]:
        return super().target_type(use) if use.compat else (TensorType((8,), "i64"), None)


class USPS(Pictures):
    """Digits from letters: 9,298 grey pictures of 16 x 16."""

    target = "torchvision.datasets.USPS"
    size = (1, 16, 16)
    classes = 10
    counts = {True: 7291, False: 2007}
    part = "train"
    arguments = TRAIN_TEST
    example = 'train = USPS("data", train=true)'


class SEMEION(Pictures):
    """Handwritten digits: 1,593 black and white pictures of 16 x 16."""

    target = "torchvision.datasets.SEMEION"
    size = (1, 16, 16)
    classes = 10
    counts = {None: 1593}
    arguments = (ROOT, DOWNLOAD._replace(default=True))
    example = 'train, test = split(SEMEION("data"), [0.8, 0.2], seed=0)'


class SVHN(Pictures):
    """House numbers from the street, digit by digit: colour pictures of 32 x 32."""

    target = "torchvision.datasets.SVHN"
    size = (3, 32, 32)
    classes = 10
    counts = {"train": 73257, "test": 26032, "extra": 531131}
    arguments = (ROOT, split_argument("train", *counts), DOWNLOAD)
    example = 'train = SVHN("data", split="train")'


class STL10(Pictures):
    """Animals and vehicles, few of them labelled: colour pictures of 96 x 96; the unlabelled have the id -1."""

    target = "torchvision.datasets.STL10"
    size = (3, 96, 96)
    classes = 10
    counts = {"train": 5000, "test": 8000, "unlabeled": 100000, "train+unlabeled": 105000}
    arguments = (
        ROOT,
        split_argument("train", *counts),
        Argument("folds", Optional(Int(0, 9)), None, "one of ten sets of 1,000 training pictures"),
        DOWNLOAD,
    )
    example = 'train = STL10("data", split="train")'

    def count(self, use: Use) -> int | None:
        labelled = 5000 if use.folds is None else 1000
        return {"train": labelled, "train+unlabeled": labelled + 100000}.get(use.split, self.counts[use.split])

    def target_type(self, use: Use) -> tuple[Type, int | None]:
        if "unlabeled" in use.split:
            return TensorType((), "i64", Range(-1, 10)), None
        return super().target_type(use)


class EuroSAT(Pictures):
    """Land use from a satellite in ten classes: 27,000 colour pictures of 64 x 64."""

    target = "torchvision.datasets.EuroSAT"
    size = (3, 64, 64)
    classes = 10
    counts = {None: 27000}
    arguments = (ROOT, DOWNLOAD)
    example = 'train, test = split(EuroSAT("data"), [0.8, 0.2], seed=0)'


class PCAM(Pictures):
    """Tissue with and without tumour: 327,680 colour pictures of 96 x 96."""

    target = "torchvision.datasets.PCAM"
    size = (3, 96, 96)
    classes = 2
    counts = {"train": 262144, "val": 32768, "test": 32768}
    arguments = (ROOT, split_argument("train", *counts), DOWNLOAD)
    example = 'train = PCAM("data", split="train")'


class RenderedSST2(Pictures):
    """Film reviews, good and bad, as pictures of their text: colour, 448 x 448."""

    target = "torchvision.datasets.RenderedSST2"
    size = (3, 448, 448)
    classes = 2
    counts = {"train": 6920, "val": 872, "test": 1821}
    arguments = (ROOT, split_argument("train", *counts), DOWNLOAD)
    example = 'train = RenderedSST2("data", split="train")'


class FER2013(Pictures):
    """Faces in seven moods: grey pictures of 48 x 48."""

    target = "torchvision.datasets.FER2013"
    size = (1, 48, 48)
    classes = 7
    counts = {"train": 28709, "test": 7178}
    arguments = (ROOT, split_argument("train", *counts))
    example = 'train = FER2013("data", split="train")'


class Omniglot(Pictures):
    """Characters of many alphabets, twenty of each: black and white pictures of 105 x 105."""

    target = "torchvision.datasets.Omniglot"
    size = (1, 105, 105)
    arguments = (ROOT, Argument("background", BOOL, True, "the 30 alphabets to learn from, or the other 20"), DOWNLOAD)
    example = 'train = Omniglot("data", background=true)'

    def count(self, use: Use) -> int:
        return 20 * self._characters(use)

    def target_type(self, use: Use) -> tuple[Type, int | None]:
        return class_id(self._characters(use)), self._characters(use)

    def _characters(self, use: Use) -> int:
        return 964 if use.background else 659


class CelebA(Pictures):
    """Faces with 40 attributes, an identity and landmarks each: 202,599 colour pictures of 218 x 178."""

    target = "torchvision.datasets.CelebA"
    size = (3, 218, 178)
    counts = {"train": 162770, "valid": 19867, "test": 19962, "all": 202599}
    arguments = (
        ROOT,
        split_argument("train", *counts),
        Argument("target_type", Choice("attr", "identity", "bbox", "landmarks"), "attr", "what belongs to a picture"),
        DOWNLOAD,
    )
    example = 'train = CelebA("data", split="train", target_type="attr")'
    targets = {
        "attr": (TensorType((40,), "i64", Range(0, 2)), None),
        "identity": (TensorType((), "i64", Range(1, 10178)), None),
        "bbox": (TensorType((4,), "i64"), None),
        "landmarks": (TensorType((10,), "i64"), None),
    }

    def target_type(self, use: Use) -> tuple[Type, int | None]:
        return self.targets[use.target_type]


class FakeData(Pictures):
    """Random pictures with random classes: to try a model without any data."""

    target = "torchvision.datasets.FakeData"
    arguments = (
        Argument("size", POSITIVE, 1000, "number of samples"),
        Argument("image_size", Items(POSITIVE, 3), (3, 224, 224), "channels (1 to 4), height and width"),
        Argument("num_classes", POSITIVE, 10, "number of classes"),
        Argument("random_offset", INT, 0, "where the stream of random numbers starts", keyword_only=True),
    )
    example = "train = FakeData(1000, (3, 32, 32), 10)"

    def sample(self, use: Use) -> SampleType:
        channels, height, width = use.image_size
        if channels > 4:
            use.problem(
                "argument-domain", f"a picture has at most 4 channels, image_size says {channels}", "image_size"
            )
        return SampleType((PictureType(channels, height, width), class_id(use.num_classes)), use.size, use.num_classes)
