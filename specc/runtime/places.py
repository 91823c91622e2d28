"""Where data lie: relative paths, the --data-root option, locks, and whether there is a network."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0


def candidates(written: str, data_root: str | None) -> list[Path]:
    """The folders or files a relative path of a spec may mean, the likeliest first.

    Without --data-root it is relative to the current folder. With --data-root R, a leading `data` stands for R itself:
    "data" is R, "data/cifar10/train" is R/cifar10/train; after that comes R/data/cifar10/train. Other relative paths
    start from R, absolute ones stay.
    """
    path = Path(written)
    if data_root is None or path.is_absolute():
        return [path]
    root = Path(data_root)
    first, rest = path.parts[:1], path.parts[1:]
    return [root.joinpath(*rest), root / path] if first == ("data",) else [root / path]


def existing(written: str, data_root: str | None) -> Path:
    """The first candidate that is there, else the first."""
    found = candidates(written, data_root)
    return next((path for path in found if path.exists()), found[0])


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Only one process at a time in here, for a folder; the lock file stays behind."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".specc.lock", "w", encoding="ascii") as handle:
        try:
            import fcntl
        except ImportError:  # a system without it has no other processes' locks to respect
            yield
            return
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def patience(seconds: float = READ_SECONDS) -> Iterator[None]:
    """No connection made in here waits longer than this for an answer."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def reachable(host: str, port: int = 443) -> bool:
    """Whether a connection can be made within a few seconds, name resolution (which has no time-out) included."""
    answers: list[bool] = []

    def connect() -> None:
        try:
            socket.create_connection((host, port), CONNECT_SECONDS).close()
            answers.append(True)
        except OSError:
            answers.append(False)

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS)
    return bool(answers and answers[0])


def shown(path: Path) -> str:
    return os.fspath(path)
