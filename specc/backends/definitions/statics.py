"""Compile-time expressions: the spec's own, with the constructor's names, folded where they are constant."""

from __future__ import annotations

import math
from typing import Any, Callable

from specc.backends.definitions.values import (
    OPEN,
    Factory,
    Function,
    Maker,
    Scope,
    Static,
    Unprintable,
    is_constant,
    spell,
)
from specc.backends.formula import Text, python_formula
from specc.program.names import BUILTINS, library
from specc.syntax import tree

MATH = ("ceil", "cos", "exp", "floor", "log", "log2", "sin", "sqrt", "tan", "tanh")
PLAIN = (
    "abs all any bool enumerate float int len list max min pow range reversed round sorted str sum tuple zip".split()
)
SAFE = {name: __builtins__[name] for name in PLAIN} | {"math": math}  # type: ignore[index]
LONGEST = 40  # characters of a constant list that stands in an expression; longer ones keep their name

LARGEST_POWER, LARGEST_BASE = 64, 10**9  # of a power that is folded
LARGEST_LIST = 100_000  # items of a list that is folded

Spot = Any  # the printer at work: `hole` is what `_` means, `helper` prints a function of values


def constant(value: Any) -> Static:
    """A constant; a negative number binds as such."""
    negative = type(value) in (int, float) and value < 0
    return Static(Text(spell(value), 7) if negative else Text(spell(value)), value)


def named(name: str, value: Any = OPEN) -> Static:
    return Static(tree.Name(name, NOWHERE), value)


def text_of(static: Static) -> str:
    return python_formula(static.node)


def static(spot: Spot, node: Any, scope: Scope) -> Static | None:
    """The compile-time value of an expression; None where it is a tensor or a module."""
    rule = RULES.get(type(node))
    return None if rule is None else rule(spot, node, scope)


def value_of(node: Any, values: dict[str, Any]) -> Any:
    """The value of a printed expression, given those of its names; OPEN where it has none."""
    try:
        return eval(python_formula(node), {"__builtins__": {}, **SAFE, **values})
    except Exception:  # whatever is wrong with it, it is no constant
        return OPEN


def _folded(spot: Spot, node: Any, parts: list[Static]) -> Static:
    """An expression of constants is one, if its value can be printed."""
    if any(part.is_open for part in parts) or _is_large(node, parts):
        return Static(node)
    value = value_of(node, spot.constants())
    value = list(value) if isinstance(value, (range, enumerate, zip, reversed)) else value
    return constant(value) if value is not OPEN and is_constant(value) else Static(node, OPEN)


def _is_large(node: Any, parts: list[Static]) -> bool:
    """Whether folding would make something larger than any spec computes with."""
    if not isinstance(node, tree.Binary) or node.op not in ("*", "**"):
        return False
    left, right = (part.value for part in parts)
    if type(left) in (int, float) and type(right) in (int, float):
        return node.op == "**" and (abs(right) > LARGEST_POWER or abs(left) > LARGEST_BASE)
    return True


def _literal(spot: Spot, node: Any, scope: Scope) -> Static:
    return constant(node.value)


def _name(spot: Spot, node: tree.Name, scope: Scope) -> Static | None:
    found = scope.find(node.id)
    if isinstance(found, Static):
        return found
    if isinstance(found, Maker):
        return factory(spot, found)
    if found is None and node.id == "pi":
        return Static(Text("math.pi"), math.pi)
    if found is None and node.id[:1].isupper() and library(node.id) is not None:
        return constant(Factory(_short(library(node.id).target)))
    return None


def factory(spot: Spot, maker: Maker) -> Static | None:
    """A module described but not made, as what makes it; None where it needs to know what flows in."""
    node, scope = maker
    callee = node.function if isinstance(node, tree.Call) else node
    arguments = node.arguments if isinstance(node, tree.Call) else ()
    if not isinstance(callee, tree.Name) or _has_hole(arguments):
        return None
    if scope.find(callee.id) is not None:
        inner = scope.find(callee.id)
        return factory(spot, inner) if isinstance(inner, Maker) and not arguments else None
    operation = library(callee.id)
    if operation is None or operation.kind != "layer":
        return None
    found = [static(spot, argument.value, scope) for argument in arguments]
    values = [value for value in found if value is not None and not value.is_open]
    if len(values) < len(found):
        return None
    given = [(f"{a.name}=" if a.name else "") + spell(value.value) for a, value in zip(arguments, values)]
    head = _short(operation.target)
    return constant(Factory(f"partial({', '.join([head, *given])})" if given else head))


