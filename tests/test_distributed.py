"""Several processes that share a training: run and script do the same, to the last bit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from jobs import DIGITS, DIGITS_NET, LEARNING, ROOT, compiled, log_of, run_script, same_weights, trained, weights
from specc.backends.module import build_model
from specc.backends.script import emit
from specc.cli.processes import free_port
from specc.diagnostics.error import SpecError
from specc.program.reached import unreached
from specc.runtime import RunError
from test_script_training import TERMS, WORKERS

NET = DIGITS_NET.replace("-> relu", "-> bn: BatchNorm2d(_) -> relu")
PLAIN = NET + DIGITS + LEARNING + "train { epochs = 2  seed = 3  distributed = ddp }\n"
TWO = {**os.environ, "OMP_NUM_THREADS": "1"}
FLAGS = ["--device", "cpu", "--log-every", "1"]
PARTLY_LEARNT = """
block Two(c) {
  input x: f32[N, c]
  a = x -> first: Linear(_, 10)
  b = x -> second: Linear(_, 10)
  output (a, b)
}
model Net() {
  input image: f32[N, 1, 8, 8]
  flat   = image -> flatten(1)
  a, b   = flat -> both: Two(64)
  c      = flat -> stopped: Linear(_, 10) -> detach
  lost   = flat -> lost: Linear(_, 3)
  no, d  = flat -> one: Two(64)
  e      = if training { flat -> aux: Linear(_, 10) } else { flat -> quiet: Linear(_, 10) }
  fresh  = flat -> sizes: Linear(_, 10) -> zeros_like
  logits = a + b + c + d + e + fresh
  second = flat -> unasked: Linear(_, 10)
  output (logits, second)
}
"""
LOST = ("stopped", "lost", "one.first", "quiet", "sizes", "unasked")
JOBS = {
    "some parameters without a gradient": PARTLY_LEARNT
    + DIGITS
    + """
loss      (logits, label) -> CrossEntropyLoss()
optimizer AdamW(lr=0.01)
"""
    + "train { epochs = 1  seed = 3  distributed = ddp  accumulate = 2  clip_grad_norm = 1.0 }\n",
    "plain": PLAIN,
    "much": NET
    + DIGITS
    + TERMS.replace("accuracy", "accuracy, topk(3), f1, perplexity")
    + """scheduler ReduceLROnPlateau("min", patience=0) on test.loss
