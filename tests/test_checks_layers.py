"""Rules on layers and their neighbours: each finds its mistake, and leaves its traps alone."""

from __future__ import annotations

import pytest

from checks_cases import found, picture, vector

RES = "block Part() {\n  input x: f32[N, 16]\n  output x -> Linear(_, 16) -> relu\n}\n"
TWO_INPUTS = "model M {\n  input x: f32[N, 16]\n  layer norm = BatchNorm1d(16)\n  output %s\n}\n"
SEQUENCE = "model M {\n  input x: f32[%s, 8]\n  y, _ = x -> rnn: %s\n  output y -> head: Linear(_, 2)\n}\n"

WRONG = [
    ("linear-linear", vector("Linear(_, 32) -> Linear(_, 4)")),
    ("linear-linear", vector("Linear(_, 32) -> Dropout(0.1) -> Linear(_, 4)")),
    ("linear-linear", picture("Conv2d(_, 8, 3) -> Conv2d(_, 16, 3) -> ReLU")),
    (
        "linear-linear",
        "block Two() {\n  input x: f32[N, 16]\n  output x -> Linear(_, 32)\n}\n" + vector("Two() -> Linear(_, 4)"),
    ),
    ("double-activation", vector("Linear(_, 8) -> ReLU -> relu")),
    ("double-activation", vector("Linear(_, 8) -> Sigmoid -> Sigmoid")),
    ("double-activation", vector("Linear(_, 8) -> ReLU -> Dropout(0.5) -> ReLU")),
    ("relu-before-sigmoid", vector("Linear(_, 8) -> ReLU -> sigmoid")),
    ("relu-before-softmax", vector("Linear(_, 8) -> relu -> LogSoftmax(1)")),
    ("bias-before-norm", picture("Conv2d(_, 8, 3) -> BatchNorm2d(_) -> ReLU")),
    ("dropout2d-on-flat-features", vector("Linear(_, 8) -> relu -> Dropout2d(0.5) -> Linear(_, 2)")),
    ("degenerate-dropout", vector("Linear(_, 8) -> relu -> Dropout(1.0)")),
    ("rnn-dropout-single-layer", SEQUENCE % ("T, N", "LSTM(_, 16, dropout=0.5)")),
    ("batch-first-mismatch", SEQUENCE % ("N, T", "GRU(_, 16)")),
    ("softmax-single-unit", vector("Linear(_, 1) -> Softmax(1)")),
    ("softmax-over-batch", vector("Linear(_, 4) -> Softmax(0)")),
    (
        "dead-branch",
        vector("Linear(_, 2)", "  h = x -> a: Linear(_, 8) -> relu").replace("-> Linear(_, 2)", "-> b: Linear(_, 2)"),
    ),
    ("stateful-reuse", TWO_INPUTS % "norm(relu(norm(x)))"),
    ("deep-saturating-stack", vector("repeat 4 { Linear(_, 32) -> Sigmoid }")),
    ("constant-init", vector("Linear(_, 8) -> relu -> Linear(_, 2)") + "init M { Linear.weight = 0.1 }\n"),
    ("dropout-before-batchnorm", vector("Dropout(0.5) -> Linear(_, 8, bias=false) -> BatchNorm1d(_)")),
    ("activation-before-norm", picture("Conv2d(_, 8, 3) -> ReLU -> BatchNorm2d(_)")),
    ("stride-exceeds-kernel", picture("Conv2d(_, 8, 2, stride=4)")),
    ("checkerboard-deconv", picture("ConvTranspose2d(_, 8, 3, stride=2)")),
    ("even-kernel", picture("Conv2d(_, 8, 4, padding=2)")),
    ("noop-layer", picture("MaxPool2d(1)")),
    ("noop-layer", picture("AdaptiveAvgPool2d(32)")),
    ("noop-layer", picture("Upsample(scale_factor=1)")),
    ("noop-layer", vector("Identity -> Linear(_, 2)")),
    ("noop-layer", vector("Linear(_, 5) -> softmax(1) -> argmax(1)")),
    ("degenerate-dropout", vector("Linear(_, 8) -> relu -> Dropout(0.8)")),
    ("early-collapse", picture("MaxPool2d(32) -> Conv2d(_, 8, 3, padding=1)")),
    ("parameter-blow-up", picture("Conv2d(_, 64, 3, padding=1) -> relu -> flatten(1) -> Linear(_, 1000)")),
    ("unused-parameter", vector("Linear(_, 2)").replace("model M", "model M(width = 8)")),
]
TRAPS = [
    ("linear-linear", vector("Linear(_, 2) -> Linear(_, 8)")),  # a factorisation: narrow in the middle
    ("linear-linear", picture("Conv2d(_, _, 3, groups=_) -> Conv2d(_, 8, 1)")),  # depthwise, then pointwise
    ("linear-linear", picture("Conv2d(_, 8, (1, 3)) -> Conv2d(_, 16, (3, 1))")),  # one kernel, an axis at a time
    ("linear-linear", picture("Conv2d(_, 8, 3) -> BatchNorm2d(_) -> Conv2d(_, 16, 3)")),  # a linear bottleneck
    ("linear-linear", picture("Conv2d(_, 8, 3) -> flatten(1) -> Linear(_, 2)")),  # of two kinds
    (
        "linear-linear",
        "model M {\n  input x: f32[N, 16]\n  h = x -> a: Linear(_, 16)\n  output h + (h -> b: Linear(_, 16))\n}\n",
    ),
    ("double-activation", vector("Linear(_, 8) -> ReLU -> Tanh")),
    ("double-activation", RES + vector("Part() -> Linear(_, 16) -> relu")),
    ("relu-before-sigmoid", vector("Linear(_, 8) -> relu -> Linear(_, 8) -> sigmoid")),
    (
        "bias-before-norm",
        picture("Conv2d(_, 8, 3) -> GroupNorm(2, _)"),
    ),  # two channels of a group keep their difference
    ("bias-before-norm", vector("Linear(_, 8) -> LayerNorm(_)")),
    ("dropout2d-on-flat-features", picture("Conv2d(_, 8, 3) -> Dropout2d(0.5)")),
    ("degenerate-dropout", vector("Linear(_, 8) -> Dropout(p)").replace("model M", "model M(p = 0.0)")),  # a switch
    ("rnn-dropout-single-layer", SEQUENCE % ("T, N", "LSTM(_, 16, num_layers=2, dropout=0.5)")),
    ("batch-first-mismatch", SEQUENCE % ("T, N", "GRU(_, 16)")),
    ("batch-first-mismatch", SEQUENCE % ("N, T", "GRU(_, 16, batch_first=true)")),
    ("softmax-over-batch", vector("Linear(_, 4) -> Softmax(1)")),
    (
        "dead-branch",
        "model M {\n  input x: f32[N, T, 8]\n  y, state = x -> rnn: GRU(_, 4, batch_first=true)\n  output y\n}\n",
    ),
    ("stateful-reuse", "model M {\n  input x: f32[N, 16]\n  layer fc = Linear(16, 16)\n  output fc(relu(fc(x)))\n}\n"),
    ("deep-saturating-stack", vector("repeat 4 { Linear(_, 32) -> Tanh }")),  # a small network of tanh is usual
    ("deep-saturating-stack", vector("repeat 8 { Linear(_, 32) -> LayerNorm(_) -> Sigmoid }")),
    ("constant-init", vector("relu -> head: Linear(_, 2)") + "init M { Linear.weight = 0.0 }\n"),  # a convex problem
    ("constant-init", vector("Linear(_, 8) -> relu -> Linear(_, 2)") + "init M { Linear.bias = 0.0 }\n"),
    ("activation-before-norm", picture("Conv2d(_, 8, 3) -> BatchNorm2d(_) -> ReLU")),
    ("stride-exceeds-kernel", picture("Conv2d(_, 8, 1, stride=2)")),  # the shortcut of a residual block
    ("checkerboard-deconv", picture("ConvTranspose2d(_, 8, 4, stride=2)")),
    ("even-kernel", picture("Conv2d(_, 8, 4, stride=2, padding=1)")),
    ("noop-layer", picture("MaxPool2d(3, 1, 1)")),
    ("noop-layer", picture("AdaptiveAvgPool2d(16)")),
    ("noop-layer", picture("Upsample(scale_factor=2)")),
    ("noop-layer", vector("Linear(_, 5) -> relu -> argmax(1)")),  # all below 0 become one
    ("degenerate-dropout", vector("Linear(_, 8) -> relu -> Dropout(0.5)")),
    ("unused-parameter", vector("Linear(_, width)").replace("model M", "model M(width = 8)")),
]


@pytest.mark.parametrize("name, text", WRONG)
def test_a_mistake_is_found(name: str, text: str) -> None:
    assert name in found(text)


@pytest.mark.parametrize("name, text", TRAPS)
def test_a_trap_is_left_alone(name: str, text: str) -> None:
    problems = found(text)
    assert name not in problems and "error" not in problems.values()


def test_a_line_of_a_block_is_told_of_once() -> None:
    from specc.compiler import compile_spec
    from specc.source import Source

    text = "block Part() {\n  input x: f32[N, 16]\n  output x -> Linear(_, 16) -> relu -> relu\n}\n" + vector(
        "Part() -> Part()"
    )
    problems = [
        problem for problem in compile_spec(Source("a.spec", text)).problems if problem.name == "double-activation"
    ]
    assert len(problems) == 1 and problems[0].span.text == "relu"


def test_the_last_round_of_a_loop_may_leave_a_value() -> None:
    body = "  for i in 0..3 {\n    s = x -> l[i]: Linear(_, 16) -> relu\n    x = s + x\n  }\n"
    assert found(vector("tanh", body).replace("output x", "output s")) == {}
