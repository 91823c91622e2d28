"""The order in which a block makes its members: that of their first appearance, and `order`, which overrides it."""

from __future__ import annotations

import re
from typing import Any

from specc.diagnostics.suggest import did_you_mean
from specc.program.context import Frame, GraphBuilder
from specc.program.model import BufferMember, ParameterMember
from specc.program.placing import label_text
from specc.source import Span
from specc.syntax import tree
from specc.types.tensor import UNKNOWN

COMPUTED = re.compile(r'"([^"{\n]*){')  # how a computed label begins


def order(frame: Frame, node: tree.Order) -> None:
    """`order a, b, c`: these come first."""
    for entry in node.entries:
        name = label_text(frame, entry)
        if name is UNKNOWN:
            continue
        if "." in name:
            frame.report("argument-type", entry.span, f"{name} lies deeper: order names what is directly in its block")
        elif name in frame.graph.order:
            frame.report("duplicate-name", entry.span, f"order names {name} twice")
        else:
            frame.graph.order[name] = entry.span


def check_order(frame: Frame, definition: tree.Block) -> None:
    """Report names in `order` that the block does not have, in this use or any other."""
    members = {path.split(".")[0] for path in frame.graph.members}
    missing = {name: span for name, span in frame.graph.order.items() if name not in members}
    if not missing:
        return
    words, beginnings = _elsewhere(list(frame.graph.order.values()))
    for name, span in missing.items():
        if name not in words and not any(map(name.startswith, beginnings)):
            hint = did_you_mean(name, members) if frame.compilation.suggests() else None
            frame.report(
                "unknown-name", span, f"{definition.name} has no {name} to put in order", helps=(hint,) if hint else ()
            )


def _elsewhere(spans: list[Span]) -> tuple[set[str], set[str]]:
    """The words of a file outside its `order`, and how its computed labels begin: what a branch that this use does not
    take may have.
    """
    text, start = spans[0].source.text, 0
    parts: list[str] = []
    for span in sorted(spans, key=lambda span: span.start):
        parts.append(text[start : span.start])
        start = span.end
    rest = "".join([*parts, text[start:]])
    return set(re.findall(r"\w+", rest)), set(COMPUTED.findall(rest))


def in_order(builder: GraphBuilder) -> tuple[Any, ...]:
    """Members in order of first appearance; those that `order` names come first.

    It is the order in which they are made, so what has one name is made together: a container's modules, then its own
    parameters and buffers.
    """
    members = [member for member in builder.members.values() if member is not None]
    rank = {name: place for place, name in enumerate(builder.order)}
    made: list[Any] = []
    named = _by_word(members, 0)
    for name in sorted(named, key=lambda name: rank.get(name, len(rank))):
        whole = _level(named[name], 1)
        made += [member for member in whole if not _is_state(member)]
        made += [member for member in whole if _is_state(member)]
    return tuple(made)


def _is_state(member: Any) -> bool:
    return isinstance(member, (ParameterMember, BufferMember))


def _level(members: list[Any], depth: int) -> list[Any]:
    """Members with their first words in common, by the next words in order of first appearance."""
    if len(members) == 1:
        return members
    return [member for found in _by_word(members, depth).values() for member in _level(found, depth + 1)]


def _by_word(members: list[Any], depth: int) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for member in members:
        found.setdefault(member.path.split(".")[depth], []).append(member)
    return found
