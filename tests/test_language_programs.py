"""Small models, one construct each: what is built and what is emitted give what torch gives for the same formula."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

import pytest
import torch
from torch import Tensor, nn

import specc
from specc.backends.script_model import model_section

PAIR = """
block Pair {
  input a: f32[N, 4], b: f32[N, 4]
  output (total=a + b, rest=a - b)
}
"""


class Case(NamedTuple):
    """The body of a model, the inputs' sizes, and what it is in torch."""

    body: str
    sizes: tuple[tuple[int, ...], ...]
    want: Callable[..., Any]
    before: str = ""


CASES = {
    "named results": Case(
        "input x: f32[N, 4], y: f32[N, 4]  r = (x, y) -> p: Pair()  output r.total * r.rest",
        ((2, 4), (2, 4)),
        lambda m, x, y: (x + y) * (x - y),
        PAIR,
    ),
    "named results come apart": Case(
        "input x: f32[N, 4], y: f32[N, 4]  s, d = (b=y, a=x) -> p: Pair()  output s * d",
        ((2, 4), (2, 4)),
        lambda m, x, y: (x + y) * (x - y),
        PAIR,
    ),
    "named results flow on": Case(
        "input x: f32[N, 4], y: f32[N, 4]  output (x, y) -> p: Pair() -> q: Pair() -> [1]",
        ((2, 4), (2, 4)),
        lambda m, x, y: (x + y) - (x - y),
        PAIR,
    ),
    "named results in a loop": Case(
        "input x: f32[N, 4], y: f32[N, 4]\n  for i in 0..2 { r = (x, y) -> p[i]: Pair()  x = r.rest }  output x",
        ((2, 4), (2, 4)),
        lambda m, x, y: x - y - y,
        PAIR,
    ),
    "a loop over parts": Case(
        "input x: f32[N, 12]  ys = []\n  for (i, p) in enumerate(x.chunk(3, 1)) { ys = ys + [p * i] }\n"
        "  output cat(ys, 1)",
        ((2, 12),),
        lambda m, x: torch.cat([p * i for i, p in enumerate(x.chunk(3, 1))], 1),
    ),
    "parts in a comprehension": Case(
        "input x: f32[N, 12]  parts = x.split(4, 1)  output stack([p * len(parts) for p in parts])",
        ((2, 12),),
        lambda m, x: torch.stack([p * 3 for p in x.split(4, 1)]),
    ),
    "parameters that start as a tensor": Case(
        "input x: f32[N, 4]  param a: f32[4] = log(arange(1, 5).float())  param net.b: f32[4] = zeros(4)\n"
        "  param c: f32[4] = a, trainable=false  output x * a + b - c",
        ((2, 4),),
        lambda m, x: x * torch.arange(1, 5).log() - torch.arange(1, 5).log(),
    ),
    "a buffer of random numbers read twice": Case(
        "input x: f32[N, 3]  buffer m = symmetric(randn(3, 3))  output x @ m",
        ((2, 3),),
        lambda m, x: x @ m.m.T,
        "fn symmetric(a) = a + a.T",
    ),
    "facts joined by and": Case(
        "input x: f32[N, C, H]  assert 4 <= H < 20 and (H % 2 == 0 and C == 3)  output x.view(N, 6, H // 2)",
        ((2, 3, 10),),
        lambda m, x: x.reshape(2, 6, 5),
    ),
}


def made(case: Case) -> dict[str, nn.Module]:
    """The built and the emitted module, made under one seed."""
    source = specc.Source("case.spec", f"{case.before}\nmodel M {{\n  {case.body}\n}}\n")
    unit = specc.check(source)
    assert [problem.headline for problem in unit.problems if problem.severity == "error"] == []
    section = model_section(unit.program)
    scope: dict[str, Any] = {"__name__": "emitted"}
    exec(compile("\n".join(section.imports) + "\n" + section.text, "case.py", "exec"), scope)
    torch.manual_seed(5)
    built = specc.build(source)
    torch.manual_seed(5)
    return {"built": built, "emitted": scope["M"]()}


def flat(value: Any) -> list[Tensor]:
    return [part for item in value for part in flat(item)] if isinstance(value, (tuple, list)) else [value]


@pytest.mark.parametrize("name", CASES)
def test_gives_what_torch_gives(name: str) -> None:
    case = CASES[name]
    torch.manual_seed(6)
    inputs = [torch.randn(size) for size in case.sizes]
    modules = made(case)
    states = [module.state_dict() for module in modules.values()]
    assert list(states[0]) == list(states[1]) and all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    want = flat(case.want(modules["built"], *inputs))
    for made_by, module in modules.items():
        have = flat(module(*inputs))
        assert len(have) == len(want), made_by
        for ours, theirs in zip(have, want):
            torch.testing.assert_close(ours, theirs, msg=made_by)


def test_a_kept_fact_is_checked_in_each_of_its_parts() -> None:
    for module in made(CASES["facts joined by and"]).values():
        for height in (2, 7, 20):
            with pytest.raises(ValueError, match="H"):
                module(torch.randn(2, 3, height))


def test_what_is_computed_from_parameters_is_a_tensor_of_its_own() -> None:
    body = "input x: f32[N, 3]  param w: f32[3] ~ normal()  buffer m = w * 2  param v: f32[3] = w  output x * m * w * v"
    for module in made(Case(body, (), torch.relu)).values():
        state = dict(module.named_parameters()) | dict(module.named_buffers())
        assert all(tensor.is_leaf for tensor in state.values()) and not state["m"].requires_grad
        assert len({tensor.data_ptr() for tensor in state.values()}) == len(state) == 3
        assert torch.equal(state["m"], 2 * state["w"]) and torch.equal(state["v"], state["w"])
