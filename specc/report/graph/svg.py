"""A picture as one self-contained SVG: its own styles for light and dark, no script, no outside resource."""

from __future__ import annotations

from html import escape
from os.path import join
from typing import Iterator, Sequence

from specc.report.graph.net import Node
from specc.report.graph.picture import (
    CAPTION,
    CARDS,
    HEAD,
    INSIDE,
    PAD,
    STACK,
    Drawing,
    Panel,
    Placed,
    Sheet,
    below,
    learned,
)
from specc.report.graph.place import Point
from specc.resources import resource


def svg(sheet: Sheet, title: str = "graph") -> str:
    """The picture as a file of its own; `title` begins the ids of what names it, for pages with several."""
    width, height = number(sheet.width), number(sheet.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-labelledby="{title}-name {title}-summary" class="graph">',
        f'<title id="{title}-name">{escape(sheet.name)}</title>',
        f'<desc id="{title}-summary">{escape(sheet.summary)}</desc>',
        f"<style>\n{stylesheet()}</style>",
        f'<rect class="paper" width="{width}" height="{height}"/>',
        text(28, 38, "name", sheet.name),
    ]
    for panel in sheet.panels:
        parts += panel_parts(panel)
    return "\n".join(part for part in parts if part) + "\n</svg>\n"


def stylesheet() -> str:
    """The styles of a picture, light and dark."""
    with open(join(resource("templates", "report"), "graph.css"), encoding="utf-8") as file:
        return file.read()


def panel_parts(panel: Panel) -> Iterator[str]:
    yield f'<g transform="translate({number(panel.x)} {number(panel.y)})">'
    yield f'<rect class="panel" {_size(panel.width, panel.height)} rx="12"/>'
    yield text(INSIDE, 27, "heading", panel.title)
    yield text(INSIDE, 44, "soft", panel.note)
    yield f'<g transform="translate({number((panel.width - panel.drawing.width) / 2)} {number(CAPTION)})">'
    yield from drawing_parts(panel.drawing)
    yield "</g></g>"


def drawing_parts(drawing: Drawing, level: int = 0) -> Iterator[str]:
    """Edges first, so that boxes lie on them; a lane that several edges share is drawn once."""
    drawn: set[tuple[Point, ...]] = set()
    for route in drawing.routes:
        begins = [route[:length] for length in range(1, len(route) + 1)]
        shared = sum(begin in drawn for begin in begins)
        drawn.update(begins)
        if shared < len(route):
            yield f'<path class="edge" d="{path(route[max(shared - 1, 0) :])}"/>'
    for x, y in dict.fromkeys(route[-1] for route in drawing.routes):
        yield f'<path class="tip" d="{tip(x, y)}"/>'
    for placed in drawing.placed:
        yield from node_parts(placed, level)


def path(points: Sequence[Point]) -> str:
    """Straight down where x stays, else from vertical to vertical."""
    made = [f"M{number(points[0][0])} {number(points[0][1])}"]
    points = bends(points)
    for (x, y), (to_x, to_y) in zip(points, points[1:]):
        if (x, y) == (to_x, to_y):
            continue
        if abs(x - to_x) < 0.05:
            made.append(f"V{number(to_y)}")
        else:
            middle = number((y + to_y) / 2)
            made.append(f"C{number(x)} {middle} {number(to_x)} {middle} {number(to_x)} {number(to_y)}")
    return "".join(made)


def bends(points: Sequence[Point]) -> list[Point]:
    """The points at which a route turns, and its two ends."""
    inner = zip(points, points[1:], points[2:])
    return [points[0], *(here for before, here, after in inner if not before[0] == here[0] == after[0]), points[-1]]


def tip(x: float, y: float) -> str:
    """The point of an arrow."""
    return f"M{number(x - 4)} {number(y - 6.5)}h8l-4 6.5z"


def node_parts(placed: Placed, level: int) -> Iterator[str]:
    node = placed.node
    yield f'<g class="node {node.kind} {node.family}" transform="translate({number(placed.x)} {number(placed.y)})">'
    yield f"<title>{escape(node.hint or node.title)}</title>"
    if placed.inner is None:
        yield from face_parts(node, placed.width, placed.height)
    else:
        yield f'<g class="unfolded f{(level + 1) % 2}">'
        yield from frame_parts(node, placed.width, placed.height)
        yield f'<g transform="translate({number((placed.width - placed.inner.width) / 2)} {number(HEAD)})">'
        yield from drawing_parts(placed.inner, level + 1)
        yield "</g></g>"
    yield from shape_parts(placed)
    yield "</g>"


def shape_parts(placed: Placed) -> Iterator[str]:
    """The type of what comes out, on the wire below the box."""
    if placed.node.shape:
        left, top, width, _ = placed.shape_box
        x, y = number(left - placed.x), number(top - placed.y + 5)
        yield f'<rect class="mask" x="{x}" y="{y}" width="{number(width)}" height="14"/>'
        yield text(placed.width / 2, top - placed.y + 15.5, "shape", placed.node.shape, "middle")


def face_parts(node: Node, width: float, height: float) -> Iterator[str]:
    """A node that is no frame: a card of two lines or a pill."""
    if node.kind in CARDS:
        yield from _stack(node, "card", width, height, 8)
        yield from _lines(node, width, 19)
        return
    yield f'<rect class="card" {_size(width, height)} rx="{number(height / 2)}"/>'
    if learned(node):
        yield text(PAD, 17, "title", node.title)
        yield text(width - PAD, 17, "small", learned(node), "end")
    else:
        yield text(width / 2, 17, "title", node.title, "middle")


def frame_parts(node: Node, width: float, height: float) -> Iterator[str]:
    """A block that is unfolded: a frame with its title."""
    yield from _stack(node, "frame", width, height, 10)
    yield from _lines(node, width, 20)


def _stack(node: Node, style: str, width: float, height: float, radius: int) -> Iterator[str]:
    """The box, and peeping out below it two more where it stands for several."""
    for shift in (STACK, STACK / 2) if node.times > 1 else ():
        at = number(shift)
        yield f'<rect class="{style} under" x="{at}" y="{at}" {_size(width, height)} rx="{radius}"/>'
    yield f'<rect class="{style}" {_size(width, height)} rx="{radius}"/>'


def _lines(node: Node, width: float, y: float) -> Iterator[str]:
    yield text(PAD, y, "title", node.title)
    yield text(width - PAD, y, "times", f"×{node.times}" if node.times > 1 else "", "end")
    yield text(PAD, y + 16, "small", below(node))
    yield text(width - PAD, y + 16, "small", learned(node), "end")


def _size(width: float, height: float) -> str:
    return f'width="{number(width)}" height="{number(height)}"'


def text(x: float, y: float, style: str, content: str, anchor: str = "") -> str:
    """A line of text; `anchor` is what x means if it is not the beginning: "middle" or "end"."""
    if not content:
        return ""
    place = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text class="{style}" x="{number(x)}" y="{number(y)}"{place}>{escape(content)}</text>'


def number(value: float) -> str:
    """A coordinate with at most one digit after the point."""
    return f"{value:.1f}".removesuffix(".0") if round(value, 1) else "0"
