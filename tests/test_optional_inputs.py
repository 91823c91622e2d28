"""`input mask: bool[B, T]?`: an input that a use of a block may leave out."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

import specc

ATTEND = """
block Attend {
  input x: f32[B, T, D], mask: bool[B, T]?
  y, _ = (x, x, x, key_padding_mask=mask) -> attn: MultiheadAttention(D, 2, batch_first=true)
  output y
}
model M {
  input x: f32[B, T, 8], mask: bool[B, T]
  a = (x, mask) -> one: Attend()
  b = a -> two: Attend()
  output b -> head: Linear(_, 3)
}
"""
SCALE = """
block Scale {
  input x: f32[B, D], by: f32[B, D]?, plus: f32[B, D]?
  y = if by == none { x } else { x * by }
  output if plus != none { y + plus } else { y }
}
model M {
  input x: f32[B, 8], z: f32[B, 8]
  a = (x, z) -> one: Scale()
  b = (a, plus=z) -> two: Scale()
  c = (b, z, x) -> three: Scale()
  output c -> four: Scale()
}
"""


class Reference(nn.Module):
    """The first spec, by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.ModuleDict({"attn": nn.MultiheadAttention(8, 2, batch_first=True)})
        self.two = nn.ModuleDict({"attn": nn.MultiheadAttention(8, 2, batch_first=True)})
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        a, _ = self.one["attn"](x, x, x, key_padding_mask=mask)
        b, _ = self.two["attn"](a, a, a)
        return self.head(b)


def both(text: str) -> tuple[Any, Any]:
    """The built module and the script's, from one seed."""
    source = specc.Source("m.spec", text)
    assert [problem for problem in specc.check(source).problems if problem.severity == "error"] == []
    scope: dict[str, Any] = {"__name__": "script"}
    exec(specc.emit(source), scope)
    torch.manual_seed(0)
    built = specc.build(source)
    torch.manual_seed(0)
    return built, scope["M"]()


def test_a_mask_for_one_use_and_none_for_the_other() -> None:
    x, mask = torch.randn(2, 5, 8), torch.zeros(2, 5, dtype=torch.bool)
    mask[:, 3:] = True
    torch.manual_seed(0)
    reference = Reference()
    for module in both(ATTEND):
        assert list(module.state_dict()) == list(reference.state_dict())
        assert torch.equal(module(x, mask), reference(x, mask))


def test_whether_an_input_is_there_can_be_asked() -> None:
    x, z = torch.randn(3, 8), torch.randn(3, 8)
    for module in both(SCALE):
        assert torch.equal(module(x, z), (x * z + z) * z + x)


def test_the_inputs_of_a_model_are_always_given() -> None:
    source = specc.Source("m.spec", "model M { input x: f32[N, 8]?  output relu(x) }")
    assert [problem.name for problem in specc.check(source).problems][:1] == ["wrong-context"]


def test_an_optional_input_is_checked_where_it_is_given() -> None:
    text = ATTEND.replace("(x, mask) ->", "(x, x) ->")
    assert "dtype-mismatch" in [problem.name for problem in specc.check(specc.Source("m.spec", text)).problems]
