"""The untyped tree of a spec: what was written, and where. Every node's last field is its span.

Knows no layer names. The expressions are in nodes.py, the statements in bodies.py; all have their names here too.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from specc.source import Span
from specc.syntax.bodies import (  # noqa: F401
    Annotated,
    Assert,
    Assign,
    Body,
    Buffer,
    CallStatement,
    Declared,
    For,
    If,
    Input,
    Layer,
    Let,
    Method,
    Order,
    Output,
    Param,
    Parameter,
    Repeat,
    Tie,
)
from specc.syntax.nodes import (  # noqa: F401
    Argument,
    Attribute,
    Binary,
    Call,
    Chain,
    Comparison,
    Comprehension,
    Constant,
    Dots,
    Expr,
    ForExpr,
    Group,
    Hole,
    IfExpr,
    Index,
    Label,
    Labelled,
    List,
    Name,
    Number,
    Paren,
    Range,
    RepeatExpr,
    Slice,
    String,
    Target,
    TargetTuple,
    Tuple,
    TypeExpr,
    Unary,
)

# ---------------------------------------------------------------- top level


class Import(NamedTuple):
    names: tuple[Name, ...]
    path: String
    span: Span


class Extern(NamedTuple):
    """`kind` is layer, fn, dataset, loss, optimizer, scheduler, transform or metric; `target` the Python name."""

    kind: str
    name: str
    parameters: tuple[Parameter, ...] | None
    inputs: tuple[TypeExpr, ...] | None
    outputs: tuple[TypeExpr, ...] | None
    target: String
    span: Span


class Fn(NamedTuple):
    """`body` is an expression, or a Body that ends in output."""

    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    body: Any
    span: Span


class Block(NamedTuple):
    """`kind` is "block" or "model"; `parameters` is empty where no parentheses stand."""

    kind: str
    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    body: Body
    span: Span


class Pattern(NamedTuple):
    """`"glob" Class.weight`: either half may be missing."""

    glob: String | None
    path: Label | None
    span: Span


class Rule(NamedTuple):
    patterns: tuple[Pattern, ...]
    sampled: bool
    value: Expr
    span: Span


class Init(NamedTuple):
    models: tuple[Name, ...]
    rules: tuple[Rule, ...]
    span: Span


class SplitAssign(NamedTuple):
    """`transform train = ...` and `loader val = ...`; `kind` is transform or loader."""

    kind: str
    split: str
    value: Expr
    span: Span


class Part(NamedTuple):
    name: str
    name_span: Span
    type: TypeExpr | None
    span: Span


class Sample(NamedTuple):
    parts: tuple[Part, ...]
    span: Span


class Data(NamedTuple):
    """`items` are Assign, Let, SplitAssign and Sample."""

    items: tuple[Any, ...]
    span: Span


class Setting(NamedTuple):
    name: str
    name_span: Span
    value: Expr
    span: Span


class Loss(NamedTuple):
    name: str | None
    value: Expr
    span: Span


class OptimizerGroup(NamedTuple):
    condition: Expr
    settings: tuple[Setting, ...]
    span: Span


class Optimizer(NamedTuple):
    name: str | None
    value: Expr
    models: tuple[Name, ...]
    items: tuple[Any, ...]  # Setting and OptimizerGroup
    span: Span


class Scheduler(NamedTuple):
    """`unit` is what stands after `per`, `metric` after `on`, `optimizer` after `for`."""

    name: str | None
    value: Expr
    unit: Name | None
    metric: Label | None
    optimizer: Name | None
    span: Span


class Metrics(NamedTuple):
    arguments: tuple[Argument, ...]
    span: Span


class Cadence(NamedTuple):
    """`every epoch`, `every 100 steps`: `count` is an expression or None (1); `unit` is "step" or "epoch"."""

    count: Expr | None  # type: ignore[assignment]
    unit: str
    span: Span


class Eval(NamedTuple):
    cadence: Cadence
    split: Label | None
    span: Span


class Log(NamedTuple):
    cadence: Cadence
    span: Span


class Save(NamedTuple):
    """`save best path` or `save every cadence`."""

    best: Label | None
    cadence: Cadence | None
    span: Span


class Stop(NamedTuple):
    """`stop when path no better for count`."""

    metric: Label
    count: Expr  # type: ignore[assignment]
    span: Span


class TrainStep(NamedTuple):
    name: str
    optimizer: Name
    every: Expr | None
    body: Body
    span: Span


class Every(NamedTuple):
    cadence: Cadence
    body: Body
    span: Span


class Train(NamedTuple):
    """`items` are Setting, Buffer, Let, Eval, Log, Save, Stop, TrainStep and Every."""

    items: tuple[Any, ...]
    span: Span


class Module(NamedTuple):
    """A whole file: its top-level items in the order written."""

    items: tuple[Any, ...]
    span: Span


class Comment(NamedTuple):
    """A comment, with its `#`; `own_line` is true where nothing but white space stands before it."""

    text: str
    own_line: bool
    span: Span


def same(left: Any, right: Any) -> bool:
    """Whether two trees say the same, wherever they stand in their texts."""
    if isinstance(left, Span) or type(left) is not type(right):
        return type(left) is type(right)
    if isinstance(left, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)
