"""The same model with other arguments: what tells a number that stays from one that follows a parameter."""

from __future__ import annotations

from typing import Any, Iterator, Sequence

from specc.backends.definitions.values import is_constant
from specc.program.model import Model

COUNT = 2  # variants of each parameter


def together(model: Model, names: Sequence[str]) -> list[Model]:
    """The model compiled with other values of all parameters at once, and with another of each alone; none where the
    spec does not take them all.
    """
    given = _changed(model)
    wanted = [{name: _other(model, name, place + turn) for place, name in enumerate(names)} for turn in range(COUNT)]
    wanted += [{name: _other(model, name, place)} for place, name in enumerate(names)]
    found = []
    for values in wanted:
        other = with_values(model, given | values)
        if other is None:
            return []
        found.append(other)
    return found


def one_by_one(model: Model, names: Sequence[str]) -> dict[str, list[Model]]:
    """For each parameter the model compiled with other values of it alone, where the spec takes any."""
    given = _changed(model)
    found = {name: _variants(model, name, given) for name in names}
    return {name: models for name, models in found.items() if models}


def _variants(model: Model, name: str, given: dict[str, Any]) -> list[Model]:
    value = model.graph.arguments[name]
    found: list[Model] = []
    for other in _others(value):
        made = with_values(model, {**given, name: other})
        if made is not None:
            found.append(made)
        if len(found) == COUNT:
            break
    return found


def _other(model: Model, name: str, place: int) -> Any:
    """One of the other values of a parameter; the value itself where there are none. Parameters take different ones,
    lest two that grow alike look like one.
    """
    value = model.graph.arguments[name]
    others = list(_others(value)) or [value]
    return others[place % len(others)]


def _others(value: Any) -> Iterator[Any]:
    """Other values of a parameter: first those that most specs take, and small ones, which compile fast."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from ([value // 2] if value > 2 and value % 2 == 0 else []) + [2 * value, value + 1, 3 * value]
    elif isinstance(value, float):
        yield from (value / 2 + 0.125, value / 4 + 0.25)
    elif type(value) in (list, tuple) and value and all(type(item) is int for item in value):
        yield type(value)(1 + place % 2 for place in range(len(value)))
        yield type(value)(1 + (place + 1) % 3 for place in range(len(value)))
        yield type(value)(item + 1 for item in value)
        yield type(value)(2 * item for item in value)


def with_values(model: Model, given: dict[str, Any]) -> Model | None:
    """The model with other arguments; None where that is no valid spec."""
    from specc.compiler import compile_spec

    unit = compile_spec(model.span.source, {name: _written(value) for name, value in given.items()})
    if unit.program is None or unit.has_errors:
        return None
    return next((other for other in unit.program.models if other.name == model.name), None)


def _changed(model: Model) -> dict[str, Any]:
    """The arguments that are not those of the spec: those that were overridden."""
    plain = with_values(model, {})
    arguments = model.graph.arguments
    if plain is None:
        return {name: value for name, value in arguments.items() if isinstance(value, (int, float, str, list, tuple))}
    return {
        name: value for name, value in arguments.items() if is_constant(value) and plain.graph.arguments[name] != value
    }


def _written(value: Any) -> str:
    """A value as a spec writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if type(value) in (list, tuple):
        inner = ", ".join(map(_written, value))
        return f"[{inner}]" if type(value) is list else f"({inner}{',' if len(value) == 1 else ''})"
    return repr(value)
