"""Expressions of forward: tensors, and the calls that make them."""

from __future__ import annotations

from collections import Counter
from typing import Any, Callable, Sequence

from specc.backends.definitions.observed import followed, shape_after, summed
from specc.backends.definitions.printer import LINE, Printer, sizes_of
from specc.backends.definitions.program import Member
from specc.backends.definitions.statics import constant, product, static, text_of
from specc.backends.definitions.values import (
    Flow,
    Flows,
    Function,
    Maker,
    Scope,
    Shared,
    Static,
    Training,
    Unprintable,
)
from specc.backends.formula import ranked
from specc.backends.layout import Bracket, Doc, Joined, Leaf, Slice, Ternary, rough
from specc.backends.script_calls import ATOM, INFIX, PRECEDENCE, _is_simple
from specc.ops.functions.operators import OPERATORS
from specc.program.model import FunctionStep
from specc.program.names import dotted
from specc.syntax import tree
from specc.types.tensor import DTYPES, TORCH_NAMES, DType


class Given(tuple[str | None, Any]):
    """An argument of a step: its name, if it has one, and its value."""


def value(printer: Printer, node: Any, scope: Scope) -> Any:
    """What an expression is worth: a Static, a tensor, a list or tuple of tensors, or a module described."""
    found = static(printer, node, scope)
    if found is not None:
        return found
    rule = RULES.get(type(node))
    if rule is None:
        raise Unprintable(f"{type(node).__name__} in forward")
    return rule(printer, node, scope)


def doc_of(item: Any) -> Doc:
    """A value as an argument."""
    return ranked_doc(item)[0]


def ranked_doc(item: Any) -> tuple[Doc, int]:
    if isinstance(item, Static):
        return static_doc(item)
    if isinstance(item, (Flow, Flows)):
        return item.doc, item.rank
    if isinstance(item, Training):
        return "self.training", ATOM
    if isinstance(item, DType):
        return f"torch.{TORCH_NAMES[item.name]}", ATOM
    if type(item) is tuple:
        return Bracket("", "(", tuple(map(doc_of, item)), ",)" if len(item) == 1 else ")"), ATOM
    if type(item) is list:
        return Bracket("", "[", tuple(map(doc_of, item)), "]"), ATOM
    raise Unprintable(f"{type(item).__name__} as an argument")


def static_doc(item: Static) -> tuple[Doc, int]:
    """A compile-time value; what the constructor knows is a leaf, for forward reaches it in another way."""
    text, rank = ranked(item.node)
    if isinstance(item.node, tree.Tuple):
        parts = tuple(static_doc(Static(entry.value))[0] for entry in item.node.items)
        return Bracket("", "(", parts, ",)" if len(parts) == 1 else ")"), ATOM
    return (Leaf(item) if item.is_open or isinstance(item.node, tree.Name) else text), rank


def depth_of(doc: Doc) -> int:
    if isinstance(doc, (Joined, Ternary)):
        parts = doc.parts if isinstance(doc, Joined) else tuple(doc)
        return max((depth_of(part) for part in parts), default=0)
    if isinstance(doc, Bracket):
        return max(depth_of(doc.head), 1 + max((depth_of(item) for item in doc.items), default=0))
    return 0


def _name(printer: Printer, node: tree.Name, scope: Scope) -> Any:
    found = scope.find(node.id)
    if found is None and node.id == "training":
        return Training()
    if found is None and node.id in DTYPES:
        return DType(node.id)
    if isinstance(found, (Flow, Flows, Maker, Function, Shared)) or type(found) in (tuple, list):
        return found
    raise Unprintable(f"{node.id} in forward")


def shape_of(printer: Printer, node: Any, inputs: Sequence[Any], numbers: Sequence[Static] = ()) -> Any:
    """The shape of a step's result; what nothing else explains is one of the `numbers` it was called with, or guessed
    from the sizes of its uses.
    """
    seen = printer.observed.at(node)
    shapes = [sizes_of(item) for item in inputs if not _is_state(item)]
    shape = shape_after(seen, shapes)
    if shape is None or all(size is not None for size in shape):
        return shape
    found = list(shape)
    for axis, size in enumerate(shape):
        if size is None:
            graphs, values = [one.graph for one in seen], [one.type.shape[axis] for one in seen]
            found[axis] = _summed(seen, axis, inputs) or printer.one_of(numbers, graphs, values)
            found[axis] = found[axis] or printer.fitting(graphs, values, (len(shape), axis))
    return followed(seen, tuple(found), shapes)


