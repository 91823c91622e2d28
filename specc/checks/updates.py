"""Settings of an optimizer and its schedule that torch takes and that no training survives."""

from __future__ import annotations

from math import inf
from typing import Any, Iterator

from specc.checks.schedule import Length
from specc.diagnostics.model import Diagnostic, finding
from specc.program.model import OptimizerPlan, Program, SchedulerPlan

SHRINKING = 0.05  # the share of the weights that decay takes in one step from which nothing else is learned
GROWING = ("StepLR", "MultiStepLR", "ExponentialLR")


def check(program: Program, length: Length) -> Iterator[Diagnostic]:
    optimizers = {plan.name: plan for plan in program.optimizers}
    for plan in program.optimizers:
        yield from _momentum(plan)
        yield from _betas(plan)
        yield from _decay(plan)
    for schedule in program.schedulers:
        yield from _growth(schedule, optimizers.get(schedule.optimizer), length)


def _momentum(plan: OptimizerPlan) -> Iterator[Diagnostic]:
    momentum = plan.optimizer.values.get("momentum")
    if isinstance(momentum, (int, float)) and momentum >= 1:
        yield finding(
            "betas-range",
            plan.optimizer.at("momentum"),
            f"momentum={momentum:g} of {_name(plan)} keeps all of the last update and more: the steps only grow",
            helps=("write momentum=0.9",),
        )


def _betas(plan: OptimizerPlan) -> Iterator[Diagnostic]:
    """The mean of squares is taken over more steps than the mean; exchanged, a step can be any size."""
    betas: Any = plan.optimizer.values.get("betas") or ()
    if len(betas) == 2 and all(isinstance(beta, (int, float)) for beta in betas) and betas[0] > betas[1]:
        yield finding(
            "betas-range",
            plan.optimizer.at("betas"),
            f"the betas of {_name(plan)} are ({betas[0]:g}, {betas[1]:g}): the first is usually the smaller",
            severity="warning",
            helps=(f"write betas=({betas[1]:g}, {betas[0]:g})",),
        )


def _decay(plan: OptimizerPlan) -> Iterator[Diagnostic]:
    """What weight decay takes from the weights in one step."""
    settings = [(plan.optimizer.values, plan.optimizer.at("weight_decay"))]
    settings += [({**plan.optimizer.values, **group.settings}, group.span) for group in plan.groups]
    for values, span in settings:
        rate, decay = values.get("lr"), values.get("weight_decay")
        if isinstance(rate, (int, float)) and isinstance(decay, (int, float)) and rate * decay >= SHRINKING:
            yield finding(
                "weight-decay-range",
                span,
                f"a weight_decay of {decay:g} at a rate of {rate:g} takes {100 * rate * decay:g} % of the weights "
                "in each step",
                helps=("usual are 1e-5 to 0.1",),
            )


def _growth(plan: SchedulerPlan, optimizer: OptimizerPlan | None, length: Length) -> Iterator[Diagnostic]:
    """A gamma above 1 makes the rate grow, as far as it gets within the training."""
    name, gamma = plan.scheduler.operation.name, plan.scheduler.values.get("gamma")
    rate = optimizer.optimizer.values.get("lr") if optimizer is not None else None
    if name not in GROWING or not isinstance(gamma, (int, float)) or not isinstance(rate, (int, float)) or gamma <= 1:
        return
    times = _times(name, plan.scheduler.values, length.of(plan.unit))
    last = _multiplied(rate, gamma, times)
    if optimizer is not None and last > optimizer.optimizer.operation.learning_rates[1]:  # type: ignore[attr-defined]
        yield finding(
            "learning-rate-range",
            plan.scheduler.at("gamma"),
            f"{name} multiplies the rate by {gamma:g} {times} times: it grows from {rate:g} to {last:.2g}",
            helps=("write a gamma below 1",),
        )


def _multiplied(rate: float, gamma: float, times: int) -> float:
    try:
        return float(rate * float(gamma) ** times)
    except OverflowError:
        return inf


def _times(name: str, values: dict[str, Any], end: int | None) -> int:
    """How often the rate is multiplied within the training."""
    if end is None:
        return 0
    if name == "StepLR":
        return (end - 1) // values["step_size"] if type(values["step_size"]) is int else 0
    if name == "MultiStepLR":
        return sum(type(point) is int and point < end for point in values["milestones"])
    return end - 1


def _name(plan: OptimizerPlan) -> str:
    return plan.optimizer.operation.name
