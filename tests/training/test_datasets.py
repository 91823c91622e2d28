"""Data sets: what is said of them against torchvision's and scikit-learn's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sklearn.datasets
import torchvision
from PIL import Image
from torch.utils.data import random_split

from specc.ops.base import Dataset, SampleType
from specc.ops.kinds import Choice
from specc.ops.samples import is_shares, split_counts, split_problem
from specc.ops.training.sources import train_count
from specc.types.ranges import Range
from specc.types.tensor import PictureType, TensorType
from tests.training.uses import all_of, make, operation

NAMES = all_of("dataset")
CLASSIFICATION = [name for name in NAMES if operation("dataset", name).target.startswith("torchvision")]


def sample(name: str, *args: Any, **kwargs: Any) -> SampleType:
    made = make("dataset", name, *args, **kwargs)
    found = operation("dataset", name)
    assert made.use is not None and isinstance(found, Dataset), made.problems
    return found.sample(made.use)


def choices(name: str, argument: str) -> tuple[Any, ...]:
    kind = next((a.kind for a in operation("dataset", name).arguments if a.name == argument), None)
    kind = getattr(kind, "inner", kind)
    return kind.choices if isinstance(kind, Choice) else ()


# Every value of these arguments is tried on torchvision's class, with an empty folder for the files.
WORDS = [
    (name, argument.name) for name in CLASSIFICATION for argument in operation("dataset", name).arguments
    if choices(name, argument.name) and argument.name != "image_set"
]  # fmt: skip


def complaint(name: str, folder: Path, settings: dict[str, Any]) -> str:
    """What torchvision says of a set whose files are missing: of the files, or of the argument."""
    found = operation("dataset", name)
    needed = {
        a.name: choices(name, a.name)[0] for a in found.arguments if repr(a.default) == "REQUIRED" and a.name != "root"
    }
    offline = {"download": False} if any(a.name == "download" for a in found.arguments) else {}
    try:
        getattr(torchvision.datasets, name)(str(folder), **{**needed, **offline, **settings})
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


@pytest.mark.parametrize(("name", "argument"), WORDS)
def test_words_are_torchvisions(name: str, argument: str, tmp_path: Path) -> None:
    refused = complaint(name, tmp_path, {argument: "nonsense"})
    for word in choices(name, argument):
        said = complaint(name, tmp_path, {argument: word})
        assert (
            "nonsense" not in said and said.replace(str(word), "nonsense") != refused or "Unknown value" not in refused
        )
        assert "Unknown value" not in said and "should be one of" not in said, said


@pytest.mark.parametrize("name", CLASSIFICATION)
def test_every_part_of_a_set_has_a_count(name: str) -> None:
    """Every value of the argument that chooses the part is in the table of counts, and no other."""
    found: Any = operation("dataset", name)
    chosen = set(choices(name, found.part))
    if not found.counts or not chosen:
        pytest.skip("one part, or none with a count")
    unknown = {"2017", "2018", "2019"}
    assert set(found.counts) <= chosen and chosen - set(found.counts) <= unknown


@pytest.mark.parametrize("name", ["MNIST", "FashionMNIST", "KMNIST", "QMNIST"])
def test_class_counts_are_torchvisions(name: str) -> None:
    assert sample(name, "data").classes == len(getattr(torchvision.datasets, name).classes)


@pytest.mark.parametrize("split", torchvision.datasets.EMNIST.splits)
def test_emnist_classes_are_torchvisions(split: str) -> None:
    found = sample("EMNIST", "data", split)
    assert found.classes == len(torchvision.datasets.EMNIST.classes_split_dict[split])


def test_other_class_counts_are_torchvisions() -> None:
    assert sample("FGVCAircraft", "data").classes == 100
    assert sample("Imagenette", "data").classes == len(torchvision.datasets.Imagenette._WNID_TO_CLASS)
    assert sample("EuroSAT", "data").count == 27000
    assert sample("STL10", "data").classes == 10
    assert sample("STL10", "data", split="train+unlabeled", folds=3).count == 101000


def test_fake_data_gives_what_is_said() -> None:
    for channels in (1, 3, 4):
        said = sample("FakeData", 7, (channels, 5, 6), 4)
        real = torchvision.datasets.FakeData(7, (channels, 5, 6), 4)
        picture, target = real[0]
        assert said.parts[0] == PictureType(len(picture.getbands()), picture.height, picture.width)
        assert said.parts[1] == TensorType((), "i64", Range(0, 4)) and isinstance(target, int)
        assert said.count == len(real)


def test_fake_pictures_have_four_channels_at_most() -> None:
    made = make("dataset", "FakeData", 7, (5, 5, 6), 4)
    operation("dataset", "FakeData").sample(made.use)  # type: ignore[attr-defined]
    assert made.rules == ["argument-domain"]
    with pytest.raises(ValueError):
        torchvision.datasets.FakeData(7, (5, 5, 6), 4)[0]


def test_image_folders_give_colour_pictures(tmp_path: Path) -> None:
    for place, mode in enumerate(("L", "RGB", "RGBA")):
        (tmp_path / str(place)).mkdir()
        Image.new(mode, (4 + place, 5)).save(tmp_path / str(place) / "a.png")
    said = sample("ImageFolder", str(tmp_path))
    assert said == SampleType((PictureType(3, None, None), TensorType((), "i64")), None, None)
    assert {len(picture.getbands()) for picture, _ in torchvision.datasets.ImageFolder(str(tmp_path))} == {3}


BUNDLED = {
    "Digits": sklearn.datasets.load_digits,
    "Iris": sklearn.datasets.load_iris,
    "Wine": sklearn.datasets.load_wine,
    "BreastCancer": sklearn.datasets.load_breast_cancer,
    "Diabetes": sklearn.datasets.load_diabetes,
}


@pytest.mark.parametrize("name", sorted(BUNDLED))
def test_bundled_sets_are_scikit_learns(name: str) -> None:
    bunch = BUNDLED[name]()
    training, testing = sample(name, True), sample(name, False)
    assert training.count == train_count(len(bunch.target))
    assert (training.count or 0) + (testing.count or 0) == len(bunch.target)
    features = training.parts[0]
    if name == "Digits":
        assert features == PictureType(1, *bunch.images.shape[1:])
    else:
        assert features == TensorType((bunch.data.shape[1],), "f32")
    if name == "Diabetes":
        assert training.classes is None and training.parts[1] == TensorType((1,), "f32")
    else:
        assert training.classes == len(bunch.target_names)
        assert training.parts[1] == TensorType((), "i64", Range(0, len(bunch.target_names)))


def test_digits_are_split_four_to_one_and_scaled() -> None:
    assert sample("Digits", train=True).count == 1437
    assert sample("Digits", train=False).count == 360
    assert sample("Digits", size=28).parts[0] == PictureType(1, 28, 28)


def test_text_windows() -> None:
    assert sample("text", "a.txt", length=8).parts == (TensorType((8,), "i64", Range(0, None)),) * 2
    assert sample("text", "a.txt", level="byte").classes == 256


def test_tables_and_tensors_know_what_is_written() -> None:
    assert sample("tensors", "a.npz").parts == ()
    assert sample("table", "a.csv", target="y").parts == (TensorType((None,), "f32"), TensorType((1,), "f32"))
    features = sample("table", "a.csv", target="y", features=["a", "b"], classes=3)
    assert features.parts == (TensorType((2,), "f32"), TensorType((), "i64", Range(0, 3)))
    for name in ("table", "tensors"):
        made = make("dataset", name, "a.xls")
        operation("dataset", name).sample(made.use)  # type: ignore[attr-defined]
        assert made.rules == ["argument-domain"]


def torch_split(count: int, parts: list[Any]) -> tuple[int, ...] | None:
    try:
        return tuple(len(part) for part in random_split(range(count), parts))  # type: ignore[arg-type]
    except (ValueError, TypeError, RuntimeError):
        return None


SPLITS: tuple[list[Any], ...] = (
    [0.9, 0.1], [0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [1.0], [1], [0.5, 0.5, 0.0], [0.5, 0.4], [0.6, 0.6], [3, 4], [10, 7],
    [1 / 3, 1 / 3, 1 / 3], [-0.5, 1.5], [0.1] * 10, [0.3, 0.3, 0.4], [17], [0, 17],
)  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("count", [1, 2, 7, 10, 17, 100, 1797])
@pytest.mark.parametrize("parts", SPLITS)
def test_splits_are_torchs(count: int, parts: list[Any]) -> None:
    given = torch_split(count, parts)
    assert (split_problem(parts, count) is None) == (given is not None)
    if given is not None:
        assert split_counts(count, parts) == given
        assert is_shares(parts) or sum(parts) == count


def test_splits_want_numbers() -> None:
    assert split_problem([]) and split_problem(["a"]) and split_problem([True])
