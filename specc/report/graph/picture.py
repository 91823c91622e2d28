"""A picture on paper: every node a box with its shape below it, blocks unfolded in place or drawn once beside."""

from __future__ import annotations

from typing import Callable, NamedTuple
from unicodedata import east_asian_width

from specc.report.graph.net import Net, Node, Picture, every_net
from specc.report.graph.place import Point, layout
from specc.report.graph.words import number

HEADING, TITLE, SMALL, LABEL = 8.6, 7.3, 6.1, 6.5  # widths of a character, a little generous: fonts differ
CARD, PILL = 44.0, 26.0  # heights
CARDS = ("layer", "block", "data", "loss")  # drawn as cards of two lines, all others as pills of one
SHAPE = 24.0  # height of the shape below a box
STACK = 6.0  # how far the cards of a row of blocks peep out
PAD, INSIDE, HEAD = 14.0, 20.0, 50.0
MARGIN, GUTTER, BANNER, CAPTION = 28.0, 28.0, 60.0, 62.0

Unfold = Callable[[Node, int], bool]


class Placed(NamedTuple):
    """A node on the paper: its face, and what is inside it if it is unfolded. Its shape stands right below the face."""

    node: Node
    x: float
    y: float
    width: float
    height: float
    inner: "Drawing | None"

    @property
    def shape_box(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of the shape's text."""
        width = text_width(self.node.shape, LABEL) + 10
        return self.x + (self.width - width) / 2, self.y + self.height + stack(self.node), width, SHAPE


class Drawing(NamedTuple):
    """A net on paper, its corner at 0, 0; `routes` as in a Layout, from the face of one node to that of another."""

    width: float
    height: float
    placed: tuple[Placed, ...]
    routes: tuple[tuple[Point, ...], ...]


class Section(NamedTuple):
    """A net to draw, and what to say of it."""

    net: Net
    note: str


class Panel(NamedTuple):
    """A drawing with a frame and a title."""

    title: str
    note: str
    x: float
    y: float
    width: float
    height: float
    drawing: Drawing


class Sheet(NamedTuple):
    """The whole picture."""

    name: str
    summary: str
    width: float
    height: float
    panels: tuple[Panel, ...]


def stack(node: Node) -> float:
    return STACK if node.times > 1 else 0.0


def text_width(text: str, character: float) -> float:
    """The width of a text in a font of fixed width; letters of the far east take two places."""
    return character * sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def below(node: Node) -> str:
    """The second line of a box: `layer1.1 … 2`, where its weights live."""
    if node.times < 2:
        return node.path or node.note
    first, last = node.paths[0], node.paths[-1]
    common = first.rpartition(".")[0] + "."
    return f"{first} … {last.removeprefix(common)}"


def learned(node: Node) -> str:
    """The number of parameters of a node, or nothing."""
    return number(node.parameters) if node.parameters else ""


def face_size(node: Node) -> Point:
    """Width and height of a node's box."""
    times = f"×{node.times}" if node.times > 1 else ""
    title = text_width(node.title, TITLE) + (text_width(times, TITLE) + 14 if times else 0)
    if node.kind in CARDS:
        figures = text_width(learned(node), SMALL)
        second = text_width(below(node), SMALL) + (figures + 16 if figures else 0)
        return max(title, second, 84.0) + 2 * PAD, CARD
    if node.kind == "state":
        title += text_width(learned(node), SMALL) + 12
    return max(title + 2 * PAD, 44.0), PILL


def draw(net: Net, unfold: Unfold, level: int = 0) -> Drawing:
    """A net with those of its blocks unfolded that `unfold` says."""
    inners = [
        draw(node.inside, unfold, level + 1) if node.inside is not None and unfold(node, level) else None
        for node in net.nodes
    ]
    faces = [face_size(node) if inner is None else _frame_size(node, inner) for node, inner in zip(net.nodes, inners)]
    shapes = [(text_width(node.shape, LABEL) + 10, SHAPE) if node.shape else (0.0, 0.0) for node in net.nodes]
    sizes = [
        (max(face[0] + 2 * stack(node), shape[0]), face[1] + stack(node) + shape[1])
        for node, face, shape in zip(net.nodes, faces, shapes)
    ]
    anchored = frozenset(place for place, node in enumerate(net.nodes) if node.kind in ("input", "data"))
    plan = layout(sizes, net.edges, anchored)
    placed = tuple(
        Placed(node, x - face[0] / 2, y - size[1] / 2, face[0], face[1], inner)
        for node, (x, y), face, size, inner in zip(net.nodes, plan.centers, faces, sizes, inners)
    )
    routes = tuple(_from_face(placed[source], route) for (source, _), route in zip(net.edges, plan.routes))
    return Drawing(plan.width, plan.height, placed, routes)


def _from_face(source: Placed, route: tuple[Point, ...]) -> tuple[Point, ...]:
    """The route from the face itself: behind the shape, which lies on it like a label on a wire."""
    return ((route[0][0], source.y + source.height), *route[1:])


def _frame_size(node: Node, inner: Drawing) -> Point:
    head = face_size(node)[0]
    return max(inner.width + 2 * INSIDE, head), HEAD + inner.height + INSIDE


def choose(picture: Picture, depth: int | None = None) -> tuple[Unfold, list[Section]]:
    """Which blocks to unfold in place, and what to draw: the nets of the picture, then the blocks that stay folded.

    Down to a depth every block is unfolded. Without one, a block that is drawn once is unfolded in place, and one that
    is drawn several times is folded and drawn once more beside, with the sizes of its first use.
    """
    nets = every_net(picture.nets)
    own = {net.definition for net in picture.nets}
    uses: dict[object, list[Node]] = {}
    for node in (node for net in nets for node in net.blocks):
        if node.inside is not None and node.inside.definition not in own:
            uses.setdefault(node.inside.definition, []).append(node)

    def unfold(node: Node, level: int) -> bool:
        if node.inside is None or node.inside.definition in own:
            return False
        return level < depth if depth is not None else len(uses[node.inside.definition]) == 1

    sections = [Section(net, "") for net in picture.nets]
    for first, *others in uses.values() if depth is None else ():
        if others and first.inside is not None:
            sections.append(Section(first.inside, f"as in {first.path}"))
    return unfold, sections


def sheet(picture: Picture, depth: int | None = None) -> Sheet:
    """The picture with its blocks unfolded as `choose` says."""
    unfold, sections = choose(picture, depth)
    return _composed(picture, [_panel(section, draw(section.net, unfold)) for section in sections])


def _panel(section: Section, drawing: Drawing) -> Panel:
    numbers = f"{section.net.parameters:,} parameters" if section.net.parameters else ""
    note = ", ".join(part for part in (section.note, numbers) if part)
    wide = max(drawing.width, text_width(section.net.name, HEADING), text_width(note, SMALL))
    height = drawing.height + CAPTION + INSIDE
    return Panel(section.net.name, note, 0, 0, wide + 2 * INSIDE, height, drawing)


def _composed(picture: Picture, panels: list[Panel]) -> Sheet:
    """The panels in columns, none higher than the highest of the nets themselves."""
    limit = max((panel.height for panel in panels[: len(picture.nets)]), default=0.0)
    x, y, wide = MARGIN, 0.0, 0.0
    placed: list[Panel] = []
    for panel in panels:
        if placed and y + panel.height > limit:
            x, y, wide = x + wide + GUTTER, 0.0, 0.0
        placed.append(panel._replace(x=x, y=BANNER + y))
        y, wide = y + panel.height + GUTTER, max(wide, panel.width)
    width = max(x + wide, MARGIN + text_width(picture.name, 12.4)) + MARGIN
    height = max((panel.y + panel.height for panel in placed), default=BANNER) + MARGIN
    summary = "; ".join(_summary(net) for net in picture.nets)
    return Sheet(picture.name, summary, width, height, tuple(placed))


def _summary(net: Net) -> str:
    """`ResNet: 25,557,032 parameters, image [N, 3, H, W]`."""
    inputs = ", ".join(f"{node.title} {node.shape}" for node in net.nodes if node.kind == "input")
    parts = [f"{net.parameters:,} parameters" if net.parameters else "", inputs]
    return f"{net.name}: " + ", ".join(part for part in parts if part)
