"""The loader against torch's, metrics against scikit-learn's, and the table of train settings."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as judge
from torch.utils.data import DataLoader

from specc.ops.training.settings import TRAIN_SETTINGS
from tests.training.uses import all_of, make, operation

VALUES: dict[str, tuple[Any, ...]] = {
    "batch_size": (1, 2, 5, 0, -1, 2.5),
    "shuffle": (True, False, None),
    "num_workers": (0, 0, 2, -1),
    "timeout": (0, 0, 5, -1),
    "prefetch_factor": (None, None, 2, -1),
}


def torch_takes(settings: dict[str, Any]) -> bool:
    try:
        loader: DataLoader[Any] = DataLoader(range(10), **settings)  # type: ignore[arg-type]
        if not settings.get("num_workers"):
            list(loader)
    except Exception:
        return False
    return True


@pytest.mark.filterwarnings("ignore")
def test_the_loader_accepts_what_torch_accepts() -> None:
    rng = random.Random(0)
    found = operation("loader", "DataLoader")
    for _ in range(500):
        picked = rng.sample(found.arguments, rng.randint(0, 5))
        settings = {a.name: rng.choice(VALUES.get(a.name, (True, False))) for a in picked}
        made = make("loader", "DataLoader", **settings)
        assert torch_takes(settings) == (not made.errors), (settings, made.problems)
        if made.use is not None and not made.errors and not settings.get("num_workers"):
            assert found.batches(made.use, 10) == len(DataLoader(range(10), **settings))  # type: ignore


def value(name: str, **sums: Any) -> float:
    found: Any = operation("metric", name)
    assert set(sums) == set(found.sums)
    return found.value(sums)


def test_class_metrics_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        classes, count = int(rng.integers(2, 6)), int(rng.integers(1, 30))
        target, guess = rng.integers(0, classes, count), rng.integers(0, classes, count)
        hits = [int(((target == c) & (guess == c)).sum()) for c in range(classes)]
        predicted = [int((guess == c).sum()) for c in range(classes)]
        actual = [int((target == c).sum()) for c in range(classes)]
        sums = {"hits": hits, "predicted": predicted, "actual": actual}
        options: dict[str, Any] = {"average": "macro", "zero_division": 0}
        assert value("precision", **sums) == pytest.approx(judge.precision_score(target, guess, **options))
        assert value("recall", **sums) == pytest.approx(judge.recall_score(target, guess, **options))
        assert value("f1", **sums) == pytest.approx(judge.f1_score(target, guess, **options))
        correct = int((target == guess).sum())
        assert value("accuracy", correct=correct, count=count) == judge.accuracy_score(target, guess)
        assert value("error", wrong=count - correct, count=count) == pytest.approx(judge.zero_one_loss(target, guess))


def test_regression_metrics_are_scikit_learns() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        target, guess = rng.normal(3, 2, 25), rng.normal(3, 2, 25)
        squared = float(((target - guess) ** 2).sum())
        totals = {"target": float(target.sum()), "target_squared": float((target**2).sum())}
        assert value("mse", squared=squared, count=25) == pytest.approx(judge.mean_squared_error(target, guess))
        assert value("rmse", squared=squared, count=25) == pytest.approx(judge.root_mean_squared_error(target, guess))
        assert value("r2", squared=squared, count=25, **totals) == pytest.approx(judge.r2_score(target, guess))
        absolute = float(abs(target - guess).sum())
        assert value("mae", absolute=absolute, count=25) == pytest.approx(judge.mean_absolute_error(target, guess))


def test_perplexity_is_the_exponential_of_the_mean() -> None:
    assert value("perplexity", cross_entropy=20 * math.log(7), count=20) == pytest.approx(7)
    assert value("perplexity", cross_entropy=1e6, count=1) == math.inf


def test_nothing_gives_no_number() -> None:
    assert math.isnan(value("accuracy", correct=0, count=0))
    assert math.isnan(value("perplexity", cross_entropy=0.0, count=0))
    assert math.isnan(value("f1", hits=[0, 0], predicted=[0, 0], actual=[0, 0]))


def test_metrics_say_what_they_are_for() -> None:
    lower = {name for name in all_of("metric") if not operation("metric", name).higher_is_better}  # type: ignore[attr-defined]
    assert lower == {"error", "mae", "mse", "rmse", "perplexity"}
    regression = {name for name in all_of("metric") if operation("metric", name).task == "regression"}  # type: ignore[attr-defined]
    assert regression == {"mae", "mse", "rmse", "r2"}
    assert make("metric", "topk", 5).rules == []
    assert make("metric", "topk").rules == ["missing-argument"]
    assert make("metric", "topk", 0).rules == ["argument-domain"]


def test_settings_take_their_defaults_and_have_a_line_each() -> None:
    names = [setting.name for setting in TRAIN_SETTINGS]
    assert len(set(names)) == len(names)
    for setting in TRAIN_SETTINGS:
        assert setting.doc and setting.kind.problem(setting.default) is None, setting.name