def _is_state(item: Any) -> bool:
    """Whether a tensor is a parameter or buffer: what was seen of a step tells only of the tensors that flow in."""
    doc = item.doc if isinstance(item, Flow) else None
    owner = doc.parts[0] if isinstance(doc, Joined) and len(doc.parts) == 2 else None
    return isinstance(doc, str) and doc.startswith("self.") or isinstance(getattr(owner, "value", None), Member)


def _summed(seen: Any, axis: int, inputs: Sequence[Any]) -> Any:
    """The sum of the inputs' sizes, as cat has it."""
    if not summed(seen, axis):
        return None
    shapes = [sizes_of(item) for item in inputs]
    if any(shape is None or axis >= len(shape) or not isinstance(shape[axis], Static) for shape in shapes):
        return None
    return added([shape[axis] for shape in shapes])  # type: ignore[index]


def added(parts: Sequence[Static]) -> Static:
    """The sum of compile-time sizes."""
    from specc.backends.definitions.statics import NOWHERE

    known = sum(part.value for part in parts if not part.is_open)
    counts = Counter(text_of(part) for part in parts if part.is_open)
    alike = {text_of(part): part.node for part in parts if part.is_open}
    rest = [product(constant(counts[text]).node, node) for text, node in alike.items()]
    if not rest:
        return constant(known)
    total = rest[0]
    for node in rest[1:]:
        total = tree.Binary("+", total, node, NOWHERE)
    return Static(tree.Binary("+", total, constant(known).node, NOWHERE) if known else total)


# ---------------------------------------------------------------- operators


def _binary(printer: Printer, node: tree.Binary, scope: Scope) -> Any:
    left, right = printer.in_order([node.left, node.right], lambda side: value(printer, side, scope))
    if isinstance(left, (Flows, list)) and isinstance(right, (Flows, list)):
        return _joined(left, right)
    sign, rank = _operator(node.op)
    if isinstance(left, Flow) and isinstance(right, Flow) and left.depth and right.depth:
        left = printer.shortened(left, node.left, None, LINE - len(rough(right.doc)))
    return _infix(printer, node, sign, rank, left, right)


def _operator(op: str) -> tuple[str, int]:
    if op not in OPERATORS:
        raise Unprintable(op)
    return INFIX[OPERATORS[op].target.rpartition(".")[2]]


def _infix(printer: Printer, node: Any, sign: str, rank: int, left: Any, right: Any) -> Flow:
    power = sign == "**"
    sides = inside(left, rank + power), inside(right, rank + (not power))
    doc = Joined((sides[0], sign if power and all(map(_is_simple, sides)) else f" {sign} ", sides[1]))
    tensors = [side for side in (left, right) if isinstance(side, Flow) and side.shape != ()]
    return Flow(doc, rank, shape_of(printer, node, tensors), depth_of(doc), True)


def inside(item: Any, rank: int) -> Doc:
    doc, own = ranked_doc(item)
    return doc if own >= rank else Joined(("(", doc, ")"))


def _comparison(printer: Printer, node: tree.Comparison, scope: Scope) -> Any:
    if len(node.ops) != 1 or node.ops[0] not in PRECEDENCE:
        raise Unprintable("a chain of comparisons")
    left, right = printer.in_order([node.first, node.operands[0]], lambda side: value(printer, side, scope))
    return _infix(printer, node, node.ops[0], 4, left, right)


def _unary(printer: Printer, node: tree.Unary, scope: Scope) -> Any:
    if node.op != "-":
        raise Unprintable(node.op)
    operand = value(printer, node.operand, scope)
    doc = Joined(("-", inside(operand, 7)))
    return Flow(doc, 7, shape_of(printer, node, [operand]), depth_of(doc), True)


def _joined(left: Any, right: Any) -> Any:
    """`feats + [y]`: a list of tensors with more of them."""
    if type(left) is list and type(right) is list:
        return left + right
    first, second = gathered(left), gathered(right)
    total = None
    if first.total is not None and second.total is not None and len(first.total) == len(second.total):
        total = tuple(
            added([a, b]) if isinstance(a, Static) and isinstance(b, Static) else None
            for a, b in zip(first.total, second.total)
        )
    return Flows(Joined((first.doc, " + ", second.doc)), 5, first.first, total)


def gathered(item: Any) -> Flows:
    """A list of tensors as one value."""
    if isinstance(item, Flows):
        return item
    if not item or not all(isinstance(part, Flow) for part in item):
        raise Unprintable("a list of other things than tensors")
    shapes = [part.shape for part in item]
    total = None
    if all(shape is not None and len(shape) == len(shapes[0]) for shape in shapes):
        total = tuple(
            added(sizes) if all(isinstance(size, Static) for size in sizes) else None for sizes in zip(*shapes)
        )
    return Flows(doc_of(list(item)), ATOM, shapes[0], total)


