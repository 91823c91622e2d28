"""Mistakes that people make when they follow a tutorial, and what they are told."""

from __future__ import annotations

from checks_cases import found, learned, mnist, picture, vector

CONVS = "Conv2d(_, 16, 3, padding=1) -> relu -> Conv2d(_, 32, 3, padding=1) -> relu"
TWO_POOLS = "Conv2d(_, 32, 3, padding=1) -> relu -> MaxPool2d(2) -> Conv2d(_, 64, 3, padding=1) -> relu -> MaxPool2d(2)"


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
    assert only(picture("Conv2d(_, 20, 5) -> MaxPool2d(2) -> reshape(-1, 800) -> Linear(_, 10)", 28)) & {
        "reshape-size", "flatten-eats-batch",
    }  # fmt: skip


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
