"""The standalone script: one file of plain PyTorch that trains what the spec describes."""

from __future__ import annotations

import os.path
from hashlib import sha256
from shlex import quote
from typing import Any, NamedTuple

from specc.backends.python_text import comment, identifier, literal, targets
from specc.backends.script_data import DataText, loading_options
from specc.backends.script_flags import NOTES, Flag, Flags
from specc.backends.script_imports import import_lines, needed, own_imports
from specc.backends.script_limits import limits
from specc.backends.script_model import RESERVED, ModelSection, model_section
from specc.backends.script_notebook import notebook
from specc.backends.script_objective import Objective
from specc.backends.script_optimization import formula_text, groups_text
from specc.backends.script_own import OwnTrainingText, groups_name, settable
from specc.backends.script_training import TrainingText, command_line, switches
from specc.backends.script_transforms import TransformText
from specc.backends.wrap import wrapped
from specc.compiler import Unit, uncollected
from specc.diagnostics.error import SpecError
from specc.program.model import Program
from specc.version import __version__

SEED_STRIDE = "1_000_003"
MAIN = "Command line"
SHORT = 66  # characters of an expression that may stand in a list of others


class Section(NamedTuple):
    """A part of a script: what it is about, and its text."""

    title: str
    text: str


def emit(unit: Unit, section: str = "all", form: str = "script") -> str:
    """The script of a compiled spec without errors: the whole training job, or the model where it is only that.

    `section` may be "model", `form` may be "notebook". Raises SpecError where something would have to be left out.
    """
    with uncollected():
        return _emitted(unit, section, form)


def _emitted(unit: Unit, section: str, form: str) -> str:
    program = unit.program
    assert program is not None
    model = model_section(program, dict(unit.settings))
    whole = section == "all" and _is_job(program)
    refused = limits(program, whole)
    if refused:
        raise SpecError(refused)
    parts = _job(unit, program, model) if whole else [Section("Model", wrapped(model.text))]
    options = [] if section == "all" else ["--section", section]
    if form == "notebook":
        start = [Section("Train", "train(Config())\n")] if whole else []
        parts = [part for part in parts if part.title != MAIN] + start
        body = "".join(part.text for part in parts)
        return notebook(
            _head(unit, program, body, whole, [*options, "--format", form], ".ipynb"), _imports(program, body), parts
        )
    body = "\n\n".join(part.text for part in parts)
    return f'"""{_head(unit, program, body, whole, options, ".py")}"""\n\n{_imports(program, body)}\n\n\n{body}'


def _is_job(program: Program) -> bool:
    """Whether there is a training to write: a sample that is only declared can be checked, not trained on."""
    known = program.data is not None and program.data.splits
    learns = program.losses or program.train and program.train.steps
    return bool(program.models and known and learns and program.optimizers and program.train)


def _imports(program: Program, body: str) -> str:
    """The imports that the text needs."""
    return wrapped("\n".join(import_lines(body, own_imports(program)))).rstrip("\n")


def _head(unit: Unit, program: Program, body: str, whole: bool, options: list[str], ending: str) -> str:
    """What the script is, where it comes from, how it is used and what it needs."""
    stem = _stem(unit)
    remake = (_remake(unit, options, stem + ending), "make this file again")
    return render(
        "head",
        {
            "summary": _summary(program, whole),
            "version": __version__,
            "file": comment(os.path.basename(unit.source.name)),
            "digest": sha256(unit.source.text.encode("utf-8", "surrogatepass")).hexdigest(),
            "commands": [*(_commands(program, stem) if whole and ending == ".py" else []), remake],
            "needs": needed(body, own_imports(program)),
        },
    )


def _remake(unit: Unit, options: list[str], target: str) -> str:
    """The command that writes the same file."""
    settings = [word for name, value in unit.settings for word in ("--set", f"{name}={value}")]
    words = ["specc", "emit", os.path.basename(unit.source.name), *settings, *options, "-o", target]
    return comment(" ".join(map(quote, words)))


def _stem(unit: Unit) -> str:
    stem = os.path.splitext(os.path.basename(unit.source.name))[0]
    return "".join(ch if ch.isascii() and (ch.isalnum() or ch in "-_") else "_" for ch in stem).strip("-_") or "spec"


def _summary(program: Program, whole: bool) -> str:
    models = " and ".join(model.name for model in program.models)
    if not whole or program.data is None:
        return f"{models} in PyTorch."
    sources = list(dict.fromkeys(named.operation.name for split in program.data.splits for named in split.sources))
    return f"Train {models} on {' or '.join(sources)}."


