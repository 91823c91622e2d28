"""Lines of a source with marks under them, aligned cell by cell as a terminal shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from specc.diagnostics.paint import Painter, Row
from specc.diagnostics.sanitize import clean, clip, visible
from specc.source import Source, Span

_TAB = "    "
_WIDEST = 200
_MARGIN = 40


class Mark(NamedTuple):
    """Characters `start` to `end` of one line (from 0), the text beside them, and whether this is the main place."""

    start: int
    end: int
    message: str
    primary: bool


def marks_of(span: Span, message: str, primary: bool) -> list[tuple[int, Mark]]:
    """The marks of a span with their line numbers; of a span over several lines, those of its first and last."""
    source = span.source
    first = source.position(span.start)
    last = source.position(max(span.start, span.end - 1))
    if first.line == last.line:
        end = first.column - 1 if span.end <= span.start else last.column
        return [(first.line, Mark(first.column - 1, end, message, primary))]
    text = source.line(last.line)
    indent = min(len(text) - len(text.lstrip()), last.column - 1)
    return [(first.line, Mark(first.column - 1, len(source.line(first.line)), "", primary)),
            (last.line, Mark(indent, last.column, message, primary))]


def excerpt(source: Source, marks: Iterable[tuple[int, Mark]], gutter: int, painter: Painter) -> list[str]:
    """The marked lines of a source, each with its marks below; longer gaps between them show as `...`."""
    by_line: dict[int, list[Mark]] = {}
    for number, mark in marks:
        by_line.setdefault(number, []).append(mark)
    margin = painter.paint(f"{'':{gutter}} |", "gutter")
    shown, before = [margin], 0
    for number in sorted(by_line):
        if before and number - before > 2:
            shown.append(painter.paint("...", "gutter"))
        text, placed = _layout(source.line(number), by_line[number])
        shown.append(f"{painter.paint(f'{number:>{gutter}} |', 'gutter')} {text}".rstrip())
        shown += [f"{margin} {painter.row(row)}" for row in _rows(placed)]
        before = number
    return shown


def _layout(line: str, marks: Sequence[Mark]) -> tuple[str, list[Mark]]:
    """The line as it is printed, and its marks in cells instead of characters."""
    first, last = _window(line, marks)
    pieces = [(_printed(character), _cells(character)) for character in line[first:last]]
    before, after = "..." if first else "", "..." if last < len(line) else ""
    edges = [len(before)]
    for _, width in pieces:
        edges.append(edges[-1] + width)
    placed = []
    for mark in marks:
        start, end = (edges[min(max(at, first), last) - first] for at in (mark.start, mark.end))
        placed.append(mark._replace(start=start, end=max(end, start + 1), message=clip(clean(mark.message), 300)))
    return before + "".join(text for text, _ in pieces) + after, placed


def _window(line: str, marks: Sequence[Mark]) -> tuple[int, int]:
    """The part of a line that is shown: all of it, unless it is longer than a screen is wide."""
    if len(line) <= _WIDEST:
        return 0, len(line)
    start = min(mark.start for mark in marks)
    first = max(0, min(start - _MARGIN, len(line) - _WIDEST))
    return first, first + _WIDEST


def _printed(character: str) -> str:
    return _TAB if character == "\t" else visible(character)


def _cells(character: str) -> int:
    """How many cells of a terminal a character takes."""
    if character.isascii() and character.isprintable():
        return 1
    printed = _printed(character)
    if printed != character:
        return len(printed)
    from unicodedata import category, east_asian_width

    if category(character) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def _rows(marks: Sequence[Mark]) -> list[Row]:
    """The rows under a line: underlines with one message beside them, the other messages hanging below."""
    underline = Row()
    for mark in sorted(marks, key=lambda mark: mark.primary):
        underline.put(mark.start, ("^" if mark.primary else "-") * (mark.end - mark.start), _style(mark))
    beside = max(marks, key=lambda mark: (mark.end, mark.start))
    if any(other.end > beside.start and other.message for other in marks if other is not beside):
        return [underline, *_hanging([mark for mark in marks if mark.message])]
    if beside.message:
        underline.put(beside.end + 1, beside.message, _style(beside))
    return [underline, *_hanging([mark for mark in marks if mark.message and mark is not beside])]


def _hanging(marks: Sequence[Mark]) -> list[Row]:
    """Messages below the line, the rightmost first, each at the end of a stroke from its mark."""
    waiting = sorted(marks, key=lambda mark: (-mark.start, not mark.primary))
    rows = [_strokes(waiting)] if waiting else []
    while waiting:
        mark = waiting.pop(0)
        row = _strokes([other for other in waiting if other.start < mark.start])
        row.put(mark.start, mark.message, _style(mark))
        rows.append(row)
    return rows


def _strokes(marks: Iterable[Mark]) -> Row:
    row = Row()
    for mark in marks:
        row.put(mark.start, "|", _style(mark))
    return row


def _style(mark: Mark) -> str:
    return "primary" if mark.primary else "secondary"
