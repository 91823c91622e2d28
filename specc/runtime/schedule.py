"""When things happen in a run: how long it is, when it evaluates, logs, saves, and which figure is the best."""

from __future__ import annotations

import math
from typing import Any

from specc.program.model import MetricPlan, Program, Train
from specc.runtime.checkpoint import Place

NEVER = 1 << 62
LOG_STEPS = 50


class Schedule:
    """The counts of a run in updates and epochs; what never happens is beyond any count."""

    def __init__(self, program: Program, batches: int, evaluates_on: str | None, log_every: int | None) -> None:
        train, scheduler = program.train, program.schedulers[0] if program.schedulers else None
        assert train is not None
        self.log_gradients = train.settings["log_gradients"]
        self.accumulate = train.settings["accumulate"]
        self.steps_per_epoch = math.ceil(batches / self.accumulate)
        self.epochs, self.steps = _length(train, self.steps_per_epoch)
        self.log_steps = log_every or _in_steps(train.log, self.steps_per_epoch, LOG_STEPS)
        self.save_steps = _in_steps(train.save_every, self.steps_per_epoch, NEVER)
        self.evaluate_steps, self.evaluate_epochs = _evaluations(train)
        self.per_step = scheduler is not None and scheduler.unit == "step"
        self.per_epoch = scheduler is not None and scheduler.unit in ("epoch", "metric")
        self.watched_by_scheduler = _figure(scheduler.metric) if scheduler is not None and scheduler.metric else None
        self._best = Watched(_figure(train.save_best) if train.save_best else None, program.metrics)
        self._stop = train.stop and Watched(_figure(train.stop.metric), program.metrics)
        self._patience = train.stop.patience if train.stop else NEVER
        self.evaluates_on = evaluates_on

    def evaluates_after(self, epoch: int) -> bool:
        return epoch % self.evaluate_epochs == 0 or epoch == self.epochs

    def is_best(self, figures: dict[str, float], place: Place) -> bool:
        """Whether these figures are the best so far; then they are remembered."""
        value = self._best.of(figures)
        if not self._best.better(value, place.best):
            return False
        place.best = value
        return True

    def has_stalled(self, figures: dict[str, float], place: Place) -> bool:
        """Whether the figure of `stop when` has not been better for so many evaluations."""
        if self._stop is None:
            return False
        value = self._stop.of(figures)
        if self._stop.better(value, place.watched):
            place.watched, place.waited = value, 0
        else:
            place.waited += 1
        return self.gave_up(place)

    def gave_up(self, place: Place) -> bool:
        return place.waited >= self._patience


class Watched:
    """A figure that is to be as good as possible: the one named, else the first metric, else the loss."""

    def __init__(self, name: str | None, metrics: tuple[MetricPlan, ...]) -> None:
        self.name = name or (metrics[0].name if metrics else "loss")
        plan = next((plan for plan in metrics if plan.name == self.name), None)
        self.higher: bool = plan is not None and plan.metric.operation.higher_is_better  # type: ignore[attr-defined]

    def of(self, figures: dict[str, float]) -> float:
        return figures[self.name]

    def better(self, value: float, best: float | None) -> bool:
        return best is None or (value > best if self.higher else value < best)


def _length(train: Train, steps_per_epoch: int) -> tuple[int, int]:
    """Epochs and steps of the run."""
    settings: dict[str, Any] = train.settings
    if settings["steps"] is not None:
        return math.ceil(settings["steps"] / steps_per_epoch), settings["steps"]
    epochs = settings["epochs"] if settings["epochs"] is not None else 1
    return epochs, epochs * steps_per_epoch


def _in_steps(cadence: Any, steps_per_epoch: int, otherwise: int) -> int:
    if cadence is None:
        return otherwise
    return cadence.count * (steps_per_epoch if cadence.unit == "epoch" else 1)


def _evaluations(train: Train) -> tuple[int, int]:
    """Steps and epochs between evaluations."""
    cadence = train.evaluate
    if cadence is None:
        return NEVER, 1
    return (cadence.count, NEVER) if cadence.unit == "step" else (NEVER, cadence.count)


def _figure(path: str) -> str:
    """`val.accuracy` is the figure called accuracy."""
    return path.partition(".")[2] or path
