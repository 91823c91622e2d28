"""How long `specc check` takes over many files: cold, as a whole process, and where the time goes.

    python bench/check_many.py [--files 1000] [--runs 3]

The files are the specs of the repository and of the study, again and again with other seeds and lengths, so that no
two trainings are alike. Cold figures are medians of whole processes; phases are of one run in process.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))


def texts(count: int) -> list[str]:
    """So many specs, the small ones of the study among the whole models of specs/."""
    from bench.study.cases import broken, correct

    own = [path.read_text() for path in sorted((ROOT / "specs").rglob("*.spec"))]
    known = [*own, *(case.text for case in (*broken(), *correct()))]
    draw = random.Random(0)
    return [_varied(known[place % len(known)], draw) for place in range(count)]


def _varied(text: str, draw: random.Random) -> str:
    """The same job with another seed and another length."""
    text = re.sub(r"seed = \d+", lambda _: f"seed = {draw.randrange(10**6)}", text)
    return re.sub(r"epochs = (\d+)", lambda found: f"epochs = {int(found[1]) + draw.randrange(3)}", text)


def cold(folder: Path, runs: int) -> tuple[float, float, int]:
    """Seconds of a whole process on the wall and on the processor, and the lines it prints."""
    command = [sys.executable, "-m", "specc", "check", "--format", "concise", str(folder)]
    # as on a user's machine: compiled files are kept, whatever this shell says
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    times, busy, lines = [], [], 0
    for _ in range(runs + 1):
        start, before = time.perf_counter(), _children()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
        times.append(time.perf_counter() - start)
        busy.append(_children() - before)
        assert done.returncode in (0, 1), done.stderr
        lines = done.stdout.count("\n")
    return statistics.median(times[1:]), statistics.median(busy[1:]), lines


def _children() -> float:
    """Processor seconds of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def phases(folder: Path) -> dict[str, float]:
    """Seconds in each phase of one run in process, imports not counted."""
    import specc.checks
    import specc.cli.reports
    import specc.compiler
    import specc.diagnostics.formats
    import specc.program.elaborate
    import specc.syntax.parser
    from specc.cli.main import main

    spent: dict[str, float] = {}

    def timed(module: Any, name: str, title: str) -> None:
        function: Callable[..., Any] = getattr(module, name)

        def wrapper(*args: Any, **options: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args, **options)
            finally:
                spent[title] = spent.get(title, 0.0) + time.perf_counter() - start

        setattr(module, name, wrapper)

    timed(specc.syntax.parser, "parse", "parse")
    timed(specc.program.elaborate, "elaborate", "elaborate")
    timed(specc.checks, "findings", "rules")
    timed(specc.cli.reports, "models_of", "models of the report")
    start = time.perf_counter()
    main(["check", "--format", "concise", str(folder)])
    spent["the rest: listing, reading, rendering"] = time.perf_counter() - start - sum(spent.values())
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for place, text in enumerate(texts(options.files)):
            (folder / f"{place:05}.spec").write_text(text)
        size = sum(path.stat().st_size for path in folder.iterdir())
        seconds, busy, lines = cold(folder, options.runs)
        print(f"{options.files} files, {size / 1e6:.2f} MB, {lines} findings", file=sys.stderr)
        each = seconds / options.files * 1e3
        print(f"cold: {seconds:.2f} s, {each:.2f} ms a file; {busy:.2f} s of processor time", file=sys.stderr)
        spent = phases(folder)
        for title, value in sorted(spent.items(), key=lambda item: -item[1]):
            print(f"  {title:40} {value:6.2f} s  {100 * value / sum(spent.values()):4.1f} %", file=sys.stderr)


if __name__ == "__main__":
    main()
