"""Layers of sequences in whole specs: stacks made from a template, several results, `_`; built and emitted alike."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import specc
from specc.backends.module import build
from specc.backends.script_model import model_section
from specc.compiler import Unit
from specc.source import Source

TRANSLATOR = """
model M {
  input x: f32[N, 10, 32], memory: f32[N, 7, 32]
  let part = TransformerEncoderLayer(32, 4, 16, batch_first=true)
  h = x -> enc: TransformerEncoder(part, 2, norm=LayerNorm(_))
  h = (h, memory) -> dec: TransformerDecoder(TransformerDecoderLayer(_, 4, 16, batch_first=true), 1)
  y, _ = (h, h, h, need_weights=false) -> attn: MultiheadAttention(_, 8, batch_first=true)
  z, (a, b) = y -> rnn: LSTM(_, 12, bidirectional=true, batch_first=true)
  output z[:, -1] -> head: Linear(_, 5)
}
"""


class Reference(torch.nn.Module):
    """The same, written by hand."""

    def __init__(self) -> None:
        super().__init__()
        part = torch.nn.TransformerEncoderLayer(32, 4, 16, batch_first=True)
        self.enc = torch.nn.TransformerEncoder(part, 2, norm=torch.nn.LayerNorm(32))
        self.dec = torch.nn.TransformerDecoder(torch.nn.TransformerDecoderLayer(32, 4, 16, batch_first=True), 1)
        self.attn = torch.nn.MultiheadAttention(32, 8, batch_first=True)
        self.rnn = torch.nn.LSTM(32, 12, bidirectional=True, batch_first=True)
        self.head = torch.nn.Linear(24, 5)

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        h = self.dec(self.enc(x), memory)
        y, _ = self.attn(h, h, h, need_weights=False)
        return self.head(self.rnn(y)[0][:, -1])


def compiled(text: str) -> Unit:
    return specc.check(Source("test.spec", text))


def errors(text: str) -> list[str]:
    return [problem.name for problem in compiled(text).problems if problem.severity == "error"]


def emitted(unit: Unit) -> torch.nn.Module:
    """The model as the script's classes make it."""
    section = model_section(unit.program)
    scope: dict[str, Any] = {"__name__": "emitted"}
    exec(compile("\n".join(section.imports) + "\n" + section.text, "test.py", "exec"), scope)
    (constructor,) = section.constructors.values()
    made: torch.nn.Module = scope[constructor.name]()
    return made


def seeded(make: Any) -> torch.nn.Module:
    torch.manual_seed(0)
    module: torch.nn.Module = make()
    return module.eval()


@pytest.mark.parametrize("make", [build, emitted])
def test_a_translator_is_the_one_written_by_hand(make: Any) -> None:
    unit = compiled(TRANSLATOR)
    assert [problem.name for problem in unit.problems] == []
    ours, reference = seeded(lambda: make(unit)), seeded(Reference)
    x, memory = torch.rand(3, 10, 32), torch.rand(3, 7, 32)
    assert list(ours.state_dict()) == list(reference.state_dict())
    assert all(torch.equal(ours.state_dict()[key], value) for key, value in reference.state_dict().items())
    assert torch.equal(ours(x, memory), reference(x, memory))


MISTAKES = {
    "x -> TransformerEncoder(LayerNorm(32), 2)": "argument-type",
    "x -> TransformerEncoder(TransformerEncoderLayer(32, 5), 2)": "heads-indivisible",
    "x -> TransformerEncoder(TransformerEncoderLayer(16, 4), 2)": "attention-width",
    "x -> TransformerEncoder(TransformerEncoderLayer(32, 4, heads=2), 2)": "unknown-argument",
    "x -> TransformerEncoder(3, 2)": "argument-type",
    "x -> LSTM(16, 8)": "rnn-input-size",
    "(x, x[:, :1]) -> GRU(_, 8, batch_first=true)": "rnn-state-shape",
    "x -> LSTM(_, 8, proj_size=8)": "argument-domain",
    "x -> Embedding(10, 4)": "embedding-needs-ids",
}


@pytest.mark.parametrize("steps", MISTAKES)
def test_a_mistake_has_one_name(steps: str) -> None:
    found = errors(f"model M {{\n  input x: f32[N, 10, 32]\n  output {steps}\n}}\n")
    assert found == [MISTAKES[steps]]


def test_the_weight_of_a_loss_is_as_long_as_there_are_classes() -> None:
    spec = "model M { input x: f32[N, 4] output x -> Linear(_, 3) }\ndata { sample (x: f32[N, 4], y: i64[N] < 3) }\n"
    assert errors(spec + "loss CrossEntropyLoss(weight=[1.0, 2.0])\n") == ["target-shape"]
    assert errors(spec + "loss CrossEntropyLoss(weight=[1.0, 2.0, 0.5])\n") == []
