"""Learning rates and their schedules against the length of the training."""

from __future__ import annotations

from typing import Any, Iterator, NamedTuple

from specc.diagnostics.model import Diagnostic, finding
from specc.program.model import OptimizerPlan, Program, SchedulerPlan

SMALL = 1000  # parameters: a model below it may well learn with ten times the usual rate
GONE = 1e-6  # the share of a rate with which nothing more is learned
DECAYING = 0.9  # a StepLR with a larger gamma may be meant to decay at every step


class Length(NamedTuple):
    """How long the training lasts; None where that is not known. An epoch has `batches`, which make `steps` updates."""

    batches: int | None
    steps: int | None
    epochs: int | None
    total: int | None

    def of(self, unit: str) -> int | None:
        return self.epochs if unit == "epoch" else self.total


def length_of(program: Program) -> Length:
    """The length of the training, as far as the data sets are known."""
    splits = program.data.splits if program.data is not None else ()
    train = next((split for split in splits if split.name == "train"), None)
    settings = program.train.settings if program.train is not None else {}
    batches = None
    if train is not None and train.count is not None:
        size = train.loader["batch_size"]
        batches = train.count // size if train.loader["drop_last"] else -(-train.count // size)
    steps = None if not batches else -(-batches // settings.get("accumulate", 1))
    epochs, total = settings.get("epochs"), settings.get("steps")
    if epochs is None and total is not None and steps:
        epochs = -(-total // steps)
    elif epochs is not None and steps:
        total = epochs * steps
    return Length(batches, steps, epochs, total)


def check(program: Program, parameters: int) -> Iterator[Diagnostic]:
    length = length_of(program)
    optimizers = {plan.name: plan for plan in program.optimizers}
    for plan in program.schedulers:
        yield from _of_scheduler(plan, length, optimizers.get(plan.optimizer))
        yield from _plateau(plan, length, program)
    for optimizer in program.optimizers:
        yield from _rates(optimizer, program, parameters)


def _of_scheduler(plan: SchedulerPlan, length: Length, optimizer: OptimizerPlan | None) -> Iterator[Diagnostic]:
    name, values, end = plan.scheduler.operation.name, plan.scheduler.values, length.of(plan.unit)
    points = _points(name, values)
    if plan.unit == "step" and _means_epochs(points, values, length):
        yield finding(
            "per-epoch-scheduler-per-step",
            plan.scheduler.at("milestones", "step_size", "T_max"),
            f"{name} per step is over after {points[-1]} steps of the first epoch",
            helps=("write per epoch",),
        )
        return
    yield from _unsorted(plan)
    yield from _vanishing(plan, length)
    if name == "CosineAnnealingLR":
        yield from _cosine(plan, points, end)
    elif name in ("StepLR", "MultiStepLR"):
        late = [point for point in points if end is not None and point >= end]
        if late:
            yield finding(
                "milestone-after-end",
                plan.scheduler.at("milestones", "step_size"),
                f"{name} lowers the rate at {plan.unit} {late[0]}, the training has {end}",
                helps=(f"write {plan.unit}s below {end}",),
            )
    elif name in ("LinearLR", "ConstantLR"):
        yield from _warmup(plan, end)
    elif name == "OneCycleLR":
        yield from _one_cycle(plan, length, optimizer)
    if values.get("gamma") == 1 and name in ("StepLR", "MultiStepLR", "ExponentialLR"):
        yield finding(
            "unused-setting",
            plan.scheduler.at("gamma"),
            f"{name} with gamma 1 never changes the rate",
            severity="warning",
            helps=("leave the scheduler out, or write a gamma below 1",),
        )


def _unsorted(plan: SchedulerPlan) -> Iterator[Diagnostic]:
    """Milestones are given in order, torch's manual says."""
    found = plan.scheduler.values.get("milestones") or ()
    if all(type(point) is int for point in found) and list(found) != sorted(found):
        yield finding(
            "milestone-after-end",
            plan.scheduler.at("milestones", "step_size"),
            f"the milestones of {plan.scheduler.operation.name} are not in order",
            helps=(f"write {sorted(found)}",),
        )


def _vanishing(plan: SchedulerPlan, length: Length) -> Iterator[Diagnostic]:
    """A decay meant for every epoch that comes at every step: nothing is left of the rate within the first epoch."""
    gamma = plan.scheduler.values.get("gamma")
    if plan.scheduler.operation.name != "ExponentialLR" or plan.unit != "step" or not isinstance(gamma, float):
        return
    if length.steps is not None and (length.epochs or 0) > 1 and 0 < gamma < 1 and gamma**length.steps < GONE:
        yield finding(
            "per-epoch-scheduler-per-step",
            plan.scheduler.at("gamma"),
            f"ExponentialLR multiplies the rate by {gamma:g} at each of {length.steps} steps: "
            f"{gamma**length.steps:.0e} of it are left after the first epoch",
            helps=("write per epoch",),
        )


def _points(name: str, values: dict[str, Any]) -> list[int]:
    """The steps or epochs at which something happens, in order."""
    key = {"CosineAnnealingLR": "T_max", "StepLR": "step_size", "MultiStepLR": "milestones"}.get(name)
    found = values.get(key) if key else ()
    return sorted(point for point in (found if isinstance(found, (list, tuple)) else (found,)) if type(point) is int)


def _means_epochs(points: list[int], values: dict[str, Any], length: Length) -> bool:
    """Whether numbers given in steps are plainly epochs: within the epochs, and over in the first of them."""
    if not points or length.epochs is None or length.epochs < 2 or values.get("gamma", 0) > DECAYING:
        return False
    return points[-1] <= length.epochs and (length.steps is None or points[-1] < length.steps)


def _cosine(plan: SchedulerPlan, points: list[int], end: int | None) -> Iterator[Diagnostic]:
    if not points or end is None:
        return
    t_max = points[0]
    if t_max < end - 1:
        yield finding(
            "tmax-below-epochs",
            plan.scheduler.at("T_max"),
            f"the rate is down after {t_max} {plan.unit}s and climbs again until {plan.unit} {end}",
            helps=("write T_max=_ for the length of the training",),
        )
    elif t_max > end + 1:
        yield finding(
            "tmax-below-epochs",
            plan.scheduler.at("T_max"),
            f"the rate would be down after {t_max} {plan.unit}s, the training has {end}",
            severity="warning" if t_max >= 10 * end else "info",
            helps=("write T_max=_ for the length of the training",),
        )


def _warmup(plan: SchedulerPlan, end: int | None) -> Iterator[Diagnostic]:
    values = plan.scheduler.values
    last, start = values["total_iters"], values.get("start_factor", values.get("factor"))
    if end is not None and type(last) is int and last >= end and start < values.get("end_factor", 1):
        yield finding(
            "warmup-exceeds-training",
            plan.scheduler.at("total_iters"),
            f"the warm-up lasts {last} {plan.unit}s, the training {end}",
            helps=("write a smaller total_iters",),
        )


def _one_cycle(plan: SchedulerPlan, length: Length, optimizer: OptimizerPlan | None) -> Iterator[Diagnostic]:
    values = plan.scheduler.values
    steps = values["total_steps"]
    if steps is None and type(values["epochs"]) is type(values["steps_per_epoch"]) is int:
        steps = values["epochs"] * values["steps_per_epoch"]
    if type(steps) is int and length.total is not None and not length.total <= steps <= 1.01 * length.total:
        what = "torch refuses the next one" if steps < length.total else "the rate never comes down"
        yield finding(
            "onecycle-step-count",
            plan.scheduler.at("total_steps", "epochs", "steps_per_epoch"),
            f"OneCycleLR is made for {steps} steps, the training has {length.total}: {what}",
            severity=None if steps < length.total else "warning",
            helps=("write total_steps=_",),
        )
    operation = optimizer.optimizer.operation if optimizer is not None else None
    if operation is not None and values["cycle_momentum"] and not operation.momentum:  # type: ignore[attr-defined]
        yield finding(
            "onecycle-needs-momentum",
            plan.scheduler.at("cycle_momentum"),
            f"OneCycleLR varies a momentum, {operation.name} has none",
            helps=("write cycle_momentum=false",),
        )


def _plateau(plan: SchedulerPlan, length: Length, program: Program) -> Iterator[Diagnostic]:
    if plan.metric is None or "mode" not in plan.scheduler.values:
        return
    figure = plan.metric.rpartition(".")[2]
    metric = next((item.metric.operation for item in program.metrics if item.name == figure), None)
    if metric is None and figure != "loss":
        return
    wanted = "max" if metric is not None and metric.higher_is_better else "min"  # type: ignore[attr-defined]
    if plan.scheduler.values["mode"] != wanted:
        better = "larger" if wanted == "max" else "smaller"
        yield finding(
            "plateau-needs-metric",
            plan.scheduler.at("mode"),
            f"a {better} {figure} is better, this watches for the opposite",
            helps=(f'write mode="{wanted}"',),
        )
    patience = plan.scheduler.values["patience"]
    if (
        length.epochs is not None
        and patience >= length.epochs
        and program.train is not None
        and program.train.evaluate is None
    ):
        yield finding(
            "milestone-after-end",
            plan.scheduler.at("patience"),
            f"patience lets {patience} evaluations pass, the training has {length.epochs}",
            helps=("write a smaller patience",),
        )


def _rates(plan: OptimizerPlan, program: Program, parameters: int) -> Iterator[Diagnostic]:
    """Rates outside the band the optimizer is used with; a formula may scale the optimizer's own by anything."""
    name = plan.optimizer.operation.name
    schedules = [item for item in program.schedulers if item.optimizer == plan.name]
    if any(item.scheduler.operation.name in ("LambdaLR", "MultiplicativeLR") for item in schedules):
        return
    low, high = plan.optimizer.operation.learning_rates  # type: ignore[attr-defined]
    high = high * 10 if parameters < SMALL else high  # none are counted where a model is not understood
    given = [(plan.optimizer.values.get("lr"), plan.optimizer.at("lr"))]
    given += [(group.settings["lr"], group.span) for group in plan.groups if "lr" in group.settings]
    given += [(item.scheduler.values.get("max_lr"), item.scheduler.at("max_lr")) for item in schedules]
    for rate, place in given:
        if isinstance(rate, (int, float)) and rate >= 0 and not low <= rate <= high:
            yield finding(
                "learning-rate-range",
                place,
                f"a learning rate of {rate:g} is far {'above' if rate > high else 'below'} what {name} is used with",
                helps=(f"usual are {low:g} to {high:g}",),
            )
