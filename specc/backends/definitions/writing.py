"""Docs and compile-time values as text, in the constructor and in forward."""

from __future__ import annotations

from typing import Any, Callable, Iterator

from specc.backends.definitions.program import Local
from specc.backends.definitions.values import Static, Unprintable, spell
from specc.backends.formula import is_whole_already, python_formula
from specc.backends.layout import Bracket, Doc, Joined, call, filled, leaves, lines
from specc.backends.script_members import fits_attribute
from specc.syntax import tree
from specc.syntax.walk import names_in

INDENT = 4


def names_of(static: Static) -> list[str]:
    """The names an expression reads; those of a comprehension are its own."""
    own = {name for node in _comprehensions(static.node) for name in _targets(node.target)}
    return [name.id for name in names_in(static.node) if name.id not in own]


def _comprehensions(node: Any) -> Iterator[tree.Comprehension]:
    if isinstance(node, tree.Comprehension):
        yield node
    if isinstance(node, tuple):
        for part in node:
            yield from _comprehensions(part)


def _targets(target: Any) -> list[str]:
    if isinstance(target, tree.TargetTuple):
        return [name for item in target.items for name in _targets(item)]
    return [target.id] if isinstance(target, tree.Name) else []


def statics_in(doc: Doc) -> list[Static]:
    """The compile-time values in a doc."""
    return [leaf.value for leaf in leaves(doc) if isinstance(leaf.value, Static)]


def layout_of(static: Static, names: dict[str, str]) -> Doc:
    """A compile-time value as a doc that can be broken at its brackets."""
    if type(static.value) in (list, tuple) and not isinstance(static.node, tree.Name) and not _is_range(static.node):
        return _listed(static.value)
    return _node(static.node, names)


def _is_range(node: Any) -> bool:
    return isinstance(node, tree.Range) or isinstance(node, tree.Call)


def _listed(value: Any) -> Doc:
    ends = ("[", "]") if type(value) is list else ("(", ",)" if len(value) == 1 else ")")
    return Bracket("", ends[0], tuple(spell(item) for item in value), ends[1])


def _node(node: Any, names: dict[str, str]) -> Doc:
    if isinstance(node, tree.Call) and not is_whole_already(node):
        items = [
            Joined((f"{a.name}=", _node(a.value, names))) if a.name else _node(a.value, names) for a in node.arguments
        ]
        return call(python_formula(node.function), *items)
    if isinstance(node, tree.List):
        return Bracket("", "[", tuple(_node(item, names) for item in node.items), "]")
    return python_formula(node, names)


def written(doc: Doc, show: Callable[[Any], Doc]) -> Doc:
    """A doc with its leaves as `show` writes them."""
    return filled(doc, iter([show(leaf.value) for leaf in leaves(doc)]))


def label_text(label: Any, names: dict[str, str] | None = None) -> str:
    """A label as a Python string."""
    if isinstance(label, str):
        return spell(label)
    if isinstance(label.node, tree.String):
        return python_formula(label.node, names)
    return f"str({python_formula(label.node, names)})"


def local_lines(item: Local, indent: int, names: dict[str, str]) -> list[str]:
    """`name = value`, or `name += more`."""
    node = item.static.node
    if isinstance(node, tree.Binary) and isinstance(node.left, tree.Name) and node.left.id == item.name:
        return lines(python_formula(node.right, names), indent, f"{item.name} {node.op}= ")
    if isinstance(node, tree.Binary) and node.op == "*" and python_formula(node.right) == item.name:
        return lines(python_formula(node.left, names), indent, f"{item.name} {node.op}= ")
    return lines(layout_of(item.static, names), indent, f"{item.name} = ")


def word_text(label: Any, names: dict[str, str]) -> str:
    """A label as a part of an f-string."""
    if isinstance(label, str):
        if not fits_attribute(label) and not label.isdecimal():
            raise Unprintable("a label that is no plain word")
        return label
    text = python_formula(label.node, names)
    return text[2:-1] if isinstance(label.node, tree.String) else "{" + text + "}"
