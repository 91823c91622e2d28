"""Names, order and defaults of a layer's arguments and inputs are those of the installed torch."""

from __future__ import annotations

import inspect

import pytest

from specc.ops.base import REQUIRED, Argument, Layer
from specc.ops.registry import all_operations
from tests.conformance.judge import resolve

LAYERS = [
    operation
    for operation in all_operations()
    if isinstance(operation, Layer) and operation.target.startswith("torch.nn.")
]
IDS = [layer.name for layer in LAYERS]

RENAMED = {"PoissonNLLLoss": {"log_input": "input"}}  # inputs are given by place; losses call the first one input
NOT_IN_A_SPEC = {"LinearCrossEntropyLoss"}  # the fused loss owns the weights of a layer



def parameters(function) -> dict[str, inspect.Parameter] | None:
    """The named parameters of a Python function without self; None where it hides them behind *args."""
    found = {name: one for name, one in inspect.signature(function).parameters.items() if name != "self"}
    hidden = any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in found.values())
    return None if hidden else found


def assert_same(arguments: tuple[Argument, ...], wanted: dict[str, inspect.Parameter]) -> None:
    assert [argument.name for argument in arguments] == list(wanted)
    for argument in arguments:
        parameter = wanted[argument.name]
        default = REQUIRED if parameter.default is parameter.empty else parameter.default
        default = default.__name__ if inspect.isfunction(default) else default  # activation=relu is "relu"
        assert argument.default == default and type(argument.default) is type(default), argument.name
        assert argument.keyword_only == (parameter.kind is parameter.KEYWORD_ONLY), argument.name
        if default is not REQUIRED:
            assert argument.kind.problem(default) is None, f"{argument.name} refuses its default"


@pytest.mark.parametrize("layer", LAYERS, ids=IDS)
def test_arguments_are_torchs(layer):
    module = resolve(layer.target)
    wanted = parameters(module.__init__)
    if wanted is None:  # Identity takes anything, RNN, LSTM and GRU hand on to RNNBase, the rest takes nothing
        assert module.__init__ in (resolve("torch.nn.Module").__init__,) or layer.name in {
            "Identity",
            "RNN",
            "LSTM",
            "GRU",
        }
    else:
        assert_same(layer.arguments, wanted)


@pytest.mark.parametrize("layer", LAYERS, ids=IDS)
def test_inputs_are_torchs(layer):
    names = RENAMED.get(layer.name, {})
    wanted = {names.get(name, name): one for name, one in parameters(resolve(layer.target).forward).items()}
    assert_same(layer.inputs, wanted)


@pytest.mark.parametrize("layer", LAYERS, ids=IDS)
def test_every_layer_is_documented(layer):
    assert layer.doc[0].isupper() and layer.doc.split("\n")[0].rstrip().endswith((".", ":"))
    assert layer.name in layer.example
    assert all(argument.doc for argument in layer.arguments)


def test_every_module_of_torch_is_there():
    nn = resolve("torch.nn")
    module = nn.Module
    names = {name for name in dir(nn) if inspect.isclass(getattr(nn, name)) and issubclass(getattr(nn, name), module)}
    containers = {
        "Module",
        "Sequential",
        "ModuleList",
        "ModuleDict",
        "ParameterList",
        "ParameterDict",
        "Container",
        "DataParallel",
        "RNNBase",
        "RNNCellBase",
    }
    lazy = {name for name in names if name.startswith("Lazy")}
    assert not names - containers - lazy - set(IDS) - NOT_IN_A_SPEC
