"""Externs: what can be wrong with the user's module, and what check says of a declaration."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import specc
from own_python import CODE, LAYER, MODEL, SPEC, THINGS, log, names, refused
from specc.cli.main import main
from specc.compiler import compile_spec
from specc.runtime import Options, RunError, run
from specc.runtime.preflight import preflight
from specc.source import Source

# ---------------------------------------------------------------- what can be wrong with the user's module


@pytest.mark.parametrize(
    "code, name, said",
    [
        (None, "extern-import", "No module named"),
        ("def f(:\n", "extern-import", "SyntaxError"),
        ("import sys\nsys.exit(3)\n", "extern-import", "SystemExit: 3"),
        ("raise ValueError('not today')\n", "extern-import", "ValueError: not today"),
        ("x = 1\n", "extern-missing", "has no F"),
        ("F = 1\n", "extern-kind", "not a class of nn.Module"),
        ("def F(n):\n    return n\n", "extern-kind", "not a class of nn.Module"),
        (CODE + "        raise ValueError('too wide')\n", "extern-failed", "raised ValueError: too wide"),
        (CODE.replace("self, n=4", "self"), "", ""),
    ],
)
def test_a_module_that_cannot_be_used(place: Any, code: str | None, name: str, said: str) -> None:
    path = place(LAYER + MODEL, code)
    if not name:  # called as the spec writes it, with no argument
        specc.build(path, trust=True)
        return
    with pytest.raises(specc.SpecError) as caught:
        specc.build(path, trust=True)
    assert caught.value.problems[0].name == name and said in caught.value.problems[0].headline
    assert caught.value.problems[0].span.text.startswith("extern layer F")


@pytest.mark.parametrize(
    "result, said",
    [
        ("x[:, :3]", "f32[2, 3], it declares f32[2, 4]"),
        ("x[:, :4].double()", "f64[2, 4], it declares f32[2, 4]"),
        ("x[:1, :4]", "f32[1, 4], it declares f32[2, 4]"),
        ("x.sum()", "f32[], it declares f32[2, 4]"),
        ("[x]", "a list, not a tensor"),
        ("None", "a NoneType, not a tensor"),
    ],
)
def test_a_result_of_another_type_than_declared(place: Any, result: str, said: str) -> None:
    code = CODE + f"    def forward(self, x):\n        return {result}\n"
    model = specc.build(place(LAYER + MODEL, code), trust=True)
    with pytest.raises(specc.SpecError, match=r"error\[S606\]") as caught:
        model(torch.zeros(2, 8))
    assert said in caught.value.problems[0].headline


def test_several_results_come_as_declared(place: Any) -> None:
    spec = (
        'extern layer F(n: int = 4): f32[N, C], f32[N, C] -> f32[N, n], i64[N] = "things.F"\n'
        "model M {\n  input x: f32[N, 8]\n  y, ids = (x, x * 2) -> f: F()\n  output (y, ids)\n}\n"
    )
    path = place(spec, CODE + "    def forward(self, x, y):\n        return (x + y)[:, :4], y.argmax(1)\n")
    y, ids = specc.build(path, trust=True)(torch.ones(3, 8))
    assert y.shape == (3, 4) and ids.dtype == torch.int64
    path = place(spec, CODE + "    def forward(self, x, y):\n        return x\n")
    assert refused(lambda: specc.build(path, trust=True)(torch.ones(3, 8))) == "extern-type"


@pytest.mark.parametrize(
    "old, new",
    [
        ("return torch.sigmoid(self.fc(x)) * self.scale", "raise KeyError('no')"),
        ("return torch.tanh(k * x)", "return torch.tanh(k * y)"),
        ("return x + self.amount", "return y + self.amount"),
        ("return x + self.noise", "return y + self.noise"),
        ("self.worst = max(self.worst", "self.worst = max(self.best"),
        ('group["lr"] *= self.factor', 'group["rate"] *= self.factor'),
        ("self.optimizer, self.factor, self.steps = optimizer, factor, 0", "factor.no"),
        ("super().__init__(params, lr=lr, momentum=0.9)", "super().__init__(params, lr=lr, zeal=0.9)"),
    ],
)
@pytest.mark.parametrize("workers", [0, 1])
def test_what_the_users_code_raises_is_told_with_its_line(
    place: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, workers: int
) -> None:
    if workers and "self.noise" not in old and "self.amount" not in old:
        pytest.skip("only samples are read by workers")
    assert old in THINGS
    path = place(SPEC.replace("shuffle=true", f"shuffle=true, num_workers={workers}"), THINGS.replace(old, new))
    words = ["run", str(path), "--trust", "--quiet", "--device", "cpu", "--out", str(tmp_path / "run")]
    assert main(words) == 1
    error = capsys.readouterr().err
    assert error.startswith("error[S607]: things") and ".py" in error.split("\n")[0], error


def test_an_item_of_another_type_than_declared(place: Any, tmp_path: Path) -> None:
    for old, new in (("2 * x[:1]", "2.0"), ("2 * x[:1]", "x"), ("x + self.noise", "x[None] + self.noise")):
        path = place(SPEC, THINGS.replace(old, new))
        options = {"out": str(tmp_path / "run"), "device": "cpu", "quiet": True, "trust": True}
        assert refused(lambda: specc.run(path, **options)) == "extern-type"  # noqa: B023


# ---------------------------------------------------------------- what check says


@pytest.mark.parametrize(
    "declaration, name",
    [
        ('extern layer F: f32[N, C] -> f32[N, C] = "F"', "extern-target"),
        ('extern layer F: f32[N, C] -> f32[N, C] = "a b.F"', "extern-target"),
        ('extern layer F: f32[N, C] -> f32[N, C] = "mine.class"', "extern-target"),
        ('extern layer F: f32[N, C] -> f32[N, C] = "mine.\\nF"', "extern-target"),
        ('extern layer F: f32[N, C] -> f32[N, C] = "mine.{1}"', "extern-target"),
        ('extern layer F: f32[N, C] -> f32[N, C] = "mine.ﬁt"', "extern-target"),
        ('extern layer F = "mine.F"', "type-syntax"),
        ('extern layer F: f32[N, C] = "mine.F"', "type-syntax"),
        ('extern fn F() = "mine.F"', "type-syntax"),
        ('extern dataset F() = "mine.F"', "type-syntax"),
        ('extern dataset F(): f32[3, 4] = "mine.F"', "type-syntax"),
        ('extern dataset F(): f32[N, 4] -> f32[N] = "mine.F"', "type-syntax"),
        ('extern layer F(n: f32[3]): f32[N, C] -> f32[N, C] = "mine.F"', "type-syntax"),
        ('extern layer F(n: int = 1.5): f32[N, C] -> f32[N, C] = "mine.F"', "argument-type"),
        ('extern layer F(n: int): f32[N, C] -> f32[N, C] = "mine.F"', "missing-argument"),
        ('extern layer F: f64[N, C] -> f32[N, C] = "mine.F"', "dtype-mismatch"),
        ('extern layer F: f32[N, 7] -> f32[N, 7] = "mine.F"', "block-input-mismatch"),
        ('extern layer F: f32[N, C] -> f32[N, K] = "mine.F"', "unknown-name"),
        ('extern loss F() = "mine.F"', ""),
        ('extern optimizer F() = "mine.F"', "not-a-module"),
    ],
)
def test_a_declaration_is_checked(place: Any, declaration: str, name: str) -> None:
    found = names(place(declaration + "\n" + MODEL, None))
    assert name in found or not name and found


def test_parameters_nobody_knows_need_a_rest_group(place: Any) -> None:
    path = place(SPEC.replace(" group rest { lr = 0.01 }", ' group "out.*" { lr = 0.01 }'), THINGS)
    assert names(path) == ["missing-setting"]


@pytest.mark.parametrize(
    "old, new",
    [
        ("things.Gate", "things.Config"),
        ("things.Gate", "things.train"),
        ("things.Gate", "things.features"),
        ("things.Gate", "others.Own"),
    ],
)
def test_a_name_the_script_cannot_hold_twice(place: Any, old: str, new: str) -> None:
    path = place(SPEC.replace(old, new), None)
    assert refused(lambda: specc.emit(path)) == "not-emitted"


def test_a_picture_goes_through_an_own_transform(place: Any, tmp_path: Path) -> None:
    spec = """
