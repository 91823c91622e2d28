"""Findings on a typed program: one file per family of rules."""

from __future__ import annotations

from typing import Any, Iterable

from specc.diagnostics.model import Diagnostic


def findings(program: Any, module: Any = None, broken: bool = False) -> tuple[Diagnostic, ...]:
    """Everything the rules find, in the order of the text.

    `broken` says that there are errors: what nothing reads may then be read by what could not be understood.
    """
    from specc.checks.flow import loss_flows, model_flows

    models = model_flows(program)
    nodes = {name: list(flow.nodes()) for name, flow in models.items()}
    found: list[Diagnostic] = []
    for model in program.models:
        found += _of_model(model, models[model.name], nodes[model.name], broken)
    losses = loss_flows(program, models)
    if losses:
        found += _of_losses(program, losses)
    if module is not None and (program.data is not None or program.train is not None):
        found += _of_job(program, [node for name in nodes for node in nodes[name]], losses, module)
    if module is not None and not broken:
        from specc.checks import weights

        found += weights.check_arguments(program, module)
    return tuple(sorted(unique(found), key=lambda problem: (problem.span.start, problem.code)))


def _of_model(model: Any, flow: Any, nodes: list[Any], broken: bool) -> Iterable[Diagnostic]:
    from specc.checks import affine, layers, maps, readers, weights

    found = [
        *layers.check(nodes),
        *affine.check(nodes),
        *maps.check(nodes, parameters_of(model)),
        *weights.check(model, flow, nodes),
    ]
    return found if broken else [*found, *readers.check(flow)]


def _of_losses(program: Any, losses: list[Any]) -> Iterable[Diagnostic]:
    from specc.checks import affine, objective

    return [*objective.check(program, losses), *affine.check_heads(losses)]


def _of_job(program: Any, nodes: list[Any], losses: list[Any], module: Any) -> Iterable[Diagnostic]:
    from specc.checks import gradients, pipeline, schedule, training, updates

    parameters = sum(parameters_of(model) for model in program.models)
    found = [*pipeline.check(program, nodes, module), *schedule.check(program, parameters), *gradients.check(program)]
    found += updates.check(program, schedule.length_of(program))
    return [*found, *training.check(program, losses, module)]


def parameters_of(model: Any) -> int:
    return sum(size_of(entry.shape) for entry in model.state if not entry.is_buffer)


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
