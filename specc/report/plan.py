"""What a run of a spec will do, without doing it: data, length, updates, evaluations, device, seeds, files."""

from __future__ import annotations

from math import prod
from pathlib import PurePath
from typing import Any, Iterator, NamedTuple

from specc.backends.batch_forms import cut, is_random
from specc.checks.schedule import Length, length_of
from specc.diagnostics.sanitize import clean
from specc.ops.base import Use
from specc.ops.samples import split_counts
from specc.program.model import Cadence, Data, Model, Named, Program, SchedulerPlan, Split, Train
from specc.report.facts import call_text, every, scheduler_text, transform_text, written
from specc.report.summary import own_parameters
from specc.runtime.options import RunError
from specc.runtime.refusals import refuse_unsupported
from specc.types.facts import Facts
from specc.types.tensor import shown

Row = tuple[str, str]


class Section(NamedTuple):
    """A part of the plan: rows of a name and what is said of it. A name is "" where the row goes on."""

    title: str
    rows: tuple[Row, ...]


def plan_of(program: Program, name: str) -> list[Section]:
    """The plan of a checked program; `name` is its file. What a run refuses comes first."""
    makers = {
        "data": lambda: _data(program),
        "models": lambda: [row for model in program.models for row in _model(model, program.data)],
        "training": lambda: _training(program),
        "evaluation": lambda: _evaluation(program),
        "device": lambda: _device(program.train) if program.train else (),
        "seeds": lambda: _seeds(program.train) if program.train else (),
        "files": lambda: _files(program, name) if program.train else (),
    }
    sections = [Section("refused", tuple(_refused(program)))]
    sections += [Section(title, tuple(make())) for title, make in makers.items()]
    return [section for section in sections if section.rows]


def text(sections: list[Section], name: str) -> str:
    """The plan as lines."""
    lines = [clean(name)]
    width = max((len(clean(label)) for section in sections for label, _ in section.rows), default=0)
    for section in sections:
        rows = ((clean(label), clean(said)) for label, said in section.rows)
        lines += ["", section.title, *(f"  {label:{width}}  {said}".rstrip() for label, said in rows)]
    return "".join(f"{line}\n" for line in lines)


def _refused(program: Program) -> Iterator[Row]:
    try:
        refuse_unsupported(program)
    except RunError as error:
        yield "run", str(error)


# ---------------------------------------------------------------- data


def _data(program: Program) -> Iterator[Row]:
    data = program.data
    if data is None:
        return
    for split in data.splits:
        for place, source in enumerate(split.sources):
            count = samples_of(split, source)
            size = f"{count:,} samples" if count is not None else "as many samples as are found"
            turn = "if what stands before is not there; --strict-data makes that an error" if place else ""
            said = ", ".join(part for part in (f"{place + 1}. {call_text(source)}", size, turn) if part)
            yield (split.name if place == 0 else ""), said
        yield from (("", line) for line in _reading(split))
    parts = ", ".join(
        f"{part.name} {shown(part.type)}{_use(part.input, part.name == data.target)}" for part in data.parts
    )
    yield "sample", parts


def _use(given: str | None, is_target: bool) -> str:
    return f" -> input {given}" if given else " (target)" if is_target else ""


def samples_of(split: Split, source: Named) -> int | None:
    """How many samples a split takes of one of its sources, None where only the files tell."""
    operation: Any = source.operation
    use = Use(operation, source.values, {}, source.span, operation.name, Facts(), [])
    count = operation.sample(use).count
    if count is None or split.portion is None:
        return count
    return split_counts(count, split.portion.fractions)[split.portion.index]


