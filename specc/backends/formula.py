"""The formula of a LambdaLR as a Python expression."""

from __future__ import annotations

from typing import Any

from specc.backends.python_text import literal
from specc.syntax import tree

# how tightly operators bind, as in Python
ORDER = {
    "or": 1,
    "and": 2,
    "not": 3,
    "compare": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "//": 6,
    "%": 6,
    "negative": 7,
    "**": 8,
}
ATOM = 9


def python_formula(node: Any, names: dict[str, str] | None = None) -> str:
    """Python text of a formula tree; `names` says what a name is called in Python where that differs."""
    return _text(node, names or {})[0]


def _text(node: Any, names: dict[str, str]) -> tuple[str, int]:
    """Text and how tightly its outermost operator binds."""
    if isinstance(node, (tree.Number, tree.Constant)):
        return literal(node.value), ATOM
    if isinstance(node, tree.Name):
        return names.get(node.id, node.id), ATOM
    if isinstance(node, tree.Paren):
        return _text(node.inner, names)
    if isinstance(node, tree.Call):
        return f"{_text(node.function, names)[0]}({', '.join(_text(a.value, names)[0] for a in node.arguments)})", ATOM
    if isinstance(node, tree.Unary):
        rank = ORDER["not" if node.op == "not" else "negative"]
        return f"{'not ' if node.op == 'not' else '-'}{_inside(node.operand, rank, names)}", rank
    if isinstance(node, tree.Binary):
        return _binary(node, names)
    if isinstance(node, tree.Comparison):
        rest = "".join(f" {op} {_inside(side, 5, names)}" for op, side in zip(node.ops, node.operands))
        return _inside(node.first, 5, names) + rest, ORDER["compare"]
    if isinstance(node, tree.IfExpr) and node.otherwise is not None:
        sides = [_inside(part, 1, names) for part in (node.then, node.condition, node.otherwise)]
        return f"{sides[0]} if {sides[1]} else {sides[2]}", 0
    if isinstance(node, tree.Group):
        return _text(node.body, names)
    raise TypeError(f"{type(node).__name__} cannot stand in a formula")


def _binary(node: tree.Binary, names: dict[str, str]) -> tuple[str, int]:
    rank = ORDER[node.op]
    right_first = node.op == "**"  # 2 ** 3 ** 2 is 2 ** (3 ** 2); all others group from the left
    left = _inside(node.left, rank + right_first, names)
    right = _inside(node.right, rank + (not right_first), names)
    tight = right_first and all(side.replace(".", "").replace("_", "").isalnum() for side in (left, right))
    return f"{left}{node.op}{right}" if tight else f"{left} {node.op} {right}", rank


def operands(node: Any, names: dict[str, str] | None = None) -> list[str]:
    """A formula in the pieces its outermost operators join, each but the first with its operator before it."""
    node = node.inner if isinstance(node, tree.Paren) else node
    if not isinstance(node, tree.Binary) or node.op == "**":
        return [python_formula(node, names)]
    rank = ORDER[node.op]
    same = isinstance(node.left, tree.Binary) and ORDER[node.left.op] == rank
    left = operands(node.left, names) if same else [_inside(node.left, rank, names or {})]
    return [*left, f"{node.op} {_inside(node.right, rank + 1, names or {})}"]


def _inside(node: Any, rank: int, names: dict[str, str]) -> str:
    text, own = _text(node, names)
    return text if own >= rank else f"({text})"
