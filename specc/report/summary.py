"""What a model is made of: one row for every layer, with sizes, parameters, multiply-adds and activation memory."""

from __future__ import annotations

from math import prod
from typing import Any, Iterable, Iterator, Mapping, NamedTuple

from specc.program.model import (
    BlockMember,
    BufferMember,
    FunctionStep,
    Graph,
    LayerMember,
    Model,
    ModuleStep,
    ParameterMember,
    StateEntry,
    Step,
    TrainingStep,
)
from specc.types.tensor import BYTES, Size, TensorType, product, shown


class Row(NamedTuple):
    """One layer or own parameter: path, class, output type, learned numbers, multiply-adds, bytes of the output."""

    path: str
    kind: str
    output: str
    parameters: int
    multiply_adds: Size
    memory: Size


class Summary(NamedTuple):
    """The rows of a model and their totals; parameters that have two keys count once. `sizes` are the least and the
    greatest number for each size that is open.
    """

    name: str
    rows: tuple[Row, ...]
    parameters: int
    trainable: int
    multiply_adds: Size
    memory: Size
    sizes: dict[str, tuple[int, int | None]]


def summarise(model: Model) -> Summary:
    """The summary of a model; sizes stay symbolic where they depend on the input."""
    rows = tuple(_rows(model.graph, ""))
    own = own_parameters(model)
    trainable = sum(prod(entry.shape) for entry in own if entry.trainable)
    adds, memory = [sum((getattr(row, name) for row in rows), 0) for name in ("multiply_adds", "memory")]
    return Summary(model.name, rows, sum(prod(entry.shape) for entry in own), trainable, adds, memory, model.sizes)


def own_parameters(model: Model) -> list[StateEntry]:
    """The parameters of a model; one that has two keys stands under the first."""
    from specc.program.groups import second_keys

    twice = second_keys(model)
    return [entry for entry in model.state if not entry.is_buffer and entry.key not in twice]


def _rows(graph: Graph, prefix: str) -> Iterator[Row]:
    """Members in order; a layer that is used several times counts its work each time."""
    uses = _uses(graph)
    for member in graph.members:
        path = prefix + member.path
        if isinstance(member, LayerMember):
            yield _layer(member, path, uses.get(member.path, []))
        elif isinstance(member, BlockMember):
            yield from _rows(member.graph, f"{path}.")
        elif isinstance(member, (ParameterMember, BufferMember)):
            kind = "parameter" if isinstance(member, ParameterMember) else "buffer"
            yield Row(path, kind, shown(member.type), prod(member.type.shape) if kind == "parameter" else 0, 0, 0)
    yield from _functions(graph, prefix.removesuffix("."))


def _functions(graph: Graph, path: str) -> Iterator[Row]:
    """The functions of a block that multiply, as matmul does."""
    for step in _evaluated(graph.steps):
        if isinstance(step, FunctionStep) and step.use is not None:
            work = step.use.operation.multiply_adds(step.use, step.type)
            if work != 0:
                yield Row(path, step.use.operation.name, shown(step.type), 0, work, _bytes(step.type))


def _uses(graph: Graph) -> dict[str, list[ModuleStep]]:
    """The steps of each member."""
    found: dict[str, list[ModuleStep]] = {}
    for step in _evaluated(graph.steps):
        if isinstance(step, ModuleStep):
            found.setdefault(step.path, []).append(step)
    return found


def _evaluated(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps of an evaluation: of `if training` the other side."""
    for step in steps:
        if isinstance(step, TrainingStep):
            yield from _evaluated(step.otherwise)
        else:
            yield step


def _layer(member: LayerMember, path: str, steps: list[ModuleStep]) -> Row:
    numbers = sum(prod(state.shape) for state in member.state if not state.is_buffer)
    work = sum((member.operation.multiply_adds(step.use, step.type) for step in steps), 0)  # type: ignore[arg-type]
    memory = sum((_bytes(step.type) for step in steps), 0)
    return Row(path, member.operation.name, shown(steps[-1].type) if steps else "not used", numbers, work, memory)


def _bytes(type: Any) -> Size:
    if isinstance(type, TensorType):
        return product(type.shape) * BYTES[type.dtype]
    return sum((_bytes(part) for part in type), 0) if type.__class__ is tuple else 0


def per_sample(size: Size, known: Mapping[str, int]) -> Size:
    """A total for a batch of one, with the sizes that are known put in."""
    names = size.symbols() if hasattr(size, "symbols") else ()
    values = {name: known.get(name, 1) for name in names if name in known or name in ("N", "B", "batch")}
    return size.substitute(values) if values else size
