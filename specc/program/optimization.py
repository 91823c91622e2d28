"""Optimizers with their parameter groups, and learning-rate schedulers."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Sequence

from specc.program import library, nested, operations
from specc.program.context import Frame
from specc.program.evaluate import evaluate
from specc.program.formula import check_formula
from specc.program.model import Call, Model, Named, OptimizerPlan, ParameterGroup, SchedulerPlan, TrainingLength
from specc.program.placing import label_text
from specc.program.values import Env
from specc.syntax import tree
from specc.types.tensor import UNKNOWN


def elaborate_optimizers(
    frame: Frame, nodes: Sequence[tree.Optimizer], models: Sequence[Model]
) -> tuple[OptimizerPlan, ...]:
    found = [_optimizer(frame, node, models) for node in nodes]
    return tuple(plan for plan in found if plan is not None)


def _optimizer(frame: Frame, node: tree.Optimizer, models: Sequence[Model]) -> OptimizerPlan | None:
    section = node.name or "optimizer"
    optimizer = library.named(frame, "optimizer", node.value, section)
    known = [model.name for model in models]
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
    groups = _groups(frame, node, optimizer, trained)
    if optimizer is None or groups is None:
        return None
    return OptimizerPlan(section, optimizer, tuple(model.name for model in trained), groups, node.span)


def _groups(
    frame: Frame, node: tree.Optimizer, optimizer: Named | None, models: Sequence[Model]
) -> tuple[ParameterGroup, ...] | None:
    """The parameter groups; every trainable parameter is in exactly one."""
    for item in node.items:
        if isinstance(item, tree.Setting):
            frame.report(
                "unused-setting",
                item.span,
                f"{item.name} stands outside a group",
                helps=("put it among the optimizer's arguments",),
            )
    written = [item for item in node.items if isinstance(item, tree.OptimizerGroup)]
    if not written or optimizer is None or not models:
        return ()
    left = [entry for model in models for entry in _trainable(model)]
    groups = []
    for item in written:
        taken = [entry for entry in left if _belongs(frame, item.condition, entry)]
        settings = _group_settings(frame, item, optimizer)
        if not taken:
            frame.report(
                "empty-group", item.condition.span, f"no parameter is left for the group {item.condition.span.text}"
            )
        left = [entry for entry in left if entry not in taken]
        groups.append(ParameterGroup(tuple(entry.key for entry in taken), settings, item.condition, item.span))
    if left:
        names = ", ".join(entry.key for entry in left[:3]) + (", ..." if len(left) > 3 else "")
        frame.report(
            "missing-setting",
            node.span,
            f"{len(left)} parameters are in no group: {names}",
            helps=("end with group rest { }",),
        )
    return tuple(groups)


def _trainable(model: Model) -> list[Any]:
    """The parameters torch's `parameters()` gives: trainable, each once though it may have two keys."""
    second = second_keys(model)
    return [entry for entry in model.state if entry.trainable and entry.key not in second]


def second_keys(model: Model) -> set[str]:
    """The keys of parameters that stand under an earlier key already."""
    return {_later(model, left, right) for left, right in all_ties(model.graph)}


def _later(model: Model, left: str, right: str) -> str:
    keys = [entry.key for entry in model.state]
    return max(left, right, key=lambda key: keys.index(key) if key in keys else -1)


def all_ties(graph: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Pairs of keys that are one Parameter, in the whole model."""
    found = [(prefix + left, prefix + right) for left, right in graph.ties]
    for member in graph.members:
        if hasattr(member, "graph"):
            found += all_ties(member.graph, f"{prefix}{member.path}.")
    return found


def _belongs(frame: Frame, node: Any, entry: Any) -> bool:
    """Whether a parameter fits a group's condition: `ndim >= 2`, a pattern of its key, `rest`, or a mix."""
    if isinstance(node, tree.Paren):
        return _belongs(frame, node.inner, entry)
    if isinstance(node, tree.String):
        return fnmatchcase(entry.key, "".join(part for part in node.parts if isinstance(part, str)))
    if isinstance(node, tree.Name) and node.id == "rest":
        return True
    if isinstance(node, tree.Binary) and node.op in ("and", "or"):
        sides = (_belongs(frame, side, entry) for side in (node.left, node.right))
        return all(sides) if node.op == "and" else any(sides)
    if isinstance(node, tree.Unary) and node.op == "not":
        return not _belongs(frame, node.operand, entry)
    inner = frame.within(Env(frame.env, {"ndim": len(entry.shape), "key": entry.key, "layer": entry.layer}))
    return evaluate(inner, node) is True


def _group_settings(frame: Frame, item: tree.OptimizerGroup, optimizer: Named) -> dict[str, Any]:
    args = [operations.Arg(setting.name, evaluate(frame, setting.value), setting.span) for setting in item.settings]
    required = [
        operations.Arg(name, value, item.span)
        for name, value in optimizer.values.items()
        if name not in {arg.name for arg in args}
    ]
    bound = library.bound(frame, optimizer.operation, [*args, *required], item)
    return {} if bound is None else {arg.name: bound.values[arg.name] for arg in args if arg.name}


# ---------------------------------------------------------------- schedulers


def elaborate_schedulers(
    frame: Frame, nodes: Sequence[tree.Scheduler], optimizers: Sequence[OptimizerPlan]
) -> tuple[SchedulerPlan, ...]:
    found = [_scheduler(frame, node, optimizers) for node in nodes]
    return tuple(plan for plan in found if plan is not None)


def _scheduler(frame: Frame, node: tree.Scheduler, optimizers: Sequence[OptimizerPlan]) -> SchedulerPlan | None:
    operation = library.find(frame, "scheduler", node.value)
    optimizer = _optimizer_of(frame, node, optimizers)
    if operation is None:
        return None
    unit = _unit(frame, node, operation)
    formula = operation.name in ("LambdaLR", "MultiplicativeLR") and library.callee_of(node.value)[1]
    named = _with_formula(frame, operation, node) if formula else _bound(frame, operation, node, unit or "step")
    metric = label_text(frame, node.metric) if node.metric is not None else None
    if named is None or unit is None or metric is UNKNOWN or optimizer is None:
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
