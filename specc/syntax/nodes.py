"""The expressions of the tree: what was written, and where. Every node's last field is its span.

Chains, groups and the three splicing constructs (if, for, repeat) are expressions: whether they stand for a value or
for steps is decided by where they stand, when the program is elaborated.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Union

from specc.source import Span


class Number(NamedTuple):
    value: int | float
    span: Span


class String(NamedTuple):
    """`parts` alternates literal text (str, escapes resolved) and interpolated expressions."""

    parts: tuple[Any, ...]
    span: Span


class Constant(NamedTuple):
    """true, false or none."""

    value: bool | None
    span: Span


class Dots(NamedTuple):
    """`...` inside an index or a type."""

    span: Span


class Hole(NamedTuple):
    """`_`: work it out."""

    span: Span


class Name(NamedTuple):
    id: str
    span: Span


class Attribute(NamedTuple):
    value: "Expr"
    name: str
    name_span: Span
    span: Span


class Slice(NamedTuple):
    start: "Expr | None"
    stop: "Expr | None"
    step: "Expr | None"
    span: Span

    @property
    def ends(self) -> tuple[Any, Any, Any]:
        """Start, stop and step."""
        return self.start, self.stop, self.step


class Index(NamedTuple):
    """`value[items]`; each item is an expression, a Slice or Dots."""

    value: "Expr"
    items: tuple[Any, ...]
    span: Span


class Argument(NamedTuple):
    """One argument of a call or one entry of a tuple; `name` is None where it is positional."""

    name: str | None
    value: "Expr"
    span: Span


class Call(NamedTuple):
    function: "Expr"
    arguments: tuple[Argument, ...]
    span: Span


class Unary(NamedTuple):
    """`op` is "-" or "not"."""

    op: str
    operand: "Expr"
    span: Span


class Binary(NamedTuple):
    """`op` is one of + - * / // % ** @ and or."""

    op: str
    left: "Expr"
    right: "Expr"
    span: Span


class Comparison(NamedTuple):
    """`first op0 operands0 op1 operands1 ...`, as Python chains them; ops are < > <= >= == != in, not in."""

    first: "Expr"
    ops: tuple[str, ...]
    operands: tuple["Expr", ...]
    span: Span


class Range(NamedTuple):
    """`start..stop`, stop excluded."""

    start: "Expr"
    stop: "Expr"
    span: Span


class Paren(NamedTuple):
    """Parentheses around one chain: kept because the formatter prints what was written."""

    inner: "Expr"
    span: Span


class Tuple(NamedTuple):
    items: tuple[Argument, ...]
    span: Span


class List(NamedTuple):
    items: tuple["Expr", ...]
    span: Span


class Comprehension(NamedTuple):
    item: "Expr"
    target: "Target"
    iterable: "Expr"
    span: Span


class Chain(NamedTuple):
    """`head -> step -> step`, at least one step."""

    head: "Expr"
    steps: tuple["Expr", ...]
    span: Span


class Label(NamedTuple):
    """`name.part[index]` or one string before a colon. `parts` holds str (a name), Expr (an index) or one String."""

    parts: tuple[Any, ...]
    span: Span


class Labelled(NamedTuple):
    label: Label
    step: "Expr"
    span: Span


class Group(NamedTuple):
    """`{ chain }`."""

    body: "Expr"
    span: Span


class IfExpr(NamedTuple):
    """`otherwise` is a Group, another IfExpr or None."""

    condition: "Expr"
    then: Group
    otherwise: "Group | IfExpr | None"
    span: Span


class ForExpr(NamedTuple):
    target: "Target"
    iterable: "Expr"
    body: Group
    span: Span


class RepeatExpr(NamedTuple):
    count: "Expr"  # type: ignore[assignment]
    body: Group
    span: Span


class TargetTuple(NamedTuple):
    """Left side `a, (b, c)`: items are Name, Hole or TargetTuple."""

    items: tuple["Target", ...]
    span: Span


class TypeExpr(NamedTuple):
    """`f32[N, 3, H, W] < bound`; `dims` is None where no brackets stand; a dim is an Expr or Dots."""

    dtype: str
    dims: tuple[Any, ...] | None
    bound: "Expr | None"
    span: Span


Expr = Union[Number, String, Constant, Dots, Hole, Name, Attribute, Index, Call, Unary, Binary, Comparison, Range,
             Paren, Tuple, List, Comprehension, Chain, Labelled, Group, IfExpr, ForExpr, RepeatExpr]
Target = Union[Name, Hole, TargetTuple]
