"""What a caller of a run decides, as opposed to what the spec says. Free of torch, so that a command line can be read fast."""

from __future__ import annotations

from typing import NamedTuple


class Options(NamedTuple):
    """The options of `specc run`.

    device      "cpu", "cuda", "cuda:1", "mps"; None takes the best there is
    data_root   the folder that relative paths of data sets start from; None is the current folder
    out         the run's folder; None makes runs/<spec>-<time>
    resume      a run's folder, or a checkpoint in it, to go on from
    quiet       no progress
    strict_data an error instead of the next source of `a or b`
    trust       whether the spec's extern Python may be imported
    """

    device: str | None = None
    data_root: str | None = None
    out: str | None = None
    resume: str | None = None
    quiet: bool = False
    strict_data: bool = False
    trust: bool = False


class RunError(Exception):
    """A run cannot start or go on; the text says why in one line, `exit_status` is what the command returns."""

    exit_status = 1


class Diverged(RunError):
    """The loss or a gradient became NaN or infinite."""

    exit_status = 3
