"""`specc graph`: nothing overlaps, nothing is left out."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Iterator, NamedTuple

import pytest

import specc
from graph_pictures import DEPTHS, EACH, PICTURES, ROOT, SPECS, drawn
from specc.report.graph.job import picture_of
from specc.report.graph.net import Net, Picture
from specc.report.graph.picture import (
    CARDS,
    LABEL,
    PAD,
    SMALL,
    TITLE,
    Drawing,
    Placed,
    below,
    learned,
    sheet,
    text_width,
)
from specc.report.graph.place import Point
from specc.report.summary import summarise


class Box(NamedTuple):
    name: str
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        return (
            self.left < other.right - 0.01
            and other.left < self.right - 0.01
            and self.top < other.bottom - 0.01
            and other.top < self.bottom - 0.01
        )

    def holds(self, other: "Box") -> bool:
        return (
            self.left <= other.left + 0.01
            and self.top <= other.top + 0.01
            and other.right <= self.right + 0.01
            and other.bottom <= self.bottom + 0.01
        )


def face(placed: Placed) -> Box:
    return Box(placed.node.title, placed.x, placed.y, placed.x + placed.width, placed.y + placed.height)


def shape(placed: Placed) -> Box:
    left, top, width, height = placed.shape_box
    return Box(f"shape of {placed.node.title}", left, top, left + width, top + height)


def drawings(drawing: Drawing) -> Iterator[Drawing]:
    yield drawing
    for placed in drawing.placed:
        if placed.inner is not None:
            yield from drawings(placed.inner)


@pytest.mark.parametrize("depth", DEPTHS)
@EACH
def test_nothing_overlaps_and_everything_is_on_the_paper(name: str, depth: int | None) -> None:
    made = sheet(PICTURES[name], depth)
    paper = Box("paper", 0, 0, made.width, made.height)
    frames = [Box(one.title, one.x, one.y, one.x + one.width, one.y + one.height) for one in made.panels]
    assert all(paper.holds(frame) for frame in frames)
    assert not any(one.overlaps(other) for one, other in combinations(frames, 2))
    for panel in made.panels:
        assert panel.drawing.width <= panel.width and panel.drawing.height <= panel.height
        for drawing in drawings(panel.drawing):
            boxes = [face(one) for one in drawing.placed] + [shape(one) for one in drawing.placed if one.node.shape]
            ground = Box("drawing", 0, 0, drawing.width, drawing.height)
            assert [box for box in boxes if not ground.holds(box)] == []
            assert [(one, other) for one, other in combinations(boxes, 2) if one.overlaps(other)] == []
            for placed in drawing.placed:
                if placed.inner is not None:
                    assert placed.inner.width <= placed.width and placed.inner.height <= placed.height


@EACH
def test_texts_fit_into_their_boxes(name: str) -> None:
    for panel in sheet(PICTURES[name]).panels:
        for drawing in drawings(panel.drawing):
            for placed in drawing.placed:
                node, inner = placed.node, placed.width - 2 * PAD
                assert text_width(node.title, TITLE) <= inner + 0.01
                if node.kind in CARDS:
                    assert text_width(below(node) + learned(node), SMALL) <= inner
                assert text_width(node.shape, LABEL) <= drawing.width


def points(route: tuple[Point, ...]) -> Iterator[Point]:
    """Points along a route, curves included."""
    for (x, y), (to_x, to_y) in zip(route, route[1:]):
        for share in (place / 16 for place in range(17)):
            curve = share * share * (3 - 2 * share)
            bend = 1.5 * share * (1 - share) + share**3 if x != to_x else share
            yield x + (to_x - x) * curve, y + (to_y - y) * bend


@EACH
def test_edges_run_around_boxes(name: str) -> None:
    for panel in sheet(PICTURES[name]).panels:
        for drawing in drawings(panel.drawing):
            boxes = [face(placed) for placed in drawing.placed]
            for route in drawing.routes:
                for x, y in points(route):
                    inside = [one for one in boxes if one.left < x < one.right and one.top + 0.1 < y < one.bottom - 0.1]
                    assert inside == []


@EACH
def test_an_edge_joins_the_faces_of_its_nodes(name: str) -> None:
    picture = PICTURES[name]
    made = sheet(picture, 0)
    for net, panel in zip(picture.nets, made.panels):
        placed = panel.drawing.placed
        assert len(panel.drawing.routes) == len(net.edges)
        for (source, target), route in zip(net.edges, panel.drawing.routes):
            assert route[0][1] == placed[source].y + placed[source].height
            assert route[-1][1] == pytest.approx(placed[target].y)
            assert all(after >= before - 0.001 for (_, before), (_, after) in zip(route, route[1:]))


def test_a_long_net_stays_upright() -> None:
    """Forty stages of four columns each: what leans a little at every stage must not end far beside."""
    (panel,) = sheet(PICTURES["wavenet"]).panels
    assert panel.width < 5 * max(placed.width for placed in panel.drawing.placed)


def test_what_is_alike_on_both_sides_is_drawn_so() -> None:
    (net,) = PICTURES["googlenet"].nets
    inception = next(node.inside for node in net.blocks if node.inside and node.inside.name == "Inception")
    assert inception is not None
    middle = {
        placed.node.title: placed.x + placed.width / 2
        for placed in sheet(Picture("i", (inception,))).panels[0].drawing.placed
    }
    assert middle["x"] == pytest.approx(middle["cat(1)"]) == pytest.approx(middle["output"])


def numbers(net: Net) -> int:
    return sum(node.parameters for node in net.nodes)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_layer_is_there_with_its_parameters(path: Path) -> None:
    unit = specc.check(path)
    for model, net in zip(unit.program.models, PICTURES[path.stem].nets):
        summary = summarise(model)
        paths = set(layer_paths(net, ""))
        own = [row for row in summary.rows if row.kind == "parameter" or row.kind[:1].isupper()]  # functions have none
        assert own and {row.path for row in own if row.output != "not used"} <= paths
        assert net.parameters == summary.parameters
        if not model.graph.ties:
            assert numbers(net) == summary.parameters


def layer_paths(net: Net, prefix: str) -> Iterator[str]:
    for node in net.nodes:
        if node.kind == "state":
            yield prefix + node.title
        elif node.inside is None:
            yield prefix + node.path
        else:
            for path in node.paths:
                yield from layer_paths(node.inside, f"{prefix}{path}.")


def test_what_is_identical_is_drawn_once() -> None:
    (net,) = PICTURES["resnet50"].nets
    blocks = [(node.path, node.paths[-1], node.times) for node in net.blocks]
    assert blocks == [
        ("layer1.0", "layer1.0", 1),
        ("layer1.1", "layer1.2", 2),
        ("layer2.0", "layer2.0", 1),
        ("layer2.1", "layer2.3", 3),
        ("layer3.0", "layer3.0", 1),
        ("layer3.1", "layer3.5", 5),
        ("layer4.0", "layer4.0", 1),
        ("layer4.1", "layer4.2", 2),
    ]


def test_a_block_that_stands_once_is_unfolded_and_others_are_drawn_beside() -> None:
    transformer = sheet(PICTURES["nanogpt"])
    assert [panel.title for panel in transformer.panels] == ["GPT"]
    assert [one.node.title for one in transformer.panels[0].drawing.placed if one.inner] == ["Block(4, 0.0, true)"]
    resnet = sheet(PICTURES["resnet50"])
    assert [panel.title for panel in resnet.panels] == ["ResNet", "Bottleneck"]
    assert not any(placed.inner for placed in resnet.panels[0].drawing.placed)
    assert resnet.panels[1].note == "as in layer1.0, 75,008 parameters"


def test_data_and_loss_stand_around_the_model() -> None:
    (net,) = PICTURES["mnist"].nets
    titles = [node.title for node in net.nodes]
    joined = {(titles[source], titles[target]) for source, target in net.edges}
    assert {("MNIST or Digits", "image"), ("MNIST or Digits", "label")} <= joined
    assert {("logits", "CrossEntropyLoss()"), ("label", "CrossEntropyLoss()")} <= joined


def test_a_loss_reads_what_it_names() -> None:
    """An output, the model's own input, and a part of the sample that no input takes."""
    spec = """
      model M() { input x: f32[N, 4]  y = x -> down: Linear(_, 2) -> up: Linear(_, 4)  output y }
      data { sample (x: f32[N, 4], label: f32[N, 4]) }
      loss mse_loss(y - x, label)
    """
    (net,) = drawn(specc.Source("m.spec", spec), "m").nets
    names = [f"{node.kind} {node.title}" for node in net.nodes]
    into_loss = {names[source] for source, target in net.edges if net.nodes[target].kind == "loss"}
    assert into_loss == {"output y", "input x", "input label"}


def test_steps_of_a_training_of_ones_own_are_drawn() -> None:
    assert [net.name for net in PICTURES["dcgan"].nets] == ["G", "D", "step d with opt_d", "step g with opt_g"]
    d = PICTURES["dcgan"].nets[2]
    assert [node.path for node in d.blocks] == ["G", "D", "D"]


def test_shapes_stand_on_the_edges() -> None:
    unit = specc.check(ROOT / "specs" / "zoo" / "resnet50.spec")
    shapes = {node.path: node.shape for node in picture_of(unit.program, "r").nets[0].nodes}
    assert shapes["layer2.1"] == "[N, 512, (H + 7) // 8, (W + 7) // 8]"
    known = {node.path: node.shape for node in picture_of(unit.program, "r", {"H": 224, "W": 224}).nets[0].nodes}
    assert known["layer2.1"] == "[N, 512, 28, 28]"
