"""The loss: terms over the model's outputs, the parts of the sample and the target. Metrics read the same names."""

from __future__ import annotations

from typing import Any, Sequence

from specc.program import chains, library, operations
from specc.program.context import Frame, GraphBuilder, Slots
from specc.program.evaluate import evaluate
from specc.program.joins import settled
from specc.program.model import Data, Graph, GraphInput, LossTerm, MetricPlan, Model, Ref
from specc.program.operations import Arg
from specc.program.values import (
    MISSING,
    BlockValue,
    Env,
    OperationValue,
    Template,
    TensorValue,
    code,
    describe,
    has_unknown,
)
from specc.source import Span
from specc.syntax import tree
from specc.syntax.walk import names_in
from specc.types.tensor import UNKNOWN, TensorType, shown


class Scope:
    """What a loss can speak of: names with their types, in order; `output` and `target` may be missing.

    A name in `shared` is that of an output and of a part of the sample: it means the output, and must not be read.
    """

    def __init__(self, definitions: Sequence[Any], models: Sequence[Model], data: Data | None) -> None:
        self.types: dict[str, Any] = {}
        self.output: str | None = None
        self.shared: set[str] = set()
        if len(definitions) == 1:
            self.types = output_types(models[0].graph) if models else written_outputs(definitions[0])
            self.output = next(iter(self.types)) if len(self.types) == 1 else None
        known = data if definitions else None  # without a model, that it is missing is the one thing to say
        for part in known.parts if known else ():
            self.shared |= {part.name} & self.types.keys()
            self.types.setdefault(part.name, settled(part.name, part.type))
        self.target = known.target if known else None

    def refuse_shared(self, frame: Frame, name: str | None, span: Span) -> bool:
        """Report a name that may mean two things; whether it does."""
        if name not in self.shared:
            return False
        frame.report(
            "target-ambiguous",
            span,
            f"{name} is an output of the model and a part of the sample",
            helps=("give the part, or the variable in the model, another name",),
        )
        return True


def written_outputs(definition: Any) -> dict[str, Any]:
    """The names of the outputs of a model that has errors: of unknown type, so that they cause no further message."""
    written = _written_output(definition)
    items = [item.value for item in written.items] if isinstance(written, tree.Tuple) else [written]
    named = [item.name for item in written.items] if isinstance(written, tree.Tuple) else [None]
    return {
        name or (item.id if isinstance(item, tree.Name) else "output"): UNKNOWN for name, item in zip(named, items)
    }


def output_types(graph: Graph) -> dict[str, Any]:
    """The model's outputs by name: as named, by their variable, or `output`."""
    if isinstance(graph.result_type, dict):
        return dict(graph.result_type)
    written = _written_output(graph.definition)
    if type(graph.result_type) is tuple:
        items = written.items if isinstance(written, tree.Tuple) else ()
        names = [
            item.value.id if isinstance(item.value, tree.Name) else f"output{place}" for place, item in enumerate(items)
        ]
        names = names or [f"output{place}" for place in range(len(graph.result_type))]
        return dict(zip(names, graph.result_type))
    return {written.id if isinstance(written, tree.Name) else "output": graph.result_type}


def _written_output(definition: Any) -> Any:
    statements = definition.body.statements if definition is not None else ()
    return next((item.value for item in statements if isinstance(item, tree.Output)), None)


def elaborate_losses(frame: Frame, nodes: Sequence[tree.Loss], scope: Scope) -> tuple[LossTerm, ...]:
    found = [_term(frame, node, scope) for node in nodes]
    return tuple(term for term in found if term is not None)


def _term(frame: Frame, node: tree.Loss, scope: Scope) -> LossTerm | None:
    meant = {"target": scope.target}
    if any([scope.refuse_shared(frame, meant.get(name.id, name.id), name.span) for name in names_in(node.value)]):
        return None
    builder = GraphBuilder()
    slots = Slots("", "")
    inner = Frame(frame.compilation, builder, Env(frame.env), None, "", slots)
    refs = _bind_scope(inner, scope)
    value = chains.value_of(inner, node.value, slots)
    if isinstance(value, (Template, OperationValue, BlockValue)):
        value = _applied(inner, node, scope, slots)
    if isinstance(value, chains.Piped) or has_unknown(value):
        return None
    if not isinstance(value, TensorValue):
        frame.report("loss-shape", node.value.span, f"a loss is a tensor of one number, this is {describe(value)}")
        return None
    if not isinstance(value.type, TensorType) or value.type.shape != ():
        frame.report(
            "reduction-none-not-reduced" if _unreduced(builder) else "loss-shape",
            node.value.span,
            f"a loss is one number, this is {shown(value.type)}",
            helps=("reduce it: mean(...) or sum(...)",),
        )
        return None
    return LossTerm(node.name, _graph(inner, builder, refs, value, node), node.span)


def _bind_scope(frame: Frame, scope: Scope) -> dict[str, Ref]:
    """Give every name of the scope a value of the loss's graph."""
    refs: dict[str, Ref] = {}
    for name, type in scope.types.items():
        refs[name] = frame.graph.ref()
        if type is not UNKNOWN:
            frame.graph.inputs.append((GraphInput(name, refs[name], type), _Place(frame, name)))
        frame.env.bind(name, UNKNOWN if type is UNKNOWN else TensorValue(refs[name], type))
    for alias, meant in (("output", scope.output), ("target", scope.target)):
        if meant is not None and frame.env.names.get(alias, MISSING) is MISSING:
            frame.env.bind(alias, frame.env.names[meant])
    return refs


