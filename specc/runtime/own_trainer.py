"""The training loop for steps of one's own."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from specc.backends.module import build_model
from specc.program.model import Program
from specc.runtime.batches import Batches
from specc.runtime.checkpoint import Place
from specc.runtime.folder import Folder
from specc.runtime.own_steps import OwnTraining, finite
from specc.runtime.progress import Progress
from specc.runtime.schedule import Schedule
from specc.runtime.trainer import Trainer


class Models(NamedTuple):
    """What stands for the forward pass: the models as one module."""

    model: nn.Module


class Updates(NamedTuple):
    """What stands for the update: every step has an optimizer of its own."""

    optimizer: None = None
    scaler: None = None
    ema: None = None


class OwnTrainer(Trainer):
    """Every batch goes through all steps that are due; their losses are logged by the names of the steps."""

    def __init__(
        self,
        training: OwnTraining,
        batches: Batches,
        schedule: Schedule,
        folder: Folder,
        progress: Progress,
        place: Place,
    ) -> None:
        forward: Any = Models(training.module)
        update: Any = Updates()
        super().__init__(forward, update, None, batches, None, schedule, folder, progress, place)
        self.parts.stateful = {"model": training.module, **training.optimizers}
        self.training = training

    def step(self, group: list[tuple[Tensor, ...]]) -> None:
        place = self.place
        losses = self.training.take(group[0], place.step)
        finite(losses, place.step + 1)
        self.figures = {name: loss.item() for name, loss in losses.items()}
        place.batch += 1
        place.step += 1
        self.progress.add(sum(self.figures.values()))
        self.progress.step(place)
        if place.step % self.schedule.log_steps == 0:
            self.log.add(place.step, place.epoch + 1, "train", self.figures)
        self.training.act("step", place.step, self._counters(), self.folder.path)

    def _end_epoch(self) -> None:
        self.training.act("epoch", self.place.epoch + 1, self._counters(), self.folder.path)
        self.progress.evaluated(self.place, "last", self.figures)
        super()._end_epoch()

    def _counters(self) -> dict[str, int]:
        return {"epoch": self.place.epoch + 1, "step": self.place.step}


def make_training(program: Program, device: torch.device) -> OwnTraining:
    """The models in the order of the spec, then what is drawn once."""
    models = {model.name: build_model(model).to(device) for model in program.models}
    if program.train is not None and program.train.settings["channels_last"]:
        models = {name: model.to(memory_format=torch.channels_last) for name, model in models.items()}  # type: ignore[call-overload]
    return OwnTraining(program, models, device)
