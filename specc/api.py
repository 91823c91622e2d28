"""specc from Python. Only `build` and `run` import torch."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

from specc.diagnostics.error import SpecError
from specc.diagnostics.model import Diagnostic
from specc.source import Source

if TYPE_CHECKING:
    import torch

    from specc.compiler import Unit
    from specc.runtime.options import Result

Spec = str | PathLike[str] | Source


def check(spec: Spec, *, set: Mapping[str, Any] | None = None) -> Unit:
    """Compile a spec, given by its path or as a Source. Whatever is wrong with it stands in `unit.problems`."""
    from specc.compiler import Unit, compile_spec
    from specc.reading import read

    source = spec if isinstance(spec, Source) else read(spec)
    if isinstance(source, Diagnostic):
        return Unit(source=source.span.source, tree=None, trivia=(), program=None, problems=(source,))
    return compile_spec(source, {name: _written(value) for name, value in (set or {}).items()})


def build(spec: Spec, model: str | None = None, *, set: Mapping[str, Any] | None = None,
          trust: bool = False, **parameters: Any) -> torch.nn.Module:
    """The spec's model (`model` names it where there are several) with its parameters; `trust` allows its extern
    Python to be imported. Raises SpecError.
    """
    unit = _sound(check(spec, set=set))
    from specc.backends.module import build as build_module

    return build_module(unit, model=model, trust=trust, **parameters)


def emit(spec: Spec, *, set: Mapping[str, Any] | None = None, section: str = "all", format: str = "script") -> str:
    """The standalone training script; only its classes with section="model", a notebook with format="notebook".

    Raises SpecError.
    """
    unit = _sound(check(spec, set=set))
    from specc.backends.script import emit as emit_script

    return emit_script(unit, section, format)


def run(spec: Spec, *, set: Mapping[str, Any] | None = None, **options: Any) -> Result:
    """Train as the spec says; `options` are the fields of specc.runtime.options.Options. Raises SpecError."""
    unit = _sound(check(spec, set=set))
    from specc.runtime import run as run_unit
    from specc.runtime.options import Options

    return run_unit(unit, Options(**options))


def _sound(unit: Unit) -> Unit:
    if unit.has_errors:
        raise SpecError([problem for problem in unit.problems if problem.severity == "error"])
    return unit


def _written(value: Any) -> str:
    """A setting's value as a spec writes it; a string is taken to be written so already, as on the command line."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(_written, value))}{',' if len(value) == 1 else ''})"
    return repr(value)
