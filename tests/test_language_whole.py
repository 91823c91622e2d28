"""One model that uses nearly everything the language has: built, emitted, compared, and trained a step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

import specc
from specc.backends.script_model import model_section

DOUBLE = """
block Double(c) {
  input x: f32[N, C, H, W]
  output x -> c1: Conv2d(C, c, 3, padding=1) -> relu -> c2: Conv2d(c, c, 3, padding=1) -> relu
}
"""
WHOLE = """
import Double from "double.spec"
let widths = [8, 16]
fn scaled(x, k = 2) = x * k
block Encoder(sizes) {
  input x: f32[N, D]
  output if len(sizes) == 0 { x } else { x -> fc: Linear(_, sizes[0]) -> relu -> rest: Encoder(sizes[1:]) }
}
model M(n = 3, flag = true) {
  input image: f32[N, 3, 8, 8], ids: i64[N, T] < 10
  input scale: f32[N]
  let halves = [w // 2 for w in widths]
  let p, q = (halves[0], halves[1])
  layer shared = Linear(64, 64)
  param gain: f32[64] = ones
  buffer steps = arange(64).float() / 64, persistent=false
  h = image -> conv: Conv2d(_, p, 3, padding=1) -> act: ReLU -> body: Double(q)
        -> mean((2, 3)) -> up: Linear(_, 64) -> sigmoid
  h: f32[N, 64] = h -> shared -> tanh -> shared
  e = ids -> emb: Embedding(10, 64) -> mean(1)
  y, (hidden, cell) = (ids -> emb2: Embedding(10, 16)) -> rnn: LSTM(16, 32, batch_first=true)
  last = y[:, -1] -> net: Encoder([12, 64])
  z = (h + e + last) * gain + steps
  z = scaled(z, k=3) -> scaled
  z = if training { dropout(z, 0.1) } else { z }
  z = where(z > 0, z, z * 0.1) @ shared.weight
  z = z.detach() + einsum("nd,nd->n", z, z)[:, none] * scale.unsqueeze(1)
  for (i, w) in enumerate(widths) { z = z -> "out{i}": Linear(_, w) -> tanh }
  w = z.to(f64).to(f32) -> softmax(dim=-1)
  assert n > 2 and flag
  assert T <= 20
  output (logits=w, hidden=hidden.transpose(0, 1))
}
init M { "out*.weight" ~ normal(0, 0.1)  Linear.bias = 0  emb.weight ~ uniform(-1, 1) }
"""


def models(folder: Path) -> tuple[torch.nn.Module, torch.nn.Module]:
    """The built and the emitted module, made under one seed."""
    (folder / "double.spec").write_text(DOUBLE)
    path = folder / "whole.spec"
    path.write_text(WHOLE)
    unit = specc.check(path)
    assert [problem.headline for problem in unit.problems if problem.severity != "info"] == []
    section = model_section(unit.program)
    scope: dict[str, Any] = {"__name__": "emitted"}
    exec(compile("\n".join(section.imports) + "\n" + section.text, "whole.py", "exec"), scope)
    torch.manual_seed(3)
    built = specc.build(path)
    torch.manual_seed(3)
    return built, scope["M"]()


def test_built_is_emitted(tmp_path: Path) -> None:
    built, emitted = models(tmp_path)
    want, have = built.state_dict(), emitted.state_dict()
    assert list(have) == list(want) and all(torch.equal(have[key], want[key]) for key in want)
    assert "steps" not in want and dict(built.named_buffers())["steps"].shape == (64,)
    inputs = (torch.randn(2, 3, 8, 8), torch.randint(0, 10, (2, 5)), torch.randn(2))
    for module in (built, emitted):
        module.eval()
    ours, theirs = built(*inputs), emitted(*inputs)
    assert list(ours) == ["logits", "hidden"] == list(theirs)
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    assert ours["logits"].shape == (2, 16) and ours["hidden"].shape == (2, 1, 32)


def test_gradients_are_equal_in_training(tmp_path: Path) -> None:
    built, emitted = models(tmp_path)
    inputs = (torch.randn(2, 3, 8, 8), torch.randint(0, 10, (2, 5)), torch.randn(2))
    gradients = []
    for module in (built, emitted):
        torch.manual_seed(4)
        module.train()(*inputs)["logits"].square().sum().backward()
        gradients.append({key: p.grad for key, p in module.named_parameters()})
    for key, gradient in gradients[0].items():
        other = gradients[1][key]
        assert (gradient is None and other is None) or torch.equal(gradient, other)


def test_the_shared_layer_is_one(tmp_path: Path) -> None:
    for module in models(tmp_path):
        assert sum(key.startswith("shared.") for key in module.state_dict()) == 2


def test_what_a_forward_makes_is_on_the_device_of_its_input() -> None:
    net = "logits = x -> Linear(4, 4)\n  mask = full((4, 4), 1.0).tril()\n  output logits @ mask + zeros(4) + arange(4)"
    text = f"model M {{\n  input x: f32[N, 4]\n  {net}\n}}\n"
    module = specc.build(specc.Source("m.spec", text)).to("meta")
    assert module(torch.empty(2, 4, device="meta")).device.type == "meta"
