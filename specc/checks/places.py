"""Where in the text a setting stands, for findings on what the program holds without its place."""

from __future__ import annotations

from typing import Any, Iterator

from specc.source import Span
from specc.syntax import tree


def loader_of(module: Any, split: Any) -> Any:
    """The tree of a split's loader, its own or the common one, None where none is written."""
    common = None
    for section in module.items:
        for item in section.items if isinstance(section, tree.Data) else ():
            if isinstance(item, tree.Assign) and isinstance(item.targets, tree.Name) and item.targets.id == "loader":
                common = item.value
    own = own_loader_of(module, split)
    return common if own is None else own


def own_loader_of(module: Any, split: Any) -> Any:
    """The tree of the loader that is written for this split alone."""
    for section in module.items:
        for item in section.items if isinstance(section, tree.Data) else ():
            if isinstance(item, tree.SplitAssign) and item.kind == "loader" and item.split == split.name:
                return item.value
    return None


def argument_span(call: Any, name: str, otherwise: Span) -> Span:
    """The place of a named argument of a call, else of the call."""
    for argument in getattr(call, "arguments", ()):
        if argument.name == name:
            span: Span = argument.span
            return span
    found: Span = otherwise if call is None else call.span
    return found


def train_items(module: Any) -> Iterator[Any]:
    """The statements of the train section."""
    for section in module.items:
        if isinstance(section, tree.Train):
            yield from section.items
