"""The law: the script and the run have the same weights, batches and losses to the last bit, and share checkpoints."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from jobs import (
    DIGITS,
    DIGITS_NET,
    LEARNING,
    ROOT,
    compiled,
    digits_job,
    log_of,
    run_script,
    same_weights,
    trained,
    weights,
)
from specc.backends.script import emit
from specc.compiler import Unit

AUGMENTED = (
    DIGITS.replace("ToTensor ->", "RandomCrop(8, padding=1) -> RandomHorizontalFlip -> ToTensor ->").replace(
        "transform =", "transform train ="
    )
    + ""
)
PLAIN_TEST = AUGMENTED.replace("  loader", "  transform = ToTensor -> Normalize((0.5,), (0.5,))\n  loader")
DIABETES = (ROOT / "specs" / "diabetes.spec").read_text(encoding="utf-8")
ONE_CYCLE = LEARNING + "scheduler OneCycleLR(max_lr=0.1, total_steps=_) per step\n"
GROUPS = LEARNING.replace(
    "SGD(lr=0.1, momentum=0.9)",
    """AdamW(lr=1e-2) {
  group ndim >= 2 and not "conv.*" { weight_decay = 0.1 }
  group "conv.*" { lr = 1e-3 }
  group rest { weight_decay = 0.0 }
}""",
)
FORMULA = LEARNING + "scheduler LambdaLR(min((step + 1) / 4, 1.0) * 0.5 * (1 + cos(pi * step / steps))) per step\n"
TERMS = LEARNING.replace(
    "loss      CrossEntropyLoss()",
    """loss right = (logits, label) -> CrossEntropyLoss()
