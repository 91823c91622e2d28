"""Conditions turned round, as a person would write them."""

from __future__ import annotations

from typing import Any

from specc.backends.formula import python_formula, ranked
from specc.syntax import tree

OPPOSITE = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}


def negated(node: Any, names: dict[str, str] | None = None) -> str:
    """The text of a condition that holds where this one does not."""
    if isinstance(node, tree.Comparison) and len(node.ops) == 1 and node.ops[0] in OPPOSITE:
        return python_formula(node._replace(ops=(OPPOSITE[node.ops[0]],)), names)
    if isinstance(node, tree.Unary) and node.op == "not":
        return python_formula(node.operand, names)
    if isinstance(node, tree.Binary) and node.op in ("and", "or"):
        other = "or" if node.op == "and" else "and"
        sides = [negated(side, names) for side in (node.left, node.right)]
        nested = [isinstance(side, tree.Binary) and side.op == node.op for side in (node.left, node.right)]
        shown = [f"({text})" if other == "and" and inner else text for text, inner in zip(sides, nested)]
        return f" {other} ".join(shown)
    text, rank = ranked(node, names)
    return f"not {text}" if rank > 2 else f"not ({text})"
