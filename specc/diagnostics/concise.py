"""One line a finding: `path:line:column: severity[code]: headline`."""

from __future__ import annotations

from collections.abc import Sequence

from specc.diagnostics.report import FileReport
from specc.diagnostics.sanitize import clean


def render(reports: Sequence[FileReport]) -> str:
    """All findings, a line each."""
    return "".join(_line(problem) for report in reports for problem in report.problems)


def _line(problem) -> str:
    source = problem.span.source
    line, column = source.position(problem.span.start)
    place = f"{clean(source.name)}:{line}:{column}"
    return f"{place}: {problem.severity}[{problem.code}]: {clean(problem.headline)}\n"
