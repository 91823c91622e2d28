"""specc compiles declarative model specs to PyTorch. `check`, `build`, `emit` and `run` load when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.version import __version__

if TYPE_CHECKING:
    from specc.api import build, check, emit, run
    from specc.diagnostics.error import SpecError
    from specc.source import Source

__all__ = ["Source", "SpecError", "__version__", "build", "check", "emit", "run"]

_HOMES = {"Source": "specc.source", "SpecError": "specc.diagnostics.error", "build": "specc.api", "check": "specc.api",
          "emit": "specc.api", "run": "specc.api"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
