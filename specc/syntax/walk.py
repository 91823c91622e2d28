"""Walking a tree."""

from __future__ import annotations

from typing import Any

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
