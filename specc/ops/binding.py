"""Joining the arguments a spec writes to the arguments an operation has."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from specc.diagnostics.model import Diagnostic, Edit, Fix, finding
from specc.ops.base import REQUIRED, Argument, Given
from specc.source import Span
from specc.types.dims import Dim
from specc.types.tensor import UNKNOWN


class Written(NamedTuple):
    """An argument as it stands in the spec: evaluated, with its place; `name` is None where it is positional."""

    name: str | None
    value: Any
    span: Span


class Bound(NamedTuple):
    """Every argument's value, defaults filled in, and those that were given, in the order written."""

    values: dict[str, Any]
    given: dict[str, Given]


def bind(
    title: str, arguments: Sequence[Argument], written: Sequence[Written], span: Span, problems: list[Diagnostic]
) -> Bound | None:
    """Bind and check; None where something is wrong (the problems say what). `title` names the operation in
    messages.
    """
    found: list[Diagnostic] = []
    given: dict[str, Given] = {}
    positional = [argument for argument in arguments if not argument.keyword_only]
    for place, item in enumerate(written):
        argument = _argument_for(title, arguments, positional, place, item, written, found)
        if argument is None:
            continue
        if argument.name not in given:
            given[argument.name] = _given(argument, item)
        elif argument.variadic and (item.name is None or argument.keyword_only):
            first = written[min(len(positional) - 1, place)]
            given[argument.name] = _extended(title, given[argument.name], item, first, found)
        else:
            found.append(finding("duplicate-argument", item.span, f"{title} is given {argument.name} twice"))
    meant = {problem.fix.edits[0].text for problem in found if problem.name == "unknown-argument" and problem.fix}
    values: dict[str, Any] = {}
    missing: list[str] = []
    for argument in arguments:
        name = argument.name
        if name in given:
            values[name] = given[name].value
            _check_value(title, argument, given[name], found)
        elif argument.default is REQUIRED:
            missing += [] if name in meant else [name]
        else:
            values[name] = argument.default
    if missing:
        found.append(finding("missing-argument", span, f"{title} needs {' and '.join(missing)}"))
    if found:
        _report(found, problems)
        return None
    return Bound(values, given)


def _report(found: list[Diagnostic], problems: list[Diagnostic]) -> None:
    """Report what is wrong; what was wrong inside an argument that does not belong there is no problem of its own."""
    needless = [problem.span for problem in found if problem.name == "unknown-argument" and problem.fix is None]
    if needless:
        problems[:] = [problem for problem in problems if not any(_within(problem.span, span) for span in needless)]
    problems += found


def _within(inner: Span, outer: Span) -> bool:
    return inner.source is outer.source and outer.start <= inner.start and inner.end <= outer.end


def _given(argument: Argument, item: Written) -> Given:
    value = item.value
    if argument.variadic and argument.keyword_only:
        value = {item.name: value}
    elif argument.variadic and item.name is None and type(value) not in (tuple, list):
        value = (value,)
    return Given(argument.name, value, item.span, item.name is None)


def _extended(title: str, earlier: Given, item: Written, first: Written, problems: list[Diagnostic]) -> Given:
    """A variadic argument with one more value; `first` is the one it began with."""
    value = earlier.value
    if isinstance(value, dict):
        if item.name in value:
            problems.append(finding("duplicate-argument", item.span, f"{title} is given {item.name} twice"))
        return earlier._replace(value={**value, item.name: item.value})
    if type(first.value) in (tuple, list) or type(item.value) in (tuple, list):
        problems.append(finding("argument-type", item.span, f"{title} is given {earlier.name} as a tuple and apart"))
        return earlier
    return earlier._replace(value=(*value, item.value), span=earlier.span.to(item.span))


def _argument_for(
    title: str,
    arguments: Sequence[Argument],
    positional: Sequence[Argument],
    place: int,
    item: Written,
    written: Sequence[Written],
    problems: list[Diagnostic],
) -> Argument | None:
    """The argument that a written one stands for; reports and gives None if there is none."""
    if item.name is None:
        if place < len(positional):
            return positional[place]
        if positional and positional[-1].variadic:
            return positional[-1]
        if place == len(positional):
            problems.append(_too_many(title, positional, item, written))
        return None
    for argument in arguments:
        if argument.name == item.name:
            return argument
    if arguments and arguments[-1].variadic and arguments[-1].keyword_only:
        return arguments[-1]
    problems.append(_unknown(title, arguments, item))
    return None


def _too_many(title: str, positional: Sequence[Argument], item: Written, written: Sequence[Written]) -> Diagnostic:
    count = sum(1 for other in written if other.name is None)
    takes = (
        "no arguments"
        if not positional
        else f"at most {len(positional)} positional argument" + "s" * (len(positional) > 1)
    )
    names = ", ".join(argument.name for argument in positional)
    return finding(
        "too-many-arguments",
        item.span,
        f"{title} takes {takes}, {count} are given",
        notes=(f"its arguments are {names}",) if names else (),
    )


def _unknown(title: str, arguments: Sequence[Argument], item: Written) -> Diagnostic:
    from specc.diagnostics.suggest import nearest

    names = [argument.name for argument in arguments]
    near = nearest(item.name or "", names)
    headline = f"{title} has no argument {item.name}"
    if not near:
        return finding(
            "unknown-argument",
            item.span,
            headline,
            notes=(f"its arguments are {', '.join(names)}" if names else "it takes no arguments",),
        )
    name_span = Span(item.span.source, item.span.start, item.span.start + len(item.name or ""))
    fix = Fix(f"write {near[0]}", (Edit(name_span, near[0]),))
    return finding("unknown-argument", name_span, headline, helps=(f"did you mean {' or '.join(near)}?",), fix=fix)


def _check_value(title: str, argument: Argument, given: Given, problems: list[Diagnostic]) -> None:
    value, span = given.value, given.span
    wanted = argument.kind.problem(value)
    if wanted is None:
        return
    if _has_symbol(value):
        problems.append(
            finding(
                "symbolic-size",
                span,
                f"{argument.name} of {title} is {show(value)}, torch needs a number here",
                helps=("give the model's input a fixed size there, or pool to a fixed size first",),
            )
        )
    else:
        rule = "argument-domain" if _same_sort(argument, value) else "argument-type"
        problems.append(finding(rule, span, f"{argument.name} of {title} must be {wanted}, not {show(value)}"))


def _same_sort(argument: Argument, value: Any) -> bool:
    """Whether the value is of the right sort and only out of range, as far as words can tell."""
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    return (
        numeric
        and not argument.kind.words.startswith("a tuple")
        and ("integer" in argument.kind.words or "number" in argument.kind.words)
        or (isinstance(value, str) and "one of" in argument.kind.words)
    )


def _has_symbol(value: Any) -> bool:
    return isinstance(value, Dim) or type(value) in (tuple, list) and any(map(_has_symbol, value))


def show(value: Any) -> str:
    """A value as a spec would write it."""
    if value is True or value is False or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple) and type(value) is tuple:
        return "(" + ", ".join(map(show, value)) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, list):
        return "[" + ", ".join(map(show, value)) + "]"
    return "an unknown value" if value is UNKNOWN else str(value)
