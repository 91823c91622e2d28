"""Layers with weights, one after another: two with no nonlinearity between them, and stacks that do not train."""

from __future__ import annotations

from typing import Any, Iterator

from specc.checks import names
from specc.checks.flow import DROPOUTS, TRANSPARENT, Flow, Node, through
from specc.checks.readers import readers
from specc.diagnostics.model import Diagnostic, Label, finding
from specc.types.tensor import TensorType

BETWEEN = DROPOUTS | {"Identity", "contiguous", "clone"}
BETWEEN_LINEAR = BETWEEN | {"flatten", "Flatten"}
SQUASHING = names.ONE_SIDED | names.SATURATING
RESIZING = frozenset(f"{kind}{n}" for kind in ("MaxPool", "AvgPool", "AdaptiveAvgPool") for n in ("1d", "2d", "3d"))
SATURATED = 8  # a sigmoid counts 2, as its gradient is at most 1/4, a tanh 1


def check(nodes: list[Node]) -> Iterator[Diagnostic]:
    for node in nodes:
        name = node.name
        if name in names.AFFINE:
            yield from _after_affine(node)
        elif name in names.SATURATING:
            yield from _saturating(node)
        elif name in names.BATCH_NORMS:
            yield from _before_batch_norm(node)


def _after_affine(node: Node) -> Iterator[Diagnostic]:
    before = node.behind(BETWEEN_LINEAR if node.name in names.LINEAR else BETWEEN)
    if before is None or before.name != node.name or not _composes(before, node):
        return
    yield finding(
        "linear-linear",
        node.span,
        f"{node.name} right after {before.name}: without a nonlinearity between them they are one {node.name}",
        labels=(Label(before.span, "the first"),),
        helps=(f"put an activation between them: {before.name}(...) -> ReLU -> {node.name}(...)",),
    )


def _composes(before: Node, node: Node) -> bool:
    """Whether two affine layers could be one: not a factorisation, not depthwise and pointwise, used nowhere else."""
    start, middle, end = before.input_type, before.type, node.type
    if not all(isinstance(type, TensorType) for type in (start, middle, end)) or readers(before) > 1:
        return False
    axis = -1 if node.name in names.LINEAR else 1
    widths = [type.shape[axis] for type in (start, middle, end)]  # type: ignore[union-attr]
    known = all(type(width) is int for width in widths)
    if known and widths[1] < widths[0] and widths[1] < widths[2]:
        return False
    return widths[1] == node.input_type.shape[axis] and not _separable(before, node)  # type: ignore[union-attr]


def _separable(before: Node, node: Node) -> bool:
    """Convolutions that are a cheap form of one: groups, or kernels of another shape along each axis."""
    shapes = [step.value("kernel_size", 1) for step in (before, node)]
    grouped = any(step.value("groups", 1) != 1 for step in (before, node))
    return grouped or any(isinstance(shape, (tuple, list)) and len(set(shape)) > 1 for shape in shapes)


# ---------------------------------------------------------------- stacks


def _saturating(node: Node) -> Iterator[Diagnostic]:
    """Reported at the activation at which the stack becomes too deep."""
    below, weight = _layer_below(node), _weight(node)
    total, first = weight, node
    while below is not None and total < SATURATED + 2:
        total, first = total + _weight(below), below
        below = _layer_below(below)
    if SATURATED <= total and total - weight < SATURATED:
        yield finding(
            "deep-saturating-stack",
            node.span,
            f"{node.name} at the end of a stack of such activations: hardly any gradient comes through",
            labels=(Label(first.span, "from here on"),),
            helps=("write ReLU, or a normalisation before each of them",),
        )


def _weight(node: Node) -> int:
    return 2 if node.name in names.SIGMOID else 1


def _layer_below(node: Node) -> Node | None:
    """The saturating activation one layer with weights below."""
    affine = node.behind(TRANSPARENT | RESIZING)
    if affine is None or affine.name not in names.AFFINE:
        return None
    below = affine.behind(TRANSPARENT | RESIZING)
    return below if below is not None and below.name in names.SATURATING else None


def _before_batch_norm(node: Node) -> Iterator[Diagnostic]:
    before = node.source
    if before is not None and before.name in SQUASHING:
        yield finding(
            "activation-before-norm",
            node.span,
            f"{node.name} stands after {before.name}, it usually stands before",
            labels=(Label(before.span, "the activation"),),
            helps=(f"exchange {before.name} and {node.name}",),
        )
    if before is not None and before.name in names.AFFINE:
        before = before.source
    if before is not None and before.name in DROPOUTS and before.value("p"):
        yield finding(
            "dropout-before-batchnorm",
            before.span,
            f"{before.name} shifts the statistics that {node.name} keeps for evaluation",
            labels=(Label(node.span, "keeps mean and variance"),),
            helps=(f"move {before.name} behind it",),
        )


# ---------------------------------------------------------------- heads


def check_heads(losses: list[Flow]) -> Iterator[Diagnostic]:
    """A last layer with far fewer features than classes."""
    for flow in losses:
        for loss in flow.nodes():
            head = (
                through(loss.source, TRANSPARENT | names.LOG_SOFTMAX)
                if loss.name in names.CROSS_ENTROPY | names.NLL
                else None
            )
            if head is not None and head.name in names.LINEAR and head.source is not None:
                yield from _narrow(head)


def _narrow(head: Node) -> Iterator[Diagnostic]:
    width, classes = (_last(type) for type in (head.input_type, head.type))
    if type(width) is int and type(classes) is int and 2**width < classes:
        source = head.behind(TRANSPARENT | names.RELU | names.SATURATING)
        labels = (Label(source.span, f"{width} features"),) if source is not None else ()
        yield finding(
            "bottleneck-below-classes",
            head.span,
            f"{width} features are to tell {classes} classes apart",
            labels=labels,
            helps=("make the layer before it wider",),
        )


def _last(type: Any) -> Any:
    return type.shape[-1] if isinstance(type, TensorType) and type.rank else None
