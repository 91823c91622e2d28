"""Times one MNIST epoch, evaluation included, three ways in turns: `specc run`, the emitted script, a loop by hand.

    python bench/mnist_epoch.py DATA_ROOT [--rounds 5]

DATA_ROOT holds torchvision's MNIST folder. Every figure is the median of whole processes, start and reading included:
wall seconds, processor seconds (which other work on the machine disturbs less), and
wall seconds of 400 steps by their own log.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "specs" / "mnist.spec"


def commands(data: str, folder: Path) -> dict[str, list[str]]:
    """What is timed, by name."""
    script = folder / "mnist.py"
    subprocess.run([sys.executable, "-m", "specc", "emit", str(SPEC), "-o", str(script)], cwd=ROOT, check=True)
    out = str(folder / "run")
    return {
        "specc run": ["-m", "specc", "run", str(SPEC), "--epochs", "1", "--data-root", data, "--out", out, "--quiet"],
        "emitted script": [str(script), "--epochs", "1", "--data-root", data, "--out", str(folder / "script")],
        "by hand": [str(ROOT / "bench" / "mnist_by_hand.py"), data],
    }


def timed(command: list[str]) -> tuple[float, float, float]:
    """Wall and processor seconds of a process, and wall seconds of its steps 50 to 450."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} failed")
    log = Path(command[command.index("--out") + 1]) / "metrics.jsonl" if "--out" in command else None
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, steps(log, printed)


def steps(log: Path | None, printed: str) -> float:
    """Seconds from step 50 to 450, by the log of a run or what the loop by hand prints."""
    if log is None:
        first, last = (float(line.split()[2]) for line in printed.splitlines() if line.startswith("step"))
        return last - first
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    at = {line["step"]: line["seconds"] for line in lines if line["split"] == "train"}
    return float(at[450] - at[50])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_root")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        jobs = commands(str(Path(given.data_root).resolve()), Path(folder))
        times: dict[str, list[tuple[float, float, float]]] = {name: [] for name in jobs}
        for _ in range(given.rounds):
            for name, command in jobs.items():
                times[name].append(timed(command))
    for place, what in enumerate(("wall", "processor", "wall, 400 steps")):
        medians = {name: statistics.median(found[place] for found in times[name]) for name in times}
        for name, value in medians.items():
            print(f"{name:15} {value:7.2f} s {what}: {value / min(medians.values()):.3f} of the fastest")


if __name__ == "__main__":
    main()
