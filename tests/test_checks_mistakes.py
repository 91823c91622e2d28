"""Mistakes that people make when they follow a tutorial, and what they are told."""

from __future__ import annotations

import pytest

from checks_cases import found, learned, mnist, picture, vector
from specc.compiler import compile_spec
from specc.source import Source

CONVS = "Conv2d(_, 16, 3, padding=1) -> relu -> Conv2d(_, 32, 3, padding=1) -> relu"
TWO_POOLS = "Conv2d(_, 32, 3, padding=1) -> relu -> MaxPool2d(2) -> Conv2d(_, 64, 3, padding=1) -> relu -> MaxPool2d(2)"


RESHAPED = picture("Conv2d(_, 20, 5) -> MaxPool2d(2) -> reshape(-1, 800) -> Linear(_, 10)", 28)


def only(text: str) -> set[str]:
    return {name for name, severity in found(text, settled=False).items() if severity != "info"}


def test_two_convolutions_that_both_declare_the_channels_of_the_input() -> None:
    assert only(picture("Conv2d(1, 32, 3) -> relu -> Conv2d(1, 64, 3) -> relu", 28, 1)) == {"in-channels-mismatch"}


def test_a_linear_computed_without_the_padding() -> None:
    assert only(picture(f"{CONVS} -> MaxPool2d(2) -> flatten(1) -> Linear(32 * 5 * 5, 120)")) == {
        "in-features-mismatch"
    }
    assert only(picture(f"{TWO_POOLS} -> flatten(1) -> Linear(64 * 6 * 6, 128)")) == {"in-features-mismatch"}
    assert only(picture(f"{TWO_POOLS} -> flatten(1) -> Linear(64 * 8 * 8, 128)")) == set()


def test_a_reshape_that_would_take_part_of_the_batch_for_features() -> None:
    assert only(RESHAPED) == {"reshape-size"}


def test_log_softmax_into_cross_entropy() -> None:
    assert only(mnist("Linear(_, 10) -> LogSoftmax(1)")) == {"log-softmax-before-cross-entropy"}


def test_dropout2d_on_flat_features() -> None:
    assert only(mnist("Linear(_, 50) -> relu -> Dropout2d(0.5) -> Linear(_, 10)")) == {"dropout2d-on-flat-features"}


def test_relu_twice_in_a_row() -> None:
    assert only(vector("Linear(_, 50) -> ReLU -> ReLU -> Linear(_, 10)")) == {"double-activation"}


def test_targets_beyond_the_classes() -> None:
    assert only(learned(vector("Linear(_, 4)"), "i64[N] < 5", "CrossEntropyLoss()")) == {"class-count-mismatch"}


def test_three_means_for_grey_pictures() -> None:
    grey = mnist(data=("(0.1307,), (0.3081,)", "(0.5, 0.5, 0.5), (0.5, 0.5, 0.5)"))
    assert only(grey) == {"normalize-channels"}


def test_a_log_that_comes_too_rarely() -> None:
    job = mnist(data=("batch_size=64", "batch_size=100"), train="epochs = 1  seed = 0  log every 2000 steps")
    assert only(job) == {"cadence-too-long"}


def test_a_transform_handed_to_the_loader() -> None:
    assert only(mnist(data=("shuffle=true)", "shuffle=true, transform=ToTensor)"))) == {"unknown-argument"}


def test_settings_without_effect() -> None:
    assert only(mnist(lines="scheduler StepLR(step_size=30) per epoch")) == {"milestone-after-end"}
    assert only(mnist(lines="scheduler StepLR(step_size=1, gamma=1.0) per epoch")) == {"unused-setting"}
    assert only(vector("Linear(_, 2)").replace("model M", "model M(dropout = 0.5)")) == {"unused-parameter"}


def test_a_loss_that_is_not_reduced() -> None:
    assert only(learned(vector("Linear(_, 1)"), "f32[N, 1]", 'MSELoss(reduction="none")')) == {
        "reduction-none-not-reduced"
    }


def test_pictures_of_several_sizes() -> None:
    pets = (
        picture("flatten(1) -> Linear(_, 37)", 64)
        + """
data {
  train     = OxfordIIITPet("data")
  transform = SIZE -> ToTensor
  loader    = DataLoader(batch_size=64, shuffle=true)
  sample (image, label)
}
"""
    )
    assert "ragged-batch" in only(pets.replace("SIZE", "Resize(64)"))
    assert "ragged-batch" not in only(pets.replace("SIZE", "Resize((64, 64))"))
    assert "ragged-batch" not in only(pets.replace("SIZE", "Resize(64) -> CenterCrop(64)"))


