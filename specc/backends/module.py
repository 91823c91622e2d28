"""The run-time backend: a typed program becomes torch.nn Modules.

Every graph becomes a class whose forward is compiled from a Python syntax tree made of the graph's steps. The tree's
line numbers are the spec's, so a traceback from torch points at the line of the spec that led to it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from specc.backends.forward import ForwardCode
from specc.backends.own_python import admit, blamed
from specc.backends.targets import perform
from specc.compiler import Unit
from specc.diagnostics.error import SpecError
from specc.program.model import BlockMember, BufferMember, Call, Graph, LayerMember, Model, ParameterMember, Program
from specc.types.tensor import TORCH_NAMES


class Container(nn.Module):
    """A level of keys without a forward of its own."""


def build(unit: Unit, model: str | None = None, trust: bool = False, **parameters: Any) -> nn.Module:
    """The model of a compiled spec (`model` names it where there are several), with its own or the given parameters.
    `trust` allows the spec's extern layers and functions to be imported.

    Weights are drawn from torch's global generator, in the order of construction. Raises SpecError.
    """
    if parameters:
        from specc.api import _written
        from specc.compiler import compile_spec

        unit = compile_spec(unit.source, {name: _written(value) for name, value in parameters.items()})
    errors = [problem for problem in unit.problems if problem.severity == "error"]
    if errors or unit.program is None:
        raise SpecError(errors)
    wanted = chosen(unit.program, model)
    own = [extern for extern in unit.program.externs if extern.kind in ("layer", "function")]
    admit(own, trust, unit.source)
    with blamed(own):
        return build_model(wanted)


def chosen(program: Program, name: str | None) -> Model:
    """The model of that name, or the only one. Raises ValueError."""
    models = {model.name: model for model in program.models}
    if name is None and len(models) == 1:
        return next(iter(models.values()))
    if name in models:
        return models[name]
    known = ", ".join(models) or "none"
    raise ValueError(f"no model {name}: the spec has {known}" if name else f"name one of the spec's models: {known}")


def build_model(model: Model) -> nn.Module:
    """The module of a model, its weights drawn and its init rules applied."""
    module = build_graph(model.graph)
    initialise(module, model)
    return module


def initialise(module: nn.Module, model: Model) -> None:
    """Apply the init rules, module by module in torch's own order."""
    with torch.no_grad():
        for where, child in module.named_modules():
            for name, parameter in child._parameters.items():
                call = model.fills.get(f"{where}.{name}" if where else name)
                if call is not None and parameter is not None:
                    perform(call, parameter)


def build_graph(graph: Graph) -> nn.Module:
    """The module of one graph, with torch's default initialisation."""
    codes: dict[int, ForwardCode] = {}
    return _module(graph, codes)


def _module(graph: Graph, codes: dict[int, ForwardCode]) -> nn.Module:
    code = codes.get(id(graph)) or codes.setdefault(id(graph), ForwardCode(graph))
    module = code.module_class()()
    for member in graph.members:
        owner, name = _owner(module, member.path)
        if isinstance(member, LayerMember):
            owner.add_module(name, layer(member))
        elif isinstance(member, BlockMember):
            owner.add_module(name, _module(member.graph, codes))
        elif isinstance(member, ParameterMember):
            owner.register_parameter(name, _parameter(member, code, module))
        elif isinstance(member, BufferMember):
            owner.register_buffer(name, code.held(member.steps, member.value, module), persistent=member.persistent)
    for left, right in graph.ties:
        _tie(module, left, right)
    return module


def layer(member: LayerMember) -> nn.Module:
    """A torch.nn layer from its call; lists that stand for tensors become tensors."""
    return perform(member.call, tensors=getattr(member.operation, "tensor_arguments", ()))


def _owner(module: nn.Module, path: str) -> tuple[nn.Module, str]:
    """The module that holds the last word of a path; levels between are made as needed."""
    *levels, name = path.split(".")
    for level in levels:
        if level not in module._modules:
            module.add_module(level, Container())
        module = module._modules[level]  # type: ignore[assignment]
    return module, name


def _parameter(member: ParameterMember, code: ForwardCode, module: nn.Module) -> nn.Parameter:
    if not isinstance(member.fill, Call):
        return nn.Parameter(code.held(member.steps, member.fill, module), requires_grad=member.trainable)
    dtype = getattr(torch, TORCH_NAMES[member.type.dtype])
    parameter = nn.Parameter(torch.empty(member.type.shape, dtype=dtype), requires_grad=member.trainable)
    with torch.no_grad():
        perform(member.fill, parameter)
    return parameter


def _tie(module: nn.Module, left: str, right: str) -> None:
    """Make the left parameter the right one, as `a.weight = b.weight` does."""
    owner, _, name = left.rpartition(".")
    module.get_submodule(owner)._parameters[name] = module.get_parameter(right)
