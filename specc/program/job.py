"""Everything after the models: data, loss, optimizer, scheduler, metrics, train, in the order they depend on each
other.
"""

from __future__ import annotations

from typing import Any

from specc.program.context import Frame
from specc.program.data import elaborate_data
from specc.program.figures import figures_of
from specc.program.model import Model, Program
from specc.program.objectives import Scope, elaborate_losses, elaborate_metrics
from specc.program.optimization import elaborate_optimizers, elaborate_schedulers
from specc.program.steps import elaborate_steps
from specc.program.training import elaborate_train
from specc.syntax import tree
from specc.types.tensor import UNKNOWN

NEEDS = {
    tree.Loss: ("a loss", tree.Block, "a model"),
    tree.Optimizer: ("an optimizer", tree.Block, "a model"),
    tree.Scheduler: ("a scheduler", tree.Optimizer, "an optimizer"),
    tree.Metrics: ("metrics", tree.Block, "a model"),
    tree.Train: ("train", tree.Optimizer, "an optimizer"),
    tree.Data: ("data", tree.Block, "a model"),
    tree.Init: ("init", tree.Block, "a model"),
}


def elaborate_job(
    frame: Frame, module: tree.Module, definitions: list[tree.Block], models: tuple[Model, ...]
) -> Program:
    """The program: its models and what trains them. A section whose foundation failed is still checked by itself."""
    _check_order(frame, module, bool(definitions))
    data_nodes, train_nodes = _all(module, tree.Data), _all(module, tree.Train)
    data = elaborate_data(frame, data_nodes[0], definitions, models) if data_nodes else None
    scope = Scope(definitions, models, data)
    losses = elaborate_losses(frame, _all(module, tree.Loss), scope)
    metrics = elaborate_metrics(frame, _all(module, tree.Metrics), scope)
    optimizers = elaborate_optimizers(frame, _all(module, tree.Optimizer), definitions, models)
    schedulers = elaborate_schedulers(
        frame, _all(module, tree.Scheduler), optimizers, figures_of(data, metrics)
    )
    train = None
    if train_nodes:
        names = [node.name or "optimizer" for node in _all(module, tree.Optimizer)]
        own = elaborate_steps(frame, train_nodes[0], definitions, models, data, optimizers, names)
        train = elaborate_train(frame, train_nodes[0], data, metrics, own)
    return Program(
        models,
        data,
        losses,
        optimizers,
        schedulers,
        metrics,
        train,
        tuple(frame.compilation.settings.values()),
        tuple(frame.compilation.externs.values()),
        _definitions(module),
    )


def _all(module: tree.Module, kind: type) -> list[Any]:
    return [item for item in module.items if isinstance(item, kind)]


def _check_order(frame: Frame, module: tree.Module, has_model: bool) -> None:
    """A section without the one it builds on, or a second one where there is one, is an error."""
    for kind, (what, needed, name) in NEEDS.items():
        found = _all(module, kind)
        there = has_model or _import_failed(frame, module) if needed is tree.Block else False
        if found and not there and not _all(module, needed):
            frame.report("missing-section", found[0].span, f"{what} needs {name}")
        if kind in (tree.Data, tree.Train):
            for item in found[1:]:
                frame.report(
                    "duplicate-name", item.span, f"a spec has one {'data' if kind is tree.Data else 'train'} section"
                )
    if _all(module, tree.Train) and not _all(module, tree.Loss) and not _own_steps(module):
        frame.report("missing-section", _all(module, tree.Train)[0].span, "train needs a loss")


def _import_failed(frame: Frame, module: tree.Module) -> bool:
    """Whether a name of an import is not known, so that it may have been the model."""
    names = [name.id for item in _all(module, tree.Import) for name in item.names]
    return any(frame.env.names.get(name) is UNKNOWN for name in names)


def _own_steps(module: tree.Module) -> bool:
    return any(isinstance(item, tree.TrainStep) for train in _all(module, tree.Train) for item in train.items)


def _definitions(module: tree.Module) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in module.items:
        if isinstance(item, (tree.Fn, tree.Block, tree.Extern)):
            found[item.name] = item
        elif isinstance(item, tree.Let) and isinstance(item.targets, tree.Name):
            found[item.targets.id] = item
    return found
