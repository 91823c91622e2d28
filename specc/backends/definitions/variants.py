"""The same model with other arguments: what tells a number that stays from one that follows a parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Iterator, Mapping, NamedTuple, Sequence

from specc.program.model import Model
from specc.source import Source

if TYPE_CHECKING:
    from specc.compiler import Unit

Values = dict[str, Any]


class Around(NamedTuple):
    """A model with other values of all its parameters, small ones where the spec takes them; with it, by parameter,
    those that have yet another value of one; and the one that has all these, if the spec takes it.
    """

    base: Model
    alone: dict[str, Model]
    whole: Model | None

    @property
    def models(self) -> list[Model]:
        return [self.base, *self.alone.values(), *([] if self.whole is None else [self.whole])]


class Variants:
    """The models of a spec with other arguments; its text is parsed once, and each set of arguments compiled once.
    `settings` are the overrides the spec was compiled with.
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.settings = dict(settings)
        self.parsed: dict[Source, Any] = {}
        self.units: dict[tuple[Source, tuple[tuple[str, str], ...]], Unit] = {}

    def around(self, model: Model, names: Sequence[str]) -> Around | None:
        """Variants of a model in those of its parameters of which the spec takes other values; None if of none."""
        start = self._start(model, names)
        if not start:
            return None
        alone, changed = {}, dict(start)
        for name in start:
            value = model.graph.arguments[name]
            others = [other for other in _others(start[name]) if other not in (value, start[name])]
            found = self._first(model, start, name, [*others, value])
            if found is not None:
                alone[name] = found
                changed[name] = found.graph.arguments[name]
        first = self.model(model, start)
        assert first is not None, "it was compiled before"
        return Around(first, alone, self.model(model, changed))

    def _start(self, model: Model, names: Sequence[str]) -> Values:
        """Another value of each parameter, of which the spec takes all together."""
        small = {name: next(_others(model.graph.arguments[name]), None) for name in names}
        small = {name: value for name, value in small.items() if value is not None}
        if self.model(model, small) is not None:
            return small
        start: Values = {}
        for name in small:
            found = self._first(model, start, name, _others(model.graph.arguments[name]))
            if found is not None:
                start[name] = found.graph.arguments[name]
        return start

    def _first(self, model: Model, given: Values, name: str, values: Iterable[Any]) -> Model | None:
        """The model with the first value of a parameter that the spec takes."""
        return next(filter(None, (self.model(model, given | {name: value}) for value in values)), None)

    def model(self, model: Model, given: Values) -> Model | None:
        """The model with other arguments; None where that is no valid spec."""
        unit = self.unit(model, given)
        return None if unit.has_errors else named(unit, model)

    def unit(self, model: Model, given: Values) -> Unit:
        """The spec of a model compiled with other arguments of it."""
        from specc.compiler import compile_parsed
        from specc.syntax.parser import parse

        source = model.span.source
        settings = self.settings | {name: _written(value) for name, value in given.items()}
        key = source, tuple(sorted(settings.items()))
        if source not in self.parsed:
            self.parsed[source] = parse(source)
        if key not in self.units:
            self.units[key] = compile_parsed(source, self.parsed[source], settings)
        return self.units[key]


def named(unit: Unit, model: Model) -> Model | None:
    """The model of the same name in another compilation of its spec."""
    models = () if unit.program is None else unit.program.models
    return next((other for other in models if other.name == model.name), None)


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
