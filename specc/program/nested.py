"""Arguments that are operations themselves, as SequentialLR's schedulers are, or that name a Python enumeration."""

from __future__ import annotations

from typing import Any, Callable, Sequence

from specc.ops.base import Argument, Operation
from specc.ops.kinds import Items, Kind, Member, Nested, Optional
from specc.program import operations
from specc.program.context import Frame
from specc.program.model import Call, Named
from specc.program.operations import Arg
from specc.program.values import Template, code
from specc.syntax import tree
from specc.types.tensor import UNKNOWN


def argument_of(operation: Operation, place: int, name: str | None) -> Argument | None:
    """The argument that a written one stands for; None where there is none, which binding reports."""
    if name is not None:
        return next((argument for argument in operation.arguments if argument.name == name), None)
    positional = [argument for argument in operation.arguments if not argument.keyword_only]
    return positional[place] if place < len(positional) else None


def evaluated(frame: Frame, operation: Operation, nodes: Sequence[tree.Argument]) -> list[Arg]:
    """The written arguments, evaluated; a list of operations becomes a list of Named."""
    result: list[Arg] = []
    operations.check_order(frame, nodes)
    for place, node in enumerate(nodes):
        argument = argument_of(operation, place, node.name)
        kind = None if argument is None else _nested_kind(argument.kind)
        if kind is not None and isinstance(node.value, (tree.List, tree.Tuple)):
            result.append(Arg(node.name, _named(frame, kind, node.value), node.span if node.name else node.value.span))
        else:
            result += operations.evaluate_arguments(frame, [node])
    return result


def with_layers(frame: Frame, operation: Operation, args: Sequence[Arg]) -> list[Arg]:
    """The arguments of a layer, each layer among them bound: `TransformerEncoder(TransformerEncoderLayer(_, 8), 6)`."""
    if not any(isinstance(arg.value, Template) for arg in args):
        return list(args)
    return [
        arg._replace(value=_layer(frame, argument_of(operation, place, arg.name), arg.value))
        for place, arg in enumerate(args)
    ]


def _layer(frame: Frame, argument: Argument | None, value: Any) -> Any:
    """A module described but not made, as a Named where an argument wants a layer; `_` means what it does outside."""
    from specc.program.library import named

    if argument is None or not isinstance(value, Template) or _nested_kind(argument.kind) != "layer":
        return value
    made = named(frame.within(value.env), "layer", value.node, hole=frame.hole)
    return UNKNOWN if made is None else made


def _nested_kind(kind: Kind) -> str | None:
    inner = kind.inner if isinstance(kind, (Items, Optional)) else kind
    return inner.operation_kind if isinstance(inner, Nested) else None


def _named(frame: Frame, kind: str, node: tree.List | tree.Tuple) -> Any:
    """The operations of a list, UNKNOWN where one of them is wrong."""
    from specc.program.library import named

    items = [item.value if isinstance(item, tree.Argument) else item for item in node.items]
    found = [named(frame, kind, item, hole=frame.hole) for item in items]
    return UNKNOWN if None in found else found


def call_of(operation: Operation, args: Sequence[Arg]) -> Call:
    """The Python call of an operation with its arguments as written."""
    made = [(arg.name, coded(argument_of(operation, place, arg.name), arg.value)) for place, arg in enumerate(args)]
    positional = tuple(value for name, value in made if name is None)
    return Call(operation.target, positional, tuple((name, value) for name, value in made if name is not None))


def coded(argument: Argument | None, value: Any) -> Any:
    """How a backend sees an argument: operations as calls, words of an enumeration as its members."""
    if holds_operations(value):
        return [item.call for item in value]
    if argument is not None and isinstance(argument.kind, Member) and isinstance(value, str):
        return Call(argument.kind.enumeration, (value,))
    return code(value)


def holds_operations(value: Any) -> bool:
    """Whether a value is a list of operations."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, Named) for item in value)


def replaced(value: Any, change: Callable[[Any], Any]) -> Any:
    """A value with `change` made to everything in it: the items of lists, the arguments of calls and operations."""
    if isinstance(value, Named):
        values = {name: replaced(item, change) for name, item in value.values.items()}
        return value._replace(values=values, call=replaced(value.call, change))
    if isinstance(value, Call):
        kwargs = tuple((name, replaced(item, change)) for name, item in value.kwargs)
        return value._replace(args=tuple(replaced(item, change) for item in value.args), kwargs=kwargs)
    if type(value) is list or type(value) is tuple:
        return type(value)(replaced(item, change) for item in value)
    return change(value)
