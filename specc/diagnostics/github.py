"""Workflow commands of GitHub Actions, which become annotations beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from specc.diagnostics.model import Diagnostic
from specc.diagnostics.report import FileReport, sentences
from specc.diagnostics.sanitize import clean

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def render(reports: Sequence[FileReport]) -> str:
    """One command a finding, a line each."""
    return "".join(_command(problem) for report in reports for problem in report.problems)


def _command(problem: Diagnostic) -> str:
    span = problem.span
    line, column = span.source.position(span.start)
    last_line, last_column = span.source.position(span.end)
    place = {"file": span.source.name, "line": line, "endLine": last_line, "col": column, "endColumn": last_column}
    if last_line != line:
        # GitHub takes columns only within one line.
        del place["col"], place["endColumn"]
    fields = ",".join(f"{key}={_property(str(value))}" for key, value in place.items())
    title = _property(f"{problem.code} {problem.name}")
    return f"::{_LEVELS[problem.severity]} {fields},title={title}::{_message(problem)}\n"


def _message(problem: Diagnostic) -> str:
    return "%0A".join(line.replace("%", "%25") for line in sentences(problem))


def _property(text: str) -> str:
    return clean(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
