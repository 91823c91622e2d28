"""Every sample call torch tests its modules with is judged alike."""

from __future__ import annotations

import pytest
import torch

from tests.conformance.harness import compare
from tests.conformance.torch_samples import module_db, operation_of, samples

ENTRIES = {entry.name.removeprefix("nn."): entry for entry in module_db()}
KNOWN = {name: operation for name, entry in ENTRIES.items() if (operation := operation_of(entry))}
# `_` stands for lazy modules; the fused loss owns the weights of a layer.
LEFT_OUT = {"LinearCrossEntropyLoss", *(name for name in ENTRIES if name.startswith("Lazy"))}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["f32", "f64"])
@pytest.mark.parametrize("name", KNOWN)
def test_samples_of_torch(name, dtype):
    found = [(compare(call), is_legal) for call, is_legal in samples(ENTRIES[name], KNOWN[name], dtype)]
    wrong = [str(outcome) for outcome, _ in found if outcome.verdict not in ("agree", "excused")]
    assert not wrong, "\n".join(wrong)


def test_samples_reach_nearly_all_modules():
    assert set(ENTRIES) - set(KNOWN) <= LEFT_OUT


def test_most_samples_can_be_said():
    told = [(name, is_legal) for name in KNOWN for _, is_legal in samples(ENTRIES[name], KNOWN[name], torch.float32)]
    assert len({name for name, _ in told}) > 95
    assert sum(is_legal for _, is_legal in told) > 700
    assert sum(not is_legal for _, is_legal in told) > 80
