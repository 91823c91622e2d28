"""Widths behind recurrent layers: two directions give twice the hidden size, a projection gives its own."""

from __future__ import annotations

from typing import Any

from specc.diagnostics.model import Diagnostic, Label, finding
from specc.ops.base import Use
from specc.program.model import FunctionStep, ModuleStep, Ref

RECURRENT = frozenset(("RNN", "LSTM", "GRU"))
# The argument that says which width a layer was made for, by the rule that finds it wrong.
WIDTHS = {"in-features-mismatch": "in_features", "rnn-input-size": "input_size",
          "norm-features-mismatch": "normalized_shape"}  # fmt: skip
FAR = 8  # steps to look back


def explained(problem: Diagnostic, use: Use, value: Any, makers: dict[int, Any]) -> Diagnostic:
    """The problem, under its own name where the width of a recurrent layer's hidden state was taken for its output's.

    `value` is what the layer is given, `makers` holds the step that made each value.
    """
    wanted = _number(use.values.get(WIDTHS.get(problem.name, "")))
    step = _behind(value, makers)
    if wanted is None or step is None or step.use.values["hidden_size"] != wanted:
        return problem
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
