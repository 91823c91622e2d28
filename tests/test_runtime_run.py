"""Runs: what they leave behind, and that going on from a checkpoint is as if nothing had happened."""

from __future__ import annotations

import json
import math
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from jobs import DIGITS, DIGITS_NET, LEARNING, ROOT, digits_job, environment, log_of, same_weights, trained, weights
from specc.backends.script import emit
from specc.diagnostics.error import SpecError
from specc.runtime import RunError, atomic, checkpoint
from specc.runtime.trainer import Trainer

AUGMENTED = DIGITS.replace("ToTensor ->", "RandomCrop(8, padding=1) -> RandomHorizontalFlip -> ToTensor ->")
ONE_CYCLE = LEARNING + "scheduler OneCycleLR(max_lr=0.1, total_steps=_) per step\n"


def test_a_run_learns_and_leaves_its_folder(tmp_path: Path) -> None:
    result = trained(digits_job(train="train { epochs = 6  seed = 3 }\n"), tmp_path)
    assert result.exit_status == 0 and result.metrics["accuracy"] > 0.7 and set(result.metrics) == {"loss", "accuracy"}
    assert {path.name for path in tmp_path.iterdir()} == {
        "job.spec",
        "settings.json",
        "metrics.jsonl",
        "last.pt",
        "best.safetensors",
        "report.html",
    }
    settings = json.loads((tmp_path / "settings.json").read_text())
    assert settings["seed"] == 3 and settings["data"]["train"] == "Digits of scikit-learn"
    assert settings["threads"] == torch.get_num_threads() and settings["versions"]["torch"] == torch.__version__
    lines = log_of(tmp_path)
    assert [line["step"] for line in lines if line["split"] == "train"] == list(range(1, 37))
    assert lines[-1] == {"step": 36, "epoch": 6, "split": "test", **result.metrics}


