"""The typed program: what elaboration makes of a spec, and what checks, backends and reports read. Frozen.

A model is a `Graph`: members (layers, blocks, parameters, buffers by key path), steps in order, one result. A block
that is used several times with the same arguments and input types is one Graph, shared by its members. Every step
remembers the tree node it came from (`site`), so that the script backend can print the definition as it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from specc.ops.base import Given, Layer, Operation, State, Use
from specc.program.expressions import (
    Arithmetic as Arithmetic,
)
from specc.program.expressions import (
    Call as Call,
)
from specc.program.expressions import (
    Choose as Choose,
)
from specc.program.expressions import (
    InTraining as InTraining,
)
from specc.program.expressions import (
    Ref as Ref,
)
from specc.program.expressions import (
    SizeOf as SizeOf,
)
from specc.program.expressions import (
    StateOf as StateOf,
)
from specc.source import Span
from specc.types.tensor import TensorType, Type

# ---------------------------------------------------------------- steps


class ModuleStep(NamedTuple):
    """Call the member at `path`; `use` is the operation's bound use (None for blocks)."""

    path: str
    args: tuple[Any, ...]
    kwargs: tuple[tuple[str, Any], ...]
    result: Ref
    type: Type
    use: Use | None
    site: Any


class FunctionStep(NamedTuple):
    """Call a function, an operator or an index."""

    call: Call
    result: Ref
    type: Type
    use: Use | None
    site: Any


class TrainingStep(NamedTuple):
    """`if training`: one of two sequences of steps, each with its own result."""

    then: tuple["Step", ...]
    then_result: Any
    otherwise: tuple["Step", ...]
    otherwise_result: Any
    result: Ref
    type: Type
    site: Any


class CheckStep(NamedTuple):
    """A fact about sizes known only at run time, kept as a check; `condition` is an operator and its two sides."""

    condition: Any
    text: str
    site: Any


Step = ModuleStep | FunctionStep | TrainingStep | CheckStep


# ---------------------------------------------------------------- members


class LayerMember(NamedTuple):
    """A torch.nn layer: `call` constructs it, `state` is what it adds to the state dict below its path."""

    path: str
    operation: Layer
    call: Call
    use: Use
    state: tuple[State, ...]
    site: Any


class BlockMember(NamedTuple):
    path: str
    graph: "Graph"
    site: Any


class ParameterMember(NamedTuple):
    """A parameter of the graph itself. `fill` is a Call of torch.nn.init without its tensor, or what `steps` give."""

    path: str
    type: TensorType
    sampled: bool
    fill: Any
    trainable: bool
    site: Any
    steps: tuple[Step, ...] = ()


class BufferMember(NamedTuple):
    """A tensor computed once, when the module is built, by `steps` that end in `value`."""

    path: str
    type: TensorType
    steps: tuple[Step, ...]
    value: Any
    persistent: bool
    site: Any


Member = LayerMember | BlockMember | ParameterMember | BufferMember


class GraphInput(NamedTuple):
    name: str
    ref: Ref
    type: Type


class Graph(NamedTuple):
    """One use of a model or block: concrete arguments, concrete input types, everything settled.

    `result` is what output names: a Ref, a tuple of them, or a dict name → Ref where the outputs are named.
    `ties` are pairs of state paths that are one Parameter. `definition` is its tree (None for losses). `names` says
    what the spec calls a value (by the number of its Ref), for those it names.
    """

    name: str
    definition: Any
    arguments: dict[str, Any]
    inputs: tuple[GraphInput, ...]
    members: tuple[Member, ...]
    steps: tuple[Step, ...]
    result: Any
    result_type: Any
    ties: tuple[tuple[str, str], ...]
    names: dict[int, str]
    span: Span


class StateEntry(NamedTuple):
    """One key of a model's state dict."""

    key: str
    shape: tuple[Any, ...]
    dtype: str
    is_buffer: bool
    trainable: bool
    layer: str  # the layer's class, or "" for a block's own parameter or buffer


class InitRule(NamedTuple):
    """`glob` matches the module's path, `layer` its class, `path` the parameter below it; each may be None.

    `call` fills a parameter; where the rule speaks of `fan_in` it holds the call for a fan-in of 1 and `Model.fills`
    the real ones.
    """

    glob: str | None
    layer: str | None
    path: str | None
    sampled: bool
    call: Call
    fan_in: bool
    site: Any


class Model(NamedTuple):
    """A model with its own default arguments. `fills` says for each key that an init rule fills with which call."""

    name: str
    graph: Graph
    state: tuple[StateEntry, ...]
    rules: tuple[InitRule, ...]
    fills: dict[str, Call]
    sizes: dict[str, tuple[int, int | None]]  # least and greatest number for each size its inputs leave open
    facts: Any
    span: Span


# ---------------------------------------------------------------- the job


class Named(NamedTuple):
    """An operation with bound arguments, as transforms, optimizers, schedulers, metrics and data sets are.

    `values` holds every argument, defaults filled in; `call` only what the spec writes, `given` where it stands.
    """

    operation: Operation
    values: dict[str, Any]
    call: Call
    span: Span
    given: Mapping[str, Given] = {}

    def at(self, *names: str) -> Span:
        """The place of the first of these arguments that is written, else of the whole."""
        return next((self.given[name].span for name in names if name in self.given), self.span)


