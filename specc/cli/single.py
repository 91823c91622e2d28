"""Loading the one spec that verbs such as `emit` and `run` work on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from specc.cli.files import read_one
from specc.cli.reports import compiled, exit_status
from specc.cli.selection import selection
from specc.cli.terminal import Stream, Terminal
from specc.diagnostics.model import Diagnostic
from specc.diagnostics.report import FileReport
from specc.diagnostics.text import render

if TYPE_CHECKING:
    from specc.compiler import Unit


def load(path: str, overrides: Mapping[str, str], terminal: Terminal, stream: Stream,
         stdin_name: str | None = None) -> tuple[Unit | None, int]:
    """The compiled spec and 0, or None and an exit status. Findings go to `stream`."""
    entry = read_one(path, stdin_name)
    if isinstance(entry, Diagnostic):
        unit, report = None, FileReport(path, (entry,))
    else:
        unit, report = compiled(entry, overrides, terminal.debug)
    stream.write(render([selection((), ()).of(report)], stream.color))
    status = exit_status([report])
    return (None, status) if status else (unit, status)
