"""The samples of one split before any batch is made of them."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

import torch
from torch import Tensor

from specc.program.model import Named
from specc.runtime.own_data import Items
from specc.runtime.transforms import single

if TYPE_CHECKING:
    from PIL import Image


class Files:
    """Pictures that are read one by one: `read(index)` gives a PIL image."""

    def __init__(self, count: int, read: Callable[[int], Image.Image]) -> None:
        self.count, self.read = count, read

    def __len__(self) -> int:
        return self.count


Column = Tensor | Files | Items


class Samples(NamedTuple):
    """`columns` are the parts of the sample in order: tensors with the samples along axis 0 (pictures: u8[N, C, H, W]),
    Files, or Items of the user's own data set. `origin` says where they came from."""

    columns: tuple[Column, ...]
    origin: str

    @property
    def size(self) -> int:
        """The number of samples."""
        return len(self.columns[0])

    def chosen(self, index: Tensor) -> "Samples":
        """The samples of those numbers, in that order."""
        return Samples(tuple(_chosen(column, index) for column in self.columns), self.origin)

    @property
    def own(self) -> bool:
        """Whether they come item by item from the user's own data set, which may draw anew for each."""
        return isinstance(self.columns[0], Items)

    def bytes(self) -> int:
        """About how much room they take as tensors."""
        return sum(map(_bytes, self.columns))


class Preparation:
    """One sample after the transforms that run sample by sample, as a tensor; under a seed if one is given."""

    def __init__(self, column: Column, transforms: tuple[Named, ...]) -> None:
        self.column, self.transforms = column, single(transforms)

    def __call__(self, number: int, seed: int | None = None) -> Tensor:
        if isinstance(self.column, Tensor) and not self.transforms:
            return self.column[number]
        if seed is None:
            return self._transformed(number)
        with torch.random.fork_rng(devices=[]):  # the global generator belongs to the model
            torch.manual_seed(seed)
            return self._transformed(number)

    def _transformed(self, number: int) -> Tensor:
        from torchvision.transforms.functional import pil_to_tensor, to_pil_image

        column = self.column
        if isinstance(column, Items):
            sample: Any = torch.as_tensor(column[number])
        else:
            sample = column.read(number) if isinstance(column, Files) else to_pil_image(column[number])
        for transform in self.transforms:
            sample = transform(sample)
        return sample if isinstance(sample, Tensor) else pil_to_tensor(sample)


def stacked(column: Column, transforms: tuple[Named, ...]) -> Tensor | None:
    """All samples as one tensor; None where their sizes differ."""
    if isinstance(column, Tensor) and not transforms:
        return column
    prepare = Preparation(column, transforms)
    first = prepare(0)
    whole = first.new_empty((len(column), *first.shape))

    def fill(number: int) -> bool:
        sample = prepare(number)
        if sample.shape != first.shape:
            return False
        whole[number] = sample
        return True

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return whole if all(pool.map(fill, range(len(column)), chunksize=64)) else None


def pictures(data: Any, channels_last: bool = False) -> Tensor:
    """u8[N, C, H, W] of an array or tensor [N, H, W], [N, C, H, W] or (channels last) [N, H, W, C]."""
    tensor = torch.as_tensor(data)
    if tensor.dim() == 3:
        return tensor.unsqueeze(1)
    return tensor.permute(0, 3, 1, 2).contiguous() if channels_last else tensor


def _chosen(column: Column, index: Tensor) -> Column:
    if isinstance(column, Tensor):
        return column[index]
    numbers = index.tolist()
    if isinstance(column, Items):
        return column.chosen(numbers)
    return Files(len(numbers), lambda at: column.read(numbers[at]))


def _bytes(column: Column) -> int:
    if isinstance(column, Items):
        raise AssertionError("items of a data set are never held")
    if isinstance(column, Files):
        width, height = column.read(0).size
        return len(column) * width * height * 3
    return column.numel() * column.element_size()
