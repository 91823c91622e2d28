"""A model printed as its definitions, if that can be proved to be what was checked."""

from __future__ import annotations

import ast
from typing import Any, NamedTuple, Sequence

from specc.backends.definitions.classes import Library, Printed
from specc.backends.definitions.running import Loaded, run_expression
from specc.backends.definitions.unfolding import unfold
from specc.backends.definitions.values import Unprintable, is_constant
from specc.backends.definitions.variants import one_by_one, together
from specc.backends.script_init import init_method
from specc.backends.wrap import wrapped
from specc.program.model import Model, Program


class DefinedModel(NamedTuple):
    """The texts of a model's functions and classes; the name of its own class, and what that takes."""

    names: tuple[str, ...]
    texts: tuple[str, ...]
    name: str
    parameters: tuple[tuple[str, Any], ...]


def defined_model(program: Program, model: Model, taken: set[str]) -> DefinedModel | None:
    """The model as the spec defines it: loops, conditions and helpers kept. None where the text would not do exactly
    what was checked, for these arguments of the model and for others.
    """
    names = [name for name, value in model.graph.arguments.items() if is_constant(value)]
    made = None if model.graph.definition is None else _attempt(program, [model], taken)
    if made is None or not names:
        return made
    others = together(model, names)
    return others and _attempt(program, [model, *others], taken) or _fewest(program, model, made, names, taken)


def _fewest(program: Program, model: Model, made: DefinedModel, names: list[str], taken: set[str]) -> DefinedModel:
    """The model with those parameters as numbers that do not go with the rest, tried one by one."""
    kept: list[Model] = [model]
    for others in one_by_one(model, names).values():
        more = _attempt(program, [*kept, *others], taken)
        if more is not None:
            made, kept = more, [*kept, *others]
    return made


def _attempt(program: Program, models: list[Model], taken: set[str]) -> DefinedModel | None:
    """The text that serves these models, which differ in their arguments."""
    try:
        return _printed(program, models, taken)
    except Exception:  # Unprintable and Unexplained say why; whatever else trips the printer, there is the plain one
        return None


def _printed(program: Program, models: Sequence[Model], taken: set[str]) -> DefinedModel:
    settings = {setting.path: setting.value for setting in program.settings}
    library = Library(program.definitions, settings, [model.graph for model in models])
    root = models[0].graph.definition
    library.signature(root)
    names = (*library.helpers.wanted, *library.printed)
    if len(set(names)) != len(names) or set(names) & taken:
        raise Unprintable("a name that the script has for itself")
    kinds = _prove(library, library.printed[root.name], models)
    made = library.printed[root.name]
    parameters = [parameter for parameter in made.signature.parameters.values()]
    init = init_method(models[0], models[1:], [parameter.name for parameter in parameters])
    texts = [helper.text(kinds[name]) for name, helper in library.helpers.wanted.items()]
    texts += [one.text for name, one in library.printed.items() if name != root.name]
    texts.append(made.with_init(init))
    return DefinedModel(
        names,
        tuple(map(_wrapped, texts)),
        root.name,
        tuple((name, parameter.values[0]) for name, parameter in made.signature.parameters.items()),
    )


def _wrapped(text: str) -> str:
    """A text with its long lines broken, which mean the same."""
    broken = wrapped(text)
    if ast.dump(ast.parse(broken)) != ast.dump(ast.parse(text)):
        raise Unprintable("a line that does not break")
    return broken


def _prove(library: Library, made: Printed, models: Sequence[Model]) -> dict[str, dict[str, list[Any]]]:
    """See that the text does what was checked for every model; gives the kinds of values its helpers were seen with."""
    loaded = Loaded(library.text())
    kinds: dict[str, dict[str, list[Any]]] = {name: {} for name in library.helpers.wanted}
    for model in models:
        place = next(place for place, use in enumerate(made.uses) if use is model.graph)
        try:
            checked = unfold(model.graph, run_expression)
            record = loaded.record(made.made_by(place), len(model.graph.inputs), checked.shapes, kinds)
        except Exception as trouble:  # whatever is wrong with the text: it is not what was checked
            raise Unprintable("the text does not run") from trouble
        if record != checked.record:
            raise Unprintable("the text does something else")
    return kinds
