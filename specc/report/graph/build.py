"""From a typed program to what its picture shows."""

from __future__ import annotations

from math import prod
from typing import Any, Iterator, Mapping, Sequence

from specc.program.model import (
    BlockMember,
    Call,
    CheckStep,
    FunctionStep,
    Graph,
    LayerMember,
    Member,
    Model,
    ModuleStep,
    ParameterMember,
    Ref,
    StateOf,
    Step,
    TrainingStep,
)
from specc.report.graph.net import Net, Node
from specc.report.graph.words import Look, call_text, family, looker, plain, short, type_text
from specc.report.summary import own_parameters
from specc.types.tensor import Type

PLAIN = (bool, int, float, str)


class Nets:
    """The nets of a program. `known` are sizes to put in for symbols."""

    def __init__(self, known: Mapping[str, int], models: Mapping[str, Graph]) -> None:
        self.known = known
        self.models = models
        self._made: dict[int, Net] = {}

    def of(self, graph: Graph) -> Net:
        """The net of a graph; a graph that is used several times has one."""
        if id(graph) not in self._made:
            self._made[id(graph)] = Sketch(self, graph).net()
        return self._made[id(graph)]


class Sketch:
    """The nodes and edges of one graph, in the order of its steps."""

    def __init__(self, nets: Nets, graph: Graph) -> None:
        self.nets, self.graph = nets, graph
        self.nodes: list[Node] = []
        self.edges: list[tuple[int, int]] = []
        self.sources: dict[int, int] = {}  # the node that gives a value, by the value's number
        self.types: dict[int, Type] = {}
        self.members: dict[str, Member] = {member.path: member for member in graph.members}
        self.uses = _uses(graph)
        self.look: Look = looker(self.types, nets.known)

    def net(self) -> Net:
        """The whole graph with its inputs and, where it has several, its outputs by name."""
        for given in self.graph.inputs:
            self.value(given.ref, given.type, Node("input", "input", short(given.name)))
        self.steps(self.graph.steps)
        for name, value in results(self.graph).items():
            self.node(Node("output", "output", short(name)), [value])
        definition = self.graph.definition if self.graph.definition is not None else self.graph
        numbers = sum(_learned(member) for member in self.graph.members)
        return Net(self.graph.name, id(definition), numbers, tuple(self.nodes), tuple(dict.fromkeys(self.edges)))

    def node(self, node: Node, given: Any) -> int:
        """Add a node and the edges of the tensors in its arguments; a parameter of the graph is a node of its own."""
        sources = [self.sources[ref.id] if isinstance(ref, Ref) else self.state(ref.path) for ref in tensors(given)]
        self.nodes.append(node)
        self.edges += [(source, len(self.nodes) - 1) for source in sources]
        return len(self.nodes) - 1

    def value(self, ref: Ref, type_: Type, node: Node, given: Any = ()) -> None:
        """Add a node that gives a value."""
        shape = short(type_text(type_, self.nets.known), 60)
        name = self.graph.names.get(ref.id)
        hint = ", ".join(text for text in (node.hint or node.title, f"{short(name)} = {shape}" if name else "") if text)
        self.types[ref.id] = type_
        self.sources[ref.id] = self.node(node._replace(shape=shape, hint=hint), given)

    def state(self, path: str) -> int:
        """A parameter or buffer of the graph, or the weight of one of its layers, read as a value."""
        member = self.members.get(path)
        type_ = getattr(member, "type", None)
        shape = type_text(type_, self.nets.known) if type_ is not None else ""
        numbers = _learned(member) if isinstance(member, ParameterMember) else 0
        self.nodes.append(Node("state", "state", short(path), parameters=numbers, shape=shape, hint=short(path, 200)))
        return len(self.nodes) - 1

    def steps(self, steps: Sequence[Step]) -> None:
        place = 0
        while place < len(steps):
            step = steps[place]
            run = self._run(steps, place)
            if isinstance(step, ModuleStep):
                self._module(step, run)
            elif isinstance(step, FunctionStep):
                self._function(step)
            elif isinstance(step, TrainingStep):
                self._training(step)
            place += len(run)

    def _run(self, steps: Sequence[Step], place: int) -> list[Step]:
        """The step at a place, and those after it that apply the very same block to its result and nothing else."""
        found = [steps[place]]
        block = self._block(found[0])
        for step in steps[place + 1 :] if block is not None else ():
            before = found[-1].result  # type: ignore[union-attr]
            if self._block(step) is not block or step.args != (before,) or step.kwargs:  # type: ignore[union-attr]
                break
            if self.uses.get(before.id) != 1:
                break
            found.append(step)
        return found

    def _block(self, step: Step) -> Graph | None:
        """The graph of the block, or of the model, that a step applies."""
        member = self.members.get(step.path) if isinstance(step, ModuleStep) else None
        if isinstance(member, BlockMember):
            return member.graph
        if isinstance(step, ModuleStep) and member is None:
            return self.nets.models.get(step.path)
        return None

    def _module(self, step: ModuleStep, run: list[Step]) -> None:
        end: ModuleStep = run[-1]  # type: ignore[assignment]
        given, graph, member = (step.args, step.kwargs), self._block(step), self.members.get(step.path)
        paths = tuple(short(one.path, 200) for one in run)  # type: ignore[union-attr]
        if graph is not None:
            net = self.nets.of(graph)
            title, numbers = short(_block_title(graph)), net.parameters * len(run)
            hint = ", ".join((_named_arguments(graph), *paths))
            node = Node("block", "block", title, paths, "", numbers, hint=short(hint, 300), inside=net)
        elif isinstance(member, LayerMember):
            text = call_text(member.call, member.operation, self.look)
            hint = f"{short(text, 300)}, {paths[0]}"
            node = Node("layer", family(member.operation), short(text), paths, "", _learned(member), hint=hint)
        else:
            node = Node("layer", "plain", short(step.path), paths)
        self.value(end.result, end.type, node, given)

    def _function(self, step: FunctionStep) -> None:
        operation = step.use.operation if step.use is not None else None
        text = call_text(step.call, operation, self.look)
        picked = step.call.target == "operator.getitem" and isinstance(step.call.args[1], int)
        if picked and step.result.id not in self.uses:
            return
        name = self.graph.names.get(step.result.id) if picked else None
        node = Node("function", family(operation), short(name or text), hint=short(text, 300))
        self.value(step.result, step.type, node, (step.call.args, step.call.kwargs))

    def _training(self, step: TrainingStep) -> None:
        self.steps(step.then)
        self.steps(step.otherwise)
        node = Node("function", "plain", "if training", hint="the first in training, the second in evaluation")
        self.value(step.result, step.type, node, (step.then_result, step.otherwise_result))


