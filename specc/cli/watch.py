"""`specc check --watch`: checks again whenever a spec, an imported file or the settings change."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from specc.cli.arguments import Given, UsageError
from specc.cli.check import check, searched
from specc.cli.config import places
from specc.cli.files import STDIN, listed
from specc.cli.terminal import Terminal
from specc.source import Source

PAUSE = 0.3  # seconds between two looks
CLEAR = "\x1b[H\x1b[2J\x1b[3J"  # home, and away with what stands on the screen and above it
# What a file looked like; None where it is not there.
Stamp = tuple[int, int, int] | None


def watch(given: Given, terminal: Terminal) -> int:
    """Check again and again; only an interrupt ends it. Raises UsageError where there is nothing to wait for."""
    if STDIN in given.words:
        raise UsageError("--watch cannot watch standard input")
    if given["fix"] or given["diff"]:
        raise UsageError("--watch only looks: leave out --fix and --diff")
    if (given["format"] or "text") not in ("text", "concise"):
        raise UsageError(f"--watch prints for people: leave out --format {given['format']}")
    patient = False  # a command line that is wrong from the start ends it; settings in the middle of an edit do not
    while True:
        before = _stamps(given, {})
        if terminal.out.is_terminal:
            terminal.out.write(CLEAR)
        imported = _check(given, terminal, patient)
        before |= imported
        terminal.err.line("watching for changes; Ctrl-C ends it")
        while _stamps(given, imported) == before:
            time.sleep(PAUSE)
        patient = True


def _check(given: Given, terminal: Terminal, patient: bool) -> dict[str, Stamp]:
    """One check; gives the files that were imported, as they looked before they were read."""
    from specc.compiler import beside

    imported: dict[str, Stamp] = {}

    def load(source: Source, path: str) -> Source | str:
        place = os.path.join(os.path.dirname(source.name), path)
        imported.setdefault(place, _stamp(place))
        return beside(source, path)

    try:
        check(given, terminal, load)
    except UsageError as error:
        if not patient:
            raise
        terminal.err.line(f"specc: {error}")
    return imported


def _stamps(given: Given, imported: Iterable[str]) -> dict[str, Stamp]:
    """What every file that matters looks like."""
    paths = [entry for entry in listed(given.words) if isinstance(entry, str)]
    return {path: _stamp(path) for path in (*paths, *places(searched(given)), *imported)}


def _stamp(path: str) -> Stamp:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
