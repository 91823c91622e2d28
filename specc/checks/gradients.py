"""Whether the gradient of a loss reaches anything that its optimizer moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from specc.diagnostics.model import Diagnostic, finding
from specc.program.externs import own_paths
from specc.program.model import BlockMember, CheckStep, Graph, ModuleStep, Program, StepPlan, TrainingStep
from specc.program.reached import stops
from specc.program.reads import read_by

Models = frozenset[str]  # the models whose parameters a gradient would reach
NONE: Models = frozenset()


def check(program: Program) -> Iterator[Diagnostic]:
    """Losses and steps of one's own that would leave every parameter as it is."""
    if program.losses and len(program.models) == 1:
        model = program.models[0]
        trains = any(not entry.is_buffer for entry in model.state) or own_paths(model.graph)
        given = outputs_of(model.graph, model.name)
        if trains and not any(loss_of(term.graph, given) for term in program.losses):
            yield _unreached(program.losses[0].span, "the loss", [model.name], "torch refuses to go backward from it")
    known: dict[str, Models] = {}  # what earlier steps have named; a step with a mistake in it has named anything
    models = {model.name: model.graph for model in program.models}
    optimizers = {plan.name: plan for plan in program.optimizers}
    for step in program.train.steps if program.train is not None else ():
        sure = given_from_outside(program) | known.keys()
        known.update({given.name: frozenset(models) for given in step.graph.inputs if given.name not in sure})
        found = values_of(step.graph, known, models)
        known.update(found)
        plan = optimizers.get(step.optimizer)
        if plan is not None and not found["loss"] & set(plan.models):
            what = f"the loss of step {step.name}"
            yield _unreached(_loss_place(step), what, plan.models, "the step would leave them as they are")


def given_from_outside(program: Program) -> set[str]:
    """The names whose values no parameter has made: the parts of a sample and the buffers of a training."""
    parts = program.data.parts if program.data is not None else ()
    buffers = program.train.buffers if program.train is not None else ()
    return {part.name for part in parts} | {buffer.path for buffer in buffers}


def _unreached(span: Any, what: str, models: Any, effect: str) -> Diagnostic:
    names = " or ".join(models)
    return finding(
        "loss-without-gradient",
        span,
        f"no gradient of {what} reaches a parameter of {names}",
        notes=(effect,),
        helps=(f"let it depend on what {names} gives, without detach or no_grad between them",),
    )


def _loss_place(step: StepPlan) -> Any:
    """The line that binds the loss, as far as it is known."""
    made = {inner.result.id: inner for inner in step.graph.steps if not isinstance(inner, CheckStep)}
    loss = step.graph.result["loss"]
    return made[loss.id].site.span if getattr(loss, "id", None) in made else step.span


def loss_of(graph: Graph, given: Mapping[str, Models]) -> Models:
    return _read(graph.result, carried(graph, given, {}, NONE))


def values_of(graph: Graph, given: Mapping[str, Models], models: Mapping[str, Graph]) -> dict[str, Models]:
    """What the gradient of every named value of a step would reach."""
    reached = carried(graph, given, models, NONE)
    return {name: _read(value, reached) for name, value in graph.result.items()}


def outputs_of(graph: Graph, name: str) -> dict[str, Models]:
    """What the gradients of a model's outputs would reach, by the names that a loss calls them by."""
    from specc.program.objectives import output_types

    reached, result = carried(graph, {}, {}, frozenset((name,))), graph.result
    values = tuple(result.values()) if isinstance(result, dict) else result if type(result) is tuple else (result,)
    return {title: _read(value, reached) for title, value in zip(output_types(graph), values)}


def carried(graph: Graph, given: Mapping[str, Models], models: Mapping[str, Graph], own: Models) -> dict[Any, Models]:
    """For every value of a graph, by its number, the models that its gradient would reach.

    `given` says so of the inputs by name; `own` is what the graph's own parameters belong to. A layer counts as if it
    had parameters, so that nothing is reported of which one could not be sure.
    """
    reached = {item.ref.id: given.get(item.name, NONE) for item in graph.inputs}
    inner = {member.path: member.graph for member in graph.members if isinstance(member, BlockMember)}
    _follow(graph.steps, reached, {**models, **inner}, models, own)
    return reached


def _follow(steps: Any, reached: dict[Any, Models], graphs: Any, models: Any, own: Models) -> None:
    for step in steps:
        if isinstance(step, TrainingStep):
            _follow(step.then, reached, graphs, models, own)
            _follow(step.otherwise, reached, graphs, models, own)
        if not hasattr(step, "result"):
            continue
        found = _read(step, reached, own)
        if isinstance(step, ModuleStep):
            mine = frozenset((step.path,)) if step.path in models else own
            found = _through(step, graphs, reached, mine) if step.path in graphs else found | mine
        reached[step.result.id] = NONE if stops(step) else found


def _through(step: ModuleStep, graphs: Any, reached: dict[Any, Models], mine: Models) -> Models:
    """What the gradient of a block's result would reach, through the block."""
    graph = graphs[step.path]
    values = dict(zip((given.name for given in graph.inputs), step.args)) | dict(step.kwargs)
    given = {name: _read(value, reached) for name, value in values.items()}
    return _read(graph.result, carried(graph, given, {}, mine), mine)


def _read(item: Any, reached: dict[Any, Models], own: Models = NONE) -> Models:
    """What the gradient of an expression or step would reach; parameters that it reads itself are the graph's own."""
    found = NONE
    for part in read_by(item):
        found |= reached.get(part.id, NONE) if hasattr(part, "id") else own
    return found
