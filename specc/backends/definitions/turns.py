"""How the head of a loop is written: without the names that nothing reads."""

from __future__ import annotations

from specc.backends.definitions.program import Loop
from specc.backends.definitions.values import OPEN, Static
from specc.backends.formula import Text
from specc.syntax import tree


def run_over(loop: Loop, read: set[str]) -> tuple[str, Static]:
    """A loop's target and what it runs over; `_` where nothing is read, of a numbered table what is read of it."""
    node, names = loop.items.node, loop.names
    used = read.intersection(names)
    if not used:
        return "_", loop.items
    is_numbered = isinstance(node, tree.Call) and getattr(node.function, "id", "") == "enumerate"
    if not is_numbered or len(node.arguments) > 1 or not loop.target.startswith(f"{names[0]}, "):
        return loop.target, loop.items
    table = node.arguments[0].value
    if names[0] not in used:
        item = loop.target.partition(", ")[2]
        known = OPEN if loop.items.is_open else [item for _, item in loop.items.value]
        return item.removeprefix("(").removesuffix(")"), Static(table, known)
    length = len(table.items) if isinstance(table, tree.List) else None
    length = length if loop.items.is_open else len(loop.items.value)
    if used == {names[0]} and length is not None:
        return names[0], Static(Text(f"range({length})"))
    return loop.target, loop.items
