"""Pictures of every spec of specs/ and of two more, for the tests of `specc graph`."""

from __future__ import annotations

from pathlib import Path

import pytest

import specc
from specc.report.graph.job import picture_of
from specc.report.graph.net import Picture

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


def drawn(spec: Path | specc.Source, name: str) -> Picture:
    unit = specc.check(spec)
    assert not unit.has_errors, unit.problems
    return picture_of(unit.program, name)


PICTURES = {path.stem: drawn(path, path.stem) for path in SPECS}
PICTURES |= {name: drawn(specc.Source(f"{name}.spec", text), name) for name, text in OWN.items()}
TAGS = {"svg", "title", "desc", "style", "rect", "text", "path", "g"}
EACH = pytest.mark.parametrize("name", PICTURES)
