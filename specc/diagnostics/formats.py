"""The output formats of `specc check`, each in a module that is imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from specc.diagnostics.report import FileReport

FORMATS = {"text": "text", "concise": "concise", "json": "jsonformat", "github": "github", "sarif": "sarif",
           "junit": "junit"}


def render(name: str, reports: Sequence[FileReport], color: bool = False) -> str:
    """The findings of all files in the format called `name`; only `text` knows colors."""
    if name == "text":
        from specc.diagnostics import text

        return text.render(reports, color)
    from importlib import import_module

    return import_module(f"specc.diagnostics.{FORMATS[name]}").render(reports)
