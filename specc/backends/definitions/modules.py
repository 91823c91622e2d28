"""Modules: the layers, blocks and templates a step makes, and where they go."""

from __future__ import annotations

from typing import Any, Callable

from specc.backends.definitions.calls import Several
from specc.backends.definitions.numbering import Numbers
from specc.backends.definitions.observed import followed, shape_after
from specc.backends.definitions.printer import Printer, Slots
from specc.backends.definitions.program import Member, Number, Part, Path
from specc.backends.definitions.statics import constant, static
from specc.backends.definitions.substitution import substituted, substituted_shape
from specc.backends.definitions.tensors import depth_of, doc_of, shape_of, static_doc, value
from specc.backends.definitions.values import OPEN, Flow, Function, Scope, Static, Unprintable
from specc.backends.layout import Doc, Joined, Leaf, call
from specc.backends.python_text import SYMBOLS
from specc.backends.script_calls import ATOM, short
from specc.program.model import BlockMember, LayerMember
from specc.syntax import tree
from specc.types.tensor import DType

Given = list[tuple[str | None, Any]]


def label_path(printer: Printer, label: tree.Label, scope: Scope) -> Path:
    """The words of a label."""
    path: list[Part] = []
    for part in label.parts:
        if isinstance(part, str):
            path.append(printer.part(part))
            continue
        found = static(printer, part, scope)
        if found is None:
            raise Unprintable("a label")
        path.append(printer.part(found if found.is_open else str(found.value)))
    return tuple(path)


def slot(printer: Printer, slots: Slots, label: Path | None) -> Path:
    """The path of the next module of a chain."""
    if label is not None:
        return (*slots.labels, *label)
    if slots.container is None:
        raise Unprintable("a module without a name")
    if slots.pure:
        return (*slots.container, printer.part(Number()))
    number: Any = slots.next.formula() if isinstance(slots.next, Numbers) else slots.next
    if slots.next is None or number is None:
        raise Unprintable("a number that is not known")
    slots.next = slots.next.after(1) if isinstance(slots.next, Numbers) else slots.next + 1
    return (*slots.container, printer.part(number if isinstance(number, Static) else str(number)))


def with_hole(printer: Printer, flow: Any, axis: int | None, run: Callable[[], Any]) -> Any:
    """Run with `_` meaning the size of an axis of what flows in."""
    outer, printer.hole = printer.hole, lambda: _size_at(flow, axis)
    try:
        return run()
    finally:
        printer.hole = outer


def _size_at(flow: Any, axis: int | None) -> Static:
    shape = flow.shape if isinstance(flow, Flow) else None
    if axis is None or shape is None or not -len(shape) <= axis < len(shape) or not isinstance(shape[axis], Static):
        raise Unprintable("_ stands for a size that is not known")
    return shape[axis]


def _called(printer: Printer, flow: Any, axis: int | None, name: str = "") -> None:
    """Remember what a size of what flows in is called."""
    rank = len(flow.shape) if isinstance(flow, Flow) and flow.shape is not None else 0
    if axis is None or not -rank <= axis < rank:
        return
    at = axis % rank
    usual = "features" if rank == 2 else "channels" if at == 1 or rank > 3 else "dim"
    printer.called_sizes.setdefault((rank, at), name or usual)


def _put(printer: Printer, made: Doc, given: Given, slots: Slots, path: Path, shape: Any) -> Flow:
    """A module made and, unless its container is called as one, applied."""
    from specc.backends.definitions.chains import ready

    note, before = printer.note(Flow("", ATOM, shape)), getattr(given[0][1], "shape", None)
    known = before is None or note == printer.note(Flow("", ATOM, before))
    printer.place(path, made, note if slots.pure and not known else ())
    if slots.pure:
        return given[0][1]._replace(shape=shape)
    first = ready(printer, given[0][1], slots, module=True)
    args = [doc_of(item) for name, item in [(given[0][0], first), *given[1:]] if name is None]
    named_args = [Joined((f"{name}=", doc_of(item))) for name, item in given if name is not None]
    doc = call(Leaf(Member(path)), *args, *named_args)
    return Flow(doc, ATOM, shape, depth_of(doc))


# ---------------------------------------------------------------- layers


def layer(
    printer: Printer, node: Any, operation: Any, given: Given, scope: Scope, slots: Slots, label: Path | None
) -> Any:
    """A layer of torch.nn."""
    path = slot(printer, slots, label)
    made = [member for member in printer.observed.made_at(node) if isinstance(member, LayerMember)]
    if not made or getattr(operation, "tensor_arguments", False):
        raise Unprintable("a layer that no use makes")
    written = node.arguments if isinstance(node, tree.Call) else ()
    axis = getattr(operation, "feature_axis", None)
    first = given[0][1]
    _called(printer, first, axis)
    args = [
        _argument(printer, argument, scope, _sized(printer, node, first, axis, made, argument, place), axis)
        for place, argument in enumerate(written)
    ]
    docs = [Joined((f"{a.name}=", doc_of(v))) if a.name else doc_of(v) for a, v in zip(written, args)]
    doc = call(short(operation.target), *docs)
    known = _known_arguments(operation, made, written, args)
    seen = printer.observed.at(node)
    shapes = [item.shape for _, item in given if isinstance(item, Flow)]
    shape = followed(seen, shape_after(seen, shapes, known), shapes)
    if type(seen[-1].type) is tuple and not slots.pure:
        flow = _put(printer, doc, given, slots, path, None)
        return Several(flow.doc, _part_shapes(seen, given))
    return _put(printer, doc, given, slots, path, shape)


