"""How long `specc check` takes: cold, as a whole process, beside Python itself and beside `import torch`; and in
process.

    python bench/check_time.py [--runs 11] [SPEC ...]

Every figure is the median of interleaved runs in one go; the ratio is what to quote, the machine may be noisy.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent


def wall(command: list[str]) -> float:
    """Seconds one process takes."""
    start = time.perf_counter()
    # as on a user's machine: compiled files are kept, whatever this shell says
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - start


def cold(specs: list[str], runs: int) -> None:
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "python -c 'import torch'": [sys.executable, "-c", "import torch"],
    }
    commands |= {f"specc check {spec}": [sys.executable, "-m", "specc", "check", spec] for spec in specs}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            seconds = wall(command)
            if turn:  # the first round warms the file cache
                times[name].append(seconds)
    reference = statistics.median(times["python -c 'import torch'"])
    for name, values in times.items():
        middle = statistics.median(values)
        print(
            f"{name:44} {middle * 1e3:8.1f} ms"
            f"   (min {min(values) * 1e3:.1f}, max {max(values) * 1e3:.1f})   torch / this = {reference / middle:.1f}"
        )


def in_process(specs: list[str], runs: int) -> None:
    """Seconds of one check in a process that has done it before."""
    from specc.compiler import compile_spec
    from specc.source import Source

    for spec in specs:
        text, values = (ROOT / spec).read_text(), []
        for _ in range(runs + 1):
            start = time.perf_counter()
            compile_spec(Source(spec, text))
            values.append(time.perf_counter() - start)
        print(f"in process: {spec:32} {statistics.median(values[1:]) * 1e3:8.2f} ms")


def curve() -> None:
    """Cost against the number of layers: repeated lines, and layers written out one by one."""
    from specc.compiler import compile_spec
    from specc.source import Source

    for count in (100, 300, 1_000, 3_000, 10_000):
        head = "model M {\n  input x: f32[N, 8]\n"
        repeated = head + f"  y = x -> repeat {count} {{ Linear(_, 8) }}\n  output y\n}}\n"
        start = time.perf_counter()
        compile_spec(Source("repeated.spec", repeated))
        first = time.perf_counter() - start
        print(f"{count:6} layers by repeat: {first * 1e3:8.1f} ms   {first / count * 1e6:6.1f} us a layer")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("specs", nargs="*", default=["specs/mnist.spec", "specs/zoo/resnet50.spec"])
    parser.add_argument("--runs", type=int, default=11)
    options = parser.parse_args()
    cold(options.specs, options.runs)
    sys.path.insert(0, str(ROOT))
    in_process(options.specs, options.runs)
    curve()


if __name__ == "__main__":
    main()
