"""Schedulers accept what torch accepts: generated arguments, judged by building the scheduler and stepping it."""

from __future__ import annotations

import random
import warnings
from typing import Any

import pytest
import torch

from specc.ops.base import REQUIRED, Scheduler
from specc.source import Source, Span
from tests.training.uses import all_of, make, operation

STEPS = 12
NUMBERS = (-1, -0.5, 0, 0.0, 0.1, 0.5, 1, 1.0, 2, 3.5)
COUNTS = (-1, 0, 1, 2, 4, 5, 10, 12, 2.5)
VALUES: dict[str, tuple[Any, ...]] = {
    "milestones": ((), (3,), (3, 6), [2, 2], (6, 3), (-1, 4)),
    "mode": ("min", "max", "triangular", "triangular2", "exp_range", "other"),
    "anneal_strategy": ("cos", "linear", "other"),
    "threshold_mode": ("rel", "abs", "other"),
    "scale_mode": ("cycle", "iterations"),
    "cycle_momentum": (True, False),
    "three_phase": (True, False),
    "max_lr": (0.1, 1, (0.1,), (0.1, 0.2)),
    "base_lr": (0.01, 0, (0.01,)),
    "min_lr": (0, 0.01, (0.01,)),
    "pct_start": (0.0, 0.1, 0.25, 0.3, 0.5, 1.0, 0, 1, 1.5, -0.1),
    "base_momentum": (0.85, (0.85,), 0),
    "max_momentum": (0.95, (0.95,)),
    "last_epoch": (-1, -1, 0, 3),
    "patience": (0, 1, 10),
    "cooldown": (0, 1, 10),
    "factor": NUMBERS,
}
COUNTED = (
    *("step_size", "T_max", "T_0", "T_mult", "total_steps", "epochs", "steps_per_epoch", "total_iters"),
    *("step_size_up", "step_size_down"),
)
# "Name.argument value": taken by torch and refused here, because the schedule then makes no sense.
STRICTER = {
    "StepLR.step_size": lambda v: v != v // 1 or v < 0,
    "CosineAnnealingLR.T_max": lambda v: v != v // 1 or v < 0,
    "LinearLR.total_iters": lambda v: v != v // 1 or v < 0,
    "ConstantLR.total_iters": lambda v: v != v // 1 or v < 0,
    "PolynomialLR.total_iters": lambda v: v != v // 1 or v < 0,
    "PolynomialLR.power": lambda v: v < 0,
    "CyclicLR.step_size_up": lambda v: v != v // 1 or v < 0,
    "CyclicLR.step_size_down": lambda v: v != v // 1 or v < 0,
    "ConstantLR.factor": lambda v: v == 0,
    "ReduceLROnPlateau.factor": lambda v: v < 0,
}
FORMULAS = ("LambdaLR", "MultiplicativeLR")
COMPOSITES = ("SequentialLR", "ChainedScheduler")
PLAIN = [name for name in all_of("scheduler") if name not in FORMULAS + COMPOSITES]


def choices(argument: str) -> tuple[Any, ...]:
    return COUNTS if argument in COUNTED else VALUES.get(argument, NUMBERS)


def built(name: str, settings: dict[str, Any]) -> Any:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1, momentum=0.9)
    return getattr(torch.optim.lr_scheduler, name)(optimizer, **settings)


def torch_takes(name: str, settings: dict[str, Any]) -> bool:
    """Whether the scheduler can be made and stepped for as long as it is made for."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scheduler = built(name, settings)
            for step in range(min(STEPS, getattr(scheduler, "total_steps", STEPS) - 1)):
                scheduler.step(*((1.0 / (step + 1),) if name == "ReduceLROnPlateau" else ()))
    except Exception:
        return False
    return True


def refused_on_purpose(name: str, settings: dict[str, Any]) -> bool:
    for argument, value in settings.items():
        beyond = STRICTER.get(f"{name}.{argument}")
        if beyond and isinstance(value, (int, float)) and beyond(value):
            return True
    by_epoch = [settings.get(key) for key in ("epochs", "steps_per_epoch") if settings.get(key) is not None]
    return name == "OneCycleLR" and settings.get("total_steps") is not None and bool(by_epoch)


def numbers_for_groups(settings: dict[str, Any]) -> bool:
    """Whether a list of rates has another length than the one group there is; that is checked with the groups."""
    return any(
        isinstance(settings.get(key), tuple) and len(settings[key]) != 1 for key in ("max_lr", "base_lr", "min_lr")
    )


@pytest.mark.parametrize("name", PLAIN)
def test_accepts_what_torch_accepts(name: str) -> None:
    rng = random.Random(name)
    found = operation("scheduler", name)
    required = [argument for argument in found.arguments if argument.default is REQUIRED]
    counts = {True: 0, False: 0}
    for _ in range(600):
        picked = {*required, *rng.sample(found.arguments, rng.randint(0, min(4, len(found.arguments))))}
        settings = {argument.name: rng.choice(choices(argument.name)) for argument in picked}
        if numbers_for_groups(settings):
            continue
        made = make("scheduler", name, **settings)
        if refused_on_purpose(name, settings):
            assert made.errors, settings
            continue
        taken = torch_takes(name, settings)
        assert taken == (not made.errors), (settings, made.problems)
        counts[taken] += 1
    assert counts[True] > 15 and counts[False] > 10, counts


@pytest.mark.parametrize("name", all_of("scheduler"))
def test_the_hole_is_an_argument(name: str) -> None:
    found = operation("scheduler", name)
    assert isinstance(found, Scheduler)
    assert not found.hole or found.hole in [argument.name for argument in found.arguments]
    assert found.stepped in ("", "step", "metric")


def test_one_cycle_wants_its_length_once() -> None:
    assert make("scheduler", "OneCycleLR", 0.1).rules == ["missing-argument"]
    assert make("scheduler", "OneCycleLR", 0.1, epochs=3).rules == ["missing-argument"]
    assert make("scheduler", "OneCycleLR", 0.1, total_steps=9, epochs=3).rules == ["unused-setting"]
    assert make("scheduler", "OneCycleLR", 0.1, epochs=3, steps_per_epoch=3).rules == []
    assert make("scheduler", "OneCycleLR", 0.1, total_steps=10, pct_start=0.1).rules == ["argument-domain"]


def nested(name: str, *args: Any) -> Any:
    return make("scheduler", name, *args).use


def test_sequences_need_a_milestone_between_two() -> None:
    warm, decay, plateau = nested("LinearLR", 0.1), nested("ExponentialLR", 0.9), nested("ReduceLROnPlateau")
    assert make("scheduler", "SequentialLR", [warm, decay], [5]).rules == []
    assert make("scheduler", "SequentialLR", [warm, decay], [5, 9]).rules == ["argument-domain"]
    assert make("scheduler", "SequentialLR", [], []).rules == ["argument-domain"]
    assert make("scheduler", "SequentialLR", [warm, plateau], [5]).rules == ["argument-domain"]
    assert make("scheduler", "SequentialLR", [warm, 3], [5]).rules == ["argument-type"]
    assert make("scheduler", "ChainedScheduler", [warm, decay]).rules == []
    assert make("scheduler", "ChainedScheduler", []).rules == ["argument-domain"]


def test_formulas_are_not_evaluated() -> None:
    formula = Span(Source("test.spec", "step / steps"), 0, 12)
    for name in FORMULAS:
        assert make("scheduler", name, formula).rules == []
        assert make("scheduler", name, None).rules == ["argument-type"]
        assert make("scheduler", name).rules == ["missing-argument"]