def _part_shapes(seen: Any, given: Given) -> list[Any]:
    inputs = [item.shape for _, item in given if isinstance(item, Flow)]
    return [
        shape_after([one._replace(type=one.type[place]) for one in seen], inputs) for place in range(len(seen[0].type))
    ]


def _argument(printer: Printer, argument: tree.Argument, scope: Scope, flow: Any, axis: int | None) -> Any:
    """An argument of a layer, `_` in it the size of an axis of what flows in."""
    found = with_hole(printer, flow, axis, lambda: value(printer, argument.value, scope))
    if not isinstance(found, (Static, DType)):
        raise Unprintable("an argument of a layer")
    return found


def _sized(printer: Printer, node: Any, flow: Any, axis: int | None, made: Any, argument: Any, place: int) -> Any:
    """What flows in, its size a number where `_` is the same number in every use, and guessed where it is unknown."""
    if not isinstance(argument.value, tree.Hole) or axis is None or not isinstance(flow, Flow):
        return flow
    values = [
        dict(member.call.kwargs).get(argument.name) if argument.name else member.call.args[place] for member in made
    ]
    found = _explained(printer, node, flow.shape, axis, values)
    if found is None:
        return flow
    rank = len(flow.shape) if flow.shape is not None else abs(axis) + 1
    shape = list(flow.shape or [None] * rank)
    shape[axis] = found
    return flow._replace(shape=tuple(shape))


def _explained(printer: Printer, node: Any, shape: Any, axis: int, values: list[Any]) -> Static | None:
    """A size that is one number in every use; where nothing is known of it, an expression that fits every use."""
    if all(value == values[0] for value in values):
        return constant(values[0])
    if shape is not None and -len(shape) <= axis < len(shape) and isinstance(shape[axis], Static):
        return None
    return printer.fitting([graph for graph, _ in printer.observed.members_at(node)], values)


def _known_arguments(operation: Any, made: Any, written: Any, args: Any) -> list[tuple[str, Static, list[Any]]]:
    """The arguments as written, by name, with their value in each use."""
    names = [argument.name for argument in operation.arguments]
    known = []
    for place, (argument, item) in enumerate(zip(written, args)):
        name = argument.name or (names[place] if place < len(names) else "")
        values = [member.use.values.get(name) for member in made]
        if isinstance(item, Static):
            known.append((name, item, values))
    return known


def made_by_factory(
    printer: Printer, node: Any, factory: Static, given: Given, slots: Slots, label: Path | None
) -> Any:
    """`act` in a chain, where act is what makes a module."""
    path = slot(printer, slots, label)
    text = static_doc(factory)[0]
    shape = shape_of(printer, node, [item for _, item in given])
    first = given[0][1]
    return _put(printer, call(text), given, slots, path, shape or getattr(first, "shape", None))


# ---------------------------------------------------------------- blocks


def block(
    printer: Printer, node: Any, definition: tree.Block, given: Given, scope: Scope, slots: Slots, label: Path | None
) -> Any:
    """A use of a block: its class called with the sizes and arguments this place gives."""
    signature = printer.library.signature(definition)
    path = slot(printer, slots, label)
    written = node.arguments if isinstance(node, tree.Call) else ()
    for name, place, axis in signature.sizes:
        if name in SYMBOLS.values() and place < len(given):
            _called(printer, given[place][1], axis, name)
    items, known = _arguments(printer, signature, written, scope)
    sizes = _symbol_sizes(printer, node, signature, given, known)
    doc = call(signature.name, *(doc_of(size) for size in sizes.values()), *items)
    seen = printer.observed.at(node)
    shapes = [substituted_shape(shape, _known_sizes(signature, given) | sizes | known) for shape in signature.shapes]
    if len(shapes) > 1 and not slots.pure:
        return Several(_put(printer, doc, given, slots, path, None).doc, shapes)
    worked_out = shape_after(seen, [item.shape for _, item in given if isinstance(item, Flow)])
    shape = _better(shapes[0] if shapes else None, worked_out)
    return _put(printer, doc, given, slots, path, shape)


