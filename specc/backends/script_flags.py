"""The flags of a script: the settings of the spec that can change without changing the code."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from specc.backends.python_text import literal, spelled
from specc.ops.training.settings import TRAIN_SETTINGS
from specc.program.model import Program, Setting

NUMBER = re.compile(r"[0-9][0-9_]*(?:\.[0-9_]+)?(?:[eE][+-]?[0-9]+)?")
SECTIONS = ("optimizer", "scheduler", "data", "train")
# settings that decide which code a script has, and those that every script has
FIXED = {"data.persistent_workers", "train.distributed", "train.device", "train.log_gradients", "train.log_every"}
WORDS = {"train.precision": ("bf16", "f16")}  # settings whose value is a word, and the words that are not the usual one
NOTES = {  # units and reasons
    "data.batch_size": "samples in a batch",
    "data.num_workers": "processes that read samples",
    "train.seed": "of the weights, the order and the noise",
    "train.steps": "updates",
    "train.accumulate": "batches in an update",
    "train.channels_last": "a memory format for faster convolutions",
    "train.precision": "or f32",
}


class Flag(NamedTuple):
    """One field of Config; `default` is its Python text, `setting` the path in the spec ("" for the script's own)."""

    name: str
    type: str
    default: str
    note: str = ""
    setting: str = ""


class Flags:
    """The fields of Config, in order, and what stands for a setting in the code."""

    def __init__(self, program: Program, parameters: tuple[tuple[str, Any], ...], own: tuple[Flag, ...]) -> None:
        taken = {flag.name for flag in own}
        settings = {setting.path: setting for setting in program.settings}
        optimizers, schedulers = ([plan.name for plan in plans] for plans in (program.optimizers, program.schedulers))
        sections = {*SECTIONS, *optimizers, *schedulers}
        chosen = [settings[name] for name, _ in parameters if name in settings]
        chosen += [setting for setting in program.settings if _is_flag(setting, sections)]
        shared = _shared_words(setting.path for setting in chosen)
        self.of_setting: dict[str, str] = {}
        self.lists = {item.path for item in chosen if "." in item.path and isinstance(item.value, list)}
        kinds = _kinds(program)
        fields = []
        for setting in chosen:
            name = field_name(setting.path, taken | shared)
            taken.add(name)
            self.of_setting[setting.path] = name
            fields.append(_flag(name, setting, kinds.get(setting.path)))
        self.fields = (*fields, *own)

    def value(self, path: str, value: Any) -> str:
        """`config.lr` where there is a flag, else the value itself."""
        if path not in self.of_setting:
            return literal(value)
        field = f"config.{self.of_setting[path]}"
        return f"list({field})" if path in self.lists else field  # a flag's default cannot be a list

    def has(self, path: str) -> bool:
        """Whether a setting is a flag."""
        return path in self.of_setting

    def where(self, path: str, lines: list[str]) -> list[str]:
        """The lines, under a condition if a flag switches them."""
        return [f"if {self.value(path, True)}:", *(f"    {line}" for line in lines)] if self.has(path) else lines

    @property
    def kinds(self) -> set[str]:
        """The types of the fields."""
        return {flag.type.partition("[")[0] for flag in self.fields}


def _shared_words(paths: Iterable[str]) -> set[str]:
    """Last words that stand in several optimizers' or schedulers' sections: none of those has them for itself."""
    words = [path.rpartition(".")[2] for path in paths if path.partition(".")[0] not in SECTIONS]
    return {word for word in words if words.count(word) > 1}


def _is_flag(setting: Setting, sections: set[str]) -> bool:
    section = setting.path.partition(".")[0]
    if section not in sections or "." not in setting.path or setting.path in FIXED:
        return False
    if setting.path in WORDS:
        return setting.value in WORDS[setting.path]
    kinds = (bool, int, float, tuple, list)  # words are choices of torch's, and a TrainingLength is known to the script
    return type(setting.value) in kinds


def field_name(path: str, taken: set[str]) -> str:
    """The last word of a path, with the section before it where that is taken; never a word of Python."""
    section, _, word = path.rpartition(".")
    name = word if word not in taken else f"{section}_{word}".replace(".", "_")
    while keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in taken:
        name += "_"
    return name


def _kinds(program: Program) -> dict[str, Any]:
    """What kinds of values the settings take that are no parameters of a model, by path."""
    parts = [(plan.name, plan.optimizer.operation) for plan in program.optimizers]
    parts += [(plan.name, plan.scheduler.operation) for plan in program.schedulers]
    found = {f"{name}.{item.name}": item.kind for name, operation in parts for item in operation.arguments}
    return found | {f"train.{item.name}": item.kind for item in TRAIN_SETTINGS}


def _flag(name: str, setting: Setting, taken: Any) -> Flag:
    value = tuple(setting.value) if isinstance(setting.value, list) else setting.value
    if type(value) is int and taken is not None and any(taken.accepts(value + part) for part in (-0.5, 0.5)):
        value = float(value)  # lr=1 may be 0.5 as well
    kind = "tuple[Any, ...]" if isinstance(value, tuple) else type(value).__name__
    return Flag(name, kind, _spelling(setting, value), NOTES.get(setting.path, ""), setting.path)


def _spelling(setting: Setting, value: Any) -> str:
    """The value as the spec spells it, where it stands there."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        for text in NUMBER.findall(setting.span.text):
            whole = text.replace("_", "").isdigit()
            if spelled(value, text) == text and whole == isinstance(value, int):
                return text
    return literal(value)
