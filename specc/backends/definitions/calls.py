"""Calls of functions in forward: what the checked program calls, with the arguments as the spec writes them."""

from __future__ import annotations

from typing import Any, Sequence

from specc.backends.definitions.observed import shape_after
from specc.backends.definitions.printer import LINE, Printer, sizes_of
from specc.backends.definitions.statics import constant
from specc.backends.definitions.tensors import depth_of, doc_of, inside, shape_of, value
from specc.backends.definitions.values import Flow, Flows, Function, Maker, Scope, Shared, Static, Unprintable
from specc.backends.factories import FACTORIES
from specc.backends.layout import Doc, Joined, call, rough
from specc.backends.script_calls import ATOM, METHODS, short
from specc.ops.functions.rearrange import splits
from specc.program.model import FunctionStep
from specc.program.names import library
from specc.syntax import tree

LONGEST = 40  # characters of an argument that may stand beside others


def call_value(printer: Printer, node: tree.Call, scope: Scope) -> Any:
    from specc.backends.definitions import chains

    if isinstance(node.function, tree.Attribute):
        base = value(printer, node.function.value, scope)
        base = printer.shortened(base, node.function.value) if isinstance(base, Flow) else base
        return call_function(printer, node, [(None, base), *arguments(printer, node.arguments, scope)])
    if not isinstance(node.function, tree.Name):
        raise Unprintable("a call of a call")
    meaning = scope.find(node.function.id)
    if isinstance(meaning, Function):
        return chains.apply_function(printer, meaning, node, arguments(printer, node.arguments, scope), scope)
    if isinstance(meaning, Shared):
        given = arguments(printer, node.arguments, scope)
        return chains.shared(printer, meaning, node, given)
    if meaning is not None:
        raise Unprintable(node.function.id)
    operation = library(node.function.id)
    if operation is not None and operation.kind == "layer":
        return Maker(node, scope)
    return call_function(printer, node, arguments(printer, node.arguments, scope))


def arguments(printer: Printer, nodes: Sequence[tree.Argument], scope: Scope) -> list[tuple[str | None, Any]]:
    found = printer.in_order([argument.value for argument in nodes], lambda node: value(printer, node, scope))
    return [(argument.name, item) for argument, item in zip(nodes, found)]


def call_function(
    printer: Printer, node: Any, given: list[tuple[str | None, Any]], target: str | None = None
) -> Any:
    """A function of tensors, as the checked program calls it. `target` is the variable of its chain."""
    seen = [one for one in printer.observed.at(node) if isinstance(one.step, FunctionStep)]
    if not seen:
        raise Unprintable("a function that no use calls")
    first = seen[0].step.call
    if any(one.step.call.target != first.target for one in seen) or len(first.args) + len(first.kwargs) != len(given):
        return _lowered(printer, node, given, target)
    given = _on_lines(printer, node, given)
    positional = [doc_of(item) for name, item in given if name is None]
    named = [Joined((f"{name}=", doc_of(item))) for name, item in given if name is not None]
    if len(positional) != len(first.args) or first.target.startswith("operator."):
        raise Unprintable(first.target)
    if printer.device and first.target in FACTORIES:
        named.append(Joined((f"device={printer.device}",)))
    doc = function_doc(first.target, positional, named, given)
    tensors = [item for _, item in given if isinstance(item, (Flow, Flows)) and sizes_of(item) != ()]
    tensors += [part for _, item in given if type(item) is list for part in item if isinstance(part, Flow)]
    numbers = [part for _, item in given for part in (item if type(item) in (tuple, list) else (item,))]
    return _result(printer, node, doc, tensors, [part for part in numbers if isinstance(part, Static)])


def _on_lines(printer: Printer, node: Any, given: list[tuple[str | None, Any]]) -> list[tuple[str | None, Any]]:
    """Several long arguments get a line each, under the name of what they are made from if nobody reads it again."""
    long = [item for _, item in given if isinstance(item, Flow) and item.depth > 1 and len(rough(item.doc)) > LONGEST]
    if len(long) < 2:
        return given
    written = [argument.value for argument in getattr(node, "arguments", ())]
    own = {id(item): printer.single_name(part) for (_, item), part in zip(given[-len(written) :], written)}
    for place, (name, item) in enumerate(given):
        if any(item is one for one in long):
            given[place] = (name, printer.assign(own.get(id(item)) or printer.spare(), item))
    return given


def function_doc(target: str, positional: Sequence[Doc], named: Sequence[Doc], given: Any) -> Doc:
    root, _, name = target.rpartition(".")
    if root != "torch.Tensor" and target not in METHODS or not positional:
        return call(short(target), *positional, *named)
    receiver = inside(given[0][1], ATOM)
    if name in ("T", "mT", "H", "mH"):
        return Joined((receiver, f".{name}"))
    return call(Joined((receiver, f".{name}")), *positional[1:], *named)


