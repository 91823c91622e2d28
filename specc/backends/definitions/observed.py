"""What the checked program knows of a place in the spec: the steps and layers made there, with their types."""

from __future__ import annotations

from typing import Any, Callable, Iterator, NamedTuple, Sequence

from specc.backends.definitions.statics import constant
from specc.backends.definitions.substitution import related
from specc.backends.definitions.values import Static
from specc.backends.script_forward import refs_in
from specc.program.model import BlockMember, CheckStep, Graph, TrainingStep
from specc.syntax import tree
from specc.types.dims import Dim
from specc.types.tensor import TensorType

OUTPUT_SIZES = ("out_channels", "out_features", "embedding_dim", "num_features")  # arguments that say what comes out


class Seen(NamedTuple):
    """One step: its graph, the types that went in and the type that came out."""

    graph: Graph
    step: Any
    inputs: tuple[Any, ...]
    type: Any


class Observed:
    """Steps and members of many graphs by the place in the spec they came from."""

    def __init__(self, roots: Sequence[Graph]) -> None:
        self.graphs: list[Graph] = []
        self.steps: dict[Any, list[Seen]] = {}
        self.members: dict[Any, list[tuple[Graph, Any]]] = {}
        self.checked: set[Any] = set()
        for root in roots:
            self._collect(root)
        for graph in self.graphs:
            self._note(graph)

    def uses(self, definition: Any) -> list[Graph]:
        """Every distinct use of a block or model."""
        return [g for g in self.graphs if g.definition is not None and place(g.definition) == place(definition)]

    def _collect(self, graph: Graph) -> None:
        """Every graph once, blocks before those that use them."""
        if any(graph is known for known in self.graphs):
            return
        for member in graph.members:
            if isinstance(member, BlockMember):
                self._collect(member.graph)
        self.graphs.append(graph)

    def _note(self, graph: Graph) -> None:
        for member in graph.members:
            self.members.setdefault(place(member.site), []).append((graph, member))
        types = {given.ref.id: given.type for given in graph.inputs}
        for step in _all_steps(graph.steps):
            if isinstance(step, CheckStep):
                self.checked.add(place(step.site))
                continue
            inputs = () if isinstance(step, TrainingStep) else tuple(types.get(ref.id) for ref in refs_in(step))
            types[step.result.id] = step.type
            self.steps.setdefault(place(step.site), []).append(Seen(graph, step, inputs, step.type))

    def at(self, node: Any) -> list[Seen]:
        return self.steps.get(place(node), [])

    def made_at(self, node: Any) -> list[Any]:
        return [member for _, member in self.members.get(place(node), [])]

    def members_at(self, node: Any) -> list[tuple[Graph, Any]]:
        return self.members.get(place(node), [])

    def checks(self, node: Any) -> bool:
        """Whether a fact is kept as a check at run time."""
        return place(node) in self.checked

    def reaches(self, node: Any, leaves_trace: Callable[[str], bool]) -> bool | None:
        """Whether anything of an expression was ever elaborated; None where it holds nothing that leaves a trace.

        `leaves_trace` says of a name whether using it makes a step or a layer of its own.
        """
        inner = list(nodes_in(node))
        if any(place(one) in self.steps or place(one) in self.members for one in inner):
            return True
        callees = [one.function for one in inner if isinstance(one, tree.Call)]
        names = [one.id for one in callees if isinstance(one, tree.Name)]
        return False if any(leaves_trace(name) for name in names) else None


def _all_steps(steps: Any) -> Iterator[Any]:
    for step in steps:
        if isinstance(step, TrainingStep):
            yield from _all_steps(step.then)
            yield from _all_steps(step.otherwise)
        yield step


def place(node: Any) -> tuple[Any, ...]:
    """A node's place in its text: the same for every parse of it."""
    return node.span.source.name, node.span.start, node.span.end