def tensors(value: Any) -> Iterator[Any]:
    """The values and parameters of the graph in an argument, nested as it may be."""
    if isinstance(value, (Ref, StateOf)):
        yield value
    elif isinstance(value, Call):
        yield from tensors((value.args, value.kwargs))
    elif isinstance(value, dict):
        yield from tensors(tuple(value.values()))
    elif type(value) in (tuple, list):
        for item in value:
            yield from tensors(item)


def results(graph: Graph) -> dict[str, Any]:
    """What a graph gives, by the names the spec has for it."""
    from specc.program.objectives import output_types

    if isinstance(graph.result, dict):
        return dict(graph.result)
    several = type(graph.result) is tuple
    parts = graph.result if several else (graph.result,)
    names = list(output_types(graph)) if graph.definition is not None else []
    if len(names) != len(parts):
        names = [f"output{place}" for place in range(len(parts))] if several else ["output"]
    return dict(zip(names, parts))


def _uses(graph: Graph) -> dict[int, int]:
    """How often each value is used."""
    found: dict[int, int] = {}

    def visit(value: Any) -> None:
        for ref in tensors(value):
            if isinstance(ref, Ref):
                found[ref.id] = found.get(ref.id, 0) + 1

    def walk(steps: Sequence[Step]) -> None:
        for step in steps:
            if isinstance(step, TrainingStep):
                walk((*step.then, *step.otherwise))
                visit((step.then_result, step.otherwise_result))
            elif not isinstance(step, CheckStep):
                visit(step.call if isinstance(step, FunctionStep) else (step.args, step.kwargs))

    walk(graph.steps)
    visit(graph.result)
    return found


def _learned(member: Member) -> int:
    """The learned numbers of a member."""
    if isinstance(member, LayerMember):
        return sum(prod(state.shape) for state in member.state if not state.is_buffer)
    if isinstance(member, BlockMember):
        return sum(_learned(inner) for inner in member.graph.members)
    return prod(member.type.shape) if isinstance(member, ParameterMember) else 0


def _block_title(graph: Graph) -> str:
    """`Bottleneck(64, 2)`: a block with those arguments that are plain."""
    values = [plain(value) for value in graph.arguments.values() if type(value) in PLAIN]
    return f"{graph.name}({', '.join(values)})" if values else graph.name


def _named_arguments(graph: Graph) -> str:
    """`Bottleneck(planes=64, stride=2)`."""
    named = [f"{name}={plain(value)}" for name, value in graph.arguments.items() if type(value) in PLAIN]
    return f"{graph.name}({', '.join(named)})"


def model_net(nets: Nets, model: Model) -> Net:
    """A model's net; parameters that have two keys count once."""
    return nets.of(model.graph)._replace(parameters=sum(prod(entry.shape) for entry in own_parameters(model)))
