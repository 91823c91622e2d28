"""`--set name=value`: top-level lets, model parameters and section settings, checked like the spec itself."""

from __future__ import annotations

from typing import Any, Mapping

from specc.program.context import Compilation, Frame
from specc.program.model import Setting
from specc.program.operations import Arg
from specc.source import Source, Span
from specc.types.tensor import UNKNOWN


class Override:
    """One setting of the command line; `used` once something took it."""

    __slots__ = ("name", "value", "span", "used")

    def __init__(self, name: str, value: Any, span: Span) -> None:
        self.name, self.value, self.span, self.used = name, value, span, False


def read(compilation: Compilation, settings: Mapping[str, str]) -> None:
    """Parse and evaluate the values of the overrides."""
    from specc.program.evaluate import evaluate
    from specc.syntax.parser import parse_expression

    for name, text in settings.items():
        source = Source(f"--set {name}", text)
        node, problems = parse_expression(source, 0, len(text))
        compilation.problems.extend(problems)
        if problems or node is None:
            compilation.overrides[name] = Override(name, UNKNOWN, Span(source, 0, len(text)))
            continue
        value = evaluate(Frame(compilation, None, compilation.top), node)
        compilation.overrides[name] = Override(name, value, node.span)


def take(compilation: Compilation, path: str, value: Any, node: Any) -> Any:
    """The value of a setting: what the command line says, else what the spec says. Notes that the setting exists."""
    override = compilation.overrides.get(path)
    if override is not None:
        override.used = True
        value = override.value
    compilation.settings[path] = Setting(path, value, node.span)
    return value


def arguments(compilation: Compilation, definition: Any) -> list[Arg]:
    """The overrides of a model's parameters, as arguments."""
    found = []
    for parameter in definition.parameters:
        override = compilation.overrides.get(parameter.name)
        if override is not None:
            override.used = True
            found.append(Arg(parameter.name, override.value, override.span))
    return found


def offer(compilation: Compilation, definition: Any, env: Any) -> None:
    """Note a model's parameters as settings."""
    for parameter in definition.parameters:
        value = env.names[parameter.name]
        compilation.settings.setdefault(parameter.name, Setting(parameter.name, value, parameter.span))


def report_unused(compilation: Compilation) -> None:
    """An override that names nothing is an error: nothing is ever ignored."""
    from specc.diagnostics.suggest import nearest

    for override in compilation.overrides.values():
        if not override.used:
            near = nearest(override.name, list(compilation.settings))
            known = ", ".join(compilation.settings) or "none"
            helps = (f"did you mean {' or '.join(near)}?",) if near else (f"the settings are {known}",)
            compilation.report("unknown-setting", override.span, f"there is no setting {override.name}", helps=helps)
