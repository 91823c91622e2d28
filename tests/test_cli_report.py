"""`specc summary` and `specc fmt` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specc.cli.main import main

SPEC = """
model M() {
  input x: f32[N, 3, 8, 8]
  output x -> conv: Conv2d(_, 4, 3, bias=false) -> relu -> flatten(1) -> fc: Linear(_, 2)
}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "m.spec"
    path.write_text(SPEC)
    return path


def test_summary_counts_what_torch_counts(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import specc

    assert main(["summary", str(spec), "--format", "json"]) == 0
    (model,) = json.loads(capsys.readouterr().out)["models"]
    built = specc.build(spec)
    assert model["parameters"] == sum(p.numel() for p in built.parameters())
    assert model["multiply_adds"] == 4 * 6 * 6 * 3 * 9 + 144 * 2
    assert model["activation_bytes"] == 4 * (4 * 36 + 2)
    assert [layer["path"] for layer in model["layers"]] == ["conv", "fc"]


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_summary_for_people(spec: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", str(spec), "--format", form]) == 0
    shown = capsys.readouterr().out
    assert "f32[N, 4, 6, 6]" in shown and "398 parameters (398 trainable)" in shown


def test_summary_puts_sizes_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "m.spec"
    path.write_text("model M() { input x: f32[N, 3, H, W]  output x -> c: Conv2d(_, 2, 1, bias=false) }")
    assert main(["summary", str(path), "--format", "json", "--at", "H=5,W=7"]) == 0
    assert json.loads(capsys.readouterr().out)["models"][0]["multiply_adds"] == 2 * 3 * 5 * 7
    assert main(["summary", str(path), "--at", "H=x"]) == 2


def test_summary_says_what_open_sizes_may_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, net = tmp_path / "m.spec", "image -> Conv2d(_, 2, 7) -> max_pool2d(2) -> adaptive_avg_pool2d(1)"
    path.write_text(f"model M() {{\n  input image: f32[N, 3, H, W]\n  assert W <= 64\n  output {net}\n}}\n")
    assert main(["summary", str(path)]) == 0
    assert capsys.readouterr().out.rstrip().endswith(" a sample, for H >= 8, 8 <= W <= 64")
    assert main(["summary", str(path), "--format", "json"]) == 0
    sizes = json.loads(capsys.readouterr().out)["models"][0]["sizes"]
    assert sizes["H"] == {"least": 8, "greatest": None} and sizes["W"] == {"least": 8, "greatest": 64}
    for verb, at, said in (("summary", "H=7", "H >= 8"), ("graph", "W=65", "8 <= W <= 64")):
        assert main([verb, str(path), "--at", at]) == 2
        assert f"--at {at} does not fit M: {said}" in capsys.readouterr().err
    assert main(["summary", str(path), "--at", "H=8,W=64"]) == 0


def test_fmt_writes_once(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text("model M(){input x:f32[N,4]   output x->fc:Linear(_,2)}   # end\n")
    assert main(["fmt", "--check", str(spec)]) == 1
    assert main(["fmt", "--diff", str(spec)]) == 1
    assert main(["fmt", str(spec)]) == 0
    first = spec.read_text()
    assert "# end" in first and "Linear(_, 2)" in first
    assert main(["fmt", "--check", str(spec)]) == 0
    assert main(["fmt", str(spec)]) == 0
    assert spec.read_text() == first


def test_fmt_leaves_a_broken_spec_alone(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text("model M( {")
    assert main(["fmt", str(spec)]) == 1
    assert spec.read_text() == "model M( {"
    assert "error[S1" in capsys.readouterr().err
