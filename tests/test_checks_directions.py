"""Layers made for the hidden size of a recurrent layer that gives more, or less."""

from __future__ import annotations

import pytest

from specc.compiler import compile_spec
from specc.source import Source

BOTH = "bidirectional=true"
SPEC = """model M {{
  input x: f32[N, T, 8]
  y, state = x -> rnn: {layer}(_, 16, batch_first=true, {options})
  output {output}
}}
"""


def found(output: str, options: str = BOTH, layer: str = "GRU") -> list[tuple[str, str]]:
    text = SPEC.format(output=output, options=options, layer=layer)
    return [(problem.name, problem.headline) for problem in compile_spec(Source("a.spec", text)).problems]


@pytest.mark.parametrize("output", [
    "y -> head: Linear(16, 2)", "y[:, -1] -> head: Linear(16, 2)", "y -> mean(1) -> head: Linear(16, 2)",
    "y -> norm: LayerNorm(16)", "y -> dropout(0.5) -> relu -> head: Linear(16, 2)",
    "y -> second: LSTM(16, 16) -> [0]", "cat([state[0], state[1]], 1) -> head: Linear(16, 2)",
])  # fmt: skip
def test_two_directions(output: str) -> None:
    ((name, headline),) = found(output)
    assert name == "rnn-direction-width" and "takes the 16 features of one hidden state" in headline
    assert headline.endswith("GRU gives 32")


def test_a_projection() -> None:
    ((name, headline),) = found("y -> head: Linear(16, 2)", "proj_size=4", "LSTM")
    assert name == "rnn-direction-width" and headline.endswith("LSTM gives 4")
    ((name, headline),) = found("y -> head: Linear(16, 2)", f"proj_size=4, {BOTH}", "LSTM")
    assert name == "rnn-direction-width" and headline.endswith("LSTM gives 8")


@pytest.mark.parametrize("output, options", [
    ("y -> head: Linear(17, 2)", BOTH), ("y -> head: Linear(8, 2)", "num_layers=2"),
    ("y -> mid: Linear(_, 32) -> relu -> head: Linear(16, 2)", BOTH),
])  # fmt: skip
def test_other_widths_keep_their_name(output: str, options: str) -> None:
    assert [name for name, _ in found(output, options)] == ["in-features-mismatch"]


@pytest.mark.parametrize("output", ["y -> head: Linear(32, 2)", "y -> head: Linear(_, 2)",
                                    "state[0] -> head: Linear(16, 2)", "y[:, :, :16] -> head: Linear(16, 2)"])
def test_right_widths_are_silent(output: str) -> None:
    assert found(output) == []
