"""The model section of a script: its classes, what they import, and how a model is made."""

from __future__ import annotations

import builtins
import keyword
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple

from specc.backends.definitions.models import defined_model
from specc.backends.definitions.variants import Variants, named
from specc.backends.python_text import USED, identifier, literal
from specc.backends.script_classes import ClassPrinter, PythonClass
from specc.backends.script_imports import FROM, MODULES, PACKAGES, WHOLE
from specc.backends.script_init import init_method
from specc.backends.script_objective import LOCALS
from specc.program.model import Model, Program
from specc.source import Source

if TYPE_CHECKING:
    from specc.compiler import Unit

DEFINED = frozenset(
    """
    Config Pictures Place TRAINING JUDGING checkpoint confusion crop decoded default f1 flag how learning_rate
    load_all RANK WORLD main name parameter_groups parser precision recall rows table shown windows items
    """.split()
)
# names no class of a script may have: Python's own, and those the rest of the script uses
PYTHON = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
RESERVED = {*PYTHON, *FROM, *MODULES, *PACKAGES, *WHOLE, *LOCALS, *DEFINED, *USED}
IMPORTS = (
    ("nn.", "from torch import nn"),
    ("F.", "import torch.nn.functional as F"),
    ("torch.", "import torch"),
    ("OrderedDict(", "from collections import OrderedDict"),
    ("math.", "import math"),
    ("fnmatch(", "from fnmatch import fnmatch"),
    ("partial(", "from functools import partial"),
    ("Callable[", "from collections.abc import Callable"),
    ("Any", "from typing import Any"),
    ("ops.", "from torchvision import ops"),
)


class Constructor(NamedTuple):
    """How a model is made: its class, and the parameters of the spec that the class takes, with their values; the class
    calls one as `identifier` says.
    """

    name: str
    parameters: tuple[tuple[str, Any], ...]


class ModelSection(NamedTuple):
    """`imports` are whole lines, sorted; `text` is the classes; `constructors` says how each model is made."""

    imports: tuple[str, ...]
    text: str
    constructors: dict[str, Constructor]


def model_section(program: Program, settings: Mapping[str, str] | None = None) -> ModelSection:
    """The classes of every model of a program that was compiled with these overrides."""
    texts: list[str] = []
    constructors: dict[str, Constructor] = {}
    names = set(RESERVED)
    variants = Variants(settings or {})
    for model in program.models:
        defined = defined_model(program, model, names, variants)
        if defined is not None:
            names |= set(defined.names)
            texts += defined.texts
            constructors[model.name] = Constructor(defined.name, defined.parameters)
            continue
        exposed = _exposed(model, names, variants)
        classes, own = _classes(model, names, exposed)
        names |= {made.name for made in classes}
        texts += [made.text for made in classes]
        values = own.values[id(model.graph)]
        written = {identifier(name): name for name in model.graph.arguments}
        constructors[model.name] = Constructor(
            own.name, tuple((written[name], value) for (name, _), value in zip(own.parameters, values))
        )
    text = "\n\n".join(texts)
    return ModelSection(_imports(text), text, constructors)


def _classes(model: Model, names: set[str], exposed: tuple[str, ...]) -> tuple[list[PythonClass], PythonClass]:
    method = init_method(model)
    printer = ClassPrinter(names, exposed, method and method.lines)
    own = printer.add(model.graph)
    return printer.classes, own


def _imports(text: str) -> tuple[str, ...]:
    import re

    return tuple(sorted(line for mark, line in IMPORTS if re.search(r"(?<![\w.])" + re.escape(mark), text)))


# ---------------------------------------------------------------- which parameters stay parameters


def _exposed(model: Model, names: set[str], variants: Variants) -> tuple[str, ...]:
    """The model's parameters that its class can take: those whose every trace in the text is their own name.

    Each is tried: with another value of the parameter the spec must give the same text.
    """
    exposed: tuple[str, ...] = ()
    for name, value in model.graph.arguments.items():
        if isinstance(value, (int, float)) and _is_free(model, names, (*exposed, name), name, value, variants):
            exposed = (*exposed, name)
    return exposed


def _is_free(
    model: Model, names: set[str], exposed: tuple[str, ...], name: str, value: Any, variants: Variants
) -> bool:
    here = _bare(_classes(model, names, exposed)[0], name, value)
    if here is None:
        return False
    for other in others(value):
        tried = named(variants.unit(model, {name: other}), model)
        if tried is None or _bare(_classes(tried, names, exposed)[0], name, other) != here:
            return False
    return True


def others(value: Any) -> tuple[Any, ...]:
    """Other values to try a parameter with."""
    if isinstance(value, bool):
        return (not value,)
    return (value + 1, 2 * value + 3) if isinstance(value, int) else (value / 2, value / 4)


def _bare(classes: list[PythonClass], name: str, value: Any) -> Any:
    """The text of the classes without the parameter's default and without comments."""
    called = identifier(name)
    default = f"{called}: {type(value).__name__} = {literal(value)}"
    texts = [made.text for made in classes]
    if not any(default in text for text in texts):
        return None
    return [line.split("  # ")[0] for text in texts for line in text.replace(default, called).split("\n")]


def changed(source: Source, settings: dict[str, str], name: str, value: Any) -> Unit:
    """A spec compiled with its settings, but another value of a parameter."""
    from specc.compiler import compile_spec

    written = str(value).lower() if isinstance(value, bool) else repr(value)
    return compile_spec(source, {**settings, name: written})
