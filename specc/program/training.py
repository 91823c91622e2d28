"""The train section: settings, and when to evaluate, log, save and stop."""

from __future__ import annotations

from typing import Any

from specc.diagnostics.model import Edit, Fix
from specc.ops.training.settings import ELSEWHERE, TRAIN_SETTINGS, WORDS
from specc.program import overrides
from specc.program.context import Frame
from specc.program.evaluate import evaluate
from specc.program.figures import figure, figures_of
from specc.program.model import Action, BufferMember, Cadence, Data, MetricPlan, StepPlan, StopRule, Train
from specc.program.placing import label_text
from specc.program.values import MISSING
from specc.syntax import tree
from specc.types.tensor import UNKNOWN, DType

OwnSteps = tuple[tuple[BufferMember, ...], tuple[StepPlan, ...], tuple[Action, ...]]
# words of settings as others spell them
SPELT = {"fp16": "f16", "float16": "f16", "half": "f16", "bfloat16": "bf16", "fp32": "f32", "float32": "f32",
         "DDP": "ddp", "FSDP": "fsdp"}  # fmt: skip
LOG_EVERY = 50  # steps between two log lines where the spec does not say


def elaborate_train(
    frame: Frame, node: tree.Train, data: Data | None, metrics: tuple[MetricPlan, ...], own: OwnSteps
) -> Train:
    """`own` holds the buffers, steps and actions of a training of one's own."""
    settings = _settings(frame, node)
    once: dict[Any, Any] = {}  # by kind; Save comes in two
    for item in node.items:
        if isinstance(item, (tree.Eval, tree.Log, tree.Stop)) or isinstance(item, tree.Save):
            kind = (type(item), item.best is None) if isinstance(item, tree.Save) else type(item)
            if kind in once:
                frame.report("duplicate-name", item.span, "this is said twice")
            once[kind] = item
    figures = figures_of(data, metrics)
    evaluate_, log, stop = once.get(tree.Eval), once.get(tree.Log), once.get(tree.Stop)
    best, every = once.get((tree.Save, False)), once.get((tree.Save, True))
    return Train(
        settings,
        tuple(item.name for item in node.items if isinstance(item, tree.Setting)),
        _cadence(frame, evaluate_.cadence) if evaluate_ else None,
        _split(frame, evaluate_, data) if evaluate_ else None,
        _log_cadence(frame, log, node),
        figure(frame, best.best, figures) if best else None,
        _cadence(frame, every.cadence) if every else None,
        _stop(frame, stop, figures) if stop else None,
        *own,
        node.span,
    )


def _settings(frame: Frame, node: tree.Train) -> dict[str, Any]:
    known = {argument.name: argument for argument in TRAIN_SETTINGS}
    values = {argument.name: argument.default for argument in TRAIN_SETTINGS}
    seen: set[str] = set()
    for item in node.items:
        if isinstance(item, tree.Setting):
            if item.name not in known:
                _unknown(frame, item, list(known))
                values["epochs"] = 1  # so that a misspelt length is told of once
                continue
            if item.name in seen:
                frame.report("duplicate-argument", item.span, f"{item.name} is set twice")
            seen.add(item.name)
            value = overrides.take(frame.compilation, f"train.{item.name}", _value(frame, item), item)
            values[item.name] = _checked(frame, known[item.name], value, item)
    for name in known.keys() - seen:
        override = frame.compilation.overrides.get(f"train.{name}")
        if override is not None:
            overrides.take(frame.compilation, f"train.{name}", None, override)
            values[name] = _checked(frame, known[name], override.value, override)
    _check_length(frame, values, node)
    return values


def _value(frame: Frame, item: tree.Setting) -> Any:
    """A setting's value; some take words: `precision = bf16`, `distributed = ddp`."""
    if isinstance(item.value, tree.Name) and item.value.id in WORDS.get(item.name, ()):
        return item.value.id
    if isinstance(item.value, tree.Name) and item.name in WORDS and frame.env.find(item.value.id) is MISSING:
        words = WORDS[item.name]
        meant = next((word for word in words if word == SPELT.get(item.value.id)), None)
        fix = None if meant is None else Fix(f"write {meant}", (Edit(item.value.span, meant),))
        helps = (f"it is one of {', '.join(words)}" + (f"; did you mean {meant}?" if meant else ""),)
        frame.report("argument-domain", item.value.span, f"{item.name} cannot be {item.value.id}", helps=helps, fix=fix)
        return UNKNOWN
    return evaluate(frame, item.value)


