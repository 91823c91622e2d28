"""One pass names every mistake: a wrong layer goes on as what it was plainly meant to be, and as nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

import specc

MNIST = (Path(__file__).parent.parent / "specs" / "mnist.spec").read_text()
SLIPS = {
    "Conv2d(_, 64, 3)": ("Conv2d(16, 64, 3)", "S302"),
    "Dropout(0.25)": ("Dropout(prob=0.25)", "S204"),
    "-> Flatten": ("-> Flaten", "S202"),
    "fc1: Linear(_, 128)": ("fc1: Linear(9215, 128)", "S301"),
    "classes = 10": ("classes = 9", "S412"),
    "(0.1307,), (0.3081,)": ("(0.1, 0.2, 0.3), (0.3, 0.3, 0.3)", "S431"),
    "AdamW": ("AdmaW", "S212"),
    "epochs": ("epoch", "S210"),
}


def codes(text: str) -> list[str]:
    problems = specc.check(specc.Source("m.spec", text)).problems
    return [problem.code for problem in problems if problem.severity == "error"]


def net(steps: str, input: str = "f32[N, 3, 32, 32]") -> str:
    return f"model M {{\n  input x: {input}\n  output x -> {steps}\n}}\n"


def test_every_slip_of_a_job_is_named_in_one_pass() -> None:
    text = MNIST
    for right, (wrong, _) in SLIPS.items():
        assert right in text
        text = text.replace(right, wrong, 1)
    assert sorted(codes(text)) == sorted(code for _, code in SLIPS.values())


@pytest.mark.parametrize("right", SLIPS)
def test_a_slip_alone_is_one_finding(right: str) -> None:
    wrong, code = SLIPS[right]
    assert codes(MNIST.replace(right, wrong, 1)) == [code]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("Conv2d(1, 8, 3, paddin=1) -> BatchNorm2d(9) -> Conv2d(9, 4, 3)", ["S204", "S302", "S310", "S302"]),
        ("Conv2d(3, 8, 3) -> Dropout2d(1.5) -> BatchNorm2d(4)", ["S209", "S310"]),
        ("Conv2d(3, 8, 3) -> LeakyReLU(slope=0.1) -> GroupNorm(2, 6)", ["S204", "S310"]),
    ],
)
def test_what_follows_a_wrong_layer_is_checked(steps: str, expected: list[str]) -> None:
    assert sorted(codes(net(steps))) == sorted(expected)


@pytest.mark.parametrize(
    "steps",
    [
        "Conv2d(8, 3, 3) -> Conv2d(8, 4, 3)",  # in and out exchanged
        "Conv2d(3, 8, 3, same=true) -> Flatten -> Linear(8192, 10)",  # what it meant would change the sizes
        'Conv2d(3, 8, 3, padding="x") -> Flatten -> Linear(8192, 10)',
        "Linear(64, 10) -> Linear(10, 4) -> Flatten -> Linear(4, 2)",  # the flatten is missing, maybe
        "Con2d(3, 8) -> Flatten -> Linear(8192, 10)",
        "Covn(3, 8, 3) -> BatchNorm2d(9)",
        "permute(0, 2, 3, 1) -> Conv2d(3, 8, 3) -> BatchNorm2d(9)",
    ],
)
def test_a_doubtful_layer_leads_to_no_further_findings(steps: str) -> None:
    assert len(codes(net(steps))) == 1


def test_a_series_without_features_is_named_once() -> None:
    assert codes(net("LSTM(1, 8) -> [0] -> Linear(8, 1)", "f32[N, 40]")) == ["S313"]


HEADS = """
model M {
  input x: f32[N, 8]
  h = x -> body: Linear(8, 4) -> relu
  output (near=h -> a: Linear(5, 2), far=h -> b: Linear(4, 2))
}
data { sample (x: f32[N, 8], y: f32[N, 2]) }
loss mse_loss(near, y) + mse_loss(far, y)
optimizer AdamW(lr=1e-3)
train { epochs = 3  seed = 0 }
"""
GAN = """
model G { input z: f32[N, 4]  output z -> Linear(4, 8) -> ReLU -> Linear(9, 8) }
model D { input x: f32[N, 8]  output x -> Linear(8, 4) -> ReLU -> Linear(4, 1) -> squeeze(1) }
data { sample (x: f32[N, 8]) }
optimizer opt_d = Adam(lr=2e-4) for D
optimizer opt_g = Adam(lr=2e-4) for G
train {
  epochs = 3
  seed = 0
  step d with opt_d {
    fake = G(randn(N, 4))
    loss = mean(D(detach(fake))) - mean(D(x))
  }
  step g with opt_g { loss = -mean(D(fake)) }
}
"""


@pytest.mark.parametrize(
    "text",
    [
        HEADS,
        HEADS.replace("Linear(5", "Linear(4").replace("mse_loss(near, y) +", "mse_loss(nothing, y) * nothing +"),
        HEADS.replace("Linear(5", "Linear(4").replace("AdamW(lr=1e-3)", "AdamW(lr=1e-3) { group others { lr = 0.1 } }"),
        GAN,
        GAN.replace("Linear(9", "Linear(8").replace("randn(N, 4)", "randn(N, 5)"),
        GAN.replace("Linear(9, 8)", "Linear(8, 9)"),  # in both steps
        GAN.replace("Linear(9", "Linear(8").replace("opt_d = Adam", "opt_d = Adma"),
        MNIST.replace("sample (image", "sample (picture"),
        MNIST.replace("max_lr=", "mx_lr="),
        MNIST.replace("(classes = 10)", "(clases = 10)"),
    ],
)
def test_what_follows_from_a_mistake_is_not_told(text: str) -> None:
    problems = specc.check(specc.Source("m.spec", text)).problems
    assert len([problem for problem in problems if problem.severity != "info"]) == 1
