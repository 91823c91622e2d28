"""Findings on a typed program: one file per family of rules."""

from __future__ import annotations

from typing import Any, Iterable

from specc.diagnostics.model import Diagnostic


def findings(program: Any, broken: bool = False) -> tuple[Diagnostic, ...]:
    """Everything the rules find, in the order of the text.

    `broken` says that elaboration has found errors: what is never read may then be read by what could not be understood.
    """
    from specc.checks.flow import loss_flows, model_flows

    models = model_flows(program)
    found: list[Diagnostic] = []
    for model in program.models:
        found += _of_model(model, models[model.name], broken)
    losses = loss_flows(program, models)
    if losses:
        from specc.checks import affine, objective

        found += [*objective.check(program, losses), *affine.check_heads(losses)]
    return tuple(sorted(unique(found), key=lambda problem: (problem.span.start, problem.code)))


def _of_model(model: Any, flow: Any, broken: bool) -> Iterable[Diagnostic]:
    from specc.checks import affine, layers, maps, readers

    parameters = sum(size_of(entry.shape) for entry in model.state if not entry.is_buffer)
    nodes = list(flow.nodes())
    found = [*layers.check(nodes), *affine.check(nodes), *maps.check(nodes, parameters)]
    return found if broken else [*found, *readers.check(flow)]


def size_of(shape: Iterable[Any]) -> int:
    """How many numbers a tensor holds."""
    total = 1
    for size in shape:
        total *= size if type(size) is int else 1
    return total


def unique(problems: Iterable[Diagnostic]) -> list[Diagnostic]:
    """One finding for each rule and place, however often the block it stands in is used."""
    seen: dict[Any, Diagnostic] = {}
    for problem in problems:
        seen.setdefault((problem.name, id(problem.span.source), problem.span.start, problem.span.end), problem)
    return list(seen.values())
