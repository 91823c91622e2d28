"""Where values come from: back along the steps of a graph, into the blocks it uses and out to those that use it."""

from __future__ import annotations

from typing import Any, Iterator, NamedTuple

from specc.program.model import BlockMember, FunctionStep, Graph, ModuleStep, Program, Ref, TrainingStep
from specc.source import Span
from specc.types.tensor import UNKNOWN, Type

DROPOUTS = frozenset(
    (
        "Dropout",
        "Dropout1d",
        "Dropout2d",
        "Dropout3d",
        "AlphaDropout",
        "FeatureAlphaDropout",
        "dropout",
        "dropout1d",
        "dropout2d",
        "dropout3d",
        "alpha_dropout",
        "feature_alpha_dropout",
    )
)
RESHAPES = frozenset(
    (
        "Flatten",
        "Unflatten",
        "flatten",
        "unflatten",
        "reshape",
        "view",
        "squeeze",
        "unsqueeze",
        "contiguous",
        "clone",
        "rearrange",
        "permute",
        "transpose",
        "movedim",
        "moveaxis",
        "swapaxes",
        "T",
        "mT",
        "t",
    )
)
KEEPING = RESHAPES | frozenset(("Identity", "float", "to"))  # the values stay what they are, wherever they stand
TRANSPARENT = KEEPING | DROPOUTS


class Node(NamedTuple):
    """A layer or function at work: its step, in the graph it stands in."""

    flow: "Flow"
    step: Any

    @property
    def name(self) -> str:
        """The operation's name, empty for a block."""
        return "" if self.step.use is None else str(self.step.use.operation.name)

    @property
    def span(self) -> Span:
        span: Span = self.step.site.span
        return span

    @property
    def type(self) -> Type:
        return self.step.type

    @property
    def argument(self) -> Any:
        """The value it is applied to, a Ref where it is a tensor."""
        args = arguments(self.step)
        return args[0] if args else None

    @property
    def input_type(self) -> Type:
        return self.flow.type_of(self.argument)

    @property
    def source(self) -> "Node | None":
        """What made the value it is applied to."""
        return self.flow.producer(self.argument)

    def value(self, name: str, otherwise: Any = None) -> Any:
        """One of the operation's arguments."""
        return otherwise if self.step.use is None else self.step.use.values.get(name, otherwise)

    def behind(self, names: frozenset[str]) -> "Node | None":
        """What made its input, looking through operations of these names."""
        return through(self.source, names)


def through(node: Node | None, names: frozenset[str]) -> Node | None:
    """The node itself, or the first before it whose name is not among these."""
    while node is not None and node.name in names:
        node = node.source
    return node


def arguments(step: Any) -> tuple[Any, ...]:
    if isinstance(step, FunctionStep):
        return step.call.args
    return step.args if isinstance(step, ModuleStep) else ()


class Flow:
    """A graph where it is used: `outer` and `call` are what uses it, `feeds` says what its inputs hold."""

    __slots__ = ("graph", "outer", "call", "feeds", "graphs", "steps", "made", "inside", "reads")

    def __init__(
        self, graph: Graph, outer: "Flow | None" = None, call: Any = None, feeds: Any = None, graphs: Any = None
    ) -> None:
        self.graph, self.outer, self.call = graph, outer, call
        self.feeds: dict[str, tuple[Flow, Any]] = feeds or {}
        self.graphs: dict[str, Graph] = dict(graphs or {})
        self.graphs.update((member.path, member.graph) for member in graph.members if isinstance(member, BlockMember))
        self.steps = tuple(unfolded(graph.steps))
        self.made = {step.result.id: step for step in self.steps if isinstance(step.result, Ref)}
        self.inside: dict[int, Flow] = {}
        # by graph, for all flows below one root: how often each value is read, counted when first asked for
        self.reads: dict[int, dict[Any, int]] = {} if outer is None else outer.reads

    def nodes(self) -> Iterator[Node]:
        """Every layer and function of the graph and the blocks in it, in order."""
        for step in self.steps:
            inner = self.enter(step)
            if inner is not None:
                yield from inner.nodes()
            elif not isinstance(step, TrainingStep) and step.use is not None:
                yield Node(self, step)

    def everywhere(self) -> Iterator["Flow"]:
        """The graph itself and every use of a block in it, at any depth."""
        yield self
        for step in self.steps:
            inner = self.enter(step)
            if inner is not None:
                yield from inner.everywhere()

    def enter(self, step: Any) -> "Flow | None":
        """The block that a step calls, fed with what the step gives it."""
        graph = self.graphs.get(step.path) if isinstance(step, ModuleStep) else None
        if graph is None:
            return None
        if step.result.id not in self.inside:
            given = dict(zip((given.name for given in graph.inputs), step.args)) | dict(step.kwargs)
            feeds = {name: (self, value) for name, value in given.items()}
            self.inside[step.result.id] = Flow(graph, self, step, feeds)
        return self.inside[step.result.id]

    def producer(self, value: Any) -> Node | None:
        """The layer or function that made a value; None for the model's own inputs and what cannot be followed."""
        if not isinstance(value, Ref):
            return None
        step = self.made.get(value.id)
        if step is None:
            name = next((given.name for given in self.graph.inputs if given.ref == value), None)
            flow, fed = self.feeds.get(name or "", (None, None))
            return flow.producer(fed) if flow is not None else None
        if isinstance(step, TrainingStep):
            return None
        inner = self.enter(step)
        if inner is not None and isinstance(inner.graph.result, Ref):
            return inner.producer(inner.graph.result)
        return Node(self, step)

    def type_of(self, value: Any) -> Type:
        if not isinstance(value, Ref):
            return UNKNOWN
        if value.id in self.made:
            found: Type = self.made[value.id].type
            return found
        return next((given.type for given in self.graph.inputs if given.ref == value), UNKNOWN)


def unfolded(steps: Any) -> Iterator[Any]:
    """The steps that make values, those on the two sides of an `if training` among them."""
    for step in steps:
        if isinstance(step, TrainingStep):
            yield from unfolded(step.then)
            yield from unfolded(step.otherwise)
        if hasattr(step, "result"):
            yield step


def model_flows(program: Program) -> dict[str, Flow]:
    return {model.name: Flow(model.graph) for model in program.models}


def loss_flows(program: Program, models: dict[str, Flow]) -> list[Flow]:
    """The graphs of the losses, fed with the outputs of the model, and those of a training of one's own."""
    feeds = outputs_of(next(iter(models.values()))) if len(models) == 1 else {}
    graphs = {name: flow.graph for name, flow in models.items()}
    own = program.train.steps if program.train is not None else ()
    return [Flow(term.graph, feeds=feeds) for term in program.losses] + [
        Flow(step.graph, graphs=graphs) for step in own
    ]


def outputs_of(flow: Flow) -> dict[str, tuple[Flow, Any]]:
    """The model's outputs by the names a loss calls them by."""
    from specc.program.objectives import output_types

    result = flow.graph.result
    values = tuple(result.values()) if isinstance(result, dict) else result if type(result) is tuple else (result,)
    return {name: (flow, value) for name, value in zip(output_types(flow.graph), values)}
