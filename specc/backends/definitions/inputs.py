"""The inputs of a definition, and the sizes that their patterns name."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

from specc.backends.definitions.notes import note_text
from specc.backends.definitions.observed import nodes_in
from specc.backends.definitions.printer import Printer
from specc.backends.definitions.statics import constant, named, static, text_of
from specc.backends.definitions.values import Flow, Scope, Static, Unprintable
from specc.backends.layout import Joined
from specc.backends.python_text import identifier, size_name
from specc.program.model import Graph
from specc.syntax import tree
from specc.syntax.walk import declared_inputs, names_in
from specc.types.dims import Dim


class Size(NamedTuple):
    """A size that the pattern of an input names: what the script calls it, and the spec; the input and the axis."""

    name: str
    symbol: str
    place: int
    axis: int


class Inputs:
    """Binds the inputs of a definition and the symbols of their patterns.

    A symbol is a number, or a name with its value in each use (`sizes`), or known only at run time (`read`).
    """

    def __init__(self, printer: Printer, definition: tree.Block, uses: Sequence[Graph], scope: Scope) -> None:
        self.printer, self.definition, self.uses, self.scope = printer, definition, uses, scope
        self.declared = declared_inputs(definition)
        self.sizes: list[Size] = []
        self.read: list[Size] = []
        self.ranks: list[int] = []
        self.shapes: list[Any] = []
        counts = self._counts()
        for place, declared in enumerate(self.declared):
            types: list[Any] = [use.inputs[place].type for use in uses]
            self.ranks.append(len(types[0].shape))
            self.shapes.append(self._shape(declared.type.dims, place, types, counts))
            scope.names[declared.name] = Flow(identifier(declared.name), 10, self.shapes[-1])

    def _counts(self) -> dict[str, int]:
        """How often the lines of forward read each name."""
        counts: dict[str, int] = {}
        for statement in self.definition.body.statements:
            if not isinstance(statement, (tree.Input, tree.Param)):
                for node in nodes_in(statement):
                    if isinstance(node, tree.Name):
                        counts[node.id] = counts.get(node.id, 0) + 1
        return counts

    def _shape(self, dims: Any, place: int, types: list[Any], counts: dict[str, int]) -> Any:
        rank = len(types[0].shape)
        if dims is None or len(dims) != rank or any(len(type_.shape) != rank for type_ in types):
            return None
        return tuple(self._size(dim, Size("", "", place, axis), types, counts) for axis, dim in enumerate(dims))

    def _size(self, dim: Any, at: Size, types: list[Any], counts: dict[str, int]) -> Any:
        values = [type_.shape[at.axis] for type_ in types]
        if isinstance(dim, tree.Name) and self.scope.find(dim.id) is None:
            return self._symbol(at._replace(symbol=dim.id), values, counts)
        found = static(self.printer, dim, self.scope) if not isinstance(dim, tree.Dots) else None
        if found is not None:
            return found
        if any(self.scope.find(name.id) is None for name in names_in(dim)):
            if type(values[0]) is int and all(value == values[0] for value in values):
                return constant(values[0])
        return str(values[0]) if all(value == values[0] for value in values) else None

    def _symbol(self, at: Size, values: list[Any], counts: dict[str, int]) -> Any:
        """A size that the input's pattern names: a number, a name, or known only at run time."""
        if any(isinstance(value, Dim) for value in values):
            if not all(isinstance(value, Dim) for value in values):
                raise Unprintable("a size that only some uses know")
            return self._runtime(at, counts)
        if all(value == values[0] for value in values):
            found = constant(values[0])
        else:
            name = self._free(at)
            self.printer.columns[name] = values
            self.printer.axes[name] = (self.ranks[at.place], at.axis)
            self.printer.taken.add(name)
            self.sizes.append(at._replace(name=name))
            found = named(name)
        self.scope.names[at.symbol] = found
        return found

    def _runtime(self, at: Size, counts: dict[str, int]) -> str:
        """A size read off an input, before that input's name may stand for another tensor."""
        given = identifier(self.declared[at.place].name)
        size = Flow(Joined((given, f".shape[{at.axis}]")), 10, ())
        if counts.get(at.symbol):
            name = self._free(at)
            if any(size.name == name for size in self.read):  # two inputs have a length each
                name = f"{given}_{name}"
            self.read.append(at._replace(name=name))
            size = Flow(name, 10, ())
        self.scope.names[at.symbol] = size
        return at.symbol

    def _free(self, at: Size) -> str:
        name = size_name(at.symbol)
        before = "in"
        if (at.symbol, at.axis, self.ranks[at.place]) == ("S", 1, 4) and at.place:  # of a skip connection
            name, before = "channels", identifier(self.declared[at.place].name)
        return f"{before}_{name}" if name in self.printer.columns or name in self.printer.taken else name

    def beside(self, names: set[str]) -> set[str]:
        """All sizes of those inputs of which forward reads some anyway."""
        places = {size.place for size in self.sizes if size.name in names} | {size.place for size in self.read}
        return {size.name for size in self.sizes if size.place in places}

    # ------------------------------------------------------------ text

    def types(self, texts: list[str], hidden: Mapping[str, str]) -> str:
        """The inputs with their types (`texts`, as the spec has them), sizes in the words of the class."""
        shown = (self._type(text, shape, hidden) for text, shape in zip(texts, self.shapes))
        return ", ".join(f"{declared.name} {text}" for declared, text in zip(self.declared, shown))

    def _type(self, text: str, shape: Any, hidden: Mapping[str, str]) -> str:
        head, _, rest = text.partition("[")
        inner, _, tail = rest.partition("]")
        sizes = inner.split(", ")
        if len(sizes) != len(shape or ()):
            return text
        notes = [note_text((text_of(size),), hidden) if isinstance(size, Static) else "" for size in shape]
        sizes = [note[1:-1] or size for note, size in zip(notes, sizes)]
        return f"{head}[{', '.join(sizes)}]{tail}"

    def lines(self, wanted: set[str], indent: int) -> list[str]:
        """The lines of forward that read sizes off the inputs: those of run time, and those of `wanted` names."""
        text = []
        sizes = [*self.read, *(size for size in self.sizes if size.name in wanted)]
        for place, declared in enumerate(self.declared):
            given, own = identifier(declared.name), {size.axis: size.name for size in sizes if size.place == place}
            if len(own) == 1:
                text += [f"{name} = {given}.shape[{axis}]" for axis, name in own.items()]
            elif own:
                names = [own.get(axis, "_") for axis in range(self.ranks[place])]
                text.append(f"{', '.join(names)} = {given}.shape")
        return [" " * indent + line for line in text]
