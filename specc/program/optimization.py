"""Optimizers with their parameter groups, and learning-rate schedulers."""

from __future__ import annotations

from typing import Any, Sequence

from specc.diagnostics.model import Edit, Fix
from specc.program import library, nested
from specc.program.context import Frame
from specc.program.externs import own_paths
from specc.program.figures import figure
from specc.program.formula import check_formula
from specc.program.groups import parameter_groups, trainable
from specc.program.model import Call, Model, Named, OptimizerPlan, SchedulerPlan, TrainingLength
from specc.source import Span
from specc.syntax import tree
from specc.types.tensor import UNKNOWN


def elaborate_optimizers(
    frame: Frame, nodes: Sequence[tree.Optimizer], definitions: Sequence[tree.Block], models: Sequence[Model]
) -> tuple[OptimizerPlan, ...]:
    """The optimizers of the models; a model with a mistake in it still has its name."""
    names = [definition.name for definition in definitions]
    found = [_optimizer(frame, node, names, models) for node in nodes]
    return tuple(plan for plan in found if plan is not None)


def _optimizer(
    frame: Frame, node: tree.Optimizer, known: Sequence[str], models: Sequence[Model]
) -> OptimizerPlan | None:
    section = node.name or "optimizer"
    if _given_parameters(frame, node):
        return None
    optimizer = library.named(frame, "optimizer", node.value, section)
    for name in node.models:
        if name.id not in known and known:
            frame.report(
                "unknown-name", name.span, f"there is no model {name.id}", helps=("the models are " + ", ".join(known),)
            )
    if len(known) > 1 and not node.models:
        frame.report(
            "missing-setting",
            node.span,
            "there are several models: say which one this optimizer trains",
            helps=(f"optimizer {section} = ... for {known[0]}",),
        )
        return None
    trained = [model for model in models if not node.models or model.name in {name.id for name in node.models}]
    _check_something_trains(frame, node, trained)
    groups = parameter_groups(frame, node, optimizer, trained)
    if optimizer is None or groups is None:
        return None
    return OptimizerPlan(section, optimizer, tuple(model.name for model in trained), groups, node.span)


def _given_parameters(frame: Frame, node: tree.Optimizer) -> bool:
    """Report `AdamW(model.parameters(), lr=1e-3)`; true if this was one."""
    written = library.callee_of(node.value)[1]
    first = written[0].value if written and written[0].name is None else None
    callee = first.function if isinstance(first, tree.Call) else None
    if first is None or not isinstance(callee, tree.Attribute) or callee.name != "parameters":
        return False
    end = written[1].span.start if len(written) > 1 else first.span.end
    frame.report(
        "python-word",
        first.span,
        "an optimizer takes the parameters of its models by itself",
        helps=("for one of several models write optimizer name = AdamW(lr=1e-3) for Model",),
        fix=Fix("leave them out", (Edit(Span(first.span.source, first.span.start, end), ""),)),
    )
    library.find(frame, "optimizer", node.value)
    return True


def _check_something_trains(frame: Frame, node: tree.Optimizer, models: Sequence[Model]) -> None:
    """torch refuses an optimizer without parameters."""
    if not models or any(trainable(model) or own_paths(model.graph) for model in models):
        return
    names = " and ".join(model.name for model in models)
    frozen = any(not entry.is_buffer for model in models for entry in model.state)
    why = f"all parameters of {names} are frozen" if frozen else f"{names} has no parameters"
    frame.report(
        "frozen-in-optimizer",
        node.span,
        f"the optimizer has nothing to train: {why}",
        helps=("leave trainable=false out",) if frozen else (),
        severity="error",
    )


# ---------------------------------------------------------------- schedulers


def elaborate_schedulers(
    frame: Frame, nodes: Sequence[tree.Scheduler], optimizers: Sequence[OptimizerPlan], figures: list[str]
) -> tuple[SchedulerPlan, ...]:
    """The schedulers; `figures` are what one of them may watch."""
    found = [_scheduler(frame, node, optimizers, figures) for node in nodes]
    return tuple(plan for plan in found if plan is not None)


