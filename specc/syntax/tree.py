"""The untyped tree of a spec: what was written, and where. Every node's last field is its span.

Knows no layer names. Chains, groups and the three splicing constructs (if, for, repeat) are expressions: whether
they stand for a value or for steps is decided by where they stand, when the program is elaborated.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Union

from specc.source import Span

# ---------------------------------------------------------------- expressions


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
    count: "Expr"
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


Expr = Union[Number, String, Constant, Dots, Hole, Name, Attribute, Index, Call, Unary, Binary, Comparison, Range, Paren,
             Tuple, List, Comprehension, Chain, Labelled, Group, IfExpr, ForExpr, RepeatExpr]
Target = Union[Name, Hole, TargetTuple]

# ---------------------------------------------------------------- statements of a body


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
    count: Expr
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


# ---------------------------------------------------------------- top level


class Parameter(NamedTuple):
    name: str
    name_span: Span
    type: TypeExpr | None
    default: Expr | None
    span: Span


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

    count: Expr | None
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
    count: Expr
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
