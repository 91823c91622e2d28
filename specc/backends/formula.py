"""Compile-time expressions of a spec as Python text."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from specc.backends.python_text import literal
from specc.syntax import tree

# how tightly operators bind, as in Python
ORDER = {
    "or": 1,
    "and": 2,
    "not": 3,
    "compare": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "//": 6,
    "%": 6,
    "negative": 7,
    "**": 8,
}
ATOM = 9


class Text(NamedTuple):
    """Python text where a node of the tree stands; `rank` is how tightly its outermost operator binds."""

    text: str
    rank: int = ATOM


def python_formula(node: Any, names: dict[str, str] | None = None) -> str:
    """Python text of a formula tree; `names` says what a name is called in Python where that differs.

    TypeError where the tree holds what is no compile-time expression.
    """
    return _text(node, names or {})[0]


def ranked(node: Any, names: dict[str, str] | None = None) -> tuple[str, int]:
    """Text and how tightly its outermost operator binds."""
    return _text(node, names or {})


def _text(node: Any, names: dict[str, str]) -> tuple[str, int]:
    rule = RULES.get(type(node))
    if rule is None:
        raise TypeError(f"{type(node).__name__} cannot stand in a formula")
    return rule(node, names)


def _call(node: tree.Call, names: dict[str, str]) -> tuple[str, int]:
    if is_whole_already(node):
        return _text(node.arguments[0].value, names)
    given = (f"{a.name}={_text(a.value, names)[0]}" if a.name else _text(a.value, names)[0] for a in node.arguments)
    return f"{_text(node.function, names)[0]}({', '.join(given)})", ATOM


def is_whole_already(node: tree.Call) -> bool:
    """`int(round(x))`: int does nothing there."""
    return _only_argument(_only_argument(node, "int"), "round") is not None


def _only_argument(node: Any, function: str) -> Any:
    """The argument of `function(argument)`; None for anything else."""
    if not (isinstance(node, tree.Call) and isinstance(node.function, tree.Name) and node.function.id == function):
        return None
    return node.arguments[0].value if len(node.arguments) == 1 else None


def _unary(node: tree.Unary, names: dict[str, str]) -> tuple[str, int]:
    rank = ORDER["not" if node.op == "not" else "negative"]
    return f"{'not ' if node.op == 'not' else '-'}{_inside(node.operand, rank, names)}", rank


def _comparison(node: tree.Comparison, names: dict[str, str]) -> tuple[str, int]:
    text, sides = _inside(node.first, 5, names), (node.first, *node.operands)
    for op, side in zip(node.ops, sides[1:]):
        empty = len(node.ops) == 1 and any(_text(part, names)[0] == "None" for part in sides)
        op = {"==": "is", "!=": "is not"}.get(op, op) if empty else op
        text += f" {op} {_inside(side, 5, names)}"
    return text, ORDER["compare"]


def _choice(node: tree.IfExpr, names: dict[str, str]) -> tuple[str, int]:
    if node.otherwise is None:
        raise TypeError("an if without else cannot stand in a formula")
    then, condition = (_inside(part, 1, names) for part in (node.then, node.condition))
    return f"{then} if {condition} else {_text(node.otherwise, names)[0]}", 0


def _tuple(node: tree.Tuple, names: dict[str, str]) -> tuple[str, int]:
    inner = ", ".join(_text(item.value, names)[0] for item in node.items)
    return f"({inner}{',' if len(node.items) == 1 else ''})", ATOM


def _list(node: tree.List, names: dict[str, str]) -> tuple[str, int]:
    return f"[{', '.join(_text(item, names)[0] for item in node.items)}]", ATOM


def _index(node: tree.Index, names: dict[str, str]) -> tuple[str, int]:
    inner = ", ".join(_text(item, names)[0] for item in node.items)
    return f"{_inside(node.value, ATOM, names)}[{inner}]", ATOM


def _slice(node: tree.Slice, names: dict[str, str]) -> tuple[str, int]:
    ends = node.ends[: 2 if node.step is None else 3]
    texts = ["" if end is None else _text(end, names)[0] for end in ends]
    plain = all(text.lstrip("-").replace("_", "").isalnum() for text in texts if text)
    return (":" if plain else " : ").join(texts).strip(), 0


def _range(node: tree.Range, names: dict[str, str]) -> tuple[str, int]:
    start, stop = _text(node.start, names)[0], _text(node.stop, names)[0]
    return f"range({stop})" if start == "0" else f"range({start}, {stop})", ATOM


def _comprehension(node: tree.Comprehension, names: dict[str, str]) -> tuple[str, int]:
    item, iterable = _text(node.item, names)[0], _inside(node.iterable, 1, names)
    return f"[{item} for {target_text(node.target)} in {iterable}]", ATOM


def target_text(target: Any) -> str:
    """`i, (a, b)`: the left side of a for."""
    text = _target(target)
    return text[1:-1] if isinstance(target, tree.TargetTuple) else text


def _target(target: Any) -> str:
    if isinstance(target, tree.TargetTuple):
        return f"({', '.join(map(_target, target.items))})"
    return "_" if isinstance(target, tree.Hole) else target.id


def _string(node: tree.String, names: dict[str, str]) -> tuple[str, int]:
    """A string; with expressions inside an f-string."""
    if all(isinstance(part, str) for part in node.parts):
        return literal("".join(node.parts)), ATOM
    shown = ""
    for part in node.parts:
        if isinstance(part, str):
            shown += literal(part)[1:-1].replace("{", "{{").replace("}", "}}")
        else:
            shown += "{" + _text(part, names)[0] + "}"
    if '"' in shown or "'" in shown or "\\" in shown:
        raise TypeError("a string with quotes inside cannot stand in a formula")
    return f'f"{shown}"', ATOM


RULES: dict[type, Callable[[Any, dict[str, str]], tuple[str, int]]] = {
    Text: lambda node, names: (node.text, node.rank),
    tree.Number: lambda node, names: (literal(node.value), ATOM),
    tree.Constant: lambda node, names: (literal(node.value), ATOM),
    tree.Name: lambda node, names: (names.get(node.id, node.id), ATOM),
    tree.Paren: lambda node, names: _text(node.inner, names),
    tree.Group: lambda node, names: _text(node.body, names),
    tree.Call: _call,
    tree.Unary: _unary,
    tree.Binary: lambda node, names: _binary(node, names),
    tree.Comparison: _comparison,
    tree.IfExpr: _choice,
    tree.Tuple: _tuple,
    tree.List: _list,
    tree.Index: _index,
    tree.Slice: _slice,
    tree.Range: _range,
    tree.Comprehension: _comprehension,
    tree.String: _string,
}


def _binary(node: tree.Binary, names: dict[str, str]) -> tuple[str, int]:
    rank = ORDER[node.op]
    right_first = node.op == "**"  # 2 ** 3 ** 2 is 2 ** (3 ** 2); all others group from the left
    left = _inside(node.left, rank + right_first, names)
    right = _inside(node.right, rank + (not right_first), names)
    tight = right_first and all(side.replace(".", "").replace("_", "").isalnum() for side in (left, right))
    return f"{left}{node.op}{right}" if tight else f"{left} {node.op} {right}", rank


def operands(node: Any, names: dict[str, str] | None = None) -> list[str]:
    """A formula in the pieces its outermost operators join, each but the first with its operator before it."""
    node = node.inner if isinstance(node, tree.Paren) else node
    if isinstance(node, tree.IfExpr) and not isinstance(node.otherwise, tree.IfExpr):
        sides = [_inside(side, 1, names or {}) for side in (node.then, node.condition, node.otherwise)]
        return [sides[0], f"if {sides[1]}", f"else {sides[2]}"]
    if not isinstance(node, tree.Binary) or node.op == "**":
        return [python_formula(node, names)]
    rank = ORDER[node.op]
    same = isinstance(node.left, tree.Binary) and ORDER[node.left.op] == rank
    left = operands(node.left, names) if same else [_inside(node.left, rank, names or {})]
    return [*left, f"{node.op} {_inside(node.right, rank + 1, names or {})}"]


def _inside(node: Any, rank: int, names: dict[str, str]) -> str:
    text, own = _text(node, names)
    return text if own >= rank else f"({text})"