def _has_hole(node: Any) -> bool:
    return isinstance(node, tree.Hole) or isinstance(node, tuple) and any(map(_has_hole, node))


def _short(target: str) -> str:
    from specc.backends.script_calls import short

    return short(target)


def _hole(spot: Spot, node: Any, scope: Scope) -> Static:
    if spot.hole is None:
        raise Unprintable("_ stands for a size that is not known")
    return spot.hole()


def _parts(spot: Spot, scope: Scope, *nodes: Any) -> list[Static] | None:
    found = [static(spot, node, scope) for node in nodes]
    return None if any(part is None for part in found) else found  # type: ignore[return-value]


def _unary(spot: Spot, node: tree.Unary, scope: Scope) -> Static | None:
    parts = _parts(spot, scope, node.operand)
    return None if parts is None else _folded(spot, node._replace(operand=parts[0].node), parts)


def _binary(spot: Spot, node: tree.Binary, scope: Scope) -> Static | None:
    parts = _parts(spot, scope, node.left, node.right)
    if parts is None:
        return None
    left, right = parts
    if node.op in ("and", "or"):
        return _logic(spot, node, left, right)
    if node.op == "*" and left.is_open != right.is_open:
        return Static(product(left.node, right.node))
    return _folded(spot, node._replace(left=left.node, right=right.node), parts)


def product(left: Any, right: Any) -> Any:
    """A product; numbers in front of a product become one, and 1 is left out."""
    for one, other, first in ((left, right, True), (right, left, False)):
        factor = value_of(one, {})
        if type(factor) is int:
            return _times(factor, other, first)
    return tree.Binary("*", left, right, NOWHERE)


def _times(factor: int, other: Any, first: bool) -> Any:
    inner = other
    while isinstance(inner, (tree.Paren, tree.Group)):
        inner = inner.inner if isinstance(inner, tree.Paren) else inner.body
    if isinstance(inner, tree.Binary) and inner.op == "*":
        number = value_of(inner.left, {})
        if type(number) is int:
            return _times(factor * number, inner.right, first)
    if factor == 1:
        return other
    left, right = (constant(factor).node, inner) if first else (inner, constant(factor).node)
    return tree.Binary("*", left, right, NOWHERE)


def _logic(spot: Spot, node: tree.Binary, left: Static, right: Static) -> Static:
    """`and` and `or`, whose known side decides or drops out."""
    for side, other in ((left, right), (right, left)):
        if not side.is_open:
            return constant(bool(side.value)) if bool(side.value) == (node.op == "or") else other
    return Static(node._replace(left=left.node, right=right.node))


def _comparison(spot: Spot, node: tree.Comparison, scope: Scope) -> Static | None:
    parts = _parts(spot, scope, node.first, *node.operands)
    if parts is None:
        return None
    made = node._replace(first=parts[0].node, operands=tuple(part.node for part in parts[1:]))
    return _folded(spot, made, parts)


def _if(spot: Spot, node: tree.IfExpr, scope: Scope) -> Static | None:
    if node.otherwise is None:
        return None
    condition = static(spot, node.condition, scope)
    if condition is None:
        return None
    if not condition.is_open:
        return static(spot, node.then if condition.value else node.otherwise, scope)
    parts = _parts(spot, scope, node.then, node.otherwise)
    if parts is None:
        return None
    made = tree.IfExpr(condition.node, parts[0].node, parts[1].node, node.span)
    return Static(made)


def _sequence(spot: Spot, node: Any, scope: Scope) -> Static | None:
    items = [item.value if isinstance(item, tree.Argument) else item for item in node.items]
    parts = _parts(spot, scope, *items)
    if parts is None or any(isinstance(item, tree.Argument) and item.name for item in node.items):
        return None
    if not any(part.is_open for part in parts):
        values = [part.value for part in parts]
        return constant(values if isinstance(node, tree.List) else tuple(values))
    if isinstance(node, tree.List):
        return Static(node._replace(items=tuple(part.node for part in parts)))
    return Static(node._replace(items=tuple(tree.Argument(None, part.node, node.span) for part in parts)))


