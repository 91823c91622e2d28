"""Optimizers accept what torch accepts: generated arguments, judged by building the optimizer and making a step."""

from __future__ import annotations

import random
import warnings
from typing import Any

import pytest
import torch

from specc.ops.base import Optimizer
from tests.training.uses import all_of, make, operation

NUMBERS = (-1.0, -0.1, -1, 0, 0.0, 0.001, 0.5, 0.9, 1, 1.0, 1.5, 3)
BETAS = (
    (0.9, 0.999),
    (0.0, 0.5),
    (0.5, 1.0),
    (1.0, 0.5),
    (-0.1, 0.9),
    (0, 0.9),
    (0.9, 0),
    (0, 0),
    (0.9, 0.99, 0.999),
    (0.9,),
)
VALUES: dict[str, tuple[Any, ...]] = {
    "betas": BETAS,
    "etas": ((0.5, 1.2), (0.0, 1.2), (1.0, 1.2), (0.5, 1.0), (0.9, 2), (-0.1, 2.0), (0.5,)),
    "step_sizes": ((1e-6, 50), (1e-3, 1), (1,)),
    "line_search_fn": (None, "strong_wolfe", "weak"),
    "adjust_lr_fn": (None, "original", "match_rms_adamw", "spectral_unclamped", "other"),
    "ns_coefficients": ((3.4445, -4.775, 2.0315), (1.0, 2.0)),
    "ns_steps": (0, 1, 5, 99, 100, 200),
    "max_iter": (1, 2, 5),
    "max_eval": (None, 1, 7),
    "history_size": (0, 1, 2, 10),
    "tolerance_grad": (1e-7, 0.0, 1),
    "tolerance_change": (1e-9, 0.0, 1),
    "t0": (-1, 0, 1e6),
    "dampening": (-1, 0, 0.0, 0.5, 1),
    "beta2_decay": (-1, -0.8, 0, 0.0, 0.5),
    "d": (0.5, 1, 1.0, 2),
}
BOOLS = (
    "nesterov",
    "amsgrad",
    "maximize",
    "foreach",
    "fused",
    "differentiable",
    "capturable",
    "centered",
    "decoupled_weight_decay",
)


def choices(name: str, argument: str) -> tuple[Any, ...]:
    if argument in BOOLS:
        return (False, False, True) if argument not in ("foreach", "fused") else (None, None, False, True)
    if name == "Adafactor" and argument == "eps":
        return ((None, 1e-3), (1e-30, 1e-3), (None, None), (-1, 1e-3), (1e-3, -1), (0, 0), (1e-3,))
    return VALUES.get(argument, NUMBERS)


def torch_takes(name: str, settings: dict[str, Any], sparse: bool) -> bool:
    """Whether the optimizer can be made and makes a step on the CPU."""
    weight = torch.nn.Parameter(torch.ones(3, 3))
    indices = torch.tensor([[0]])

    def loss() -> torch.Tensor:
        slope = 8 * weight.detach() ** 3
        weight.grad = torch.sparse_coo_tensor(indices, slope[:1], (3, 3)) if sparse else slope
        return 2 * (weight.detach() ** 4).sum()

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            optimizer = getattr(torch.optim, name)([weight], **settings)
            loss()
            for _ in range(2):
                optimizer.step(loss)
    except Exception:
        return False
    return True


# Refused although torch takes them at times.
STRICTER = {
    "capturable": (True, "it is for CUDA graphs captured by hand, which no run does"),
    "betas": ((0.9, 0.99, 0.999), "Adam never looks at the third"),
    "history_size": (0, "torch fails as soon as there is a step to remember"),
}


def refused_on_purpose(settings: dict[str, Any]) -> bool:
    if settings.get("line_search_fn") == "strong_wolfe" and settings.get("lr") == 0:
        return True  # torch divides by 0 unless max_eval forbids the search
    return any(name in settings and settings[name] == value for name, (value, _) in STRICTER.items())


@pytest.mark.parametrize("name", all_of("optimizer"))
def test_accepts_what_torch_accepts(name: str) -> None:
    rng = random.Random(name)
    found = operation("optimizer", name)
    assert isinstance(found, Optimizer)
    counts = {True: 0, False: 0}
    for _ in range(400):
        picked = rng.sample(found.arguments, rng.randint(0, min(4, len(found.arguments))))
        settings = {argument.name: rng.choice(choices(name, argument.name)) for argument in picked}
        made = make("optimizer", name, **settings)
        if refused_on_purpose(settings):
            assert made.errors, settings
            continue
        taken = torch_takes(name, settings, found.needs_sparse)
        assert taken == (not made.errors), (settings, made.problems)
        counts[taken] += 1
    assert counts[True] > 50 and counts[False] > 20, counts


@pytest.mark.parametrize("name", all_of("optimizer"))
def test_attributes_are_torchs(name: str) -> None:
    found = operation("optimizer", name)
    assert isinstance(found, Optimizer)
    made = getattr(torch.optim, name)([torch.nn.Parameter(torch.ones(2, 2))])
    wanted = "momentum" if "momentum" in made.defaults else "betas" if "betas" in made.defaults else ""
    assert found.momentum == wanted
    assert found.needs_sparse == (not torch_takes(name, {}, sparse=False))
    assert found.takes_sparse == torch_takes(name, {}, sparse=True)
    low, high = found.learning_rates
    assert low <= made.defaults["lr"] <= high


@pytest.mark.parametrize("name", all_of("optimizer"))
def test_groups_and_vectors_are_taken_as_torch_does(name: str) -> None:
    found = operation("optimizer", name)
    assert isinstance(found, Optimizer)
    groups = [{"params": [torch.nn.Parameter(torch.ones(2, 2))]}, {"params": [torch.nn.Parameter(torch.ones(2, 2))]}]
    assert found.takes_groups == makes(name, groups)
    assert found.needs_matrices == (not makes(name, [torch.nn.Parameter(torch.ones(2))]))


def makes(name: str, parameters: Any) -> bool:
    try:
        getattr(torch.optim, name)(parameters)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("name", "settings", "rule"),
    [
        ("SGD", {"lr": -0.1}, "negative-lr"),
        ("Adam", {"betas": (0.9, 1.0)}, "betas-range"),
        ("Adam", {"betas": (0, 0.9)}, "argument-type"),
        ("SGD", {"nesterov": True}, "nesterov-needs-momentum"),
        ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "nesterov-needs-momentum"),
        ("SGD", {"momentum": -0.1}, "argument-domain"),
        ("AdamW", {"fused": True, "foreach": True}, "argument-domain"),
        ("SGD", {"momentun": 0.9}, "unknown-argument"),
    ],
)
def test_findings_have_their_own_rules(name: str, settings: dict[str, Any], rule: str) -> None:
    assert make("optimizer", name, **settings).rules == [rule]
