"""What a spec says about its training: a name and a text for each thing. Two spellings of one thing are one text."""

from __future__ import annotations

import re
from typing import Any, Mapping

from specc.ops.base import REQUIRED, Operation
from specc.ops.training.loader import DataLoader as Loader
from specc.program.model import (
    Cadence,
    Call,
    Data,
    LayerMember,
    MetricPlan,
    Named,
    OptimizerPlan,
    Program,
    SchedulerPlan,
    Split,
    Train,
    TrainingLength,
)
from specc.report.operation import literal
from specc.source import Span
from specc.types.tensor import DType, shown

Facts = dict[str, str]
STRING_OR_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|#.*')


def training_facts(program: Program) -> Facts:
    """Data, loss, optimizer, schedule, metrics, train settings and init rules, in that order."""
    facts: Facts = {}
    if program.data is not None:
        facts |= data_facts(program.data)
    facts |= {_named("loss", term.name): written(term.span, "loss") for term in program.losses}
    for optimizer in program.optimizers:
        facts |= _optimizer_facts(optimizer)
    for scheduler in program.schedulers:
        facts[scheduler.name] = scheduler_text(scheduler)
    if program.metrics:
        facts["metrics"] = ", ".join(_metric_text(plan) for plan in program.metrics)
    if program.train is not None:
        facts |= train_facts(program.train)
    for model in program.models:
        rules = [written(rule.site.span) for rule in model.rules if hasattr(rule.site, "span")]
        facts |= {f"init.{model.name}": "; ".join(dict.fromkeys(rules))} if rules else {}
    return facts


def data_facts(data: Data) -> Facts:
    """For each split its sources, transforms and loader settings; the sample."""
    facts = {f"data.{split.name}": source_text(split) for split in data.splits}
    facts |= {f"data.{split.name}.transform": transform_text(split) for split in data.splits if split.transforms}
    facts |= _loader_facts(data) if data.splits else {}
    facts |= {f"data.sample.{part.name}": shown(part.type) for part in data.parts}
    return facts


def _loader_facts(data: Data) -> Facts:
    """How samples are loaded: the settings of the first split, and those in which another differs.

    Only the first split, the training's, is ever shuffled or loses its last batch.
    """
    usual = {argument.name: argument.default for argument in Loader.arguments}
    first = data.splits[0]
    facts = {f"data.{name}": literal(value) for name, value in first.loader.items() if value != usual.get(name)}
    for split in data.splits[1:]:
        for name, value in split.loader.items():
            if name not in ("shuffle", "drop_last") and value != first.loader.get(name):
                facts[f"data.{split.name}.{name}"] = literal(value)
    return facts


def source_text(split: Split) -> str:
    """`MNIST("data", train=true) or Digits(train=true)`, and which part of it."""
    sources = " or ".join(call_text(source) for source in split.sources)
    if split.portion is None:
        return sources
    portion = split.portion
    order = f"shuffled with seed {portion.seed}" if portion.shuffle else "in order"
    return f"part {portion.index + 1} of {list(portion.fractions)} of {sources}, {order}"


def transform_text(split: Split) -> str:
    return " -> ".join(call_text(transform) for transform in split.transforms)


def scheduler_text(plan: SchedulerPlan) -> str:
    """`OneCycleLR(max_lr=0.003, total_steps=_) per step`."""
    call = written(plan.formula.span) if plan.formula is not None else call_text(plan.scheduler)
    text = f"LambdaLR({call})" if plan.formula is not None else call
    return f"{text} on {plan.metric}" if plan.metric else f"{text} per {plan.unit}"


def train_facts(train: Train) -> Facts:
    """The settings that differ from their defaults, and what happens how often."""
    from specc.ops.training.settings import TRAIN_SETTINGS

    usual = {argument.name: argument.default for argument in TRAIN_SETTINGS}
    facts = {
        f"train.{name}": value if isinstance(value, str) else literal(value)
        for name, value in train.settings.items()
        if value != usual.get(name)
    }
    if train.evaluate is not None or train.evaluate_on is not None:
        facts["train.eval"] = f"every {every(train.evaluate)} on {train.evaluate_on}"
    facts |= {"train.log": f"every {every(train.log)}"} if train.log else {}
    facts |= {"train.save": f"every {every(train.save_every)}"} if train.save_every else {}
    facts |= {"train.save_best": train.save_best} if train.save_best else {}
    facts |= {"train.stop": f"{train.stop.metric} stalls for {train.stop.patience}"} if train.stop else {}
    facts |= {f"train.buffer.{buffer.path}": written(buffer.site.span) for buffer in train.buffers}
    facts |= {f"train.step.{step.name}": written(step.span) for step in train.steps}
    return facts | {f"train.action.{place}": written(action.span) for place, action in enumerate(train.actions)}


def _metric_text(plan: MetricPlan) -> str:
    text = call_text(plan.metric)
    return text if plan.name == plan.metric.operation.name else f"{plan.name} = {text}"  # type: ignore[attr-defined]


def every(cadence: Cadence | None) -> str:
    """`200 steps`, `epoch`."""
    if cadence is None:
        return "epoch"
    return cadence.unit if cadence.count == 1 else f"{cadence.count} {cadence.unit}s"


def _optimizer_facts(plan: OptimizerPlan) -> Facts:
    facts = {plan.name: call_text(plan.optimizer)}
    for place, group in enumerate(plan.groups):
        settings = ", ".join(f"{name}={literal(value)}" for name, value in group.settings.items())
        facts[f"{plan.name}.group {place + 1}"] = (
            f"{written(group.condition.span)} ({len(group.keys)} keys): {settings}"
        )
    return facts


def call_text(named: Named) -> str:
    """`AdamW(lr=0.003)`."""
    return _call_text(named.operation, named.values)


def constructor_text(member: LayerMember) -> str:
    """`Conv2d(3, 64, 7, stride=2)`: how a layer is made."""
    return _call_text(member.operation, member.use.values)


def _call_text(operation: Operation, values: Mapping[str, Any]) -> str:
    """A call with everything that is not a default, arguments in torch's order: two spellings give one text."""
    parts: list[str] = []
    bare = True  # until the first argument that is left out or has a default
    for argument in operation.arguments:
        value = values.get(argument.name, argument.default)
        bare = bare and argument.default is REQUIRED and not argument.keyword_only
        if type(value) is not type(argument.default) or value != argument.default:
            parts.append(value_text(value) if bare else f"{argument.name}={value_text(value)}")
    return f"{operation.name}({', '.join(parts)})" if parts else operation.name


def value_text(value: Any) -> str:
    """A value as the spec writes it; `_` for what only the run knows."""
    if isinstance(value, TrainingLength):
        return "_"
    if isinstance(value, Named):
        return call_text(value)
    if isinstance(value, Call):
        inner = [*map(value_text, value.args), *(f"{name}={value_text(item)}" for name, item in value.kwargs)]
        return f"{value.target.rpartition('.')[2]}({', '.join(inner)})"
    if type(value) is list:
        return f"[{', '.join(map(value_text, value))}]"
    return str(value) if isinstance(value, DType) else literal(value)


def written(span: Span, keyword: str = "") -> str:
    """What the spec says somewhere, on one line and without comments."""
    text = span.source.text[span.start : span.end].removeprefix(keyword)
    return " ".join(STRING_OR_COMMENT.sub(lambda found: "" if found[0].startswith("#") else found[0], text).split())


def _named(section: str, name: str | None) -> str:
    return f"{section}.{name}" if name else section
