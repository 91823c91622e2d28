"""`specc preflight`: the first steps of a run, their costs, and nothing left behind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli_helpers import Command
from jobs import DIGITS, DIGITS_NET, LEARNING, TRAIN, digits_job
from specc.cli.preflight import seconds, size
from specc.runtime.options import Options, RunError
from specc.runtime.preflight import Preflight, preflight
from specc.runtime.trainer import Trainer
from test_runtime_gan import gan

CPU = Options(device="cpu")
SPEC = DIGITS_NET + DIGITS + LEARNING + TRAIN


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "job.spec").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_found_is_that_of_the_run() -> None:
    found = preflight(digits_job(), CPU)
    assert (found.samples, found.per_epoch, found.steps) == (1437, 6, 12)
    assert found.batch == ("image f32[256, 1, 8, 8]", "label i64[256]")
    assert found.checkpoint > 4 * 1490 and found.memory is not None and found.memory > 10**8
    assert found.first > 0 and found.steady is not None and found.steady > 0


def test_predictions_are_steps_times_seconds() -> None:
    made = Preflight({}, "d", 1, "p", 0.0, (), 2.0, 0.5, 0.0, 0.0, 1, 1, 10, 21)
    assert (made.epoch, made.whole) == (5.0, 12.0)
    assert made._replace(steady=None).whole == 42.0


def test_the_command_says_it_and_leaves_nothing(command: Command, here: Path) -> None:
    status, out, err = command("preflight", "job.spec", "--device", "cpu", "--set", "train.epochs=1")
    assert (status, err) == (0, "")
    names = [line.split("  ")[0] for line in out.splitlines()]
    assert names == [
        "device",
        "data",
        "batch",
        "first step",
        "next steps",
        "checkpoint",
        "memory",
        "an epoch",
        "the run",
    ]
    assert re.search(r"the run +\S+ (ms|s|min) for 6 steps", out)
    assert [path.name for path in here.iterdir()] == ["job.spec"]


def test_a_run_of_one_step_has_no_others(command: Command, here: Path) -> None:
    out = command("preflight", "job.spec", "--device", "cpu", "--set", "data.batch_size=2000").out
    assert "there is no other" in out


def test_what_is_loaded_must_be_what_was_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trainer, "resume", lambda trainer, path: None)
    with pytest.raises(RunError, match="not what is loaded"):
        preflight(digits_job(), CPU)


def test_a_step_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(trainer: Trainer, group: object) -> None:
        raise RuntimeError("out of memory:\n  tried to allocate 9 GB")

    monkeypatch.setattr(Trainer, "step", fail)
    with pytest.raises(RunError, match="step 1 failed: out of memory: tried to allocate 9 GB"):
        preflight(digits_job(), CPU)


def test_steps_of_ones_own() -> None:
    found = preflight(gan(), CPU)
    assert found.first > 0 and found.checkpoint > 1000


@pytest.mark.parametrize(
    "before, after, status, said",
    [
        ("SGD(lr=0.1, momentum=0.9)", "SGD(lr=1e38)", 3, "R401"),
        ("seed = 3", "seed = 3  distributed = fsdp", 1, "R102"),
        ("Digits(train=true)", 'ImageFolder("no/such/folder")', 1, "R201"),
        ("Conv2d(_, 4, 3)", "Conv2d(5, 4, 3)", 1, "error[S302]"),
    ],
)
def test_bad_input(command: Command, here: Path, before: str, after: str, status: int, said: str) -> None:
    assert before in SPEC
    transform = "Grayscale -> Resize((8, 8)) -> ToTensor" if "ImageFolder" in after else "ToTensor"
    (here / "job.spec").write_text(SPEC.replace(before, after).replace("ToTensor", transform))
    done = command("preflight", "job.spec", "--device", "cpu")
    assert done.status == status and done.out == "" and said in done.err
    assert command("preflight", "none.spec").status == 2


def test_numbers_are_short() -> None:
    assert [seconds(value) for value in (0.0081, 0.9, 3.21, 119, 600, 9000)] == [
        "8.1 ms", "900 ms", "3.21 s", "119 s", "10 min", "2.5 h"
    ]  # fmt: skip
    assert [size(count) for count in (999, 4_800_000, 2_000_000_000)] == ["999 bytes", "4.8 MB", "2 GB"]
