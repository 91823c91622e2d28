"""Annotations of parameters, from the values they are given."""

from __future__ import annotations

from typing import Any, Iterable

NAMES = {int: "int", float: "float", bool: "bool", str: "str", type(None): "None"}


def annotation(kinds: Iterable[Any]) -> str:
    """The type of a parameter that was seen with values of these kinds (types, or annotations as text)."""
    found = list(dict.fromkeys(NAMES.get(kind, kind if isinstance(kind, str) else "Any") for kind in kinds))
    if "float" in found and "int" in found:
        found.remove("int")
    if not found or "Any" in found:
        return "Any"
    rest = [name for name in found if name != "None"]
    if len(rest) > 1:
        return "Any"
    return " | ".join([*rest, "None"] if "None" in found else rest)


def kind_of(value: Any) -> Any:
    """The kind of a value: its type, or for what is no number the annotation."""
    if type(value) in (tuple, list):
        inner = annotation(kind_of(item) for item in value)
        return f"tuple[{inner}, ...]" if type(value) is tuple else f"list[{inner}]"
    if type(value) in NAMES:
        return type(value)
    return "Callable[[], nn.Module]"
