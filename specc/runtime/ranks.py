"""The processes that share a training, as torchrun starts them. Alone, everything here leaves its argument as it is."""

from __future__ import annotations

import atexit
import math
import os
from collections.abc import Iterable
from typing import Any

import torch
import torch.distributed as dist
import torch.distributed.nn  # imported later, by DDP, its functions' defaults would hold on to the process group
from torch import Tensor, nn

from specc.runtime.options import RunError


class Ranks:
    """`rank` of `world` processes; rank 0 writes."""

    def __init__(self, rank: int = 0, world: int = 1) -> None:
        self.rank, self.world = rank, world

    @classmethod
    def join(cls, distributed: str | None, device: torch.device) -> "Ranks":
        """Meet the other processes. RunError if there are others and the spec does not say so.

        They part when the process ends, and not before: the threads of a process group end with the last that refers to
        it, which a training's objects do, and a thread that outlives the interpreter may end the process by SIGABRT.
        """
        rank, world = (int(os.environ.get(name, usual)) for name, usual in (("RANK", "0"), ("WORLD_SIZE", "1")))
        if world == 1:
            return ALONE
        if distributed is None:
            raise RunError("unsupported-setting", "several processes train one model only with distributed = ddp")
        if not dist.is_initialized():
            dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
            atexit.register(dist.destroy_process_group)
        return cls(rank, world)

    def own(self, device: torch.device) -> torch.device:
        """The device of this process: GPUs are dealt out in order."""
        if self.world == 1 or device.type != "cuda" or device.index is not None:
            return device
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", self.rank)))

    def share(self, index: Tensor, even: bool) -> Tensor:
        """The places of a batch that are this process's; `even`: some come twice, so that all have equally many."""
        if not even:
            return index[self.rank :: self.world]
        places = torch.arange(self.rank, self.world * math.ceil(len(index) / self.world), self.world)
        return index[places % len(index)]

    def learner(self, model: nn.Module, device: torch.device, partial: bool) -> nn.Module:
        """What computes the forward pass, so that the backward pass averages gradients over the processes; `partial`:
        of some parameters there are none, which is not to be waited for.
        """
        if self.world == 1:
            return model
        devices = [device] if device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(model, devices, find_unused_parameters=partial)

    def mean(self, value: Tensor) -> Tensor:
        """The mean over the processes; no gradient flows through it."""
        if self.world == 1:
            return value.detach()
        total = value.detach().clone()
        dist.all_reduce(total)
        return total / self.world

    def total(self, values: Iterable[Tensor]) -> None:
        """Make of every value its sum over the processes."""
        if self.world > 1:
            for value in values:
                dist.all_reduce(value)

    def highest(self, number: int, device: torch.device) -> int:
        """The highest number of any process."""
        if self.world == 1:
            return number
        value = torch.tensor(number, device=device)
        dist.all_reduce(value, dist.ReduceOp.MAX)
        return int(value)

    def first(self, value: Any) -> Any:
        """What rank 0 has."""
        found = [value]
        if self.world > 1:
            dist.broadcast_object_list(found)
        return found[0]

    def align(self, model: nn.Module) -> None:
        """Give every process the buffers of rank 0, such as running means, whose own batches have moved them apart."""
        if self.world > 1:
            for buffer in model.buffers():
                dist.broadcast(buffer, 0)

    def gathered(self, state: Tensor) -> list[Tensor]:
        """The states of all processes' generators, in order."""
        found: list[Any] = [state] * self.world
        if self.world > 1:
            dist.all_gather_object(found, state)
        return found


ALONE = Ranks()
