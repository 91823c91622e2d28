"""How modules are named, built and emitted: the rules that give torchvision's keys."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from specc.backends.module import build_model
from specc.backends.script_model import model_section
from specc.compiler import compile_spec
from specc.source import Source

HEAD = "model M() {{ input x: f32[N, 4]  {} }}"
BLOCK = "block B(k = 4) { input x: f32[N, C]  output x -> fc: Linear(C, k) }\n"

NAMES = {
    "numbered chain": ("y = x -> Linear(_, 3) -> tanh -> ReLU -> Linear(_, 2)  output y", ["y.0", "y.2"]),
    "labels": ("output x -> fc1: Linear(_, 3) -> relu -> fc2: Linear(_, 2)", ["fc1", "fc2"]),
    "repeat splices": (
        "y = x -> Linear(_, 4) -> repeat 2 { Linear(_, 4) -> ReLU } -> Linear(_, 1)  output y",
        ["y.0", "y.1", "y.3", "y.5"],
    ),
    "if splices": (
        "y = x -> if true { Linear(_, 4) } -> if false { Linear(_, 9) } -> Linear(_, 4)  output y",
        ["y.0", "y.1"],
    ),
    "braces are a container": ("y = x -> { Linear(_, 4) -> ReLU } -> Linear(_, 2)  output y", ["y.0.0", "y.1"]),
    "labelled braces": ("output x -> mlp: { Linear(_, 4) -> ReLU -> Linear(_, 2) }", ["mlp.0", "mlp.2"]),
    "labels in braces": ("output x -> mlp: { a: Linear(_, 4) -> relu -> b: Linear(_, 2) }", ["mlp.a", "mlp.b"]),
    "if hands its name on": ("y = if true { x -> Linear(_, 4) -> ReLU } else { x }  output y", ["y.0"]),
    "computed labels": ('for i in 0..2 { x = x -> "layer{i + 1}": Linear(_, 4) }  output x', ["layer1", "layer2"]),
    "dotted and indexed labels": ("for i in 0..2 { x = x -> a.h[i]: Linear(_, 4) }  output x", ["a.h.0", "a.h.1"]),
    "output is the container": ("output x -> ReLU -> Linear(_, 2)", ["1"]),
    "layer": ("layer fc = Linear(4, 4)  output x -> fc -> relu -> fc", ["fc"]),
    "order": ("order b, a  y = x -> a: Linear(_, 4)  output y -> b: Linear(_, 4)", ["b", "a"]),
    "block": ("output x -> one: B(5) -> two: B()", ["one.fc", "two.fc"]),
    "block in a slot": ("y = x -> B(5) -> ReLU -> B()  output y", ["y.0.fc", "y.2.fc"]),
    "template": ("let act = Linear(_, 4)  y = x -> act -> relu -> act  output y", ["y.0", "y.1"]),
}
FUNCTIONS = {
    "fn with braces": ("fn f(c) = { Linear(_, c) -> ReLU }", "y = x -> f(3) -> f(2)  output y", ["y.0.0", "y.1.0"]),
    "fn without braces": ("fn f(c) = Linear(_, c) -> ReLU", "y = x -> f(3) -> f(2)  output y", ["y.0", "y.2"]),
    "labelled fn": ("fn f(c) = { Linear(_, c) -> ReLU }", "output x -> a: f(3) -> b: f(2)", ["a.0", "b.0"]),
    "fn of tensors": ("fn f(a, k = 2) = relu(a) * k", "output f(x) -> f(k=3) -> fc: Linear(_, 1)", ["fc"]),
}


def modules(keys: list[str]) -> list[str]:
    return list(dict.fromkeys(key.rpartition(".")[0] for key in keys))


def built_and_emitted(text: str) -> list[torch.nn.Module]:
    unit = compile_spec(Source("names.spec", text))
    assert not unit.has_errors
    section = model_section(unit.program)
    scope: dict[str, Any] = {"__name__": "emitted"}
    exec("\n".join(section.imports) + "\n" + section.text, scope)
    torch.manual_seed(0)
    built = build_model(unit.program.models[0])
    torch.manual_seed(0)
    return [built, scope[section.constructors["M"].name]()]


def check(text: str, expected: list[str]) -> None:
    built, emitted = built_and_emitted(text)
    assert modules(list(built.state_dict())) == expected
    have, want = emitted.state_dict(), built.state_dict()
    assert list(have) == list(want) and all(torch.equal(have[key], want[key]) for key in want)
    x = torch.randn(3, 4)
    assert torch.equal(built(x), emitted(x))


@pytest.mark.parametrize("case", NAMES)
def test_names(case: str) -> None:
    body, expected = NAMES[case]
    check(BLOCK + HEAD.format(body), expected)


@pytest.mark.parametrize("case", FUNCTIONS)
def test_names_from_functions(case: str) -> None:
    definition, body, expected = FUNCTIONS[case]
    check(definition + "\n" + HEAD.format(body), expected)


def test_own_parameters_come_first_as_in_torch() -> None:
    built, emitted = built_and_emitted(
        HEAD.format(
            "y = x -> fc: Linear(_, 4)  param w: f32[4] ~ normal(std=0.5)"
            "  buffer b = arange(4), persistent=true  output y * w + b"
        )
    )
    assert list(built.state_dict()) == ["w", "b", "fc.weight", "fc.bias"] == list(emitted.state_dict())


def test_tied_weights_are_one_parameter() -> None:
    for model in built_and_emitted(
        HEAD.format("output x -> a: Linear(_, 4) -> b: Linear(_, 4)  tie a.weight = b.weight")
    ):
        assert model.a.weight is model.b.weight


def test_training_and_evaluation_differ_where_the_spec_says() -> None:
    for model in built_and_emitted(HEAD.format("y = if training { x * 2 } else { x -> fc: Linear(_, 4) }  output y")):
        x = torch.randn(2, 4)
        assert torch.equal(model.train()(x), x * 2)
        assert torch.equal(model.eval()(x), model.fc(x))


CHOICES = {
    "one name": "y = x  if training { y = dropout(x, 0.5) } else { y = x * 2 }  output y",
    "two names": "y = x  z = x  if training { y = dropout(x, 0.5)  z = y * 3 } else { y = x * 2 }  output y + z",
    "no else": "y = x * 2  if training { y = dropout(y, 0.5) }  output y",
    "turned": "y = x  if not training { y = x * 2 } else { y = x -> drop: Dropout(0.5) }  output y",
    "two layers": "y = x  z = x  if training { y = x -> drop: Dropout(0.5) } else { z = x -> fc: Linear(_, 4) }"
    "  output y + z",
    "nested": "y = x  z = x  if training { y = dropout(x, 0.5)  if training { y = y * 2 } }  output y + z",
    "a number and a value": "let k = 1  y = x  if training { let k = 2  y = dropout(x, 0.5) }  output y * k",
}


@pytest.mark.parametrize("name", CHOICES)
def test_one_side_of_training_runs(name: str) -> None:
    """The side that is not taken draws no random number; module and script give the same."""
    text = HEAD.format(CHOICES[name])
    x, given = torch.randn(2, 4), {}
    for model in built_and_emitted(text):
        for training in (True, False):
            torch.manual_seed(1)
            before = torch.get_rng_state()
            value = model.train(training)(x)
            assert torch.equal(before, torch.get_rng_state()) is not training
            assert torch.equal(given.setdefault(training, value), value)


def test_the_sides_of_training_may_make_several_values() -> None:
    for model in built_and_emitted(HEAD.format(CHOICES["two layers"])):
        x = torch.randn(2, 4)
        assert torch.equal(model.eval()(x), x + model.fc(x))


def test_recursive_blocks_build() -> None:
    text = """
    block Net(widths) {
      input x: f32[N, C]
      output if len(widths) == 0 { x } else { x -> fc: Linear(C, widths[0]) -> relu -> rest: Net(widths[1:]) }
    }
    model M() { input x: f32[N, 4]  output x -> net: Net([5, 6, 7]) }"""
    check(text, ["net.fc", "net.rest.fc", "net.rest.rest.fc"])


def test_the_reserved_labels_are_those_of_torch() -> None:
    from specc.program.placing import MODULE_ATTRIBUTES

    known = {*dir(torch.nn.Module()), *dir(torch.nn.Sequential())}
    assert {name for name in known if not name.startswith("__")} == MODULE_ATTRIBUTES