def _result(printer: Printer, node: Any, doc: Doc, tensors: list[Any], numbers: list[Static]) -> Any:
    """A tensor, or a tuple of them that has to be taken apart; `numbers` are the other arguments."""
    seen = printer.observed.at(node)
    if type(seen[-1].type) is tuple:
        return Several(doc, [_part_shape(printer, node, tensors, place) for place in range(len(seen[-1].type))])
    return Flow(doc, ATOM, shape_of(printer, node, tensors, numbers), depth_of(doc), True)


class Several:
    """A tuple of tensors on its way to be taken apart: `shapes` are those of its parts."""

    def __init__(self, doc: Doc, shapes: list[Any]) -> None:
        self.doc, self.shapes = doc, shapes


def _part_shape(printer: Printer, node: Any, tensors: list[Any], place: int) -> Any:
    seen = [one for one in printer.observed.at(node) if type(one.type) is tuple]
    parts = [one._replace(type=one.type[place]) for one in seen]
    return shape_after(parts, [sizes_of(item) for item in tensors])


def _lowered(printer: Printer, node: Any, given: list[tuple[str | None, Any]], target: str | None) -> Any:
    """An operation that stands for several functions in a row, as rearrange does."""
    flow = given[0][1]
    rows = _rows(printer.observed.at(node))
    if not isinstance(flow, Flow) or not rows or any(len(row) != len(rows[0]) for row in rows):
        raise Unprintable("an operation of several steps")
    sizes = {name: item for name, item in given if name is not None}
    made = iter(_splits(given, rows[0][0]))
    for place in range(len(rows[0])):
        column = [row[place] for row in rows]
        first = column[0].step.call
        if any(one.step.call.target != first.target or len(one.step.call.args) != len(first.args) for one in column):
            raise Unprintable("an operation of several steps")
        others = [
            _explained(printer, column, [one.step.call.args[number] for one in column])
            for number in range(1, len(first.args))
        ]
        if first.target.endswith(".unflatten"):
            others[-1] = _as_written(others[-1], next(made, ()), sizes)
        rest = len(first.target) + sum(len(rough(doc_of(item))) + 2 for item in others)
        flow = printer.shortened(flow, node, target, LINE - rest)
        items = [(None, flow), *((None, item) for item in others)]
        doc = function_doc(first.target, [doc_of(item) for _, item in items], [], items)
        flow = Flow(doc, ATOM, shape_after(column, [flow.shape]), depth_of(doc), True)
    return flow


def _splits(given: list[tuple[str | None, Any]], first: Any) -> list[tuple[str, ...]]:
    """The names of the axes that the steps of a rearrange make, unflatten by unflatten."""
    pattern = getattr(given[1][1], "value", None) if len(given) > 1 else None
    return splits(pattern, first.inputs[0]) if isinstance(pattern, str) and "->" in pattern else []


def _as_written(factors: Any, names: tuple[str, ...], sizes: dict[str, Any]) -> Any:
    """The factors of an axis, those that the spec gives by name as it writes them."""
    if len(factors) != len(names):
        return factors
    return tuple(
        factor if getattr(factor, "value", None) == -1 or not isinstance(sizes.get(name), Static) else sizes[name]
        for factor, name in zip(factors, names)
    )


def _rows(seen: list[Any]) -> list[list[Any]]:
    """The steps of an operation, occurrence by occurrence: each goes on with what the one before made."""
    rows: list[list[Any]] = []
    for one in seen:
        if not isinstance(one.step, FunctionStep):
            return []
        last = rows[-1][-1] if rows else None
        follows = last is not None and last.graph is one.graph and one.step.call.args[0] == last.step.result
        rows[-1].append(one) if follows else rows.append([one])
    return rows


def _explained(printer: Printer, column: list[Any], values: list[Any], before: tuple[Any, ...] = ()) -> Any:
    """An argument that the compiler worked out, in terms of what the constructor takes; `before` are the sizes that
    stand before this one.
    """
    first = values[0]
    if type(first) in (tuple, list):
        if any(type(item) is not type(first) or len(item) != len(first) for item in values):
            raise Unprintable("arguments of different lengths")
        items: tuple[Any, ...] = ()
        for entry in zip(*values):
            items = (*items, _explained(printer, column, list(entry), items))
        return type(first)(items)
    if all(type(item) is type(first) and item == first for item in values):
        if isinstance(first, (int, str, float)) or first is None:
            return constant(first)
        raise Unprintable("a size known only at run time")
    by_graph = {id(one.graph): item for one, item in zip(column, values)}
    if any(by_graph[id(one.graph)] != item for one, item in zip(column, values)):
        raise Unprintable("an argument that differs within one use")
    graphs = [one.graph for one in column]
    found = printer.value_named(graphs, values, list(map(repr, before))) or printer.fitting(graphs, values)
    if found is None:
        raise Unprintable("an argument that no expression explains")
    return found
