"""How the samples of a split become batches: held as tensors, or read by a DataLoader. Either way they are the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Generator, Tensor
from torch.utils.data import DataLoader, Dataset

from specc.program.model import Split
from specc.runtime.ranks import ALONE, Ranks
from specc.runtime.samples import Preparation, Samples, stacked
from specc.runtime.transforms import Steps, split_steps

MEMORY_LIMIT = 2 << 30  # bytes of samples a split may hold as tensors
EPOCH_STRIDE = 1_000_003  # keeps the generators of (seed 0, epoch 1) and (seed 1, epoch 0) apart

Draws = list[Tensor | None]
Batch = tuple[Tensor, ...]


class Batches:
    """The batches of one split. The same (seed, epoch) gives the same batches, whatever the plan and number of workers.

    All of an epoch's randomness is drawn first, from a generator of its own: the order, then for each random transform
    one row a sample. So a run that goes on in mid-epoch only skips batches, and the global generator is not touched.
    """

    def __init__(
        self,
        samples: Samples,
        split: Split,
        seed: int,
        device: torch.device,
        ranks: Ranks = ALONE,
        learning: bool = True,
    ) -> None:
        """Of several processes each gets its share of every batch; in `learning` all get equally much. Evaluation sees
        all samples in the order of the set, those of the training split too.
        """
        self.samples, self.seed, self.device = samples, seed, device
        self.ranks, self.learning = ranks, learning
        self.shuffle = learning and bool(split.loader.get("shuffle"))
        self.batch_size = split.loader.get("batch_size") or 1
        self.drop_last = learning and bool(split.loader.get("drop_last")) and split.name == "train"
        self.options = split.loader
        self.workers = split.loader.get("num_workers") or 0
        self.steps = split_steps(split.transforms)
        self.held = self._hold()

    def __len__(self) -> int:
        whole, rest = divmod(self.samples.size, self.batch_size)
        return whole if self.drop_last or not rest else whole + 1

    @property
    def plan(self) -> str:
        if self.held is not None:
            return "held in memory, transformed batch by batch"
        return f"read sample by sample by {self.workers or 'no'} worker{'s' * (self.workers != 1)}"

    def epoch(self, number: int, skip: int = 0) -> Iterator[Batch]:
        """The batches of epoch `number` (from 0) on the device, without the first `skip`."""
        generator = Generator().manual_seed(self.seed * EPOCH_STRIDE + number)
        count = self.samples.size
        order = torch.randperm(count, generator=generator) if self.shuffle else torch.arange(count)
        draws = [step.draw(count, generator) for step in self.steps.batched]
        whole = order.split(self.batch_size)[skip : len(self)]
        shares = [self.ranks.share(index, self.learning) for index in whole]
        chosen = [index for index in shares if len(index)]
        if self.held is None:
            random = self.steps.random or self.samples.own
            seeds = torch.randint(1 << 62, (count,), generator=generator) if random else None
            return self._read(chosen, draws, seeds)
        return self._gather(
            self.held,
            [index.to(self.device) for index in chosen],
            [None if drawn is None else drawn.to(self.device) for drawn in draws],
        )

    def _gather(self, columns: Sequence[Tensor], chosen: Sequence[Tensor], draws: Draws) -> Iterator[Batch]:
        first, *rest = columns
        for index in chosen:
            rows = [None if drawn is None else drawn[index] for drawn in draws]
            yield transformed(self.steps, first[index], rows), *[column[index] for column in rest]

    def _read(self, chosen: Sequence[Tensor], draws: Draws, seeds: Tensor | None) -> Iterator[Batch]:
        loader: DataLoader[Any] = DataLoader(
            Reader(self.samples, self.steps, draws, seeds),
            batch_sampler=[index.tolist() for index in chosen],
            num_workers=self.workers,
            pin_memory=self.options["pin_memory"] or self.device.type == "cuda",
            timeout=self.options["timeout"],
            prefetch_factor=self.options["prefetch_factor"],
            in_order=self.options["in_order"],
            generator=Generator().manual_seed(0),
        )
        for batch in loader:
            yield tuple(column.to(self.device, non_blocking=True) for column in batch)

    def _hold(self) -> list[Tensor] | None:
        """The samples as tensors, if no workers are wanted, nothing random runs sample by sample, and there is room.
        The user's own data set is asked for every item again.
        """
        if self.workers or self.steps.random or self.samples.own or self.samples.bytes() > MEMORY_LIMIT:
            return None
        first = stacked(self.samples.columns[0], self.steps.single)
        if first is None:
            return None
        return [torch.as_tensor(column).to(self.device) for column in (first, *self.samples.columns[1:])]


class Reader(Dataset[Batch]):
    """Single samples for a DataLoader: a batch of one goes through the same transforms as a whole one."""

    def __init__(self, samples: Samples, steps: Steps, draws: Draws, seeds: Tensor | None) -> None:
        self.rest, self.steps, self.draws, self.seeds = samples.columns[1:], steps, draws, seeds
        self.prepare = Preparation(samples.columns[0], steps.single)

    def __getitem__(self, number: int) -> Batch:
        sample = self.prepare(number, None if self.seeds is None else int(self.seeds[number]))
        rows = [None if drawn is None else drawn[number : number + 1] for drawn in self.draws]
        return transformed(self.steps, sample[None], rows)[0], *(column[number] for column in self.rest)  # type: ignore[index]


def transformed(steps: Steps, batch: Tensor, rows: Draws) -> Tensor:
    """The batch after the batched transforms; `rows` are the draws of its samples."""
    for step, drawn in zip(steps.batched, rows):
        batch = step.apply(batch, drawn)
    return batch
