"""Compile-time values that loops change, and numbers and lists that become tensors: they stay what they are in the
classes of a script.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import specc
from specc.backends.script import emit
from test_definitions import holds, made, section_of, written

SPECS: dict[str, tuple[str, list[str]]] = {  # the body of a model M(n = 3, m = 2, w = 4), and lines of its class
    "a counter": (
        """
        let i = 0
        for b in 0..n {
          x = x -> h[i]: Linear(w, w) -> relu
          let i = i + 1
        }
        output x
        """,
        ["for layer in self.h:"],
    ),
    "a counter that modules and the result read": (
        """
        let i = 0
        repeat n {
          x = x -> a[i]: Linear(w, w + i) -> b[i]: Linear(w + i, w) -> tanh
          let i = i + 1
        }
        output x * i
        """,
        ["[nn.Linear(w, w + i) for i in range(n)]", "for i in range(self.n):", "return x * self.n"],
    ),
    "a counter beside a list": (
        """
        let i = 0
        for width in [w, 2 * w, w] {
          x = x -> h[i]: Linear(_, width * m) -> linear[i]: Linear(_, width)
          let i = i + 1
        }
        output x
        """,
        ["for i in range(3):", "for width in [w, 2 * w, w]:"],
    ),
    "a counter of nested loops": (
        """
        let i = 0
        for b in 0..n {
          for l in 0..m {
            let d = 2 ** l
            y = x -> down[i]: Linear(w, d) -> relu -> up[i]: Linear(d, w) -> norm[i]: LayerNorm(w)
            x = x + y * d
            let i = i + 1
          }
        }
        output x
        """,
        ["for _ in range(n) for l_ in range(m)", "[nn.LayerNorm(w) for _ in range(n * m)]", "i = 0", "i += 1"],
    ),
    "a counter of nested loops that modules read": (
        """
        let i = 0
        for b in 0..n {
          for c in 0..m {
            x = x -> a[i]: Linear(w, w + i) -> b[i]: Linear(w + i, w)
            let i = i + 1
          }
        }
        output x
        """,
        ["layers.append(nn.Linear(w, w + i))", "layers.append(nn.Linear(w + i, w))"],
    ),
    "a counter that goes on in another loop": (
        """
        let i = 0
        for b in 0..n {
          x = x -> a[i]: Linear(w, w)
          let i = i + 1
        }
        for b in 0..m {
          x = x -> a[i]: Linear(w, w + 1) -> b[i - n]: Linear(w + 1, w)
          let i = i + 1
        }
        output x
        """,
        ["i = self.n", "x = self.b[i - self.n](self.a[i](x))"],
    ),
    "a counter that starts anew in each turn": (
        """
        let k = 0
        for b in 0..n {
          let i = 0
          for c in 0..m {
            x = x -> h[k]: Linear(w, w + i) -> g[k]: Linear(w + i, w)
            let i = i + 1
            let k = k + 1
          }
        }
        output x
        """,
        ["[nn.Linear(w, w + i) for _ in range(n) for i in range(m)]", "k += 1"],
    ),
    "a counter raised before it is read": (
        """
        let i = 0
        for b in 0..n {
          let i = i + 1
          x = x -> h[i - 1]: Linear(w, w)
        }
        output x * i
        """,
        ["for b in range(self.n):", "i = b + 1", "return x * self.n"],
    ),
    "two sums under one name": (
        """
        t = 0
        for b in 0..n { t = t + (x -> h[b]: Linear(w, w)) }
        z = relu(t)
        t = 0
        for b in 0..m { t = t + (z -> g[b]: Linear(w, w)) }
        output t
        """,
        ["t: Any = 0", "        t = 0"],
    ),
    "a sum that starts with a number": (
        """
        total = 0
        for b in 0..n {
          y = x -> h[b]: Linear(w, w) -> relu
          total = total + y
        }
        output total / n
        """,
        ["total: Any = 0", "total = total + y"],
    ),
    "a sum and a product": (
        """
        let i = 0
        s = 0.5
        t = 1
        for b in 0..n {
          for c in 0..m {
            y = x -> h[i]: Linear(w, w)
            s = s + y
            t = if i == 0 { y } else { t * y }
            let i = i + 1
          }
        }
        output (s, t)
        """,
        ["s: Any = 0.5", "t = y if i == 0 else t * y"],
    ),
    "a sum in each turn": (
        """
        for b in 0..n {
          s = 0
          for c in 0..m { s = s + (x -> h[b * m + c]: Linear(w, w)) }
          x = relu(s)
        }
        output x
        """,
        ["s: Any = 0", "x = F.relu(s)"],
    ),
    "a list of tensors": (
        """
        feats = []
        for b in 0..n {
          x = x -> h[b]: Linear(w, w) -> relu
          feats = feats + [x]
        }
        output cat(feats, dim=1) -> head: Linear(w * n, m)
        """,
        ["feats: list[torch.Tensor] = []", "feats.append(x)"],
    ),
    "a list in each turn": (
        """
        for b in 0..n {
          feats = [x]
          for c in 0..m {
            y = feats[0] -> h[b * m + c]: Linear(w, w)
            feats = feats + [y]
          }
          x = cat(feats, dim=1) -> mix[b]: Linear(_, w)
        }
        output x
        """,
        ["feats = [x]", "feats.append(y)"],
    ),
    "a width that doubles": (
        """
        let c = w
        for b in 0..n {
          let wide = c * m
          x = x -> a[b]: Linear(c, wide) -> relu -> b[b]: Linear(wide, wide)
          let c = wide
        }
        output x / c
        """,
        ["c = w", "wide = c * m", "c = wide", "return x / c"],
    ),
    "a width that grows in some turns": (
        """
        let c = w
        for b in 0..n {
          if b % 2 == 1 { let c = c * 2 }
          x = x -> h[b]: Linear(_, c) -> relu
        }
        output x
        """,
        ["if b % 2 == 1:", "c *= 2"],
    ),
    "a parameter that is bound again": (
        """
        for b in 0..n {
          x = x -> h[b]: Linear(w, 2 * w) -> relu
          let w = 2 * w
        }
        output x / w
        """,
        ["w = self.w", "w *= 2"],
    ),
    "a number that a loop works out": (
        """
        let c = w
        for b in 0..n { let c = c + b }
        output x -> a: Linear(w, c) -> b: Linear(c, m)
        """,
        ["for b in range(n):", "c += b", "self.a = nn.Linear(w, c)"],
    ),
    "a first turn that differs": (
        """
        let first = true
        for b in 0..n {
          x = if first { x -> stem: Linear(w, w) } else { x -> body[b - 1]: Linear(w, w) }
          let first = false
        }
        output x
        """,
        ["if first:", "if not first:", "x = self.stem(x) if first else self.body[b - 1](x)"],
    ),
}


def source(body: str) -> str:
    return f"model M(n = 3, m = 2, w = 4) {{\n  input x: f32[N, w]\n{body}}}\n"


@pytest.mark.parametrize("name", SPECS)
def test_values_that_change_stay_values_of_the_class(name: str) -> None:
    """No copies of what a loop makes, every parameter kept, and for other values of them the model is the spec's."""
    body, expected = SPECS[name]
    unit = written(source(body))
    section = section_of(unit)
    assert holds(ast.parse(section.text), ast.For, ast.comprehension)
    missing = [line for line in expected if line not in section.text]
    assert not missing, section.text
    for given in ({}, {"n": 1}, {"n": 4, "m": 3, "w": 6}):
        same(unit, given)