extern transform Darker(by: int) = "things.Darker"
model M { input image: f32[N, 1, 8, 8]  output image -> Flatten -> Linear(64, 10) }
data {
  train = Digits(train=true)
  test = Digits(train=false)
  transform = Darker(2) -> ToTensor
  loader = DataLoader(batch_size=256, shuffle=true)
  sample (image, label)
}
loss CrossEntropyLoss()
optimizer SGD(lr=0.1)
train { epochs = 1  seed = 0  log every 1 steps }
"""
    code = "class Darker:\n    def __init__(self, by):\n        self.by = by\n    def __call__(self, picture):\n"
    path = place(spec, code + "        return picture.point(lambda grey: grey // self.by)\n")
    assert names(path) == []
    run(specc.check(path), Options(out=str(tmp_path / "run"), device="cpu", quiet=True, trust=True))
    (tmp_path / "job.py").write_text(specc.emit(path))
    command = [sys.executable, str(tmp_path / "job.py"), "--device", "cpu", "--out", str(tmp_path / "script")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    assert log(tmp_path / "run") == log(tmp_path / "script")


def test_an_argument_may_be_called_like_anything() -> None:
    """`problem` and `values` are words of the class in which rules find the arguments."""
    layer = (
        'extern layer F(problem: int, values: int = 2): f32[N, 8] -> f32[N, problem, problem, problem] = "things.F"\n'
    )
    fits, fails = (
        compile_spec(Source("f.spec", layer + f"model M {{ input x: f32[N, 8]  output x -> f: F({size}, values=5) }}"))
        for size in (3, 2**30)
    )
    assert not fits.problems and str(fits.program.models[0].graph.result_type) == "f32[N, 3, 3, 3]"
    assert [problem.name for problem in fails.problems] == ["value-too-large"]


@pytest.mark.parametrize(
    ("types", "said"),
    [
        ("f32[N, ..., C] -> f32[N, ..., width]", "f32[N, 4, 5, 3]"),
        ("f32[..., H, C] -> f32[H, ...]", "f32[5, N, 4]"),
        ("f32[N, 4, 5, 6] -> f32[N, ..., 6]", "... in a result stands for that of an input, and none has it"),
        ("f32[N, A, B, C, D, ...] -> f32[N, ...]", "L takes f32[N, A, B, C, D, ...], it is given f32[N, 4, 5, 6]"),
    ],
)
def test_dots_in_a_result_are_the_axes_they_are_in_an_input(types: str, said: str) -> None:
    own = f'extern layer L(width: int): {types} = "mine.L"\n'
    unit = compile_spec(Source("m", own + "model M {\n  input x: f32[N, 4, 5, 6]\n  output x -> L(3)\n}\n"))
    found = [problem.headline for problem in unit.problems]
    assert (found or [str(unit.program.models[0].graph.result_type)]) == [said]


@pytest.mark.parametrize("verb", [run, preflight])
def test_what_torch_refuses_of_ones_own_is_told_in_its_words(place: Any, tmp_path: Path, verb: Any) -> None:
    """The gradient of the layer has another size than what went in, which torch finds."""
    path = place(
        """
extern layer Cut(): f32[N, 10] -> f32[N, 10] = "things.Cut"
model M { input image: f32[N, 1, 8, 8]  output image -> flatten(1) -> fc: Linear(64, 10) -> cut: Cut() }
data {
  train = Digits(train=true)
  transform = ToTensor
  loader = DataLoader(batch_size=256, shuffle=true)
  sample (image, label)
}
loss CrossEntropyLoss()
optimizer SGD(lr=0.1)
train { epochs = 1  seed = 0 }
""",
        """import torch
class Half(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()
    @staticmethod
    def backward(ctx, gradient):
        return gradient[:, :5]
class Cut(torch.nn.Module):
    def forward(self, x):
        return Half.apply(x)
""",
    )
    with pytest.raises(RunError, match=r"R402.*step 1 failed: .*invalid gradient") as caught:
        verb(specc.check(path), Options(out=str(tmp_path / "run"), device="cpu", quiet=True, trust=True))
    assert caught.value.exit_status == 1
