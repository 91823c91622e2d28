"""Initializers accept what torch.nn.init accepts."""

from __future__ import annotations

import random
import warnings
from typing import Any

import pytest
import torch

from specc.ops.training.initializers import NONLINEARITIES
from specc.types.tensor import TensorType
from tests.training.uses import all_of, infer, make, operation

NUMBERS = (-2, -1.0, -0.5, 0, 0.0, 0.01, 0.5, 1, 1.0, 2, 3.5)
VALUES: dict[str, tuple[Any, ...]] = {
    "mode": ("fan_in", "fan_out", "fan"),
    "nonlinearity": (*NONLINEARITIES, "gelu"),
    "groups": (0, 1, 2, 3),
    "std": (-1.0, 0, 0.0, 0.5, 1, 2),
}
# Taken by torch and refused here.
STRICTER: dict[tuple[str, str], Any] = {
    ("sparse", "sparsity"): lambda share: not 0 <= share <= 1,
    ("trunc_normal", "std"): lambda std: std < 0,
}


def torch_takes(name: str, settings: dict[str, Any], shape: tuple[int, ...]) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            getattr(torch.nn.init, name + "_")(torch.empty(shape), **settings)
    except Exception:
        return False
    return True


@pytest.mark.parametrize("name", all_of("initializer"))
def test_accepts_what_torch_accepts(name: str) -> None:
    rng = random.Random(name)
    found = operation("initializer", name)
    for _ in range(300):
        needed = [argument for argument in found.arguments if repr(argument.default) == "REQUIRED"]
        picked = {*needed, *rng.sample(found.arguments, rng.randint(0, len(found.arguments)))}
        settings = {argument.name: rng.choice(VALUES.get(argument.name, NUMBERS)) for argument in picked}
        shape = tuple(rng.choice((1, 2, 3, 4, 6)) for _ in range(rng.randint(0, 6)))
        made = make("initializer", name, **settings)
        if not made.errors:
            infer(made, TensorType(shape))
        if any((name, key) in STRICTER and STRICTER[name, key](value) for key, value in settings.items()):
            assert made.errors
            continue
        assert torch_takes(name, settings, shape) == (not made.errors), (name, settings, shape, made.problems)


def test_findings_name_their_rule() -> None:
    made = make("initializer", "xavier_uniform")
    infer(made, TensorType((3,)))
    assert made.rules == ["rank-mismatch"]
    assert make("initializer", "uniform", 1.0, 0.0).rules == ["argument-domain"]
    assert make("initializer", "normal", 0, -1).rules == ["argument-domain"]