def _commands(program: Program, stem: str) -> list[tuple[str, str]]:
    distributed = program.train is not None and program.train.settings["distributed"] is not None
    length = "steps" if program.train and program.train.settings["steps"] is not None else "epochs"
    return [
        (f"python {stem}.py", "train"),
        (f"python {stem}.py --{length} 100 --seed 1", "change settings; --help names them"),
        *([(f"torchrun --nproc-per-node=2 {stem}.py", "train with several processes")] if distributed else []),
        (f"python {stem}.py --resume runs/{stem}/last.pt", "go on after an interruption"),
    ]


# ---------------------------------------------------------------- a whole job


def _job(unit: Unit, program: Program, section: ModelSection) -> list[Section]:
    assert program.data is not None and program.train is not None
    data = DataText(program.data)
    if program.train.steps:
        return _own_job(unit, program, section, data)
    constructor = section.constructors[program.models[0].name]
    flags = Flags(program, constructor.parameters, _own_flags(unit, program, data))
    objective = Objective(program, RESERVED | {constructor.name})
    given = ", ".join(f"{identifier(name)}={flags.value(name, value)}" for name, value in constructor.parameters)
    made = f"{constructor.name}({given})"
    training = TrainingText(program, flags, objective, made, data.reading)
    shape = {"reading": data.reading, "data_type": "Any" if data.reading else "list[Tensor]"}
    groups, judged = program.optimizers[0], training.schedule.judge_split
    parts = [
        Section("Settings", render("config", {"flags": flags.fields})),
        Section("Model", section.text),
        Section("Loss", "\n\n".join(objective.classes)),
        Section("Where a run is", render("place", {"stop": program.train.stop, "judging": judged})),
        Section("Processes", render("ranks", {}) if training.distributed else ""),
        Section("Data", _data(program, data, objective, flags, judged)),
        Section("Evaluation", render("evaluate", training.evaluate() | shape) if judged else ""),
        Section("Checkpoints and log", render("checkpoint", {"distributed": training.distributed})),
        Section("Parameter groups", groups_text(groups) if groups.groups else ""),
        Section("Learning rate", _formula(program)),
        Section("Training", render("train", _training(program, training, data))),
        Section(MAIN, render("main", command_line(program, flags))),
    ]
    return _laid_out(parts)


def _own_job(unit: Unit, program: Program, section: ModelSection, data: DataText) -> list[Section]:
    """The script of a training with steps of its own."""
    flags = Flags(program, settable(unit, section.constructors), _own_flags(unit, program, data))
    training = OwnTrainingText(program, section, flags, data.reading)
    groups = [groups_text(plan, groups_name(plan, program)) for plan in program.optimizers if plan.groups]
    parts = [
        Section("Settings", render("config", {"flags": flags.fields})),
        Section("Models", section.text),
        Section("Loss", "\n\n".join(training.classes)),
        Section("Where a run is", render("place", {"stop": None, "judging": False})),
        Section("Data", _data(program, data, training, flags)),
        Section("Checkpoints and log", render("checkpoint", {"distributed": training.distributed})),
        Section("Parameter groups", "\n\n".join(groups)),
        Section("Training", render("train", _training(program, training, data))),
        Section(MAIN, render("main", command_line(program, flags))),
    ]
    return _laid_out(parts)


def _training(program: Program, training: TrainingText | OwnTrainingText, data: DataText) -> dict[str, Any]:
    """What the template of train is filled with."""
    assert program.train is not None
    schedule = training.schedule
    return training.train() | {
        "switches": switches(program.train.settings, training.flags),
        "splits": literal(tuple(dict.fromkeys(("train", schedule.judge_split or "train")))),
        "train_data": schedule.data,
        "nested": schedule.nested,
        "distributed": training.distributed,
        "downloads": any("download=True" in line for line in data.body),
        "reading": data.reading,
        "reads_root": data.reads_root,
    }


def _laid_out(parts: list[Section]) -> list[Section]:
    return [part._replace(text=wrapped(part.text.strip("\n"))) for part in parts if part.text]


def _formula(program: Program) -> str:
    return "".join(formula_text(plan) for plan in program.schedulers if plan.formula is not None)