class _Place:
    """Where a label may point for an input of a loss: nowhere in particular, the whole file's start."""

    def __init__(self, frame: Frame, name: str) -> None:
        source = frame.compilation.source
        self.span = Span(source, 0, 0)


def _applied(frame: Frame, node: tree.Loss, scope: Scope, slots: Slots) -> Any:
    """`loss CrossEntropyLoss()`: the output against the target."""
    roles = (("output", scope.output), ("target", scope.target))
    missing = [what for what, name in roles if name is None]
    if missing and scope.types and not _unfed(frame):
        what = (
            "the model has several outputs"
            if missing[0] == "output"
            else "the sample has no part that is clearly the target"
        )
        frame.report(
            "target-ambiguous",
            node.value.span,
            f"{operations.title_of(node.value)} takes (output, target), {what}",
            helps=("name both: (logits, label) -> " + operations.title_of(node.value),),
        )
    if missing or scope.refuse_shared(frame, scope.target, node.value.span):
        return UNKNOWN
    args = tuple(Arg(None, frame.env.find(name), node.value.span) for _, name in roles if name is not None)
    return chains.apply_step(frame, node.value, chains.Piped(args), slots, None)


def _unfed(frame: Frame) -> bool:
    """Whether an input is reported that no part feeds: which part is the target cannot be said before it is mended."""
    return any(problem.name == "sample-mismatch" for problem in frame.compilation.problems)


def _unreduced(builder: GraphBuilder) -> bool:
    """Whether the last thing computed is a loss that was told not to reduce its values to one."""
    use = getattr(builder.steps[-1], "use", None) if builder.steps else None
    return use is not None and use.values.get("reduction") == "none"


def _graph(frame: Frame, builder: GraphBuilder, refs: dict[str, Ref], value: TensorValue, node: tree.Loss) -> Graph:
    """The frozen graph, with the inputs it uses."""
    used = set(_refs(builder.steps)) | set(_refs(value.code))
    inputs = tuple(given for given, _ in builder.inputs if given.ref in used)
    members = tuple(member for member in builder.members.values() if member is not None)
    return Graph(
        node.name or "Loss",
        None,
        {},
        inputs,
        members,
        tuple(builder.steps),
        code(value),
        value.type,
        (),
        builder.names,
        node.span,
    )


def _refs(item: Any) -> list[Ref]:
    """The values that steps read, at any depth."""
    if isinstance(item, Ref):
        return [item]
    if isinstance(item, slice):
        return _refs((item.start, item.stop, item.step))
    if not isinstance(item, (tuple, list)):
        return []
    skipped = ("use", "site", "type", "result")
    fields = getattr(item, "_fields", None)
    parts = item if fields is None else [getattr(item, name) for name in fields if name not in skipped]
    return [ref for part in parts for ref in _refs(part)]


# ---------------------------------------------------------------- metrics


def elaborate_metrics(frame: Frame, nodes: Sequence[tree.Metrics], scope: Scope) -> tuple[MetricPlan, ...]:
    found = [_metric(frame, item, scope) for node in nodes for item in node.arguments]
    return tuple(metric for metric in found if metric is not None)


def _metric(frame: Frame, item: tree.Argument, scope: Scope) -> MetricPlan | None:
    node = item.value
    operation = library.find(frame, "metric", node)
    if operation is None:
        return None
    inner = Frame(frame.compilation, GraphBuilder(), Env(frame.env))
    _bind_scope(inner, scope)
    given = library.callee_of(node)[1]
    args = [Arg(a.name, evaluate(inner, a.value), a.value.span) for a in given]
    metric = library.bound(frame, operation, args, node)
    inputs = _metric_inputs(frame, operation, given, scope, node)
    if metric is None or inputs is None:
        return None
    title = operation.name + "".join(str(arg.value) for arg in args if isinstance(arg.value, int))
    return MetricPlan(item.name or title, metric, inputs, node.span)


def _metric_inputs(
    frame: Frame, operation: Any, given: Sequence[Any], scope: Scope, node: Any
) -> tuple[str, ...] | None:
    """The names a metric compares: those written, else the output and the target."""
    names = [a.name for a in operation.arguments if not a.keyword_only]
    written = {a.name or (names[place] if place < len(names) else ""): a.value for place, a in enumerate(given)}
    inputs = []
    for role, usual in (("output", scope.output), ("target", scope.target)):
        value = written.get(role)
        name = (
            usual if value is None or isinstance(value, tree.Name) and value.id == role else getattr(value, "id", None)
        )
        if name is None or name not in scope.types:
            if scope.types and not _unfed(frame):
                frame.report(
                    "target-ambiguous",
                    node.span,
                    f"{operation.name} compares (output, target), the {role} has to be named",
                    helps=(f"write {operation.name}(output=.., target=..)",),
                )
            return None
        by_name = role == "target" or getattr(value, "id", role) != role
        if by_name and scope.refuse_shared(frame, name, node.span):
            return None
        inputs.append(name)
    return tuple(inputs)