loss small = 1e-3 * mean(logits ** 2)""",
)
SEVERAL = LEARNING.replace(
    "metrics   accuracy", "metrics   accuracy, topk(3), f1, precision, recall, perplexity, error"
)
WEIGHTED = LEARNING.replace(
    "CrossEntropyLoss()", f"CrossEntropyLoss(weight=[{', '.join(['1.0', '2.0'] * 5)}], label_smoothing=0.1)"
)
HELD_OUT = DIGITS.replace(
    "train     = Digits(train=true)\n  test      = Digits(train=false)",
    "train, val = split(Digits(), [0.9, 0.1], seed=7)",
)

WORKERS = DIGITS.replace("shuffle=true", "shuffle=true, num_workers=2, drop_last=true, prefetch_factor=3").replace(
    "  loader",
    "  transform train = RandomRotation(10) -> RandomHorizontalFlip -> ToTensor -> Normalize((0.5,), (0.5,))\n  loader",
)


def evaluated(judged: str, learned: str) -> Unit:
    """A job whose evaluation draws at random as well."""
    chains = f"  transform test = {judged}\n  transform train = {learned}\n  loader"
    return digits_job(NO_TRANSFORM.replace("  loader", chains), train="train { epochs = 1  seed = 3 }\n")


NO_TRANSFORM = DIGITS.replace("  transform = ToTensor -> Normalize((0.5,), (0.5,))\n", "")
CROP, FLIP, TURN = "RandomCrop(8, padding=1) -> ", "RandomHorizontalFlip(0.3) -> ", "RandomRotation(30) -> "
ON_TRAIN = "train { epochs = 1  seed = 3  eval every 1 epoch on train }\n"
TWO_OUTPUTS = DIGITS_NET.replace("output logits", "output (logits, logits * 2)")
NAMED_OUTPUTS = DIGITS_NET.replace("output logits", "output (loss=logits, twice=logits * 2)")
ONE_OF_TWO = LEARNING.replace("loss      Cross", "loss (NAME, label) -> Cross").replace("metrics   accuracy", "")
MADE = DIGITS_NET.replace("output logits", "output logits + arange(10).to(f32)")
JOBS = {
    "makes tensors": digits_job(model=MADE),
    "an output that nobody reads": digits_job(model=TWO_OUTPUTS, learning=ONE_OF_TWO.replace("NAME", "logits")),
    "an output of a taken name": digits_job(model=NAMED_OUTPUTS, learning=ONE_OF_TWO.replace("NAME", "loss")),
    "judged at random too": evaluated(CROP + FLIP + "ToTensor", CROP + "ToTensor"),
    "judged by other draws": evaluated(CROP + "ToTensor", FLIP + CROP + "ToTensor"),
    "judged by seeds": evaluated(TURN + "ToTensor", CROP + "ToTensor"),
    "judged without seeds": evaluated(CROP + "ToTensor", TURN + "ToTensor"),
    "judged on the training set": digits_job(
        DIGITS.replace("shuffle=true", "shuffle=true, drop_last=true"), train=ON_TRAIN
    ),
    "plain": digits_job(),
    "augmented": digits_job(PLAIN_TEST, ONE_CYCLE),
    "groups": digits_job(learning=GROUPS + "scheduler StepLR(step_size=1, gamma=0.5) per epoch\n"),
    "formula": digits_job(
        learning=FORMULA, train="train { steps = 8  seed = 1  eval every 3 steps on test  save every 2 steps }\n"
    ),
    "terms": digits_job(learning=TERMS, train="train { epochs = 2  seed = 1  accumulate = 4  clip_grad_norm = 1.0 }\n"),
    "metrics": digits_job(learning=SEVERAL, train="train { epochs = 1  seed = 1  clip_grad_value = 0.1 }\n"),
    "weighted": digits_job(
        learning=WEIGHTED + 'scheduler ReduceLROnPlateau("min", patience=0) on test.loss\n',
        train="train { epochs = 3  seed = 1  ema = 0.9  stop when test.loss no better for 2 }\n",
    ),
    "precision": digits_job(
        train="train { epochs = 1  seed = 1  precision = bf16  channels_last = true  deterministic = true }\n"
    ),
    "workers": digits_job(WORKERS, train="train { epochs = 2  seed = 1 }\n"),
    "held out": digits_job(
        HELD_OUT,
        LEARNING,
        "train { epochs = 2  eval every 2 epochs on val  save best val.accuracy }\n",
        train__seed="5",
    ),
    "gradients": digits_job(train="train { epochs = 1  seed = 1  log_gradients = true  accumulate = 2 }\n"),
    "gradients clipped": digits_job(
        train="train { epochs = 1  seed = 1  log_gradients = true  clip_grad_norm = 0.5  clip_grad_value = 0.1 }\n"
    ),
    "search": digits_job(
        learning=LEARNING.replace(
            "SGD(lr=0.1, momentum=0.9)", 'LBFGS(lr=0.5, max_iter=3, line_search_fn="strong_wolfe")'
        ),
        train="train { epochs = 2  seed = 1  precision = bf16  ema = 0.9 }\n",
    ),
    "search of terms": digits_job(
        learning=TERMS.replace("SGD(lr=0.1, momentum=0.9)", "LBFGS(lr=0.1, max_iter=2)"),
        train="train { epochs = 1  seed = 1  log_gradients = true  clip_grad_norm = 1.0 }\n",
    ),
    "regression": compiled(DIABETES, train__epochs="3"),
}


@pytest.mark.parametrize("name", JOBS)
def test_the_script_is_the_run(name: str, tmp_path: Path) -> None:
    unit = JOBS[name]
    trained(unit, tmp_path / "run")
    run_script(unit, tmp_path / "script")
    assert log_of(tmp_path / "run") == log_of(tmp_path / "script")
    assert same_weights(weights(tmp_path / "run" / "last.pt"), weights(tmp_path / "script" / "last.pt"))


@pytest.mark.parametrize("name", JOBS)
def test_the_script_is_clean(name: str, tmp_path: Path) -> None:
    script = tmp_path / "job.py"
    script.write_text(emit(JOBS[name]))
    compile(script.read_text(), "job.py", "exec")
    for command in (["check", "--isolated"], ["format", "--isolated", "--check", "--diff"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *command, str(script)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_scripts_pass_the_type_checker(tmp_path: Path) -> None:
    files = []
    for name, unit in JOBS.items():
        files.append(tmp_path / f"{name.replace(' ', '_')}.py")
        files[-1].write_text(emit(unit))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--ignore-missing-imports", "--cache-dir", str(tmp_path), *map(str, files)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_a_spec_gives_the_same_bytes_every_time() -> None:
    assert {emit(digits_job(PLAIN_TEST, ONE_CYCLE)) for _ in range(3)} == {emit(JOBS["augmented"])}


def test_the_script_uses_nothing_of_specc() -> None:
    for unit in JOBS.values():
        tree = ast.parse(emit(unit))
        imported = {
            node.module if isinstance(node, ast.ImportFrom) else alias.name
            for node in ast.walk(tree)
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        }
        assert not any("specc" in str(name) for name in imported)
        calls = {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not calls & {"exec", "eval", "locals", "globals", "__import__"}


def test_a_feature_that_is_not_in_the_spec_is_not_in_the_script() -> None:
    text = emit(JOBS["plain"])
    for word in (
        "autocast",
        "GradScaler",
        "AveragedModel",
        "clip_grad",
        "scheduler",
        "channels_last",
        "parameter_groups",
        "flip",
        "crop",
    ):
        assert word not in text, word


def test_flags_are_the_settings() -> None:
    text = emit(JOBS["augmented"])
    for field in (
        "classes: int = 10",
        "batch_size: int = 256",
        "lr: float = 0.1",
        "max_lr: float = 0.1",
        "epochs: int = 2",
    ):
        assert re.search(rf"^    {re.escape(field)}(  #.*)?$", text, re.MULTILINE)


def test_overridden_settings_agree_with_the_runs(tmp_path: Path) -> None:
    trained(
        digits_job(train__epochs="1", optimizer__lr="0.02", data__batch_size="100", train__seed="9"), tmp_path / "run"
    )
    run_script(
        JOBS["plain"], tmp_path / "script", "--epochs", "1", "--lr", "0.02", "--batch-size", "100", "--seed", "9"
    )
    assert log_of(tmp_path / "run") == log_of(tmp_path / "script")


def test_switches_agree_with_the_runs(tmp_path: Path) -> None:
    settings = {"train__precision": "f32", "train__channels_last": "false", "data__shuffle": "false"}
    unit = JOBS["precision"]
    text = unit.source.text
    trained(compiled(text, **settings), tmp_path / "run")
    run_script(unit, tmp_path / "script", "--precision", "f32", "--no-channels-last", "--no-shuffle")
    assert log_of(tmp_path / "run") == log_of(tmp_path / "script")
    wrong = run_script(unit, tmp_path / "script", "--precision", "f8", check=False)
    assert wrong.returncode == 2 and "--precision is f32 or bf16" in wrong.stderr


def test_whole_batches_can_be_asked_for(tmp_path: Path) -> None:
    unit = digits_job(DIGITS.replace("shuffle=true", "shuffle=true, drop_last=true"), ONE_CYCLE)
    trained(compiled(unit.source.text, data__drop_last="false"), tmp_path / "run")
    run_script(unit, tmp_path / "script", "--no-drop-last")
    assert log_of(tmp_path / "run") == log_of(tmp_path / "script")


def test_the_device_of_the_spec_is_the_default() -> None:
    assert 'device: str = "cpu"' in emit(digits_job(train='train { epochs = 1  device = "cpu" }\n'))


def test_a_whole_number_may_become_a_fraction(tmp_path: Path) -> None:
    learning = LEARNING.replace("SGD(lr=0.1, momentum=0.9)", "SGD(lr=1, momentum=0)")
    unit = digits_job(learning=learning, train="train { epochs = 1  seed = 0  clip_grad_norm = 1 }\n")
    fields = ("lr: float = 1.0", "momentum: float = 0.0", "clip_grad_norm: float = 1.0", "epochs: int = 1")
    assert all(f"    {field}" in emit(unit) for field in fields)
    flags = {"optimizer.lr": "0.05", "optimizer.momentum": "0.5", "train.clip_grad_norm": "0.5"}
    given = {name.replace(".", "__"): value for name, value in flags.items()}
    trained(compiled(unit.source.text, **given), tmp_path / "run")
    run_script(unit, tmp_path / "script", *(word for name, value in flags.items() for word in (_flag(name), value)))
    assert log_of(tmp_path / "run") == log_of(tmp_path / "script")


def _flag(path: str) -> str:
    return "--" + path.rpartition(".")[2].replace("_", "-")


def test_unknown_flags_are_refused_and_help_shows_the_docstring(tmp_path: Path) -> None:
    assert run_script(JOBS["plain"], tmp_path, "--epoch", "1", check=False).returncode == 2
    shown = run_script(JOBS["plain"], tmp_path, "--help").stdout
    assert "Train Net on Digits." in shown
    words = " ".join(shown.split())
    assert "--epochs EPOCHS default 2 " in words and "--resume RESUME default ''" in words
    assert "--shuffle, --no-shuffle default True" in words


def test_tuples_are_flags(tmp_path: Path) -> None:
    unit = digits_job(learning=LEARNING.replace("SGD(lr=0.1, momentum=0.9)", "Adam(lr=1e-3, betas=(0.5, 0.9))"))
    assert "--betas BETAS default (0.5, 0.9)" in " ".join(run_script(unit, tmp_path, "--help").stdout.split())
    trained(compiled(unit.source.text, optimizer__betas="(0.8, 0.99)"), tmp_path / "run")
    run_script(unit, tmp_path / "script", "--betas", "(0.8, 0.99)")
    assert log_of(tmp_path / "run") == log_of(tmp_path / "script")


@pytest.mark.parametrize("first", ["run", "script"])
def test_a_checkpoint_of_one_resumes_in_the_other(first: str, tmp_path: Path) -> None:
    short, long = (digits_job(PLAIN_TEST, LEARNING, f"train {{ epochs = {n}  seed = 1 }}\n") for n in (1, 3))
    trained(long, tmp_path / "whole")
    begun, ended = tmp_path / "begun", tmp_path / "ended"
    if first == "run":
        trained(short, begun)
        run_script(long, ended, "--resume", str(begun / "last.pt"))
    else:
        run_script(short, begun)
        trained(long, ended, resume=str(begun / "last.pt"))
    assert log_of(begun) + log_of(ended) == log_of(tmp_path / "whole")
    assert same_weights(weights(tmp_path / "whole" / "last.pt"), weights(ended / "last.pt"))


def test_the_script_goes_on_in_mid_epoch(tmp_path: Path) -> None:
    """Stopped by a signal of its own making after four of six batches."""
    unit = digits_job(PLAIN_TEST, ONE_CYCLE, "train { epochs = 2  seed = 1 }\n")
    run_script(unit, tmp_path / "whole")
    text = emit(unit).replace(
        "            place.step += 1\n",
        "            place.step += 1\n            signals.extend([15] if place.step == 4 else [])\n",
    )
    (tmp_path / "cut.py").write_text(text)
    flags = ["--device", "cpu", "--log-every", "1", "--out", str(tmp_path / "parts")]
    from jobs import environment

    done = subprocess.run([sys.executable, "-I", str(tmp_path / "cut.py"), *flags], env=environment())
    assert done.returncode == 143
    assert torch.load(tmp_path / "parts" / "last.pt", weights_only=True)["place"]["batch"] == 4
    run_script(unit, tmp_path / "parts", "--resume", str(tmp_path / "parts" / "last.pt"))
    assert log_of(tmp_path / "whole") == log_of(tmp_path / "parts")


def test_the_clock_of_a_log_goes_on(tmp_path: Path) -> None:
    """Also where a kill has cut a line short."""
    short, long = (digits_job(train=f"train {{ epochs = {n}  seed = 1 }}\n") for n in (1, 2))
    run_script(short, tmp_path)
    log = tmp_path / "metrics.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    lines[-1]["seconds"] = 1000.0
    log.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"step": 7, "epo')
    run_script(long, tmp_path, "--resume", str(tmp_path / "last.pt"))
    seconds = [json.loads(line)["seconds"] for line in log.read_text().splitlines()]
    assert len(seconds) == 2 * len(lines) and seconds[len(lines) - 1 :] == sorted(seconds[len(lines) - 1 :])
    assert seconds[len(lines)] > 1000


@pytest.mark.parametrize(
    "flags, words",
    [
        (["--batch-size", "0"], "--batch-size, --epochs and --log-every start at 1"),
        (["--epochs", "x"], "argument --epochs: invalid int value: 'x'"),
        (["--lr", ""], "argument --lr: invalid float value: ''"),
        (["--betas", "1"], "argument --betas: invalid items value: '1'"),
        (["--betas", "x"], "argument --betas: invalid items value: 'x'"),
    ],
)
def test_wrong_values_are_refused(flags: list[str], words: str, tmp_path: Path) -> None:
    unit = digits_job(learning=LEARNING.replace("SGD(lr=0.1, momentum=0.9)", "Adam(lr=1e-3, betas=(0.5, 0.9))"))
    done = run_script(unit, tmp_path, *flags, check=False)
    assert done.returncode == 2 and words in done.stderr and not (tmp_path / "metrics.jsonl").exists()


def test_a_loss_that_is_no_number_ends_the_script(tmp_path: Path) -> None:
    done = run_script(JOBS["plain"], tmp_path, "--lr", "1e30", check=False)
    assert done.returncode == 3 and "loss nan in step 2" in done.stderr


def test_names_of_python_are_no_trouble(tmp_path: Path) -> None:
    model = DIGITS_NET.replace("image", "lambda")
    unit = compiled(
        model + DIGITS.replace("(image, label)", "(lambda, data)") + LEARNING + "train { epochs = 1  seed = 1 }\n"
    )
    trained(unit, tmp_path / "run")
    run_script(unit, tmp_path / "script")
    assert log_of(tmp_path / "run") == log_of(tmp_path / "script")


def test_lines_of_the_log_are_objects(tmp_path: Path) -> None:
    run_script(JOBS["plain"], tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert set(lines[0]) == {"step", "epoch", "split", "loss", "lr", "seconds"}
