"""Running a spec: build, train, evaluate, keep a record."""

from __future__ import annotations

from specc.runtime.job import run
from specc.runtime.options import Options, Result, RunError

__all__ = ["Options", "Result", "RunError", "run"]
