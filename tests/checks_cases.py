"""Specs for the tests of the rules, from parts, and what is found in them."""

from __future__ import annotations

from specc.compiler import compile_spec
from specc.source import Source

ON_MNIST = """
data {{
  train     = MNIST("data", train=true)
  test      = MNIST("data", train=false)
  transform = ToTensor -> Normalize((0.1307,), (0.3081,))
  loader    = DataLoader(batch_size=64, shuffle=true)
  sample (image, label)
}}
"""


def found(text: str, settled: bool = True) -> dict[str, str]:
    """The findings of a spec by name, with their severity."""
    unit = compile_spec(Source("case.spec", text))
    assert unit.program is not None or not settled, [problem.headline for problem in unit.problems]
    return {problem.name: problem.severity for problem in unit.problems}


def vector(chain: str, before: str = "") -> str:
    """A model of 16 numbers a sample."""
    return f"model M {{\n  input x: f32[N, 16]\n{before}\n  output x -> {chain}\n}}\n"


def picture(chain: str, size: int = 32, channels: int = 3) -> str:
    return f"model M {{\n  input image: f32[N, {channels}, {size}, {size}]\n  output image -> {chain}\n}}\n"


def learned(model: str, target: str, loss: str, more: str = "") -> str:
    """A model of `x` with a target, a loss and a training."""
    train = "optimizer AdamW(lr=1e-3)\ntrain { epochs = 3  seed = 0 }\n"
    return f"{model}data {{ sample (x: f32[N, 16], y: {target}) }}\nloss {loss}\n{more}{train}"


def mnist(
    head: str = "Linear(_, 10)",
    loss: str = "CrossEntropyLoss()",
    lines: str = "",
    data: tuple[str, str] = ("", ""),
    optimizer: str = "AdamW(lr=1e-3)",
    train: str = "epochs = 3  seed = 0",
) -> str:
    """A whole job on MNIST, 60,000 pictures in 938 batches of 64; `data` is what to replace in its data and by what."""
    section = ON_MNIST.format().replace(*data) if data[0] else ON_MNIST.format()
    model = picture(f"flatten(1) -> {head}", 28, 1)
    return f"{model}{section}loss {loss}\noptimizer {optimizer}\n{lines}\ntrain {{ {train} }}\n"
