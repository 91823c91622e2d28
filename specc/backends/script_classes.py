"""Classes of the script: uses of a block that differ in numbers only are one class with constructor arguments."""

from __future__ import annotations

import re
from typing import Any, Iterator, NamedTuple

from specc.backends.formula import python_formula
from specc.backends.layout import Bracket, Doc, Joined, Leaf, call, filled, leaves, lines, skeleton
from specc.backends.python_text import identifier, literal, size_name
from specc.backends.script_forward import ForwardPrinter, Statement
from specc.backends.script_members import MemberPrinter, declared_buffers
from specc.program.model import BlockMember, Graph
from specc.program.placing import MODULE_ATTRIBUTES
from specc.syntax import tree
from specc.syntax.walk import declared_inputs, names_in
from specc.types.dims import Dim
from specc.types.tensor import TensorType

COMMON = {"self", "torch", "nn", "F"}


class Written(NamedTuple):
    """One use of a block as Python, its constants still leaves: statements of __init__ and of forward."""

    graph: Graph
    init: tuple[tuple[str, Doc, str], ...]
    forward: tuple[Statement, ...]

    def docs(self) -> list[Doc]:
        return [doc for _, doc, _ in self.init] + [statement.doc for statement in self.forward]

    def shape(self) -> Any:
        """Equal for uses that can be one class."""
        init = tuple((target, skeleton(doc)) for target, doc, _ in self.init)
        forward = tuple((s.target, s.indent, skeleton(s.doc)) for s in self.forward)
        return init, forward, tuple(given.name for given in self.graph.inputs)


class PythonClass(NamedTuple):
    """A class: its name, its constructor's parameters, and for each use (by id of its graph) the values it is given."""

    name: str
    parameters: tuple[tuple[str, str], ...]  # (name, type)
    values: dict[int, tuple[Any, ...]]
    text: str


class ClassPrinter:
    """Prints every class of a model, blocks before those that use them."""

    def __init__(self, reserved: set[str], exposed: tuple[str, ...] = (), extra: Any = None) -> None:
        self.names = set(reserved)
        self.exposed, self.extra = exposed, extra
        self.by_graph: dict[int, PythonClass] = {}
        self.classes: list[PythonClass] = []

    def add(self, root: Graph) -> PythonClass:
        """Print a model's graph and every block below it; gives the model's own class."""
        for level in _levels(root):
            groups: dict[Any, list[Written]] = {}
            for graph in level:
                if id(graph) not in self.by_graph:
                    written = self._written(graph)
                    groups.setdefault((id(graph.definition), written.shape()), []).append(written)
            for group in groups.values():
                self._class(group, root)
        return self.by_graph[id(root)]

    def _written(self, graph: Graph) -> Written:
        members = MemberPrinter(graph, self._constructor)
        forward = ForwardPrinter(graph, members.place, members.sequences).run()
        return Written(graph, tuple(members.init()), tuple(forward))

    def _constructor(self, graph: Graph) -> Doc:
        """`BasicBlock(64, 128, stride=2)`."""
        made = self.by_graph[id(graph)]
        values = made.values[id(graph)]
        items: list[Doc] = []
        for place, ((name, kind), value) in enumerate(zip(made.parameters, values)):
            shown: Doc = Leaf(value, None, name) if isinstance(value, (int, float)) else literal(value)
            items.append(shown if place < 2 and kind == "int" else Joined((f"{name}=", shown)))
        return call(made.name, *items)

    def _class(self, group: list[Written], root: Graph) -> None:
        graph = group[0].graph
        model = graph is root
        name = self._free_name(graph, group[0])
        parameters = Parameters(group, self.exposed if model else ())
        text = "\n".join(_class_lines(name, group, parameters, self.extra if model else None)) + "\n"
        values = {
            id(one.graph): tuple(parameters.values[p][place] for p in parameters.order)
            for place, one in enumerate(group)
        }
        made = PythonClass(name, tuple((p, parameters.types[p]) for p in parameters.order), values, text)
        self.classes.append(made)
        for one in group:
            self.by_graph[id(one.graph)] = made

    def _free_name(self, graph: Graph, written: Written) -> str:
        """The spec's name of the block; a variant is named after what it has and the first has not."""
        if graph.name not in self.names:
            self.names.add(graph.name)
            return graph.name
        members = [member.path.split(".")[0] for member in graph.members]
        for member in dict.fromkeys(members):
            if (
                f"With{_title(member)}"
                and f"{graph.name}With{_title(member)}" not in self.names
                and member.isascii()
                and _title(member).isidentifier()
            ):
                if not self._others_have(graph, member):
                    self.names.add(f"{graph.name}With{_title(member)}")
                    return f"{graph.name}With{_title(member)}"
        number = next(n for n in range(2, 10**6) if f"{graph.name}{n}" not in self.names)
        self.names.add(f"{graph.name}{number}")
        return f"{graph.name}{number}"

    def _others_have(self, graph: Graph, member: str) -> bool:
        return any(f"self.{member} = " in made.text for made in self.classes if made.name.startswith(graph.name))