def nodes_in(node: Any) -> Iterator[Any]:
    """A node and all below it."""
    if isinstance(node, tuple):
        if hasattr(node, "span"):
            yield node
        for part in node:
            if not hasattr(part, "source"):
                yield from nodes_in(part)


# ---------------------------------------------------------------- sizes


def shape_after(seen: Sequence[Seen], inputs: Sequence[Any], made: Sequence[tuple[str, Static, list[Any]]] = ()) -> Any:
    """The shape of a step's result: each axis a number, a size of an input, an argument, or the sum of the inputs'.

    `inputs` are shapes (or a Flows) as they went in, `made` the arguments of a layer with their values, step by step.
    """
    if not seen or not all(isinstance(one.type, TensorType) for one in seen):
        return None
    rank = len(seen[0].type.shape)
    if any(len(one.type.shape) != rank for one in seen):
        return None
    return tuple(_axis(seen, axis, inputs, made) for axis in range(rank))


def _axis(seen: Sequence[Seen], axis: int, inputs: Sequence[Any], made: Any) -> Any:
    column = [one.type.shape[axis] for one in seen]
    if all(size == column[0] for size in column):
        return constant(column[0]) if type(column[0]) is int else str(column[0])
    for name, argument, values in made:
        if name in OUTPUT_SIZES and values == column:
            return argument
    shapes = [(number, shape) for number, shape in enumerate(inputs) if isinstance(shape, tuple)]
    same = [(number, shape, axis) for number, shape in shapes if axis < len(shape)]
    moved = [(number, shape) for number, shape in shapes if _may_move(seen, number)]
    others = [(number, shape, other) for number, shape in moved for other in range(len(shape))]
    for number, shape, at in (*same, *others):
        if shape[at] is not None and _went_in(seen, number, at) == column:
            return shape[at]
    return None


def _may_move(seen: Sequence[Seen], number: int) -> bool:
    """Whether the axes of an input may have other places in the result: it has more or fewer, or the same sizes."""
    types = [one.inputs[number] if number < len(one.inputs) else None for one in seen]
    return all(
        isinstance(type_, TensorType)
        and (type_.rank != one.type.rank or sorted(map(str, type_.shape)) == sorted(map(str, one.type.shape)))
        for type_, one in zip(types, seen)
    )


def _went_in(seen: Sequence[Seen], number: int, axis: int) -> list[Any] | None:
    """The sizes of an axis of the inputs at a place, step by step."""
    column = []
    for one in seen:
        type_ = one.inputs[number] if number < len(one.inputs) else None
        if not isinstance(type_, TensorType) or axis >= len(type_.shape):
            return None
        column.append(type_.shape[axis])
    return column


def followed(seen: Sequence[Seen], shape: Any, inputs: Sequence[Any]) -> Any:
    """A shape whose unknown sizes are worked out from the same axis of an input, where they follow it in every step."""
    if shape is None:
        return None
    return tuple(_followed(seen, axis, inputs) if size is None else size for axis, size in enumerate(shape))


def _followed(seen: Sequence[Seen], axis: int, inputs: Sequence[Any]) -> Static | None:
    column = [one.type.shape[axis] for one in seen]
    for number, shape in enumerate(inputs):
        size = shape[axis] if isinstance(shape, tuple) and axis < len(shape) else None
        before = _went_in(seen, number, axis)
        found = related(size, before, column) if isinstance(size, Static) and size.is_open and before else None
        if found is not None:
            return found
    return None


def summed(seen: Sequence[Seen], axis: int) -> bool:
    """Whether the result's axis is the sum of the inputs' in every step, as cat has it."""
    for one in seen:
        parts = [t.shape[axis] for t in one.inputs if isinstance(t, TensorType) and axis < len(t.shape)]
        if len(parts) != len(one.inputs) or not isinstance(one.type, TensorType) or one.type.rank <= axis:
            return False
        if any(isinstance(part, Dim) for part in parts) or sum(parts) != one.type.shape[axis]:
            return False
    return bool(seen)
