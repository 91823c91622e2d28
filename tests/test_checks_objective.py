"""Rules on a model's end and its loss: each finds its mistake, and leaves its traps alone."""

from __future__ import annotations

import pytest

from checks_cases import found, learned, mnist, vector

ONE, FOUR, CLASS = "f32[N, 1]", "f32[N, 4]", "i64[N] < 4"
HEAD = vector("Linear(_, 4)")


def head(end: str, width: int = 4) -> str:
    return vector(f"Linear(_, {width}) -> {end}")


WRONG = [
    ("softmax-before-cross-entropy", "error", mnist("Linear(_, 10) -> Softmax(1)")),
    ("softmax-before-cross-entropy", "error", mnist("Linear(_, 10) -> softmax(-1)")),
    (
        "softmax-before-cross-entropy",
        "error",
        mnist("Linear(_, 10) -> softmax(1)", "(output, label) -> CrossEntropyLoss()"),
    ),
    ("log-softmax-before-cross-entropy", "warning", mnist("Linear(_, 10) -> log_softmax(1)")),
    ("sigmoid-before-cross-entropy", "error", mnist("Linear(_, 10) -> Sigmoid")),
    ("tanh-before-cross-entropy", "error", mnist("Linear(_, 10) -> tanh")),
    ("softmax-before-nll", "error", mnist("Linear(_, 10) -> Softmax(1)", "NLLLoss()")),
    ("logits-into-nll", "error", mnist("Linear(_, 10)", "NLLLoss()")),
    ("sigmoid-before-bce-with-logits", "error", learned(head("Sigmoid", 1), ONE, "BCEWithLogitsLoss()")),
    ("logits-into-bce", "error", learned(vector("Linear(_, 1)"), ONE, "BCELoss()")),
    ("kldiv-needs-log-probs", "warning", learned(head("Softmax(1)"), FOUR, 'KLDivLoss(reduction="batchmean")')),
    ("kldiv-needs-log-probs", "warning", learned(head("LogSoftmax(1)"), FOUR, "KLDivLoss()")),
    ("activation-on-logits", "warning", mnist("Linear(_, 10) -> ReLU")),
    ("activation-on-regression-output", "warning", learned(head("relu", 1), ONE, "MSELoss()")),
    ("activation-on-regression-output", "warning", learned(head("Sigmoid"), FOUR, "MSELoss()")),
    ("activation-on-regression-output", "warning", learned(head("softmax(1)"), FOUR, "L1Loss()")),
    ("norm-after-last-layer", "info", mnist("Linear(_, 10, bias=false) -> BatchNorm1d(_)")),
    ("dropout-on-output", "warning", mnist("Linear(_, 10) -> Dropout(0.5)")),
    ("logits-exceed-classes", "warning", mnist("Linear(_, 100)")),
    ("class-count-mismatch", "error", mnist("Linear(_, 9)")),
    ("single-logit-cross-entropy", "error", learned(vector("Linear(_, 1)"), "i64[N]", "CrossEntropyLoss()")),
    ("bottleneck-below-classes", "warning", mnist("Linear(_, 2) -> ReLU -> Linear(_, 10)")),
    ("loss-broadcast", "error", learned(vector("Linear(_, 1)"), "f32[N]", "MSELoss()")),
    ("regression-target-int", "info", learned(HEAD, "i64[N, 4]", "MSELoss()")),
    (
        "bce-under-autocast",
        "warning",
        learned(head("Sigmoid", 1), ONE, "BCELoss()").replace("seed = 0", "seed = 0  precision = bf16"),
    ),
]
TRAPS = [
    ("softmax-before-cross-entropy", mnist("Linear(_, 10) -> LogSoftmax(1)", "NLLLoss()")),
    ("softmax-before-cross-entropy", learned(head("Softmax(1)"), FOUR, "MSELoss()")),  # the Brier score
    ("softmax-before-cross-entropy", mnist("Linear(_, 8) -> Softmax(1) -> Linear(_, 10)")),  # attention in the middle
    ("logits-into-nll", mnist("Linear(_, 10) -> softmax(1) -> log", "NLLLoss()")),
    ("logits-into-bce", learned(head("Hardsigmoid", 1), ONE, "BCELoss()")),
    ("logits-into-bce", learned(head("Softmax(1)"), FOUR, "BCELoss()")),
    ("kldiv-needs-log-probs", learned(head("LogSoftmax(1)"), FOUR, 'KLDivLoss(reduction="batchmean")')),
    ("activation-on-logits", mnist("Linear(_, 32) -> ReLU -> Linear(_, 10)")),
    ("activation-on-regression-output", learned(head("Sigmoid"), f"{FOUR} < 1", "MSELoss()")),
    ("activation-on-regression-output", learned(head("relu"), f"{FOUR} < 1", "MSELoss()")),
    ("activation-on-regression-output", learned(vector("Linear(_, 16) -> Sigmoid"), "i64[N]", "mse_loss(output, x)")),
    ("activation-on-regression-output", learned(head("tanh"), FOUR, "MSELoss()")),  # an action, a sound
    ("dropout-on-output", mnist("Dropout(0.5) -> Linear(_, 10)")),
    ("logits-exceed-classes", mnist("Linear(_, 11)")),  # a class for the background
    ("bottleneck-below-classes", mnist("Linear(_, 8) -> ReLU -> Linear(_, 10)")),
    (
        "bottleneck-below-classes",
        learned(
            "model M {\n  input x: f32[N, 2]\n  output x -> Linear(_, 16)\n}\n", "i64[N]", "CrossEntropyLoss()"
        ).replace("x: f32[N, 16]", "x: f32[N, 2]"),
    ),  # a plane as input
]


