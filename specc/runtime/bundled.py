"""The small real sets that ship inside scikit-learn, so that they need no network, and made-up pictures."""

from __future__ import annotations

from typing import Any, Callable

import numpy
import torch
from torch import Tensor
from torch.nn import functional

from specc.backends.targets import resolve
from specc.ops.training.sources import SPLIT_SEED, train_count
from specc.program.model import Named
from specc.runtime.samples import Files, Samples


def chosen_rows(count: int, train: bool) -> Any:
    """The numbers of the samples of the training or the test part."""
    order = numpy.random.RandomState(SPLIT_SEED).permutation(count)
    return order[: train_count(count)] if train else order[train_count(count) :]


def digits(named: Named, data_root: str | None) -> Samples:
    """Handwritten digits, 8 x 8 with values 0 to 16, made grey pictures of size x size."""
    loaded = _load("load_digits")
    rows = chosen_rows(len(loaded.target), named.values["train"])
    grey = torch.tensor(loaded.images[rows]).unsqueeze(1) * (255 / 16)
    size = (named.values["size"],) * 2
    if size != grey.shape[2:]:
        grey = functional.interpolate(grey, size, mode="bilinear", antialias=True)
    labels = torch.tensor(loaded.target[rows], dtype=torch.int64)
    return Samples((grey.round().byte(), labels), "Digits of scikit-learn")


def _rows(loader: str, regression: bool) -> Callable[[Named, str | None], Samples]:
    def read(named: Named, data_root: str | None) -> Samples:
        loaded = _load(loader)
        rows = chosen_rows(len(loaded.target), named.values["train"])
        features = torch.tensor(loaded.data[rows], dtype=torch.float32)
        target = torch.tensor(loaded.target[rows], dtype=torch.float32 if regression else torch.int64)
        return Samples(
            (features, target.unsqueeze(1) if regression else target), f"{named.operation.name} of scikit-learn"
        )

    return read


def _load(loader: str) -> Any:
    from sklearn import datasets

    return getattr(datasets, loader)()


def fake(named: Named, data_root: str | None) -> Samples:
    made = resolve("torchvision.datasets.FakeData")(**named.values)
    labels: Tensor = torch.tensor([int(made[number][1]) for number in range(len(made))])
    return Samples((Files(len(made), lambda number: made[number][0]), labels), "FakeData, made up")


READERS: dict[str, Callable[[Named, str | None], Samples]] = {
    "Digits": digits,
    "Diabetes": _rows("load_diabetes", regression=True),
    "Iris": _rows("load_iris", regression=False),
    "Wine": _rows("load_wine", regression=False),
    "BreastCancer": _rows("load_breast_cancer", regression=False),
    "FakeData": fake,
}
