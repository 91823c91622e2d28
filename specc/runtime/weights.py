"""Weights from files: those a run or a script saved, or any state dict. Loading them runs no code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from specc.runtime.checkpoint import NAME, one_line
from specc.runtime.options import RunError

BEST = ("best.safetensors", "best.pt", NAME)  # what is taken from a run's folder: the first that is there


def load_into(module: nn.Module, model: str, where: str) -> Path:
    """Put the weights of a file or a run's folder into the module of `model`; gives the file.

    RunError if it is missing, damaged or of another model.
    """
    path = _find(Path(where))
    try:
        state = _read(path)
    except Exception as error:  # whatever a damaged or hostile file provokes
        raise RunError("checkpoint-unreadable", f"{path} holds no weights: {one_line(error)}") from error
    try:
        module.load_state_dict(_completed(module, _own(state, model)))
    except RuntimeError as error:
        raise RunError("checkpoint-mismatch", f"{path} is not of {model}: {one_line(error)}") from error
    return path


def _find(path: Path) -> Path:
    if path.is_dir():
        path = next((path / name for name in BEST if (path / name).is_file()), path / NAME)
    if not path.is_file():
        raise RunError("checkpoint-unreadable", f"{path} is not there")
    return path


def _read(path: Path) -> dict[str, Tensor]:
    """The state dict of a file; of a checkpoint the running mean of the weights where it has one, else the model's."""
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    found: Any = torch.load(path, map_location="cpu", weights_only=True)
    if "place" in found:
        mean = found.get("ema")
        found = found["model"] if mean is None else _below(mean, "module.")
    if not all(isinstance(value, Tensor) for value in found.values()):
        raise ValueError("it is neither a checkpoint nor a state dict")
    return dict(found)


def _own(state: dict[str, Tensor], model: str) -> dict[str, Tensor]:
    """What belongs to a model, where a file holds several by name."""
    return _below(state, f"{model}.") or state


def _below(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}


def _completed(module: nn.Module, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """With tied parameters under all their keys: safetensors keeps each once."""
    known = {id(tensor): state[key] for key, tensor in module.state_dict(keep_vars=True).items() if key in state}
    missing = {key: known.get(id(tensor)) for key, tensor in module.state_dict(keep_vars=True).items()}
    return {**state, **{key: value for key, value in missing.items() if key not in state and value is not None}}
