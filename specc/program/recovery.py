"""Going on after a mistake in a layer, so that one pass finds the mistakes behind it too.

The layer is taken for what it was plainly meant to be: a misspelt argument for the one it resembles, a wrong number of
features for the number that flows in. Where that leaves doubt about the result's sizes there is none, for a guess must
not lead to findings of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from specc.diagnostics.model import Diagnostic
from specc.ops.base import REQUIRED, Layer
from specc.program import operations
from specc.program.context import Frame
from specc.program.operations import Arg
from specc.program.values import TensorValue
from specc.types.tensor import UNKNOWN, Size, TensorType

WIDTHS = ("in-features-mismatch", "in-channels-mismatch", "norm-features-mismatch", "rnn-input-size")


def result_of(
    frame: Frame, operation: Layer, args: Sequence[Arg], value: Any, path: str, node: Any, found: Sequence[Diagnostic]
) -> Any:
    """The value a layer with the findings `found` was meant to give; UNKNOWN where that is not plain."""
    if not isinstance(value, TensorValue) or not isinstance(value.type, TensorType):
        return UNKNOWN
    meant: Sequence[Arg] | None = args
    for problem in found:
        meant = None if meant is None else _mended(operation, meant, value.type, problem)
    if not found or meant is None:
        return UNKNOWN
    attempt = partial(_applied, frame, operation, meant, value, path, node)
    if all(problem.fix for problem in found):  # slips of the pen: what else is wrong with the layer is news
        before = len(frame.compilation.problems)
        result = attempt()
        more = frame.compilation.problems[before:]
        return result if result is not UNKNOWN else result_of(frame, operation, meant, value, path, node, more)
    result = quietly(frame, attempt)
    sure = all(problem.name in WIDTHS for problem in found)
    return result if sure or _keeps_sizes(operation, value, result) else UNKNOWN


def _mended(operation: Layer, args: Sequence[Arg], type: TensorType, problem: Diagnostic) -> Sequence[Arg] | None:
    """The arguments without the one mistake; None where it is not one of a single argument."""
    for at, arg in enumerate(args):
        if arg.span.source is problem.span.source and arg.span.start <= problem.span.start < arg.span.end:
            other = _instead(operation, args, at, type, problem)
            return None if other is None else [*args[:at], *other, *args[at + 1 :]]
    return None


def _instead(
    operation: Layer, args: Sequence[Arg], at: int, type: TensorType, problem: Diagnostic
) -> Sequence[Arg] | None:
    """What stands in the place of a wrong argument."""
    arg = args[at]
    if problem.name == "unknown-argument":
        return [arg._replace(name=problem.fix.edits[0].text)] if problem.fix else []
    if problem.name in WIDTHS:
        width = _width(operation, args, at, type)
        return None if width is None else [arg._replace(value=width)]
    if problem.name not in ("argument-type", "argument-domain"):
        return None
    known = next((a for a in operation.arguments if a.name == arg.name), None) if arg.name else operation.arguments[at]
    return None if known is None or known.default is REQUIRED else [arg._replace(value=known.default)]


def _width(operation: Layer, args: Sequence[Arg], at: int, type: TensorType) -> Size | None:
    """The number of features, where only that is wrong: not where it is exchanged with the number after it, where it is
    the size of another axis, or where the input may lack an axis, or a Linear the flatten before it.
    """
    if operation.feature_axis is None or args[at].value in type.shape:
        return None
    width = type.shape[operation.feature_axis]
    if len(args) > 1 and args[1].value == width:
        return None
    usual = {"Linear": 2, "RNN": 3, "LSTM": 3, "GRU": 3}.get(operation.name, type.rank)
    return width if type.rank == usual else None


def quietly(frame: Frame, attempt: Callable[[], Any]) -> Any:
    """What an attempt gives; what it reports is forgotten."""
    problems = frame.compilation.problems
    before = len(problems)
    result = attempt()
    del problems[before:]
    return result


def _applied(frame: Frame, operation: Layer, args: Sequence[Arg], value: TensorValue, path: str, node: Any) -> Any:
    member = operations.make_layer(frame, operation, args, path, node)
    given = [operations.argument(value, node)]
    return UNKNOWN if member is None else operations.call_layer(frame, member, given, node)


def _keeps_sizes(operation: Layer, value: TensorValue, result: Any) -> bool:
    """Whether a layer leaves all sizes but that of its features as they are, whatever its other arguments."""
    before, after = value.type, getattr(result, "type", None)
    if not isinstance(before, TensorType) or not isinstance(after, TensorType) or before.rank != after.rank:
        return False
    axis = operation.feature_axis
    own = None if axis is None else axis % before.rank
    return all(a == b for place, (a, b) in enumerate(zip(before.shape, after.shape)) if place != own)