MESSAGES = [
    (
        picture("Conv2d(1, 32, 3) -> relu -> Conv2d(1, 64, 3) -> relu", 28, 1),
        "1", "Conv2d(1, 64, 3) is given 32 channels, not 1", "write _ to take the channels of the input",
    ),
    (
        picture(f"{CONVS} -> MaxPool2d(2) -> flatten(1) -> Linear(32 * 5 * 5, 120)"),
        "32 * 5 * 5", "Linear(32 * 5 * 5, 120) is given 8192 features, not 800",
        "write Linear(_, 120), or Linear(8192, 120)",
    ),
    (
        picture(f"{TWO_POOLS} -> flatten(1) -> Linear(64 * 6 * 6, 128)"),
        "64 * 6 * 6", "Linear(64 * 6 * 6, 128) is given 4096 features, not 2304",
        "write Linear(_, 128), or Linear(4096, 128)",
    ),
    (
        RESHAPED,
        "-1, 800", "reshape(-1, 800): [N, 20, 12, 12] to [-1, 800]: 2880 * N values cannot be divided by 800",
        "to flatten each sample by itself write flatten(1)",
    ),
    (
        mnist("Linear(_, 10) -> LogSoftmax(1)"),
        "LogSoftmax(1)", "LogSoftmax before CrossEntropyLoss, which applies it itself: a second time changes nothing",
        "leave LogSoftmax out, or write NLLLoss for the loss",
    ),
    (
        mnist("Linear(_, 50) -> relu -> Dropout2d(0.5) -> Linear(_, 10)"),
        "Dropout2d(0.5)", "Dropout2d drops maps, here are flat features: f32[N, 50]", "write Dropout",
    ),
    (
        vector("Linear(_, 50) -> ReLU -> ReLU -> Linear(_, 10)"),
        "ReLU", "ReLU and then ReLU: the second changes nothing", "leave one ReLU out",
    ),
    (
        learned(vector("Linear(_, 4)"), "i64[N] < 5", "CrossEntropyLoss()"),
        "4", "CrossEntropyLoss() is given scores of 4 classes, its target is i64[N] with ids < 5",
        "let the last layer give 5 scores",
    ),
    (
        mnist(data=("(0.1307,), (0.3081,)", "(0.5, 0.5, 0.5), (0.5, 0.5, 0.5)")),
        "(0.5, 0.5, 0.5)", "Normalize has 3 means, the image has 1 channel",
        "write one mean",
    ),
    (
        mnist(data=("batch_size=64", "batch_size=100"), train="epochs = 1  seed = 0  log every 2000 steps"),
        "log every 2000 steps", "log every 2000 steps never comes: the training has 600", "write log every 60 steps",
    ),
    (
        mnist(data=("shuffle=true)", "shuffle=true, transform=ToTensor)")),
        "transform=ToTensor", "DataLoader has no argument transform", "write transform = ... beside the loader",
    ),
    (
        mnist(lines="scheduler StepLR(step_size=30) per epoch"),
        "step_size=30", "StepLR lowers the rate at epoch 30, the training has 3", "write epochs below 3",
    ),
]  # fmt: skip


@pytest.mark.parametrize("text, at, headline, help", MESSAGES)
def test_what_a_person_is_told(text: str, at: str, headline: str, help: str) -> None:
    loud = [problem for problem in compile_spec(Source("a.spec", text)).problems if problem.severity != "info"]
    assert [(problem.span.text, problem.headline, problem.helps[0]) for problem in loud] == [(at, headline, help)]


def test_where_a_flattened_width_comes_from() -> None:
    text = picture(f"{CONVS} -> MaxPool2d(2) -> flatten(1) -> Linear(32 * 5 * 5, 120)")
    (problem,) = compile_spec(Source("a.spec", text)).problems
    assert [(label.span.text, label.message) for label in problem.labels] == [
        ("MaxPool2d(2)", "f32[N, 32, 16, 16]"),
        ("flatten(1)", "32 * 16 * 16 = 8192"),
        ("32 * 5 * 5", "800 = 32 * 5 * 5 would need a 5x5 map here"),
    ]
    other = compile_spec(Source("a.spec", text.replace("32 * 5 * 5", "801"))).problems[0]
    assert len(other.labels) == 2
