"""Standard output and standard error: colors where they are wanted, and no fuss when the reader has gone."""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO


class OutputError(Exception):
    """Standard output cannot be written, for another reason than a reader that has gone."""


class Stream:
    """One of the two streams. `color` says whether escape codes may be written to it."""

    __slots__ = ("file", "color")

    def __init__(self, file: TextIO | None, when: str) -> None:
        self.file = file
        self.color = _wants_color(file, when)
        reconfigure = getattr(file, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")

    @property
    def is_terminal(self) -> bool:
        """Whether a person may be looking on."""
        return _is_terminal(self.file)

    def write(self, text: str) -> None:
        """Write a text as it is, at once. A pipe that nobody reads any more swallows it in silence."""
        if self.file is None or not text:
            return
        try:
            self.file.write(text)
            self.file.flush()
        except BrokenPipeError:
            self._close()
        except OSError as error:
            self._close()
            raise OutputError(os.strerror(error.errno or 0)) from error

    def line(self, text: str = "") -> None:
        """Write a line."""
        self.write(f"{text}\n")

    def _close(self) -> None:
        """Lead what is still buffered into nothing, or Python would complain about it at its end."""
        if self.file is not None and hasattr(self.file, "fileno"):
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self.file.fileno())
            os.close(nothing)
        self.file = None


class Terminal:
    """Findings and results go to `out`, progress and logs to `err`."""

    __slots__ = ("out", "err", "debug")

    def __init__(self, color: str = "auto", debug: bool = False) -> None:
        self.out = Stream(sys.stdout, color)
        self.err = Stream(sys.stderr, color)
        self.debug = debug


def _wants_color(file: Any, when: str) -> bool:
    """`always` and `never` decide; else NO_COLOR, then FORCE_COLOR, then whether it is a terminal that knows colors."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if forced := os.environ.get("FORCE_COLOR"):
        return forced != "0"
    return _is_terminal(file) and os.environ.get("TERM") != "dumb"


def _is_terminal(file: Any) -> bool:
    try:
        return file is not None and file.isatty()
    except ValueError:  # a closed file
        return False
