"""`specc graph`: nothing overlaps, nothing is left out, nothing of a spec runs in it."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path
from typing import Iterator, NamedTuple
from xml.etree import ElementTree

import pytest

import specc
from cli_helpers import Command
from specc.program.model import Call, Ref
from specc.report.graph.job import picture_of
from specc.report.graph.net import Net, Node, Picture, every_net
from specc.report.graph.page import page
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
from specc.report.graph.svg import svg
from specc.report.graph.text import dot, mermaid
from specc.report.graph.words import call_text, looker, short
from specc.report.summary import summarise

ROOT = Path(__file__).parent.parent
SPECS = sorted((ROOT / "specs").rglob("*.spec"))
DEPTHS = (None, 0, 1, 9)
UNET = """
block Double(out) { input x: f32[N, C, H, W]  output x -> Conv2d(C, out, 3, padding=1) -> ReLU
                      -> Conv2d(out, out, 3, padding=1) -> ReLU }
block Up(out) { input x: f32[N, C, H, W]  input skip: f32[N, D, 2 * H, 2 * W]
  output cat([x -> up: ConvTranspose2d(C, out, 2, stride=2), skip], 1) -> conv: Double(out) }
model UNet(classes = 2) {
  input image: f32[N, 3, 64, 64]
  a = image -> Double(8)
  b = a -> MaxPool2d(2) -> Double(16)
  c = b -> MaxPool2d(2) -> Double(32)
  y = (c, b) -> up1: Up(16)
  y = (y, a) -> up2: Up(8)
  mask = y -> Conv2d(_, classes, 1)
  depth = c -> adaptive_avg_pool2d(1) -> flatten(1) -> Linear(_, 1)
  output (mask, depth)
}
"""
SEVERAL = """
model M() {
  input a: f32[N, 4]
  input b: f32[N, 4]
  param scale: f32[4] = ones
  x, h = (a * scale).unsqueeze(1) -> lstm: LSTM(4, 8, batch_first=true)
  y = if training { dropout(b, 0.5) } else { b * 0.123456789 }
  output (sum = x.squeeze(1) -> head: Linear(_, 4) -> add(y), rest = (b -> fc: Linear(_, 2)))
}
"""


OWN = {"unet": UNET, "several": SEVERAL}


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


def drawn(spec: Path | specc.Source, name: str) -> Picture:
    unit = specc.check(spec)
    assert not unit.has_errors, unit.problems
    return picture_of(unit.program, name)


PICTURES = {path.stem: drawn(path, path.stem) for path in SPECS}
PICTURES |= {name: drawn(specc.Source(f"{name}.spec", text), name) for name, text in OWN.items()}
TAGS = {"svg", "title", "desc", "style", "rect", "text", "path", "g"}
EACH = pytest.mark.parametrize("name", PICTURES)


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


class Elements(HTMLParser):
    """The tags of a page, and all that a browser would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for key, value in attrs if key in ("src", "href", "xlink:href", "data", "srcset")]
        self.handlers += [key for key, _ in attrs if key.startswith("on")]


@EACH
def test_the_svg_is_whole_and_loads_nothing(name: str) -> None:
    text = svg(sheet(PICTURES[name]))
    root = ElementTree.fromstring(text)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= TAGS
    assert "url(" not in text and "@import" not in text and "href" not in text
    title, desc = root[0], root[1]
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert title.text == PICTURES[name].name and PICTURES[name].nets[0].name in (desc.text or "")
    assert "prefers-color-scheme: dark" in text


