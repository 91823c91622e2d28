"""Findings on a typed program: one file per family of rules."""

from __future__ import annotations

from typing import Any

from specc.diagnostics.model import Diagnostic


def findings(program: Any) -> tuple[Diagnostic, ...]:
    """Everything the rules find, in the order of the text."""
    return ()