# ---------------------------------------------------------------- parts and sizes


def _index(printer: Printer, node: tree.Index, scope: Scope) -> Any:
    if isinstance(node.value, tree.Attribute) and node.value.name == "shape":
        return _size(printer, node, scope)
    return take(printer, node, value(printer, node.value, scope), node.items, scope)


def take(printer: Printer, node: Any, base: Any, items: Sequence[Any], scope: Scope) -> Any:
    """`value[items]`."""
    if type(base) in (tuple, list):
        place = static(printer, items[0], scope)
        if len(items) != 1 or place is None or type(place.value) is not int:
            raise Unprintable("an index of a list")
        return base[place.value]
    if isinstance(base, Flows) and len(items) == 1:
        return _taken(printer, base, static(printer, items[0], scope))
    if not isinstance(base, Flow):
        raise Unprintable("an index of something else")
    doc = Bracket(inside(base, ATOM), "[", tuple(_entry(printer, item, scope) for item in items), "]")
    return Flow(doc, ATOM, shape_of(printer, node, [base]), depth_of(doc), True)


def _taken(printer: Printer, base: Flows, place: Static | None) -> Flow:
    """One tensor of a list."""
    if place is None:
        raise Unprintable("an index of a list")
    doc = Bracket(inside(base, ATOM), "[", (doc_of(place),), "]")
    return Flow(doc, ATOM, base.first if place.value == 0 else None, depth_of(doc))


def _entry(printer: Printer, item: Any, scope: Scope) -> Doc:
    if isinstance(item, tree.Dots):
        return "..."
    if not isinstance(item, tree.Slice):
        return doc_of(value(printer, item, scope))
    return Slice(*("" if end is None else doc_of(value(printer, end, scope)) for end in item.ends))


def _size(printer: Printer, node: tree.Index, scope: Scope) -> Any:
    """`x.shape[2]`: a number where it is known, else read off the tensor."""
    assert isinstance(node.value, tree.Attribute), "it ends in .shape"
    base = value(printer, node.value.value, scope)
    place = static(printer, node.items[0], scope)
    if not isinstance(base, Flow) or place is None or type(place.value) is not int:
        raise Unprintable("a shape")
    size = base.shape[place.value] if base.shape is not None else None
    if isinstance(size, Static):
        return size
    return Flow(Joined((inside(base, ATOM), f".shape[{place.value}]")), ATOM, ())


def _attribute(printer: Printer, node: tree.Attribute, scope: Scope) -> Any:
    """`fc.weight`: a parameter of a module; `x.T`: a tensor turned round."""
    if any(isinstance(one.step, FunctionStep) for one in printer.observed.at(node)):
        from specc.backends.definitions.calls import call_function

        return call_function(printer, node, [(None, value(printer, node.value, scope))])
    path = dotted(node)
    if path is None:
        raise Unprintable("an attribute")
    owner, _, name = path.rpartition(".")
    parts = tuple(printer.part(word) for word in owner.split("."))
    return Flow(Joined((Leaf(Member(parts)), f".{name}")), ATOM, None)


def _list(printer: Printer, node: tree.List, scope: Scope) -> Any:
    return printer.in_order(list(node.items), lambda item: value(printer, item, scope))


def _tuple(printer: Printer, node: tree.Tuple, scope: Scope) -> Any:
    return tuple(printer.in_order([item.value for item in node.items], lambda item: value(printer, item, scope)))


def _call(printer: Printer, node: tree.Call, scope: Scope) -> Any:
    from specc.backends.definitions.calls import call_value

    return call_value(printer, node, scope)


def _chain(printer: Printer, node: Any, scope: Scope) -> Any:
    from specc.backends.definitions import chains

    return chains.nested(printer, node, scope)


RULES: dict[type, Callable[[Printer, Any, Scope], Any]] = {
    tree.Name: _name,
    tree.Binary: _binary,
    tree.Comparison: _comparison,
    tree.Unary: _unary,
    tree.Call: _call,
    tree.Index: _index,
    tree.Attribute: _attribute,
    tree.List: _list,
    tree.Tuple: _tuple,
    tree.Chain: _chain,
    tree.IfExpr: _chain,
    tree.Paren: lambda printer, node, scope: value(printer, node.inner, scope),
    tree.Group: lambda printer, node, scope: value(printer, node.body, scope),
}
