"""The state dict of a model, key by key, as torch orders it: a module's own entries, then its children's."""

from __future__ import annotations

from typing import Any

from specc.program.model import BlockMember, BufferMember, Graph, LayerMember, ParameterMember, StateEntry


def state_of(graph: Graph) -> tuple[StateEntry, ...]:
    """Every key of the model's state dict, in torch's order."""
    found: list[StateEntry] = []
    _add_entries(found, _tree(graph), "")
    return tuple(found)


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


def _add_entries(found: list[StateEntry], node: dict[str, Any], prefix: str) -> None:
    """Own parameters, own buffers, then what lies below, each in order of appearance."""
    for name, item in node.items():
        if isinstance(item, ParameterMember):
            found.append(StateEntry(prefix + name, item.type.shape, item.type.dtype, False, item.trainable, ""))
    for name, item in node.items():
        if isinstance(item, BufferMember) and item.persistent:
            found.append(StateEntry(prefix + name, item.type.shape, item.type.dtype, True, False, ""))
    for name, item in node.items():
        if isinstance(item, dict):
            _add_entries(found, item, f"{prefix}{name}.")
        elif isinstance(item, BlockMember):
            _add_entries(found, _tree(item.graph), f"{prefix}{name}.")
        elif isinstance(item, LayerMember):
            layer = item.operation.name
            for key, shape, dtype, is_buffer in item.state:
                found.append(StateEntry(f"{prefix}{name}.{key}", shape, dtype, is_buffer, not is_buffer, layer))
