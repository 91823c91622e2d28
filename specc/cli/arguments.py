"""Reading the command line. Small on purpose: importing argparse costs as much as checking a short spec."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from specc.diagnostics.sanitize import clean
from specc.diagnostics.suggest import did_you_mean


class UsageError(Exception):
    """The command line is wrong; the text says how, in one line."""


class Option(NamedTuple):
    """One option. `value` names what follows it (empty: nothing does), `many` collects every occurrence in a list."""

    name: str
    help: str
    value: str = ""
    short: str = ""
    choices: tuple[str, ...] = ()
    many: bool = False
    kind: Callable[[str], Any] = str

    @property
    def key(self) -> str:
        return self.name.removeprefix("--").replace("-", "_")


class Command(NamedTuple):
    """A verb: how its words are called, how many it takes (`most` None: any number), and its options.

    `examples` are command lines with what each does, `statuses` the exit statuses that not every verb has.
    """

    verb: str
    words: str
    summary: str
    least: int
    most: int | None
    options: tuple[Option, ...] = ()
    examples: tuple[tuple[str, str], ...] = ()
    statuses: tuple[tuple[int, str], ...] = ()


class Given:
    """What was given: `words` are those that belong to no option; `given["key"]` is the value of an option."""

    __slots__ = ("words", "values")

    def __init__(self, words: list[str], values: dict[str, Any]) -> None:
        self.words = words
        self.values = values

    def __getitem__(self, key: str) -> Any:
        return self.values[key]


COMMON = (
    Option("--color", "when to use colors", "WHEN", choices=("auto", "always", "never")),
    Option("--debug", "show where in specc an internal error happened"),
    Option("--help", "show this help", short="-h"),
)
STATUSES = ((0, "done"), (2, "the command line is wrong, or a file cannot be read or written"),
            (101, "a fault in specc itself"))
ERRORS = (1, "the spec has errors")
STDIN_NAME = Option("--stdin-filename", "what to call the spec on standard input", "NAME")
SET = Option("--set", "override a setting of the spec, e.g. train.epochs=1", "NAME=VALUE", many=True)


def parse(command: Command, given: list[str]) -> Given:
    """The words and options of a verb. Raises UsageError."""
    options = {name: option for option in (*command.options, *COMMON) for name in (option.name, option.short) if name}
    values: dict[str, Any] = {option.key: [] if option.many else None if option.value else False
                              for option in options.values()}
    words: list[str] = []
    waiting = list(reversed(given))
    while waiting:
        word = waiting.pop()
        if word == "--":
            words += reversed(waiting)
            break
        if word == "-" or not word.startswith("-"):
            words.append(word)
        else:
            _take(command, options, word, waiting, values)
    if not values["help"]:
        _count(command, words)
    return Given(words, values)


def _take(command: Command, options: dict[str, Option], word: str, waiting: list[str], values: dict[str, Any]) -> None:
    """One option, and its value from the words that are waiting."""
    name, equals, attached = word.partition("=")
    option = options.get(name)
    if option is None:
        hint = did_you_mean(name.lstrip("-"), [known.lstrip("-") for known in options if known.startswith("--")])
        hint = f": {hint.replace('mean ', 'mean --', 1)}" if hint else ""
        raise UsageError(f"{command.verb} has no option {clean(name)}{hint}")
    if not option.value:
        if equals:
            raise UsageError(f"{name} takes no value")
        values[option.key] = True
        return
    if not equals and (not waiting or waiting[-1].startswith("--")):
        raise UsageError(f"{name} needs a value: {name} {option.value}")
    value = _converted(option, attached if equals else waiting.pop())
    if option.many:
        values[option.key].append(value)
    else:
        values[option.key] = value


def _converted(option: Option, text: str) -> Any:
    if option.choices and text not in option.choices:
        hint = did_you_mean(text, option.choices) or f"choose from {', '.join(option.choices)}"
        raise UsageError(f"{option.name} cannot be {clean(text)}: {hint}")
    try:
        return option.kind(text)
    except ValueError:
        wanted = "a whole number" if option.kind is int else option.value
        raise UsageError(f"{option.name} wants {wanted}, not {clean(text)}") from None


def _count(command: Command, words: list[str]) -> None:
    if len(words) < command.least:
        raise UsageError(f"{command.verb} needs {command.words}: specc {command.verb} {command.words}")
    if command.most is not None and len(words) > command.most:
        raise UsageError(f"{command.verb} takes {command.words} only, not also {clean(words[command.most])}")


def settings(given: Given) -> dict[str, str]:
    """The overrides of `--set NAME=VALUE`; of one name given twice the last counts."""
    found = {}
    for text in given["set"]:
        name, equals, value = text.partition("=")
        if not (equals and name.strip()):
            raise UsageError(f"--set wants NAME=VALUE, not {clean(text)}")
        found[name.strip()] = value
    return found


def sizes(text: str) -> dict[str, int]:
    """The sizes of `--at H=224,W=224`."""
    pairs = [item.partition("=") for item in text.split(",") if item]
    if not all(name.strip() and number.isdecimal() and int(number) > 0 for name, _, number in pairs):
        raise UsageError("--at takes sizes such as H=224,W=224")
    return {name.strip(): int(number) for name, _, number in pairs}


def usage(command: Command) -> str:
    """The help page of a verb."""
    lines = [f"specc {command.verb} {command.words} [options]", "", command.summary, "", "options:"]
    lines += columns([(_spelled(option), _described(option)) for option in (*command.options, *COMMON)])
    lines += ["", "examples:", *columns(command.examples)] if command.examples else []
    statuses = sorted({**dict(STATUSES), **dict(command.statuses)}.items())
    lines += ["", "exit status:", *columns([(str(number), meaning) for number, meaning in statuses])]
    return "".join(f"{line}\n" for line in lines)


def columns(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Lines of two columns."""
    width = max(len(left) for left, _ in rows)
    return [f"  {left:{width}}  {right}" for left, right in rows]


def _spelled(option: Option) -> str:
    names = ", ".join(name for name in (option.short, option.name) if name)
    return f"{names} {option.value}".rstrip()


def _described(option: Option) -> str:
    return f"{option.help}: {', '.join(option.choices)}" if option.choices else option.help
