"""A picture as text that other programs draw: mermaid and dot (graphviz). Shapes stand on the edges."""

from __future__ import annotations

from typing import Iterator, NamedTuple

from specc.report.graph.net import Net, Node, Picture
from specc.report.graph.picture import Unfold, below, choose, learned

COLORS = {
    "convolution": "#dbe8ff",
    "linear": "#e9e0fd",
    "attention": "#fde2ec",
    "normalization": "#fdf0cf",
    "activation": "#dcf3e4",
    "pooling": "#d9f1f2",
    "input": "#d5d9e2",
    "output": "#d5d9e2",
    "block": "#eceff5",
    "data": "#e6ecf7",
    "loss": "#fbe3da",
    "state": "#ffffff",
    "plain": "#f3f4f6",
}


class Item(NamedTuple):
    """A node under its name in the text."""

    id: str
    node: Node


class Group(NamedTuple):
    """A net, or the inside of a block that is unfolded: what it holds, and the edges among these (from, to, shape)."""

    id: str
    title: tuple[str, ...]
    items: tuple["Item | Group", ...]
    edges: tuple[tuple[str, str, str], ...]


def mermaid(picture: Picture, depth: int | None = None) -> str:
    """A flowchart for mermaid."""
    lines = ["flowchart TD"]
    for group in groups(picture, depth):
        lines += _mermaid_group(group, "  ")
    lines += [f"  classDef {name} fill:{color},stroke:#8b93a3,color:#1d2330" for name, color in COLORS.items()]
    return "\n".join(lines) + "\n"


def dot(picture: Picture, depth: int | None = None) -> str:
    """A digraph for graphviz."""
    lines = [
        "digraph {",
        '  graph [fontname="monospace", labeljust=l, color="#a6b0c2", style=rounded]',
        '  node [fontname="monospace", fontsize=11, shape=box, style="rounded,filled", color="#8b93a3"]',
        '  edge [fontname="monospace", fontsize=10, color="#8b93a3"]',
    ]
    for group in groups(picture, depth):
        lines += _dot_group(group, "  ")
    return "\n".join([*lines, "}"]) + "\n"


def groups(picture: Picture, depth: int | None) -> list[Group]:
    """Everything that is drawn; the nets first, then the blocks that stay folded."""
    unfold, sections = choose(picture, depth)
    made = []
    for place, (net, note) in enumerate(sections):
        numbers = f"{net.parameters:,} parameters" if net.parameters else ""
        title = tuple(part for part in (net.name, note, numbers) if part)
        made.append(_group(net, f"g{place}", title, unfold, 0))
    return made


def _group(net: Net, id: str, title: tuple[str, ...], unfold: Unfold, level: int) -> Group:
    items: list[Item | Group] = []
    for place, node in enumerate(net.nodes):
        name = f"{id}_{place}"
        if node.inside is not None and unfold(node, level):
            items.append(_group(node.inside, name, _lines(node), unfold, level + 1))
        else:
            items.append(Item(name, node))
    edges = tuple(
        (_end(items[source], "output"), _end(items[target], "input"), net.nodes[source].shape)
        for source, target in net.edges
    )
    return Group(id, title, tuple(items), edges)


def _end(item: Item | Group, kind: str) -> str:
    """Where an edge begins or ends: at the node, or at the first input or the last output of an unfolded block."""
    if isinstance(item, Item):
        return item.id
    found = [inner for inner in item.items if isinstance(inner, Item) and inner.node.kind == kind]
    return (found[0] if kind == "input" else found[-1]).id if found else _end(item.items[-1], kind)


def _lines(node: Node) -> tuple[str, ...]:
    """What stands in a box."""
    times = f" ×{node.times}" if node.times > 1 else ""
    second = ", ".join(part for part in (below(node), learned(node)) if part)
    return tuple(line for line in (node.title + times, second) if line)


def _mermaid_group(group: Group, space: str) -> Iterator[str]:
    yield f'{space}subgraph {group.id}["{_mermaid_text(group.title)}"]'
    for item in group.items:
        if isinstance(item, Group):
            yield from _mermaid_group(item, f"{space}  ")
        else:
            style = item.node.family if item.node.family in COLORS else "plain"
            style = item.node.kind if item.node.kind in COLORS else style
            yield f'{space}  {item.id}["{_mermaid_text(_lines(item.node))}"]:::{style}'
    yield f"{space}end"
    for source, target, shape in group.edges:
        label = f'|"{_mermaid_text((shape,))}"|' if shape else ""
        yield f"{space}{source} -->{label} {target}"


def _mermaid_text(lines: tuple[str, ...]) -> str:
    """Everything but letters, digits and a few harmless signs is written as its number."""
    return "<br/>".join(
        "".join(letter if letter.isalnum() or letter in " _,." else f"#{ord(letter)};" for letter in line)
        for line in lines
    )


def _dot_group(group: Group, space: str) -> Iterator[str]:
    yield f"{space}subgraph cluster_{group.id} {{"
    yield f'{space}  label="{_dot_text(group.title, "l")}"'
    for item in group.items:
        if isinstance(item, Group):
            yield from _dot_group(item, f"{space}  ")
        else:
            color = COLORS.get(item.node.kind) or COLORS[item.node.family]
            yield f'{space}  {item.id} [label="{_dot_text(_lines(item.node), "n")}", fillcolor="{color}"]'
    yield f"{space}}}"
    for source, target, shape in group.edges:
        label = f' [label="{_dot_text((f" {shape}",), "")}"]' if shape else ""
        yield f"{space}{source} -> {target}{label}"


def _dot_text(lines: tuple[str, ...], end: str) -> str:
    """A quoted string; `end` says how lines end: n centred, l to the left. Graphviz reads entities even here."""
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;") for line in lines)
    if end == "l":
        return "".join(f"{line}\\l" for line in escaped)
    return f"\\{end}".join(escaped) if end else "".join(escaped)
