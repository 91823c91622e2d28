"""Any name in any place: refused with a code, or built and emitted, with the same keys, weights and results."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import nn

import specc

NET = "model M {{\n  input a: f32[N, 8]\n  {body}\n}}\n"
TWICE = NET.format(body="output a -> b1: B(4) -> b2: B(5) -> b3: B(@=7)")


def net(body: str) -> str:
    return NET.format(body=body)


FORMS = {
    "parameter": net("output a -> fc: Linear(_, @)").replace("model M", "model M(@ = 3)"),
    "parameter in a formula": net("output (a + @) -> fc: Linear(_, 2 * @ + 1)").replace("model M", "model M(@ = 3)"),
    "block parameter": "block B(@ = 3) {\n  input a: f32[N, C]\n  output a -> fc: Linear(C, @)\n}\n" + TWICE,
    "kept parameter": "block B(@ = 3) {\n  input a: f32[N, C]\n  output (a -> fc: Linear(C, 8)) * @\n}\n" + TWICE,
    "two parameters": "block B(@ = 3, @_ = 4) {\n  input a: f32[N, C]\n  output a -> fc: Linear(C, @ + 2 * @_)\n}\n"
    + net("output a -> b1: B(4, 5) -> b2: B(5, 4) -> b3: B(@=7)"),
    "block": "block @(k) {\n  input a: f32[N, C]\n  output a -> fc: Linear(C, k)\n}\n"
    + net("output a -> b1: @(4) -> b2: @(5)"),
    "model": net("output a -> fc: Linear(_, 3)").replace("model M", "model @"),
    "label": net("output a -> @: Linear(_, 3) -> relu"),
    "label in a container": net("output a -> body: { @: Linear(_, 3) -> two: Linear(_, 3) } -> tail: Linear(_, 2)"),
    "label below another": net(
        "b = a -> body.@: Linear(_, 3) -> mid.one: Linear(_, 4) -> body.two: Linear(_, 8)\n  output (a + b) -> relu"
    ),
    "quoted label": net('output a -> "@": Linear(_, 3) -> relu'),
    "group": net("output a -> @: { Linear(_, 3) -> ReLU } -> z: Linear(_, 2)"),
    "container": net("@ = a -> Linear(_, 3) -> ReLU\n  output @ -> z: Linear(_, 2)"),
    "fn": "fn @(k) = k + 2\n" + net("output a -> fc: Linear(_, @(3))"),
    "parameter of a fn": "fn g(@) = @ * 2 + 1\n" + net("output g(a) -> fc: Linear(_, g(3))"),
    "let": "let @ = 3\n" + net("output a -> fc: Linear(_, @)"),
    "template": "let @ = ReLU\n" + net("output a -> fc: Linear(_, 3) -> act: @"),
    "input": "model M {\n  input @: f32[N, 8]\n  b = @ -> relu -> fc: Linear(_, 8)\n  output b + @\n}\n",
    "two inputs": "model M {\n  input b: f32[N, 8], @: f32[N, 8]\n  output (b - @) -> fc: Linear(_, 2)\n}\n",
    "input and a size": "model M {\n  input @: f32[N, T]\n  assert T >= 4\n  output @[:, :min(T, 6)].to(f64)\n}\n",
    "value": net("@ = a -> relu -> fc: Linear(_, 8)\n  c = @ * 2\n  output (c + @) -> f2: Linear(_, 2)"),
    "block input": "block B {\n  input @: f32[N, C]\n  output (@ + 1) -> f: Linear(C, C)\n}\n"
    + net("output a -> b1: B() -> b2: B()"),
    "symbol": "block B {\n  input a: f32[N, @]\n  output a -> relu -> f2: Linear(@, 2 * @)\n}\n"
    + net("output a -> b1: B() -> b2: B()"),
    "output": net("y = a -> f: Linear(_, 2)\n  output (@=y, other=a)"),
    "own parameter": net("param @: f32[8] ~ normal(std=0.02)\n  output a + @"),
    "own parameter in a container": net("param deep.@: f32[8] ~ normal()\n  output (a + @) -> deep.fc: Linear(_, 2)"),
    "buffer": net("buffer @ = arange(8) * 2\n  output a + @"),
    "shared layer": net("layer @ = Linear(8, 8)\n  b = a -> @ -> relu\n  output b -> @"),
    "loop variable": net('for @ in 0..2 { a = a -> "l{@}": Linear(_, 8 + @) }\n  output a'),
    "part of a tuple": net("@, b = chunk(a, 2, 1)\n  output @ * b"),
}
HARD = (
    *("class", "lambda", "is", "None", "match", "type", "case", "_", "__", "__class__", "__debug__", "_x", "__x"),
    *("torch", "nn", "F", "x", "y", "self", "self_", "super", "forward", "train", "training", "Config", "Pictures"),
    *("parameters", "modules", "half", "state_dict", "_modules", "_call_impl", "T_destination", "append"),
    *("keys", "items", "min", "len", "int", "print", "getattr", "ValueError", "v0", "v1", "fc", "a", "M", "B", "N"),
    *("C", "load", "batches", "values"),
    *("ﬁt", "Ｍ", "раrams", "é", "channels", "weight", "path", "name", "part1", "fan_in", "OrderedDict", "math", "ops"),
)
EVERY = tuple(
    dict.fromkeys(
        (*HARD, *keyword.kwlist, *keyword.softkwlist, *dir(builtins), *dir(nn.Module()), *dir(nn.ModuleDict()))
    )
)


def outcome(form: str, name: str) -> str:
    """The code a spec is refused with; "" where it was built and emitted, both the same."""
    source = specc.Source("m.spec", FORMS[form].replace("@", name))
    unit = specc.check(source)
    errors = [problem.code for problem in unit.problems if problem.severity == "error"]
    if errors:
        return errors[0]
    assert unit.program is not None
    inputs = [torch.randn(3, 8) for _ in unit.program.models[0].graph.inputs]
    built, emitted = _seeded(lambda: specc.build(source)), _seeded(lambda: _script_class(specc.emit(source))())
    states = [module.state_dict() for module in (built, emitted)]
    assert list(states[0]) == list(states[1])
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    results = [list(_tensors(module(*inputs))) for module in (built, emitted)]
    assert len(results[0]) == len(results[1]) and all(map(torch.equal, *results))
    return ""


def _seeded(make: Any) -> Any:
    torch.manual_seed(0)
    return make()


def _script_class(text: str) -> Any:
    """The last class of a script, which is the model."""
    scope: dict[str, Any] = {"__name__": "script"}
    exec(compile(text, "script.py", "exec"), scope)
    classes = [item for item in scope.values() if isinstance(item, type) and item.__module__ == "script"]
    return classes[-1]


def _tensors(result: Any) -> Sequence[torch.Tensor]:
    if isinstance(result, dict):
        return [part for item in result.values() for part in _tensors(item)]
    return [result] if isinstance(result, torch.Tensor) else [part for item in result for part in _tensors(item)]


@pytest.mark.parametrize("form", FORMS)
def test_a_name_is_refused_with_a_code_or_obeys_the_law(form: str) -> None:
    outcomes = [outcome(form, name) for name in HARD]
    assert "S901" not in outcomes and outcomes.count("") >= len(HARD) // 4


def test_words_of_python_are_good_names() -> None:
    for form in ("parameter", "block parameter", "kept parameter", "block", "model", "label", "own parameter", "input"):
        for name in ("class", "lambda", "del", "match", "int", "min", "y"):
            assert outcome(form, name) == "", (form, name)


def test_two_underscores_are_pythons() -> None:
    assert {outcome(form, "__init__") for form in FORMS} == {"S108", "S224"}


if __name__ == "__main__":  # all names in all places, about a minute
    from collections import Counter

    print(Counter(outcome(form, name) for form in FORMS for name in EVERY))


@pytest.mark.parametrize("width", [3, 20, 28, 33, 38, 44, 80])
@pytest.mark.parametrize("rule", ['"encoder.@*"', '"encoder.@*" Linear.weight', 'Linear.bias = 1 "encoder.@*"'])
def test_a_rule_fills_what_its_pattern_names_however_long_it_is(rule: str, width: int) -> None:
    name = "p" * width
    layers = f"{name}: Linear(_, 4) -> other: BatchNorm1d(_) -> third: Linear(4, 4)"
    text = net(f"output a -> encoder: {{ {layers} }}") + f"init M {{ {rule.replace('@', name[:-1])} ~ normal(0, 1) }}\n"
    scope: dict[str, Any] = {"__name__": "emitted"}
    exec(specc.emit(specc.Source("m.spec", text), section="model"), scope)
    states = []
    for make in (lambda: specc.build(specc.Source("m.spec", text)), scope["M"]):
        torch.manual_seed(0)
        states.append(make().state_dict())
    assert all(states[0][key].equal(states[1][key]) for key in states[0])
