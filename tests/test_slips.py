"""Slips of people who come from Python, PyTorch or Keras: one finding each, in plain words, with the fix that helps."""

from __future__ import annotations

import pytest

from specc.compiler import compile_spec
from specc.diagnostics.fixes import apply_fixes
from specc.diagnostics.model import Diagnostic
from specc.source import Source

MODEL = "model M {\n  input x: f32[N, 8]\n  %s\n}\n"
JOB = MODEL % "output x -> Linear(_, 2)" + "data { sample (x: f32[N, 8], y: i64[N] < 2) }\n%s\n"
HEADER = "%s {\n  input x: f32[N, 8]\n  output x -> Linear(_, 2)\n}\n"
TYPED = "model M {\n  input %s\n  output x -> Linear(_, 2)\n}\n"
PICTURES = """
model M {
  input image: f32[N, 1, 28, 28]
  output image -> Flatten -> Linear(_, 10)
}
data {
  train     = MNIST("data")
  transform = Compose([ToTensor(), Normalize((0.5,), (0.5,))])
  loader    = DataLoader(batch_size=64, shuffle=true)
  sample (image, label)
}
"""

# What is written, and the rule, the place and a part of the headline.
MENDED = {
    "walrus": (MODEL % "h := x -> Linear(_, 2)\n  output h", "wrong-sign", ":=", "not `:=`"),
    "a list of layers": (MODEL % "output x -> [Linear(_, 4), ReLU, Linear(_, 2)]", "misplaced-comma",
                         "[Linear(_, 4), ReLU, Linear(_, 2)]", "do not stand in a list"),
    "a comment of C at a line's end": (MODEL % "output x -> Linear(_, 2) // the head", "python-sign", "// the head",
                                       "a comment begins with #"),
    "a comment of SQL": (MODEL % "-- the head\n  output x -> Linear(_, 2)", "python-sign", "-- the head", "with #"),
    "a comment of TeX": (MODEL % "% the head\n  output x -> Linear(_, 2)", "python-sign", "% the head", "with #"),
    "an arrow missing at a line's end": (MODEL % "output x -> Linear(_, 4) -> ReLU\n    Linear(_, 2)", "missing-arrow",
                                         "Linear(_, 2)", "applied to nothing"),
    "an arrow missing at the first step": (MODEL % "output x Linear(_, 2)", "missing-arrow", "Linear(_, 2)", "nothing"),
    "a pipe": (MODEL % "output x | Linear(_, 2)", "missing-arrow", "|", "not `|`"),
    "a pipe of F#": (MODEL % "output x |> Linear(_, 2)", "missing-arrow", "|>", "not `|>`"),
    "shifts": (MODEL % "output x >> Linear(_, 2)", "missing-arrow", ">>", "not `>>`"),
    "an arrow with a space": (MODEL % "output x - > Linear(_, 2)", "missing-arrow", "- >", "not `- >`"),
    "float32": (TYPED % "x: float32[N, 8]", "type-syntax", "float32", "no dtype"),
    "sizes in round brackets": (TYPED % "x: f32(N, 8)", "type-syntax", "(N, 8)", "not ( )"),
    "Tensor": (TYPED % "x: Tensor[N, 8]", "type-syntax", "Tensor", "no dtype"),
    "ouput": (MODEL % "ouput x -> Linear(_, 2)", "unexpected-text", "ouput", "begins no statement"),
    "inputs": (HEADER.replace("input", "inputs") % "model M", "unexpected-text", "inputs", "begins no statement"),
    "modle": (HEADER % "modle M", "unexpected-text", "modle", "begins no statement"),
    "Model": (HEADER % "Model M", "unexpected-text", "Model", "begins no statement"),
    "a product before an arrow": (MODEL % "output x * x -> Linear(_, 2)", "unexpected-text", "x * x", "parentheses"),
    "a sum before an arrow": (MODEL % "h = x + relu(x) -> Linear(_, 2)\n  output h", "unexpected-text", "x + relu(x)",
                              "in parentheses"),
    "a sum with calls before an arrow": (
        MODEL % "h = (x -> a: Linear(_, 8, bias=false)) + x -> b: Linear(_, 2)\n  output h", "unexpected-text",
        "(x -> a: Linear(_, 8, bias=false)) + x", "parentheses"),
    "const": (MODEL % "const k = 3\n  output x -> Linear(_, k)", "python-word", "const", "written let"),
    "three dots": (MODEL % "h = x\n  for i in 0...3 { h = h + x }\n  output h -> Linear(_, 2)", "unexpected-text",
                   "...", "two dots"),
    "loss =": (JOB % "loss = CrossEntropyLoss()", "wrong-sign", "=", "no `=` stands behind loss"),
    "loss:": (JOB % "loss: CrossEntropyLoss()", "wrong-sign", ":", "no `:` stands behind loss"),
    "optimizer =": (JOB % "loss CrossEntropyLoss()\noptimizer = Adam(lr=1e-3)", "wrong-sign", "=", "behind optimizer"),
    "train =": (JOB % "loss CrossEntropyLoss()\noptimizer Adam(lr=1e-3)\ntrain = { epochs = 3 }", "wrong-sign", "=",
                "behind train"),
}  # fmt: skip
# Where no edit is certain: the help that stands instead.
TOLD = {
    "Sequential": (MODEL % "output x -> nn.Sequential(nn.Linear(8, 4), nn.ReLU())", "python-word", "nn.Sequential",
                   "steps follow one another"),
    "Sequential alone": (MODEL % "output x -> Sequential(Linear(8, 4), ReLU())", "unknown-layer", "Sequential",
                         "steps follow one another"),
    "Dense": (MODEL % 'output x -> Dense(64, activation="relu")', "unknown-layer", "Dense", "Linear(_, 64)"),
    "BatchNormalization": (MODEL % "output x -> BatchNormalization()", "unknown-layer", "BatchNormalization",
                           "BatchNorm1d"),
    "Compose": (PICTURES, "unknown-transform", "Compose", "transforms follow one another"),
    "parameters": (JOB % "loss CrossEntropyLoss()\noptimizer AdamW(M.parameters(), lr=1e-3)\ntrain { epochs = 3 }",
                   "python-word", "M.parameters()", "for Model"),
    "print": (MODEL % "print(x.shape)\n  output x -> Linear(_, 2)", "unknown-function", "print", "specc summary"),
    "a comment of C": (MODEL % "/* the head */\n  output x -> Linear(_, 2)", "python-sign", "/* the head */", ""),
    "lambda": (MODEL % "f = lambda v: v * 2\n  output f(x)", "python-word", "lambda", "fn name(a)"),
    "lambda in a chain": (MODEL % "output x -> lambda v: v * 2", "python-word", "lambda", "fn name(a)"),
    "a type as a tuple": (TYPED % "x: (N, 8)", "type-syntax", "(", "f32[N, 3, 32, 32]"),
    "a type as a list": (TYPED % "x: [N, 8]", "type-syntax", "[", "f32[N, 3, 32, 32]"),
    "a type in angles": (TYPED % "x: f32<N, 8>", "type-syntax", "<", "f32[N, 3, 32, 32]"),
    "no type": (TYPED % "x", "type-syntax", "x", "write input x: "),
    "a label behind its step": (MODEL % "output x -> Linear(_, 2): fc", "malformed-label", ": fc",
                                "write fc: Linear(_, 2)"),
    "a plain argument behind a named one": (MODEL % "output x -> Linear(_, out_features=2, true)", "argument-order",
                                            "true", "write name=true"),
    "a repeat without a count": (MODEL % "output x -> repeat { Linear(_, 8) -> ReLU }", "unexpected-text", "repeat",
                                 "repeat 3"),
}  # fmt: skip


