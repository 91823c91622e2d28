"""Names that count the turns of a loop (`let i = 0` before it, `let i = i + 1` in it): they are the loop's index."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from specc.backends.definitions.rebinding import bindings
from specc.backends.definitions.statics import NOWHERE, constant, text_of
from specc.backends.definitions.values import Scope, Static
from specc.syntax import tree
from specc.syntax.walk import names_in


class Counting(NamedTuple):
    """A loop whose index is what `name` counts: its target, what it runs over, its statements; `counter` in the target
    stands for it, and behind the loop it is `total`.
    """

    name: str
    target: Any
    items: Static
    statements: Sequence[Any]
    counter: str
    total: Static


def counting(target: Any, items: Static, statements: Sequence[Any], scope: Scope) -> Counting | None:
    """How a loop is written whose turns some name counts from 0; None where none does."""
    last = statements[-1] if statements else None
    name = _raised(last)
    found = scope.find(name) if name else None
    bound = [other for other, _, _ in bindings(statements)]
    if not isinstance(found, Static) or type(found.value) is not int or found.value or bound.count(name) != 1:
        return None
    statements = statements[:-1]
    node = items.node
    if not isinstance(node, tree.Range) or text_of(Static(node.start)) != "0":
        pair = tree.TargetTuple((tree.Name(name, NOWHERE), target), NOWHERE)
        value = items.value if items.is_open else list(enumerate(items.value))
        return Counting(name, pair, Static(_call("enumerate", node), value), statements, name, _length(items))
    read = isinstance(target, tree.Name) and any(n.id == target.id for s in statements for n in names_in(s))
    counter = target.id if read else name
    total = Static(node.stop) if items.is_open else constant(len(items.value))
    return Counting(name, target if read else tree.Name(name, NOWHERE), items, statements, counter, total)


def _raised(statement: Any) -> str:
    """The name that a statement raises by one, "" if it does not."""
    if not isinstance(statement, (tree.Assign, tree.Let)) or not isinstance(statement.targets, tree.Name):
        return ""
    name, made = statement.targets.id, statement.value
    if not isinstance(made, tree.Binary) or made.op != "+":
        return ""
    sides = [made.left.id if isinstance(made.left, tree.Name) else "", getattr(made.right, "value", None)]
    return name if sides == [name, 1] and type(sides[1]) is int else ""


def _call(function: str, node: Any) -> tree.Call:
    return tree.Call(tree.Name(function, NOWHERE), (tree.Argument(None, node, NOWHERE),), NOWHERE)


def _length(items: Static) -> Static:
    return Static(_call("len", items.node)) if items.is_open else constant(len(items.value))
