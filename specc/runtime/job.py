"""From a compiled spec to a finished run."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path
from typing import Any

import torch

from specc.backends.module import build_model
from specc.backends.own_python import admit, blamed
from specc.compiler import Unit
from specc.program.model import Program, Split
from specc.program.reached import unreached
from specc.runtime import checkpoint, health, setup, sources, speed
from specc.runtime.batches import Batches
from specc.runtime.checkpoint import Place
from specc.runtime.engine import Forward, Update, Wiring
from specc.runtime.evaluation import Evaluation
from specc.runtime.folder import LOG, Folder, Log, NoLog, Spectator, machine, new_path, versions
from specc.runtime.losses import Losses
from specc.runtime.options import Options, Result, RunError
from specc.runtime.own_trainer import OwnTrainer, make_training
from specc.runtime.progress import Progress
from specc.runtime.ranks import Ranks
from specc.runtime.refusals import refuse_unsupported
from specc.runtime.samples import Samples
from specc.runtime.schedule import Schedule
from specc.runtime.trainer import Trainer


def run(unit: Unit, options: Options = Options()) -> Result:  # noqa: B008 - a frozen record
    """Train and evaluate what a spec describes. RunError if that is not possible, SpecError where the spec's own
    Python is not trusted or fails.
    """
    assert unit.program is not None
    refuse_unsupported(unit.program)
    admit(unit.program.externs, options.trust, unit.source)
    with blamed(unit.program.externs):
        return Job(unit, unit.program, options).run()


class Job:
    """One run in the making. The order of the calls in `run` fixes which random numbers go where."""

    def __init__(self, unit: Unit, program: Program, options: Options) -> None:
        assert program.train is not None and program.data is not None
        self.unit, self.program, self.options, self.data = unit, program, options, program.data
        self.settings = program.train.settings
        self.resumed = checkpoint.find(options.resume) if options.resume else None
        device = setup.choose_device(options.device, self.settings["device"])
        self.ranks = Ranks.join(self.settings["distributed"], device)
        self.device = self.ranks.own(device)
        self.progress = Progress(options.quiet or self.ranks.rank > 0)
        drawn = random.SystemRandom().randrange(1 << 31)
        self.seed = self.ranks.first(drawn if self.settings["seed"] is None else self.settings["seed"])
        self.opened: dict[object, Samples] = {}

    def run(self) -> Result:
        train = self._batches("train")
        own = bool(self.program.train.steps)  # type: ignore[union-attr]
        judged = None if own else self.program.train.evaluate_on or self._default_judge()  # type: ignore[union-attr]
        judging = self._batches(judged, learning=False) if judged else None
        self._announce(train, judging)
        folder = self._folder()
        trainer = self._trainer(train, judging, judged, folder)
        self._record(folder, train, trainer)
        try:
            with health.computing(trainer.place), blamed(self.program.externs):
                status = trainer.run()
        except BaseException:
            with contextlib.suppress(Exception):  # the first trouble is the one to tell
                self._report(folder)
            raise
        finally:
            self.progress.stop()
            trainer.log.close()
        self._report(folder)
        self.progress.say(f"kept in {folder.path}{f'; --resume {folder.path} goes on' if status else ''}")
        return Result(trainer.figures, trainer.trained, str(folder.path), status)

    def _batches(self, name: str, learning: bool = True) -> Batches:
        split = self._split(name)
        samples = sources.load(split, self.options, self.opened)
        if samples.size < self.ranks.world:
            few = f"{samples.origin} has {samples.size} samples for {self.ranks.world} processes"
            raise RunError("data-mismatch", few)
        return Batches(samples, split, self.seed, self.device, self.ranks, learning)

    def _split(self, name: str) -> Split:
        return next(split for split in self.data.splits if split.name == name)

    def _default_judge(self) -> str | None:
        names = [split.name for split in self.data.splits]
        return next((name for name in ("val", "test") if name in names), None)

    def _announce(self, train: Batches, judging: Batches | None) -> None:
        """The first line of a run: what data it takes."""
        also = (
            f"; evaluated on {judging.samples.origin}, {judging.samples.size:,} samples" if judging is not None else ""
        )
        self.progress.say(f"data: {train.samples.origin}, {train.samples.size:,} samples{also}")

    def _folder(self) -> Folder:
        path = Path(self.options.out) if self.options.out else self.resumed.parent if self.resumed else None
        path = self.ranks.first(path or new_path(self.unit.source.name))
        return Spectator(path) if self.ranks.rank else Folder(path)

    def _trainer(self, train: Batches, judging: Batches | None, judged: str | None, folder: Folder) -> Trainer:
        program, settings = self.program, self.settings
        schedule = Schedule(program, len(train), judged, self.options.log_every)
        speed.prepare(settings)
        torch.manual_seed(self.seed)
        if program.train is not None and program.train.steps:
            return self._placed(folder, OwnTrainer, make_training(program, self.device), train, schedule)
        model = build_model(program.models[0]).to(self.device)
        if settings["channels_last"]:
            model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        losses = Losses(program.losses, self.device)
        optimizer = setup.make_optimizer(program.optimizers[0], model)
        plan = program.schedulers[0] if program.schedulers else None
        scheduler = setup.make_scheduler(plan, optimizer, schedule.steps, schedule.epochs)
        ema = setup.make_ema(settings["ema"], model)
        if settings["compile"]:
            model.compile()
        wiring, partial = Wiring.of(program.models[0], self.data), bool(unreached(program))
        forward = Forward(model, losses, wiring, self.device, settings, self.ranks, partial)
        update = Update(model, optimizer, settings, self.device, ema)
        evaluation = Evaluation(judging, forward, program.metrics, judged or "") if judging is not None else None
        return self._placed(folder, Trainer, forward, update, scheduler, train, evaluation, schedule)

    def _placed(self, folder: Folder, kind: Any, *parts: Any) -> Trainer:
        """The trainer at its place: the beginning, or where the checkpoint is."""
        place = Place()
        trainer = kind(*parts, folder, self.progress, place)
        if self.ranks.rank:
            torch.manual_seed(self.seed + self.ranks.rank)  # noise of its own for its own samples
        if self.resumed is not None:
            trainer.resume(self.resumed)
            self.progress.say(f"resumed: {self.resumed}, step {place.step:,}")
        resumed_at = place.step if self.resumed is not None else None
        trainer.log = NoLog() if self.ranks.rank else Log(folder.path / LOG, resumed_at)
        self.progress.start(trainer.schedule, place)
        return trainer

    def _record(self, folder: Folder, train: Batches, trainer: Trainer) -> None:
        """The spec as run, and what its numbers depend on."""
        name = Path(self.unit.source.name).name or "spec"
        folder.write(name, self.unit.source.text)
        known = {setting.path: setting.value for setting in self.program.settings if plain(setting.value)}
        folder.write_settings(
            {
                "spec": name,
                "settings": known,
                "seed": self.seed,
                "data": {split: samples.origin for split, samples in self._origins()},
                "samples": train.samples.size,
                "plan": train.plan,
                "steps": trainer.schedule.steps,
                "epochs": trainer.schedule.epochs,
                "processes": self.ranks.world,
                "resumed": None if self.resumed is None else str(self.resumed),
                **machine(self.device),
                "versions": versions(),
            }
        )

    def _origins(self) -> list[tuple[str, Samples]]:
        return [
            (split.name, sources.load(split, self.options, self.opened))
            for split in self.data.splits
            if sources.key(split) in self.opened
        ]

    def _report(self, folder: Folder) -> None:
        from specc.report.run import run_report

        if not self.ranks.rank:
            folder.write("report.html", run_report(folder.path, self.program))


def plain(value: Any) -> bool:
    """Whether a setting is a value of its own, not one that is worked out from the data."""
    return isinstance(value, (bool, int, float, str, list, tuple)) or value is None