def problems_of(text: str) -> list[Diagnostic]:
    return [problem for problem in compile_spec(Source("a.spec", text)).problems if problem.severity == "error"]


@pytest.mark.parametrize("name", MENDED)
def test_a_slip_is_told_once_and_mended_by_its_fix(name: str) -> None:
    text, rule, place, words = MENDED[name]
    (problem,) = problems_of(text)
    assert (problem.name, problem.span.text) == (rule, place) and words in problem.headline
    assert not problems_of(apply_fixes(problem.span.source, [problem])[0])


@pytest.mark.parametrize("name", TOLD)
def test_a_slip_is_told_once_with_what_to_write(name: str) -> None:
    text, rule, place, words = TOLD[name]
    (problem,) = problems_of(text)
    assert (problem.name, problem.span.text) == (rule, place)
    assert not words or words in problem.helps[0]


@pytest.mark.parametrize("text", [
    MODEL % "h = x // 2\n  output h -> Linear(_, 2)", MODEL % "h = x % 2\n  output h -> Linear(_, 2)",
    MODEL % "const = x\n  output const -> Linear(_, 2)", MODEL % "inputs = x\n  output inputs -> Linear(_, 2)",
    MODEL % "h = x * (x > 0.0)\n  output h -> Linear(_, 2)", MODEL % "val = x\n  output val -> Linear(_, 2)",
    MODEL % "h = (x + x) -> Linear(_, 8)\n  output h -> [0] -> sum()",
])  # fmt: skip
def test_what_is_right_is_no_slip(text: str) -> None:
    assert not problems_of(text)
