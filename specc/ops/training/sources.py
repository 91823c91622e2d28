"""The sources of data that torchvision does not have: the small real sets inside scikit-learn, and one's own files.

The sets inside scikit-learn have no test part of their own. `numpy.random.RandomState(0).permutation(count)` orders the
samples, a stream of numbers that numpy never changes; the first four fifths, rounded down, are the training part.
"""

from __future__ import annotations

from specc.ops.base import Argument, Dataset, SampleType, Use
from specc.ops.binding import show
from specc.ops.kinds import POSITIVE, TEXT, Choice, Either, Items, Optional
from specc.ops.samples import TRAIN, class_id
from specc.types.ranges import Range
from specc.types.tensor import PictureType, TensorType, Type

SPLIT_SEED = 0


def train_count(count: int) -> int:
    """How many of a set's samples are its training part."""
    return count * 4 // 5


class _Bundled(Dataset):
    """A set inside scikit-learn: a row of numbers and a target."""

    total = 0
    features = 0
    classes: int | None = None
    arguments: tuple[Argument, ...] = (TRAIN,)

    def sample(self, use: Use) -> SampleType:
        training = train_count(self.total)
        count = training if use.train else self.total - training
        return SampleType(self.parts(use), count, self.classes)

    def parts(self, use: Use) -> tuple[Type, Type]:
        return TensorType((self.features,), "f32"), class_id(self.classes)


class Digits(_Bundled):
    """Handwritten digits: 1,797 grey pictures of 8 x 8, scaled to `size` by bilinear interpolation.

    The files hold numbers from 0 to 16; the pictures hold round(255 / 16 * number).
    """

    target = "sklearn.datasets.load_digits"
    total = 1797
    classes = 10
    arguments = (TRAIN, Argument("size", POSITIVE, 8, "height and width of the pictures"))
    example = "train = Digits(train=true, size=28)"

    def parts(self, use: Use) -> tuple[Type, Type]:
        return PictureType(1, use.size, use.size), class_id(10)


class Diabetes(_Bundled):
    """How diabetes went on after a year: 442 people with 10 features, f32[10], and a figure from 25 to 346, f32[1].

    The features are centred and scaled as scikit-learn has them; the target is not scaled.
    """

    target = "sklearn.datasets.load_diabetes"
    total = 442
    features = 10
    example = "train = Diabetes(train=true)"

    def parts(self, use: Use) -> tuple[Type, Type]:
        return TensorType((10,), "f32"), TensorType((1,), "f32")


class Iris(_Bundled):
    """Flowers of three sorts: 150 with four lengths in centimetres, f32[4]."""

    target = "sklearn.datasets.load_iris"
    total = 150
    features = 4
    classes = 3
    example = "train = Iris(train=true)"


class Wine(_Bundled):
    """Wines of three growers: 178 with 13 measurements, f32[13]."""

    target = "sklearn.datasets.load_wine"
    total = 178
    features = 13
    classes = 3
    example = "train = Wine(train=true)"


class BreastCancer(_Bundled):
    """Tumours, malignant (0) or benign (1): 569 with 30 measurements, f32[30]."""

    target = "sklearn.datasets.load_breast_cancer"
    total = 569
    features = 30
    classes = 2
    example = "train = BreastCancer(train=true)"


class text(Dataset):
    """Windows of a text file for a language model: `length` ids, and the same one place further on as the target.

    The ids of level "char" number the characters that occur in the file, in Unicode order; those of level "byte" are
    the bytes of its UTF-8. Window i starts at i * stride; windows that would run over the end are left out.
    """

    target = ""
    arguments = (
        Argument("path", TEXT, doc="the text file, UTF-8"),
        Argument("level", Choice("char", "byte"), "char", "what one id stands for"),
        Argument("length", POSITIVE, 64, "ids in a window"),
        Argument("stride", Optional(POSITIVE), None, "ids from one window to the next; none means length"),
    )
    example = 'train, val = split(text("input.txt", level="char", length=64), [0.9, 0.1], shuffle=false)'

    def sample(self, use: Use) -> SampleType:
        classes = 256 if use.level == "byte" else None
        ids = TensorType((use.length,), "i64", Range(0, classes))
        return SampleType((ids, ids), None, classes)


class tensors(Dataset):
    """Arrays of a file (.npz, .pt, .safetensors), one part each and a sample per row; `sample` states their types."""

    target = ""
    arguments = (
        Argument("path", TEXT, doc="the file"),
        Argument("keys", Optional(Items(TEXT)), None, "which arrays, in the order of the parts; none takes all"),
    )
    endings = (".npz", ".pt", ".safetensors")
    example = 'train = tensors("train.npz")'

    def sample(self, use: Use) -> SampleType:
        ending_problem(use, self.endings)
        return SampleType(())


class table(Dataset):
    """Rows of a table (.csv, .parquet): all columns but the target, or those named as features, and the target."""

    target = ""
    arguments = (
        Argument("path", TEXT, doc="the file; a .csv has its column names in the first line"),
        Argument("target", Optional(Either(TEXT, Items(TEXT))), None, "column of the target, or several"),
        Argument("features", Optional(Items(TEXT)), None, "columns of the input; none takes all but the target"),
        Argument("classes", Optional(POSITIVE), None, "the target is a class id below this number; none makes it f32"),
    )
    endings = (".csv", ".parquet")
    example = 'train, test = split(table("houses.csv", target="price"), [0.8, 0.2], seed=0)'

    def sample(self, use: Use) -> SampleType:
        ending_problem(use, self.endings)
        if use.target is None:
            return SampleType((), None, None)
        width = len(use.target) if isinstance(use.target, (tuple, list)) else 1
        target = TensorType((width,), "f32") if use.classes is None else class_id(use.classes)
        features = None if use.features is None else len(use.features)
        return SampleType((TensorType((features,), "f32"), target), None, use.classes)


def ending_problem(use: Use, endings: tuple[str, ...]) -> None:
    """Report a file of a sort that cannot be read, by its name."""
    if not use.path.endswith(endings):
        use.problem(
            "argument-domain",
            f"{use.title} cannot read {show(use.path)}: it must end in {' or '.join(endings)}",
            "path",
        )
