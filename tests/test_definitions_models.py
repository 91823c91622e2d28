"""Models as people write them keep their shape in a script: blocks once, loops as loops."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import specc
from specc.backends.definitions.models import defined_model
from specc.backends.definitions.variants import Variants
from test_definitions import made, section_of, written

UNET = """
fn conv(c) = { Conv2d(_, c, 3, padding=1, bias=false) -> BatchNorm2d(_) -> ReLU }
block DoubleConv(c) { input x: f32[N, C, H, W]  output x -> conv(c) -> conv(c) }
block Up(c) {
  input x: f32[N, C, H, W], skip: f32[N, S, 2 * H, 2 * W]
  y = x -> up: ConvTranspose2d(_, c, 2, stride=2)
  output cat([skip, y], 1) -> conv: DoubleConv(c)
}
model M(width = 4, depth = 3) {
  input image: f32[N, 3, 16, 16]
  x = image -> inc: DoubleConv(width)
  skips = []
  for i in 0..depth {
    skips = skips + [x]
    x = x -> max_pool2d(2) -> down[i]: DoubleConv(width * 2 ** (i + 1))
  }
  for i in 0..depth { x = (x, skips[depth - 1 - i]) -> up[i]: Up(width * 2 ** (depth - 1 - i)) }
  output x -> outc: Conv2d(_, 2, 1)
}
"""
GROWING = """
block Dense(n, growth) {
  input x: f32[N, C, H, W]
  feats = [x]
  for i in 0..n {
    feats = feats + [cat(feats, 1) -> "conv{i + 1}": Conv2d(C + i * growth, growth, 3, padding=1) -> relu]
  }
  output cat(feats, 1)
}
model M(blocks = [2, 3], growth = 4) {
  input image: f32[N, 3, 8, 8]
  output image -> stem: Conv2d(_, 8, 3, padding=1) -> features: { for n in blocks { Dense(n, growth) -> AvgPool2d(2) } }
}
"""
CELL = """
model M(hidden = 6, turns = 3) {
  input seq: f32[N, 3, 5]
  layer cell = GRUCell(5, hidden)
  h = zeros(N, hidden)
  for t in 0..turns { h = (seq[:, t], h) -> cell }
  output h -> head: Linear(_, 3)
}
"""
TURNED = """
model M(dim = 4) {
  input x: f32[N, 6]
  z = x -> fc: { Linear(_, dim) -> ReLU }
  z = normalize(z)
  output z @ z.T
}
"""
LENGTHS = """
model M(longest = 8) {
  input src: f32[N, S, 4], tgt: f32[N, T, 4]
  assert S <= longest and T <= longest
  param positions: f32[1, longest, 4] ~ normal(std=0.02)
  a = (src + positions[:, :S]) -> one: Linear(_, 4)
  b = (tgt + positions[:, :T]) -> two: Linear(_, 4)
  output b @ a.transpose(1, 2)
}
"""
HANDED = """
fn heun(f, x, h) {
  k = f(x)
  output x + h / 2 * (k + f(x + h * k))
}
block Field(hidden) { input x: f32[N, D]  output x -> a: Linear(_, hidden) -> tanh -> b: Linear(_, D) }
model M(hidden = 8, turns = 3) {
  input x: f32[N, 4]
  layer f = Field(hidden)
  for i in 0..turns { x = heun(f, x, 1.0 / turns) }
  output x
}
"""
MODELS = {
    "a U-Net": (UNET, (2, 3, 16, 16), "Up(channels, width * 2 ** (depth - 1 - i), width * 2 ** (depth - 1 - i))"),
    "a list that grows": (GROWING, (2, 3, 8, 8), "nn.Conv2d(channels + i * growth, growth, 3, padding=1)"),
    "a shared cell": (CELL, (2, 3, 5), "h = self.cell(seq[:, t], h)"),
    "a tensor turned round": (TURNED, (3, 6), "return z @ z.T"),
    "a layer handed to a function": (HANDED, (2, 4), "for _ in range(self.turns):"),
    "two lengths": (LENGTHS, (2, 5, 4), "tgt_length = tgt.shape[1]"),
}


@pytest.mark.parametrize("name", MODELS)
def test_models_keep_their_shape(name: str) -> None:
    text, shape, expected = MODELS[name]
    unit = written(text)
    (model,) = unit.program.models  # type: ignore[union-attr]
    assert defined_model(unit.program, model, set(), Variants({})) is not None  # type: ignore[arg-type]
    assert expected in section_of(unit).text
    count = len(model.graph.inputs)
    torch.manual_seed(0)
    theirs: Any = specc.build(unit.source).eval()
    torch.manual_seed(0)
    ours = made(unit).eval()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    values = [torch.randn(shape) for _ in range(count)]
    assert torch.equal(ours(*values), theirs(*values))
