"""What a finding is: facts only; prose and layout belong to the renderers."""

from __future__ import annotations

from typing import NamedTuple

from specc.diagnostics.codes import CODES
from specc.source import Span


class Label(NamedTuple):
    """A second place that explains the first: a step that produced a number, an earlier use."""

    span: Span
    message: str


class Edit(NamedTuple):
    """Replace the text of a span."""

    span: Span
    text: str


class Fix(NamedTuple):
    """A change that is certainly right, which `check --fix` may apply."""

    title: str
    edits: tuple[Edit, ...]


class Diagnostic(NamedTuple):
    """One finding. `name` is the stable identity, `code` its short form, `severity` "error", "warning" or "info"."""

    code: str
    name: str
    severity: str
    span: Span
    headline: str
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()
    fix: Fix | None = None


def finding(name: str, span: Span, headline: str, *, labels: tuple[Label, ...] = (), notes: tuple[str, ...] = (),
            helps: tuple[str, ...] = (), fix: Fix | None = None, severity: str | None = None) -> Diagnostic:
    """A diagnostic of the rule called `name`, with the code and severity the table gives it."""
    code, usual, _ = CODES[name]
    return Diagnostic(code, name, severity or usual, span, headline, labels, notes, helps, fix)
