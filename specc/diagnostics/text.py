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
    """One finding, as several lines with an end of line each."""
    painter = Painter(color, problem.severity)
    marks = _marks(problem)
    gutter = max(2, len(str(max(number for found in marks.values() for number, _ in found))))
    lines = [_headline(problem, painter)]
    for source, found in marks.items():
        lines.append(_arrow(source, problem, found[0][0], gutter, painter))
        if source.text:
            lines += excerpt(source, found, gutter, painter)
    margin = f"{'':{gutter}} "
    if problem.span.source.text:
        lines.append(painter.paint(f"{margin}|", "gutter"))
    for kind, text in _remarks(problem):
        first, *more = text.split("\n")
        lines.append(f"{painter.paint(f'{margin}=', 'gutter')} {painter.paint(f'{kind}:', 'bold')} {clean(first)}")
        lines += [f"{margin}{'':{len(kind) + 4}}{clean(line)}" for line in more]
    return "".join(f"{line}\n" for line in lines)


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
    position = source.position(problem.span.start)
    place = f":{position.line}:{position.column}" if source.text else ""
    return f"{painter.paint(f'{chr(32) * gutter}-->', 'gutter')} {clean(source.name)}{place}"


def _remarks(problem: Diagnostic) -> list[tuple[str, str]]:
    remarks = [("note", text) for text in problem.notes] + [("help", text) for text in problem.helps]
    return [*remarks, ("see", f"specc explain {problem.code}")]
