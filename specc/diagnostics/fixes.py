"""Applying the fixes that findings carry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from specc.diagnostics.model import Diagnostic, Edit, Fix
from specc.source import Source


class Fixed(NamedTuple):
    """A text after some fixes, and how many were applied."""

    text: str
    applied: int


def apply_fixes(source: Source, problems: Iterable[Diagnostic]) -> Fixed:
    """Apply every fix that lies in this source and touches no place another one has changed."""
    chosen: list[Edit] = []
    count = 0
    for problem in problems:
        fix = problem.fix
        if fix is not None and _fits(fix, source, chosen):
            chosen += fix.edits
            count += 1
    text = source.text
    for edit in sorted(chosen, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return Fixed(text, count)


def _fits(fix: Fix, source: Source, chosen: list[Edit]) -> bool:
    """Whether all edits of a fix are in the source, and apart from one another and from those chosen before."""
    taken = list(chosen)
    for edit in fix.edits:
        if edit.span.source is not source or any(_touch(edit, other) for other in taken):
            return False
        taken.append(edit)
    return bool(fix.edits)


def _touch(first: Edit, second: Edit) -> bool:
    """Whether two edits overlap; two insertions at one place do too, for their order would be a guess."""
    a, b = first.span, second.span
    return a.start < b.end and b.start < a.end or a.start == b.start
