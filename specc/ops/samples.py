"""What data sets share: the types of their parts, and the arithmetic of splitting them."""

from __future__ import annotations

from math import floor
from typing import Any, Sequence

from specc.ops.base import Argument, Dataset, SampleType, Use
from specc.ops.kinds import BOOL, TEXT, Choice
from specc.types.ranges import Range
from specc.types.tensor import PictureType, TensorType, Type

ROOT = Argument("root", TEXT, doc="folder that holds the files")
TRAIN = Argument("train", BOOL, True, "the training part, or the test part")
DOWNLOAD = Argument("download", BOOL, False, "fetch the files if they are missing", keyword_only=True)


def class_id(classes: int | None) -> TensorType:
    """One class id of a sample, below the number of classes if that is known."""
    return TensorType((), "i64", None if classes is None else Range(0, classes))


def split_argument(default: str, *names: str) -> Argument:
    return Argument("split", Choice(*names), default, "which part of the set")


class Pictures(Dataset):
    """A set of pictures with one class each, as a table.

    size     channels, height and width; None where they vary
    classes  number of classes, None where it depends on the files
    counts   number of samples by the value of the argument `part`; under None where there is only one
    """

    size: tuple[int | None, int | None, int | None] = (3, None, None)
    classes: int | None = None
    counts: dict[Any, int] = {}
    part = "split"

    def count(self, use: Use) -> int | None:
        return self.counts.get(use.values.get(self.part))

    def picture(self, use: Use) -> PictureType:
        return PictureType(*self.size)

    def target_type(self, use: Use) -> tuple[Type, int | None]:
        """The type of what belongs to a picture, and the number of classes if it is one."""
        return class_id(self.classes), self.classes

    def sample(self, use: Use) -> SampleType:
        target, classes = self.target_type(use)
        return SampleType((self.picture(use), target), self.count(use), classes)


def split_counts(count: int, parts: Sequence[float]) -> tuple[int, ...]:
    """How many of `count` samples each part gets: shares that add up to 1, or numbers that add up to `count`.

    Shares are rounded down and the samples that are left go to the first parts, one each, as torch's random_split does.
    """
    if not is_shares(parts):
        return tuple(int(part) for part in parts)
    sizes = [floor(count * part) for part in parts]
    for place in range(count - sum(sizes)):
        sizes[place % len(sizes)] += 1
    return tuple(sizes)


def split_problem(parts: Sequence[Any], count: int | None = None) -> str | None:
    """What is wrong with the parts of a split, None where nothing is. `count` is the number of samples if known."""
    if not parts or not all(isinstance(part, (int, float)) and not isinstance(part, bool) for part in parts):
        return "the parts of a split are numbers: shares that add up to 1, or numbers of samples"
    if any(part < 0 for part in parts):
        return "no part of a split can be negative"
    if is_shares(parts):
        return None
    if any(isinstance(part, float) for part in parts):
        return f"the shares of a split must add up to 1, they add up to {sum(parts):g}"
    if count is not None and sum(parts) != count:
        return f"the parts of the split add up to {sum(parts)}, the set has {count} samples"
    return None


def is_shares(parts: Sequence[float]) -> bool:
    """Whether the parts are shares of the whole, as torch tells them from numbers of samples."""
    total = sum(parts)
    return abs(total - 1) <= 1e-9 * max(abs(total), 1.0) and total <= 1
