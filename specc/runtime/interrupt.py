"""Ctrl-C and SIGTERM ask a run to stop: it saves a checkpoint after the step it is in."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

import torch

from specc.runtime.ranks import ALONE, Ranks


class Interrupt:
    """While in force, `number` becomes the signal that came, 0 before. A second Ctrl-C stops at once.

    Several processes have to stop at the same step: there, it is what they last agreed on.
    """

    def __init__(self, ranks: Ranks = ALONE) -> None:
        self.ranks, self._noticed, self._agreed = ranks, 0, 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interrupt":
        if threading.current_thread() is threading.main_thread():  # elsewhere Python allows no handlers
            self._before = {number: signal.signal(number, self._notice) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def number(self) -> int:
        return self._noticed if self.ranks.world == 1 else self._agreed

    def agree(self, device: torch.device) -> None:
        """Ask the other processes, all of them at the same place."""
        self._agreed = self.ranks.highest(self._noticed, device)

    @property
    def exit_status(self) -> int:
        return 128 + self.number if self.number else 0

    def _notice(self, number: int, frame: FrameType | None) -> None:
        if self._noticed and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._noticed = number