def _better(own: Any, seen: Any) -> Any:
    """A block's own word on its result, and what its uses say where it has none; a number before an expression."""
    if own is None or seen is None or len(own) != len(seen):
        return seen
    return tuple(
        b if isinstance(b, Static) and not b.is_open or a is None or isinstance(a, str) else a
        for a, b in zip(own, seen)
    )


def _known_sizes(signature: Any, given: Given) -> dict[str, Static]:
    """What is known of the sizes of the inputs, those included that the constructor does not take."""
    sizes = {name: _given_size(given, place, axis) for name, place, axis in signature.sizes}
    return {name: size for name, size in sizes.items() if isinstance(size, Static)}


def _given_size(given: Given, place: int, axis: int) -> Any:
    item = given[place][1] if place < len(given) else None
    return item.shape[axis] if isinstance(item, Flow) and item.shape is not None else None


def _symbol_sizes(
    printer: Printer, node: Any, signature: Any, given: Given, known: dict[str, Static]
) -> dict[str, Static]:
    """The sizes of the inputs that the constructor wants; `known` are the arguments of this use."""
    arguments = {name: known[item.name] for name, item in signature.parameters.items() if item.name in known}
    sizes: dict[str, Static] = {}
    for name, place, axis in signature.symbols:
        size = _given_size(given, place, axis)
        sizes[name] = size if isinstance(size, Static) else _use_size(printer, node, place, axis, arguments)
    return sizes


def _use_size(printer: Printer, node: Any, place: int, axis: int, arguments: dict[str, Static]) -> Static:
    """A size that the uses at this place agree on, that one of their arguments has, or that the constructor's names
    explain.
    """
    made = [(graph, m.graph) for graph, m in printer.observed.members_at(node) if isinstance(m, BlockMember)]
    types: list[Any] = [inner.inputs[place].type for _, inner in made]
    values = [type.shape[axis] for type in types]
    if values and type(values[0]) is int and all(value == values[0] for value in values):
        return constant(values[0])
    for name, argument in arguments.items():
        if made and [inner.arguments[name] for _, inner in made] == values:
            return argument
    found = printer.fitting([graph for graph, _ in made], values)
    if found is not None:
        return found
    raise Unprintable("a size that is not known")


def _arguments(printer: Printer, signature: Any, written: Any, scope: Scope) -> tuple[list[Doc], dict[str, Static]]:
    """The arguments of a block or template as the spec writes them, without those that never differ."""
    items: list[Doc] = []
    known: dict[str, Static] = {}
    outer, printer.hole = printer.hole, None
    keyword = False
    for place, argument in enumerate(written):
        name = argument.name or signature.spec_names[place]
        parameter = signature.parameters.get(name)
        if parameter is None:
            continue
        item = value(printer, argument.value, scope)
        found = item if isinstance(item, Static) else static(printer, argument.value, scope)
        if found is None:
            raise Unprintable(f"the argument {name}")
        keyword = keyword or argument.name is not None
        doc = static_doc(found)[0]
        items.append(Joined((f"{parameter.name}=", doc)) if keyword else doc)
        known[parameter.name] = found
    printer.hole = outer
    for parameter in signature.parameters.values():
        if parameter.name not in known and parameter.default is not OPEN:
            known[parameter.name] = constant(parameter.default)
    return items, known


# ---------------------------------------------------------------- templates


def template(
    printer: Printer, node: Any, function: Function, args: Given, given: Given, slots: Slots, label: Path | None
) -> Any:
    """A function of steps in braces: a function of the script that makes the container."""
    signature = printer.library.helpers.template(function)
    path = slot(printer, slots, label)
    flow = given[0][1]
    _called(printer, flow, signature.axis)
    sizes = {signature.size: _size_at(flow, signature.axis)} if signature.size else {}
    items: list[Doc] = []
    known: dict[str, Static] = {}
    for place, (name, item) in enumerate(args):
        if not isinstance(item, Static):
            found = static(printer, item.node, item.scope) if hasattr(item, "scope") else None
            if found is None:
                raise Unprintable("an argument of a template")
            item = found
        parameter = name or signature.spec_names[place]
        doc = static_doc(item)[0]
        items.append(Joined((f"{parameter}=", doc)) if name else doc)
        known[parameter] = item
    for parameter, default in signature.defaults.items():
        known.setdefault(parameter, constant(default))
    shape = flow.shape
    if shape is not None and signature.result is not None:
        shape = _after_template(shape, signature, sizes | known)
    doc = call(signature.name, *(doc_of(size) for size in sizes.values()), *items)
    return _put(printer, doc, given, slots, path, shape)


def _after_template(shape: Any, signature: Any, names: dict[str, Static]) -> Any:
    """The shape behind a template: its own word on the axis it changes, the others unknown unless they stay."""
    size = substituted(signature.result, names)
    axis = signature.axis % len(shape)
    kept = [old if signature.stays and isinstance(old, str) or place == 0 else None for place, old in enumerate(shape)]
    return tuple(size if place == axis else old for place, old in enumerate(kept))
