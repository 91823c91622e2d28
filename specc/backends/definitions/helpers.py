"""Functions of the spec that stay functions of the script: those of numbers, and templates that make a container."""

from __future__ import annotations

from typing import Any, NamedTuple

from specc.backends.definitions.observed import Observed, nodes_in
from specc.backends.definitions.printer import Printer
from specc.backends.definitions.program import Local
from specc.backends.definitions.purity import is_pure, is_steps, output_of
from specc.backends.definitions.statics import SAFE, named, static, value_of
from specc.backends.definitions.types import annotation
from specc.backends.definitions.values import OPEN, Flow, Function, Scope, Static, Unprintable
from specc.backends.definitions.writing import layout_of
from specc.backends.layout import Bracket, lines
from specc.backends.python_text import identifier, literal
from specc.backends.script_calls import ATOM
from specc.program.model import LayerMember
from specc.program.names import BUILTINS
from specc.syntax import tree
from specc.types.tensor import TensorType


class Helper(NamedTuple):
    """A function of the script: its name, its parameters with their defaults, and its lines without the first."""

    name: str
    parameters: tuple[tuple[str, Any], ...]
    doc: str
    body: tuple[str, ...]
    makes: str  # the annotation of what it gives, "" where its calls tell

    def text(self, kinds: dict[str, list[type]]) -> str:
        """The function; `kinds` are the types its arguments and (under "return") its results were seen with."""
        shown = []
        for name, default in self.parameters:
            note = annotation(kinds.get(name, []))
            shown.append(f"{name}: {note}" if default is OPEN else f"{name}: {note} = {literal(default)}")
        result = self.makes or annotation(kinds.get("return", []))
        first = lines(Bracket(f"def {self.name}", "(", tuple(shown), ")"), 0, "", f" -> {result}:")
        doc = [f'    """{self.doc}"""'] if self.doc else []
        return "\n".join([*first, *doc, *self.body]) + "\n"


class Template(NamedTuple):
    """How a template is called: `size` is the parameter for what flows in ("" if it does not matter), on `axis`.

    `stays` if it leaves all other sizes as they are, in every use.
    """

    name: str
    size: str
    axis: int
    spec_names: tuple[str, ...]
    defaults: dict[str, Any]
    result: Static | None
    stays: bool