def _reading(split: Split) -> Iterator[str]:
    if split.portion is not None:
        portion = split.portion
        how = f"chosen with seed {portion.seed}" if portion.shuffle else "one part after the other"
        yield f"part {portion.index + 1} of {list(portion.fractions)}, {how}"
    if split.transforms:
        yield transform_text(split)
    first, tail = cut(split.transforms)
    workers = split.loader.get("num_workers") or 0
    if workers:
        yield f"read sample by sample by {workers} worker{'s' * (workers > 1)}"
    elif is_random(first):
        yield "read sample by sample: not everything random has a form for whole batches"
    else:
        whole = ", whole batches are transformed" if tail else ""
        yield f"held in memory if that takes less than 2 GiB{whole}; else read sample by sample"
    order = "a new order every epoch" if split.loader.get("shuffle") else "in the order of the set"
    last = (
        ", the last one left out if it is not full" if split.loader.get("drop_last") and split.name == "train" else ""
    )
    yield f"batches of {split.loader.get('batch_size') or 1}, {order}{last}"


def _model(model: Model, data: Data | None) -> Iterator[Row]:
    own = own_parameters(model)
    numbers = sum(prod(entry.shape) for entry in own)
    frozen = numbers - sum(prod(entry.shape) for entry in own if entry.trainable)
    yield model.name, f"{numbers:,} parameters" + (f", {frozen:,} of them frozen" if frozen else "")
    rules = dict.fromkeys(written(rule.site.span) for rule in model.rules if hasattr(rule.site, "span"))
    yield "", "torch's own initialisation" + (f", then {len(rules)} rules of init in order" if rules else "")


# ---------------------------------------------------------------- training


def _training(program: Program) -> Iterator[Row]:
    train = program.train
    if train is None:
        return
    yield from (("loss" if place == 0 else "", written(term.span, "loss")) for place, term in enumerate(program.losses))
    for step in train.steps:
        rhythm = f", every {step.every} updates" if step.every > 1 else ""
        yield f"step {step.name}", f"with {step.optimizer}{rhythm}"
    for plan in program.optimizers:
        groups = f", {len(plan.groups)} groups" if plan.groups else ""
        yield plan.name, f"{call_text(plan.optimizer)} over {', '.join(plan.models)}{groups}"
    yield from _lengths(program, train.settings)
    yield from _update(train.settings)
    for scheduler in program.schedulers:
        yield scheduler.name, _scheduler(scheduler, program)
    yield "log", f"every {every(train.log or Cadence(50, 'step'))}: loss, learning rate"


def lengths(program: Program) -> list[tuple[str, Length]]:
    """How long the training is with each source whose number of samples is known, by the source's name."""
    found = []
    split = _split(program, "train")
    for source in split.sources if split is not None else ():
        count = samples_of(split, source) if split is not None else None
        if split is not None and program.data is not None and count is not None:
            data = program.data._replace(splits=(split._replace(count=count),))
            found.append((source.operation.name, length_of(program._replace(data=data))))  # type: ignore[attr-defined]
    return found


def _lengths(program: Program, settings: dict[str, Any]) -> Iterator[Row]:
    steps, epochs = settings["steps"], settings["epochs"] or 1
    yield "length", counted(steps, "update") if steps else counted(epochs, "epoch")
    for name, length in lengths(program):
        if length.batches and length.steps and length.total and length.epochs:
            of = f"{counted(length.steps, 'update')}, " if length.steps != length.batches else ""
            in_all = f"{counted(length.total, 'update')} in {counted(length.epochs, 'epoch')}"
            yield "", f"with {name}: {length.batches:,} batches an epoch, {of}{in_all}"


def counted(number: int, word: str) -> str:
    """`1 epoch`, `1,407 updates`."""
    return f"{number:,} {word}{'s' * (number != 1)}"


def _update(settings: dict[str, Any]) -> Iterator[Row]:
    if settings["accumulate"] > 1:
        yield "update", f"of {settings['accumulate']} batches, each loss divided by their number"
    if settings["clip_grad_norm"] is not None:
        yield "clip", f"all gradients together to norm {settings['clip_grad_norm']:g}"
    if settings["clip_grad_value"] is not None:
        yield "clip", f"each gradient to {settings['clip_grad_value']:g}"
    if settings["ema"] is not None:
        yield "ema", f"running mean of weights and buffers with decay {settings['ema']:g}; it is evaluated and saved"