class Portion(NamedTuple):
    """One part of a `split(...)`: which of the fractions, and how the samples are drawn."""

    fractions: tuple[float, ...]
    index: int  # type: ignore[assignment]
    seed: int
    shuffle: bool


class Split(NamedTuple):
    """`train`, `val`, `test`: alternatives in order (`a or b`), transforms, loader settings (DataLoader's own, all
    of them).

    `shuffle` is settled: false for every split but train. `types` are the sample's parts after the transforms, without
    the batch axis; `count` the number of samples if known.
    """

    name: str
    sources: tuple[Named, ...]
    portion: Portion | None
    transforms: tuple[Named, ...]
    loader: dict[str, Any]
    types: tuple[Type, ...]
    count: int | None  # type: ignore[assignment]
    span: Span


class Part(NamedTuple):
    """A part of the sample, its type with the batch axis, and the model input it feeds (None: target or unused)."""

    name: str
    type: Type
    input: str | None


class Data(NamedTuple):
    splits: tuple[Split, ...]
    parts: tuple[Part, ...]
    target: str | None
    span: Span


class LossTerm(NamedTuple):
    """A graph whose inputs are named after model outputs (`output` if there is one), sample parts or `target`."""

    name: str | None
    graph: Graph
    span: Span


class ParameterGroup(NamedTuple):
    """`keys` are the parameters of the group, in order; `condition` is the tree of what the spec wrote."""

    keys: tuple[str, ...]
    settings: dict[str, Any]
    condition: Any
    span: Span


class OptimizerPlan(NamedTuple):
    """`groups` is empty where one group holds all parameters. `name` is "optimizer" unless the spec names it."""

    name: str
    optimizer: Named
    models: tuple[str, ...]
    groups: tuple[ParameterGroup, ...]
    span: Span


class TrainingLength(NamedTuple):
    """`_` in a scheduler's arguments: the number of steps or epochs it will run; `unit` is "step" or "epoch".

    It is a number only where the data is opened: a fallback (`a or b`) changes how many steps an epoch has.
    """

    unit: str


class SchedulerPlan(NamedTuple):
    """`unit` is "step", "epoch" or "metric" (then `metric` is e.g. "val.accuracy"); `formula` is LambdaLR's tree.

    Arguments of the scheduler that were written `_` hold a TrainingLength, in `values` and in `call`.
    """

    name: str
    scheduler: Named
    unit: str
    metric: str | None
    formula: Any
    optimizer: str
    span: Span


class MetricPlan(NamedTuple):
    """`inputs` are names of outputs and parts; `name` is what logs call it."""

    name: str
    metric: Named
    inputs: tuple[str, ...]
    span: Span


class Cadence(NamedTuple):
    count: int  # type: ignore[assignment]
    unit: str  # "step" or "epoch"


class StopRule(NamedTuple):
    metric: str
    patience: int


class StepPlan(NamedTuple):
    """One `step d with opt_d { ... }` of a training of one's own.

    The graph's inputs are sample parts, train buffers and values of earlier steps, by name; its module steps have the
    names of models as paths. Its result is a dict of every tensor the body names, `loss` among them.
    """

    name: str
    optimizer: str
    every: int
    graph: Graph
    span: Span


class Action(NamedTuple):
    """`every epoch { save_image(G(fixed), "fake_{epoch}.png") }`: `path` alternates text and the words "epoch" and
    "step".
    """

    cadence: "Cadence"
    name: str
    graph: Graph
    path: tuple[str, ...]
    options: dict[str, Any]
    span: Span


class Train(NamedTuple):
    """`settings` holds every train setting, defaults filled in (see ops/training/settings.py); `given` those written.

    `steps` is empty where the loss section says what a step does. `buffers` are tensors drawn once and saved with
    the run.
    """

    settings: dict[str, Any]
    given: tuple[str, ...]
    evaluate: Cadence | None
    evaluate_on: str | None
    log: Cadence | None
    save_best: str | None
    save_every: Cadence | None
    stop: StopRule | None
    buffers: tuple[BufferMember, ...]
    steps: tuple[StepPlan, ...]
    actions: tuple[Action, ...]
    span: Span


class Setting(NamedTuple):
    """What `--set` and a script's flags can change: "classes", "train.epochs", "optimizer.lr"."""

    path: str
    value: Any
    span: Span


class Program(NamedTuple):
    """A whole checked spec. Sections that the spec leaves out are None or empty."""

    models: tuple[Model, ...]
    data: Data | None
    losses: tuple[LossTerm, ...]
    optimizers: tuple[OptimizerPlan, ...]
    schedulers: tuple[SchedulerPlan, ...]
    metrics: tuple[MetricPlan, ...]
    train: Train | None
    settings: tuple[Setting, ...]
    externs: tuple[Operation, ...]  # the user's own Python that the spec uses
    definitions: dict[str, Any]  # top-level names as written: let, fn, block, extern (tree nodes), imports included