class Helpers:
    """The functions that the classes of a script call, in the order they were wanted."""

    def __init__(self, library: Any, observed: Observed, counts: dict[str, int]) -> None:
        self.library, self.observed, self.counts = library, observed, counts
        self.wanted: dict[str, Helper] = {}
        self.known: dict[str, Helper] = {}
        self.templates: dict[str, Template | None] = {}

    # ------------------------------------------------------------ functions of values

    def is_of_values(self, function: Function) -> bool:
        """Whether a function computes with numbers only."""
        definition = function.definition
        if function.scope is not self.library.top or is_steps(None, function):
            return False
        for node in nodes_in(definition.body):
            if isinstance(node, (tree.Attribute, tree.Chain, tree.Hole, tree.Labelled, tree.ForExpr, tree.RepeatExpr)):
                return False
            callee = node.function if isinstance(node, tree.Call) else None
            if isinstance(callee, tree.Name) and callee.id not in BUILTINS:
                inner = function.scope.find(callee.id)
                if (
                    not isinstance(inner, Function)
                    or inner.definition is not definition
                    and not self.is_of_values(inner)
                ):
                    return False
        return True

    def need(self, function: Function) -> None:
        """See to it that the script has a function."""
        self.wanted[function.definition.name] = self._of_values(function)

    def worth(self, function: Function, call: Any) -> Any:
        self._of_values(function)
        return value_of(call, self.values())

    def values(self) -> dict[str, Any]:
        """The functions of values as Python functions, for folding."""
        scope: dict[str, Any] = {"__builtins__": {}, **SAFE}
        for helper in self.known.values():
            if not helper.makes:
                exec("\n".join([f"def {helper.name}({_bare(helper)}):", *helper.body]), scope)
        return {name: scope[name] for name, helper in self.known.items() if not helper.makes}

    def _of_values(self, function: Function) -> Helper:
        definition = function.definition
        if definition.name not in self.known:
            self.known[definition.name] = self._printed(function)
        return self.known[definition.name]

    def _printed(self, function: Function) -> Helper:
        definition = function.definition
        printer, scope, parameters = self._opened(function)
        from specc.backends.definitions.chains import body_of

        result = static(printer, body_of(printer, function, scope), scope)
        if result is None or any(not isinstance(statement, Local) for statement in printer.program):
            raise Unprintable("a function of more than numbers")
        body: list[str] = []
        for statement in printer.program:
            body += lines(layout_of(statement.static, {}), 4, f"{statement.name} = ")
        body += lines(layout_of(result, {}), 4, "return ")
        return Helper(definition.name, tuple(parameters), "", tuple(body), "")

    def _opened(self, function: Function) -> tuple[Printer, Scope, list[tuple[str, Any]]]:
        """A printer for a function's body, its parameters bound."""
        printer = Printer(self.library, self.observed, [])
        printer.taken = {name.id for name in nodes_in(function.definition.body) if isinstance(name, tree.Name)}
        scope = Scope(function.scope)
        parameters = []
        for parameter in function.definition.parameters:
            default: Any = OPEN
            if parameter.default is not None:
                found = static(printer, parameter.default, scope)
                if found is None or found.is_open:
                    raise Unprintable("a default that is no constant")
                default = found.value
            scope.names[parameter.name] = named(identifier(parameter.name))
            parameters.append((identifier(parameter.name), default))
        return printer, scope, parameters

    # ------------------------------------------------------------ templates

    def is_template(self, function: Function) -> bool:
        """Whether a function of steps becomes a function of the script: it makes one container, in several places."""
        definition = function.definition
        body = output_of(definition)
        if function.scope is not self.library.top or not isinstance(body, tree.Group):
            return False
        if self.counts.get(definition.name, 0) < 2 or not is_pure(None, body, function.scope):
            return False
        if definition.name not in self.templates:
            try:
                self.templates[definition.name] = self._template(function, body)
            except Unprintable:
                self.templates[definition.name] = None
        return self.templates[definition.name] is not None

    def template(self, function: Function) -> Template:
        name = function.definition.name
        self.wanted[name] = self.known[name]
        found = self.templates[name]
        assert found is not None
        return found

    def _template(self, function: Function, body: tree.Group) -> Template:
        from specc.backends.definitions.chains import as_one, body_of, steps_of
        from specc.backends.definitions.init_text import InitText

        definition = function.definition
        printer, scope, parameters = self._opened(function)
        axis, rank = self._first_layer(body)
        size = "channels" if axis % rank == 1 else "dim"
        size = f"in_{size}" if any(name == size for name, _ in parameters) else size
        shape = tuple(named(size) if place_ == axis % rank else None for place_ in range(rank))
        inner = body_of(printer, function, scope)
        flow = as_one(printer, (printer.part("made"),), steps_of(inner.body), Flow("", ATOM, shape), scope)
        text = InitText(printer, [])
        body_lines = text.single(4)
        takes_size = any(_mentions(line, size) for line in body_lines)
        own = ((size, OPEN),) if takes_size else ()
        doc = " -> ".join(map(_word, steps_of(inner.body))) + "."
        made = Helper(definition.name, (*own, *parameters), doc, tuple(body_lines), "nn.Sequential")
        self.known[definition.name] = made
        result = flow.shape[axis % rank] if flow.shape is not None else None
        defaults = {name: default for name, default in parameters if default is not OPEN}
        names = tuple(name for name, _ in parameters)
        stays = all(_keeps(one, axis) for node in nodes_in(body) for one in self.observed.at(node))
        return Template(definition.name, size if takes_size else "", axis, names, defaults, result, stays)

    def _first_layer(self, body: Any) -> tuple[int, int]:
        """The feature axis of the first layer of a template, and the rank of its tensors."""
        for node in nodes_in(body):
            made = [member for member in self.observed.made_at(node) if isinstance(member, LayerMember)]
            seen = [one for one in self.observed.at(node) if isinstance(one.type, TensorType)]
            axis = getattr(made[0].operation, "feature_axis", None) if made else None
            if axis is not None and seen:
                return axis, len(seen[0].type.shape)
        raise Unprintable("a template without a layer")


def _keeps(one: Any, axis: int) -> bool:
    """Whether a step gives the sizes it was given, but for those on an axis."""
    given, made = one.inputs[0] if one.inputs else None, one.type
    if not isinstance(given, TensorType) or not isinstance(made, TensorType) or len(given.shape) != len(made.shape):
        return False
    return all(a == b for place, (a, b) in enumerate(zip(given.shape, made.shape)) if place != axis % len(made.shape))


def _word(node: Any) -> str:
    """What a step of a template is called."""
    if isinstance(node, tree.IfExpr):
        return _word(node.then.body)
    callee = node.function if isinstance(node, tree.Call) else getattr(node, "head", node)
    return callee.id if isinstance(callee, tree.Name) else "..."


def _mentions(line: str, word: str) -> bool:
    import re

    return re.search(rf"\b{word}\b", line) is not None


def _bare(helper: Helper) -> str:
    return ", ".join(name if default is OPEN else f"{name}={default!r}" for name, default in helper.parameters)
