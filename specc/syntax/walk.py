"""Walking a tree."""

from __future__ import annotations

from typing import Any

from specc.source import Span
from specc.syntax import tree


def names_in(node: Any) -> list[tree.Name]:
    """The names an expression reads, in order; not those it only calls."""
    if isinstance(node, tree.Name):
        return [node]
    found: list[tree.Name] = []
    if isinstance(node, tuple) and not hasattr(node, "source"):
        for part in node:
            if isinstance(part, tuple):
                found += names_in(part)
    if isinstance(node, tree.Call):
        found = [name for name in found if name is not node.function]
    return found


def declared_inputs(definition: tree.Block) -> list[tree.Declared]:
    """The inputs a block or model declares, in order."""
    inputs = (item for item in definition.body.statements if isinstance(item, tree.Input))
    return [declared for item in inputs for declared in item.declarations]


def conjuncts(condition: Any) -> list[Any]:
    """The conditions that hold together if this one does: the sides of `and`, the links of `a < b < c`."""
    if isinstance(condition, tree.Paren):
        return conjuncts(condition.inner)
    if isinstance(condition, tree.Binary) and condition.op == "and":
        return [*conjuncts(condition.left), *conjuncts(condition.right)]
    if not isinstance(condition, tree.Comparison) or len(condition.ops) == 1:
        return [condition]
    sides: list[Any] = [condition.first, *condition.operands]
    return [
        tree.Comparison(left, (op,), (right,), Span(condition.span.source, left.span.start, right.span.end))
        for left, op, right in zip(sides, condition.ops, sides[1:])
    ]
