"""The sample calls torch tests its functions with are judged alike, a spread of them for each function."""

from __future__ import annotations

import pytest
import torch

from tests.conformance.harness import compare
from tests.conformance.torch_functions import function_of, op_db, samples

ENTRIES = [(entry, operation) for entry in op_db() if (operation := function_of(entry))]
IDS = [entry.name + ("-" + entry.variant_test_name if entry.variant_test_name else "") for entry, _ in ENTRIES]
PER_FUNCTION = 12

# Forms of a call that a spec does not offer, each a refusal when the arguments are bound.
NOT_OFFERED = {
    "arange": "bools as numbers",
    "avg_pool2d": "one size in a tuple for two axes",
    "baddbmm": "fractions times whole numbers",
    "cdist": "compute_mode, which changes no value",
    "diff": "prepend and append",
    "embedding_bag": "the sample passes the table before the ids",
    "index_fill": "a tensor in place of a number",
    "linspace": "tensors in place of numbers",
    "logspace": "tensors in place of numbers",
    "narrow": "a tensor in place of a number",
    "norm": "the nuclear norm",
    "one_hot": "a number of classes that depends on the values",
    "repeat_interleave": "counts that depend on the values",
    "scatter": "reduce, deprecated in torch for scatter_reduce",
    "std": "unbiased in the place of dim",
    "std_mean": "unbiased in the place of dim",
    "take_along_dim": "the flattened value for a missing dim",
    "tensor_split": "a tensor of places",
    "var": "unbiased in the place of dim",
    "var_mean": "unbiased in the place of dim",
}
BINDING = ("argument-type", "argument-domain", "missing-argument", "too-many-arguments", "unknown-argument")


def spread(calls):
    """At most PER_FUNCTION of the calls, from first to last."""
    step = max(1, -(-len(calls) // PER_FUNCTION))
    return calls[::step]


def is_not_offered(outcome):
    if outcome.verdict != "false reject" or outcome.call.operation.name not in NOT_OFFERED:
        return False
    if outcome.call.operation.name == "embedding_bag":
        return True
    return outcome.ours.refusals[0][0].split(" ")[-1] in BINDING


@pytest.mark.parametrize(("entry", "operation"), ENTRIES, ids=IDS)
def test_samples_of_torch(entry, operation):
    outcomes = [compare(call) for call in spread(list(samples(entry, operation, torch.float32)))]
    wrong = [str(one) for one in outcomes if one.verdict not in ("agree", "excused") and not is_not_offered(one)]
    assert not wrong, "\n".join(wrong)


def test_samples_reach_most_functions():
    names = {operation.name for _, operation in ENTRIES}
    assert len(names) > 300
    assert names >= {
        "add",
        "matmul",
        "cat",
        "einsum",
        "conv2d",
        "max_pool2d",
        "gather",
        "layer_norm",
        "softmax",
        "view",
    }
