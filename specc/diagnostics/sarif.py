"""SARIF 2.1.0, the exchange format of code scanners."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from specc.diagnostics.codes import CODES
from specc.diagnostics.model import Diagnostic, Fix, Label
from specc.diagnostics.report import FileReport, sentences
from specc.diagnostics.sanitize import clean
from specc.source import Span
from specc.version import __version__

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def render(reports: Sequence[FileReport]) -> str:
    """One SARIF log with one run; only the rules that found something are described."""
    problems = [problem for report in reports for problem in report.problems]
    names = sorted({problem.name for problem in problems}, key=lambda name: CODES[name][0])
    driver = {"name": "specc", "version": __version__, "rules": [_rule(name) for name in names]}
    results = [_result(problem, names.index(problem.name)) for problem in problems]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints",
           "artifacts": [{"location": {"uri": _uri(report.path)}} for report in reports], "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(name: str) -> dict[str, Any]:
    code, severity, summary = CODES[name]
    return {"id": code, "name": name, "shortDescription": {"text": summary},
            "help": {"text": f"specc explain {code}"}, "defaultConfiguration": {"level": _LEVELS[severity]}}


def _result(problem: Diagnostic, rule: int) -> dict[str, Any]:
    result = {"ruleId": problem.code, "ruleIndex": rule, "level": _LEVELS[problem.severity],
              "message": {"text": "\n".join(sentences(problem))},
              "locations": [{"physicalLocation": _place(problem.span)}]}
    if problem.labels:
        result["relatedLocations"] = [_related(number, label) for number, label in enumerate(problem.labels)]
    if problem.fix is not None:
        result["fixes"] = [_fix(problem.fix)]
    return result


def _related(number: int, label: Label) -> dict[str, Any]:
    return {"id": number, "physicalLocation": _place(label.span), "message": {"text": clean(label.message)}}


def _fix(fix: Fix) -> dict[str, Any]:
    sources = list(dict.fromkeys(edit.span.source for edit in fix.edits))
    changes = [{"artifactLocation": {"uri": _uri(source.name)},
                "replacements": [{"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
                                 for edit in fix.edits if edit.span.source is source]} for source in sources]
    return {"description": {"text": clean(fix.title)}, "artifactChanges": changes}


def _place(span: Span) -> dict[str, Any]:
    return {"artifactLocation": {"uri": _uri(span.source.name)}, "region": _region(span)}


def _region(span: Span) -> dict[str, int]:
    start, end = span.source.position(span.start), span.source.position(span.end)
    return {"startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column}


def _uri(path: str) -> str:
    path = path.replace("\\", "/")
    encoded = quote(path.encode("utf-8", "surrogateescape"))
    if path.startswith("/"):
        return f"file://{encoded}"
    # A colon in the first part of a relative path would read as a scheme; quote() has already encoded it.
    return encoded
