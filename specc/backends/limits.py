"""What neither a run nor a script can do: refused by both in the same words, for nothing of a spec is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specc.backends.script_members import TAKEN
from specc.ops.base import is_own
from specc.program.model import BlockMember, LayerMember, OptimizerPlan, Program, StepPlan, Train
from specc.source import Span

Refusal = tuple[Span, str]
PARTS = frozenset(("model", "optimizer", "scheduler", "scaler", "ema", "place", "rng", "cuda_rng"))  # of a checkpoint


def refusals(program: Program) -> Iterator[Refusal]:
    """Every part of a spec that cannot be trained yet, with where it stands and why."""
    train = program.train
    if train is None:
        return
    yield from _settings(train)
    for split in program.data.splits if program.data is not None else ():
        if split.loader.get("persistent_workers"):
            yield split.span, "workers start anew every epoch: leave out persistent_workers"
            break
    if train.steps:
        yield from _own(program, train)
    else:
        yield from _one_model(program)
    if train.settings["distributed"] is not None:
        for metric in program.metrics:
            if is_own(metric.metric.operation):
                yield metric.span, f"{metric.name} cannot be added up over processes: leave out distributed"


def _settings(train: Train) -> Iterator[Refusal]:
    if train.settings["distributed"] == "fsdp":
        yield train.span, "the parameters of a model cannot be spread over processes yet: write distributed = ddp"


def _one_model(program: Program) -> Iterator[Refusal]:
    several: dict[str, tuple[Any, ...]] = {"models": program.models, "optimizers": program.optimizers}
    for word, plans in several.items():
        for plan in plans[1:2]:
            yield plan.span, f"several {word} need steps of one's own: step d with opt_d {{ .. }}"
    for scheduler in program.schedulers[1:2]:
        yield scheduler.span, "there is a scheduler already: join them, as in SequentialLR or ChainedScheduler"
    assert program.train is not None
    yield from _searching(program, program.train)
    for span in (*(b.site.span for b in program.train.buffers), *(a.span for a in program.train.actions)):
        yield span, "this needs steps of one's own: step d with opt_d { .. }"


def _searching(program: Program, train: Train) -> Iterator[Refusal]:
    """An optimizer that computes the loss as often as it wants has to have the whole batch at hand, unscaled."""
    for plan in _searchers(program):
        for setting, usual in (("accumulate", 1), ("precision", "f32")):
            value = train.settings[setting]
            if value not in (usual, "bf16"):
                yield plan.span, f"{_name(plan)} computes the loss several times a step: leave out {setting} = {value}"


def _searchers(program: Program) -> list[OptimizerPlan]:
    return [plan for plan in program.optimizers if plan.optimizer.operation.needs_closure]  # type: ignore[attr-defined]


def _name(plan: OptimizerPlan) -> str:
    return str(plan.optimizer.operation.name)  # type: ignore[attr-defined]


# ---------------------------------------------------------------- steps of one's own


def _own(program: Program, train: Train) -> Iterator[Refusal]:
    usual = {"accumulate": 1, "ema": None, "compile": False, "log_gradients": False, "distributed": None}
    beside: list[tuple[Any, str]] = [(train, name) for name, value in usual.items() if train.settings[name] != value]
    beside += [(train, "precision = f16")] if train.settings["precision"] == "f16" else []
    beside += [(plan, f"{_name(plan)}, which computes the loss itself,") for plan in _searchers(program)]
    beside += [(plan, "a scheduler") for plan in program.schedulers[:1]]
    beside += [(plan, "a metric") for plan in program.metrics[:1]]
    beside += [(term, "a loss section") for term in program.losses[:1]]
    beside += [(train, what) for what, said in (("save best", train.save_best), ("stop when", train.stop)) if said]
    beside += [(train, "eval")] if train.evaluate else []
    for thing, what in beside:
        yield thing.span, f"{what} does not go with steps of one's own yet"
    yield from _names(program, train)
    yield from _optimizers(program)
    known = {member.path for member in train.buffers} | {part.name for part in program.data.parts}  # type: ignore[union-attr]
    for place, step in enumerate(train.steps):
        yield from _step(step, train.steps[:place], known)
    for action in train.actions:
        for given in action.graph.inputs:
            if given.name not in {member.path for member in train.buffers}:
                yield action.span, f"an action can use buffers of the training, not {given.name}"


def _names(program: Program, train: Train) -> Iterator[Refusal]:
    """Models and buffers are attributes of one module, whose own attributes they must not hide."""
    for thing, name in (*((m, m.name) for m in program.models), *((b.site, b.path) for b in train.buffers)):
        if name in TAKEN:
            yield thing.span, f"{name} is what torch calls a part of every module: choose another name"


def _optimizers(program: Program) -> Iterator[Refusal]:
    for plan in program.optimizers:
        if plan.name in PARTS - {"optimizer"}:
            yield plan.span, f"a checkpoint has a part called {plan.name}: choose another name for the optimizer"
        if plan.groups and len(plan.models) > 1:
            yield plan.span, "an optimizer of several models cannot have parameter groups yet"


def _step(step: StepPlan, before: tuple[StepPlan, ...], known: set[str]) -> Iterator[Refusal]:
    """What a step reads must have been made for the same batch."""
    for given in step.graph.inputs:
        maker = next((other for other in before if given.name in other.graph.result), None)
        if maker is not None and given.name not in known and step.every % maker.every:
            yield step.span, f"step {step.name} needs {given.name} of step {maker.name}, which comes less often"
    for member in step.graph.members:
        if not isinstance(member, (LayerMember, BlockMember)) or _has_state(member):
            yield member.site.span, f"{member.path} has weights no checkpoint holds: put it into a model"


def _has_state(member: Any) -> bool:
    if isinstance(member, LayerMember):
        return bool(member.state)
    return not isinstance(member, BlockMember) or any(map(_has_state, member.graph.members))
