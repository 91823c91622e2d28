"""Whatever stands where something else belongs: one finding or none, in words, and never specc's own objects."""

from __future__ import annotations

import itertools
import re

import pytest

from specc.compiler import compile_spec
from specc.source import Source

FRAME = """
extern layer E(a: int): f32[N, C] -> f32[N, a] = "mine.E"
fn f(k) = k
let norm = BatchNorm1d(_)
block B(k) {
  input x: f32[N, C]
  output x -> Dropout(k)
}
model M(d = 3) {
  input x: f32[N, 8]
  layer shared = Linear(8, 8)
  y = %s
  output x -> fc: Linear(8, 2)
}
"""
VALUES = (
    "x", "Linear(3, 4)", "Linear", "relu", "B", "B(3)", "f", "f(2)", "shared", "norm", "E", "2", '"s"', "[1, 2]",
    "(1, 2)", "[x]", "[ReLU]", "{ ReLU }", "training", "f32", "x.shape", "x.shape[0]", "none", "0..3", "range", "pi",
    "M", "d", "N * 2", "enumerate([1])",
)  # fmt: skip
PLACES = (
    "relu(%s)", "x -> Linear(8, %s)", "x -> B(%s)", "x + %s", "x @ %s", "cat([x, %s], 1)", "x[%s]", "x[:, %s]",
    "x[[%s]]", "x.view(%s)", "%s -> ReLU", "x -> %s", "x -> E(%s)", "f(%s)", "(x, %s) -> B(2)", "%s.shape", "%s(x)",
    "sum(%s)", "x.to(%s)", "x -> TransformerEncoder(%s, 2)", "x -> for i in %s { ReLU }", "if %s { x } else { x }",
)  # fmt: skip
OBJECTS = re.compile(r" object at |span=|node=|\w+\(\w+=|Ref\(|Dim\(|<class|specc\.|UNKNOWN")


@pytest.mark.parametrize("place", PLACES)
def test_a_value_in_the_wrong_place_is_called_by_its_name(place: str) -> None:
    for value in VALUES:
        problems = compile_spec(Source("a.spec", FRAME % (place % value))).problems
        said = list(itertools.chain.from_iterable((p.headline, *p.notes, *p.helps) for p in problems))
        assert not any(OBJECTS.search(line) or len(line) > 300 for line in said), (place % value, said)
        assert "internal-error" not in {problem.name for problem in problems}
