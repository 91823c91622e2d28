"""Nothing of a spec, a path or a comment steers what reads specc's output: a terminal, a browser, a CI service."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.dom import minidom

import pytest

from cli_helpers import Command

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
HOSTILE = (
    "\x1b[31m\x1b]8;;http://x\x07\u202e\u2066\x9b\n::error::x\r</script><script>alert(1)</script><b>&\"'`%0A]]>--><!--|"
    "*_[a](b)\u200b\ufeff"
)
NAME = "a\x1b[31m\n::error::p\u202e<b>`,%0A]]>.spec"


def quoted(text: str, raw: bool) -> str:
    """As a string of a spec, in which a line cannot end."""
    safe = text.replace("\\", "\\\\").replace('"', '\\"').replace("{", "{{").replace("}", "}}")
    short = {"\n": "\\n", "\r": "\\r"}
    kept = "".join(short.get(ch, ch) for ch in safe)
    return f'"{kept}"' if raw else '"' + "".join(ch if " " <= ch <= "~" else f"\\u{ord(ch):04x}" for ch in safe) + '"'


def specs(raw: bool) -> dict[str, str]:
    text, label = quoted(HOSTILE, raw), quoted(HOSTILE.replace(".", ""), raw)
    net = "model M {\n  input x: f32[N, 8]\n  output x -> %s: Linear(%d, 4) -> relu\n}\n"
    return {
        "label": net % (label, 8),
        "mistake": net % (label, 9),
        "argument": f"model M {{\n  input x: f32[N, 3, 8, 8]\n  output x -> Conv2d(3, 8, 3, padding={text})\n}}\n",
        "import": f"import A from {text}\n" + net % ("fc", 8),
        "extern": f"extern layer G(a: int): f32[N, C] -> f32[N, a] = {text}\n" + net % ("fc", 8),
        "comment": f"# specc: ignore[{HOSTILE.splitlines()[0]}]\n" + net % ("fc", 8),
        "folder": net % ("fc", 8) + f"data {{\n  train = ImageFolder({text})\n  sample (x, y)\n}}\n",
        "text": HOSTILE,
    }


COMMANDS = (
    ["check"], *(["check", "--format", form] for form in ("concise", "json", "github", "sarif", "junit")),
    ["summary"], ["summary", "--format", "json"], ["summary", "--format", "markdown"],
    *(["graph", "--format", form] for form in ("svg", "html", "mermaid", "dot")),
    ["fmt", "--diff"], ["diff", NAME], ["explain", "--plan"], ["emit"],
)  # fmt: skip


@pytest.mark.parametrize("raw", [True, False], ids=["as it is", "escaped"])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_output_is_steered(
    words: list[str], raw: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    command = Command(capsys)
    for slot, text in specs(raw).items():
        Path(NAME).write_text(text)
        status, out, err = command(*words, NAME)
        assert status in (0, 1, 2), slot
        assert not STEERING.search(out + err), (slot, STEERING.search(out + err))
        lines = (out + err).splitlines()
        if "github" in words:
            assert all(re.match("::(error|warning|notice) file=", line) for line in out.splitlines()), slot
        else:
            assert not any(line.startswith("::") for line in lines), slot
        assert not {"html", "svg", "markdown", "mermaid"} & set(words) or "<script>alert" not in out, slot
        _parsed(words, out)


def _parsed(words: list[str], out: str) -> None:
    """A format for machines is one they can read."""
    if out and ("json" in words or "sarif" in words):
        json.loads(out)
    if out and ("junit" in words or "svg" in words):
        minidom.parseString(out)
