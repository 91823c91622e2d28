"""Making the objects of a run from a program: model, optimizer, scheduler, in the one order that fixes the weights."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from specc.backends.formula import python_formula
from specc.backends.script_optimization import groups_text
from specc.backends.targets import perform, resolve
from specc.program.model import Call, OptimizerPlan, SchedulerPlan, TrainingLength
from specc.runtime.options import RunError

FORMULA_NAMES = {
    **{
        name: getattr(math, name) for name in ("pi", "cos", "sin", "tan", "exp", "log", "sqrt", "floor", "ceil", "tanh")
    },
    "min": min,
    "max": max,
    "abs": abs,
    "round": round,
    "int": int,
}


def choose_device(wanted: str | None, setting: str | None) -> torch.device:
    """The device asked for, or the best there is. RunError if it is not there."""
    name = wanted or setting
    if name is None:
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise RunError("device-missing", f"there is no device {name} here: {str(error).splitlines()[0]}") from error
    return device


def make_optimizer(plan: OptimizerPlan, model: nn.Module) -> Any:
    """The optimizer over all parameters, or over the groups of the spec in the order written."""
    if not plan.groups:
        return perform(plan.optimizer.call, model.parameters())
    known = {key for group in plan.groups for key in group.keys}
    if any(p.requires_grad and key not in known for key, p in model.named_parameters()):
        return perform(plan.optimizer.call, _groups_as_met(plan, model))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    groups = [{"params": [parameters[key] for key in group.keys], **group.settings} for group in plan.groups]
    return perform(plan.optimizer.call, groups)


def _groups_as_met(plan: OptimizerPlan, model: nn.Module) -> Any:
    """The groups of a model with parameters of the user's own Python, which no check has seen: as a script does."""
    from fnmatch import fnmatchcase

    scope: dict[str, Any] = {"fnmatchcase": fnmatchcase, "nn": nn, "Any": Any}
    exec(groups_text(plan), scope)  # noqa: S102 - the function is printed from a checked tree
    return scope["parameter_groups"](model)


def make_scheduler(plan: SchedulerPlan | None, optimizer: Any, steps: int, epochs: int) -> Any:
    """The scheduler; `_` becomes the number of steps or epochs it will run."""
    if plan is None:
        return None
    if plan.formula is not None:
        return resolve(plan.scheduler.call.target)(optimizer, formula(plan, steps, epochs))
    counts = {"step": steps, "epoch": epochs}

    def settled(item: Any) -> Any:
        """Lengths as numbers, schedulers inside a scheduler made."""
        if isinstance(item, TrainingLength):
            return counts[item.unit]
        if isinstance(item, list):
            return [settled(inner) for inner in item]
        if isinstance(item, Call):
            kwargs = tuple((name, settled(inner)) for name, inner in item.kwargs)
            return perform(Call(item.target, tuple(map(settled, item.args)), kwargs), optimizer)
        return item

    arguments = tuple((name, settled(item)) for name, item in written(plan).items())
    first = (optimizer,) if plan.scheduler.operation.takes_optimizer else ()  # type: ignore[attr-defined]
    return perform(Call(plan.scheduler.call.target, (), arguments), *first)


def written(plan: SchedulerPlan) -> dict[str, Any]:
    """The scheduler's arguments as the spec gives them, by name."""
    names = [argument.name for argument in plan.scheduler.operation.arguments]  # type: ignore[attr-defined]
    return dict(zip(names, plan.scheduler.call.args)) | dict(plan.scheduler.call.kwargs)


def formula(plan: SchedulerPlan, steps: int, epochs: int) -> Any:
    """The factor of the learning rate as a function of the step (or epoch) the scheduler counts."""
    counted = "epoch" if plan.unit == "epoch" else "step"
    code = compile(python_formula(plan.formula), "<formula>", "eval")
    scope = {**FORMULA_NAMES, "steps": steps, "epochs": epochs, "__builtins__": {}}
    return lambda count: eval(code, scope, {counted: count})  # noqa: S307 - the formula is printed from a checked tree


def make_ema(decay: float | None, model: nn.Module) -> Any:
    """A running mean of weights and buffers, or None."""
    if decay is None:
        return None
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)
