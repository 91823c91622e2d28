"""Edits of a spec's text that never run two words together."""

from __future__ import annotations

from specc.diagnostics.model import Edit, Fix
from specc.source import Span


def edit(span: Span, new: str) -> Edit:
    """Put a text in place of a span, with a space where it would otherwise grow into the words around it."""
    text = span.source.text
    before, after = text[: span.start][-1:], text[span.end : span.end + 1]
    if not new:
        return Edit(span, " " if _word(before) and _word(after) else "")
    left = " " if _word(before) and _word(new[0]) else ""
    right = " " if _word(after) and _word(new[-1]) else ""
    return Edit(span, left + new + right)


def fix(span: Span, new: str) -> Fix:
    """The fix that puts a word or sign, or nothing, in place of a span."""
    return Fix(f"write {new}" if new else "remove it", (edit(span, new),))


def _word(character: str) -> bool:
    return character.isalnum() or character == "_"
