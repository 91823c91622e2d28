"""Names that count the turns of a loop (`let i = 0` before it, `let i = i + 1` in it): they are the loop's index."""

from __future__ import annotations

from typing import Any, Iterator, NamedTuple, Sequence

from specc.backends.definitions.rebinding import bindings
from specc.backends.definitions.statics import NOWHERE, constant, text_of
from specc.backends.definitions.values import Scope, Static
from specc.syntax import tree
from specc.syntax.walk import names_in


class Counting(NamedTuple):
    """A loop whose index is what `names` count: its target, what it runs over, its statements; `counter` in the target
    stands for them, and behind the loop they are `total`.
    """

    names: tuple[str, ...]
    target: Any
    items: Static
    statements: Sequence[Any]
    counter: str
    total: Static


def counting(target: Any, items: Static, statements: Sequence[Any], scope: Scope) -> Counting | None:
    """How a loop is written whose turns some names count from 0; None where none does."""
    names = tuple(_counters(statements, scope))
    if not names:
        return None
    rest = tuple(s for place, s in enumerate(statements) if not _is_over(s, names, statements[place + 1 :]))
    node = items.node
    if not isinstance(node, tree.Range) or text_of(Static(node.start)) != "0":
        pair = tree.TargetTuple((tree.Name(names[0], NOWHERE), target), NOWHERE)
        value = items.value if items.is_open else list(enumerate(items.value))
        return Counting(names, pair, Static(_call("enumerate", node), value), rest, names[0], _length(items))
    is_read = len(rest) + len(names) > len(statements) or any(_reads(s, getattr(target, "id", "")) for s in rest)
    counter = target.id if isinstance(target, tree.Name) and is_read else names[0]
    total = Static(node.stop) if items.is_open else constant(len(items.value))
    return Counting(names, tree.Name(counter, NOWHERE), items, rest, counter, total)


def _counters(statements: Sequence[Any], scope: Scope) -> Iterator[str]:
    """The names that are 0 before the loop and raised by one in each turn, and bound nowhere else in it."""
    bound = [name for name, _, _ in bindings(statements)]
    for name in filter(None, map(_raised, statements)):
        found = scope.find(name)
        if isinstance(found, Static) and type(found.value) is int and found.value == 0 and bound.count(name) == 1:
            yield name


def _is_over(statement: Any, names: Sequence[str], behind: Sequence[Any]) -> bool:
    """Whether a statement raises a counter that the turn does not read any more."""
    name = _raised(statement)
    return name in names and not any(_reads(other, name) for other in behind)


def _reads(statement: Any, name: str) -> bool:
    return any(read.id == name for read in names_in(statement))


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
