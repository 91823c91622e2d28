"""Everything a run needs to go on, in one file of tensors and plain values: loading it runs no code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from specc.runtime import atomic
from specc.runtime.options import RunError
from specc.runtime.ranks import ALONE, Ranks

NAME = "last.pt"
LENGTHS = {"total_steps", "T_max", "total_iters"}  # what torch calls the length of a schedule


class Place:
    """Where a run is: `epoch` epochs done, `batch` batches of the next, `step` updates; and the best figures."""

    def __init__(self) -> None:
        self.epoch = self.batch = self.step = 0
        self.best: float | None = None  # the best value of the figure that `save best` watches
        self.waited = 0  # evaluations since the figure that `stop when` watches was better
        self.watched: float | None = None
        self.evaluated = 0  # the step of the last evaluation

    def record(self) -> dict[str, Any]:
        return dict(vars(self))


class Parts:
    """The objects whose state a checkpoint holds, by name; None where the run has none."""

    def __init__(
        self, model: nn.Module, optimizer: Any, scheduler: Any = None, scaler: Any = None, ema: Any = None
    ) -> None:
        self.stateful = {"model": model, "optimizer": optimizer, "scheduler": scheduler, "scaler": scaler, "ema": ema}


def save(path: Path, parts: Parts, place: Place, ranks: Ranks = ALONE) -> None:
    """Write a checkpoint, whole or not at all. RunError if that fails; the previous one is then untouched.

    Of several processes, the first writes; `ranks` holds the generators of all.
    """
    generators = ranks.gathered(torch.get_rng_state())
    if ranks.rank:
        return
    state = {name: part.state_dict() for name, part in parts.stateful.items() if part is not None}
    state["place"] = place.record()
    state["rng"] = torch.get_rng_state()
    state["cuda_rng"] = torch.cuda.get_rng_state_all()
    if ranks.world > 1:
        state["ranks"] = generators
    atomic.write(path, lambda temporary: torch.save(state, temporary))


def find(resume: str) -> Path:
    """The checkpoint of a run's folder, or the file itself."""
    path = Path(resume)
    path = path / NAME if path.is_dir() else path
    if not path.is_file():
        raise RunError("checkpoint-unreadable", f"{path} is not there")
    return path


def load(path: Path, parts: Parts, place: Place, ranks: Ranks = ALONE) -> None:
    """Put everything back. RunError if the file is damaged or of another model."""
    state = _read(path)
    for name, part in parts.stateful.items():
        if part is None:
            continue
        try:
            if name == "scheduler":
                _same_lengths(path, part.state_dict(), state[name])
            part.load_state_dict(state[name])
        except (KeyError, ValueError, RuntimeError, TypeError, AttributeError) as error:
            raise RunError("checkpoint-mismatch", f"{path} is of another {name}: {one_line(error)}") from error
    vars(place).update({name: value for name, value in state["place"].items() if name in vars(place)})
    if not ranks.rank:
        torch.set_rng_state(state["rng"])
    elif len(state.get("ranks", ())) == ranks.world:  # else as many processes went another way: begin anew
        torch.set_rng_state(state["ranks"][ranks.rank])
    torch.cuda.set_rng_state_all(state["cuda_rng"][: torch.cuda.device_count()])


def _same_lengths(path: Path, now: dict[str, Any], then: dict[str, Any]) -> None:
    """RunError where a schedule was made for another length: it would go on with the old one, or stop half-way."""
    for key in LENGTHS & now.keys():
        if now[key] != then[key]:
            was = f"{path} is of a schedule with {key}={then[key]}, this run's has {key}={now[key]}"
            raise RunError("checkpoint-mismatch", f"{was}: train for as long as then, or without --resume")
    for inner, before in zip(now.get("_schedulers", ()), then.get("_schedulers", ())):
        _same_lengths(path, inner, before)


def _read(path: Path) -> dict[str, Any]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        complete = {"model", "place", "rng", "cuda_rng"} <= state.keys()
    except Exception as error:  # whatever a damaged or hostile file provokes
        raise RunError("checkpoint-unreadable", f"{path} is no checkpoint: {one_line(error)}") from error
    if not complete:
        raise RunError("checkpoint-unreadable", f"{path} is no checkpoint of a run: it lacks parts of one")
    return state


def one_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines)[:200] or type(error).__name__
