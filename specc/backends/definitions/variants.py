"""The same model with other arguments: what tells a number that stays from one that follows a parameter."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any, Iterator, Sequence

from specc.backends.definitions.values import is_constant
from specc.program.model import Model
from specc.source import Source

if TYPE_CHECKING:
    from specc.compiler import Unit

COUNT = 2  # variants of each parameter

Values = dict[str, Any]


class Variants:
    """The models of a spec with other arguments; each set of arguments is compiled once."""

    def __init__(self) -> None:
        self.units: dict[tuple[Source, tuple[tuple[str, str], ...]], Unit] = {}

    def together(self, model: Model, names: Sequence[str]) -> list[Model]:
        """The model with other values of all parameters at once, and of these with another of each alone; none where
        the spec does not take them. They are small ones if it takes those, which compile fast.
        """
        for turn in (0, 1):  # parameters take different ones in the second, lest they are too small together
            row = {name: _other(model.graph.arguments[name], turn * place) for place, name in enumerate(names)}
            base = self.model(model, self.given(model) | row)
            if base is not None:
                return self._around(model, base, names)
        return []

    def _around(self, model: Model, base: Model, names: Sequence[str]) -> list[Model]:
        """A variant, with it those that have another value of one parameter each, and the one that has all these."""
        given = self.given(model) | {name: base.graph.arguments[name] for name in names}
        found, changed = [base], dict(given)
        for place, name in enumerate(names):
            used = (model.graph.arguments[name], given[name])
            others = [value for value in _others(given[name]) if value not in used]
            turned = deque(others)
            turned.rotate(-place)  # two parameters that grow alike would look like one
            other = next(filter(None, (self.model(model, given | {name: value}) for value in turned)), None)
            if other is not None:
                found.append(other)
                changed[name] = other.graph.arguments[name]
            elif others or used[0] == used[1]:
                return []
        whole = self.model(model, changed)
        return found if whole is None else [*found, whole]

    def alone(self, model: Model, name: str, base: Values) -> list[Model]:
        """The model, other parameters as in `base`, with other values of one alone, where the spec takes any."""
        given = self.given(model) | base
        tried = (self.model(model, {**given, name: other}) for other in _others(model.graph.arguments[name]))
        return list(islice(filter(None, tried), COUNT))

    def model(self, model: Model, given: Values) -> Model | None:
        """The model with other arguments; None where that is no valid spec."""
        from specc.compiler import compile_spec

        settings = tuple((name, _written(value)) for name, value in given.items())
        key = model.span.source, tuple(sorted(settings))
        if key not in self.units:
            self.units[key] = compile_spec(model.span.source, dict(settings))
        unit = self.units[key]
        if unit.program is None or unit.has_errors:
            return None
        return next((other for other in unit.program.models if other.name == model.name), None)

    def given(self, model: Model) -> Values:
        """The arguments that are not those of the spec: those that were overridden."""
        plain, arguments = self.model(model, {}), model.graph.arguments
        if plain is None:
            return {n: value for n, value in arguments.items() if isinstance(value, (int, float, str, list, tuple))}
        known = plain.graph.arguments
        return {name: value for name, value in arguments.items() if is_constant(value) and known[name] != value}


def _other(value: Any, place: int) -> Any:
    """One of the other values of a parameter; the value itself where there are none."""
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


def _written(value: Any) -> str:
    """A value as a spec writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if type(value) in (list, tuple):
        inner = ", ".join(map(_written, value))
        return f"[{inner}]" if type(value) is list else f"({inner}{',' if len(value) == 1 else ''})"
    return repr(value)