def test_the_best_weights_are_the_best_evaluations(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    result = trained(
        digits_job(learning=LEARNING.replace("0.1,", "0.5,"), train="train { epochs = 4  seed = 0 }\n"), tmp_path
    )
    figures = [line["accuracy"] for line in log_of(tmp_path) if line["split"] == "test"]
    best = load_file(tmp_path / "best.safetensors")
    same = all(best[key].equal(value) for key, value in result.model.state_dict().items())
    assert same == (figures.index(max(figures)) == len(figures) - 1)
    assert checkpoint._read(tmp_path / "last.pt")["place"]["best"] == max(figures)


def test_one_seed_one_run_another_seed_another(tmp_path: Path) -> None:
    for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        trained(digits_job(train__seed=seed), tmp_path / name)
    logs = [log_of(tmp_path / name) for name in "abc"]
    assert logs[0] == logs[1] != logs[2]


def test_a_run_without_a_seed_records_the_one_it_drew(tmp_path: Path) -> None:
    trained(digits_job(train="train { epochs = 1 }\n"), tmp_path / "a")
    seed = json.loads((tmp_path / "a" / "settings.json").read_text())["seed"]
    trained(digits_job(train=f"train {{ epochs = 1  seed = {seed} }}\n"), tmp_path / "b")
    assert log_of(tmp_path / "a") == log_of(tmp_path / "b")


SETTINGS = (
    "accumulate = 4",
    "ema = 0.9",
    "clip_grad_norm = 0.5  clip_grad_value = 0.1",
    "precision = bf16  channels_last = true",
    "eval every 4 steps on test  save every 3 steps",
    "stop when test.loss no better for 1",
)
PLACES = [("", 1), ("", 5), ("", 6), ("", 8), *((extra, stop) for extra in SETTINGS for stop in (4, 5))]


@pytest.mark.parametrize(("extra", "stop"), PLACES)
def test_going_on_is_as_if_nothing_had_happened(
    tmp_path: Path, extra: str, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = digits_job(AUGMENTED, ONE_CYCLE, f"train {{ epochs = 3  seed = 1  {extra} }}\n")
    whole = trained(unit, tmp_path / "whole")
    interrupted(unit, tmp_path / "parts", stop, monkeypatch)
    again = trained(unit, tmp_path / "parts", resume=str(tmp_path / "parts"))
    assert log_of(tmp_path / "whole") == log_of(tmp_path / "parts")
    assert same_weights(weights(tmp_path / "whole" / "last.pt"), weights(tmp_path / "parts" / "last.pt"))
    assert whole.metrics == again.metrics


def test_a_run_that_is_stopped_says_how_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(digits_job(train="train { steps = 2  seed = 1 }\n"), tmp_path, 1, monkeypatch, quiet=False)
    assert capsys.readouterr().err.endswith(f"kept in {tmp_path}; --resume {tmp_path} goes on\n")


def interrupted(unit: object, out: Path, step: int, monkeypatch: pytest.MonkeyPatch, **options: object) -> None:
    """Run until SIGTERM comes in the middle of a step."""
    before = Trainer.step

    def step_and_signal(self: Trainer, group: object) -> None:
        before(self, group)
        if self.place.step == step:
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "step", step_and_signal)
        assert trained(unit, out, **options).exit_status == 143
    assert checkpoint._read(out / "last.pt")["place"]["step"] == step


@pytest.mark.parametrize(
    "scheduler",
    [
        "StepLR(step_size=1, gamma=0.5) per epoch",
        "CosineAnnealingLR(T_max=_) per epoch",
        "CosineAnnealingLR(T_max=_) per step",
        'ReduceLROnPlateau("max", patience=0, threshold=0.9) on test.accuracy',
        "MultiStepLR([1, 2]) per epoch",
        "LambdaLR(min((step + 1) / 4, 1.0) * 0.5 * (1 + cos(pi * step / steps))) per step",
        "LinearLR(start_factor=0.1, total_iters=_) per step",
    ],
)
def test_schedulers_go_on_too(tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = digits_job(learning=LEARNING + f"scheduler {scheduler}\n", train="train { epochs = 3  seed = 1 }\n")
    trained(unit, tmp_path / "whole")
    interrupted(unit, tmp_path / "parts", 8, monkeypatch)
    trained(unit, tmp_path / "parts", resume=str(tmp_path / "parts" / "last.pt"))
    assert log_of(tmp_path / "whole") == log_of(tmp_path / "parts")
    assert len({line["lr"] for line in log_of(tmp_path / "whole") if "lr" in line}) > 1


def test_steps_may_end_in_mid_epoch(tmp_path: Path) -> None:
    result = trained(digits_job(train="train { steps = 8  seed = 1 }\n"), tmp_path)
    lines = log_of(tmp_path)
    assert lines[-1]["step"] == 8 and lines[-1]["split"] == "test" and result.metrics["loss"] == lines[-1]["loss"]


def test_accumulation_is_the_gradient_of_all_its_batches(tmp_path: Path) -> None:
    """Without dropout, four batches of 64 with the mean of their losses are one of 256."""
    plain = DIGITS_NET.replace("drop: Dropout(0.2) -> ", "")
    big = digits_job(model=plain, train="train { epochs = 1  seed = 1 }\n")
    small = digits_job(
        DIGITS.replace("256", "64"), model=plain, train="train { epochs = 1  seed = 1  accumulate = 4 }\n"
    )
    losses = []
    for name, unit in (("big", big), ("small", small)):
        trained(unit, tmp_path / name)
        losses.append([line["loss"] for line in log_of(tmp_path / name) if line["split"] == "train"])
    assert len(losses[0]) == len(losses[1]) == 6
    assert losses[0][:5] == pytest.approx(losses[1][:5], rel=1e-4)


def test_ema_evaluates_the_running_mean(tmp_path: Path) -> None:
    unit = digits_job(train="train { epochs = 1  seed = 1  ema = 0.5 }\n")
    result = trained(unit, tmp_path)
    raw = weights(tmp_path / "last.pt")
    assert not same_weights(raw, result.model.state_dict())


# ---------------------------------------------------------------- trouble


def test_a_loss_that_is_no_number_ends_the_run(tmp_path: Path) -> None:
    unit = digits_job(learning=LEARNING.replace("0.1,", "1e30,"), train="train { epochs = 5  seed = 1 }\n")
    with pytest.raises(RunError, match=r"R401.*the loss is nan in step 2: head \(Linear\) gave") as caught:
        trained(unit, tmp_path)
    assert caught.value.exit_status == 3


def test_the_last_good_checkpoint_survives_divergence(tmp_path: Path) -> None:
    formula = LEARNING + "scheduler LambdaLR(if step < 7 { 1.0 } else { 1e30 }) per step\n"
    with pytest.raises(RunError, match="last.pt is the last good checkpoint"):
        trained(digits_job(learning=formula, train="train { epochs = 5  seed = 1 }\n"), tmp_path)
    assert all(value.isfinite().all() for value in weights(tmp_path / "last.pt").values())
    assert checkpoint._read(tmp_path / "last.pt")["place"]["step"] == 6


def test_the_layer_at_fault_is_named(tmp_path: Path) -> None:
    model = DIGITS_NET.replace("relu ->", "log ->")
    with pytest.raises(RunError, match=r"R401.*nan in step 1: drop \(Dropout\) gave the first NaN"):
        trained(digits_job(model=model), tmp_path)


def test_a_full_disk_is_one_line_and_leaves_the_old_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = digits_job(train="train { epochs = 2  seed = 1 }\n")
    saved, count = torch.save, []

    def full(state: object, path: object) -> None:
        count.append(path)
        if len(count) == 2:
            Path(str(path)).write_bytes(b"half")
            raise OSError(28, "No space left on device")
        saved(state, path)

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(RunError, match=r"R303.*last.pt could not be written: No space left on device"):
        trained(unit, tmp_path)
    assert checkpoint._read(tmp_path / "last.pt")["place"]["epoch"] == 1
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")], "no temporary file stays"


def test_what_a_killed_process_left_is_written_over(tmp_path: Path) -> None:
    (tmp_path / ".last.pt.tmp").write_bytes(b"half of")
    atomic.write_text(tmp_path / "last.pt", "whole")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("last.pt", "whole")]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="R303"):
        trained(digits_job(), tmp_path / "file" / "run")


