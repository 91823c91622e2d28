"""Neighbouring layers: pairs that undo each other, and layers that do nothing or the wrong thing where they stand."""

from __future__ import annotations

from typing import Callable, Iterator

from specc.checks import names
from specc.checks.flow import DROPOUTS, Node
from specc.checks.readers import readers
from specc.diagnostics.model import Diagnostic, Label, finding
from specc.types.tensor import TensorType

IDEMPOTENT = names.RELU | names.SIGMOID | {"Tanh", "tanh"} | names.ANY_SOFTMAX
MAPS = frozenset(("Dropout2d", "Dropout3d", "dropout2d", "dropout3d"))
ASIDE = frozenset(("Identity", "contiguous", "clone")) | DROPOUTS


def check(nodes: list[Node]) -> Iterator[Diagnostic]:
    """Findings on every layer and function of a model."""
    for node in nodes:
        for rule in RULES.get(node.name, ()):
            yield from rule(node)


def _twice(node: Node) -> Iterator[Diagnostic]:
    """The same activation again, or ReLU within ReLU6."""
    before = node.behind(ASIDE)
    if before is None or not _same_activation(before.name, node.name):
        return
    labels = (Label(before.span, "the first"),) if before.span != node.span else ()
    why = "the second changes nothing" if node.name in names.RELU else "the second flattens what the first made"
    yield finding(
        "double-activation",
        node.span,
        f"{before.name} and then {node.name}: {why}",
        labels=labels,
        helps=(f"leave one {node.name} out",),
    )


def _same_activation(first: str, second: str) -> bool:
    families = (names.RELU, names.SIGMOID, names.TANH, names.SOFTMAX, names.LOG_SOFTMAX)
    return any(first in family and second in family for family in families)


def _after_relu(node: Node) -> Iterator[Diagnostic]:
    """A probability of what has no negative values."""
    before = node.behind(ASIDE)
    if before is None or before.name not in names.RELU:
        return
    softmax = node.name in names.ANY_SOFTMAX
    what = "all scores below 0 become equal" if softmax else "no answer is below 0.5"
    yield finding(
        "relu-before-softmax" if softmax else "relu-before-sigmoid",
        before.span,
        f"{before.name} right before {node.name}: {what}",
        labels=(Label(node.span, "here"),),
        helps=(f"leave {before.name} out",),
    )


def _bias_before_norm(node: Node) -> Iterator[Diagnostic]:
    before = node.source
    if before is None or before.name not in names.AFFINE or before.value("bias") is not True:
        return
    if node.name in names.INSTANCE_NORMS and node.value("track_running_stats") or readers(before) > 1:
        return
    yield finding(
        "bias-before-norm",
        before.span,
        f"{node.name} takes the bias of this {before.name} away again",
        labels=(Label(node.span, "subtracts the mean of every channel"),),
        helps=("write bias=false",),
    )


def _flat_map_dropout(node: Node) -> Iterator[Diagnostic]:
    rank = node.input_type.rank if isinstance(node.input_type, TensorType) else None
    wanted = 4 if "2d" in node.name else 5
    if rank is None or rank >= wanted - (1 if wanted == 5 else 0):
        return
    plain = "Dropout" if node.name[0] == "D" else "dropout"
    instead = f"{plain}1d" if rank == 3 else plain
    yield finding(
        "dropout2d-on-flat-features",
        node.span,
        f"{node.name} drops maps, here are flat features: {node.input_type}",
        helps=(f"write {instead}",),
    )


def _degenerate_dropout(node: Node) -> Iterator[Diagnostic]:
    p, given = node.value("p"), node.step.use.given.get("p")
    if not isinstance(p, (int, float)) or 0 < p <= 0.5 or given is None or not _literal(given.span.text):
        return
    if 0.5 < p < 1:
        yield _strong_dropout(node, p)
        return
    what = "drops nothing" if p == 0 else "leaves nothing but 0 in training"
    severity = (
        "info" if p == 0 else None
    )  # published models keep such a dropout, as the place of one that may be wanted
    yield finding(
        "degenerate-dropout",
        node.span,
        f"{node.name} with p={p:g} {what}",
        severity=severity,
        helps=("leave it out, or write a p between 0 and 1",),
    )


