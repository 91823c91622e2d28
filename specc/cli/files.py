"""Finding the specs a command line means, and writing files so that they are there whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator

from specc.cli.terminal import Terminal
from specc.diagnostics.model import Diagnostic
from specc.diagnostics.sanitize import clean
from specc.reading import decode, file_problem, read, unreadable
from specc.source import Source

SUFFIX = ".spec"
STDIN = "-"
Excluded = Callable[[str], bool]


def read_all(paths: Iterable[str], stdin_name: str | None = None,
             excluded: Excluded | None = None) -> list[Source | Diagnostic]:
    """Every spec of the files and folders given, each once; what cannot be read is a finding in its place.

    `excluded` says which of the specs that are found in folders are left out; a file that is named never is.
    """
    return [read_one(entry, stdin_name) if isinstance(entry, str) else entry for entry in listed(paths, excluded)]


def listed(paths: Iterable[str], excluded: Excluded | None = None) -> Iterator[str | Diagnostic]:
    """The path of every spec of the files and folders given, each once, or a finding in its place."""
    seen = set()
    for path in paths:
        for entry in _entries(path, excluded):
            identity = _identity(entry)
            if identity not in seen:
                seen.add(identity)
                yield entry


def read_one(path: str, stdin_name: str | None = None) -> Source | Diagnostic:
    """One spec; `-` is standard input, shown under `stdin_name`."""
    if path != STDIN:
        return read(path)
    name = stdin_name or "<stdin>"
    if sys.stdin is None:
        return unreadable(name, "standard input is closed")
    try:
        return decode(name, sys.stdin.buffer.read())
    except (OSError, ValueError) as error:
        return unreadable(name, clean(str(error)))


def _identity(entry: str | Diagnostic) -> str:
    if isinstance(entry, Diagnostic):
        return entry.headline
    return entry if entry == STDIN or "\0" in entry else os.path.realpath(entry)


def _entries(path: str, excluded: Excluded | None) -> Iterator[str | Diagnostic]:
    """The path itself, or the specs below it in sorted order."""
    if path == STDIN or not os.path.isdir(path):
        yield path
        return
    found = sorted(_below(path))
    if not found:
        yield file_problem("no-specs", path, f"there is no {SUFFIX} file in {clean(path)}")
    yield from found if excluded is None else (entry for entry in found if not excluded(entry))


def _below(folder: str) -> Iterator[str]:
    """Specs in a folder and its folders, hidden ones left out; links to folders are not followed."""
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if name.endswith(SUFFIX):
                path = os.path.join(here, name)
                yield path[2:] if folder == os.curdir else path


def save(path: str, text: str, terminal: Terminal) -> int:
    """Write a result to a file; the exit status, 2 where it cannot be written."""
    try:
        write_whole(path, text.encode())
    except (OSError, ValueError) as error:
        terminal.err.line(f"specc: cannot write {clean(path)}: {_reason(error)}")
        return 2
    return 0


def _reason(error: OSError | ValueError) -> str:
    return (getattr(error, "strerror", None) or clean(str(error))).lower()


def write_whole(path: str, data: bytes) -> None:
    """Replace a file's content in one step, through links, keeping its permissions. Raises OSError."""
    path = os.path.realpath(path)
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)[:100]}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(path):
            os.chmod(temporary, os.stat(path).st_mode & 0o7777)
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
