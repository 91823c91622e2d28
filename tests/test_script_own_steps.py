"""The law for steps of one's own: a GAN's script and its run have the same bits, and share checkpoints."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import compiled, log_of, run_script, same_weights, trained, weights
from specc.backends.script import emit
from specc.compiler import Unit, compile_spec
from specc.diagnostics.error import SpecError
from specc.runtime import RunError
from specc.runtime.own_trainer import OwnTrainer
from specc.source import Source
from test_runtime_gan import MODELS, TRAIN

PLAIN = MODELS + TRAIN.replace("EXTRA", "")
ONE_OPTIMIZER = MODELS.replace("optimizer opt_d = Adam(lr=1e-2) for D\n", "").replace("opt_g", "both").replace(
    "for G", "for D, G"
) + TRAIN.replace("EXTRA", "").replace("opt_d", "both").replace("opt_g", "both")
COUNTED = PLAIN.replace("epochs = 2", "steps = 9  save every 4 steps  log every 2 steps").replace(
    "every epoch {", 'every 4 steps { save_image(G(fixed), "seen/step_{step}_{{of {epoch}.jpg") }\n  every 2 epochs {'
)
MODULES = PLAIN.replace("binary_cross_entropy_with_logits(D(image), ones(N))", "(D(image), ones(N)) -> real()").replace(
    "loss = real +", "loss = (if training { 2.0 } else { 1.0 }) * real + (detach(fake) -> drop: Dropout(0.5) -> mean) +"
).replace("data {", "block real() { input a: f32[N], b: f32[N]  output (a, b) -> BCEWithLogitsLoss() }\ndata {", 1)
GROUPS = PLAIN.replace(
    "Adam(lr=1e-2) for D", 'Adam(lr=1e-2) for D { group "*.bias" { lr = 1e-3 }  group rest { weight_decay = 0.1 } }'
)
WORKERS = PLAIN.replace("ToTensor ->", "RandomRotation(10) -> RandomHorizontalFlip -> ToTensor ->").replace(
    "shuffle=true", "shuffle=true, num_workers=2, drop_last=true"
)
NAMES = (
    PLAIN.replace("(image, label)", "(epoch, models)")
    .replace("image", "epoch")
    .replace("fake", "loss_")
    .replace("real", "place")
    .replace("model G", "model generator")
    .replace("G(", "generator(")
    .replace("for G", "for generator")
    .replace("save_epoch", "save_image")
)
FROZEN = PLAIN.replace(
    "image -> flatten(1)", "(image * scale) -> flatten(1)"
).replace("input image: f32[N, 1, 8, 8] ", "input image: f32[N, 1, 8, 8]  param scale: f32[] = 0.5, trainable=false ")

SPECS = {
    "plain": PLAIN,
    "clipped": PLAIN.replace("seed = 1", "seed = 1  clip_grad_norm = 0.1  clip_grad_value = 0.01"),
    "bf16": PLAIN.replace("seed = 1", "seed = 1  precision = bf16  channels_last = true"),
    "one optimizer": ONE_OPTIMIZER,
    "one optimizer in bf16": ONE_OPTIMIZER.replace("seed = 1", "seed = 1  precision = bf16"),
    "counted": COUNTED,
    "modules": MODULES,
    "groups": GROUPS,
    "workers": WORKERS,
    "names": NAMES,
    "frozen": FROZEN,
}


def jobs() -> dict[str, Unit]:
    return {name: compiled(text) for name, text in SPECS.items()}


def pictures(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.[pj][np]g")}


@pytest.mark.parametrize("name", SPECS)
def test_the_script_is_the_run(name: str, tmp_path: Path) -> None:
    unit = compiled(SPECS[name])
    trained(unit, tmp_path / "run")
    run_script(unit, tmp_path / "script")
    assert log_of(tmp_path / "run") == log_of(tmp_path / "script") != []
    assert same_weights(weights(tmp_path / "run" / "last.pt"), weights(tmp_path / "script" / "last.pt"))
    assert pictures(tmp_path / "run") == pictures(tmp_path / "script") != {}


def test_the_scripts_are_clean(tmp_path: Path) -> None:
    for name, unit in jobs().items():
        (tmp_path / f"{name.replace(' ', '_')}.py").write_text(emit(unit))
    for command in (
        ["ruff", "check", "--isolated", str(tmp_path)],
        ["ruff", "format", "--isolated", "--check", "--diff", str(tmp_path)],
        ["mypy", "--ignore-missing-imports", "--cache-dir", str(tmp_path), *map(str, tmp_path.glob("*.py"))],
    ):
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def interrupted(unit: Unit, folder: Path, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before = OwnTrainer.step

    def step_and_signal(self: OwnTrainer, group: object) -> None:
        before(self, group)
        if self.place.step == step:
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(OwnTrainer, "step", step_and_signal)
        assert trained(unit, folder).exit_status == 130


def test_a_run_goes_on_as_a_script_in_mid_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = compiled(PLAIN)
    trained(unit, tmp_path / "whole")
    interrupted(unit, tmp_path / "parts", 8, monkeypatch)
    run_script(unit, tmp_path / "parts", "--resume", str(tmp_path / "parts" / "last.pt"))
    assert log_of(tmp_path / "whole") == log_of(tmp_path / "parts")
    assert same_weights(weights(tmp_path / "whole" / "last.pt"), weights(tmp_path / "parts" / "last.pt"))
    assert pictures(tmp_path / "whole") == pictures(tmp_path / "parts")


def test_a_script_goes_on_as_a_run(tmp_path: Path) -> None:
    unit = compiled(PLAIN.replace("epochs = 2", "epochs = 3"))
    trained(unit, tmp_path / "whole")
    run_script(unit, tmp_path / "parts", "--epochs", "1")
    trained(unit, tmp_path / "parts", resume=str(tmp_path / "parts"))
    assert log_of(tmp_path / "whole") == log_of(tmp_path / "parts")
    assert same_weights(weights(tmp_path / "whole" / "last.pt"), weights(tmp_path / "parts" / "last.pt"))


def test_flags_are_the_settings(tmp_path: Path) -> None:
    settings = {"opt_d.lr": "0.02", "opt_g.lr": "0.03", "data.batch_size": "300", "train.seed": "5"}
    trained(compile_spec(Source("job.spec", PLAIN), settings), tmp_path / "run")
    flags = ["--opt-d-lr", "0.02", "--opt-g-lr", "0.03", "--batch-size", "300", "--seed", "5"]
    run_script(compiled(PLAIN), tmp_path / "script", *flags)
    assert log_of(tmp_path / "run") == log_of(tmp_path / "script")


def test_a_parameter_that_cannot_change_alone_is_no_flag() -> None:
    """The steps draw 8 numbers for G, whatever nz is."""
    text = emit(compiled(PLAIN))
    assert "nz: int = 8" not in text[: text.index("class G")]


def test_a_loss_that_is_no_number_ends_the_script(tmp_path: Path) -> None:
    unit = compiled(PLAIN.replace("Adam", "SGD"))
    done = run_script(unit, tmp_path, "--opt-d-lr", "1e38", check=False)
    assert done.returncode == 3 and "in step" in done.stderr


REFUSED = {
    "ema": PLAIN.replace("seed = 1", "seed = 1  ema = 0.9"),
    "accumulate": PLAIN.replace("seed = 1", "seed = 1  accumulate = 2"),
    "compile": PLAIN.replace("seed = 1", "seed = 1  compile = true"),
    "precision = f16": PLAIN.replace("seed = 1", "seed = 1  precision = f16"),
    "a scheduler": PLAIN + "scheduler StepLR(step_size=1) per epoch for opt_d\n",
    "eval": PLAIN.replace("seed = 1", "seed = 1  eval every 2 epochs on train"),
    "comes less often": PLAIN.replace("step d with opt_d", "step d with opt_d every 3"),
    "has weights": PLAIN.replace("G(randn(N, 8))", "G(randn(N, 8) -> mix: Linear(8, 8))"),
    "not image": PLAIN.replace("G(fixed)", "image"),
    "a part of every module": PLAIN.replace("fixed", "train_").replace("train_", "parameters"),
    "a part called scheduler": PLAIN.replace("opt_d", "scheduler"),
    "several models cannot": ONE_OPTIMIZER.replace("for D, G", "for D, G { group rest { lr = 1e-3 } }"),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_a_run_refuses_a_script_refuses_in_the_same_words(words: str, tmp_path: Path) -> None:
    unit = compiled(REFUSED[words])
    with pytest.raises(RunError, match="R102") as run:
        trained(unit, tmp_path)
    with pytest.raises(SpecError) as script:
        emit(unit)
    problem = script.value.problems[0]
    assert problem.code == "S902" and words in problem.headline and problem.headline in str(run.value)
