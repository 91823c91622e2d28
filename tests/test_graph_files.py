"""`specc graph`: SVG, page, dot and mermaid are whole, and nothing of a spec runs in them; the command."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

import specc
from cli_helpers import Command
from graph_pictures import EACH, PICTURES, ROOT, TAGS
from specc.program.model import Call, Ref
from specc.report.graph.job import picture_of
from specc.report.graph.net import Node, Picture, every_net
from specc.report.graph.page import page
from specc.report.graph.picture import (
    sheet,
)
from specc.report.graph.svg import svg
from specc.report.graph.text import dot, mermaid
from specc.report.graph.words import call_text, looker, short


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
    """After a change of pictures: pytest tests/test_graph_files.py --golden, and look at it."""
    monkeypatch.chdir(ROOT)
    made, picture = command("graph", "specs/zoo/resnet50.spec", "--at", "H=224,W=224").out, ROOT / "docs/resnet50.svg"
    if request.config.getoption("--golden"):
        picture.write_text(made)
    assert picture.read_text() == made, "pytest tests/test_graph_files.py --golden draws it anew"
    assert "docs/resnet50.svg" in (ROOT / "README.md").read_text()
