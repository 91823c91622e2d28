"""What a caller of a run decides, as opposed to what the spec says, and what can go wrong. Free of torch: read fast."""

from __future__ import annotations

from typing import Any, NamedTuple


class Options(NamedTuple):
    """The options of `specc run`.

    device      "cpu", "cuda", "cuda:1", "mps"; None takes the best there is
    data_root   the folder that relative paths of data sets start from; None is the current folder
    out         the run's folder; None makes runs/<spec>-<time>
    resume      a run's folder, or a checkpoint in it, to go on from
    quiet       no progress
    strict_data an error instead of the next source of `a or b`
    trust       whether the spec's extern Python may be imported
    log_every   steps between two lines of metrics.jsonl; None is what the spec says, else 50
    """

    device: str | None = None
    data_root: str | None = None
    out: str | None = None
    resume: str | None = None
    quiet: bool = False
    strict_data: bool = False
    trust: bool = False
    log_every: int | None = None


class Result(NamedTuple):
    """How a run ended: the figures of its last evaluation, the trained torch.nn.Module, its folder, its exit status."""

    metrics: dict[str, float]
    model: Any
    folder: str
    exit_status: int = 0


# name -> (code, exit status of the command)
FAULTS: dict[str, tuple[str, int]] = {
    "nothing-to-train": ("R101", 1),
    "unsupported-setting": ("R102", 1),
    "device-missing": ("R103", 1),
    "data-unavailable": ("R201", 1),
    "data-corrupt": ("R202", 1),
    "data-fallback": ("R203", 1),
    "data-mismatch": ("R204", 1),
    "checkpoint-unreadable": ("R301", 1),
    "checkpoint-mismatch": ("R302", 1),
    "cannot-write": ("R303", 1),
    "diverged": ("R401", 3),
    "step-failed": ("R402", 1),
    "export-failed": ("R501", 1),
    "export-differs": ("R502", 1),
}


class RunError(Exception):
    """A run cannot start or go on. Its text is one line with a code; `exit_status` is what the command returns.

    `name` is one of FAULTS.
    """

    def __init__(self, name: str, message: str) -> None:
        self.name = name
        self.code, self.exit_status = FAULTS[name]
        super().__init__(f"error[{self.code}]: {message}")
