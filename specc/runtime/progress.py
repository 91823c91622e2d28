"""What a person sees of a run: a live bar on a terminal, plain lines otherwise, nothing if quiet."""

from __future__ import annotations

import sys
import time
from typing import Any

from torch import Tensor

from specc.diagnostics.sanitize import clean
from specc.runtime.checkpoint import Place
from specc.runtime.schedule import Schedule

REFRESH_SECONDS = 0.2


class Progress:
    """Lines on standard error: where the data came from, and one an evaluation; on a terminal a bar in between."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.live = not quiet and sys.stderr.isatty()
        self.schedule: Schedule | None = None
        self.bar: Any = None
        self.task: Any = None
        self.loss: Tensor | float = 0.0
        self.count = 0
        self.shown = self.since = time.monotonic()

    def say(self, text: str) -> None:
        if not self.quiet:
            print(clean(text), file=sys.stderr, flush=True)

    def start(self, schedule: Schedule, place: Place) -> None:
        self.schedule = schedule
        if self.live:
            self.bar, self.task = _bar(schedule.steps, place.step)

    def stop(self) -> None:
        if self.bar is not None:
            self.bar.stop()
            self.bar = None

    def epoch(self, place: Place) -> None:
        self.loss, self.count, self.since = 0.0, 0, time.monotonic()

    def add(self, loss: Tensor | float) -> None:
        """Count the loss of a step, or its share of one."""
        self.loss = self.loss + loss

    def step(self, place: Place) -> None:
        self.count += 1
        if self.bar is not None and time.monotonic() - self.shown > REFRESH_SECONDS:
            self.shown = time.monotonic()
            mean = float(self.loss) / self.count
            self.bar.update(self.task, completed=place.step, epoch=place.epoch + 1, loss=f"{mean:.4f}")

    def evaluated(self, place: Place, split: str, figures: dict[str, float]) -> None:
        assert self.schedule is not None
        seconds = time.monotonic() - self.since
        epochs, digits = self.schedule.epochs, len(str(self.schedule.epochs))
        values = "  ".join(f"{split} {name} {value:.4f}" for name, value in figures.items())
        learned = f"train loss {float(self.loss) / self.count:.4f}  " if self.count else ""
        line = f"epoch {place.epoch + 1:{digits}}/{epochs}  step {place.step}  {learned}{values}  {seconds:.1f} s"
        if self.bar is not None:
            self.bar.console.print(clean(line), markup=False, highlight=False)
        else:
            self.say(line)


def _bar(steps: int, done: int) -> tuple[Any, Any]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]}"),
        TimeRemainingColumn(),
    )
    bar = RichProgress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("", total=steps, completed=done, epoch=1, loss="")
    bar.start()
    return bar, task
