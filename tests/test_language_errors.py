"""One mistake, one finding, under its own name."""

from __future__ import annotations

import pytest

from specc.compiler import compile_spec
from specc.source import Source

MODEL = "model M() {{ input x: f32[N, 4]  {} }}"
JOB = """
model M() { input x: f32[N, 4]  output x -> fc: Linear(_, 3) }
data { train = FakeData(100, (1, 2, 2), 3)  transform = ToTensor  sample (image, label) }
"""
BODIES = {
    "output x -> fc: Linear(5, 2)": "in-features-mismatch",
    "output x -> fc: Linaer(_, 2)": "unknown-layer",
    "output x -> rleu": "unknown-function",
    "output y": "unknown-name",
    "output x -> fc: Linear(_, 2, biass=false)": "unknown-argument",
    "output x -> fc: Linear(_)": "missing-argument",
    "output x -> fc: Linear(_, 2, true, none, f32, 1)": "too-many-arguments",
    "output x -> fc: Linear(_, 2, out_features=3)": "duplicate-argument",
    'output x -> fc: Linear(_, "2")': "argument-type",
    "output x -> d: Dropout(2.0)": "argument-domain",
    "output x -> d: Dropout(_)": "hole-without-axis",
    "output x -> nn.ReLU()": "python-prefix",
    "output x -> 3": "not-a-module",
    "output x -> fc: relu": "not-a-module",
    "output relu(x -> Linear(_, 2))": "unlabelled-module",
    "output x -> a: Linear(_, 2) -> Linear(_, 2)": "mixed-labels",
    "y = x -> a: Linear(_, 4)  output y -> a: Linear(_, 4)": "duplicate-key",
    "output x -> train: Linear(_, 4)": "duplicate-key",
    "y = x": "missing-output",
    "layer b = { Linear(4, 4) -> ReLU }  output x -> b -> b": "duplicate-key",
    "buffer m = x.mean(0)  output x * m": "not-a-value",
    "buffer m = ones(2, 4) -> fc: Linear(4, 4)  output x * m[0]": "not-a-value",
    "param w: f32[4] = x[0]  output x * w": "not-a-value",
    "param w: f32[4] = arange(4)  output x * w": "annotation-mismatch",
    "param w: f32[4] = ones(5)  output x * w": "annotation-mismatch",
    "order fc, fd  output x -> fc: Linear(_, 2)": "unknown-name",
    "order fc, fc  output x -> fc: Linear(_, 2)": "duplicate-name",
    "order a.fc  output x -> a.fc: Linear(_, 2)": "argument-type",
    "let a = 1 / 0  output x": "division-by-zero",
    "let a = 2 ** 100000  output x": "value-too-large",
    "let a = [1, 2][5]  output x": "index-out-of-range",
    "y = if x > 0 { x } else { x }  output y": "tensor-condition",
    "a, b = x  output a": "untaken-target",
    "a = x.topk(2)  output x * a.size(0)": "unknown-function",
    "a = x.topk(2)  output x * a.dim()": "unknown-function",
    "buffer b = topk(zeros(3, 4), 2)  output x": "not-a-value",
    "a, b, c = x.chunk(2, 1)  output a": "untaken-target",
    "output x -> rnn: LSTM(4, 2) -> fc: Linear(_, 2)": "tuple-output",
    "assert 1 > 2  output x": "assert-violated",
    "y: f32[N, 5] = x  output y": "annotation-mismatch",
    "tie fc.weight = b.weight  output x -> fc: Linear(_, 4)": "unknown-name",
    "output x -> a: Linear(_, 2) -> b: Linear(_, 3)  tie a.weight = b.weight": "tie-shape-mismatch",
    "param w: f32[3] ~ normall(0, 1)  output x": "unknown-function",
    "output x + ones(3)": "add-broadcast-mismatch",
    "output x @ ones(3, 2)": "matmul-mismatch",
    'output rearrange(x, "a b c -> c b a")': "rearrange-mismatch",
    "for i in 3 { x = relu(x) }  output x": "not-a-value",
    "output x -> view(3, 4)": "reshape-size",
}
ONE_B = "model M() { input x: f32[N, 4]  output x -> b: B() }"
TRAINED = JOB + "loss CrossEntropyLoss()\noptimizer SGD(lr=1.0)\n"
FILES = {
    JOB + "loss topk(image, 2)": "loss-shape",
    TRAINED + "train { epochs = 1  buffer z = topk(randn(8, 4), 2) }": "not-a-value",
    TRAINED + "train { epochs = 1  buffer z = 3 }": "not-a-value",
    "model M() { input x: f33[N]  output x }": "type-syntax",
    "model M() { input x: f32[N]  output x }\nmodel M() { input x: f32[N]  output x }": "duplicate-name",
    "block B() { input x: f32[N, 3]  output x }\n" + ONE_B: "block-input-mismatch",
    "block B() { input x: f32[N, C]  output x -> b: B() }\n" + ONE_B: "recursion-limit",
    "block B() { input a: f32[N], b: f32[N]  output a + b }\n" + ONE_B: "wrong-input-count",
    "model M() { input x: f32[N, 4]  output x -> repeat 100000000 { ReLU } }": "unroll-limit",
    "loss MSELoss()": "missing-section",
    'import A from "nowhere.spec"\nmodel M() { input x: f32[N]  output x }': "import-missing",
    "model M() { input x: f32[N]  output x }\ninit M { Linear.weight = 0 }": "unused-setting",
    JOB + "loss CrossEntropyLos()": "unknown-layer",
    JOB + "optimizer Adm(lr=1e-3)": "unknown-optimizer",
    JOB + "optimizer SGD(lr=-1.0)": "negative-lr",
    JOB + "optimizer SGD(lr=1.0)\nscheduler StepLR(3)": "unit-missing",
    JOB + "optimizer SGD(lr=1.0)\nscheduler StepLP(3) per epoch": "unknown-scheduler",
    JOB + "optimizer SGD(lr=1.0)\nscheduler ReduceLROnPlateau()": "plateau-needs-metric",
    JOB + "metrics acuracy": "unknown-metric",
}
# what the rest of such a job says besides: its sample feeds no input of the model
BESIDES = {"sample-mismatch", "target-ambiguous"}


def names(text: str) -> list[str]:
    return [problem.name for problem in compile_spec(Source("test.spec", text)).problems if problem.severity == "error"]


@pytest.mark.parametrize("body", BODIES)
def test_mistakes_in_a_model(body: str) -> None:
    assert names(MODEL.format(body)) == [BODIES[body]]


@pytest.mark.parametrize("text", FILES)
def test_mistakes_in_a_file(text: str) -> None:
    found = [name for name in names(text) if name not in BESIDES]
    assert found == [FILES[text]]


def test_every_mistake_is_told_in_one_pass_and_none_causes_another() -> None:
    body = "a = x -> a: Linear(5, 8)  b = a -> relu -> b: Linear(_, 3, bais=true)  c = x -> c: Conv9d(3)  output b + c"
    assert names(MODEL.format(body)) == ["in-features-mismatch", "unknown-argument", "unknown-layer"]


def test_a_line_of_a_block_is_told_of_once() -> None:
    text = "block B() { input x: f32[N, C]  output x -> fc: Linear(9, 4) }"
    text += "\nmodel M() { input x: f32[N, 4]  output x -> a: B() -> b: B() }"
    assert names(text) == ["in-features-mismatch"]
