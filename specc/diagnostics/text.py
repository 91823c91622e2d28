"""Findings for people: a headline, the place in the spec with what led to it, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from specc.diagnostics.excerpt import excerpt, marks_of
from specc.diagnostics.model import Diagnostic
from specc.diagnostics.paint import Painter
from specc.diagnostics.report import FileReport
from specc.diagnostics.sanitize import clean, clip
from specc.source import Source


def render(reports: Sequence[FileReport], color: bool = False) -> str:
    """All findings of all files, an empty line after each."""
    return "".join(f"{message(problem, color)}\n" for report in reports for problem in report.problems)


def message(problem: Diagnostic, color: bool = False) -> str:
    """One finding, as several lines with an end of line each; one on a file as a whole has no lines to show."""
    painter = Painter(color, problem.severity)
    if not problem.span.source.text:
        return _brief(problem, painter)
    marks = _marks(problem)
    gutter = max(2, len(str(max(number for found in marks.values() for number, _ in found))))
    lines = [_headline(problem, painter)]
    for source, found in marks.items():
        lines += [_arrow(source, problem, found[0][0], gutter, painter), *excerpt(source, found, gutter, painter)]
    lines.append(painter.paint(f"{'':{gutter}} |", "gutter"))
    for kind, text in [*_remarks(problem), ("see", f"specc explain {problem.code}")]:
        lines += _remark(kind, text, f"{'':{gutter}} ", painter)
    return "".join(f"{line}\n" for line in lines)


def _brief(problem: Diagnostic, painter: Painter) -> str:
    lines = [_headline(problem, painter)]
    for kind, text in _remarks(problem):
        lines += _remark(kind, text, "  ", painter)
    return "".join(f"{line}\n" for line in lines)


def _remark(kind: str, text: str, margin: str, painter: Painter) -> list[str]:
    first, *more = text.split("\n")
    start = f"{painter.paint(f'{margin}=', 'gutter')} {painter.paint(f'{kind}:', 'bold')} "
    return [f"{start}{clean(first)}", *(f"{margin}{'':{len(kind) + 4}}{clean(line)}" for line in more)]


def _marks(problem: Diagnostic) -> dict[Source, list]:
    """The marks of each source, that of the finding first. A label on the very place of the finding is its text."""
    labels = list(problem.labels)
    own = next((label for label in labels if label.span == problem.span), None)
    if own is not None:
        labels.remove(own)
    marks = {problem.span.source: marks_of(problem.span, own.message if own else "", True)}
    for label in labels:
        marks.setdefault(label.span.source, []).extend(marks_of(label.span, label.message, False))
    return marks


def _headline(problem: Diagnostic, painter: Painter) -> str:
    kind = painter.paint(f"{problem.severity}[{problem.code}]", "primary")
    return kind + painter.paint(f": {clip(clean(problem.headline))}", "bold")


def _arrow(source: Source, problem: Diagnostic, line: int, gutter: int, painter: Painter) -> str:
    """Where the lines that follow come from: `-->` for the place of the finding, `:::` for another file."""
    if source is not problem.span.source:
        return f"{painter.paint(f'{chr(32) * gutter}:::', 'gutter')} {clean(source.name)}:{line}"
    _, column = source.position(problem.span.start)
    return f"{painter.paint(f'{chr(32) * gutter}-->', 'gutter')} {clean(source.name)}:{line}:{column}"


def _remarks(problem: Diagnostic) -> list[tuple[str, str]]:
    return [("note", text) for text in problem.notes] + [("help", text) for text in problem.helps]
