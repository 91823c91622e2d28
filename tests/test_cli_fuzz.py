"""Whatever is in a file, `specc check` answers with findings: never a fault of its own, never a control code."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specc.cli.main import main

SPECS = [path.read_text() for path in sorted((Path(__file__).parent.parent / "specs").glob("*.spec"))]
PIECES = ["model", "block", "{", "}", "(", ")", "[", "]", "->", "=", ",", ":", "..", "~", "_", "input x: f32[N, 4]",
          "output", "Linear(_, 2)", "Conv2d", "x", "if", "else", "for", "in", "repeat", "9", "1e9", "-1", '"', '"{x}"',
          "\n", "#", "%", "\x1b[2J", "\u202e", "\0", "0..3", "fn", "let", "data", "loss", "train", "optimizer", "**",
          "//", "true", "none", "nn.Linear", "'a'", "import", "extern", "param", "buffer", "tie", "order", "init"]
OPTIONS = settings(deadline=None, max_examples=150, derandomize=True,
                   suppress_health_check=[HealthCheck.function_scoped_fixture])


def survives(data: bytes, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "a.spec"
    path.write_bytes(data)
    status = main(["check", "--select", "all", str(path)])
    out, err = capsys.readouterr()
    assert status in (0, 1, 2), out
    assert err == ""
    assert all(character.isprintable() or character == "\n" for character in out)
    assert status == 0 or "error[S" in out


@OPTIONS
@given(data=st.binary(max_size=200))
def test_any_bytes(data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    survives(data, tmp_path, capsys)


@OPTIONS
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_words(pieces: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    survives(" ".join(pieces).encode(), tmp_path, capsys)


@pytest.mark.parametrize("seed", range(60))
def test_real_specs_with_slips(seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw = random.Random(seed)
    text = draw.choice(SPECS)
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(text))
        cut = draw.choice([0, 1, 1, 5, 40])
        text = text[:at] + draw.choice(["", *PIECES]) + text[at + cut :]
    survives(text.encode(), tmp_path, capsys)