def _own_flags(unit: Unit, program: Program, data: DataText) -> tuple[Flag, ...]:
    """Flags that every script has."""
    train = program.train
    assert train is not None
    device = train.settings["device"]
    known = {setting.path for setting in program.settings}
    own = []
    if "data.batch_size" not in known:
        assert program.data is not None, "a script trains on something"
        size = literal(program.data.splits[0].loader["batch_size"])
        own.append(Flag("batch_size", "int", size, NOTES["data.batch_size"]))
    if "train.seed" not in known or train.settings["seed"] is None:
        own.append(Flag("seed", "int", "0", NOTES["train.seed"]))
    if train.log is None or train.log.unit == "step":
        own.append(
            Flag(
                "log_every",
                "int",
                literal(train.log.count if train.log else 50),
                "steps between two lines of metrics.jsonl",
            )
        )
    if data.reads_root:
        own.append(Flag("data_root", "str", literal(data.root)))
    return (
        *own,
        Flag("device", "str", literal(device) if device else '"cuda" if torch.cuda.is_available() else "cpu"'),
        Flag("out", "str", f'"runs/{_stem(unit)}"', "the folder of log and weights"),
        Flag("resume", "str", '""', "a checkpoint to go on from"),
    )


def _data(
    program: Program, data: DataText, objective: Objective | OwnTrainingText, flags: Flags, judged: str | None = None
) -> str:
    splits = {split.name: split for split in data.splits}
    train = splits["train"]
    transform = TransformText(train, splits[judged or "train"], objective.parts[0], data.reading)
    moved = _memory_format(program, objective, flags)
    lines, result = (transform.lines, "") if data.reading else _ended([*transform.lines, *moved], objective.parts[0])
    return render(
        "data",
        {
            "helpers": data.helpers | transform.helpers,
            "load_body": "\n".join(data.body),
            "reads_root": data.reads_root,
            "portion": data.portion,
            "stride": SEED_STRIDE,
            "shuffle": bool(train.loader["shuffle"]) or flags.has("data.shuffle"),
            "drop_last": bool(train.loader["drop_last"]) or flags.has("data.drop_last"),
            "shuffled": " and config.shuffle" if flags.has("data.shuffle") else "",
            "dropped": " and config.drop_last" if flags.has("data.drop_last") else "",
            "draws": transform.draws,
            "unpack": objective.unpack,
            "transform_lines": lines,
            "last_lines": moved,
            "result_parts": ", ".join([result, *objective.parts[1:]]),
            "reading": data.reading,
            "data_type": "Any" if data.reading else "list[Tensor]",
            "seeds": transform.seeds,
            "prepare": transform.prepare(),
            "workers": flags.value("data.num_workers", train.loader["num_workers"]),
            "loading": loading_options(train.loader, flags),
            "load_doc": data.doc,
            "distributed": program.train is not None and program.train.settings["distributed"] is not None,
        }
        | _named(objective.parts),
    )


def _named(parts: list[str]) -> dict[str, Any]:
    """A sample's parts as the data section names them."""
    return {
        "variable": parts[0],
        "batch": ", ".join(parts),
        "taken": targets(["picture", *parts[1:]]),
        "given": targets([f"{parts[0]}[0]", *parts[1:]]),
        "pair": len(parts) == 2,
        "alone": len(parts) == 1,
    }


def _ended(lines: list[str], variable: str) -> tuple[list[str], str]:
    """The lines that make a variable without the last, and what that one makes: it may stand where it is needed."""
    given = f"{variable} = "
    if lines and lines[-1].startswith(given) and len(lines[-1]) <= SHORT:
        return lines[:-1], lines[-1].removeprefix(given)
    return lines, variable


def _memory_format(program: Program, objective: Objective | OwnTrainingText, flags: Flags) -> list[str]:
    """What moves the channels of a batch of pictures behind their places."""
    first = objective.parts[0]
    if program.train is None or not program.train.settings["channels_last"] or first not in objective.fed:
        return []
    moved = f"{first} = {first}.contiguous(memory_format=torch.channels_last)"
    return flags.where("train.channels_last", [moved])


# ---------------------------------------------------------------- templates


def render(name: str, values: dict[str, Any]) -> str:
    """A template of templates/script/ filled in."""
    return _environment().get_template(f"{name}.py.jinja").render(values)


def _environment() -> Any:
    global _made
    if _made is None:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        from specc.resources import resource

        _made = Environment(
            loader=FileSystemLoader(resource("templates", "script")),
            block_start_string="#%",
            block_end_string="%#",
            comment_start_string="#{#",
            comment_end_string="#}#",
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=StrictUndefined,
        )
    return _made


_made: Any = None
