"""Sizes that change on the way through emitted classes: on whatever axis, carried by the constructor where a module
needs them, read off the input where only forward does, and never taken for the sake of a comment.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import specc
from specc.backends.definitions.record import Key
from specc.backends.definitions.running import Loaded
from specc.backends.definitions.statics import named
from specc.backends.definitions.substitution import related
from specc.backends.wrap import wrapped
from test_definitions import SPECS, arguments, classes, made, method, section_of, tree_of, unit_of, written

CHANNELS_LAST = """
block Mix(expand) {
  input x: f32[N, H, W, C]
  param scale: f32[H, W, C] ~ ones()
  y = (x * scale) -> up: Linear(_, expand * C) -> gelu -> down: Linear(_, C)
  output x + y
}
block Shrink() {
  input x: f32[N, H, W, C]
  x = cat([x[:, 0::2, 0::2, :], x[:, 1::2, 1::2, :]], -1)
  output x -> norm: LayerNorm(_) -> reduce: Linear(_, 2 * C)
}
model Net(classes = 5, depths = [1, 2, 1]) {
  input image: f32[N, 16, 8, 4]
  x = image
  for (i, n) in enumerate(depths) {
    if i > 0 { x = x -> "shrink{i}": Shrink() }
    for j in 0..n { x = x -> "mix{i}_{j}": Mix(2) }
  }
  output x.mean((1, 2)) -> head: Linear(_, classes)
}
"""
SEQUENCE = """
block Layer(heads) {
  input x: f32[N, T, C]
  param position: f32[T, C] ~ normal(0, 0.02)
  x = x + position
  q, k, v = x -> qkv: Linear(_, 3 * _) -> rearrange("n t (three h d) -> three n h t d", three=3, h=heads) -> unbind(0)
  y = scaled_dot_product_attention(q, k, v) -> rearrange("n h t d -> n t (h d)") -> proj: Linear(_, C)
  output (x + y) -> norm: LayerNorm(_)
}
block Halved() {
  input x: f32[N, T, C]
  output x -> transpose(1, 2) -> pool: AvgPool1d(2) -> transpose(1, 2)
}
model Funnel(depth = 3, heads = 2, classes = 4) {
  input x: f32[N, 32, 8]
  x = x -> blocks: { for i in 0..depth { Layer(heads) -> Halved() } }
  output x.mean(1) -> head: Linear(_, classes)
}
"""
VIDEO = """
block Frames(out) {
  input x: f32[N, T, C, H, W]
  y = x.flatten(0, 1) -> conv: Conv2d(C, out, 3, padding=1) -> relu
  output y.unflatten(0, (-1, T))
}
model Video(depth = 3, classes = 6) {
  input clip: f32[N, 8, 3, 16, 16]
  x = clip -> stem: Frames(4)
  for i in 0..depth { x = x -> body[i]: Frames(8 * (i + 1)) -> every_other }
  output x.mean((1, 3, 4)) -> head: Linear(_, classes)
}
fn every_other(x) = x[:, 0::2]
"""
PYRAMID = """
model Pyramid(depth = 3, width = 64) {
  input x: f32[N, 10]
  x = x -> stem: Linear(_, width) -> relu
  for i in 0..depth { x = x -> h[i]: Linear(_, width // 2 ** (i + 1)) -> relu }
  output x -> head: Linear(_, 2)
}
"""
CASES = {
    "channels_last": (CHANNELS_LAST, (16, 8, 4), ["height //= 2", "width //= 2", "channels *= 2"]),
    "sequence": (SEQUENCE, (32, 8), ["length //= 2", "Layer(length, heads)"]),
    "video": (VIDEO, (8, 3, 16, 16), ["Frames(channels, 8 * (i + 1))", "length = x.shape[1]"]),
    "pyramid": (PYRAMID, (10,), ["nn.Linear(features, width // 2 ** (i + 1))"]),
}


# ---------------------------------------------------------------- what changes on the way


@pytest.mark.parametrize("name", CASES)
def test_a_size_is_carried_on_its_axis(name: str) -> None:
    """One class for each block, with a loop in it; the same keys, weights and results as the model that is built."""
    text, shape, expected = CASES[name]
    unit = written(text)
    emitted = section_of(unit).text
    assert unit.program is not None
    blocks = [item.name for item in unit.program.definitions.values() if hasattr(item, "kind")]
    assert sorted(classes(ast.parse(emitted))) == sorted(blocks)
    assert all(line in emitted for line in expected), emitted
    torch.manual_seed(0)
    theirs = specc.build(unit.source).eval()
    torch.manual_seed(0)
    ours = made(unit).eval()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert all(torch.equal(ours.state_dict()[key], value) for key, value in theirs.state_dict().items())
    given = torch.randn(2, *shape)
    assert torch.equal(ours(given), theirs(given))


def test_what_is_carried_passes_ruff_and_mypy(tmp_path: Path) -> None:
    for name, (text, _, _) in CASES.items():
        (tmp_path / f"{name}.py").write_text(specc.emit(written(text).source))
    for command in (
        ["ruff", "check", "--isolated", "."],
        ["ruff", "format", "--isolated", "--check", "--diff", "."],
        ["mypy", "--ignore-missing-imports", "--cache-dir", str(tmp_path / "cache"), "."],
    ):
        done = subprocess.run([sys.executable, "-m", *command], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_size_follows_another_where_an_expression_fits() -> None:
    size = named("height")
    assert repr(related(size, [56, 28, 14], [28, 14, 7])) == "height // 2"
    assert related(size, [56, 28], [30, 7]) is None


# ---------------------------------------------------------------- what the constructor takes


def test_swin_is_its_blocks_and_reads_what_it_needs_of_a_picture() -> None:
    found = classes(tree_of(unit_of("zoo/swin_t")))
    assert sorted(found) == ["PatchMerging", "Permuted", "SwinBlock", "SwinTransformer", "WindowAttention"]
    assert arguments(method(found["WindowAttention"], "__init__")) == ["channels", "heads", "shift"]
    assert arguments(method(found["SwinBlock"], "__init__")) == ["channels", "heads", "shift", "drop"]
    first = method(found["WindowAttention"], "forward").body[0]
    assert ast.unparse(first) == "_, in_height, in_width, channels = x.shape"
    loop = ast.unparse(method(found["SwinTransformer"], "__init__"))
    assert "channels *= 2" in loop and "SwinBlock(channels, heads, 0 if j % 2 == 0 else 3," in loop


def test_swin_takes_pictures_of_another_size() -> None:
    """What is read off the input is not tied to the size that was checked: 160 x 192 needs padding and shifts."""
    torch.manual_seed(0)
    ours = made(unit_of("zoo/swin_t"), classes=3).eval()
    text = (SPECS / "zoo/swin_t.spec").read_text().replace("224, 224]", "160, 192]")
    theirs = specc.build(written(text).source, classes=3).eval()
    theirs.load_state_dict(ours.state_dict())
    given = torch.randn(2, 3, 160, 192)
    with torch.no_grad():
        assert torch.equal(ours(given), theirs(given))


@pytest.mark.parametrize("name, block", [("zoo/googlenet", "Inception"), ("cifar", "Residual")])
def test_no_constructor_takes_what_only_comments_name(name: str, block: str) -> None:
    """A size that the reader cannot see stands in comments under the symbol of the docstring."""
    text = section_of(unit_of(name)).text
    taken = arguments(method(classes(ast.parse(text))[block], "__init__"))
    assert not {"height", "width"} & set(taken)
    assert ", H, W]" in text and "height" not in text


# ---------------------------------------------------------------- the proof


def test_a_shape_that_is_read_is_the_checked_one() -> None:
    """A text that reads another size than was checked makes other calls."""
    head = "class M(nn.Module):\n    def forward(self, x):\n"
    checked = {Key(("input", 0)): (2, 5, 8)}

    def calls(*body: str) -> tuple[object, ...]:
        lines = "".join(f"        {line}\n" for line in body)
        return Loaded(head + lines).record("M()", 1, (checked, checked)).training

    plain = calls("return torch.zeros(8)")
    assert calls("return torch.zeros(x.shape[2])") == plain == calls("return torch.zeros(x.shape[-1])")
    assert calls("_, _, size = x.shape", "return torch.zeros(size)") == plain
    assert calls("return torch.zeros(x.shape[1])") != plain
    with pytest.raises(ValueError):
        calls("_, size = x.shape", "return torch.zeros(size)")


def test_a_long_line_in_parentheses_does_not_become_a_tuple() -> None:
    long = f"x = ({' + '.join(['something_long'] * 8)}).reshape(2, {', '.join(['4'] * 30)})\n"
    assert ast.dump(ast.parse(wrapped(long))) == ast.dump(ast.parse(long))
    assert max(map(len, wrapped(long).splitlines())) < len(long)
