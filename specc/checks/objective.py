"""The end of a model and its loss: what the loss expects, and what the last operation gives it."""

from __future__ import annotations

from typing import Iterator

from specc.checks import names
from specc.checks.flow import DROPOUTS, KEEPING, TRANSPARENT, Flow, Node, arguments, through
from specc.checks.layers import softmax_axis
from specc.diagnostics.model import Diagnostic, Label, finding
from specc.program.model import Program
from specc.types.tensor import INTEGERS, TensorType

# the loss, the last operation, the rule, what is wrong with it, what to write
CLASHES: tuple[tuple[frozenset[str], frozenset[str], str, str, str], ...] = (
    (
        names.CROSS_ENTROPY,
        names.SOFTMAX,
        "softmax-before-cross-entropy",
        "which applies softmax itself: twice, the loss stays far above 0",
        "leave {last} out: the loss takes logits",
    ),
    (
        names.CROSS_ENTROPY,
        names.LOG_SOFTMAX,
        "log-softmax-before-cross-entropy",
        "which applies it itself: a second time changes nothing",
        "leave {last} out, or write NLLLoss for the loss",
    ),
    (
        names.CROSS_ENTROPY,
        names.SIGMOID,
        "sigmoid-before-cross-entropy",
        "its logits lie between 0 and 1: no class can be nearly certain",
        "leave {last} out: the loss takes logits",
    ),
    (
        names.CROSS_ENTROPY,
        names.TANH,
        "tanh-before-cross-entropy",
        "its logits lie between -1 and 1: no class can be nearly certain",
        "leave {last} out: the loss takes logits",
    ),
    (
        names.BCE_LOGITS,
        names.SIGMOID,
        "sigmoid-before-bce-with-logits",
        "which applies sigmoid itself: twice, the loss stays above 0.31",
        "leave {last} out, or write BCELoss for the loss",
    ),
    (
        names.NLL,
        names.SOFTMAX,
        "softmax-before-nll",
        "which takes log-probabilities: of probabilities it is negative and means nothing",
        "write LogSoftmax, or leave {last} out and use CrossEntropyLoss",
    ),
    (
        names.NLL,
        names.AFFINE | names.ONE_SIDED | names.SATURATING,
        "logits-into-nll",
        "which takes log-probabilities: it would fall without end",
        "write CrossEntropyLoss for the loss, or -> LogSoftmax(1) after {last}",
    ),
    (
        names.BCE,
        names.AFFINE | names.ONE_SIDED | names.TANH,
        "logits-into-bce",
        "which takes probabilities: it fails outside 0 to 1",
        "write BCEWithLogitsLoss for the loss, or -> Sigmoid after {last}",
    ),
    (
        names.KL,
        names.AFFINE | names.ONE_SIDED | names.SATURATING | names.SOFTMAX,
        "kldiv-needs-log-probs",
        "which takes log-probabilities",
        "write LogSoftmax as the last operation",
    ),
    (
        names.CROSS_ENTROPY | names.BCE_LOGITS,
        names.ONE_SIDED,
        "activation-on-logits",
        "which takes logits of either sign",
        "leave {last} out",
    ),
    (
        names.CROSS_ENTROPY | names.BCE_LOGITS,
        names.BATCH_NORMS | {"LayerNorm"},
        "norm-after-last-layer",
        "which takes logits of any spread",
        "leave {last} out",
    ),
)


# What the last operation of a regression keeps its output to, and what to write instead.
_ABOVE = ("no output is below 0, and a unit below 0 learns nothing more", "for targets above 0 write Softplus")
_BETWEEN = ("every output lies between 0 and 1", "leave it out")
BOUNDS = {name: _ABOVE for name in names.RELU} | {name: _BETWEEN for name in names.SIGMOID | names.SOFTMAX}


def check(program: Program, losses: list[Flow]) -> Iterator[Diagnostic]:
    """Findings on every loss of the losses and of the steps of a training of one's own."""
    for flow in losses:
        for loss in flow.nodes():
            if loss.name in names.TRAINED | names.KL:
                yield from _clashes(loss)
                yield from _bounded(loss, program)
                yield from _sizes(loss)
                yield from _kinds(loss)
                yield from _settings(loss, program)


def _clashes(loss: Node) -> Iterator[Diagnostic]:
    outer = through(loss.source, KEEPING)
    if outer is not None and outer.name in DROPOUTS and loss.name in names.TRAINED:
        yield finding(
            "dropout-on-output",
            outer.span,
            f"{outer.name} stands between the last layer and {loss.name}: answers become 0 at random",
            labels=(Label(loss.span, "the loss"),),
            helps=(f"move {outer.name} before the last layer",),
        )
    last = through(outer, TRANSPARENT)
    for kinds, ends, rule, why, help in CLASHES:
        if last is not None and loss.name in kinds and last.name in ends and _over_classes(loss, last):
            yield finding(
                rule,
                last.span,
                f"{last.name} before {loss.name}, {why}",
                labels=(Label(loss.span, "the loss"),),
                helps=(help.format(last=last.name),),
            )