def _scheduler(plan: SchedulerPlan, program: Program) -> str:
    """When it steps, and how often in all."""
    text = scheduler_text(plan)
    if plan.metric:
        return f"{text}, after every evaluation at the end of an epoch"
    counts = dict.fromkeys(length.of(plan.unit) for _, length in lengths(program))
    times = " or ".join(f"{count:,}" for count in counts if count)
    return f"{text}, after every {'update' if plan.unit == 'step' else 'epoch'}" + (f": {times} times" if times else "")


def _evaluation(program: Program) -> Iterator[Row]:
    train = program.train
    if train is None or train.steps:
        return
    judge = train.evaluate_on or next((name for name in ("val", "test") if _split(program, name)), None)
    if judge is None:
        yield "none", "there is neither val nor test: the last weights are what a run gives"
        return
    when = f"every {every(train.evaluate)}" if train.evaluate else "after every epoch"
    figures = ", ".join(("loss", *(call_text(plan.metric) for plan in program.metrics)))
    yield judge, f"{when}, and at the end: {figures}"
    best = (
        train.save_best.partition(".")[2] if train.save_best else program.metrics[0].name if program.metrics else "loss"
    )
    metric = next((plan.metric.operation for plan in program.metrics if plan.name == best), None)
    higher = bool(metric is not None and metric.higher_is_better)  # type: ignore[attr-defined]
    yield "best", f"the weights with the {'highest' if higher else 'lowest'} {best} are kept"
    if train.stop is not None:
        yield "stop", f"when {train.stop.metric} is no better for {train.stop.patience} evaluations"


# ---------------------------------------------------------------- where and how


def _device(train: Train) -> Iterator[Row]:
    settings = train.settings
    best = "cuda if there is one, else mps, else cpu"
    yield "device", f"{settings['device'] or best} (--device says otherwise)"
    half = {
        "f32": "f32 throughout",
        "bf16": "bf16 under autocast, weights and updates in f32",
        "f16": "f16 under autocast with scaled losses, weights and updates in f32",
    }
    yield "precision", half[settings["precision"]] + (", matrix products may round to TF32" if settings["tf32"] else "")
    names = {
        "channels_last": "images with their channels last",
        "compile": "torch.compile",
        "deterministic": "only algorithms that give the same bits every time",
    }
    chosen = [words for name, words in names.items() if settings[name]]
    if chosen:
        yield "also", ", ".join(chosen)


def _seeds(train: Train) -> Iterator[Row]:
    seed = train.settings["seed"]
    shown_seed = "the seed" if seed is None else str(seed)
    yield "seed", "drawn when the run begins, and recorded" if seed is None else f"{seed}"
    yield "weights", f"torch.manual_seed({shown_seed}) before the model is built; dropout goes on from there"
    yield "batches", f"a generator of their own for each epoch, seeded 1,000,003 * {shown_seed} + epoch"


def _files(program: Program, name: str) -> Iterator[Row]:
    train = program.train
    assert train is not None
    stem = PurePath(name).stem or "spec"
    yield "folder", f"runs/{stem}-<time>/ (--out says otherwise)"
    yield PurePath(name).name or "spec", "the spec as it was run"
    yield "settings.json", "settings, seed, data taken, device, versions"
    yield "metrics.jsonl", "one object a line"
    often = f"every {every(train.save_every)}, " if train.save_every else ""
    yield "last.pt", f"{often}after every epoch and when the run is stopped: all that --resume needs"
    if not train.steps and any(_split(program, split) for split in (train.evaluate_on or "val", "val", "test")):
        yield "best.safetensors", "the best weights"
    yield "report.html", "curves, the net, evaluations, data, settings"
    for action in train.actions:
        pattern = "".join(f"<{part}>" if part in ("epoch", "step") else part for part in action.path)
        yield pattern, f"every {every(action.cadence)}"


def _split(program: Program, name: str) -> Split | None:
    splits = program.data.splits if program.data is not None else ()
    return next((split for split in splits if split.name == name), None)
