"""What was found in one file, as every output format receives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from specc.diagnostics.model import Diagnostic
from specc.diagnostics.sanitize import clean


class ModelReport(NamedTuple):
    """A model of the file: its number of parameters and the types of its inputs and outputs, as text."""

    name: str
    parameters: int | None
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


class FileReport(NamedTuple):
    """`path` is the name the user gave; `problems` are in the order they are shown in."""

    path: str
    problems: tuple[Diagnostic, ...]
    models: tuple[ModelReport, ...] = ()

    @property
    def status(self) -> str:
        """`ok`, `warning` or `error`: the worst of the problems."""
        found = {problem.severity for problem in self.problems}
        return "error" if "error" in found else "warning" if "warning" in found else "ok"


def count(reports: Sequence[FileReport], severity: str) -> int:
    """How many problems of a severity there are in all files."""
    return sum(problem.severity == severity for report in reports for problem in report.problems)


def sentences(problem: Diagnostic) -> list[str]:
    """The headline, notes and helps as lines that are safe to print, for formats without a layout of their own."""
    texts = [problem.headline.replace("\n", "\\n"), *problem.notes, *(f"help: {text}" for text in problem.helps)]
    return [clean(line) for text in texts for line in text.split("\n")]
