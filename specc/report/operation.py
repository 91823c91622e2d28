"""The page of an operation: what a spec may write, what it means, and what goes in and out. Plain text."""

from __future__ import annotations

from typing import Any

from specc.ops.base import REQUIRED, Argument, Operation


def page(operation: Operation) -> str:
    """The whole page, for `specc explain Conv2d`."""
    sections = [f"{operation.name} - {operation.kind}, {operation.target}", operation.doc, signature(operation)]
    if operation.arguments:
        sections.append("arguments:\n" + _rows(operation.arguments))
    if inputs := getattr(operation, "inputs", ()):
        sections.append("inputs:\n" + _rows(inputs))
    if (axis := getattr(operation, "feature_axis", None)) is not None:
        sections.append(f"`_` is the size of axis {axis}.")
    if operation.example:
        sections.append(f"example:\n  {operation.example}")
    return "\n\n".join(section for section in sections if section) + "\n"


def signature(operation: Operation) -> str:
    """`Conv2d(in_channels, out_channels, kernel_size, stride=1, ...)`, in the words of a spec."""
    parts, keyword_only = [], False
    for argument in operation.arguments:
        if argument.keyword_only and not keyword_only:
            parts.append("*")
            keyword_only = True
        star = "*" if argument.variadic else ""
        default = "" if argument.default is REQUIRED else f"={literal(argument.default)}"
        parts.append(f"{star}{argument.name}{default}")
    return f"{operation.name}({', '.join(parts)})"


def literal(value: Any) -> str:
    """A default as a spec writes it."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, (tuple, list)) and not hasattr(value, "_fields"):
        inner = ", ".join(map(literal, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"
    return str(value)


def _rows(arguments: tuple[Argument, ...]) -> str:
    width = max(len(argument.name) for argument in arguments)
    return "\n".join(f"  {argument.name:{width}}  {described(argument)}" for argument in arguments)


def described(argument: Argument) -> str:
    """What an argument is for, what it may be and what it is if left out."""
    default = "" if argument.default is REQUIRED else f", {literal(argument.default)} if left out"
    doc = f"{argument.doc}; " if argument.doc else ""
    return f"{doc}{argument.kind.words}{default}"
