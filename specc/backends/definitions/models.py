"""A model printed as its definitions, if that can be proved to be what was checked."""

from __future__ import annotations

import ast
from typing import Any, NamedTuple, Sequence

from specc.backends.definitions.classes import Library, Printed
from specc.backends.definitions.running import Loaded, run_expression
from specc.backends.definitions.unfolding import Unfolded, unfold
from specc.backends.definitions.values import Unprintable, is_constant
from specc.backends.definitions.variants import Around, Variants
from specc.backends.script_init import init_method
from specc.backends.wrap import wrapped
from specc.program.model import Model, Program


class DefinedModel(NamedTuple):
    """The texts of a model's functions and classes; the name of its own class, and what that takes."""

    names: tuple[str, ...]
    texts: tuple[str, ...]
    name: str
    parameters: tuple[tuple[str, Any], ...]


def defined_model(program: Program, model: Model, taken: set[str], variants: Variants) -> DefinedModel | None:
    """The model as the spec defines it: loops, conditions and helpers kept. None where the text would not do exactly
    what was checked, for these arguments of the model and for others.
    """
    if model.graph.definition is None:
        return None
    attempts = Attempts(program, taken)
    names = [name for name, value in model.graph.arguments.items() if is_constant(value)]
    around = variants.around(model, names)
    made = attempts.text([model, *(around.models if around else ())])
    if made is not None or around is None:
        return made
    plain = attempts.text([model])
    return plain and _fewest(model, plain, around, attempts, variants)


def _fewest(model: Model, plain: DefinedModel, around: Around, attempts: Attempts, variants: Variants) -> DefinedModel:
    """The model with those parameters as numbers that no text can take, or that do not go with the rest."""
    names = [name for name, other in around.alone.items() if attempts.text([around.base, other]) is not None]
    made = _with(model, names, attempts, variants)
    if made is not None:
        return made
    kept: list[str] = []
    for name in names:
        more = _with(model, [*kept, name], attempts, variants)
        if more is not None:
            plain, kept = more, [*kept, name]
    return plain


def _with(model: Model, names: list[str], attempts: Attempts, variants: Variants) -> DefinedModel | None:
    """The text that takes these parameters."""
    around = variants.around(model, names)
    return None if around is None else attempts.text([model, *around.models])


class Attempts:
    """Texts that are tried for one model; what was checked of it and its variants is worked out once."""

    def __init__(self, program: Program, taken: set[str]) -> None:
        self.program, self.taken = program, taken
        self.unfolded: dict[int, tuple[Model, Unfolded]] = {}  # by id of the model, which is held: an id lasts as long

    def text(self, models: list[Model]) -> DefinedModel | None:
        """The text that serves these models, which differ in their arguments."""
        try:
            return _printed(self, models)
        except Exception:  # Unprintable says why; whatever else trips the printer, there is the plain one
            return None

    def checked(self, model: Model) -> Unfolded:
        """What the model does that was checked."""
        if id(model) not in self.unfolded:
            self.unfolded[id(model)] = model, unfold(model.graph, run_expression)
        return self.unfolded[id(model)][1]


def _printed(attempts: Attempts, models: Sequence[Model]) -> DefinedModel:
    program = attempts.program
    settings = {setting.path: setting.value for setting in program.settings}
    library = Library(program.definitions, settings, [model.graph for model in models])
    root = models[0].graph.definition
    library.signature(root)
    names = (*library.helpers.wanted, *library.printed)
    if len(set(names)) != len(names) or set(names) & attempts.taken:
        raise Unprintable("a name that the script has for itself")
    kinds = _prove(library, library.printed[root.name], models, attempts)
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


def _prove(
    library: Library, made: Printed, models: Sequence[Model], attempts: Attempts
) -> dict[str, dict[str, list[Any]]]:
    """See that the text does what was checked for every model; gives the kinds of values its helpers were seen with."""
    loaded = Loaded(library.text())
    kinds: dict[str, dict[str, list[Any]]] = {name: {} for name in library.helpers.wanted}
    for model in models:
        place = next(place for place, use in enumerate(made.uses) if use is model.graph)
        try:
            checked = attempts.checked(model)
            record = loaded.record(made.made_by(place), len(model.graph.inputs), checked.shapes, kinds)
        except Exception as trouble:  # whatever is wrong with the text: it is not what was checked
            raise Unprintable("the text does not run") from trouble
        if record != checked.record:
            raise Unprintable("the text does something else")
    return kinds
