"""What a model's open sizes and results are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from specc.program.model import Graph
    from specc.types.tensor import Type


def said(name: str, low: int, high: int | None) -> str:
    """`H >= 33`, `T <= 64`, `8 <= H <= 64`, `H = 8`."""
    if low == high:
        return f"{name} = {low}"
    if high is None:
        return f"{name} >= {low}"
    return f"{low} <= {name} <= {high}" if low > 1 else f"{name} <= {high}"


def output_types(graph: Graph) -> dict[str, Type]:
    """The types of the results, by the names the spec gives them, or `output` and `output.0` where it gives none."""
    types = graph.result_type
    if isinstance(types, Mapping):
        return dict(types)
    value = _output_tree(graph.definition)
    if isinstance(types, (tuple, list)) and not hasattr(types, "_fields"):
        items = [item.value for item in getattr(value, "items", ())]
        names = [_name(items[at] if at < len(items) else None, f"output.{at}") for at in range(len(types))]
        return dict(zip(names, types, strict=True))
    return {_name(value, "output"): types}


def _output_tree(definition: Any) -> Any:
    """What stands after `output` in a model, or None."""
    from specc.syntax.tree import Output

    statements = definition.body.statements if definition is not None else ()
    return next((item.value for item in statements if isinstance(item, Output)), None)


def _name(value: Any, otherwise: str) -> str:
    from specc.syntax.tree import Name

    return value.id if isinstance(value, Name) else otherwise
