"""The models in a report: size, inputs, outputs, under the names the spec gives them."""

from __future__ import annotations

import pytest

from specc.cli.models import models_of
from specc.compiler import compile_spec
from specc.diagnostics.report import ModelReport
from specc.source import Source


def models(text: str) -> tuple[ModelReport, ...]:
    unit = compile_spec(Source("a.spec", text))
    assert not unit.has_errors
    return models_of(unit.program)


@pytest.mark.parametrize("output, expected", [
    ("x", {"x": "f32[N, 4]"}),
    ("h", {"h": "f32[N, 2]"}),
    ("relu(h)", {"output": "f32[N, 2]"}),
    ("(x, relu(h))", {"x": "f32[N, 4]", "output1": "f32[N, 2]"}),
    ("[x, h]", {"output": "[f32[N, 4], f32[N, 2]]"}),
    ("(logits=h, aux=x)", {"logits": "f32[N, 2]", "aux": "f32[N, 4]"}),
])
def test_outputs_have_the_names_of_the_spec(output: str, expected: dict[str, str]) -> None:
    found = models(f"model M {{\n  input x: f32[N, 4]\n  h = x -> fc: Linear(_, 2)\n  output {output}\n}}\n")
    assert found == (ModelReport("M", 10, {"x": "f32[N, 4]"}, expected),)


def test_several_models_and_inputs() -> None:
    first, second = models("""
        model A { input x: f32[N, 4], ids: i64[N] < 9
          output (x -> fc: Linear(_, 2, bias=false)) + (ids -> table: Embedding(9, 2)) }
        model B { input x: f32[N, 3, H, W]  output x -> BatchNorm2d(_) }
    """)
    assert (first.parameters, second.parameters) == (8 + 18, 6)
    assert list(first.inputs) == ["x", "ids"] and second.inputs == {"x": "f32[N, 3, H, W]"}


def test_tied_parameters_count_once() -> None:
    found, = models("""
        model M { input ids: i64[N, T] < 9
          logits = ids -> table: Embedding(9, 4) -> head: Linear(_, 9, bias=false)
          tie table.weight = head.weight
          output logits }
    """)
    assert found.parameters == 36


def test_a_spec_that_is_not_understood_has_no_models() -> None:
    assert models_of(compile_spec(Source("a.spec", "model {")).program) == ()
