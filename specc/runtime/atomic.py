"""Files that are there whole or not at all: temporary file, fsync, rename, fsync of the folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable

from specc.runtime.options import RunError


def write(path: Path, fill: Callable[[str], object]) -> None:
    """Let `fill(temporary_path)` write a file and put it in place of `path`. RunError if that cannot be done; then the
    old file is untouched."""
    temporary = path.with_name(f".{path.name}.tmp")  # one name: what a killed process left is written over
    try:
        fill(str(temporary))
        _sync(temporary)
        os.replace(temporary, path)
        _sync(path.parent)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as RuntimeError
        raise RunError("cannot-write", f"{path} could not be written: {reason(error)}") from error
    finally:
        _discard(temporary)


def _discard(temporary: Path) -> None:
    """Leave nothing behind, if anything is there."""
    try:
        temporary.unlink(missing_ok=True)
    except OSError:  # the folder cannot be written to: nothing was
        pass


def write_text(path: Path, text: str) -> None:
    write(path, lambda temporary: Path(temporary).write_text(text, encoding="utf-8"))


def reason(error: Exception) -> str:
    """The first line of an error, without the noise of paths and numbers that OSError puts around it."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error).splitlines() or [type(error).__name__])[0]


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
