"""Names, order and defaults of arguments are those of the installed torch and torchvision."""

from __future__ import annotations

import enum
import importlib
import inspect
from typing import Any

import pytest

from specc.ops.base import REQUIRED, Operation
from tests.training.uses import all_of, operation

# Arguments that a spec never writes: what the operation is applied to, and Python functions.
IMPLIED = {
    "optimizer": {"params"},
    "scheduler": {"optimizer"},
    "loader": {
        *("dataset", "sampler", "batch_sampler", "collate_fn", "worker_init_fn", "multiprocessing_context"),
        *("generator", "pin_memory_device"),
    },
    "dataset": {"transform", "target_transform", "transforms", "loader", "is_valid_file"},
    "initializer": {"tensor", "generator"},
    "transform": set(),
}
LEFT_OUT = {"ImageNet": {"allow_empty"}}  # passed on to ImageFolder, where a class without pictures makes no sense
CASES = [(kind, name) for kind in IMPLIED for name in all_of(kind)]


def find(target: str) -> Any:
    module, name = target.rsplit(".", 1)
    return getattr(importlib.import_module(module), name)


def referee(found: Operation) -> dict[str, inspect.Parameter]:
    """The parameters of the Python object, with those of its base class in place of **kwargs."""
    target = find(found.target)
    parameters = dict(inspect.signature(target).parameters)
    if "kwargs" in parameters:
        del parameters["kwargs"]
        for name, parameter in inspect.signature(target.__base__).parameters.items():
            parameters.setdefault(name, parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
    return parameters


def plain(value: Any) -> Any:
    """A default as a spec writes it."""
    if isinstance(value, enum.Enum):
        return value.value
    return tuple(value) if isinstance(value, list) else value


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_arguments_are_torchs(kind: str, name: str) -> None:
    found = operation(kind, name)
    if not found.target.startswith("torch"):
        pytest.skip("not torch's")
    wanted = referee(found)
    implied = IMPLIED[kind] | LEFT_OUT.get(name, set())
    expected = {key: value for key, value in wanted.items() if key not in implied}
    assert [argument.name for argument in found.arguments] == list(expected)
    for argument in found.arguments:
        default = expected[argument.name].default
        want = REQUIRED if default is inspect.Parameter.empty else plain(default)
        assert plain(argument.default) == want, f"{name}.{argument.name}"
        if want is not REQUIRED:
            assert argument.kind.problem(want) is None, f"{name}.{argument.name} refuses its default"


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_positional_arguments_mean_the_same_in_torch(kind: str, name: str) -> None:
    """An argument that follows an implied one in torch's order must be given by name."""
    found = operation(kind, name)
    if not found.target.startswith("torch"):
        pytest.skip("not torch's")
    positional = [argument.name for argument in found.arguments if not argument.keyword_only]
    parameters = [p for p in referee(found).values() if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    names = [parameter.name for parameter in parameters]
    first = 1 if names and names[0] in IMPLIED[kind] and kind != "dataset" else 0
    assert positional == names[first : first + len(positional)]


@pytest.mark.parametrize("kind", sorted(IMPLIED))
def test_every_operation_is_documented(kind: str) -> None:
    for name in all_of(kind):
        found = operation(kind, name)
        assert found.doc and found.example, name
        assert all(argument.doc for argument in found.arguments), name


def names_of(module: str, base: str) -> set[str]:
    found = importlib.import_module(module)
    root = getattr(found, base)
    return {
        name for name in dir(found) if inspect.isclass(getattr(found, name)) and issubclass(getattr(found, name), root)
        and getattr(found, name) is not root and not name.startswith("_")
    }  # fmt: skip


def test_every_optimizer_and_scheduler_is_there() -> None:
    assert set(all_of("optimizer")) == names_of("torch.optim", "Optimizer")
    assert set(all_of("scheduler")) == names_of("torch.optim.lr_scheduler", "LRScheduler")


def test_every_initializer_is_there() -> None:
    init = importlib.import_module("torch.nn.init")
    names = {name[:-1] for name in dir(init) if name.endswith("_") and not name.startswith("_")}
    assert set(all_of("initializer")) == names


# torchvision's transforms that a spec cannot use: Python functions, matrices, other tasks than pictures with a class.
NO_TRANSFORM = {"Compose", "Lambda", "LinearTransformation", "AutoAugmentPolicy", "InterpolationMode"}


def test_every_transform_is_there() -> None:
    transforms = importlib.import_module("torchvision.transforms")
    names = {name for name in dir(transforms) if inspect.isclass(getattr(transforms, name))}
    assert names - NO_TRANSFORM <= set(all_of("transform"))
