"""The report of a run: one self-contained page."""

from __future__ import annotations

from pathlib import Path


def run_report(folder: Path) -> str:
    """The page of a run's folder."""
    return ""
