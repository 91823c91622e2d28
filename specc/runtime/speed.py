"""Switches of torch and the C library that change how fast a run is, not what it computes."""

from __future__ import annotations

from typing import Any

import torch


def prepare(settings: dict[str, Any]) -> None:
    """Set what the spec asks for."""
    torch.use_deterministic_algorithms(bool(settings["deterministic"]))
    torch.set_float32_matmul_precision("high" if settings["tf32"] else "highest")
