"""Functions that make a tensor from nothing: torch puts it on the CPU unless told where."""

from __future__ import annotations

from typing import Any

from specc.program.model import BlockMember, Call, FunctionStep, Graph, Step, TrainingStep

FACTORIES = frozenset(
    f"torch.{name}"
    for name in "arange empty eye full linspace logspace ones rand randint randn randperm tensor zeros".split()
)


def makes_tensors(graph: Graph) -> bool:
    """Whether a forward of the graph, or of a block in it, calls one of them."""
    blocks = (member.graph for member in graph.members if isinstance(member, BlockMember))
    return any(map(_makes, graph.steps)) or any(map(makes_tensors, blocks))


def _makes(step: Step) -> bool:
    if isinstance(step, TrainingStep):
        return any(map(_makes, (*step.then, *step.otherwise)))
    return isinstance(step, FunctionStep) and _called(step.call)


def _called(value: Any) -> bool:
    """Whether a call or one among its arguments is such a call."""
    if isinstance(value, Call):
        return value.target in FACTORIES or _called(value.args) or _called([item for _, item in value.kwargs])
    return type(value) in (tuple, list) and any(map(_called, value))
