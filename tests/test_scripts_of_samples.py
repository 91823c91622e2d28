"""Scripts of samples that are no pair of picture and label: one part, many parts, the user's own data set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs import compiled, environment, log_of, run_script, same_weights, trained, weights
from specc.backends.script import emit

ONE = """
model Coder(code = 3) {
  input row: f32[N, 6]
  output row -> encode: Linear(_, code) -> tanh -> decode: Linear(_, 6)
}
"""
ONE_LOSS = "loss mse_loss(output, row)\noptimizer Adam(lr=0.01)\n"
TWO_INPUTS = """
model Both(width = 4) {
  input row: f32[N, 6], other: f32[N, 6]
  output (row -> one: Linear(_, width)) + (other -> two: Linear(_, width))
}
"""
STEPS = """
model Maker(width = 4) { input z: f32[N, 2]  output z -> one: Linear(_, width) -> relu -> two: Linear(_, 6) }
model Judge(width = 3) { input row: f32[N, 6]  output row -> one: Linear(_, width) -> relu -> two: Linear(_, 1) }
optimizer first = SGD(lr=0.1) for Judge
optimizer second = SGD(lr=0.1) for Maker
"""
OWN_STEPS = """
train {
  epochs = 1
  seed = 1
  step judge with first { loss = mean(Judge(detach(Maker(randn(N, 2))))) - mean(Judge(row)) }
  step maker with second { loss = -mean(Judge(Maker(randn(N, 2)))) }
}
"""
TRAIN = "train { epochs = 2  seed = 1 }\n"


def data(sample: str, source: str = 'tensors("rows.npz", keys=KEYS)') -> str:
    keys = str([part.split(":")[0] for part in sample.split(", ") if ":" in part]).replace("'", '"')
    return f"""
    data {{
      train, val = split({source.replace("KEYS", keys)}, [0.75, 0.25], seed=1)
      loader = DataLoader(batch_size=8, shuffle=true)
      sample ({sample})
    }}
    """


OWN_ROWS = """
import torch


class Rows(torch.utils.data.Dataset):
    def __init__(self, count, parts):
        self.rows = torch.linspace(-1, 1, count * 6).view(count, 6)
        self.parts = parts

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, number):
        return tuple(self.rows[number] * (part + 1) for part in range(self.parts))
"""
OWN = 'extern dataset Rows(count: int, parts: int): {0} = "own_rows.Rows"\n'
F = "f32[N, 6]"
ROW, THREE = f"row: {F}", f"row: {F}, other: {F}, wanted: f32[N, 4]"
THREE_OWN = f"row: {F}, other: {F}, wanted: {F}"
JOBS = {
    "one part": ONE + data(ROW) + ONE_LOSS + TRAIN,
    "one part and steps of one's own": STEPS + data(ROW) + OWN_STEPS,
    "layers as arguments": f"""
        block Part(out, act = ReLU) {{ input x: f32[N, D]  output x -> fc: Linear(_, out) -> act: act }}
        model Acts() {{ input row: f32[N, 6]  output row -> a: Part(5) -> b: Part(6, LeakyReLU(negative_slope=0.2)) }}
        {data(ROW)}{ONE_LOSS}scheduler LambdaLR(0.1 * (step + 1) ** -0.5) per step\n{TRAIN}""",
    "an output called like its input": """
        model Same(width = 4) {
          input row: f32[N, 6]
          row = row -> fc: Linear(_, width)
          output row
        }"""
    + data(f"row: {F}, wanted: f32[N, 4]")
    + "loss MSELoss()\noptimizer SGD(lr=0.1)\nmetrics mae\n"
    + TRAIN,
    "three parts": TWO_INPUTS + data(THREE) + "loss mse_loss(output, wanted)\noptimizer SGD(lr=0.1)\n" + TRAIN,
    "one part of one's own": OWN.format(F) + ONE + data(ROW, "Rows(32, 1)") + ONE_LOSS + TRAIN,
    "three parts of one's own": OWN.format(f"{F}, {F}, {F}")
    + TWO_INPUTS.replace("width = 4", "width = 6")
    + data(THREE_OWN, "Rows(32, 3)")
    + "loss mse_loss(output, wanted)\noptimizer SGD(lr=0.1)\n"
    + TRAIN,
}


@pytest.mark.parametrize("name", JOBS)
def test_the_script_is_the_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    arrays: dict[str, Any] = {part: draw.standard_normal((32, 6), np.float32) for part in ("row", "other")}
    np.savez("rows.npz", **arrays, wanted=draw.standard_normal((32, 4), np.float32))
    Path("own_rows.py").write_text(OWN_ROWS)
    monkeypatch.syspath_prepend(tmp_path)
    unit = compiled(JOBS[name])
    own = "extern" in JOBS[name]
    trained(unit, tmp_path / "run", trust=own)
    (run_own if own else run_script)(unit, tmp_path / "script", *(() if own else ("--data-root", str(tmp_path))))
    assert log_of(tmp_path / "run") == log_of(tmp_path / "script")
    assert same_weights(*(weights(tmp_path / which / "last.pt") for which in ("run", "script")))


def run_own(unit: object, folder: Path) -> None:
    """A script that imports a module beside it."""
    script = folder.parent / "job.py"
    script.write_text(emit(unit))  # type: ignore[arg-type]
    command = [sys.executable, str(script), "--device", "cpu", "--log-every", "1", "--out", str(folder)]
    done = subprocess.run(command, cwd=folder.parent, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr


def test_the_scripts_are_clean(tmp_path: Path) -> None:
    for number, text in enumerate(JOBS.values()):
        (tmp_path / f"job{number}.py").write_text(emit(compiled(text)))
    (tmp_path / "own_rows.py").write_text("from typing import Any\n\nRows: Any\n")
    for command in (["check", "--isolated"], ["format", "--isolated", "--check", "--diff"]):
        clean(tmp_path, "ruff", *command)
    clean(tmp_path, "mypy", "--ignore-missing-imports", "--cache-dir", os.devnull)


def clean(folder: Path, *command: str) -> None:
    given = [sys.executable, "-m", *command, *(path.name for path in folder.glob("job*.py"))]
    done = subprocess.run(given, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stdout