@EACH
def test_the_page_is_whole_and_loads_nothing(name: str) -> None:
    text = page(PICTURES[name])
    found = Elements(text)
    nets = every_net(PICTURES[name].nets)
    assert found.loads == [] and found.handlers == []
    assert found.tags.count("template") == len(nets) and found.tags.count("script") == 1
    script = text[text.index("<script>") + len("<script>") : text.index("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    inside = {int(place) for place in re.findall(r'data-net="(\d+)"', text)}
    assert inside == set(range(len(nets)))
    for wanted in re.findall(r'getElementById\("(\w+)"\)', script):
        assert f'id="{wanted}"' in text


QUOTED = r'"(?:[^"\\\n]|\\.)*"'


@EACH
def test_dot_is_well_formed(name: str) -> None:
    text = dot(PICTURES[name])
    lines = text.splitlines()[4:]
    known = set(re.findall(r"^ *(g[\d_]+) \[", text, re.MULTILINE))
    for line in lines:
        assert re.fullmatch(
            rf" *(?:subgraph cluster_[\w]+ {{|}}|label={QUOTED}|g[\d_]+ \[label={QUOTED}, fillcolor={QUOTED}\]"
            rf"|g[\d_]+ -> g[\d_]+(?: \[label={QUOTED}\])?)",
            line,
        ), line
    assert {end for line in lines if "->" in line for end in re.findall(r"\bg\d[\d_]*\b", line.split("[")[0])} <= known
    assert text.count("{") - text.count("}") == 0


@EACH
def test_mermaid_is_well_formed(name: str) -> None:
    text = mermaid(PICTURES[name])
    word = r'"(?:[\w ,.×…]|#\d+;|<br/>)*"'
    known = set(re.findall(r'^ *(g[\d_]+)\["', text, re.MULTILINE))
    for line in text.splitlines()[1:]:
        assert re.fullmatch(
            rf" *(?:subgraph g[\d_]+\[{word}\]|end|g[\d_]+\[{word}\]:::\w+|g[\d_]+ -->(?:\|{word}\|)? g[\d_]+"
            r"|classDef \w+ [\w:#,]+)",
            line,
        ), line
    assert set(re.findall(r"(g\d[\d_]*) -->", text)) <= known


HOSTILE = ["</script><script>alert(1)</script>", "]]><x>", "a'b", 'say "hi"', "&amp;&lt;", "#quot;", "1. x", "`b`",
           "a|b", "\x1b[31m", "\u202eabc", "\x00", "a\nb", "{x}", "\\", "漢字"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_spec_gets_out_of_its_place(text: str) -> None:
    """A hostile text as the name of a file, and as a string among the arguments of a call."""
    program = specc.check(
        specc.Source("m.spec", "model M() { input x: f32[N, 4]  output x -> fc: Linear(_, 2) }")
    ).program
    picture = picture_of(program, text)
    (net,) = picture.nets
    call = Call("torch.nn.functional.pad", (Ref(0), (1, 1)), (("mode", text),))
    words = call_text(call, None, looker({}, {}))
    node = Node("function", "plain", short(words), (short(text),), shape=short(text), hint=short(words, 300))
    made = Picture(picture.name, (net._replace(nodes=(*net.nodes, node), edges=(*net.edges, (1, 3))),))
    root = ElementTree.fromstring(svg(sheet(made)))
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= TAGS
    assert short(text, 100) in {element.text for element in root.iter()}
    found = Elements(page(made))
    assert found.tags.count("script") == 1 and found.handlers == [] and found.loads == []
    for form in (dot(made), mermaid(made), svg(sheet(made)), page(made)):
        assert all(character.isprintable() or character == "\n" for character in form)


@pytest.mark.parametrize("form", ["svg", "html", "mermaid", "dot"])
def test_the_bytes_are_the_same_everywhere(form: str) -> None:
    made = []
    for seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-m", "specc", "graph", "specs/zoo/googlenet.spec", "--format", form],
            cwd=ROOT, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed},
        )  # fmt: skip
        made.append(done.stdout)
    assert made[0] == made[1] and made[0]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


MNIST = str(ROOT / "specs" / "mnist.spec")


def test_the_ending_says_the_format(command: Command, tmp_path: Path) -> None:
    for ending, start in ((".svg", "<svg"), (".html", "<!doctype"), (".mmd", "flowchart"), (".dot", "digraph")):
        target = tmp_path / f"net{ending}"
        assert command("graph", MNIST, "-o", str(target)) == (0, "", "")
        assert target.read_text().startswith(start)
    assert command("graph", MNIST).out.startswith("<svg")
    assert command("graph", MNIST, "--format", "mermaid").out.startswith("flowchart")
    assert command("graph", MNIST, "-o", "-", "--format", "dot").out.startswith("digraph")


def test_one_model_of_several(command: Command) -> None:
    spec = str(ROOT / "specs" / "dcgan.spec")
    text = command("graph", spec, "--model", "D", "--format", "dot").out
    assert "LeakyReLU" in text and "ConvTranspose2d" not in text and "step d" not in text
    status, out, err = command("graph", spec, "--model", "d")
    assert (status, out) == (2, "") and "there is no model d" in err


@pytest.mark.parametrize(
    "words, said",
    [
        (("no.spec",), "cannot read no.spec"),
        ((MNIST, "-o", "net.png"), "--format svg, html, mermaid, dot"),
        ((MNIST, "--depth", "-1"), "--depth takes 0 or more"),
        ((MNIST, "--depth", "x"), "--depth wants a whole number"),
        ((MNIST, "--format", "png"), "--format cannot be png"),
        ((MNIST, "--at", "H"), "--at takes sizes"),
        ((MNIST, "-o", "no/such/folder/net.svg"), "cannot write no/such/folder/net.svg"),
    ],
)
def test_a_wrong_command_line(command: Command, words: tuple[str, ...], said: str) -> None:
    status, out, err = command("graph", *words)
    assert status == 2 and said in out + err and "<svg" not in out


def test_a_spec_with_errors_is_not_drawn(command: Command, tmp_path: Path) -> None:
    spec = tmp_path / "m.spec"
    spec.write_text("model M() { input x: f32[N, 4]  output x -> Linear(5, 2) }")
    status, out, err = command("graph", str(spec))
    assert (status, out) == (1, "") and "error[S301]" in err
    target = tmp_path / "net.svg"
    status, out, err = command("graph", str(spec), "-o", str(target))
    assert status == 1 and "error[S301]" in out and not target.exists()


def test_the_picture_in_the_docs_is_current(
    command: Command, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a change of pictures: pytest tests/test_graph.py --golden, and look at it."""
    monkeypatch.chdir(ROOT)
    made, picture = command("graph", "specs/zoo/resnet50.spec", "--at", "H=224,W=224").out, ROOT / "docs/resnet50.svg"
    if request.config.getoption("--golden"):
        picture.write_text(made)
    assert picture.read_text() == made, "pytest tests/test_graph.py --golden draws it anew"
    assert "docs/resnet50.svg" in (ROOT / "README.md").read_text()
