"""A loss that wants more classes is told of at the layer that gives too few: that is where one would mend it."""

from __future__ import annotations

from collections.abc import Sequence

from specc.checks.flow import TRANSPARENT, Flow, Node, through
from specc.checks.names import AFFINE
from specc.diagnostics.model import Diagnostic, Label
from specc.program.model import Program
from specc.source import Span

WIDTHS = ("out_features", "out_channels")


def pointed(program: Program | None, problems: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The same findings, each class-count-mismatch of a model's one output at the number of its last layer."""
    if program is None or not any(problem.name == "class-count-mismatch" for problem in problems):
        return list(problems)
    place = _place(program)
    return [_moved(problem, place) if problem.name == "class-count-mismatch" else problem for problem in problems]


def _place(program: Program) -> Span | None:
    """The number of outputs in the model's last layer; None where there are several models or outputs."""
    if len(program.models) != 1:
        return None
    graph = program.models[0].graph
    last: Node | None = through(Flow(graph).producer(graph.result), TRANSPARENT)
    if last is None or last.name not in AFFINE:
        return None
    given = next((last.step.use.given[name] for name in WIDTHS if name in last.step.use.given), None)
    return None if given is None else given.span


def _moved(problem: Diagnostic, place: Span | None) -> Diagnostic:
    if place is None or place.source is not problem.span.source:
        return problem
    labels = (Label(problem.span, "the loss"), *problem.labels)
    return problem._replace(span=place, labels=labels)
