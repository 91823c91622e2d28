"""The models of a checked spec, as reports show them."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING

from specc.cli.arguments import UsageError
from specc.diagnostics.report import ModelReport
from specc.diagnostics.sanitize import clean
from specc.diagnostics.suggest import did_you_mean
from specc.program.objectives import output_types
from specc.report.bounds import said
from specc.types.dims import symbols_of
from specc.types.tensor import shown

if TYPE_CHECKING:
    from specc.program.model import Model, Program


def models_of(program: Program | None) -> tuple[ModelReport, ...]:
    """Every model with its size and the types that go in and out; none of a spec that was not understood."""
    return tuple(map(_report, program.models)) if program is not None else ()


def _report(model: Model) -> ModelReport:
    inputs = {entry.name: str(entry.type) for entry in model.graph.inputs}
    outputs = {name: shown(type_) for name, type_ in output_types(model.graph).items()}
    return ModelReport(model.name, _parameters(model), inputs, outputs)


def _parameters(model: Model) -> int | None:
    """How many numbers are learned, tied ones counted once; None if a size is not known."""
    from specc.program.groups import second_keys

    tied = second_keys(model)
    shapes = [entry.shape for entry in model.state if not entry.is_buffer and entry.key not in tied]
    known = all(isinstance(size, int) for shape in shapes for size in shape)
    return sum(map(prod, shapes)) if known else None


def refuse_wrong_sizes(known: Mapping[str, int], program: Program) -> None:
    """Raises UsageError where `--at` names a size that no model of the spec and no part of its sample has, or gives one
    that a model does not take.
    """
    parts = program.data.parts if program.data is not None else ()
    names = {name for part in parts for size in getattr(part.type, "shape", ()) for name in symbols_of(size)}
    names |= {name for model in program.models for name in model.sizes}
    for name in known.keys() - names:
        there = f"there are {', '.join(sorted(names))}" if names else "all sizes are numbers"
        raise UsageError(f"--at names no open size {clean(name)}: {did_you_mean(name, sorted(names)) or there}")
    for model in program.models:
        for name, (low, high) in model.sizes.items():
            if not low <= known.get(name, low) <= (known.get(name, low) if high is None else high):
                raise UsageError(f"--at {name}={known[name]} does not fit {model.name}: {said(name, low, high)}")