def _bounded(loss: Node, program: Program) -> Iterator[Diagnostic]:
    """A regression whose output cannot be any number, while its target can.

    A target with a declared range is left alone, and so is one that goes into a model: pictures and their
    reconstructions are numbers from 0 to 1.
    """
    last, target = through(loss.source, TRANSPARENT), _second(loss)
    if loss.name not in names.REGRESSION or last is None or last.name not in BOUNDS or _single(last):
        return
    type, parts = loss.flow.type_of(target), program.data.parts if program.data is not None else ()
    fed = any(part.input is not None and part.type == type for part in parts)
    if fed or not isinstance(type, TensorType) or type.range is not None:
        return
    why, help = BOUNDS[last.name]
    yield finding(
        "activation-on-regression-output",
        last.span,
        f"{last.name} before {loss.name}: {why}",
        labels=(Label(loss.span, "the loss"),),
        helps=(help, f"or declare the range of the target in sample, as in {type} < 1"),
    )


def _single(last: Node) -> bool:
    """A softmax of one value, which is a finding of its own."""
    axis = softmax_axis(last) if last.name in names.ANY_SOFTMAX else None
    return axis is not None and isinstance(last.type, TensorType) and last.type.shape[axis] == 1


def _over_classes(loss: Node, last: Node) -> bool:
    """Whether a softmax runs over what the loss takes for the classes, as far as reshapes between them let one see."""
    scores, dim = loss.input_type, last.value("dim")
    if (
        last.name not in names.ANY_SOFTMAX
        or dim is None
        or not isinstance(scores, TensorType)
        or not isinstance(last.type, TensorType)
    ):
        return True
    axis = dim % last.type.rank if last.type.rank else 0
    same_place = last.type.shape == scores.shape
    return axis == min(1, scores.rank - 1) if same_place else axis in (1, last.type.rank - 1)


def _sizes(loss: Node) -> Iterator[Diagnostic]:
    """The number of logits against the number of classes."""
    scores, target = loss.input_type, loss.flow.type_of(_second(loss))
    if loss.name not in names.CROSS_ENTROPY | names.NLL or not isinstance(scores, TensorType) or not scores.rank:
        return
    count = scores.shape[min(1, scores.rank - 1)]
    last = through(loss.source, TRANSPARENT)
    span, labels = (last.span, (Label(loss.span, "the loss"),)) if last is not None else (loss.span, ())
    if count == 1:
        yield finding(
            "single-logit-cross-entropy",
            span,
            f"{loss.name} over a single logit is 0 whatever the answer",
            labels=labels,
            helps=("write two logits, or BCEWithLogitsLoss for the loss",),
        )
    classes = target.range.high if isinstance(target, TensorType) and target.range is not None else None
    if type(count) is int and type(classes) is int and count > 1.1 * classes + 1:
        yield finding(
            "logits-exceed-classes",
            span,
            f"there are {count} logits for {classes} classes",
            labels=labels,
            helps=(f"write {classes} for {count}",),
        )


def _second(loss: Node) -> object:
    args = arguments(loss.step)
    return args[1] if len(args) > 1 else dict(loss.step.kwargs).get("target")


def _kinds(loss: Node) -> Iterator[Diagnostic]:
    target = loss.flow.type_of(_second(loss))
    if loss.name in names.REGRESSION and isinstance(target, TensorType) and target.dtype in INTEGERS:
        yield finding(
            "regression-target-int",
            loss.span,
            f"{loss.name} is given the target {target}, integers",
            helps=("convert it: .to(f32)",),
        )


def _settings(loss: Node, program: Program) -> Iterator[Diagnostic]:
    precision = program.train.settings["precision"] if program.train is not None else "f32"
    if loss.name in names.BCE and precision != "f32":
        yield finding(
            "bce-under-autocast",
            loss.span,
            f"{loss.name} under precision = {precision}: torch refuses it on a GPU",
            helps=("leave the last Sigmoid out and write BCEWithLogitsLoss",),
        )
    if loss.name in names.KL and loss.value("reduction") == "mean":
        yield finding(
            "kldiv-needs-log-probs",
            loss.span,
            'KLDivLoss with reduction="mean" divides by the number of values, not of samples',
            helps=('write KLDivLoss(reduction="batchmean")',),
        )
