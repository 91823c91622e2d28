"""init_weights of emitted classes: the weights of the built model, whatever the rules ask for."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import specc
from specc.backends.script_model import model_section
from specc.compiler import compile_spec
from specc.source import Source

MODEL = """
block Part(c) {
  input x: f32[N, T, D]
  a, w = (x, x, x) -> att: MultiheadAttention(D, 2, batch_first=true)
  output x -> ln: LayerNorm(_) -> mlp: { Linear(_, c) -> GELU -> Linear(_, D) } -> norm1: LayerNorm(_)
}
model M(depth = 2, d = 8) {
  input ids: i64[N, T] < 10
  param scale: f32[8] = ones
  x = (ids -> emb: Embedding(10, 8)) * scale
  x = x -> part: { for i in 0..depth { "part_{i}": Part(16) } }
  x = x -> layer: TransformerEncoderLayer(8, 2, 16, batch_first=true)
  output x -> head: Linear(_, 10, bias=false)TIE
}
init M { RULES }
"""
RULES = {
    "a class": "Linear.weight ~ normal(0, 0.5)  Linear.bias = 3",
    "classes inside other layers": "LayerNorm.weight = 2  LayerNorm.bias = 3",
    "a class of layers with layers inside": "MultiheadAttention.in_proj_weight ~ normal(0, 3)",
    "one name": "head.weight = 0",
    "names": "head.weight = 0  scale = 0  emb.weight ~ normal(0, 1)",
    "an ending": '"*.mlp.2.weight" ~ normal(0, 0.1)  Linear.weight ~ uniform(-1, 1)  "*.mlp.2.bias" = 1',
    "a class and exceptions": 'Linear.weight, Embedding.weight ~ normal(0, 0.02)  "*.mlp.2.weight" ~ normal(0, 3)',
    "a middle": '"*.mlp.*" Linear.weight ~ xavier_uniform()  "*.mlp.*" Linear.bias ~ normal(std=1e-6)',
    "a beginning": '"part.*" Linear.weight ~ normal(0, 0.1)  "layer.*" = 0.5',
    "a module's path": '"part.part_1.ln" = 4  "*.part_?.mlp.0" Linear.weight ~ normal(0, 9)',
    "any of a set": '"part.part_[01].mlp.[02].weight" ~ normal(0, 2)',
}


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("tie", ["", "\n  tie head.weight = emb.weight"], ids=["", "tied"])
def test_the_weights_are_those_of_the_built_model(rules: str, tie: str) -> None:
    source = Source("m.spec", MODEL.replace("TIE", tie).replace("RULES", RULES[rules]))
    unit = compile_spec(source)
    assert not unit.has_errors and unit.program is not None, [problem.headline for problem in unit.problems]
    section = model_section(unit.program)
    scope: dict[str, Any] = {"__name__": "emitted"}
    exec("\n".join(section.imports) + "\n" + section.text, scope)
    torch.manual_seed(4)
    built = specc.build(source).state_dict()
    torch.manual_seed(4)
    emitted = scope["M"]().state_dict()
    assert list(built) == list(emitted)
    assert [key for key in built if not torch.equal(built[key], emitted[key])] == []
