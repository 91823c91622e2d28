"""A training of one's own, as in a GAN: several models and optimizers, and steps that take turns on every batch."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, ExitStack
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
        given = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        self.parameters = [parameter for parameter in given if parameter.requires_grad]

    def __call__(self, values: Values, forward: AbstractContextManager[Any]) -> Tensor:
        """Compute the loss, and the gradients; what the step names is added to the values, its loss is given back."""
        with forward:
            made = self.module(*[values[name] for name in self.inputs])
        loss: Tensor = made.pop("loss")
        values.update(made)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward(inputs=self.parameters)
        return loss.detach()


class OwnTraining:
    """All steps over the models. `module` is what a checkpoint holds as its model: the models by name, and the buffers
    of the training.
    """

    def __init__(self, program: Program, models: dict[str, nn.Module], device: torch.device) -> None:
        train = program.train
        assert train is not None and program.data is not None
        self.module = nn.Module()
        for name, model in models.items():
            self.module.add_module(name, model)
        for member in train.buffers:
            self.module.register_buffer(member.path, drawn(member, train.steps[0].graph).to(device))
        self.names = [part.name for part in program.data.parts]
        self.optimizers = {plan.name: make_optimizer(plan, trained(plan, models)) for plan in program.optimizers}
        self.steps = [OwnStep(plan, models, self.optimizers[plan.optimizer], device) for plan in train.steps]
        self.actions = [OwnAction(action, models, device) for action in train.actions]
        self.clip = train.settings["clip_grad_norm"], train.settings["clip_grad_value"]
        self.device, self.bf16 = device, train.settings["precision"] == "bf16"

    def take(self, batch: tuple[Tensor, ...], number: int) -> dict[str, Tensor]:
        """All steps that are due in update `number` (from 0), in order; gives their losses by name."""
        values = dict(zip(self.names, batch)) | self.buffers
        losses = {}
        for step in self.steps:
            if number % step.every == 0:
                losses[step.name] = step(values, self._forward())
                self._clip(step.parameters)
                step.optimizer.step()
        return losses

    @property
    def buffers(self) -> Values:
        return dict(self.module.named_buffers(recurse=False))

    def _forward(self) -> AbstractContextManager[Any]:
        """One step's forward pass. Mixed precision ends with it: the weights it has cast are old after the update."""
        stack = ExitStack()
        stack.enter_context(self.device)  # what a step draws is made where the models are
        if self.bf16:
            stack.enter_context(torch.autocast(self.device.type, torch.bfloat16))
        return stack

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
            self.module.eval()
            for action in due:
                with self.device:
                    action(self.buffers, place, folder)
            self.module.train()


class OwnAction:
    """`every epoch { save_image(G(fixed), "fake_{epoch}.png") }`: a picture in the run's folder."""

    def __init__(self, action: Action, models: dict[str, nn.Module], device: torch.device) -> None:
        self.cadence, self.path, self.options = action.cadence, action.path, action.options
        self.inputs = [given.name for given in action.graph.inputs]
        self.module = with_models(action.graph, models).to(device)

    @torch.no_grad()
    def __call__(self, values: Values, place: dict[str, int], folder: Path) -> None:
        from PIL import Image
        from torchvision.utils import save_image

        pictures = self.module(*[values[name] for name in self.inputs])["value"]
        name = "".join(str(place[part[1:-1]]) if part in COUNTERS else part for part in self.path)
        target = folder / name
        if not target.resolve().is_relative_to(folder.resolve()):
            raise RunError("cannot-write", f"{name} lies outside the run's folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        form = Image.registered_extensions()[target.suffix.lower()]
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
    value: Tensor = ForwardCode(graph).held(member.steps, member.value, nn.Module())
    return value


def finite(losses: dict[str, Tensor], step: int) -> None:
    """RunError if the loss of a step is no number any more."""
    for name, loss in losses.items():
        if not math.isfinite(loss.item()):
            raise RunError("diverged", f"the loss of step {name} is {loss.item()} in update {step:,}")
