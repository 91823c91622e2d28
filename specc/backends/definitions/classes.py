"""Classes from definitions: one for each block, with what differs between its uses as constructor arguments."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Sequence

from specc.backends.definitions.bodies import run
from specc.backends.definitions.boxes import Box, locals_of
from specc.backends.definitions.forward_text import ForwardText
from specc.backends.definitions.helpers import Helpers
from specc.backends.definitions.init_text import InitText
from specc.backends.definitions.inputs import Inputs
from specc.backends.definitions.notes import note_text
from specc.backends.definitions.observed import Observed, nodes_in
from specc.backends.definitions.printer import Printer
from specc.backends.definitions.rebinding import bound_again
from specc.backends.definitions.slices import needed_by_constructor, needed_by_forward
from specc.backends.definitions.statics import constant, factory, named, static
from specc.backends.definitions.types import annotation, kind_of
from specc.backends.definitions.values import (
    OPEN,
    Flow,
    Function,
    Maker,
    Scope,
    Static,
    Unprintable,
    is_constant,
    spell,
)
from specc.backends.definitions.writing import names_of
from specc.backends.layout import WIDTH, Bracket, lines
from specc.backends.python_text import identifier
from specc.backends.script_members import declared_buffers
from specc.program.model import Graph
from specc.program.values import BlockValue, FnValue, Template, key
from specc.syntax import tree
from specc.syntax.walk import names_in
from specc.types.tensor import TensorType


class Parameter(NamedTuple):
    """An argument of a constructor; `default` is OPEN where it has none."""

    name: str
    default: Any
    values: tuple[Any, ...]  # use by use


class Signature(NamedTuple):
    """How a class is made: the sizes of its inputs that it takes (name, input, axis), then parameters by spec name.

    `shapes` are those of its results, in terms of these and of all `sizes` of its inputs.
    """

    name: str
    symbols: tuple[tuple[str, int, int], ...]
    sizes: tuple[tuple[str, int, int], ...]
    parameters: dict[str, Parameter]
    spec_names: tuple[str, ...]
    shapes: tuple[Any, ...]


class Printed(NamedTuple):
    """A class as text, with what makes it."""

    signature: Signature
    columns: dict[str, list[Any]]
    text: str
    uses: list[Graph]

    def with_init(self, init: Any) -> str:
        """The class with the method that draws its weights, called at the end of the constructor."""
        if init is None:
            return self.text
        before, forward, after = self.text.partition("\n    def forward(")
        call = f"        self.init_weights({', '.join(init.parameters)})\n"
        return f"{before}{call}\n{chr(10).join(init.lines)}\n" + (f"\n{forward[1:]}{after}" if forward else "")

    def made_by(self, place: int) -> str:
        """The expression that makes the module of one use."""
        names = [name for name, _, _ in self.signature.symbols] + [p.name for p in self.signature.parameters.values()]
        return f"{self.signature.name}({', '.join(f'{n}={spell(_fixed(self.columns[n][place]))}' for n in names)})"


def _fixed(value: Any) -> Any:
    return tuple(map(_fixed, value)) if type(value) is list else value


class Library:
    """The classes of a script as they come about, blocks before those that use them."""

    def __init__(self, definitions: dict[str, Any], settings: dict[str, Any], roots: Sequence[Graph]) -> None:
        self.observed = Observed(roots)
        self.top = Scope()
        self.helpers = Helpers(self, self.observed, _counts(definitions))
        self.printed: dict[str, Printed] = {}
        self.open: set[str] = set()
        self.root = roots[0].definition
        self._define(definitions, settings)

    def _define(self, definitions: dict[str, Any], settings: dict[str, Any]) -> None:
        printer = Printer(self, self.observed, [])
        for name, item in definitions.items():
            if isinstance(item, tree.Block):
                self.top.names[name] = item
            elif isinstance(item, tree.Fn):
                self.top.names[name] = Function(item, self.top)
        for graph in self.observed.graphs:  # blocks of other files
            if isinstance(graph.definition, tree.Block):
                self.top.names.setdefault(graph.name, graph.definition)
        for name, item in definitions.items():
            if isinstance(item, tree.Let):
                if name in settings and is_constant(settings[name]):
                    self.top.names[name] = constant(settings[name])
                    continue
                found = static(printer, item.value, self.top)
                self.top.names[name] = found if found is not None and not found.is_open else Maker(item.value, self.top)

    def helper_values(self) -> dict[str, Any]:
        return self.helpers.values()

    def signature(self, definition: tree.Block) -> Signature:
        """How the class of a block is made; the class is printed if it was not yet."""
        name = definition.name
        if name not in self.printed:
            if name in self.open:
                raise Unprintable("a block that holds itself")
            self.open.add(name)
            self.printed[name] = ClassText(self, definition).printed()
        return self.printed[name].signature

    def text(self) -> str:
        helpers = [helper.text({}) for helper in self.helpers.wanted.values()]
        return "\n\n".join([*helpers, *(made.text for made in self.printed.values())])


def _counts(definitions: dict[str, Any]) -> dict[str, int]:
    """How often each name is read in the definitions."""
    counts: dict[str, int] = {}
    for item in definitions.values():
        for node in nodes_in(item):
            if isinstance(node, tree.Name):
                counts[node.id] = counts.get(node.id, 0) + 1
    return counts


class ClassText:
    """Prints one class."""

    def __init__(self, library: Library, definition: tree.Block) -> None:
        self.library, self.definition = library, definition
        self.uses = library.observed.uses(definition)
        self.printer = Printer(library, library.observed, self.uses)
        self.scope = Scope(library.top)
        self.names: dict[str, str] = {}  # spec name → constructor's name
        read = {node.id for node in nodes_in(definition) if isinstance(node, tree.Name)}
        self.printer.taken = {identifier(name) for name in read} | {identifier(p.name) for p in definition.parameters}
        for statement in definition.body.statements:
            if isinstance(statement, tree.Input):  # it gives names to sizes, and reads none
                continue
            for name in names_in(statement.value if isinstance(statement, tree.Assign) else statement):
                self.printer.reads[name.id] = self.printer.reads.get(name.id, 0) + 1
        self.printer.changing = bound_again(definition)
        self._parameters()
        self.inputs = Inputs(self.printer, definition, self.uses, self.scope)

    # ------------------------------------------------------------ what the constructor takes

    def _parameters(self) -> None:
        for parameter in self.definition.parameters:
            values = [use.arguments[parameter.name] for use in self.uses]
            self.scope.names[parameter.name] = self._parameter(parameter, values)

    def _parameter(self, parameter: tree.Parameter, values: list[Any]) -> Any:
        first = values[0]
        if all(key(value) == key(first) for value in values) and not isinstance(first, Template):
            if isinstance(first, BlockValue):
                return first.definition
            if isinstance(first, FnValue):
                return Function(first.definition, self.library.top)
        plain = [self._plain(value) for value in values]
        if all(type(v) is type(plain[0]) and v == plain[0] for v in plain):
            return constant(plain[0])
        name = identifier(parameter.name)
        self.names[parameter.name] = name
        self.printer.columns[name] = plain
        return named(name)

    def _plain(self, value: Any) -> Any:
        """A value as a constant; a module described as what makes it."""
        if isinstance(value, Template):
            made = factory(self.printer, Maker(value.node, self.library.top))
            if made is None:
                raise Unprintable("a module as an argument")
            return made.value
        if type(value) in (list, tuple):
            return type(value)(map(self._plain, value))
        if not is_constant(value):
            raise Unprintable("an argument that is no constant")
        return value

    # ------------------------------------------------------------ the class

    def printed(self) -> Printed:
        run(self.printer, self.definition.body.statements, self.scope)
        if self.printer.sequence:
            return self._sequence()
        first = InitText(self.printer, [])
        forward = self._forward(first.sorting.root)
        forward_lines = [*self.inputs.lines(forward.own & forward.carried.start, 8), *forward.lines(8)]
        needed = needed_by_constructor(self.printer.program, set(forward.stored)) | forward.conditional
        init = InitText(self.printer, forward.stored, self._hidden(needed))
        init_lines = init.body(8)
        self._no_clash(forward.stored, init)
        kept = [name for name in self.printer.columns if name in needed]
        signature = self._signature(kept)
        text = "\n".join(self._lines(signature, init_lines, forward, forward_lines)) + "\n"
        columns = {name: self.printer.columns[name] for name in kept}
        return Printed(signature, columns, text, self.uses)

    def _sequence(self) -> Printed:
        """A class of nn.Sequential: its constructor is all there is."""
        needed = needed_by_constructor(self.printer.program, set())
        init = InitText(self.printer, [], self._hidden(needed)).sequence(8)
        columns = {name: values for name, values in self.printer.columns.items() if name in needed}
        signature = self._signature(list(columns))
        docstring = self._docstring(self._hidden(needed))
        head = [f"class {signature.name}(nn.Sequential):", f'    """{docstring}"""', ""]
        text = "\n".join([*head, *_function("__init__", self._constructor(signature), "None"), *init]) + "\n"
        return Printed(signature, columns, text, self.uses)

    def _forward(self, root: Box) -> ForwardText:
        program = self.printer.program
        read, needed = needed_by_forward(program), needed_by_constructor(program, set())
        own = self._of_forward(needed)
        own |= self.inputs.beside(read & own) - {item.name for item in locals_of(program)}
        forward = ForwardText(self.printer, root, own)
        forward.hidden = self._hidden(needed | read)
        return forward

    def _of_forward(self, needed: set[str]) -> set[str]:
        """The sizes that the constructor has no need of, which forward reads off its inputs, and what they lead to."""
        locals_ = locals_of(self.printer.program)
        own = {size.name for size in self.inputs.sizes} - needed - {item.name for item in locals_}
        for item in locals_:
            if own.intersection(names_of(item.static)):
                own.add(item.name)
        return own

    def _hidden(self, visible: set[str]) -> dict[str, str]:
        """What says in a comment what a name does that is not to be seen there: the symbol of a size."""
        names = [*self.printer.columns, *(item.name for item in locals_of(self.printer.program))]
        symbols = {size.name: size.symbol for size in self.inputs.sizes}
        return {name: symbols.get(name, "") for name in names if name not in visible}

    def _no_clash(self, stored: list[str], init: InitText) -> None:
        own = {str(getattr(entry, "label", "")) for entry in init.sorting.root.items}
        if own & set(stored):
            raise Unprintable("a module and a number of one name")

    def _signature(self, kept: list[str]) -> Signature:
        sizes = [(size.name, size.place, size.axis) for size in self.inputs.sizes]
        parameters = {}
        for parameter in self.definition.parameters:
            name = self.names.get(parameter.name)
            if name in kept:
                values = tuple(self.printer.columns[name])
                parameters[parameter.name] = Parameter(name, self._default(parameter, values), values)
        names = tuple(parameter.name for parameter in self.definition.parameters)
        symbols = tuple(size for size in sizes if size[0] in kept)
        return Signature(
            self.definition.name, symbols, tuple(sizes), parameters, names, tuple(map(self._result, self._results()))
        )

    def _default(self, parameter: tree.Parameter, values: tuple[Any, ...]) -> Any:
        if self.definition is self.library.root:
            return values[0]
        if parameter.default is None:
            return OPEN
        found = static(self.printer, parameter.default, self.library.top)
        return OPEN if found is None else found.value

    def _results(self) -> list[Any]:
        return [(place, item) for place, item in enumerate(self.printer.result)]

    def _result(self, result: tuple[int, Any]) -> Any:
        """The shape of a result in what the constructor takes."""
        place, item = result
        shape = getattr(item, "shape", None)
        if shape is None:
            return None
        return tuple(self._result_size(size, place, axis) for axis, size in enumerate(shape))

    def _result_size(self, size: Any, place: int, axis: int) -> Any:
        types = [use.result_type for use in self.uses]
        types = [list(t.values()) if isinstance(t, dict) else t for t in types]
        parts = [t[place] if type(t) in (tuple, list) and not hasattr(t, "shape") else t for t in types]
        values = [part.shape[axis] for part in parts]
        if isinstance(size, Static):
            names = {name.id for name in names_in(size.node)}
            assigned = {item.name for item in locals_of(self.printer.program)}
            if names <= set(self.printer.columns) - assigned:
                return size
        return self.printer.guess(values, (len(parts[0].shape), axis))

    # ------------------------------------------------------------ text

    def _lines(self, signature: Signature, init: list[str], forward: ForwardText, body: list[str]) -> list[str]:
        text = [f"class {signature.name}(nn.Module):", f'    """{self._docstring(forward.hidden)}"""']
        text += [*declared_buffers(self.uses[0]), ""]
        parameters = self._constructor(signature)
        if init or parameters:
            text += _function("__init__", parameters, "None")
            text.append("        super().__init__()")
            text += [f"        self.{name} = {name}" for name in forward.stored if name in self.printer.columns]
            text += [f"        self.{name} = {condition}" for name, condition in forward.conditions.items()]
            text += _with_attributes(init, [n for n in forward.stored if n not in self.printer.columns])
            text.append("")
        given = [f"{identifier(item.name)}: torch.Tensor" for item in self.uses[0].inputs]
        return [*text, *_function("forward", given, self._gives()), *body]

    def _constructor(self, signature: Signature) -> list[str]:
        shown = [f"{name}: {self._type(name)}" for name, _, _ in signature.symbols]
        for parameter in signature.parameters.values():
            default = _fixed(parameter.default)
            note = annotation([kind_of(_fixed(value)) for value in parameter.values])
            shown.append(f"{parameter.name}: {note}" + ("" if default is OPEN else f" = {spell(default)}"))
        return shown

    def _type(self, name: str) -> str:
        return annotation([kind_of(value) for value in self.printer.columns[name]])

    def _gives(self) -> str:
        result = self.uses[0].result_type
        if isinstance(result, dict):
            return "dict[str, torch.Tensor]"
        return "torch.Tensor" if type(result) is not tuple else "tuple[torch.Tensor, ...]"

    def _docstring(self, hidden: dict[str, str]) -> str:
        """What goes in, and what comes out where that can be said in a line."""
        from specc.backends.script_classes import input_types

        takes = self.inputs.types(input_types(self.uses[0]), hidden)
        result = self.printer.result[0] if len(self.printer.result) == 1 else None
        note = note_text(self.printer.note(result), hidden) if isinstance(result, Flow) else ""
        kinds = {use.result_type.dtype for use in self.uses if isinstance(use.result_type, TensorType)}
        whole = f"Takes {takes}, gives {''.join(kinds)}{note}."
        return whole if note and len(kinds) == 1 and len(whole) + 10 <= WIDTH else f"Takes {takes or 'nothing'}."


def _function(name: str, parameters: list[str], result: str) -> list[str]:
    return lines(Bracket(f"def {name}", "(", ("self", *parameters), ")"), 4, "", f" -> {result}:")


def _with_attributes(init: list[str], stored: list[str]) -> list[str]:
    """The constructor's lines, each local value that forward reads kept as an attribute."""
    text = "\n".join(init)
    for name in stored:
        text, count = re.subn(rf"(?m)^(        ){name} = ", rf"\1self.{name} = {name} = ", text)
        if count != 1:
            raise Unprintable("a value that changes, which forward reads")
    return text.split("\n") if text else []
