"""The multiply-adds of sequence layers are those torch counts while it runs them."""

from __future__ import annotations

import warnings
from random import Random

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from specc.ops.base import Layer, Use
from specc.ops.registry import lookup
from specc.source import Source, Span
from specc.types.facts import Facts
from tests.conformance.harness import compare, generate
from tests.conformance.judge import resolve, to_torch
from tests.conformance.tables import Call

LAYERS = (
    "MultiheadAttention",
    "TransformerEncoderLayer",
    "TransformerDecoderLayer",
    "Transformer",
    "RNN",
    "GRU",
    "RNNCell",
    "GRUCell",
    "LSTMCell",
)


def counted(call: Call) -> int:
    """The multiply-adds of one forward, by torch's own count of operations, two for each."""
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kwargs = {name: to_torch(value) for name, value in call.kwargs.items()}
        layer = resolve(call.operation.target)(*map(to_torch, call.args), **kwargs)
        inputs = {name: to_torch(value) for name, value in call.named_inputs.items()}
        with FlopCounterMode(display=False) as count:
            layer(*map(to_torch, call.inputs), **inputs)
    return int(count.get_total_flops() // 2)


def stated(call: Call, result: object) -> int:
    operation = call.operation
    assert isinstance(operation, Layer)
    values = {argument.name: argument.default for argument in (*operation.arguments, *operation.inputs)}
    values |= dict(zip((argument.name for argument in operation.arguments), call.args)) | call.kwargs
    values |= dict(zip((argument.name for argument in operation.inputs), call.inputs)) | call.named_inputs
    use = Use(operation, values, {}, Span(Source("test", ""), 0, 0), operation.name, Facts(), [])
    return int(operation.multiply_adds(use, result))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", LAYERS)
def test_multiply_adds_are_those_torch_counts(name: str) -> None:
    rng, operation, seen = Random(name), lookup("layer", name), 0
    assert operation is not None
    while seen < 12:
        outcome = compare(generate(rng, operation))
        if outcome.accepted and outcome.verdict == "agree":
            assert stated(outcome.call, outcome.ours.result) == counted(outcome.call), str(outcome.call)
            seen += 1
