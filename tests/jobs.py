"""Small training jobs for tests: a spec from parts, compiled and run or emitted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from specc.compiler import Unit, compile_spec
from specc.source import Source

ROOT = Path(__file__).resolve().parent.parent
DIGITS_NET = """
model Net(classes = 10) {
  input image: f32[N, 1, 8, 8]
  logits = image -> conv: Conv2d(_, 4, 3) -> relu -> flatten(1) -> drop: Dropout(0.2) -> head: Linear(_, classes)
  output logits
}
"""
DIGITS = """
data {
  train     = Digits(train=true)
  test      = Digits(train=false)
  transform = ToTensor -> Normalize((0.5,), (0.5,))
  loader    = DataLoader(batch_size=256, shuffle=true)
  sample (image, label)
}
"""
LEARNING = """
loss      CrossEntropyLoss()
optimizer SGD(lr=0.1, momentum=0.9)
metrics   accuracy
"""
TRAIN = "train { epochs = 2  seed = 3 }\n"
WITHOUT_SPECC = """
import runpy, sys
sys.modules["specc"] = None  # an import of it fails
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def compiled(text: str, **settings: str) -> Unit:
    unit = compile_spec(Source("job.spec", text), {name.replace("__", "."): value for name, value in settings.items()})
    assert not unit.has_errors, [problem.headline for problem in unit.problems]
    return unit


def digits_job(
    data: str = DIGITS, learning: str = LEARNING, train: str = TRAIN, model: str = DIGITS_NET, **settings: str
) -> Unit:
    return compiled(model + data + learning + train, **settings)


def trained(unit: Unit, out: Path, **options: Any) -> Any:
    from specc.runtime import Options, run

    return run(unit, Options(out=str(out), **{"device": "cpu", "log_every": 1, "quiet": True, **options}))


def log_of(out: Path) -> list[dict[str, Any]]:
    """The lines of a run's log without what differs between two equal runs."""
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


def run_script(unit: Unit, folder: Path, *flags: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Emit the script and run it in a process of its own, which cannot see specc."""
    from specc.backends.script import emit

    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "job.py"
    script.write_text(emit(unit), encoding="utf-8")
    command = [
        sys.executable,
        "-I",
        "-c",
        WITHOUT_SPECC,
        str(script),
        "--device",
        "cpu",
        "--log-every",
        "1",
        "--out",
        str(folder),
        *flags,
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment())
    assert not check or done.returncode == 0, done.stderr
    return done


def environment() -> dict[str, str]:
    """Threads as in this process: other counts give other bits."""
    import torch

    return {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}


def weights(path: Path) -> dict[str, Any]:
    import torch

    return torch.load(path, weights_only=True)["model"]


def same_weights(left: dict[str, Any], right: dict[str, Any]) -> bool:
    """The same keys in the same order, and the same bits."""
    return list(left) == list(right) and all(left[key].equal(right[key]) for key in left)
