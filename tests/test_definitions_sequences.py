"""A block that is one row of modules is printed as a class of nn.Sequential; others name theirs by number."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import specc
from specc.backends.script import emit
from test_definitions import classes, made, section_of, tree_of, written

DOUBLE = """
block Double(out, n = 1, norm = true) {
  input x: f32[N, C, H, W]
  let half = out // 2
  output x -> Conv2d(C, half, 3, padding=1) -> if norm { BatchNorm2d(_) } -> ReLU
           -> for i in 0..n { { Conv2d(_, out, 3, padding=1) -> ReLU } } -> Dropout(0.1)
}
block Mixed(out) {
  input x: f32[N, C, H, W]
  output x -> Conv2d(C, out, 3, padding=1) -> relu -> Conv2d(out, out, 3, padding=1) -> add(1.0)
}
model M(classes = 2) {
  input image: f32[N, 3, 8, 8]
  a = image -> Double(8)
  b = a -> MaxPool2d(2) -> Double(16, 3)
  c = b -> Mixed(32) -> Mixed(16) -> Double(16, 2, norm=false)
  output c -> Conv2d(_, classes, 1)
}
"""
ROWS = "model M(width = 8) {{ input image: f32[N, 3, 8, 8]  output image -> flatten(1) -> row: Row(width) }}\n{}"


def agree(unit: Any) -> None:
    """Keys, first weights and results of the emitted class are those of the built model."""
    torch.manual_seed(0)
    theirs = specc.build(unit.source).eval()
    torch.manual_seed(0)
    ours = made(unit).eval()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert all(torch.equal(ours.state_dict()[key], value) for key, value in theirs.state_dict().items())
    value = torch.randn(2, 3, 8, 8)
    assert torch.equal(ours(value), theirs(value))


def bases() -> dict[str, str]:
    return {name: ast.unparse(node.bases[0]) for name, node in classes(tree_of(written(DOUBLE))).items()}


def test_a_row_of_modules_is_an_nn_sequential() -> None:
    assert bases() == {"Double": "nn.Sequential", "Mixed": "nn.Module", "M": "nn.Module"}
    double = classes(tree_of(written(DOUBLE)))["Double"]
    assert [item.name for item in double.body if isinstance(item, ast.FunctionDef)] == ["__init__"]
    assert "for _ in range(n):" in section_of(written(DOUBLE)).text
    agree(written(DOUBLE))


@pytest.mark.parametrize(
    "body, kept",
    [
        ("output x -> Linear(_, out) -> ReLU", True),
        ("output x -> { Linear(_, out) -> ReLU } -> Linear(_, 4)", True),
        ("let w = 2 * out\n output x -> repeat 2 { Linear(_, w) -> Tanh }", True),
        ("output x -> Linear(_, out) -> relu -> Linear(_, 4)", False),
        ("output x -> fc: Linear(_, out) -> act: ReLU", False),
        ("output x -> for i in 0..2 { fc[i]: Linear(_, out) }", False),
        ("x = x -> fc: Linear(_, out)\n output x -> Linear(_, 4) -> ReLU", False),
        ("output (x * 2.0) -> Linear(_, out) -> ReLU", False),
    ],
)
def test_nothing_else_is_one(body: str, kept: bool) -> None:
    unit = written(ROWS.format(f"block Row(out) {{ input x: f32[N, D]\n {body}\n}}\n"))
    assert ("class Row(nn.Sequential):" in section_of(unit).text) is kept
    agree(unit)


def test_weights_are_drawn_at_the_end_of_its_constructor() -> None:
    unit = written(
        "model M(h = 4) { input x: f32[N, 3, 8, 8]  output x -> Flatten() -> Linear(_, h) }\ninit M { Linear.bias = 0 }"
    )
    own = classes(tree_of(unit))["M"]
    assert ast.unparse(own.bases[0]) == "nn.Sequential"
    assert [item.name for item in own.body if isinstance(item, ast.FunctionDef)] == ["__init__", "init_weights"]
    agree(unit)


def test_the_scripts_pass_ruff_and_the_type_checker(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text(emit(written(DOUBLE), "model"))
    for command in (
        ["ruff", "check", "--isolated", "."],
        ["ruff", "format", "--isolated", "--check", "."],
        ["mypy", "--cache-dir", str(tmp_path / "cache"), "."],
    ):
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stdout
