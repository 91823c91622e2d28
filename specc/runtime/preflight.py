"""A run's first steps, to see that it works and what it costs: update, save, load. Nothing of them is kept."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import torch
from torch import Tensor

from specc.backends.own_python import admit, blamed
from specc.compiler import Unit
from specc.runtime import checkpoint, health
from specc.runtime.folder import Folder, machine
from specc.runtime.job import Job
from specc.runtime.options import Options, RunError
from specc.runtime.refusals import refuse_unsupported
from specc.runtime.trainer import Trainer
from specc.types.tensor import TORCH_NAMES

STEPS = 8  # at most, after the first
SECONDS = 5.0  # spent on these at most
NAMES = {torch_name: name for name, torch_name in TORCH_NAMES.items()}


class Preflight(NamedTuple):
    """What was found. Seconds; bytes; `steps` are those of the whole run, `per_epoch` those of an epoch."""

    machine: dict[str, Any]
    data: str
    samples: int
    plan: str
    opening: float
    batch: tuple[str, ...]
    first: float
    steady: float | None
    saving: float
    loading: float
    checkpoint: int
    memory: int | None
    per_epoch: int
    steps: int

    @property
    def epoch(self) -> float:
        """The seconds an epoch will take, evaluation left out."""
        return self.per_epoch * (self.first if self.steady is None else self.steady)

    @property
    def whole(self) -> float:
        """The seconds all steps will take."""
        return self.first + (self.steps - 1) * (self.first if self.steady is None else self.steady)


def preflight(unit: Unit, options: Options) -> Preflight:
    """Take the first steps of a run in a folder that is gone afterwards. RunError if they fail, SpecError where the
    spec's own Python is not trusted or fails.
    """
    assert unit.program is not None
    refuse_unsupported(unit.program)
    admit(unit.program.externs, options.trust, unit.source)
    with blamed(unit.program.externs), tempfile.TemporaryDirectory(prefix="specc-") as folder:
        options = options._replace(out=folder, quiet=True, resume=None)
        return Trial(unit, unit.program, options).fly(Folder(Path(folder)))


class Trial(Job):
    """A job that is cut short."""

    def fly(self, folder: Folder) -> Preflight:
        begin = perf_counter()
        batches = self._batches("train")
        opening = perf_counter() - begin
        if not len(batches):
            raise RunError("data-mismatch", f"{batches.samples.origin} does not fill a single batch")
        trainer = self._trainer(batches, None, None, folder)
        try:
            times, shapes = self._steps(trainer)
            path = folder.path / checkpoint.NAME
            saving, loading = self._saved(trainer, path)
        finally:
            trainer.log.close()
        return Preflight(
            machine(self.device),
            batches.samples.origin,
            batches.samples.size,
            batches.plan,
            opening,
            shapes,
            times[0],
            median(times[1:]) if times[1:] else None,
            saving,
            loading,
            path.stat().st_size,
            peak_memory(self.device),
            trainer.schedule.steps_per_epoch,
            trainer.schedule.steps,
        )

    def _steps(self, trainer: Trainer) -> tuple[list[float], tuple[str, ...]]:
        """The seconds of each step with its data, and what a batch looks like. The last batch may be a small one."""
        trainer.forward.model.train()
        groups = trainer.groups()
        times: list[float] = []
        shapes: tuple[str, ...] = ()
        most = min(1 + STEPS, max(trainer.schedule.steps, 1), max(trainer.schedule.steps_per_epoch - 1, 1))
        while len(times) < most and sum(times[1:]) < SECONDS:
            begin = perf_counter()
            group = next(groups)
            self._step(trainer, group)
            times.append(perf_counter() - begin)
            shapes = shapes or self._shapes(group[0])
        return times, shapes

    def _step(self, trainer: Trainer, group: list[tuple[Tensor, ...]]) -> None:
        with health.computing(trainer.place), blamed(self.program.externs):
            trainer.step(group)
            self._wait()

    def _shapes(self, batch: tuple[Tensor, ...]) -> tuple[str, ...]:
        names = [part.name for part in self.data.parts]
        return tuple(f"{name} {shape_of(tensor)}" for name, tensor in zip(names, batch))

    def _saved(self, trainer: Trainer, path: Path) -> tuple[float, float]:
        """Seconds to save and to load. What is loaded must undo a change of the weights."""
        begin = perf_counter()
        trainer.save()
        saving = perf_counter() - begin
        model = trainer.parts.stateful["model"]
        kept = {key: tensor.clone() for key, tensor in model.state_dict().items()}
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(1)
        begin = perf_counter()
        trainer.resume(path)
        self._wait()
        loading = perf_counter() - begin
        loaded = model.state_dict()
        if loaded.keys() != kept.keys() or not all(torch.equal(loaded[key], tensor) for key, tensor in kept.items()):
            raise RunError("checkpoint-mismatch", "what was saved is not what is loaded again")
        return saving, loading

    def _wait(self) -> None:
        """Let the GPU finish what it was told, so that a clock shows what it cost."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        elif self.device.type == "mps":
            torch.mps.synchronize()


def shape_of(tensor: Tensor) -> str:
    """`f32[128, 1, 28, 28]`."""
    return f"{NAMES[str(tensor.dtype).removeprefix('torch.')]}{list(tensor.shape)}"


def peak_memory(device: torch.device) -> int | None:
    """The most bytes that were taken: on the GPU by tensors, else by the whole process. None where nobody tells."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if device.type != "cpu":
        return None
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