def _checked(frame: Frame, argument: Any, value: Any, item: Any) -> Any:
    value = value.name if isinstance(value, DType) else value
    wanted = argument.kind.problem(value)
    if wanted is None:
        return argument.default if value is UNKNOWN else value
    from specc.ops.binding import show

    frame.report("argument-domain", item.span, f"{argument.name} must be {wanted}, not {show(value)}")
    return argument.default


def _unknown(frame: Frame, item: tree.Setting, known: list[str]) -> None:
    from specc.diagnostics.suggest import nearest

    near = nearest(item.name, known)
    if item.name in ELSEWHERE:
        headline = f"train has no setting {item.name}"
        frame.report("unknown-setting", item.name_span, headline, helps=(ELSEWHERE[item.name],))
    elif near:
        frame.report(
            "unknown-setting",
            item.name_span,
            f"train has no setting {item.name}",
            helps=(f"did you mean {near[0]}?",),
            fix=Fix(f"write {near[0]}", (Edit(item.name_span, near[0]),)),
        )
    else:
        frame.report(
            "unknown-setting",
            item.name_span,
            f"train has no setting {item.name}",
            notes=("the settings are " + ", ".join(known),),
        )


def _check_length(frame: Frame, values: dict[str, Any], node: tree.Train) -> None:
    written = {item.name for item in node.items if isinstance(item, tree.Setting)}
    if {"epochs", "steps"} <= written:
        frame.report(
            "unused-setting", node.span, "train has epochs and steps: one of them decides", helps=("leave one out",)
        )
    if values["epochs"] is None and values["steps"] is None and not written & {"epochs", "steps"}:
        frame.report("missing-setting", node.span, "train needs epochs or steps", helps=("write epochs = 10",))


def _cadence(frame: Frame, node: tree.Cadence) -> Cadence | None:
    unit = "epoch" if node.unit.startswith("epoch") else "step"
    if node.count is None:
        return Cadence(1, unit)
    count = evaluate(frame, node.count)
    if type(count) is int and count >= 1:
        return Cadence(count, unit)
    if count is not UNKNOWN:
        frame.report("not-a-number", node.span, "every is followed by an integer of at least 1")
    return None


def _log_cadence(frame: Frame, node: tree.Log | None, train: tree.Train) -> Cadence | None:
    """How often the loss is logged; `train.log_every` overrides the number of steps."""
    found = _cadence(frame, node.cadence) if node is not None else Cadence(LOG_EVERY, "step")
    if found is None or found.unit != "step":
        return found
    count = overrides.take(frame.compilation, "train.log_every", found.count, node or train)
    if type(count) is int and count >= 1:
        return Cadence(count, "step")
    frame.report(
        "not-a-number",
        frame.compilation.overrides["train.log_every"].span,
        "train.log_every is an integer of at least 1",
    )
    return found


def _split(frame: Frame, node: tree.Eval, data: Data | None) -> str | None:
    if node.split is None or data is None:
        return None
    name = label_text(frame, node.split)
    known = [split.name for split in data.splits]
    if name is UNKNOWN or name in known:
        return None if name is UNKNOWN else name
    if known:
        frame.report(
            "unknown-split", node.split.span, f"there is no split {name}", helps=("the splits are " + ", ".join(known),)
        )
    return None


def _stop(frame: Frame, node: tree.Stop, figures: list[str]) -> StopRule | None:
    metric, patience = figure(frame, node.metric, figures), evaluate(frame, node.count)
    if type(patience) is int and patience >= 1:
        return None if metric is None else StopRule(metric, patience)
    if patience is not UNKNOWN:
        frame.report("not-a-number", node.count.span, "the number of evaluations is an integer of at least 1")
    return None
