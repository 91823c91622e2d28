"""Who reads a value: how often, and whether at all."""

from __future__ import annotations

from typing import Any, Iterator

from specc.checks.flow import Flow, Node
from specc.diagnostics.model import Diagnostic, finding
from specc.program.model import FunctionStep, TrainingStep
from specc.program.operations import title_of
from specc.program.reads import read_by


def readers(node: Node) -> int:
    """How often a value is read in its graph, its use as the graph's result included."""
    return reads(node.flow).get(node.step.result, 0)


def reads(flow: Flow) -> dict[Any, int]:
    """How often each value of a graph is read in it."""
    graph = flow.graph
    if id(graph) not in flow.reads:
        counted = flow.reads[id(graph)] = {}
        for found in read_by((graph.steps, graph.result)):
            counted[found] = counted.get(found, 0) + 1
    return flow.reads[id(graph)]


def check(flow: Flow) -> Iterator[Diagnostic]:
    """Values that nothing reads; the last round of a loop may leave one, so a line counts if all its uses are dead."""
    dead: dict[Any, tuple[Flow, Any]] = {}
    alive: set[Any] = set()
    for inner in flow.everywhere():
        read = reads(inner)
        for step in inner.steps:
            if step.result in read or _part_of_tuple(inner, step):
                alive.add(place(step))
            else:
                dead.setdefault(place(step), (inner, step))
    return (_dead(*found) for where, found in dead.items() if where not in alive)


def place(step: Any) -> tuple[int, int, int]:
    span = step.site.span
    return id(span.source), span.start, span.end


def _part_of_tuple(flow: Flow, step: Any) -> bool:
    """One of several results, taken only because they all have names: `y, state = x -> LSTM(_, 32)`."""
    if not isinstance(step, FunctionStep) or step.call.target != "operator.getitem":
        return isinstance(step, TrainingStep)
    whole = flow.type_of(step.call.args[0])
    return isinstance(whole, tuple) and not hasattr(whole, "shape")


def _dead(flow: Flow, step: Any) -> Diagnostic:
    name = flow.graph.names.get(step.result.id)
    what = f"{name} is" if name else f"the value of {title_of(step.site)} is"
    return finding("dead-branch", step.site.span, f"{what} computed and never used", helps=("use it, or take it out",))