def _index(spot: Spot, node: tree.Index, scope: Scope) -> Static | None:
    if any(isinstance(item, (tree.Slice, tree.Dots)) for item in node.items):
        return None
    parts = _parts(spot, scope, node.value, *node.items)
    if parts is None:
        return None
    return _folded(spot, node._replace(value=parts[0].node, items=tuple(part.node for part in parts[1:])), parts)


def _range(spot: Spot, node: tree.Range, scope: Scope) -> Static | None:
    parts = _parts(spot, scope, node.start, node.stop)
    if parts is None:
        return None
    made = node._replace(start=parts[0].node, stop=parts[1].node)
    ends = [part.value for part in parts]
    known = all(type(end) is int for end in ends) and ends[1] - ends[0] <= LARGEST_LIST
    value = list(range(*ends)) if known else OPEN
    return Static(made, value)


def _comprehension(spot: Spot, node: tree.Comprehension, scope: Scope) -> Static | None:
    iterable = static(spot, node.iterable, scope)
    if iterable is None:
        return None
    inner = Scope(scope)
    for name in target_names(node.target):
        inner.names[name] = named(name)
    item = static(spot, node.item, inner)
    if item is None:
        return None
    made = node._replace(item=item.node, iterable=iterable.node)
    value = OPEN if iterable.is_open else value_of(made, spot.constants())
    return constant(value) if value is not OPEN and is_constant(value) else Static(made)


def target_names(target: Any) -> list[str]:
    """The names a left side binds."""
    if isinstance(target, tree.TargetTuple):
        return [name for item in target.items for name in target_names(item)]
    return [target.id] if isinstance(target, tree.Name) else []


def _call(spot: Spot, node: tree.Call, scope: Scope) -> Static | None:
    if not isinstance(node.function, tree.Name):
        return None
    meaning = scope.find(node.function.id)
    if isinstance(meaning, Function):
        return _function(spot, node, scope, meaning)
    if meaning is not None:
        return None
    name = node.function.id
    if name not in BUILTINS:
        return factory(spot, Maker(node, scope)) if name[:1].isupper() else None
    parts = _parts(spot, scope, *(argument.value for argument in node.arguments))
    if parts is None:
        return None
    called = tree.Name(f"math.{name}" if name in MATH else name, node.function.span)
    arguments = tuple(a._replace(value=part.node) for a, part in zip(node.arguments, parts))
    made = node._replace(function=called, arguments=arguments)
    if name in ("range", "pow"):
        return Static(made)
    if name in ("enumerate", "zip", "reversed") and not any(part.is_open for part in parts):
        return Static(made, list(value_of(made, spot.constants())))
    return _folded(spot, made, parts)


def _function(spot: Spot, node: tree.Call, scope: Scope, function: Function) -> Static | None:
    """A function of values: called by its name, its text one of the script's helpers."""
    parts = _parts(spot, scope, *(argument.value for argument in node.arguments))
    if parts is None or not spot.is_helper(function):
        return None
    arguments = tuple(a._replace(value=part.node) for a, part in zip(node.arguments, parts))
    made = node._replace(arguments=arguments)
    if not any(part.is_open for part in parts):
        value = spot.worth(function, made)
        if value is not OPEN and is_constant(value):
            return constant(value)
    spot.helper(function)
    return Static(made)


def _string(spot: Spot, node: tree.String, scope: Scope) -> Static | None:
    parts = [part if isinstance(part, str) else static(spot, part, scope) for part in node.parts]
    if any(part is None for part in parts):
        return None
    open_parts = [part for part in parts if isinstance(part, Static)]
    made = node._replace(parts=tuple(part.node if isinstance(part, Static) else part for part in parts))
    return _folded(spot, made, open_parts)


class _Nowhere:
    """The place of what the spec does not hold."""

    source = None


NOWHERE: Any = _Nowhere()

RULES: dict[type, Callable[[Spot, Any, Scope], Static | None]] = {
    tree.Number: _literal,
    tree.Constant: _literal,
    tree.String: _string,
    tree.Hole: _hole,
    tree.Name: _name,
    tree.Unary: _unary,
    tree.Binary: _binary,
    tree.Comparison: _comparison,
    tree.IfExpr: _if,
    tree.Paren: lambda spot, node, scope: static(spot, node.inner, scope),
    tree.Group: lambda spot, node, scope: static(spot, node.body, scope),
    tree.Tuple: _sequence,
    tree.List: _sequence,
    tree.Index: _index,
    tree.Range: _range,
    tree.Comprehension: _comprehension,
    tree.Call: _call,
}
