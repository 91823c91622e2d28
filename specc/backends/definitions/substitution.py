"""Expressions with their names replaced by what these stand for: sizes in the names of another place."""

from __future__ import annotations

from typing import Any

from specc.backends.definitions.guessing import guess
from specc.backends.definitions.statics import constant, product, value_of
from specc.backends.definitions.values import Static
from specc.syntax import tree
from specc.syntax.walk import names_in


def substituted_shape(shape: Any, names: dict[str, Static]) -> Any:
    if shape is None:
        return None
    return tuple(substituted(size, names) if isinstance(size, Static) else size for size in shape)


def substituted(size: Static, names: dict[str, Static]) -> Static | None:
    """A size of a block's result in the names of the place that uses it; None where that has no name for it."""
    if not size.is_open:
        return size
    read = [name.id for name in names_in(size.node)]
    if any(name not in names for name in read):
        return None
    node = replaced(size.node, names)
    if all(not names[name].is_open for name in read):
        found = value_of(node, {})
        return constant(found) if type(found) is int else None
    return Static(node)


def replaced(node: Any, names: dict[str, Static]) -> Any:
    """An expression with some of its names replaced."""
    if isinstance(node, tree.Name):
        return names[node.id].node if node.id in names else node
    if isinstance(node, tree.Binary) and node.op == "*":
        return product(replaced(node.left, names), replaced(node.right, names))
    if isinstance(node, tree.Binary) and node.op == "//" and value_of(replaced(node.right, names), {}) == 1:
        return replaced(node.left, names)
    if hasattr(node, "_replace") and hasattr(node, "span"):
        return node._replace(**{f: replaced(getattr(node, f), names) for f in node._fields if "span" not in f})
    return tuple(replaced(item, names) for item in node) if type(node) is tuple else node


def related(size: Static, before: list[Any], after: list[Any]) -> Static | None:
    """What a size becomes that had these values before and has those after: an expression of it, None if none fits."""
    found = guess({"size": before}, after)
    return None if found is None else substituted(found, {"size": size})
