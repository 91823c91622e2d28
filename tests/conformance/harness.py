"""Compares every operation with torch itself: generated calls, legal and illegal, on tiny tensors on the CPU.

An author of operations may write `tests/conformance/cases_<family>.py` with

    CASES     name -> function(rng) giving (positional arguments, keyword arguments, inputs): calls that are mostly
              legal, where arguments drawn at random would hardly ever be. Inputs are a list, or a dict by name; for
              functions the tensors stand among the arguments and the inputs are empty. The harness makes them illegal
              by itself, one change at a time.
    STRICTER  "Name.argument rule-name" -> Stricter(reason, when): calls that torch takes and that are refused on
              purpose; the argument is empty where the finding is about the whole use: "Dropout. rank-mismatch"
    OPEN      "Name: regular expression of torch's message" -> Open(reason, when): calls torch refuses inconsistently

The names (and the whole key of STRICTER) may hold the wildcards of fnmatch; `when(call)` narrows an entry down; a bare
reason holds for every call.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Callable, NamedTuple

import tests.conformance as package
from specc.ops.base import Layer, Operation, Use
from specc.ops.binding import Written, bind, show
from specc.source import Source, Span
from specc.types.facts import Facts
from specc.types.tensor import TensorType, UnknownType
from tests.conformance import samplers
from tests.conformance.judge import Refused, ask_torch
from tests.conformance.tables import Call, Open, Stricter

Case = Callable[[Random], tuple[Any, Any, Any]]
SOURCE = Source("conformance", " " * 64)


class Answer(NamedTuple):
    """What specc says of a call: the type, or the findings that refuse it as "argument rule-name" and headline."""

    result: Any
    refusals: tuple[tuple[str, str], ...] = ()


class Outcome(NamedTuple):
    """How a call came out: "agree", "false accept", "false reject", "wrong shape", "wrong dtype", "excused"."""

    verdict: str
    call: Call
    ours: Any
    torchs: Any
    accepted: bool

    def __str__(self) -> str:
        ours = self.ours.refusals[0] if self.ours.refusals else _text(self.ours.result)
        torchs = f"refuses: {self.torchs.message}" if isinstance(self.torchs, Refused) else _text(self.torchs)
        return f"{self.verdict}: {self.call}\n    specc: {ours}\n    torch: {torchs}"


def _text(result: Any) -> str:
    return "(" + ", ".join(map(_text, result)) + ")" if type(result) is tuple else str(result)


def case_modules() -> list[Any]:
    """The case files of all families."""
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if info.name.startswith("cases_"))
    return [importlib.import_module(f"tests.conformance.{name}") for name in names]


def tables() -> tuple[dict[str, Case], dict[str, Stricter], dict[str, Open]]:
    """CASES, STRICTER and OPEN of all families together."""
    merged: tuple[dict[str, Any], ...] = ({}, {}, {})
    for module in case_modules():
        for table, name in zip(merged, ("CASES", "STRICTER", "OPEN")):
            table.update(getattr(module, name, {}))
    cases, stricter, undecided = merged
    return cases, _with_reasons(stricter, Stricter), _with_reasons(undecided, Open)


def _with_reasons(table: dict[str, Any], make: Any) -> dict[str, Any]:
    """A bare reason stands for an entry that holds for every call."""
    return {key: make(value) if isinstance(value, str) else value for key, value in table.items()}


CASES, STRICTER, OPEN = tables()


def infer(call: Call, facts: Facts | None = None) -> Answer:
    """What specc makes of a call."""
    spans: dict[int, str] = {}
    problems: list[Any] = []
    use = _use(call, facts or Facts(), problems, spans)
    if use is None:
        return Answer(None, _refusals(problems, spans))
    result = call.operation.infer(use)
    refusals = _refusals(problems, spans)
    if not refusals and isinstance(result, UnknownType):
        raise AssertionError(f"{call} gives the unknown type without a finding")
    return Answer(result, refusals)


def state(call: Call) -> tuple[Any, ...]:
    """The state-dict entries specc expects of a legal call of a layer: name, shape, dtype, whether it is a buffer."""
    use = _use(call, Facts(), [], {})
    assert use is not None and isinstance(call.operation, Layer)
    return tuple((entry.name, entry.shape, entry.dtype, entry.is_buffer) for entry in call.operation.state(use))


def _use(call: Call, facts: Facts, problems: list[Any], spans: dict[int, str]) -> Use | None:
    """The call with its arguments bound; None where they cannot be."""
    title = f"{call.operation.name}({', '.join(map(show, call.args))})"
    bound = _bound(title, call.operation.arguments, call.args, call.kwargs, problems, spans)
    if bound is None:
        return None
    values, given = dict(bound.values), dict(bound.given)
    if isinstance(call.operation, Layer):
        inputs = _bound(title, call.operation.inputs, call.inputs, call.named_inputs, problems, spans)
        if inputs is None:
            return None
        values, given = {**values, **inputs.values}, {**given, **inputs.given}
    return Use(call.operation, values, given, Span(SOURCE, 0, 0), title, facts, problems)


def _bound(title: str, arguments: Any, args: Any, kwargs: Any, problems: list[Any], spans: dict[int, str]) -> Any:
    """Bind, with a place of its own for every argument so that a finding tells which it means."""
    written = []
    for place, (name, value) in enumerate([*((None, value) for value in args), *kwargs.items()]):
        start = len(spans) + 1
        index = min(place, len(arguments) - 1)
        spans[start] = name or (arguments[index].name if arguments else "")
        written.append(Written(name, value, Span(SOURCE, start, start)))
    return bind(title, arguments, written, Span(SOURCE, 0, 0), problems)


def _refusals(problems: list[Any], spans: dict[int, str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"{spans.get(problem.span.start, '')} {problem.name}", problem.headline)
        for problem in problems
        if problem.severity == "error"
    )


def generate(rng: Random, operation: Operation) -> Call:
    """A random call: from the family's cases (sometimes with one change), else from the kinds of the arguments."""
    case = CASES.get(operation.name)
    if case is None or rng.random() < 0.1:
        call = _from_kinds(rng, operation)
    else:
        args, kwargs, inputs = case(rng)
        named = dict(inputs) if isinstance(inputs, dict) else {}
        call = Call(operation, tuple(args), dict(kwargs), () if named else tuple(inputs), named)
    while rng.random() < 0.3:
        call = _changed(rng, call)
    if _lacks_tensors(call) and rng.random() < 0.95:  # what numbers alone come to is not torch's affair
        return generate(rng, operation)
    return call


