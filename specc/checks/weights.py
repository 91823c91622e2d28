"""What a model declares: arguments never read, weights that start alike, norms at two places, the batch axis."""

from __future__ import annotations

from typing import Any, Iterator

from specc.checks import names
from specc.checks.flow import Flow, Node
from specc.diagnostics.model import Diagnostic, Label, finding
from specc.program.model import Model, ModuleStep, Program
from specc.syntax import tree
from specc.types.tensor import TensorType

BATCH_NAMES = frozenset(("N", "B", "batch"))
SEQUENTIAL = names.RECURRENT | names.ATTENTION
WEIGHTED = names.AFFINE | names.RECURRENT


def check(model: Model, flow: Flow, nodes: list[Node]) -> Iterator[Diagnostic]:
    yield from _constant(model)
    for inner in flow.everywhere():
        yield from _norm_twice(inner)
    told: set[Any] = set()  # a layer that is used again is the same layer
    for node in nodes:
        place = (id(node.flow.graph), getattr(node.step, "path", node.span))
        if node.name in SEQUENTIAL and _time_first(node) and place not in told:
            told.add(place)
            yield from _batch_axis(node, model)


def _constant(model: Model) -> Iterator[Diagnostic]:
    """A rule that makes all weights of a class of layers alike; zeros in a single layer are a usual start."""
    shapes = {entry.key: entry for entry in model.state}
    for rule in model.rules:
        if rule.sampled or rule.glob is not None or rule.path not in (None, "weight"):
            continue
        kinds = WEIGHTED if rule.layer is None else {rule.layer} & WEIGHTED
        filled = [
            key
            for key, call in model.fills.items()
            if call == rule.call and key in shapes and shapes[key].layer in kinds and len(shapes[key].shape) > 1
        ]
        if len(filled) > 1:
            yield finding(
                "constant-init",
                rule.site.span,
                f"the weights of {len(filled)} layers start out all alike, so their units stay alike",
                helps=("write a distribution: ~ kaiming_normal()",),
            )


def _norm_twice(flow: Flow) -> Iterator[Diagnostic]:
    first: dict[str, Any] = {}
    for step in flow.steps:
        if not isinstance(step, ModuleStep) or step.use is None or step.use.operation.name not in names.BATCH_NORMS:
            continue
        if step.path in first and step.use.values.get("track_running_stats", True):
            yield finding(
                "stateful-reuse",
                step.site.span,
                f"{step.use.operation.name} {step.path} is used twice: its statistics mix both places",
                labels=(Label(first[step.path].site.span, "the first"),),
                helps=("give each place a normalisation of its own",),
            )
        first.setdefault(step.path, step)


def _time_first(node: Node) -> bool:
    """Whether a layer takes [T, N, C]: by itself, or by the layer that it is a stack of."""
    layer = node.value("encoder_layer") or node.value("decoder_layer")
    first = node.value("batch_first") if layer is None else layer.values.get("batch_first")
    return first is False


def _batch_axis(node: Node, model: Model) -> Iterator[Diagnostic]:
    """A recurrent layer or an attention takes [T, N, C] unless told otherwise."""
    type, given = node.input_type, model.graph.inputs
    if not isinstance(type, TensorType) or type.rank != 3 or str(type.shape[0]) not in BATCH_NAMES:
        return
    if any(
        isinstance(item.type, TensorType) and item.type.rank and item.type.shape[0] == type.shape[0] for item in given
    ):
        yield finding(
            "batch-first-mismatch",
            node.span,
            f"{node.name} takes axis 0 for time, here it is the batch: {type}",
            helps=("write batch_first=true",),
        )


# ---------------------------------------------------------------- arguments of blocks


def check_arguments(program: Program, module: tree.Module) -> Iterator[Diagnostic]:
    """Arguments of blocks, models and functions that their bodies never mention."""
    definitions = [item for item in module.items if isinstance(item, (tree.Block, tree.Fn)) and item.parameters]
    passed = _passed_on(module) if definitions else set()
    for definition in definitions:
        if definition.name in passed:
            continue  # whoever is given it as a value may need this very list of arguments
        used = set(_mentioned((definition.body, [parameter.default for parameter in definition.parameters])))
        for parameter in definition.parameters:
            if parameter.name not in used and not parameter.name.startswith("_"):
                yield finding(
                    "unused-parameter",
                    parameter.span,
                    f"{definition.name} never reads {parameter.name}",
                    helps=("leave it out",),
                )


def _mentioned(item: Any) -> Iterator[str]:
    """Every name in a tree, those inside strings included."""
    return (part.id for part in _parts(item) if isinstance(part, tree.Name))


def _parts(item: Any) -> Iterator[Any]:
    """A tree and every tuple and list in it, its places excepted."""
    waiting = [item]
    while waiting:
        item = waiting.pop()
        yield item
        inner = item[:-1] if hasattr(item, "_fields") else item
        waiting += [part for part in inner if isinstance(part, (tuple, list))]


def _passed_on(item: Any) -> set[str]:
    """Names that are given to others as arguments or stand in a list."""
    found: set[str] = set()
    for part in _parts(item):
        if isinstance(part, tree.Argument) and isinstance(part.value, tree.Name):
            found.add(part.value.id)
        elif isinstance(part, (tree.List, tree.Parameter)):
            found.update(_mentioned(part))
    return found