class Evil:
    def __reduce__(self) -> object:
        return os.mkdir, ("broken-in",)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("content", [b"", b"junk" * 100, pickle.dumps(Evil())], ids=["empty", "junk", "hostile"])
def test_a_damaged_or_hostile_checkpoint_is_refused(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "last.pt").write_bytes(content)
    with pytest.raises(RunError, match="R301"):
        trained(digits_job(), tmp_path / "out", resume=str(tmp_path / "last.pt"))
    assert not (tmp_path / "broken-in").exists()


def test_a_checkpoint_of_another_model_is_refused(tmp_path: Path) -> None:
    trained(digits_job(train="train { steps = 1  seed = 1 }\n"), tmp_path)
    with pytest.raises(RunError, match="R302.*another model"):
        trained(digits_job(model=DIGITS_NET.replace("_, 4, 3", "_, 5, 3")), tmp_path / "b", resume=str(tmp_path))


@pytest.mark.parametrize(
    ("scheduler", "named"),
    [
        ("OneCycleLR(0.1, total_steps=_) per step", "total_steps=6, this run's has total_steps=12"),
        ("SequentialLR([ConstantLR(), CosineAnnealingLR(_)], [1]) per epoch", "T_max=1, this run's has T_max=2"),
        ("StepLR(1) per epoch", ""),
    ],
)
def test_a_schedule_does_not_grow_longer_on_the_way(tmp_path: Path, scheduler: str, named: str) -> None:
    learning = f"{LEARNING}scheduler {scheduler}\n"
    trained(digits_job(learning=learning, train="train { epochs = 1  seed = 1 }\n"), tmp_path)
    longer = digits_job(learning=learning, train="train { epochs = 2  seed = 1 }\n")
    if named:
        with pytest.raises(RunError, match=f"R302.*{named}"):
            trained(longer, tmp_path, resume=str(tmp_path))
    else:
        trained(longer, tmp_path, resume=str(tmp_path))


