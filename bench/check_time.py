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


def repeated(count: int) -> str:
    return f"  y = x -> repeat {count} {{ Linear(_, 8) }}\n"


def written(count: int) -> str:
    """A chain of different layers, each on a line of its own."""
    lines = "".join(f"  x{n + 1} = x{n} -> l{n}: Linear(_, {8 + n % 5})\n" for n in range(count))
    return f"  x0 = x\n{lines}  y = x{count}\n"


def dense(count: int) -> str:
    """Every layer is fed with all values before it."""
    return (
        f"  feats = [x]\n  for i in 0..{count} {{ feats = feats + [cat(feats, 1) -> l[i]: Linear(_, 8)] }}\n"
        "  y = cat(feats, 1)\n"
    )


def curve() -> None:
    """Cost against the number of layers: a loop, layers written out one by one, and dense blocks."""
    from specc.compiler import compile_spec
    from specc.source import Source

    counts = {repeated: (100, 1_000, 10_000), written: (100, 1_000, 5_000), dense: (100, 200, 400)}
    for shape, sizes in counts.items():
        for count in sizes:
            source = Source("curve.spec", f"model M {{\n  input x: f32[N, 8]\n{shape(count)}  output y\n}}\n")
            start = time.perf_counter()
            unit = compile_spec(source)
            seconds = time.perf_counter() - start
            assert not any(problem.severity == "error" for problem in unit.problems)
            each = f"{seconds / count * 1e6:6.1f} us a layer"
            print(f"{count:6} layers {shape.__name__:9}: {seconds * 1e3:8.1f} ms   {each}")


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
