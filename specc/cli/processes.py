"""Starting the processes of `run --nproc N`, as torchrun would: each finds its place in the environment."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

from specc.cli.terminal import Terminal

WAIT_SECONDS = 0.05


def launch(words: Sequence[str], count: int, terminal: Terminal) -> int:
    """Run `specc run WORDS` in `count` processes; gives the exit status of the first, which speaks for all."""
    shared = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    threads = max(1, (os.cpu_count() or 1) // count)
    shared.setdefault("OMP_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", str(threads)))
    processes = []
    for rank in range(count):
        place = {**os.environ, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank)}
        quiet = subprocess.DEVNULL if rank else None
        command = [sys.executable, "-m", "specc", "run", *words]
        processes.append(subprocess.Popen(command, env=place, stdout=quiet, stderr=quiet))
    with _Passing(processes):
        status = _wait(processes)
    failed = next((rank for rank, process in enumerate(processes) if rank and process.returncode), None)
    if status == 0 and failed is not None:
        terminal.err.line(f"specc: process {failed} ended with status {processes[failed].returncode}")
        return 1
    return status


def _wait(processes: list[subprocess.Popen[bytes]]) -> int:
    """Wait for all. If one fails, the others would wait for it for ever: they are given a while, and ended."""
    while any(process.poll() is None for process in processes):
        if any(process.returncode for process in processes):
            time.sleep(1)
            for process in processes:
                process.kill()
        time.sleep(WAIT_SECONDS)
    return max(processes[0].returncode, 0) or int(processes[0].returncode < 0)


class _Passing:
    """While in force, Ctrl-C and SIGTERM go to the processes, which agree on where to stop."""

    def __init__(self, processes: list[subprocess.Popen[bytes]]) -> None:
        self.processes, self.before = processes, {}  # type: ignore[var-annotated]

    def __enter__(self) -> None:
        self.before = {number: signal.signal(number, self._pass) for number in (signal.SIGINT, signal.SIGTERM)}

    def __exit__(self, *error: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _pass(self, number: int, frame: object) -> None:
        if number == signal.SIGINT and sys.stdin.isatty():  # a terminal has told them all
            return
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(number)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