def _strong_dropout(node: Node, p: float) -> Diagnostic:
    return finding(
        "degenerate-dropout",
        node.span,
        f"{node.name} with p={p:g} drops more than it keeps: p is the share to drop",
        severity="info",
        helps=(f"write {1 - p:g}, if that many were to be kept",),
    )


def _literal(text: str) -> bool:
    """Whether a number is written out: one that comes from a parameter may be a switch."""
    return text.split("=")[-1].strip().replace(".", "").isdigit()


def _recurrent_dropout(node: Node) -> Iterator[Diagnostic]:
    given = node.step.use.given.get("dropout")
    layers = node.step.use.given.get("num_layers")
    if not node.value("dropout") or node.value("num_layers") != 1 or given is None:
        return
    if layers is not None and not _literal(layers.span.text) or not _literal(given.span.text):
        return
    yield finding(
        "rnn-dropout-single-layer",
        given.span,
        f"dropout of {node.name} acts between its layers, num_layers is 1",
        helps=("leave dropout out, or write num_layers=2",),
    )


def _single_unit(node: Node) -> Iterator[Diagnostic]:
    type, axis = node.input_type, softmax_axis(node)
    if isinstance(type, TensorType) and axis is not None and axis < type.rank and type.shape[axis] == 1:
        always = "0" if node.name in names.LOG_SOFTMAX else "1"
        yield finding(
            "softmax-single-unit",
            node.span,
            f"{node.name} over axis {axis} of {type}, which has one value: it is always {always}",
            helps=("write Sigmoid for one probability",),
        )


def _over_batch(node: Node) -> Iterator[Diagnostic]:
    type, axis, root = node.input_type, softmax_axis(node), node.flow
    while root.outer is not None:
        root = root.outer
    first = root.graph.inputs[0].type if root.graph.inputs else None
    if (
        axis != 0
        or not isinstance(type, TensorType)
        or type.rank < 2
        or not isinstance(first, TensorType)
        or not first.rank
    ):
        return
    if type.shape[0] == first.shape[0]:
        why = "" if node.value("dim") is not None else " (without dim torch takes axis 0 here)"
        yield finding(
            "softmax-over-batch",
            node.span,
            f"{node.name} over axis 0, the batch: the samples compete with one another{why}",
            helps=(f"write {node.name}(1) for the classes",),
        )


def softmax_axis(node: Node) -> int | None:
    """The axis a softmax runs over, counted from the front."""
    type, dim = node.input_type, node.value("dim")
    if not isinstance(type, TensorType) or not type.rank:
        return None
    if node.name == "Softmax2d":
        return type.rank - 3
    if dim is None:
        return 0 if type.rank in (1, 3) else 1
    return dim % type.rank if isinstance(dim, int) else None


def _table() -> dict[str, tuple[Callable[[Node], Iterator[Diagnostic]], ...]]:
    rules: tuple[tuple[frozenset[str], Callable[[Node], Iterator[Diagnostic]]], ...] = (
        (IDEMPOTENT, _twice),
        (names.SIGMOID | names.ANY_SOFTMAX, _after_relu),
        (names.BATCH_NORMS | names.INSTANCE_NORMS, _bias_before_norm),
        (MAPS, _flat_map_dropout),
        (DROPOUTS, _degenerate_dropout),
        (names.RECURRENT, _recurrent_dropout),
        (names.ANY_SOFTMAX, _single_unit),
        (names.ANY_SOFTMAX, _over_batch),
    )
    table: dict[str, tuple[Callable[[Node], Iterator[Diagnostic]], ...]] = {}
    for kinds, rule in rules:
        for name in kinds:
            table[name] = (*table.get(name, ()), rule)
    return table


RULES = _table()
