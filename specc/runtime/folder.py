"""A run's folder: the spec as run, the settings, the log, the weights."""

from __future__ import annotations

import json
import platform
import time
from pathlib import Path
from typing import Any

import torch

from specc.runtime import atomic
from specc.runtime.options import RunError
from specc.version import __version__

LOG = "metrics.jsonl"


class Folder:
    """`runs/<spec>-<time>/`, made when the run starts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError("cannot-write", f"the run's folder {path} cannot be made: {atomic.reason(error)}") from error

    def write(self, name: str, text: str) -> None:
        atomic.write_text(self.path / name, text)

    def write_settings(self, settings: dict[str, Any]) -> None:
        self.write("settings.json", json.dumps(settings, indent=2, default=str) + "\n")

    def save_weights(self, name: str, model: torch.nn.Module) -> None:
        from safetensors.torch import save_model

        atomic.write(self.path / name, lambda temporary: save_model(model, temporary))


class Spectator(Folder):
    """The folder of a process that writes nothing, for another one does."""

    def write(self, name: str, text: str) -> None:
        pass

    def save_weights(self, name: str, model: torch.nn.Module) -> None:
        pass


class NoLog:
    """The log of such a process."""

    def add(self, step: int, epoch: int, split: str, values: dict[str, Any]) -> None:
        pass

    def close(self) -> None:
        pass


class Log:
    """metrics.jsonl: one object a line, complete whenever a line has been written."""

    def __init__(self, path: Path, resumed_at: int | None = None) -> None:
        """`resumed_at`: the step a run goes on from; lines of later steps are of work that is done again."""
        self.path, self.started = path, time.monotonic()
        self.lines = [] if resumed_at is None else [line for line in read_log(path) if line["step"] <= resumed_at]
        if self.lines:
            self.started -= self.lines[-1]["seconds"]
        atomic.write_text(path, "".join(json.dumps(line) + "\n" for line in self.lines))
        self._handle = open(path, "a", encoding="utf-8")

    def add(self, step: int, epoch: int, split: str, values: dict[str, Any]) -> None:
        line = {
            "step": step,
            "epoch": epoch,
            "split": split,
            **values,
            "seconds": round(time.monotonic() - self.started, 3),
        }
        self.lines.append(line)
        try:
            self._handle.write(json.dumps(line) + "\n")
            self._handle.flush()
        except OSError as error:
            raise RunError("cannot-write", f"{self.path} could not be written: {atomic.reason(error)}") from error

    def close(self) -> None:
        try:
            self._handle.close()
        except OSError:  # what could not be written has been reported by add
            pass


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a log, without one that a kill cut short."""
    lines = []
    for text in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        try:
            lines.append(json.loads(text))
        except ValueError:
            continue
    return lines


def new_path(spec_name: str) -> Path:
    """`runs/mnist-2025-01-31-120000`, with a number behind it where that is taken."""
    stem = Path(spec_name).stem or "spec"
    base = Path("runs") / f"{stem}-{time.strftime('%Y-%m-%d-%H%M%S')}"
    path, number = base, 1
    while path.exists():
        number += 1
        path = base.with_name(f"{base.name}-{number}")
    return path


def versions() -> dict[str, str]:
    """What a promise of equal bits depends on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"specc": __version__, "python": platform.python_version(), "torch": torch.__version__}
    for package in ("torchvision", "scikit-learn", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found | {"platform": platform.platform()}


def machine(device: torch.device) -> dict[str, Any]:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or platform.machine()
    return {"device": str(device), "device_name": name, "threads": torch.get_num_threads()}