def _lacks_tensors(call: Call) -> bool:
    """Whether a function of tensors is given numbers only."""
    wanted = any("tensor" in argument.kind.words for argument in call.operation.arguments[:1])
    values = (*call.args, *call.kwargs.values())
    return wanted and not isinstance(call.operation, Layer) and not any(isinstance(v, TensorType) for v in values)


def _from_kinds(rng: Random, operation: Operation) -> Call:
    args, kwargs = samplers.arguments(rng, operation.arguments)
    if not isinstance(operation, Layer):
        return Call(operation, tuple(args), kwargs)
    inputs, named = samplers.arguments(rng, operation.inputs, 0.2)
    return Call(operation, tuple(args), kwargs, tuple(inputs), named)


def _changed(rng: Random, call: Call) -> Call:
    """The call with one argument or input drawn anew."""
    operation = call.operation
    inputs = operation.inputs if isinstance(operation, Layer) else ()
    groups = [
        ("args", operation.arguments),
        ("kwargs", operation.arguments),
        ("inputs", inputs),
        ("named_inputs", inputs),
    ]
    places = [(field, arguments, place) for field, arguments in groups for place in _places(getattr(call, field))]
    if not places:
        return call
    field, arguments, place = rng.choice(places)
    values = getattr(call, field)
    kinds_by_name = {argument.name: argument.kind for argument in arguments}
    name = place if isinstance(place, str) else arguments[min(place, len(arguments) - 1)].name
    changed = samplers.mutated(rng, values[place], kinds_by_name[name])
    if isinstance(place, str):
        return call._replace(**{field: {**values, place: changed}})
    return call._replace(**{field: (*values[:place], changed, *values[place + 1 :])})


def _places(values: Any) -> list[Any]:
    return list(values) if isinstance(values, dict) else list(range(len(values)))


def compare(call: Call) -> Outcome:
    """Ask both and compare."""
    ours = infer(call)
    if any(entry.unsafe for entry in _stricter_entries(call, ours)):
        return Outcome("excused", call, ours, Refused("not asked"), False)
    torchs = ask_torch(call)
    if isinstance(torchs, Refused):
        verdict = "agree" if ours.refusals else "excused" if _is_open(call, torchs) else "false accept"
        return Outcome(verdict, call, ours, torchs, False)
    if ours.refusals:
        verdict = "excused" if any(entry.gives(torchs) for entry in _stricter_entries(call, ours)) else "false reject"
        return Outcome(verdict, call, ours, torchs, False)
    return Outcome(_difference(ours.result, torchs), call, ours, torchs, True)


def _difference(ours: Any, torchs: Any) -> str:
    """How two results differ: "agree", "wrong shape", "wrong dtype"."""
    if isinstance(ours, TensorType) and isinstance(torchs, TensorType):
        if ours.shape != torchs.shape:
            return "wrong shape"
        return "agree" if ours.dtype == torchs.dtype else "wrong dtype"
    if isinstance(ours, (tuple, list)) and isinstance(torchs, (tuple, list)) and len(ours) == len(torchs):
        found = {_difference(a, b) for a, b in zip(ours, torchs)} - {"agree"}
        return min(found, default="agree")
    return "agree" if ours == torchs else "wrong shape"


def _stricter_entries(call: Call, ours: Answer) -> list[Stricter]:
    """The entries of STRICTER that speak of what specc refuses in a call."""
    names = {f"{call.operation.name}.{place}" for place, _ in ours.refusals}
    return [
        entry for key, entry in STRICTER.items() if any(fnmatchcase(name, key) for name in names) and entry.when(call)
    ]


def _is_open(call: Call, torchs: Refused) -> bool:
    for key, entry in OPEN.items():
        name, pattern = key.split(": ", 1)
        if fnmatchcase(call.operation.name, name) and re.search(pattern, torchs.message) and entry.when(call):
            return True
    return False
