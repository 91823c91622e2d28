"""One step of training and one pass of evaluation, in the order the language promises."""

from __future__ import annotations

import math
from typing import Any, Callable, NamedTuple

import torch
from torch import Tensor, nn

from specc.program.model import Data, Model
from specc.program.objectives import output_types
from specc.runtime.losses import Losses, Scope
from specc.runtime.ranks import ALONE, Ranks
from specc.runtime.speed import step_of

Computed = tuple[Tensor, tuple[Tensor, ...]]  # a loss, and the terms it is made of
PRECISIONS = {"bf16": torch.bfloat16, "f16": torch.float16}


class Wiring(NamedTuple):
    """Which parts of the sample feed the model's inputs, and what names its outputs go by."""

    names: tuple[str, ...]  # of the parts, in the order of a batch
    inputs: tuple[int, ...]  # for each input of the model, the number of its part
    outputs: tuple[str, ...]

    @classmethod
    def of(cls, model: Model, data: Data) -> "Wiring":
        names = tuple(part.name for part in data.parts)
        feeds = {part.input: number for number, part in enumerate(data.parts) if part.input is not None}
        inputs = tuple(feeds[given.name] for given in model.graph.inputs if given.name in feeds)
        return cls(names, inputs, tuple(output_types(model.graph)))


class Forward:
    """The model and the loss on one batch, under the precision and memory layout of the run."""

    def __init__(
        self,
        model: nn.Module,
        losses: Losses,
        wiring: Wiring,
        device: torch.device,
        settings: dict[str, Any],
        ranks: Ranks = ALONE,
        partial: bool = False,
    ) -> None:
        self.model, self.losses, self.wiring, self.device, self.ranks = model, losses, wiring, device, ranks
        self.learner = ranks.learner(model, device, partial)
        self.dtype = PRECISIONS.get(settings["precision"])
        self.channels_last = bool(settings["channels_last"])

    def __call__(
        self, batch: tuple[Tensor, ...], model: nn.Module | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...], Scope]:
        """Loss, its terms, and everything by name; without a `model`, in learning."""
        model = self.learner if model is None else model
        inputs = [batch[number] for number in self.wiring.inputs]
        if self.channels_last:
            inputs = [_channels_last(tensor) for tensor in inputs]
        if self.dtype is None:
            scope = self.scope(batch, model(*inputs))
            return *self.losses(scope), scope
        with torch.autocast(self.device.type, self.dtype):
            scope = self.scope(batch, model(*inputs))
            return *self.losses(scope), scope

    def scope(self, batch: tuple[Tensor, ...], outputs: Any) -> Scope:
        scope: Scope = dict(zip(self.wiring.names, batch))
        if isinstance(outputs, dict):
            scope.update(outputs)
        elif isinstance(outputs, tuple):
            scope.update(zip(self.wiring.outputs, outputs))
        else:
            scope[self.wiring.outputs[0]] = outputs
        return scope


def _channels_last(tensor: Tensor) -> Tensor:
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor


class Update:
    """From gradients to new weights: unscale, clip, step, clear, ema."""

    def __init__(
        self, model: nn.Module, optimizer: Any, settings: dict[str, Any], device: torch.device, ema: Any
    ) -> None:
        self.parameters = list(model.parameters())
        self.model, self.optimizer, self.ema, self.step = model, optimizer, ema, step_of(optimizer)
        self.norm, self.value = settings["clip_grad_norm"], settings["clip_grad_value"]
        if settings["log_gradients"] and self.norm is None:
            self.norm = math.inf  # clips nothing, and measures
        self.measured = torch.tensor(0.0)  # the norm of the last gradients, before they were clipped
        self.searches = isinstance(optimizer, torch.optim.LBFGS)
        self.scaler = torch.amp.GradScaler(device.type) if settings["precision"] == "f16" else None

    def backward(self, loss: Tensor) -> None:
        (self.scaler.scale(loss) if self.scaler is not None else loss).backward()

    def __call__(self) -> None:
        if self.scaler is not None:
            self._scaled()
        elif not self.searches:
            self._clip()
            self.step()
        self.optimizer.zero_grad(set_to_none=True)
        if self.ema is not None:
            self.ema.update_parameters(self.model)

    def search(self, gradients: Callable[[], Computed]) -> Computed:
        """Let an optimizer that searches for its step compute loss and gradients as often as it wants; gives what it
        found first.
        """
        found: list[tuple[Computed, Tensor]] = []

        def closure() -> Tensor:
            self.optimizer.zero_grad(set_to_none=True)
            computed = gradients()
            self._clip()
            found.append((computed, self.measured))
            return computed[0]

        self.optimizer.step(closure)
        first, self.measured = found[0]
        return first

    def _scaled(self) -> None:
        assert self.scaler is not None
        if self.norm is not None or self.value is not None:
            self.scaler.unscale_(self.optimizer)
            self._clip()
        self.scaler.step(self.optimizer)
        self.scaler.update()

    def _clip(self) -> None:
        if self.norm is not None:
            self.measured = nn.utils.clip_grad_norm_(self.parameters, self.norm)
        if self.value is not None:
            nn.utils.clip_grad_value_(self.parameters, self.value)