@pytest.mark.parametrize(
    ("learning", "train", "named"),
    [
        (LEARNING, "distributed = fsdp", "distributed"),
        (LEARNING.replace("SGD(lr=0.1, momentum=0.9)", "LBFGS()"), "accumulate = 2", "LBFGS.*accumulate"),
        (LEARNING.replace("SGD(lr=0.1, momentum=0.9)", "LBFGS()"), "precision = f16", "LBFGS.*precision"),
        (LEARNING + 2 * "scheduler StepLR(step_size=1) per epoch\n", "seed = 1", "SequentialLR"),
    ],
)
def test_what_a_run_cannot_do_is_refused(tmp_path: Path, learning: str, train: str, named: str) -> None:
    """And a script in the same words."""
    unit = digits_job(learning=learning, train=f"train {{ epochs = 1  {train} }}\n")
    with pytest.raises(RunError, match=f"R102.*{named}") as run:
        trained(unit, tmp_path)
    with pytest.raises(SpecError) as script:
        emit(unit)
    assert script.value.problems[0].headline in str(run.value)


def test_settings_of_a_loader_that_would_have_no_effect_are_refused(tmp_path: Path) -> None:
    data = DIGITS.replace("shuffle=true", "shuffle=true, num_workers=1, persistent_workers=true")
    with pytest.raises(RunError, match="R102.*persistent_workers"):
        trained(digits_job(data), tmp_path)


def test_a_device_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="R103"):
        trained(digits_job(), tmp_path, device="cuda:77")


def test_the_command_prints_the_figures_and_says_where_the_data_came_from(tmp_path: Path) -> None:
    spec = tmp_path / "job.spec"
    spec.write_text(digits_job(train="train { steps = 2  seed = 1 }\n").source.text)
    command = [sys.executable, "-m", "specc", "run", str(spec), "--out", str(tmp_path / "run"), "--device", "cpu"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment())
    assert done.returncode == 0 and "\x1b" not in done.stderr
    assert done.stderr.startswith("data: Digits of scikit-learn, 1,437 samples")
    assert done.stderr.endswith(f"kept in {tmp_path / 'run'}\n")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["loss", "accuracy"]
    assert all(math.isfinite(float(line.split()[1])) for line in done.stdout.splitlines())


def test_a_killed_run_leaves_a_checkpoint_that_can_be_read(tmp_path: Path) -> None:
    """SIGKILL while it saves after every step."""
    spec = tmp_path / "job.spec"
    spec.write_text(digits_job(train="train { epochs = 1000  seed = 1  save every 1 steps }\n").source.text)
    command = [
        sys.executable,
        "-m",
        "specc",
        "run",
        str(spec),
        "--out",
        str(tmp_path / "run"),
        "--device",
        "cpu",
        "--quiet",
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=environment())
    deadline = time.monotonic() + 120
    while not (tmp_path / "run" / "last.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    process.kill()
    process.wait()
    assert checkpoint._read(tmp_path / "run" / "last.pt")["place"]["step"] > 0


def test_a_step_torch_cannot_compute_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, error = Trainer.step, [RuntimeError("no memory:\n  9 GB wanted"), KeyError("ours")]

    def step(trainer: Trainer, group: list[tuple[torch.Tensor, ...]]) -> None:
        if trainer.place.step == 2:
            raise error.pop(0)
        usual(trainer, group)

    monkeypatch.setattr(Trainer, "step", step)
    with pytest.raises(RunError, match="R402.*step 3 failed: no memory: 9 GB wanted"):
        trained(digits_job(), tmp_path / "torch")
    with pytest.raises(KeyError):
        trained(digits_job(), tmp_path / "ours")