train {
  epochs = 2  seed = 1  distributed = ddp  accumulate = 4  clip_grad_norm = 1.0  ema = 0.9  log_gradients = true
  stop when test.loss no better for 2
}
""",
    "read by workers": DIGITS_NET
    + WORKERS.replace("drop_last=true, ", "")
    + LEARNING.replace("SGD(lr=0.1, momentum=0.9)", 'LBFGS(lr=0.5, max_iter=2, line_search_fn="strong_wolfe")')
    + "train { epochs = 1  seed = 1  distributed = ddp  precision = bf16 }\n",
}


def started(text: str, out: Path, *words: str) -> subprocess.Popen[str]:
    """`specc run --nproc 2`."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "given.spec").write_text(text)
    command = [sys.executable, "-m", "specc", "run", str(out / "given.spec"), "--nproc", "2", "--out", str(out)]
    return subprocess.Popen(
        [*command, *FLAGS, *words], cwd=ROOT, env=TWO, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def by_two(text: str, out: Path, *words: str) -> None:
    process = started(text, out, *words)
    _, problems = process.communicate()
    assert process.returncode == 0, problems


def script_by_two(text: str, out: Path, *words: str) -> None:
    """`torchrun --nproc-per-node=2 job.py`."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "job.py").write_text(emit(compiled(text)))
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [*launcher, str(out / "job.py"), *FLAGS, "--out", str(out), *words]
    done = subprocess.run(command, cwd=out, env=TWO, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def equal(left: Path, right: Path) -> bool:
    ends = [weights(folder / "last.pt") for folder in (left, right)]
    return log_of(left) == log_of(right) != [] and same_weights(*ends)


@pytest.mark.parametrize("name", JOBS)
def test_two_processes_of_the_script_are_two_of_the_run(name: str, tmp_path: Path) -> None:
    by_two(JOBS[name], tmp_path / "run")
    script_by_two(JOBS[name], tmp_path / "script")
    assert equal(tmp_path / "run", tmp_path / "script")


@pytest.mark.parametrize("name", JOBS)
def test_one_process_is_the_ordinary_run(name: str, tmp_path: Path) -> None:
    trained(compiled(JOBS[name].replace("distributed = ddp", "")), tmp_path / "usual")
    trained(compiled(JOBS[name]), tmp_path / "run")
    run_script(compiled(JOBS[name]), tmp_path / "script")
    assert equal(tmp_path / "usual", tmp_path / "run") and equal(tmp_path / "usual", tmp_path / "script")


def test_a_parameter_without_a_gradient_is_known_before(tmp_path: Path) -> None:
    unit = compiled(JOBS["some parameters without a gradient"].replace("distributed = ddp", ""))
    assert unit.program is not None
    assert unreached(unit.program) == [f"{layer}.{name}" for layer in LOST for name in ("weight", "bias")]
    model, images = build_model(unit.program.models[0]), torch.rand(5, 1, 8, 8)
    model(images)[0].sum().backward()
    assert [name for name, value in model.named_parameters() if value.grad is None] == unreached(unit.program)


def test_the_scripts_are_clean(tmp_path: Path) -> None:
    for name, text in JOBS.items():
        if name != "some parameters without a gradient":  # its class keeps values that nobody reads, as its spec does
            (tmp_path / f"{name.replace(' ', '_')}.py").write_text(emit(compiled(text)))
    for command in (
        ["ruff", "check", "--isolated", str(tmp_path)],
        ["ruff", "format", "--isolated", "--check", "--diff", str(tmp_path)],
        ["mypy", "--ignore-missing-imports", "--cache-dir", str(tmp_path), *map(str, tmp_path.glob("*.py"))],
    ):
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_gradients_are_those_of_the_whole_batch(tmp_path: Path) -> None:
    """Without noise and with batches that can be halved, two processes differ from one by rounding only."""
    text = (DIGITS_NET + DIGITS + LEARNING).replace("Dropout(0.2)", "Dropout(0.0)")
    text = text.replace("shuffle=true", "shuffle=true, drop_last=true")
    text += "train { epochs = 2  seed = 3  distributed = ddp }\n"
    by_two(text, tmp_path / "two")
    trained(compiled(text), tmp_path / "one")
    losses: list[list[Any]] = [[line["loss"] for line in log_of(tmp_path / which)] for which in ("one", "two")]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4) and len(losses[0]) == 12


def test_a_signal_stops_all_at_one_step_and_the_script_goes_on(tmp_path: Path) -> None:
    text = PLAIN.replace("epochs = 2", "epochs = 40")
    process = started(text, tmp_path / "parts")
    log = tmp_path / "parts" / "metrics.jsonl"
    while process.poll() is None and not (log.is_file() and log.read_text().count("\n") > 3):
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, problems = process.communicate()
    assert process.returncode == 143, problems
    assert json.loads(log.read_text().splitlines()[-1])["step"] < 40 * 6
    script_by_two(text, tmp_path / "parts", "--resume", str(tmp_path / "parts" / "last.pt"))
    by_two(text, tmp_path / "whole")
    assert equal(tmp_path / "whole", tmp_path / "parts")


def test_several_processes_need_a_spec_that_says_so(tmp_path: Path) -> None:
    process = started(PLAIN.replace("distributed = ddp", ""), tmp_path)
    assert "error[R102]: several processes" in process.communicate()[1] and process.returncode == 1


def test_a_loss_that_is_no_number_ends_all(tmp_path: Path) -> None:
    process = started(PLAIN, tmp_path, "--set", "optimizer.lr=1e30")
    assert "R401" in process.communicate()[1] and process.returncode == 3


WATCHED = """import os, runpy, sys, torch.distributed as dist

def threads():
    places = [f"/proc/self/task/{number}/comm" for number in os.listdir("/proc/self/task")]
    return sum("gloo" in open(place).read() for place in places)

def destroy(usual=dist.destroy_process_group):
    before = threads()
    usual()
    print("threads", before, threads())

dist.destroy_process_group = destroy
sys.argv = sys.argv[1:]
if sys.argv[0].endswith(".py"):
    runpy.run_path(sys.argv[0], run_name="__main__")
else:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are listed in /proc")
@pytest.mark.parametrize("rate, status", [("0.1", 0), ("1e30", 3)])
@pytest.mark.parametrize("which", ["run", "script"])
def test_no_thread_of_a_process_group_outlives_the_interpreter(
    which: str, rate: str, status: int, tmp_path: Path
) -> None:
    """Such a thread now and then ends a process by SIGABRT when all of its work is done."""
    (tmp_path / "job.spec").write_text(JOBS["much"])
    (tmp_path / "job.py").write_text(emit(compiled(JOBS["much"])))
    (tmp_path / "watched.py").write_text(WATCHED)
    words = {
        "run": ["specc", "run", str(tmp_path / "job.spec"), "--set", f"optimizer.lr={rate}"],
        "script": [str(tmp_path / "job.py"), "--lr", rate],
    }[which]
    command = [sys.executable, str(tmp_path / "watched.py"), *words, *FLAGS, "--out", str(tmp_path / "out")]
    meeting = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "PYTHONPATH": str(ROOT)}
    processes = [
        subprocess.Popen(command, env={**TWO, **meeting, "RANK": rank}, stdout=subprocess.PIPE, text=True)
        for rank in ("0", "1")
    ]
    for process in processes:
        said, _ = process.communicate()
        name, before, after = said.splitlines()[-1].split()
        assert (name, int(before) > 0, int(after), process.returncode) == ("threads", True, 0, status)


def test_what_cannot_be_shared_is_refused(tmp_path: Path) -> None:
    unit = compiled(PLAIN.replace("ddp", "fsdp"))
    with pytest.raises(RunError, match="R102.*distributed = ddp"):
        trained(unit, tmp_path)
    with pytest.raises(SpecError):
        emit(unit)
