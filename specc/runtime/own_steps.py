"""A training of one's own, as in a GAN: several models and optimizers, and steps that take turns on every batch."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from specc.backends.forward import ForwardCode
from specc.backends.module import build_graph
from specc.program.model import Action, BufferMember, Graph, OptimizerPlan, Program, StepPlan
from specc.runtime import atomic
from specc.runtime.options import RunError
from specc.runtime.setup import make_optimizer

Values = dict[str, Any]
COUNTERS = ("{epoch}", "{step}")  # parts of an action's file name


class OwnStep:
    """One `step d with opt_d { ... }`: clears its optimizer's gradients, and only its parameters get any."""

    def __init__(self, plan: StepPlan, models: dict[str, nn.Module], optimizer: Any, device: torch.device) -> None:
        self.name, self.every, self.optimizer = plan.name, plan.every, optimizer
        self.inputs = [given.name for given in plan.graph.inputs]
        self.module = with_models(plan.graph, models).to(device)
        self.parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]

    def __call__(self, values: Values) -> Tensor:
        """Take the step; what it names is added to the values, its loss is given back."""
        made = self.module(*[values[name] for name in self.inputs])
        loss: Tensor = made.pop("loss")
        values.update(made)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward(inputs=self.parameters)
        return loss.detach()


class OwnTraining(nn.Module):
    """The models by name, with the buffers of the training: what a checkpoint holds as its model."""

    def __init__(self, program: Program, models: dict[str, nn.Module], device: torch.device) -> None:
        super().__init__()
        train = program.train
        assert train is not None and program.data is not None
        for name, model in models.items():
            self.add_module(name, model)
        for member in train.buffers:
            self.register_buffer(member.path, drawn(member, train.steps[0].graph).to(device))
        self.names = [part.name for part in program.data.parts]
        self.optimizers = Optimizers(program.optimizers, models)
        self.steps = [OwnStep(plan, models, self.optimizers.by_name[plan.optimizer], device) for plan in train.steps]
        self.actions = [OwnAction(action, models, device) for action in train.actions]
        self.clip = train.settings["clip_grad_norm"], train.settings["clip_grad_value"]
        self.device, self.bf16 = device, train.settings["precision"] == "bf16"

    def take(self, batch: tuple[Tensor, ...], number: int) -> dict[str, Tensor]:
        """All steps that are due in update `number` (from 0), in order; gives their losses by name."""
        values: Values = dict(zip(self.names, batch)) | dict(self.named_buffers(recurse=False))
        losses = {}
        with self.device, self._precision():  # what a step draws is made where the models are
            for step in self.steps:
                if number % step.every == 0:
                    losses[step.name] = step(values)
                    self._clip(step.parameters)
                    step.optimizer.step()
        return losses

    def _precision(self) -> Any:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16)

    def _clip(self, parameters: list[Tensor]) -> None:
        norm, value = self.clip
        if norm is not None:
            nn.utils.clip_grad_norm_(parameters, norm)
        if value is not None:
            nn.utils.clip_grad_value_(parameters, value)

    def act(self, unit: str, count: int, place: dict[str, int], folder: Path) -> None:
        """Do what is due every `count`-th epoch or step. The models are in evaluation mode meanwhile."""
        due = [action for action in self.actions if action.cadence.unit == unit and count % action.cadence.count == 0]
        if due:
            self.eval()
            for action in due:
                action(dict(self.named_buffers(recurse=False)), place, folder)
            self.train()


class Optimizers:
    """Several optimizers as one thing with a state."""

    def __init__(self, plans: Iterable[OptimizerPlan], models: dict[str, nn.Module]) -> None:
        self.by_name = {plan.name: make_optimizer(plan, trained(plan, models)) for plan in plans}

    @property
    def param_groups(self) -> list[Any]:
        return [group for optimizer in self.by_name.values() for group in optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        return {name: optimizer.state_dict() for name, optimizer in self.by_name.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, optimizer in self.by_name.items():
            optimizer.load_state_dict(state[name])


class OwnAction:
    """`every epoch { save_image(G(fixed), "fake_{epoch}.png") }`: a picture in the run's folder."""

    def __init__(self, action: Action, models: dict[str, nn.Module], device: torch.device) -> None:
        self.cadence, self.path, self.options = action.cadence, action.path, action.options
        self.inputs = [given.name for given in action.graph.inputs]
        self.module = with_models(action.graph, models).to(device)

    @torch.no_grad()
    def __call__(self, values: Values, place: dict[str, int], folder: Path) -> None:
        from torchvision.utils import save_image

        missing = [name for name in self.inputs if name not in values]
        if missing:
            raise RunError("unsupported-setting", f"an action can use buffers of the training, not {missing[0]}")
        pictures = self.module(*[values[name] for name in self.inputs])["value"]
        name = "".join(str(place[part[1:-1]]) if part in COUNTERS else part for part in self.path)
        target = folder / name
        if not target.resolve().is_relative_to(folder.resolve()):
            raise RunError("cannot-write", f"{name} lies outside the run's folder")
        form = target.suffix.lstrip(".") or "png"
        atomic.write(target, lambda temporary: save_image(pictures, temporary, format=form, **self.options))


def trained(plan: OptimizerPlan, models: dict[str, nn.Module]) -> nn.Module:
    """The models an optimizer trains, as one module."""
    chosen = [models[name] for name in plan.models]
    return chosen[0] if len(chosen) == 1 else nn.ModuleDict({name: models[name] for name in plan.models})


def with_models(graph: Graph, models: dict[str, nn.Module]) -> nn.Module:
    """The module of a step's graph, which calls the models by their names."""
    module = build_graph(graph)
    for name, model in models.items():
        module.add_module(name, model)
    return module


def drawn(member: BufferMember, graph: Graph) -> Tensor:
    """A buffer of the training: computed once, when the run starts."""
    value: Tensor = ForwardCode(graph).buffer(member, nn.Module())
    return value


def finite(losses: dict[str, Tensor], step: int) -> None:
    """RunError if the loss of a step is no number any more."""
    for name, loss in losses.items():
        if not math.isfinite(loss.item()):
            raise RunError("diverged", f"the loss of step {name} is {loss.item()} in update {step:,}")
