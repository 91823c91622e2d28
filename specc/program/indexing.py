"""`value[...]`: items of lists and tuples, parts of tuples of tensors, and torch indexing."""

from __future__ import annotations

from typing import Any

from specc.ops.base import Use
from specc.program import operations
from specc.program.context import Frame
from specc.program.model import Call, FunctionStep
from specc.program.values import NamedOutputs, TensorValue, code, describe, has_unknown, seen
from specc.syntax import tree
from specc.types.tensor import UNKNOWN, TensorType


class _Index:
    """What messages call an index."""

    name = "an index"
    arguments = ()

    def explain(self, use: Any, result: Any) -> str:
        return str(result)


def index_value(frame: Frame, value: Any, node: tree.Index) -> Any:
    return index_items(frame, value, node.items, node)


def index_items(frame: Frame, value: Any, items: tuple[Any, ...], node: Any) -> Any:
    """`value[items]`."""
    entries = [_entry(frame, item) for item in items]
    if has_unknown(value) or any(_unknown(entry) for entry in entries):
        return UNKNOWN
    if isinstance(value, TensorValue) and type(value.type) is not tuple:
        return _tensor_index(frame, value, entries, node)
    if isinstance(value, TensorValue):
        return _part(frame, value, entries, node)
    if isinstance(value, NamedOutputs):
        value = value.parts
    if isinstance(value, (list, tuple, str)) and type(value) in (list, tuple, str):
        return _plain_index(frame, value, entries, node)
    frame.report("not-a-value", node.span, f"{describe(value)} has no items")
    return UNKNOWN


def _entry(frame: Frame, item: Any) -> Any:
    from specc.program.evaluate import evaluate

    if isinstance(item, tree.Dots):
        return Ellipsis
    if isinstance(item, tree.Slice):
        return slice(*(None if end is None else evaluate(frame, end) for end in item.ends))
    return evaluate(frame, item)


def _ends(entry: Any) -> tuple[Any, ...]:
    return (entry.start, entry.stop, entry.step) if isinstance(entry, slice) else (entry,)


def _unknown(entry: Any) -> bool:
    return any(has_unknown(end) for end in _ends(entry))


def _mapped(entry: Any, how: Any) -> Any:
    return slice(*(how(end) for end in _ends(entry))) if isinstance(entry, slice) else how(entry)


def _plain_index(frame: Frame, value: Any, entries: list[Any], node: Any) -> Any:
    entry = entries[0]
    whole = all(end is None or type(end) is int for end in _ends(entry)) and entry is not None and entry is not Ellipsis
    if len(entries) != 1 or not whole or isinstance(entry, slice) and entry.step == 0:
        frame.report("argument-type", node.span, f"{describe(value)} is indexed by one integer or slice")
        return UNKNOWN
    if isinstance(entry, slice):
        return value[entry]
    if -len(value) <= entry < len(value):
        return value[entry]
    frame.report(
        "index-out-of-range", node.span, f"index {entry} is out of range: {describe(value)} of {len(value)} items"
    )
    return UNKNOWN


def _part(frame: Frame, value: TensorValue, entries: list[Any], node: Any) -> Any:
    assert isinstance(value.type, tuple), "one tensor is indexed by _tensor_index"
    index, count = entries[0], len(value.type)
    if len(entries) == 1 and isinstance(index, slice):
        picked = range(count)[index] if _whole_slice(index) else ()
        return tuple(operations.item_of(frame, value, place, node) for place in picked)
    if len(entries) == 1 and type(index) is int and -count <= index < count:
        return operations.item_of(frame, value, index % count, node)
    frame.report(
        "index-out-of-range",
        node.span,
        f"the value has {count} parts, numbered 0 to {count - 1}",
        helps=("take one part first, then index it: value[0][:, -1]",),
    )
    return UNKNOWN


def _whole_slice(entry: slice) -> bool:
    return all(end is None or type(end) is int for end in _ends(entry)) and entry.step != 0


def _tensor_index(frame: Frame, value: TensorValue, entries: list[Any], node: Any) -> Any:
    from specc.ops.indexing import index_type

    assert isinstance(value.type, TensorType), "the parts of a tuple are taken by _part"
    index = _Index()
    use = Use(index, {}, {}, node.span, operations.title_of(node), frame.facts, frame.compilation.problems)  # type: ignore[arg-type]
    type = index_type(use, value.type, [_mapped(entry, seen) for entry in entries])
    if type is UNKNOWN:
        return UNKNOWN
    frame.compilation.spend(1, node.span)
    codes = [_mapped(entry, code) for entry in entries]
    call = Call("operator.getitem", (value.code, codes[0] if len(codes) == 1 else tuple(codes)))
    return frame.graph.add(FunctionStep(call, frame.graph.ref(), type, None, node), type)
