"""Running a spec: build, train, evaluate, keep a record. torch is imported with `run`, not with the options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.runtime.options import Options, Result, RunError

if TYPE_CHECKING:
    from specc.runtime.job import run

__all__ = ["Options", "Result", "RunError", "run"]


def __getattr__(name: str) -> Any:
    if name != "run":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from specc.runtime.job import run

    return run