def _title(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def _levels(root: Graph) -> list[list[Graph]]:
    """Every graph below the root, those without blocks first, the root last."""
    heights: dict[int, int] = {}
    found: dict[int, list[Graph]] = {}

    def visit(graph: Graph) -> int:
        if id(graph) not in heights:
            below = [visit(member.graph) for member in graph.members if isinstance(member, BlockMember)]
            heights[id(graph)] = 1 + max(below, default=-1)
            found.setdefault(heights[id(graph)], []).append(graph)
        return heights[id(graph)]

    visit(root)
    return [found[height] for height in sorted(found)]


# ---------------------------------------------------------------- constructor arguments


class Parameters:
    """What the constructor of a class takes: one name for every constant that differs between its uses."""

    def __init__(self, group: list[Written], exposed: tuple[str, ...]) -> None:
        self.group = group
        self.values: dict[str, list[Any]] = {}
        self.types: dict[str, str] = {}
        self.known = _known_names(group)
        self.in_forward: list[str] = []
        count = sum(len(leaves(doc)) for _, doc, _ in group[0].init)
        columns = list(zip(*([leaf for doc in one.docs() for leaf in leaves(doc)] for one in group)))
        for name in exposed:
            self._take(identifier(name), [group[0].graph.arguments[name]])
        self.texts = [self._text(column, place >= count, exposed) for place, column in enumerate(columns)]
        self.order = sorted(self.values, key=self._rank)

    def _rank(self, name: str) -> int:
        """Sizes of the input first, then the block's parameters as the spec orders them."""
        symbols = [alias for alias in _symbols(self.group[0].graph)]
        arguments = [identifier(argument) for argument in self.group[0].graph.arguments]
        return (
            symbols.index(name)
            if name in symbols
            else len(symbols) + (arguments.index(name) if name in arguments else 99)
        )

    def _text(self, column: tuple[Leaf, ...], forward: bool, exposed: tuple[str, ...]) -> str:
        values = [leaf.value for leaf in column]
        if exposed and column[0].source is not None:
            text = self._source_text(column[0].source, set(map(identifier, exposed)), values)
            if text is not None:
                return text
        if all(type(v) is type(values[0]) and v == values[0] for v in values):
            return literal(values[0])
        text = self._expression(column, values)
        return re.sub(r"[A-Za-z_]\w*", self._stored, text) if forward else text

    def _stored(self, found: re.Match[str]) -> str:
        """A parameter that forward reads is kept as an attribute."""
        name = found[0]
        if name not in self.values:
            return name
        if name not in self.in_forward:
            self.in_forward.append(name)
        return f"self.{self.attribute(name)}"

    def attribute(self, name: str) -> str:
        """What a kept parameter is called, where a module or one of torch's own attributes may have its name."""
        taken = {member.path.split(".")[0] for member in self.group[0].graph.members}
        return f"{name}_" if name in MODULE_ATTRIBUTES or name in taken else name

    def _expression(self, column: tuple[Leaf, ...], values: list[Any]) -> str:
        """A parameter, or an expression of parameters, that has these values in all uses."""
        for name, known in self.known.items():
            if known == values and [type(k) for k in known] == [type(v) for v in values]:
                return self._take(name, known)
        if column[0].source is not None:
            text = self._source_text(column[0].source, set(self.known), values)
            if text is not None:
                return text
        for name, known in self.known.items():
            text = _simple(name, known, values)
            if text is not None:
                self._take(name, known)
                return text
        return self._take(self._new_name(column[0].hint or "size"), values)

    def _source_text(self, source: Any, allowed: set[str], values: list[Any]) -> str | None:
        """The spec's own expression, if it speaks only of parameters and gives these values."""
        called = {name.id: identifier(name.id) for name in names_in(source)}
        names = set(called.values())
        if not names or not names <= allowed:
            return None
        try:
            text = python_formula(source, called)
            results = [
                eval(text, {"__builtins__": {}}, {n: self.known[n][place] for n in names})
                for place in range(len(values))
            ]
        except (TypeError, KeyError, NameError, ArithmeticError):
            return None
        if results != values:
            return None
        for name in names:
            self._take(name, self.known[name])
        return text

    def _new_name(self, hint: str) -> str:
        names = (hint, *(f"{hint}{number}" for number in range(2, 1000)))
        return next(name for name in names if name not in self.known and name not in self.values and name not in COMMON)

    def _take(self, name: str, values: list[Any]) -> str:
        if name not in self.values:
            self.values[name] = list(values)
            kinds = {type(value) for value in values}
            self.types[name] = (
                kinds.pop().__name__ if len(kinds) == 1 else "float" if kinds == {int, float} else "object"
            )
            self.known.setdefault(name, list(values))
        return name


def _simple(name: str, known: list[Any], values: list[Any]) -> str | None:
    """`4 * name`, `name // 2`, `name + 8`, ...: whatever holds in all uses."""
    if not all(type(number) is int and number > 0 for number in [*known, *values]):
        return None
    pairs = list(zip(known, values))
    first, wanted = pairs[0]
    factor = wanted // first
    if all(v == k * factor for k, v in pairs):
        return f"{factor} * {name}"
    divisor = first // wanted
    if divisor and all(v == k // divisor for k, v in pairs):
        return f"{name} // {divisor}"
    offset = wanted - first
    if all(v == k + offset for k, v in pairs):
        return f"{name} + {offset}" if offset > 0 else f"{name} - {-offset}"
    return None


def _symbols(graph: Graph) -> dict[str, Any]:
    """The sizes a block's input pattern names, under the names the script gives them."""
    found: dict[str, Any] = {}
    if graph.definition is None:
        return found
    for declaration, given in zip(declared_inputs(graph.definition), graph.inputs):
        if not isinstance(given.type, TensorType) or declaration.type.dims is None:
            continue
        if len(declaration.type.dims) == len(given.type.shape):
            for dim, size in zip(declaration.type.dims, given.type.shape):
                if isinstance(dim, tree.Name) and not isinstance(size, Dim):
                    found.setdefault(size_name(dim.id), size)
    return found


def _known_names(group: list[Written]) -> dict[str, list[Any]]:
    """Names with their value in each use: sizes of the inputs, then the block's parameters."""
    known: dict[str, list[Any]] = {}
    for table in (_symbols, lambda graph: graph.arguments):
        columns = [table(one.graph) for one in group]
        for name in columns[0]:
            values = [column.get(name) for column in columns]
            if all(isinstance(value, (int, float, str)) or value is None for value in values):
                known.setdefault(identifier(name), values)
    return known


# ---------------------------------------------------------------- text


def _class_lines(name: str, group: list[Written], parameters: Parameters, extra: Any) -> Iterator[str]:
    first = group[0]
    texts = iter(parameters.texts)
    shared = len(group) == 1
    yield f"class {name}(nn.Module):"
    yield f'    """{_docstring(first.graph)}"""'
    yield from declared_buffers(first.graph)
    init = [(target, filled(doc, texts), note) for target, doc, note in first.init]
    forward = [(s, filled(s.doc, texts)) for s in first.forward]
    if init or parameters.order:
        yield ""
        yield from _signature(
            "__init__",
            [f"{p}: {parameters.types[p]}{_default(first, p, parameters)}" for p in parameters.order],
            "None",
        )
        yield "        super().__init__()"
        for stored in parameters.in_forward:
            yield f"        self.{parameters.attribute(stored)} = {stored}"
        for target, doc, note in init:
            before = f"{target} = " if target else ""
            yield from lines(_plain(doc, shared), 8, before, "", note if shared else "")
        if extra is not None and extra:
            yield "        self.init_weights()"
    if extra:
        yield ""
        yield from extra
    yield ""
    inputs = [f"{identifier(given.name)}: torch.Tensor" for given in first.graph.inputs]
    yield from _signature("forward", inputs, _result_type(first.graph))
    for statement, doc in forward:
        yield from _statement(statement, _plain(doc, shared), shared)


def _default(written: Written, name: str, parameters: Parameters) -> str:
    """A model's own parameters keep the defaults the spec gives them."""
    values = {identifier(argument): value for argument, value in written.graph.arguments.items()}
    return f" = {literal(values[name])}" if len(parameters.group) == 1 and name in values else ""


def _plain(doc: Doc, shared: bool) -> Doc:
    """A class for several uses shows no sizes: they differ."""
    if shared:
        return doc
    if isinstance(doc, Bracket):
        items = tuple(_plain(item, shared) for item in doc.items)
        return doc._replace(head=_plain(doc.head, shared), items=items, notes=())
    return Joined(tuple(_plain(part, shared) for part in doc.parts)) if isinstance(doc, Joined) else doc


def _statement(statement: Statement, doc: Doc, shared: bool) -> list[str]:
    if statement.target == "return":
        return lines(doc, 8 + statement.indent, "return ")
    before = f"{statement.target} = " if statement.target else ""
    return lines(doc, 8 + statement.indent, before, "", statement.note if shared else "")


def _signature(name: str, parameters: list[str], result: str) -> list[str]:
    return lines(Bracket(f"def {name}", "(", ("self", *parameters), ")"), 4, "", f" -> {result}:")


def _result_type(graph: Graph) -> str:
    if isinstance(graph.result_type, dict):
        return "dict[str, torch.Tensor]"
    return "torch.Tensor" if type(graph.result_type) is not tuple else "tuple[torch.Tensor, ...]"


def _docstring(graph: Graph) -> str:
    """What goes in, as the spec writes it, and what comes out of a model."""
    takes = ", ".join(f"{given.name} {text}" for given, text in zip(graph.inputs, input_types(graph)))
    return f"Takes {takes}." if takes else "Takes nothing."


def input_types(graph: Graph) -> list[str]:
    if graph.definition is None:  # a loss: nobody declared its inputs
        return [str(given.type) for given in graph.inputs]
    texts = [" ".join(d.type.span.text.split()) for d in declared_inputs(graph.definition)]
    return [text if _is_plain(text) else "a tensor" for text in texts]


def _is_plain(text: str) -> bool:
    return text.isascii() and all(letter.isalnum() or letter in " _[],.*+-/%<()" for letter in text)
