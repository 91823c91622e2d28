"""Reading a spec from disk. What goes wrong is a finding like any other, in one line."""

from __future__ import annotations

from os import PathLike, fspath, strerror

from specc.diagnostics.model import Diagnostic, finding
from specc.diagnostics.sanitize import clean
from specc.source import Source, Span

LARGEST = 16 * 1024 * 1024
BOM = b"\xef\xbb\xbf"
EMPTY = '""'


def read(path: str | PathLike[str], name: str | None = None) -> Source | Diagnostic:
    """The spec at a path, named as given or by the path; a finding if it is not UTF-8 text that can be read."""
    name = name or fspath(path)
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        return unreadable(name, _reason(error))
    return decode(name, data)


def decode(name: str, data: bytes) -> Source | Diagnostic:
    """The spec in some bytes; a byte order mark at the start is dropped."""
    if len(data) > LARGEST:
        return unreadable(name, f"it is larger than {LARGEST // 1024 // 1024} MB")
    try:
        return Source(name, data.removeprefix(BOM).decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        place = f"byte {data[error.start]:#04x} in line {line}"
        return file_problem("not-utf8", name, f"{clean(name)} is not UTF-8 text: {place}")


def unreadable(name: str, reason: str) -> Diagnostic:
    """The finding that a file cannot be read, and why."""
    return file_problem("unreadable-file", name, f"cannot read {clean(name) or EMPTY}: {reason}")


def file_problem(rule: str, name: str, headline: str) -> Diagnostic:
    """A finding on a file as a whole, of which there is no text to show."""
    return finding(rule, Span(Source(name, ""), 0, 0), headline)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, IsADirectoryError):
        return "it is a folder"
    if isinstance(error, OSError) and error.errno:
        return strerror(error.errno).lower()
    return clean(str(error))
