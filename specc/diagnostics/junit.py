"""JUnit XML, as test reports of CI services read it: one test case a finding, one passing case a clean file.

Errors are failures; warnings and hints pass, with their text as the case's output.
"""

from __future__ import annotations

from collections.abc import Sequence

from specc.diagnostics.model import Diagnostic
from specc.diagnostics.report import FileReport, count, sentences
from specc.diagnostics.sanitize import clean


def render(reports: Sequence[FileReport]) -> str:
    """One test suite for all files."""
    cases = [case for report in reports for case in _cases(report)]
    totals = f'tests="{len(cases)}" failures="{count(reports, "error")}" errors="0"'
    body = "\n".join(f"    {case}" for case in cases)
    return (f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites {totals}>\n  <testsuite name="specc" {totals}>\n'
            f"{body}\n  </testsuite>\n</testsuites>\n")


def _cases(report: FileReport) -> list[str]:
    if not report.problems:
        return [f'<testcase classname="{_escape(report.path)}" name="check"/>']
    return [_case(report.path, problem) for problem in report.problems]


def _case(path: str, problem: Diagnostic) -> str:
    source = problem.span.source
    line, column = source.position(problem.span.start)
    name = _escape(f"{problem.code} {problem.name} {line}:{column}")
    place = f"{source.name}:{line}:{column}: "
    text = _escape(place) + "&#10;".join(_escape(sentence) for sentence in sentences(problem))
    if problem.severity == "error":
        result = f'<failure type="{problem.code}" message="{_escape(problem.headline)}">{text}</failure>'
    else:
        result = f"<system-out>{text}</system-out>"
    return f'<testcase classname="{_escape(path)}" name="{name}">{result}</testcase>'


def _escape(text: str) -> str:
    """Text for an element or an attribute; characters XML cannot hold are spelled out."""
    text = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("'", "&#39;")
