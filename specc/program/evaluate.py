"""Expressions: what each kind of tree node is worth.

`evaluate(frame, node)` gives a compile-time value, or a tensor of the frame's graph. A mistake is reported and gives
UNKNOWN, which every later operation passes on in silence.
"""

from __future__ import annotations

from typing import Any, Callable

from specc.program import arithmetic, calls, chains, names
from specc.program.context import Frame
from specc.program.indexing import index_value
from specc.program.values import Env, Template, TensorValue, TrainingChoice, TrainingFlag, describe, holds_tensor
from specc.syntax import tree
from specc.types.tensor import UNKNOWN


def evaluate(frame: Frame, node: Any) -> Any:
    return RULES[type(node)](frame, node)


def _literal(frame: Frame, node: Any) -> Any:
    return node.value


def _string(frame: Frame, node: tree.String) -> Any:
    parts = [part if isinstance(part, str) else _shown(frame, part) for part in node.parts]
    return UNKNOWN if UNKNOWN in parts else arithmetic.within_length(frame, "".join(parts), node)


def _shown(frame: Frame, node: Any) -> Any:
    value = evaluate(frame, node)
    if value is UNKNOWN:
        return UNKNOWN
    if isinstance(value, (str, int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    frame.report("argument-type", node.span, f"{describe(value)} cannot stand inside a string")
    return UNKNOWN


def _hole(frame: Frame, node: tree.Hole) -> Any:
    if frame.hole is None:
        frame.report(
            "hole-without-axis",
            node.span,
            "_ has no meaning here",
            helps=("_ stands for the feature size of the value that enters a layer; write the number",),
        )
        return UNKNOWN
    return frame.hole(node.span)


def _dots(frame: Frame, node: tree.Dots) -> Any:
    frame.report("type-syntax", node.span, "... stands only in an index or a type")
    return UNKNOWN


def _unary(frame: Frame, node: tree.Unary) -> Any:
    operand = evaluate(frame, node.operand)
    if node.op == "not":
        if isinstance(operand, TrainingFlag):
            return TrainingChoice(False, True)
        truth_value = truth(frame, operand, node.operand)
        return UNKNOWN if truth_value is None else not truth_value
    return arithmetic.negate(frame, operand, node)


def _binary(frame: Frame, node: tree.Binary) -> Any:
    if node.op in ("and", "or"):
        return _logic(frame, node)
    return arithmetic.binary(frame, node.op, evaluate(frame, node.left), evaluate(frame, node.right), node)


def _logic(frame: Frame, node: tree.Binary) -> Any:
    left = truth(frame, evaluate(frame, node.left), node.left)
    if left is None:
        return UNKNOWN
    if left == (node.op == "or"):
        return left
    right = truth(frame, evaluate(frame, node.right), node.right)
    return UNKNOWN if right is None else right


def _comparison(frame: Frame, node: tree.Comparison) -> Any:
    left, result = evaluate(frame, node.first), True
    for op, operand in zip(node.ops, node.operands):
        right = evaluate(frame, operand)
        outcome = arithmetic.compare(frame, op, left, right, node)
        if outcome is UNKNOWN or len(node.ops) == 1:
            return outcome
        if holds_tensor(outcome):
            frame.report(
                "tensor-condition",
                node.span,
                "a comparison of tensors has one operator",
                helps=("write logical_and(a < b, b < c)",),
            )
            return UNKNOWN
        result, left = result and outcome, right
    return result


def _range(frame: Frame, node: tree.Range) -> Any:
    start, stop = evaluate(frame, node.start), evaluate(frame, node.stop)
    return arithmetic.span_of(frame, start, stop, node)


def _paren(frame: Frame, node: tree.Paren) -> Any:
    return evaluate(frame, node.inner)


def _tuple(frame: Frame, node: tree.Tuple) -> Any:
    if any(item.name for item in node.items):
        frame.report("not-a-value", node.span, "a tuple with names stands only before -> or after output")
        return UNKNOWN
    return arithmetic.within_length(frame, tuple(evaluate(frame, item.value) for item in node.items), node)


def _list(frame: Frame, node: tree.List) -> Any:
    return arithmetic.within_length(frame, [evaluate(frame, item) for item in node.items], node)


def _comprehension(frame: Frame, node: tree.Comprehension) -> Any:
    result = []
    for item in iterate(frame, node.iterable):
        frame.compilation.spend(1, node.span)
        inner = frame.within(Env(frame.env))
        inner.hole = frame.hole
        names.bind_target(inner, node.target, item)
        result.append(evaluate(inner, node.item))
    return arithmetic.within_length(frame, result, node)


def _index(frame: Frame, node: tree.Index) -> Any:
    return index_value(frame, evaluate(frame, node.value), node)


def _group(frame: Frame, node: tree.Group) -> Any:
    return chains.value_of(frame, node.body, chains.no_name(frame))


def _if(frame: Frame, node: tree.IfExpr) -> Any:
    return chains.value_of(frame, node, chains.no_name(frame))


def _loop_value(frame: Frame, node: Any) -> Any:
    frame.report(
        "not-a-value",
        node.span,
        "a loop gives no value here; it stands for steps after ->",
        helps=("write value -> for .. { .. }, or [item for x in list]",),
    )
    return UNKNOWN


def _chain(frame: Frame, node: tree.Chain) -> Any:
    return chains.chain_value(frame, node, chains.no_name(frame))


def _labelled(frame: Frame, node: tree.Labelled) -> Any:
    frame.report("not-a-value", node.span, "a labelled step needs a value before it: value -> label: Step")
    return UNKNOWN


def iterate(frame: Frame, node: Any) -> list[Any]:
    """The items of a loop's list; empty after reporting that there are none."""
    value = names.parts_of(frame, evaluate(frame, node), node)
    if type(value) in (list, tuple):
        return list(value)
    if value is not UNKNOWN:
        frame.report("not-a-value", node.span, f"a loop needs a list, a tuple or a range, this is {describe(value)}")
    return []


def truth(frame: Frame, value: Any, node: Any) -> bool | None:
    """A condition settled at compile time, or None after reporting that it cannot be."""
    if value is UNKNOWN:
        return None
    if isinstance(value, (bool, int, float, str, list, tuple)) and type(value) in (bool, int, float, str, list, tuple):
        return bool(value)
    if value is None:
        return False
    if isinstance(value, TensorValue):
        frame.report(
            "tensor-condition",
            node.span,
            "a condition on a tensor's values cannot be settled at compile time",
            helps=("choose with where(condition, a, b)",),
        )
    elif isinstance(value, (TrainingFlag, TrainingChoice)):
        frame.report(
            "tensor-condition", node.span, "training stands alone as a condition: if training { .. } else { .. }"
        )
    elif isinstance(value, Template):
        return True
    else:
        frame.report("tensor-condition", node.span, f"{describe(value)} is no condition")
    return None


RULES: dict[type, Callable[[Frame, Any], Any]] = {
    tree.Number: _literal,
    tree.Constant: _literal,
    tree.String: _string,
    tree.Hole: _hole,
    tree.Dots: _dots,
    tree.Name: names.name_value,
    tree.Attribute: names.attribute_value,
    tree.Index: _index,
    tree.Call: calls.call_value,
    tree.Unary: _unary,
    tree.Binary: _binary,
    tree.Comparison: _comparison,
    tree.Range: _range,
    tree.Paren: _paren,
    tree.Tuple: _tuple,
    tree.List: _list,
    tree.Comprehension: _comprehension,
    tree.Group: _group,
    tree.IfExpr: _if,
    tree.ForExpr: _loop_value,
    tree.RepeatExpr: _loop_value,
    tree.Chain: _chain,
    tree.Labelled: _labelled,
}
