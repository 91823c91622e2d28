"""The models of a checked spec, as reports show them."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

from specc.diagnostics.report import ModelReport

if TYPE_CHECKING:
    from specc.program.model import Graph, Model, Program


def models_of(program: Program | None) -> tuple[ModelReport, ...]:
    """Every model with its size and the types that go in and out; none of a spec that was not understood."""
    return tuple(map(_report, program.models)) if program is not None else ()


def _report(model: Model) -> ModelReport:
    inputs = {entry.name: str(entry.type) for entry in model.graph.inputs}
    return ModelReport(model.name, _parameters(model), inputs, _outputs(model.graph))


def _parameters(model: Model) -> int | None:
    """How many numbers are learned, tied ones counted once; None if a size is not known."""
    from specc.program.groups import second_keys

    tied = second_keys(model)
    shapes = [entry.shape for entry in model.state if not entry.is_buffer and entry.key not in tied]
    known = all(isinstance(size, int) for shape in shapes for size in shape)
    return sum(map(prod, shapes)) if known else None


def _outputs(graph: Graph) -> dict[str, str]:
    """The types of the results, by the names the spec gives them, or `output` and `output.0` where it gives none."""
    types = graph.result_type
    if isinstance(types, Mapping):
        return {name: str(type_) for name, type_ in types.items()}
    value = _output_tree(graph.definition)
    if isinstance(types, (tuple, list)) and not hasattr(types, "_fields"):
        items = [item.value for item in getattr(value, "items", ())]
        names = [_name(items[at] if at < len(items) else None, f"output.{at}") for at in range(len(types))]
        return {name: str(type_) for name, type_ in zip(names, types, strict=True)}
    return {_name(value, "output"): str(types)}


def _output_tree(definition: Any) -> Any:
    """What stands after `output` in a model, or None."""
    from specc.syntax.tree import Output

    statements = definition.body.statements if definition is not None else ()
    return next((item.value for item in statements if isinstance(item, Output)), None)


def _name(value: Any, otherwise: str) -> str:
    from specc.syntax.tree import Name

    return value.id if isinstance(value, Name) else otherwise
