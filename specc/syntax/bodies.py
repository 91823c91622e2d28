"""The statements of a body: what was written, and where. Every node's last field is its span."""

from __future__ import annotations

from typing import Any, NamedTuple

from specc.source import Span
from specc.syntax.nodes import Argument, Call, Expr, Label, Target, TypeExpr


class Parameter(NamedTuple):
    name: str
    name_span: Span
    type: TypeExpr | None
    default: Expr | None
    span: Span


class Declared(NamedTuple):
    name: str
    name_span: Span
    type: TypeExpr
    optional: bool
    span: Span


class Input(NamedTuple):
    declarations: tuple[Declared, ...]
    span: Span


class Output(NamedTuple):
    value: Expr
    span: Span


class Let(NamedTuple):
    targets: Target
    type: TypeExpr | None
    value: Expr
    span: Span


class Layer(NamedTuple):
    name: str
    name_span: Span
    value: Expr
    span: Span


class Param(NamedTuple):
    """`sampled` is true for `~ distribution`, false for `= constant`."""

    path: Label
    type: TypeExpr
    sampled: bool
    value: Expr
    options: tuple[Argument, ...]
    span: Span


class Buffer(NamedTuple):
    path: Label
    type: TypeExpr | None
    value: Expr
    options: tuple[Argument, ...]
    span: Span


class Tie(NamedTuple):
    left: Label
    right: Label
    span: Span


class Order(NamedTuple):
    """Each entry is a Label (a string entry is a Label with one String part)."""

    entries: tuple[Label, ...]
    span: Span


class Assert(NamedTuple):
    condition: Expr
    span: Span


class Body(NamedTuple):
    statements: tuple[Any, ...]
    span: Span


class For(NamedTuple):
    target: Target
    iterable: Expr
    body: Body
    span: Span


class Repeat(NamedTuple):
    count: Expr  # type: ignore[assignment]
    body: Body
    span: Span


class If(NamedTuple):
    condition: Expr
    then: Body
    otherwise: "Body | If | None"
    span: Span


class Assign(NamedTuple):
    targets: Target
    value: Expr
    span: Span


class Annotated(NamedTuple):
    name: str
    name_span: Span
    type: TypeExpr
    value: Expr
    span: Span


class CallStatement(NamedTuple):
    call: Call
    span: Span


class Method(NamedTuple):
    name: str
    parameters: tuple["Parameter", ...]
    body: Body
    span: Span
