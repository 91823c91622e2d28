"""Formulas of LambdaLR: arithmetic of `step`, `steps`, `epoch`, `epochs`, `pi` and the math functions."""

from __future__ import annotations

from typing import Any

from specc.program.context import Frame
from specc.syntax import tree

NAMES = ("step", "steps", "epoch", "epochs", "pi")
FUNCTIONS = ("cos", "sin", "tan", "exp", "log", "sqrt", "floor", "ceil", "tanh", "min", "max", "abs", "round", "int")
PARTS = (
    tree.Number,
    tree.Name,
    tree.Call,
    tree.Unary,
    tree.Binary,
    tree.Comparison,
    tree.Paren,
    tree.IfExpr,
    tree.Group,
    tree.Argument,
)


def check_formula(frame: Frame, node: Any) -> bool:
    """Whether a formula can be computed; reports what stands in it and may not."""
    if isinstance(node, tree.Name):
        return _known(frame, node, NAMES, "unknown-name")
    if isinstance(node, tree.Call):
        called = isinstance(node.function, tree.Name) and _known(frame, node.function, FUNCTIONS, "unknown-function")
        return called and all([check_formula(frame, argument.value) for argument in node.arguments])
    if not isinstance(node, PARTS) or isinstance(node, tree.Binary) and node.op == "@":
        frame.report(
            "not-a-value", node.span, "a formula is arithmetic of step, steps, epoch, epochs and math functions"
        )
        return False
    return all([check_formula(frame, part) for part in _inner(node)])


def _inner(node: Any) -> list[Any]:
    if isinstance(node, tree.IfExpr):
        return [part for part in (node.condition, node.then.body, node.otherwise) if part is not None]
    if isinstance(node, tree.Group):
        return [node.body]
    if isinstance(node, tree.Comparison):
        return [node.first, *node.operands]
    names = {tree.Unary: ("operand",), tree.Binary: ("left", "right"), tree.Paren: ("inner",)}.get(type(node), ())
    return [getattr(node, name) for name in names]


def _known(frame: Frame, node: tree.Name, names: tuple[str, ...], rule: str) -> bool:
    if node.id in names:
        return True
    from specc.diagnostics.suggest import nearest

    near = nearest(node.id, names)
    frame.report(
        rule,
        node.span,
        f"{node.id} has no meaning in a formula",
        helps=(f"did you mean {near[0]}?" if near else "there are " + ", ".join(names),),
    )
    return False
