"""A picture as one self-contained page in which blocks unfold and fold where they stand.

Every net is drawn once, with all its blocks folded. The page's script puts a copy of a block's drawing in its place and
moves apart what lies around it.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape
from os.path import join
from typing import Iterator

from specc.report.graph.net import Net, Node, Picture, every_net
from specc.report.graph.picture import HEAD, INSIDE, Drawing, Placed, draw
from specc.report.graph.svg import bends, face_parts, frame_parts, number, path, shape_parts, stylesheet, tip
from specc.resources import resource


def page(picture: Picture, depth: int | None = None) -> str:
    """The page, with blocks unfolded down to a depth at first; without one, the first use of every block."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = resource("templates", "report")
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    with open(join(folder, "graph.js"), encoding="utf-8") as file:
        script = file.read()
    nets = every_net(picture.nets)
    numbers = {id(net): place for place, net in enumerate(nets)}
    first = _first_uses(nets) if depth is None else set()
    return environment.get_template("graph.html.jinja").render(
        picture=picture,
        nets=[(net, numbers[id(net)]) for net in picture.nets],
        drawings=["\n".join(filter(None, net_parts(net, numbers, first))) for net in nets],
        depth=0 if depth is None else depth,
        head=HEAD,
        inside=INSIDE,
        style=stylesheet(),
        script=script,
        checksum=b64encode(sha256(script.encode()).digest()).decode(),
    )


def _first_uses(nets: list[Net]) -> set[int]:
    """The nodes that are unfolded at first: of each block the first that is drawn."""
    first: dict[object, Node] = {}
    for net in nets:
        for node in net.blocks:
            if node.inside is not None:
                first.setdefault(node.inside.definition, node)
    return {id(node) for node in first.values()}


def net_parts(net: Net, numbers: dict[int, int], first: set[int]) -> Iterator[str]:
    """A net as a group of SVG, with the measures that the script needs."""
    drawing = draw(net, lambda node, level: False)
    yield f'<g class="drawing" data-size="{number(drawing.width)} {number(drawing.height)}">'
    yield from edge_parts(net, drawing)
    for placed in drawing.placed:
        yield from node_parts(placed, numbers, first)
    yield "</g>"


def edge_parts(net: Net, drawing: Drawing) -> Iterator[str]:
    for (source, target), route in zip(net.edges, drawing.routes):
        points = " ".join(f"{number(x)},{number(y)}" for x, y in bends(route))
        yield f'<path class="edge" data-ends="{source} {target}" data-points="{points}" d="{path(route)}"/>'
        yield f'<path class="tip" d="{tip(*route[-1])}"/>'


def node_parts(placed: Placed, numbers: dict[int, int], first: set[int]) -> Iterator[str]:
    node, width, height = placed.node, placed.width, placed.height
    box = " ".join(map(number, (placed.x, placed.y, width, height)))
    place = f'data-box="{box}" transform="translate({number(placed.x)} {number(placed.y)})"'
    if node.inside is None:
        yield f'<g class="node {node.kind} {node.family}" {place}>'
    else:
        opens = ' data-open="1"' if id(node) in first else ""
        label = escape(f"{node.title} {node.path}")
        yield (
            f'<g class="node {node.kind} {node.family}" {place} data-net="{numbers[id(node.inside)]}"{opens} '
            f'tabindex="0" role="button" aria-expanded="false" aria-label="{label}">'
        )
    yield f"<title>{escape(node.hint or node.title)}</title>"
    if node.inside is None:
        yield from face_parts(node, width, height)
    else:
        yield f'<g class="folded {node.kind}">'
        yield from face_parts(node, width, height)
        yield '</g><g class="unfolded" display="none">'
        yield from frame_parts(node, width, height)
        yield "</g>"
    yield '<g class="below">'
    yield from shape_parts(placed)
    yield "</g></g>"
