"""The state dict of a model, key by key, as torch orders it: a module's own entries, then its children's."""

from __future__ import annotations

from typing import Any, Iterator

from specc.program.model import BlockMember, BufferMember, Graph, LayerMember, ParameterMember, StateEntry


def state_of(graph: Graph) -> tuple[StateEntry, ...]:
    """Every key of the model's state dict, in torch's order."""
    return tuple(_entries(_tree(graph), ""))


def _tree(graph: Graph) -> dict[str, Any]:
    """Members as a tree of path words; a leaf is a member."""
    root: dict[str, Any] = {}
    for member in graph.members:
        *levels, name = member.path.split(".")
        node = root
        for level in levels:
            node = node.setdefault(level, {})
        node[name] = member
    return root


def _entries(node: dict[str, Any], prefix: str) -> Iterator[StateEntry]:
    """Own parameters, own buffers, then what lies below, each in order of appearance."""
    for name, item in node.items():
        if isinstance(item, ParameterMember):
            yield StateEntry(prefix + name, item.type.shape, item.type.dtype, False, item.trainable, "")
    for name, item in node.items():
        if isinstance(item, BufferMember) and item.persistent:
            yield StateEntry(prefix + name, item.type.shape, item.type.dtype, True, False, "")
    for name, item in node.items():
        if isinstance(item, dict):
            yield from _entries(item, f"{prefix}{name}.")
        elif isinstance(item, BlockMember):
            yield from _entries(_tree(item.graph), f"{prefix}{name}.")
        elif isinstance(item, LayerMember):
            for state in item.state:
                key = f"{prefix}{name}.{state.name}"
                yield StateEntry(
                    key, state.shape, state.dtype, state.is_buffer, not state.is_buffer, item.operation.name
                )