def _scheduler(
    frame: Frame, node: tree.Scheduler, optimizers: Sequence[OptimizerPlan], figures: list[str]
) -> SchedulerPlan | None:
    operation = library.find(frame, "scheduler", node.value)
    optimizer = _optimizer_of(frame, node, optimizers)
    if operation is None:
        return None
    unit = _unit(frame, node, operation)
    formula = operation.name in ("LambdaLR", "MultiplicativeLR") and library.callee_of(node.value)[1]
    named = _with_formula(frame, operation, node) if formula else _bound(frame, operation, node, unit or "step")
    metric = figure(frame, node.metric, figures) if node.metric is not None else None
    unsound = metric is None and node.metric is not None
    if named is None or unit is None or unsound or optimizer is None:
        return None
    tree_of_formula = formula[0].value if formula else None
    return SchedulerPlan(node.name or "scheduler", named, unit, metric, tree_of_formula, optimizer, node.span)


def _optimizer_of(frame: Frame, node: tree.Scheduler, optimizers: Sequence[OptimizerPlan]) -> str | None:
    names = [plan.name for plan in optimizers]
    if node.optimizer is not None:
        if node.optimizer.id in names:
            return node.optimizer.id
        if names:
            frame.report(
                "unknown-name",
                node.optimizer.span,
                f"there is no optimizer {node.optimizer.id}",
                helps=("there are " + ", ".join(names),),
            )
        return None
    if len(names) > 1:
        frame.report(
            "missing-setting",
            node.span,
            "there are several optimizers: say which one this schedules",
            helps=(f"... for {names[0]}",),
        )
        return None
    return names[0] if names else "optimizer"


def _unit(frame: Frame, node: tree.Scheduler, operation: Any) -> str | None:
    """When the scheduler steps."""
    if node.metric is not None:
        return "metric"
    if operation.stepped == "metric":
        frame.report(
            "plateau-needs-metric",
            node.span,
            f"{operation.name} watches a metric",
            helps=("end the line with on val.loss",),
        )
        return None
    if node.unit is None:
        if operation.stepped:
            return operation.stepped
        frame.report(
            "unit-missing",
            node.span,
            f"{operation.name} may step per step or per epoch: say which",
            helps=("end the line with per step, or per epoch",),
        )
        return None
    if node.unit.id not in ("step", "epoch"):
        frame.report("unit-missing", node.unit.span, f"a scheduler steps per step or per epoch, not per {node.unit.id}")
        return None
    if operation.stepped == "step" and node.unit.id == "epoch":
        frame.report(
            "per-step-scheduler-per-epoch",
            node.unit.span,
            f"{operation.name} counts steps, it would end after a fraction of its course",
            helps=("write per step",),
        )
        return None
    return node.unit.id


def _bound(frame: Frame, operation: Any, node: tree.Scheduler, unit: str) -> Named | None:
    """The scheduler with its arguments; `_` becomes the length of the training."""
    holes: list[Any] = []

    def hole(span: Any) -> Any:
        holes.append(span)
        return UNKNOWN

    before = len(frame.compilation.problems)
    args = nested.evaluated(frame.with_hole(hole), operation, library.callee_of(node.value)[1])
    sound = len(frame.compilation.problems) == before
    named = library.bound(frame, operation, args, node.value, node.name or "scheduler", bool(holes))
    if named is None or not holes or not sound:
        return named if sound else None
    length = TrainingLength("epoch" if unit == "epoch" else "step")
    settled: Named = nested.replaced(named, lambda value: length if value is UNKNOWN else value)
    return settled


def _with_formula(frame: Frame, operation: Any, node: tree.Scheduler) -> Named | None:
    formula = library.callee_of(node.value)[1][0].value
    if not check_formula(frame, formula):
        return None
    return Named(operation, {"lr_lambda": formula}, Call(operation.target), node.value.span)
