"""The train section, the metrics and the optimizer's settings against one another."""

from __future__ import annotations

from typing import Any, Iterator

from specc.checks import names
from specc.checks.flow import Flow
from specc.checks.places import train_items
from specc.checks.schedule import Length, length_of
from specc.diagnostics.model import Diagnostic, finding
from specc.program.model import Cadence, MetricPlan, Program
from specc.syntax import tree
from specc.types.tensor import TensorType


def check(program: Program, losses: list[Flow], module: Any) -> Iterator[Diagnostic]:
    length = length_of(program)
    yield from _accumulation(program, length, module)
    yield from _cadences(program, length, module)
    yield from _metrics(program, losses)
    yield from _decay(program)
    if program.train is not None and program.train.settings["seed"] is None:
        yield finding(
            "seed-unset", program.train.span, "without a seed no two runs are alike", helps=("write seed = 0",)
        )


def _accumulation(program: Program, length: Length, module: Any) -> Iterator[Diagnostic]:
    accumulate = program.train.settings["accumulate"] if program.train is not None else 1
    if length.batches is None or length.batches % accumulate == 0 or program.train is None:
        return
    item = next((item for item in train_items(module) if getattr(item, "name", None) == "accumulate"), program.train)
    yield finding(
        "accumulation-remainder",
        item.span,
        f"an epoch has {length.batches} batches, {accumulate} make a step: "
        f"{length.batches % accumulate} are left for the last step",
        helps=("write drop_last=true and a batch_size that fits",),
    )


def _cadences(program: Program, length: Length, module: Any) -> Iterator[Diagnostic]:
    """`log every 2000 steps` in a training of 600."""
    if program.train is None:
        return
    written = {tree.Eval: program.train.evaluate, tree.Log: program.train.log, tree.Save: program.train.save_every}
    for item in train_items(module):
        cadence = written.get(type(item))
        if cadence is not None and not (isinstance(item, tree.Save) and item.best is not None):
            yield from _cadence(item, cadence, length)


def _cadence(item: Any, cadence: Cadence, length: Length) -> Iterator[Diagnostic]:
    total = length.epochs if cadence.unit == "epoch" else length.total
    what = type(item).__name__.lower()
    units = f"{cadence.unit}s"
    if total is not None and cadence.count > total:
        yield finding(
            "cadence-too-long",
            item.span,
            f"{what} every {cadence.count} {units} never comes: the training has {total}",
            helps=(f"write {what} every {max(1, (length.steps or total) // 10)} {units}",),
        )
    elif (
        cadence.unit == "step"
        and length.steps is not None
        and cadence.count > length.steps
        and isinstance(item, tree.Log)
    ):
        yield finding(
            "cadence-too-long",
            item.span,
            f"log every {cadence.count} steps comes less than once an epoch, which has {length.steps} steps",
            severity="info",
            helps=(f"write log every {max(1, length.steps // 10)} steps",),
        )


# ---------------------------------------------------------------- metrics


def _metrics(program: Program, losses: list[Flow]) -> Iterator[Diagnostic]:
    kinds = {
        node.name
        for flow in losses
        for node in flow.nodes()
        if node.name.endswith("Loss") or node.name in names.TRAINED
    }
    parts = {part.name: part.type for part in program.data.parts} if program.data is not None else {}
    for plan in program.metrics:
        target = parts.get(plan.inputs[-1]) if plan.inputs else None
        task = getattr(plan.metric.operation, "task", "any")
        yield from _all_of_them(plan, target)
        if not isinstance(target, TensorType) or not kinds:
            continue
        if task == "classification" and kinds <= names.REGRESSION and target.is_float and _one_number(target):
            yield finding(
                "metric-task-mismatch",
                plan.span,
                f"{plan.name} compares classes, the target is {target}",
                helps=("write mae, or r2",),
            )
        elif task == "regression" and kinds <= names.CLASSES and target.dtype in ("i64", "u8"):
            yield finding(
                "metric-task-mismatch",
                plan.span,
                f"{plan.name} compares numbers, the target is a class: {target}",
                helps=("write accuracy",),
            )


def _all_of_them(plan: MetricPlan, target: Any) -> Iterator[Diagnostic]:
    """`topk(5)` of three classes."""
    classes = target.range.high if isinstance(target, TensorType) and target.range is not None else None
    k = plan.metric.values.get("k")
    if type(classes) is int and type(k) is int and k >= classes:
        yield finding(
            "metric-task-mismatch",
            plan.span,
            f"{plan.name} of {classes} classes is always 1",
            helps=("write accuracy",),
        )


def _one_number(target: TensorType) -> bool:
    """Whether a sample's target is one number; several may be the scores of classes."""
    return target.rank == 1 or target.rank == 2 and target.shape[1] == 1


# ---------------------------------------------------------------- weight decay


def _decay(program: Program) -> Iterator[Diagnostic]:
    small = any(len(entry.shape) == 1 and not entry.is_buffer for model in program.models for entry in model.state)
    for plan in program.optimizers:
        decay = dict(plan.optimizer.call.kwargs).get("weight_decay", 0)
        if not isinstance(decay, (int, float)) or decay <= 0:
            continue
        name = plan.optimizer.operation.name
        if name == "Adam" and not plan.optimizer.values.get("decoupled_weight_decay"):
            yield finding(
                "adam-l2",
                plan.optimizer.at("weight_decay"),
                "the weight_decay of Adam is scaled by its rates, that of AdamW is not",
                helps=("write AdamW",),
            )
        if small and not plan.groups:
            yield finding(
                "decay-on-norm-bias",
                plan.optimizer.at("weight_decay"),
                f"{name} decays biases and normalisations as well",
                helps=("write { group ndim < 2 { weight_decay = 0.0 } } after it",),
            )
