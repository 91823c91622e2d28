"""Transforms on a whole batch at once, equal to torchvision's per sample to the last bit.

A batch is [B, C, H, W], uint8 while it is pictures. Random transforms get their draws from the caller: one row for each
sample of the set, drawn once an epoch, so that a sample looks the same whatever batch or worker it falls into.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from specc.backends.batch_forms import cut, is_random, pair, sides
from specc.backends.targets import perform, plain
from specc.program.model import Named


class Batched:
    """The form of one transform for batches."""

    def __init__(self, named: Named) -> None:
        self.values = named.values

    def draw(self, count: int, generator: Generator) -> Tensor | None:
        """One row of random numbers for each of `count` samples; None if nothing is random."""
        return None

    def apply(self, batch: Tensor, drawn: Tensor | None) -> Tensor:
        return batch


class ToTensor(Batched):
    def apply(self, batch: Tensor, drawn: Tensor | None) -> Tensor:
        return batch.float().div_(255) if batch.dtype == torch.uint8 else batch


class ConvertImageDtype(Batched):
    def apply(self, batch: Tensor, drawn: Tensor | None) -> Tensor:
        from torchvision.transforms.functional import convert_image_dtype

        return convert_image_dtype(batch, plain(self.values["dtype"]))


class Normalize(Batched):
    def __init__(self, named: Named) -> None:
        super().__init__(named)
        self.mean = _per_channel(self.values["mean"])
        self.std = _per_channel(self.values["std"])

    def apply(self, batch: Tensor, drawn: Tensor | None) -> Tensor:
        if self.mean.device != batch.device:
            self.mean, self.std = self.mean.to(batch.device), self.std.to(batch.device)
        return batch.sub(self.mean).div_(self.std)


class Flip(Batched):
    axis = -1

    def draw(self, count: int, generator: Generator) -> Tensor:
        return torch.rand(count, generator=generator) < self.values["p"]

    def apply(self, batch: Tensor, drawn: Tensor | None) -> Tensor:
        assert drawn is not None
        return torch.where(drawn.view(-1, 1, 1, 1), batch.flip(self.axis), batch)


class FlipVertical(Flip):
    axis = -2


class RandomCrop(Batched):
    """Pads with a constant and cuts a window at a random place."""

    def __init__(self, named: Named) -> None:
        super().__init__(named)
        self.height, self.width = pair(self.values["size"])
        self.padding = sides(self.values["padding"])

    def draw(self, count: int, generator: Generator) -> Tensor:
        return torch.rand(
            count, 2, generator=generator
        )  # times a whole number, rounded down: below that number, always

    def apply(self, batch: Tensor, drawn: Tensor | None) -> Tensor:
        assert drawn is not None
        batch = F.pad(batch, self.padding, value=self.values["fill"]) if any(self.padding) else batch
        down, right = batch.shape[-2] - self.height + 1, batch.shape[-1] - self.width + 1
        device = batch.device
        rows = (drawn[:, 0, None] * down).long() + torch.arange(self.height, device=device)
        columns = (drawn[:, 1, None] * right).long() + torch.arange(self.width, device=device)
        sample = torch.arange(len(batch), device=device).view(-1, 1, 1, 1)
        channel = torch.arange(batch.shape[1], device=device).view(1, -1, 1, 1)
        return batch[sample, channel, rows[:, None, :, None], columns[:, None, None, :]]


class CenterCrop(Batched):
    def apply(self, batch: Tensor, drawn: Tensor | None) -> Tensor:
        from torchvision.transforms.functional import center_crop

        return center_crop(batch, list(pair(self.values["size"])))


class Pad(Batched):
    def apply(self, batch: Tensor, drawn: Tensor | None) -> Tensor:
        return F.pad(batch, sides(self.values["padding"]), value=self.values["fill"])


BATCHED: dict[str, type[Batched]] = {
    "ToTensor": ToTensor,
    "PILToTensor": Batched,
    "ToImage": Batched,
    "ConvertImageDtype": ConvertImageDtype,
    "Normalize": Normalize,
    "CenterCrop": CenterCrop,
    "Pad": Pad,
    "RandomCrop": RandomCrop,
    "RandomHorizontalFlip": Flip,
    "RandomVerticalFlip": FlipVertical,
}


class Steps(NamedTuple):
    """The transforms of a split: `single` run sample by sample, under a seed each if `random`; `batched` on batches."""

    single: tuple[Named, ...]
    batched: tuple[Batched, ...]
    random: bool


def split_steps(transforms: tuple[Named, ...]) -> Steps:
    """Cut a split's transforms in two: what runs sample by sample, and the longest tail that has batch forms."""
    first, tail = cut(transforms)
    return Steps(first, tuple(BATCHED[named.operation.name](named) for named in tail), is_random(first))


def single(transforms: tuple[Named, ...]) -> list[Any]:
    """torchvision's own objects, for samples one by one."""
    return [perform(named.call) for named in transforms]


def _per_channel(numbers: Any) -> Tensor:
    return torch.as_tensor(numbers, dtype=torch.float32).view(-1, 1, 1)
