"""The picture of a whole spec: its models, and around a single one the data and the loss that train it."""

from __future__ import annotations

from typing import Any, Mapping

from specc.program.model import Data, LossTerm, Program, Ref, StepPlan
from specc.report.facts import written
from specc.report.graph.build import Nets, model_net, tensors
from specc.report.graph.net import Net, Node, Picture
from specc.report.graph.words import call_text, plain, short, type_text


def picture_of(program: Program, name: str, known: Mapping[str, int] | None = None, only: str | None = None) -> Picture:
    """What there is to draw of a program, or of its model `only`. `known` are sizes to put in for symbols."""
    models = [model for model in program.models if only in (None, model.name)]
    nets = Nets(known or {}, {model.name: model.graph for model in program.models})
    made = [model_net(nets, model) for model in models]
    if len(program.models) == 1:
        made = [_with_job(net, program, known or {}) for net in made]
    steps = program.train.steps if program.train and only is None else ()
    made += [_step_net(nets, step) for step in steps]
    return Picture(short(name, 100), tuple(made))


def _step_net(nets: Nets, step: StepPlan) -> Net:
    rhythm = f", every {step.every} steps" if step.every > 1 else ""
    return nets.of(step.graph)._replace(name=short(f"step {step.name} with {step.optimizer}{rhythm}", 60))


def _with_job(net: Net, program: Program, known: Mapping[str, int]) -> Net:
    """The net with the data above its inputs and the loss below its outputs, as far as the spec has them."""
    read = {name for term in program.losses for name in _read(term)}
    nodes = _data_nodes(program.data, read, known) if program.data is not None else []
    shift = len(nodes)
    edges = [(0, place) for place in range(1, shift)]
    sources = {node.title: place for place, node in enumerate(nodes) if place}  # what a loss can read, by name
    nodes += net.nodes
    inputs = {node.title: place for place, node in enumerate(nodes) if place >= shift and node.kind == "input"}
    outputs = {node.title: place for place, node in enumerate(nodes) if node.kind == "output"}
    for part in program.data.parts if program.data is not None else ():
        if part.input is not None:
            edges.append((0, inputs[short(part.input)]))
            sources[short(part.name)] = inputs[short(part.input)]
    edges += [(source + shift, target + shift) for source, target in net.edges]
    for term in program.losses:
        places = [{**outputs, **sources}.get(short(name)) for name in _read(term)]
        edges += [(place, len(nodes)) for place in places if place is not None]
        nodes.append(_loss_node(term, program))
    return net._replace(nodes=tuple(nodes), edges=tuple(dict.fromkeys(edges)))


def _data_nodes(data: Data, read: set[str], known: Mapping[str, int]) -> list[Node]:
    """The data section, and the parts of the sample that only the loss reads."""
    nodes = [_data_node(data)]
    for part in data.parts:
        if part.input is None and part.name in read:
            shape = type_text(part.type, known)
            hint = short(f"{part.name} = {shape}", 200)
            nodes.append(Node("input", "input", short(part.name), shape=shape, hint=hint))
    return nodes


def _data_node(data: Data) -> Node:
    if not data.splits:  # the spec says what a sample is, and not where it comes from
        return Node("data", "data", "data", hint="no source is given")
    split = data.splits[0]
    sources = " or ".join(source.operation.name for source in split.sources)
    steps = " -> ".join(transform.operation.name for transform in split.transforms)
    batch = f"batches of {split.loader['batch_size']}" if split.loader.get("batch_size") else ""
    count = f"{split.count:,} samples" if split.count else ""
    hint = ", ".join(text for text in (f"{split.name}: {sources}", steps, count, batch) if text)
    return Node("data", "data", short(sources or "data"), note=short(batch or split.name), hint=short(hint, 300))


def _loss_node(term: LossTerm, program: Program) -> Node:
    text = written(term.span, "loss")
    optimizers = [call_text(plan.optimizer.call, None, plain) for plan in program.optimizers]
    return Node("loss", "loss", short(text, 48), note=short(", ".join(optimizers)), hint=short(text, 300))


def _read(term: LossTerm) -> list[str]:
    """The outputs and parts of the sample that a loss reads, in order."""
    used = {ref.id for step in term.graph.steps for ref in tensors(_arguments(step)) if isinstance(ref, Ref)}
    return [given.name for given in term.graph.inputs if given.ref.id in used]


def _arguments(step: Any) -> Any:
    return step.call if hasattr(step, "call") else (getattr(step, "args", ()), getattr(step, "kwargs", ()))