def same(unit: Any, given: dict[str, int]) -> None:
    """Keys, weights and results of the emitted class are those of the built model."""
    kept = dict(section_of(unit).constructors["M"].parameters)
    torch.manual_seed(0)
    theirs = specc.build(unit.source, **given).eval()
    torch.manual_seed(0)
    ours = made(unit, **{name: value for name, value in given.items() if name in kept}).eval()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert all(torch.equal(ours.state_dict()[key], value) for key, value in theirs.state_dict().items())
    value = torch.randn(2, given.get("w", 4))
    torch.testing.assert_close(ours(value), theirs(value), rtol=0, atol=0)


def test_their_scripts_pass_ruff_and_the_type_checker(tmp_path: Path) -> None:
    for place, (body, _) in enumerate(SPECS.values()):
        (tmp_path / f"job{place}.py").write_text(emit(written(source(body))))
    for command in (
        ["ruff", "check", "--isolated", "."],
        ["ruff", "format", "--isolated", "--check", "--diff", "."],
        ["mypy", "--ignore-missing-imports", "--cache-dir", str(tmp_path / "cache"), "."],
    ):
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "target, run, expected",
    [
        ("l", "0..layers", "for layer in range(layers)"),
        ("O", "0..layers", "for layer in range(layers)"),
        ("l", "[1, layers]", "for l_ in [1, layers]"),
        ("l", "0..layers + 1", "for l_ in range(layers + 1)"),
        ("b", "0..layers", "for b in range(layers)"),
    ],
)
def test_an_index_that_looks_like_a_digit_has_another_name(target: str, run: str, expected: str) -> None:
    body = f'for {target} in {run} {{ x = x -> "fc{{{target}}}": Linear(4, {target} + 1) -> Linear(_, 4) }}'
    body = body.replace("-> Linear(_", f'-> "up{{{target}}}": Linear(_')
    text = section_of(written(f"model M(layers = 2) {{\n  input x: f32[N, 4]\n  {body}\n  output x\n}}\n")).text
    assert f"{expected}:" in text
