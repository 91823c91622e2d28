"""Symbolic sizes: what is proved, what is refused with an example, and facts."""

from __future__ import annotations

import pytest

from specc.compiler import Unit, compile_spec
from specc.source import Source

UNET = """
block Double(c) {
  input x: f32[N, C, H, W]
  output x -> c1: Conv2d(C, c, 3, padding=1) -> relu -> c2: Conv2d(c, c, 3, padding=1) -> relu
}
model UNet() {
  input image: f32[N, 3, SIZE]
  a = image -> down1: Double(16)
  b = a -> max_pool2d(2) -> down2: Double(32)
  c = b -> max_pool2d(2) -> mid: Double(64)
  x = cat([c -> up1: ConvTranspose2d(_, 32, 2, stride=2), b], 1) -> dec1: Double(32)
  x = cat([x -> up2: ConvTranspose2d(_, 16, 2, stride=2), a], 1) -> dec2: Double(16)
  output x -> head: Conv2d(_, 2, 1)
}
"""
WINDOWS = """
model Windows(window = 7) {
  input x: f32[N, H, W, 8]
  let height = H + (window - H % window) % window
  let width = W + (window - W % window) % window
  x = pad(x, (0, 0, 0, (window - W % window) % window, 0, (window - H % window) % window))
  x = rearrange(x, "n (h a) (w b) c -> (n h w) (a b) c", a=window, b=window)
  x = x -> proj: Linear(_, 8)
  x = rearrange(x, "(n h w) (a b) c -> n (h a) (w b) c", h=height // window, w=width // window, a=window)
  output x[:, :H, :W]
}
"""


def compiled(text: str) -> Unit:
    return compile_spec(Source("test.spec", text))


def names(text: str) -> list[str]:
    return [problem.name for problem in compiled(text).problems]


def output(text: str) -> str:
    unit = compiled(text)
    assert unit.problems == ()
    return str(unit.program.models[0].graph.result_type)


def test_unet_on_any_size_is_refused_with_an_example() -> None:
    (problem,) = compiled(UNET.replace("SIZE", "H, W")).problems
    assert problem.name == "concat-mismatch"
    (note,) = problem.notes
    height, left, right = (
        int(word) for word in note.replace("H = ", "").replace("gives ", "").replace("against ", "").split()
    )
    assert (2 * (height // 4), height // 2) == (left, right) and left != right


def test_unet_on_multiples_is_accepted() -> None:
    assert output(UNET.replace("SIZE", "16 * h, 16 * w")) == "f32[N, 2, 16 * h, 16 * w]"


def test_unet_with_facts_is_accepted() -> None:
    facts = "H, W]\n  assert H % 4 == 0\n  assert W % 4 == 0"
    assert names(UNET.replace("SIZE]", facts)) == []


def test_residual_sizes_are_proved_equal() -> None:
    text = """
    model M() {
      input x: f32[N, 8, H, W]
      a = x -> a: Conv2d(_, 16, 3, stride=2, padding=1)
      b = x -> b: Conv2d(_, 16, 1, stride=2)
      output a + b
    }"""
    assert output(text) == "f32[N, 16, (H + 1) // 2, (W + 1) // 2]"


def test_windows_with_padding_are_handled() -> None:
    assert output(WINDOWS) == "f32[N, H, W, 8]"


def test_windows_run(tmp_path) -> None:
    import torch

    from specc.backends.module import build_model

    model = build_model(compiled(WINDOWS).program.models[0])
    for height, width in ((7, 14), (9, 20), (1, 1)):
        x = torch.randn(2, height, width, 8)
        assert model(x).shape == x.shape
        assert torch.allclose(model(x), model.proj(x), atol=1e-6)


def test_a_size_too_small_for_the_pools_is_refused_where_it_is_known() -> None:
    text = "model M() { input x: f32[N, 3, 2, 2]  output x -> a: MaxPool2d(2) -> b: MaxPool2d(2) }"
    assert names(text) == ["kernel-exceeds-input"]


def test_a_layer_size_must_be_a_number() -> None:
    assert names("model M() { input x: f32[N, T, D]  output x -> fc: Linear(_, 4) }") == ["symbolic-size"]


def test_facts_that_fail_are_told() -> None:
    text = "block B(h) { input x: f32[N, C]  assert C % h == 0  output x }"
    text += "\nmodel M() { input x: f32[N, 10]  output x -> b: B(3) }"
    (problem,) = compiled(text).problems
    assert problem.name == "assert-violated" and "C = 10" in problem.notes[0]


def test_a_fact_stays_as_a_check_at_run_time() -> None:
    import pytest
    import torch

    from specc.backends.module import build_model

    unit = compiled("model M() { input x: f32[N, T, 4]  assert T <= 3  output x * 2 }")
    model = build_model(unit.program.models[0])
    assert model(torch.ones(1, 3, 4)).sum() == 24
    with pytest.raises(ValueError, match="T <= 3"):
        model(torch.ones(1, 4, 4))


SIDES = """
block Quarters() {
  input x: f32[N, H]
  output x -> reshape(N, H // 4, 4) -> sum(2)
}
block Whole() {
  input x: f32[N, H]
  assert H % 4 == 0
  output x
}
model Sides() {
  input x: f32[N, H]
  BODY
}
"""
FACT = "assert H % 4 == 0"
QUARTERS = "output x -> reshape(N, H // 4, 4)"
HALVES = "if training { %s } else { %s }"


@pytest.mark.parametrize(
    "body",
    [
        f"if training {{ {FACT} }}  {QUARTERS}",
        f"if not training {{ {FACT} }}  {QUARTERS}",
        f"{HALVES % (FACT, 'y = x -> reshape(N, H // 4, 4)')}  output x",
        f"y = {HALVES % ('x -> w: Whole', 'x')}  output y -> reshape(N, H // 4, 4)",
        f"y = {HALVES % ('x -> w: Whole', 'x -> reshape(N, H // 4, 4) -> flatten(1)')}  output y",
        f"y = x -> {HALVES % ('w: Whole', 'relu')}  output y -> reshape(N, H // 4, 4)",
        f"if training {{ {FACT}  y = x -> a: Quarters }}  output x -> b: Quarters",
    ],
)
def test_what_one_side_asserts_is_known_in_it_alone(body: str) -> None:
    """It is checked where that side runs, and nowhere else."""
    assert "reshape-size" in names(SIDES.replace("BODY", body))


@pytest.mark.parametrize(
    "body",
    [
        f"z = x -> sum(1)  if training {{ {FACT}  z = x -> a: Quarters -> sum(1) }}  output z",
        f"{FACT}  z = {HALVES % ('x -> a: Quarters', 'x -> b: Quarters')}  output z",
        f"y = {HALVES % ('x -> w: Whole', 'x')}  z = y -> v: Whole  output z -> reshape(N, H // 4, 4)",
    ],
)
def test_what_one_side_asserts_holds_in_it(body: str) -> None:
    assert names(SIDES.replace("BODY", body)) == []
