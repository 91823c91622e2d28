"""What changed between two models: types, layers by key path, weights, what is computed. Values all the way."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from math import prod
from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from specc.program.model import (
    BlockMember,
    BufferMember,
    CheckStep,
    FunctionStep,
    Graph,
    LayerMember,
    Model,
    ModuleStep,
    ParameterMember,
    Step,
    TrainingStep,
)
from specc.program.objectives import output_types
from specc.report.facts import constructor_text
from specc.report.graph.words import call_text, looker
from specc.report.summary import own_parameters
from specc.types.tensor import Type, shown, sizes

Weights = dict[str, str]


class Layer(NamedTuple):
    """A layer, parameter or buffer: its call, the shapes of its weights by name, and what it gives."""

    path: str
    call: str
    weights: Weights
    output: str

    @property
    def signature(self) -> Any:
        return self.call, tuple(self.weights.items())


class Change(NamedTuple):
    """One thing that differs. `before` or `after` is "" where it is not there."""

    name: str
    before: str
    after: str


class LayerChange(NamedTuple):
    """`kind` is "added", "removed", "changed" or "renamed"; `before` and `after` of a renamed group are None."""

    kind: str
    path: str
    before: Layer | None
    after: Layer | None
    was: str = ""


class ModelChanges(NamedTuple):
    """How a model differs. `missing`, `unexpected` and `reshaped` are the keys at which a checkpoint would fail."""

    name: str
    was: str
    inputs: tuple[Change, ...]
    outputs: tuple[Change, ...]
    layers: tuple[LayerChange, ...]
    shapes: tuple[Change, ...]
    functions: tuple[Change, ...]
    ties: tuple[Change, ...]
    parameters: tuple[int, int]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    reshaped: tuple[str, ...]

    @property
    def loads(self) -> bool:
        return not (self.missing or self.unexpected or self.reshaped)

    @property
    def is_empty(self) -> bool:
        parts = (self.inputs, self.outputs, self.layers, self.shapes, self.functions, self.ties)
        return self.loads and not any(parts) and self.parameters[0] == self.parameters[1] and self.name == self.was


def compare_models(before: Model, after: Model) -> ModelChanges:
    """Everything that differs between two models."""
    old, new = layers_of(before), layers_of(after)
    renamed = renamings(old, new)
    changes = [*_renamed(renamed), *_layer_changes(old, new, renamed)]
    moved = {path: _moved(path, renamed) for path in old}
    shapes = [
        Change(moved[path], layer.output, new[moved[path]].output)
        for path, layer in old.items()
        if moved[path] in new and new[moved[path]].output != layer.output and new[moved[path]].call == layer.call
    ]
    keys, found = ({entry.key: sizes(entry.shape) for entry in model.state} for model in (before, after))
    return ModelChanges(
        after.name,
        before.name,
        changes_of(_inputs(before.graph), _inputs(after.graph)),
        changes_of(_outputs(before.graph), _outputs(after.graph)),
        tuple(changes),
        tuple(shapes),
        function_changes(before.graph, after.graph),
        changes_of(_ties(before), _ties(after)),
        (_count(before), _count(after)),
        tuple(key for key in found if key not in keys),
        tuple(key for key in keys if key not in found),
        tuple(key for key in keys if found.get(key, keys[key]) != keys[key]),
    )


def changes_of(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """The names whose texts differ, in the order of `before`, then those that are new."""
    names = dict.fromkeys((*before, *after))
    return tuple(
        Change(name, before.get(name, ""), after.get(name, ""))
        for name in names
        if before.get(name, "") != after.get(name, "")
    )


def layers_of(model: Model) -> dict[str, Layer]:
    """Every layer, parameter and buffer by its path, in order."""
    return {layer.path: layer for layer in _layers(model.graph, "")}


def _layers(graph: Graph, prefix: str) -> Iterator[Layer]:
    outputs = dict(_outputs_of_steps(graph.steps))
    for member in graph.members:
        path = prefix + member.path
        if isinstance(member, BlockMember):
            yield from _layers(member.graph, f"{path}.")
        elif isinstance(member, LayerMember):
            weights = {state.name: sizes(state.shape) for state in member.state}
            yield Layer(path, constructor_text(member), weights, outputs.get(member.path, ""))
        elif isinstance(member, (ParameterMember, BufferMember)):
            kind = "param" if isinstance(member, ParameterMember) else "buffer"
            frozen = " (frozen)" if isinstance(member, ParameterMember) and not member.trainable else ""
            yield Layer(path, f"{kind} {shown(member.type.plain())}{frozen}", {}, "")


def _outputs_of_steps(steps: Sequence[Step]) -> Iterator[tuple[str, str]]:
    for step in steps:
        if isinstance(step, ModuleStep):
            yield step.path, shown(step.type)
        elif isinstance(step, TrainingStep):
            yield from _outputs_of_steps((*step.then, *step.otherwise))


# ---------------------------------------------------------------- renamed layers


def renamings(old: Mapping[str, Layer], new: Mapping[str, Layer]) -> dict[str, str]:
    """Paths that have certainly moved, old to new: groups of layers that went and came back, alike and unmistakable.

    A group is everything below a path. It moved if all of it went, all of another came, the two consist of the same
    layers under the same names with the same weights, and no other group that went or came looks like them.
    """
    gone, came = _groups(old, new), _groups(new, old)
    found: dict[str, str] = {}
    for path in sorted(gone, key=lambda path: (-len(gone[path]), path.count("."))):
        if any(path.startswith(f"{moved}.") for moved in found):
            continue
        alike = [other for other in came if came[other] == gone[path]]
        if len(alike) == 1 and sum(group == gone[path] for group in gone.values()) == 1:
            found[path] = alike[0]
    return {path: found[path] for path in gone if path in found}


def _groups(layers: Mapping[str, Layer], others: Mapping[str, Layer]) -> dict[str, tuple[Any, ...]]:
    """The groups of which nothing is among the other layers: path to the layers below it."""
    groups: dict[str, list[Any]] = {}
    kept = {path[:end] for path in others for end in _ends(path)}
    for path, layer in layers.items():
        for end in _ends(path):
            if path[:end] not in kept:
                groups.setdefault(path[:end], []).append((path[end:], layer.signature))
    return {path: tuple(group) for path, group in groups.items()}


def _ends(path: str) -> list[int]:
    """Where the words of a path end."""
    return [*(place for place, letter in enumerate(path) if letter == "."), len(path)]


def _moved(path: str, renamed: Mapping[str, str]) -> str:
    for old, new in renamed.items():
        if path == old or path.startswith(f"{old}."):
            return new + path[len(old) :]
    return path


def _renamed(renamed: Mapping[str, str]) -> Iterator[LayerChange]:
    for old, new in renamed.items():
        yield LayerChange("renamed", new, None, None, old)


def _layer_changes(
    old: Mapping[str, Layer], new: Mapping[str, Layer], renamed: Mapping[str, str]
) -> Iterator[LayerChange]:
    targets = {_moved(path, renamed) for path in old}
    for path, layer in old.items():
        there = new.get(_moved(path, renamed))
        if there is None:
            yield LayerChange("removed", path, layer, None)
        elif there.signature != layer.signature:
            yield LayerChange("changed", path, layer, there)
    for path, layer in new.items():
        if path not in targets:
            yield LayerChange("added", path, None, layer)


# ---------------------------------------------------------------- what has no path


def function_changes(before: Graph, after: Graph) -> tuple[Change, ...]:
    """Functions that come, go or change, with the layer they follow; the same change in many places is told once."""
    old, new = list(_computed(before, "")), list(_computed(after, ""))
    matcher = SequenceMatcher(None, [text for _, text in old], [text for _, text in new], autojunk=False)
    found: dict[tuple[str, str], list[str]] = {}
    for kind, a, b, c, d in matcher.get_opcodes():
        lines = [[text for _, text in part if not text.startswith(LAYER)] for part in (old[a:b], new[c:d])]
        if kind != "equal" and lines[0] != lines[1]:
            place = (new[c] if c < d else old[a])[0]
            found.setdefault((" -> ".join(lines[0]), " -> ".join(lines[1])), []).append(place)
    return tuple(Change(_where(places), gone, came) for (gone, came), places in found.items())


LAYER = "\0"  # begins the entry of a layer, which no text of a function does


def _computed(graph: Graph, prefix: str) -> Iterator[tuple[str, str]]:
    """What is computed in order: (the layer before it, text); layers and blocks are entries too."""
    members = {member.path: member for member in graph.members}
    types: dict[int, Type] = {given.ref.id: given.type for given in graph.inputs}
    look = looker(types, {})
    after = prefix.rstrip(".") or "the input"

    def walk(steps: Sequence[Step]) -> Iterator[tuple[str, str]]:
        nonlocal after
        for step in steps:
            if isinstance(step, CheckStep):
                continue
            types[step.result.id] = step.type
            if isinstance(step, TrainingStep):
                yield from walk((*step.then, *step.otherwise))
            elif isinstance(step, FunctionStep):
                yield after, call_text(step.call, step.use.operation if step.use else None, look)
            else:
                member = members.get(step.path)
                if isinstance(member, BlockMember):
                    yield from _computed(member.graph, f"{prefix}{step.path}.")
                after = prefix + step.path
                yield after, LAYER + (constructor_text(member) if isinstance(member, LayerMember) else "")

    yield from walk(graph.steps)


def _where(places: Sequence[str]) -> str:
    more = len(set(places)) - 1
    return f"after {places[0]}" + (f" and {more} more" if more else "")


def _inputs(graph: Graph) -> dict[str, str]:
    return {given.name: shown(given.type) for given in graph.inputs}


def _outputs(graph: Graph) -> dict[str, str]:
    return {name: shown(type_) for name, type_ in output_types(graph).items()}


def _ties(model: Model) -> dict[str, str]:
    from specc.program.groups import all_ties

    return {left: right for left, right in all_ties(model.graph)}


def _count(model: Model) -> int:
    return sum(prod(entry.shape) for entry in own_parameters(model))


def matched(before: Sequence[Model], after: Sequence[Model]) -> tuple[list[tuple[Model, Model]], list[str], list[str]]:
    """Models of one name, or the only one of each side, in pairs; the names of those that went and that came."""
    if len(before) == len(after) == 1:
        return [(before[0], after[0])], [], []
    new = {model.name: model for model in after}
    pairs = [(model, new[model.name]) for model in before if model.name in new]
    names = Counter(model.name for model, _ in pairs)
    return pairs, [m.name for m in before if m.name not in names], [m.name for m in after if m.name not in names]
