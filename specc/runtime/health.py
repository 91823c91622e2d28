"""What to say when a step cannot be computed, or the loss is no number any more."""

from __future__ import annotations

import os.path
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import extract_tb
from typing import Any

import torch
from torch import Tensor, nn

from specc.runtime.checkpoint import Place
from specc.runtime.engine import Forward
from specc.runtime.options import RunError


@contextmanager
def computing(place: Place) -> Iterator[None]:
    """What torch cannot compute, for lack of memory above all, becomes a RunError; faults of ours stay."""
    try:
        yield
    except Exception as error:
        if not _is_of_torch(error):
            raise
        said = " ".join(str(error).split())[:300] or type(error).__name__
        raise RunError("step-failed", f"step {place.step + 1:,} failed: {said}") from error


def _is_of_torch(error: Exception) -> bool:
    """Whether torch has raised it: its C++ raises RuntimeError as a rule, else the last line is in its Python."""
    if type(error) in (RuntimeError, torch.OutOfMemoryError):
        return True
    return extract_tb(error.__traceback__)[-1].filename.startswith(os.path.dirname(torch.__file__) + os.sep)


def diverged(loss: float, step: int, forward: Forward, batch: tuple[Tensor, ...], last_good: str | None) -> RunError:
    """The error for a loss that is NaN or infinite in `step`, with where it came from."""
    kept = f"; {last_good} is the last good checkpoint" if last_good else ""
    return RunError("diverged", f"the loss is {loss} in step {step:,}: {_cause(forward, batch, step)}{kept}")


def _cause(forward: Forward, batch: tuple[Tensor, ...], step: int) -> str:
    for name, parameter in forward.model.named_parameters():
        if not torch.isfinite(parameter).all():
            return f"{name} holds NaN or infinity since step {step - 1:,} (try a lower learning rate or clip_grad_norm)"
    for place, part in zip(forward.wiring.names, batch):
        if part.is_floating_point() and not torch.isfinite(part).all():
            return f"{place} of the data holds NaN or infinity"
    layer = _first_layer(forward, batch)
    return f"{layer} gave the first NaN or infinity" if layer else "the loss itself overflowed"


def _first_layer(forward: Forward, batch: tuple[Tensor, ...]) -> str | None:
    """The first layer whose output is not finite, by key path and class."""
    found: list[str] = []

    def look(name: str) -> Any:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            if not found and isinstance(output, Tensor) and not torch.isfinite(output).all():
                found.append(f"{name} ({type(module).__name__})")

        return hook

    leaves = [(name, module) for name, module in forward.model.named_modules() if not list(module.children())]
    handles = [module.register_forward_hook(look(name)) for name, module in leaves]
    with torch.no_grad():
        forward(batch, forward.model)
    for handle in handles:
        handle.remove()
    return found[0] if found else None