@pytest.mark.parametrize("name, severity, text", WRONG)
def test_a_mistake_is_found(name: str, severity: str, text: str) -> None:
    assert found(text).get(name) == severity


@pytest.mark.parametrize("name, text", TRAPS)
def test_a_trap_is_left_alone(name: str, text: str) -> None:
    problems = found(text)
    assert name not in problems and "error" not in problems.values()


def test_the_last_layer_is_seen_through_blocks_and_reshapes() -> None:
    block = "block Head() {\n  input x: f32[N, C]\n  output x -> Linear(_, 10) -> Softmax(1)\n}\n"
    assert "softmax-before-cross-entropy" in found(block + mnist("Head() -> reshape(-1, 10)"))


def test_many_labels_for_a_loss_of_one() -> None:
    assert found(learned(HEAD, "bool[N, 4]", "CrossEntropyLoss()"))["multilabel-with-cross-entropy"] == "error"


def test_more_positions_than_the_table_has_rows() -> None:
    tokens, places = "(ids -> t: Embedding(50, 8))", "(arange(128) -> p: Embedding(%d, 8))"
    text = f"model M {{\n  input ids: i64[N, 128] < 50\n  output {tokens} + {places}\n}}\n"
    assert "position-table-too-short" in found(text % 64, settled=False)
    assert found(text % 128) == {}


OWN = """
data {{ sample (x: f32[N, 16], y: f32[N, 1]) }}
optimizer opt_d = AdamW(lr=1e-3) for D
train {{
  epochs = 3
  seed = 0
  step d with opt_d {{
    loss = {}
  }}
}}
"""


def test_a_training_of_ones_own_is_seen_into() -> None:
    model = vector("Linear(_, 1)").replace("model M", "model D")
    wrong, right = (
        found(model + OWN.format(loss)) for loss in ("(D(x), y) -> BCELoss()", "(D(x), y) -> BCEWithLogitsLoss()")
    )
    assert wrong == {"logits-into-bce": "error"} and right == {}


NAMED = """
model M {{ input x: f32[N, 4]  {0} = x -> fc: Linear(_, 4)  output {0} }}
data {{ sample (x: f32[N, 4], y: f32[N, 4]) }}
loss {1}
metrics {2}
"""


@pytest.mark.parametrize(
    ("output", "loss", "metric", "wrong"),
    [
        ("z", "MSELoss()", "mae", False),
        ("x", "MSELoss()", "mae", False),  # the part called x feeds the model, the loss means the output
        ("x", "mse_loss(output, target)", "mae(output, target)", False),
        ("y", "MSELoss()", "mae", True),
        ("y", "mse_loss(output, target)", "mae", True),
        ("x", "mse_loss(output, x)", "mae", True),
        ("x", "MSELoss()", "mae(output=x, target=y)", True),
    ],
)
def test_a_name_means_one_thing(output: str, loss: str, metric: str, wrong: bool) -> None:
    """An output called like a part of the sample would be compared with itself."""
    assert set(found(NAMED.format(output, loss, metric))) == ({"target-ambiguous"} if wrong else set())
