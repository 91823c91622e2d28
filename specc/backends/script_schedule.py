"""When a script evaluates, logs, saves and stops, as lines of code: the same rules as a run's."""

from __future__ import annotations

from typing import Any

from specc.backends.python_text import literal
from specc.backends.script_flags import Flags
from specc.backends.script_optimization import names_in_formula
from specc.program.model import Call, Program, TrainingLength


class ScriptSchedule:
    """The counts of a run as expressions of the script."""

    def __init__(self, program: Program, flags: Flags, reading: bool) -> None:
        self.reading = reading
        assert program.train is not None and program.data is not None
        self.program, self.train, self.flags = program, program.train, flags
        self.settings = program.train.settings
        scheduler = program.schedulers[0] if program.schedulers else None
        self.scheduler = scheduler
        self.per_step = scheduler is not None and scheduler.unit == "step"
        splits = [split.name for split in program.data.splits]
        judged = program.train.evaluate_on or next((name for name in ("val", "test") if name in splits), None)
        self.judge_split = None if program.train.steps else judged
        self.by_steps = self.settings["steps"] is not None
        self.eval_steps = self.train.evaluate is not None and self.train.evaluate.unit == "step"
        self.nested = self.eval_steps
        self.drop_last = bool(program.data.splits[0].loader.get("drop_last"))

    # ------------------------------------------------------------ counts

    @property
    def data(self) -> str:
        """The samples that are learned from: of several splits that are read, or all there is."""
        return 'data["train"]' if self.judge_split else "data"

    @property
    def epochs(self) -> str:
        return "epochs" if self.by_steps else self.flags.value("train.epochs", self.settings["epochs"])

    def total(self, unit: str) -> str:
        """The length of the training in steps or epochs."""
        if unit == "epoch":
            return self.epochs
        return (
            self.flags.value("train.steps", self.settings["steps"])
            if self.by_steps
            else f"{self.epochs} * steps_per_epoch"
            if self._needs_each()
            else "steps"
        )

    def counts(self) -> list[str]:
        """Lines that work out how many batches, steps and epochs there are, those that are used."""
        samples = f"len({self.data}{'' if self.reading else '[0]'})"
        batches = f"len({self.data}[0].split(config.batch_size))"
        if self.reading:
            batches = f"math.ceil({samples} / config.batch_size)"
        if self.drop_last:
            batches = f"{samples} // config.batch_size"
        accumulate = self.settings["accumulate"]
        made = []
        if self.flags.has("data.drop_last") and (accumulate != 1 or self._needs_each() or self._needs_total()):
            made = [f"whole, rest = divmod({samples}, config.batch_size)"]
            batches = "whole if config.drop_last or not rest else whole + 1"
        if accumulate != 1:
            made += [
                "shares: list[torch.Tensor] = []  # losses of the batches of an update",
                f"batches_per_epoch = {batches}",
            ]
            batches = f"math.ceil(batches_per_epoch / {self.flags.value('train.accumulate', accumulate)})"
        if self._needs_each():
            made.append(f"steps_per_epoch = {batches}")
        elif self._needs_total():
            made.append(f"steps = {self.epochs} * {batches if batches.endswith(')') else f'({batches})'}")
        if self.by_steps:
            made.append(f"epochs = math.ceil({self.total('step')} / steps_per_epoch)")
        return made

    def _needs_each(self) -> bool:
        """Whether the script asks for the number of updates of an epoch."""
        cadences = (self.train.log, self.train.save_every)
        return self.by_steps or any(c is not None and c.unit == "epoch" for c in cadences)

    def _needs_total(self) -> bool:
        """Whether it asks for that of the whole training."""
        plan = self.scheduler
        return plan is not None and ("steps" in names_in_formula(plan) or counts_steps(plan.scheduler.call))

    @property
    def log_steps(self) -> str:
        log = self.train.log
        if log is None or log.unit == "step":
            return "config.log_every"
        return f"({log.count} * steps_per_epoch)"

    # ------------------------------------------------------------ in an epoch

    def after_step(self) -> list[str]:
        made: list[str] = []
        if self.eval_steps and self.judge_split:
            made += [f"if place.step % {self.train.evaluate.count} == 0:", "    judge()"]  # type: ignore[union-attr]
        if self.by_steps:
            made += [f"if place.step == {self.total('step')}:", "    break"]
        if self.train.save_every is not None:
            every = self.train.save_every
            count = str(every.count) if every.unit == "step" else f"({every.count} * steps_per_epoch)"
            made += [f"if place.step % {count} == 0:", '    save(checkpoint(parts, place), out / "last.pt")']
        return made

    # ------------------------------------------------------------ after an epoch

    def judge_after_epoch(self, judge: list[str]) -> list[str]:
        cadence = self.train.evaluate
        if not judge:
            return []
        if self.eval_steps:
            return [f"if epoch + 1 == {self.epochs} and place.step % {cadence.count}:", "    judge()"]  # type: ignore[union-attr]
        if cadence is None or cadence.count == 1:
            return judge
        return [
            f"if (epoch + 1) % {cadence.count} == 0 or epoch + 1 == {self.epochs}:",
            *(f"    {line}" for line in judge),
        ]

    def step_after_epoch(self) -> list[str]:
        if self.scheduler is None or self.per_step:
            return []
        if self.scheduler.unit == "epoch":
            return ["scheduler.step()"]
        name = literal(figure(self.scheduler.metric))
        if self.remembers:
            return [f"if {name} in figures:", f"    scheduler.step(figures[{name}])"]
        return [f"scheduler.step(figures[{name}])"]

    @property
    def remembers(self) -> bool:
        """Whether figures outlive the epoch they are of: the scheduler reads them after epochs without evaluation."""
        every_epoch = self.train.evaluate is None or self.train.evaluate.count == 1 and not self.eval_steps
        reads = self.scheduler is not None and self.scheduler.unit not in ("step", "epoch")
        return reads and not (self.judge_split and every_epoch)

    def after_epoch(self) -> list[str]:
        if self.train.stop is None:
            return []
        return [f"if place.waited >= {self.train.stop.patience}:", "    break"]

    # ------------------------------------------------------------ the best

    def keep_best(self, weights: str) -> list[str]:
        metrics = self.program.metrics
        name = figure(self.train.save_best) if self.train.save_best else metrics[0].name if metrics else "loss"
        return [
            f"if place.best is None or figures[{literal(name)}] {self._sign(name)} place.best:",
            f"    place.best = figures[{literal(name)}]",
            f'    save({weights}.state_dict(), out / "best.pt")',
        ]

    def watch(self) -> list[str]:
        if self.train.stop is None:
            return []
        name = figure(self.train.stop.metric)
        return [
            f"value = figures[{literal(name)}]",
            f"better = place.watched is None or value {self._sign(name)} place.watched",
            "place.watched = value if better else place.watched",
            "place.waited = 0 if better else place.waited + 1",
        ]

    def _sign(self, name: str) -> str:
        plan: Any = next((plan for plan in self.program.metrics if plan.name == name), None)
        return ">" if plan is not None and plan.metric.operation.higher_is_better else "<"


def figure(path: str | None) -> str:
    """`val.accuracy` is the figure called accuracy."""
    return (path or "loss").partition(".")[2] or (path or "loss")


def counts_steps(value: Any) -> bool:
    """Whether the number of steps of the training stands somewhere in a scheduler's call."""
    if isinstance(value, Call):
        return any(map(counts_steps, (*value.args, *(item for _, item in value.kwargs))))
    if isinstance(value, (list, tuple)) and not isinstance(value, TrainingLength):
        return any(map(counts_steps, value))
    return isinstance(value, TrainingLength) and value.unit == "step"
