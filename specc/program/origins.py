"""Where a wrong width may have come from: two directions of a recurrent layer, a map of another size."""

from __future__ import annotations

from math import isqrt
from typing import Any

from specc.diagnostics.model import Diagnostic, Label, finding
from specc.ops.base import Use
from specc.program.model import FunctionStep, ModuleStep, Ref
from specc.types.tensor import TensorType

RECURRENT = frozenset(("RNN", "LSTM", "GRU"))
# The argument that says which width a layer was made for, by the rule that finds it wrong.
WIDTHS = {"in-features-mismatch": "in_features", "rnn-input-size": "input_size",
          "norm-features-mismatch": "normalized_shape"}  # fmt: skip
FAR = 8  # steps to look back


def explained(problem: Diagnostic, use: Use, value: Any, makers: dict[int, Any]) -> Diagnostic:
    """The problem with what its width tells. `value` is what the layer is given, `makers` what made each value."""
    wanted = _number(use.values.get(WIDTHS.get(problem.name, "")))
    if wanted is None:
        return problem
    if problem.name == "in-features-mismatch":
        problem = _of_another_map(problem, wanted, value, makers)
    step = _behind(value, makers)
    known = step is not None and step.use.values["hidden_size"] == wanted
    return _of_one_state(problem, use, wanted, step) if known else problem


def _of_another_map(problem: Diagnostic, wanted: int, value: Any, makers: dict[int, Any]) -> Diagnostic:
    """Say what map the flattened width was computed for, if it is one of these channels: 800 = 32 * 5 * 5."""
    flatten = makers.get(value.id) if isinstance(value, Ref) else None
    if flatten is None or flatten.use is None or flatten.use.operation.name not in ("Flatten", "flatten"):
        return problem
    source = next(_refs(flatten.call.args if isinstance(flatten, FunctionStep) else flatten.args), None)
    step = makers.get(source.id) if source is not None else None
    shape = step.type.shape if step is not None and isinstance(step.type, TensorType) else ()
    if len(shape) != 4 or type(shape[1]) is not int or shape[1] < 1 or wanted % shape[1]:
        return problem
    side = isqrt(wanted // shape[1])
    if side < 1 or side * side * shape[1] != wanted:
        return problem
    text = f"{wanted} = {shape[1]} * {side} * {side} would need a {side}x{side} map here"
    return problem._replace(labels=(*problem.labels, Label(problem.span, text)))


def _of_one_state(problem: Diagnostic, use: Use, wanted: int, step: Any) -> Diagnostic:
    """The problem under its own name where one hidden state's width was taken for that of the layer's output."""
    both, projected = step.use.values["bidirectional"], step.use.values.get("proj_size", 0)
    if not (both or projected):
        return problem
    each = projected or wanted
    why = f"2 directions of {each}" if both else f"its projection has {each}"
    layer, given = step.use.operation.name, 2 * each if both else each
    return finding(
        "rnn-direction-width",
        problem.span,
        f"{use.title} takes the {wanted} features of one hidden state, {layer} gives {given}",
        labels=(Label(step.site.span, why), *(label for label in problem.labels if label.span != step.site.span)),
        helps=problem.helps,
    )


def _number(value: Any) -> int | None:
    if isinstance(value, (tuple, list)) and len(value) == 1:
        value = value[0]
    return value if type(value) is int else None


def _behind(value: Any, makers: dict[int, Any]) -> Any:
    """The recurrent layer that a value comes from by way of functions and layers with one input."""
    for _ in range(FAR):
        step = makers.get(value.id) if isinstance(value, Ref) else None
        if isinstance(step, ModuleStep) and step.use is not None and step.use.operation.name in RECURRENT:
            return step
        if not isinstance(step, (ModuleStep, FunctionStep)) or _makes_width(step):
            return None
        value = next(_refs(step.call.args if isinstance(step, FunctionStep) else step.args), None)
    return None


def _makes_width(step: Any) -> bool:
    """Whether a layer has a width of its own, so that what stands behind it no longer counts."""
    return step.use is not None and any(name in step.use.values for name in ("out_features", "embedding_dim"))


def _refs(value: Any) -> Any:
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _refs(item)
