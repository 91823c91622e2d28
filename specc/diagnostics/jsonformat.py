"""Findings as JSON, version 1: for editors, scripts and coding agents. Plain ASCII, one object."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from specc.diagnostics.model import Diagnostic, Fix
from specc.diagnostics.report import FileReport, ModelReport, count
from specc.source import Span

VERSION = 1


def render(reports: Sequence[FileReport]) -> str:
    """One JSON object for all files."""
    summary = {"files": len(reports), "errors": count(reports, "error"), "warnings": count(reports, "warning")}
    whole = {"version": VERSION, "files": [_file(report) for report in reports], "summary": summary}
    return json.dumps(whole, indent=2) + "\n"


def _file(report: FileReport) -> dict[str, Any]:
    return {"path": report.path, "status": report.status,
            "diagnostics": [diagnostic(problem, report.path) for problem in report.problems],
            "models": [_model(model) for model in report.models]}


def diagnostic(problem: Diagnostic, path: str) -> dict[str, Any]:
    """One finding; a span that lies in another file than `path` says in which."""
    labels = [{"span": _span(label.span, path), "message": label.message} for label in problem.labels]
    return {"code": problem.code, "name": problem.name, "severity": problem.severity, "message": problem.headline,
            "span": _span(problem.span, path), "labels": labels, "notes": list(problem.notes),
            "help": list(problem.helps), "fix": _fix(problem.fix, path)}


def _fix(fix: Fix | None, path: str) -> dict[str, Any] | None:
    if fix is None:
        return None
    return {"title": fix.title, "edits": [{"span": _span(edit.span, path), "text": edit.text} for edit in fix.edits]}


def _span(span: Span, path: str) -> dict[str, Any]:
    start, end = (span.source.position(offset)._asdict() for offset in (span.start, span.end))
    elsewhere = {} if span.source.name == path else {"path": span.source.name}
    return {"start": start, "end": end, **elsewhere}


def _model(model: ModelReport) -> dict[str, Any]:
    return {"name": model.name, "parameters": model.parameters, "inputs": dict(model.inputs),
            "outputs": dict(model.outputs)}
