"""A small sample of the comparison with torch; `python -m tests.conformance --trials 100000` is the whole."""

from __future__ import annotations

import pytest

from specc.ops.base import Layer
from specc.types.tensor import TensorType
from tests.conformance.harness import STRICTER, Call, compare
from tests.conformance.report import operations, trials

OPERATIONS = operations()


@pytest.mark.parametrize(
    "operation", OPERATIONS, ids=[f"{operation.kind}-{operation.name}" for operation in OPERATIONS]
)
def test_agrees_with_torch(operation, capsys):
    counts = trials(operation, 40 if isinstance(operation, Layer) else 20, seed=1, show=5)
    assert not counts["disagree"], capsys.readouterr().out


def _call(name, args, inputs):
    found = {operation.name: operation for operation in OPERATIONS if operation.kind == "layer"}
    return Call(found[name], args, {}, inputs)


def test_comparison_sees_a_wrong_rule(monkeypatch):
    """The comparison can fail: with the rule of another layer it tells each way of being wrong."""
    relu = _call("ReLU", (), (TensorType((2, 3)),))
    wrong = {
        "wrong shape": lambda use: TensorType((3, 2)),
        "wrong dtype": lambda use: TensorType((2, 3), "f64"),
        "false reject": lambda use: use.problem("rank-mismatch", "never"),
    }
    for verdict, rule in wrong.items():
        monkeypatch.setattr(type(relu.operation), "infer", lambda self, use, rule=rule: rule(use))
        assert compare(relu).verdict == verdict
    linear = _call("Linear", (4, 2), (TensorType((2, 3)),))
    monkeypatch.setattr(type(linear.operation), "infer", lambda self, use: TensorType((2, 2)))
    assert compare(linear).verdict == "false accept"


def test_every_refusal_beyond_torch_has_a_reason():
    assert all(len(entry.reason) > 20 for entry in STRICTER.values())
