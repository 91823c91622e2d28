"""What emitted scripts look like, and how long writing them takes.

    python bench/emit.py [--beside FILE.py ...]

For every spec in specs/: lines, functions, the longest function, the share of lines with a comment or docstring, and
milliseconds (medians of 5 in one process) of checking and of emitting. Files named by --beside are counted alike.
"""

from __future__ import annotations

import argparse
import ast
import io
import statistics
import time
import tokenize
from pathlib import Path
from typing import NamedTuple

from specc.backends.script import emit
from specc.compiler import compile_spec
from specc.diagnostics.error import SpecError
from specc.source import Source

SPECS = Path(__file__).resolve().parent.parent / "specs"


class Look(NamedTuple):
    """Lines of text, number of functions, lines of the longest, percent of lines with a comment or docstring."""

    lines: int
    functions: int
    longest: int
    comments: float


def look(text: str) -> Look:
    tree = ast.parse(text)
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    lengths = [(node.end_lineno or 0) - node.lineno + 1 for node in functions]
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    said = {token.start[0] for token in tokens if token.type == tokenize.COMMENT} | docstrings(tree)
    lines = text.count("\n")
    return Look(lines, len(functions), max(lengths, default=0), 100 * len(said) / lines)


def docstrings(tree: ast.Module) -> set[int]:
    """The lines of all docstrings."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            found |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return found


def row(name: str, found: Look, times: tuple[float, float] | None = None) -> str:
    shown = f"{times[0]:9.1f}{times[1]:9.1f}" if times else ""
    return f"{name:28}{found.lines:6}{found.functions:10}{found.longest:9}{found.comments:9.1f} %{shown}"


def milliseconds(path: Path) -> tuple[str, tuple[float, float]]:
    """The script, and the medians of compiling and of emitting."""
    source, compiling, emitting, text = Source(str(path), path.read_text(encoding="utf-8")), [], [], ""
    for _ in range(5):
        started = time.perf_counter()
        unit = compile_spec(source)
        compiled = time.perf_counter()
        text = emit(unit)
        compiling.append(compiled - started)
        emitting.append(time.perf_counter() - compiled)
    return text, (1e3 * statistics.median(compiling), 1e3 * statistics.median(emitting))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", nargs="*", default=[], metavar="FILE")
    print(f"{'spec':28}{'lines':>6}{'functions':>10}{'longest':>9}{'comments':>11}{'check ms':>9}{'emit ms':>9}")
    for path in sorted(SPECS.rglob("*.spec")):
        try:
            text, times = milliseconds(path)
        except SpecError as error:
            print(f"{path.relative_to(SPECS).as_posix():28}{error.problems[0].headline}")
            continue
        print(row(path.relative_to(SPECS).as_posix(), look(text), times))
    for name in parser.parse_args().beside:
        print(row(Path(name).name, look(Path(name).read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
