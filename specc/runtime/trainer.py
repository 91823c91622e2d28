"""The training loop."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from specc.runtime import checkpoint, health
from specc.runtime.batches import Batches
from specc.runtime.checkpoint import Parts, Place
from specc.runtime.engine import Computed, Forward, Update
from specc.runtime.evaluation import Evaluation
from specc.runtime.folder import Folder, Log
from specc.runtime.interrupt import Interrupt
from specc.runtime.progress import Progress
from specc.runtime.ranks import ALONE, Ranks
from specc.runtime.schedule import Schedule


class Trainer:
    """Trains until the schedule says so, an interrupt comes, or the loss is no number any more."""

    def __init__(
        self,
        forward: Forward,
        update: Update,
        scheduler: Any,
        batches: Batches,
        evaluation: Evaluation | None,
        schedule: Schedule,
        folder: Folder,
        progress: Progress,
        place: Place,
    ) -> None:
        self.forward, self.update, self.scheduler, self.batches = forward, update, scheduler, batches
        self.evaluation, self.schedule, self.folder = evaluation, schedule, folder
        self.log: Log
        self.ranks: Ranks = getattr(forward, "ranks", ALONE)
        self.progress, self.place, self.interrupt = progress, place, Interrupt(self.ranks)
        self.parts = Parts(forward.model, update.optimizer, scheduler, update.scaler, update.ema)
        self.figures: dict[str, float] = {}
        self.pending: tuple[Tensor, tuple[Tensor, ...]] | None = None  # a loss on a GPU is looked at one step later
        self.stopped = False

    def run(self) -> int:
        """Train; gives the exit status: 0, or 128 + signal after an interrupt (then a checkpoint has been saved)."""
        with self.interrupt:
            while not self._done() and not self.interrupt.number:
                self._epoch()
            return self.interrupt.exit_status

    def _done(self) -> bool:
        return self.stopped or self.place.epoch >= self.schedule.epochs

    def _epoch(self) -> None:
        self.forward.model.train()
        self.progress.epoch(self.place)
        self._evaluate_at_step()  # what an interrupt left undone
        for group in self.groups() if self.place.step < self.schedule.steps else ():
            self.step(group)
            self._evaluate_at_step()
            if self.interrupt.number or self.stopped or self.place.step >= self.schedule.steps:
                break
            if self.place.step % self.schedule.save_steps == 0:
                self.save()
        if not self.interrupt.number and not self.stopped:
            self._end_epoch()
        if self.interrupt.number or self.stopped:
            self.save()

    def groups(self) -> Iterator[list[tuple[Tensor, ...]]]:
        """The batches of an update each: as many as are accumulated, fewer at the end of an epoch."""
        group: list[tuple[Tensor, ...]] = []
        left = len(self.batches) - self.place.batch
        for batch in self.batches.epoch(self.place.epoch, self.place.batch):
            group.append(batch)
            left -= 1
            if len(group) == self.schedule.accumulate or not left:
                yield group
                group = []

    def step(self, group: list[tuple[Tensor, ...]]) -> None:
        """One update."""
        place = self.place
        if self.update.searches:
            total, terms = self.update.search(lambda: self._gradients(group))
        else:
            total, terms = self._gradients(group)
        self.update()
        place.batch += len(group)
        place.step += 1
        self.interrupt.agree(total.device)
        self.progress.add(total)
        self.progress.step(place)
        if place.step % self.schedule.log_steps == 0:
            self._log_step(total, terms)
        if self.scheduler is not None and self.schedule.per_step:
            self.scheduler.step()

    def _gradients(self, group: list[tuple[Tensor, ...]]) -> Computed:
        """The mean loss of the batches, its gradients added up; the terms are those of the last batch."""
        shares = []
        for batch in group:
            loss, terms, _ = self.forward(batch)
            if len(group) > 1:
                loss = loss / len(group)
            kept = self.ranks.mean(loss)
            self._watch(kept, batch)
            self.update.backward(loss)
            shares.append(kept)
        return shares[0] if len(shares) == 1 else torch.stack(shares).sum(), terms

    def _log_step(self, loss: Tensor, terms: tuple[Tensor, ...]) -> None:
        named = dict(zip(self.forward.losses.names, (self.ranks.mean(term).item() for term in terms)))
        rate = self.update.optimizer.param_groups[0]["lr"]
        values = {"loss": loss.item(), **named, "lr": float(rate)}
        if self.schedule.log_gradients:
            values["grad_norm"] = self.update.measured.item()
        self.log.add(self.place.step, self.place.epoch + 1, "train", values)

    def _watch(self, loss: Tensor, batch: tuple[Tensor, ...]) -> None:
        """Stop at a loss that is no number. A GPU is not waited for: there the loss of the step before is looked at."""
        if loss.device.type == "cpu":
            return self._look(loss, batch, self.place.step + 1)
        if self.pending is not None:
            self._look(*self.pending, self.place.step)
        self.pending = loss, batch

    def _look(self, loss: Tensor, batch: tuple[Tensor, ...], step: int) -> None:
        value = loss.item()
        if not math.isfinite(value):
            path = self.folder.path / checkpoint.NAME
            raise health.diverged(value, step, self.forward, batch, str(path) if path.exists() else None)

    def _end_epoch(self) -> None:
        place = self.place
        if self.schedule.evaluates_after(place.epoch + 1) or place.step >= self.schedule.steps:
            self._evaluate()
        if self.interrupt.number:
            return
        if self.scheduler is not None and self.schedule.per_epoch:
            self._schedule_epoch()
        place.epoch, place.batch = place.epoch + 1, 0
        self.save()

    def _schedule_epoch(self) -> None:
        metric = self.schedule.watched_by_scheduler
        if metric is None:
            self.scheduler.step()
        elif metric in self.figures:
            self.scheduler.step(self.figures[metric])

    def _evaluate_at_step(self) -> None:
        if self.place.step and self.place.step % self.schedule.evaluate_steps == 0:
            self._evaluate()

    def _evaluate(self) -> None:
        """Evaluate once for a step; keep the best weights; see whether to stop."""
        place = self.place
        if self.evaluation is None or place.evaluated == place.step:
            return
        model = self.judged
        figures = self.evaluation(model, self.interrupt)
        self.forward.model.train()
        if figures is None:
            return
        place.evaluated, self.figures = place.step, figures
        self.log.add(place.step, place.epoch + 1, self.evaluation.split, figures)
        self.progress.evaluated(place, self.evaluation.split, figures)
        if self.schedule.is_best(figures, place):
            self.folder.save_weights("best.safetensors", self.trained)
        self.stopped = self.schedule.has_stalled(figures, place)

    def save(self) -> None:
        if self.pending is not None:
            self._look(*self.pending, self.place.step)
        checkpoint.save(self.folder.path / checkpoint.NAME, self.parts, self.place, self.ranks)

    @property
    def judged(self) -> Any:
        """What is evaluated: the running mean of the weights where there is one."""
        return self.update.ema if self.update.ema is not None else self.forward.model

    @property
    def trained(self) -> Any:
        """The model a run hands over."""
        return self.update.ema.module if self.update.ema is not None else self.forward.model

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint. RunError if it is damaged or of another run."""
        checkpoint.load(path, self.parts, self.place, self.ranks)
        self.stopped = self.schedule.gave_up(self.place)
