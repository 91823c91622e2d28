"""Builds the statements and sections of the tree: one function for each rule of the grammar, called by its name.

Each gets the context, the span of what the rule covers, and the parts the grammar keeps.
"""

from __future__ import annotations

from typing import Any

from specc.diagnostics.model import finding
from specc.source import Span
from specc.syntax import tree
from specc.syntax.expressions import as_arguments, as_target
from specc.syntax.lexer import Token
from specc.syntax.machine import Context

EXTERN_KINDS = ("layer", "fn", "dataset", "loss", "optimizer", "scheduler", "transform", "metric")


def start(context: Context, at: Span, *items: Any) -> tree.Module:
    return tree.Module(items, Span(context.source, 0, len(context.source.text)))


# ---------------------------------------------------------------- definitions


def names(context: Context, at: Span, *words: Token) -> tuple[tree.Name, ...]:
    return tuple(tree.Name(word.text, word.span) for word in words)


def import_(context: Context, at: Span, words: tuple[tree.Name, ...], path: tree.String) -> tree.Import:
    return tree.Import(words, path, at)


def extern(context: Context, at: Span, kind: Token, name: Token, parameters: Any, inputs: Any, outputs: Any,
           target: tree.String) -> tree.Extern:
    if kind.text not in EXTERN_KINDS:
        from specc.syntax.errors import listing

        headline = f"`{kind.text}` is no kind of extern; there are {listing(EXTERN_KINDS, 'and')}"
        context.problems.append(finding("unknown-extern-kind", kind.span, headline))
    return tree.Extern(kind.text, name.text, parameters, inputs, outputs, target, at)


def fn_expr(context: Context, at: Span, name: Token, parameters: Any, value: Any) -> tree.Fn:
    return tree.Fn(name.text, name.span, parameters, value, at)


def fn_body(context: Context, at: Span, name: Token, parameters: Any, body: tree.Body) -> tree.Fn:
    return tree.Fn(name.text, name.span, parameters, body, at)


def block(context: Context, at: Span, kind: Token, name: Token, parameters: Any, body: tree.Body) -> tree.Block:
    return tree.Block(kind.text, name.text, name.span, parameters or (), body, at)


def parameters(context: Context, at: Span, *parts: tree.Parameter) -> tuple[tree.Parameter, ...]:
    return parts


def parameter(context: Context, at: Span, name: Token, type: Any, default: Any) -> tree.Parameter:
    return tree.Parameter(name.text, name.span, type, default, at)


def body(context: Context, at: Span, *statements: Any) -> tree.Body:
    return tree.Body(statements, at)


# ---------------------------------------------------------------- statements of a body


def input_(context: Context, at: Span, *declarations: tree.Declared) -> tree.Input:
    return tree.Input(declarations, at)


def declared(context: Context, at: Span, name: Token, type: tree.TypeExpr, optional: Token | None) -> tree.Declared:
    return tree.Declared(name.text, name.span, type, optional is not None, at)


def output(context: Context, at: Span, value: Any) -> tree.Output:
    return tree.Output(value, at)


def let(context: Context, at: Span, target: tree.Target, value: Any) -> tree.Let:
    return tree.Let(target, None, value, at)


def let_typed(context: Context, at: Span, name: Token, type: tree.TypeExpr, value: Any) -> tree.Let:
    return tree.Let(as_target(name), type, value, at)


def layer(context: Context, at: Span, name: Token, value: Any) -> tree.Layer:
    return tree.Layer(name.text, name.span, value, at)


def param(context: Context, at: Span, path: tree.Label, type: tree.TypeExpr, sign: Token, value: Any,
          *options: tree.Argument) -> tree.Param:
    return tree.Param(path, type, sign.text == "~", value, options, at)


def buffer(context: Context, at: Span, path: tree.Label, type: Any, value: Any, *options: tree.Argument) -> tree.Buffer:
    return tree.Buffer(path, type, value, options, at)


def tie(context: Context, at: Span, left: tree.Label, right: tree.Label) -> tree.Tie:
    return tree.Tie(left, right, at)


def order(context: Context, at: Span, *entries: Any) -> tree.Order:
    return tree.Order(tuple(e if isinstance(e, tree.Label) else tree.Label((e,), e.span) for e in entries), at)


def assert_(context: Context, at: Span, condition: Any) -> tree.Assert:
    return tree.Assert(condition, at)


def for_(context: Context, at: Span, target: Any, iterable: Any, body: tree.Body) -> tree.For:
    return tree.For(as_target(target), iterable, body, at)


def repeat_(context: Context, at: Span, count: Any, body: tree.Body) -> tree.Repeat:
    return tree.Repeat(count, body, at)


def if_(context: Context, at: Span, condition: Any, then: tree.Body, otherwise: Any) -> tree.If:
    return tree.If(condition, then, otherwise, at)


def method(context: Context, at: Span, name: Token, parameters: Any, body: tree.Body) -> tree.Method:
    return tree.Method(name.text, parameters, body, at)


def assign(context: Context, at: Span, target: tree.Target, value: Any) -> tree.Assign:
    return tree.Assign(target, value, at)


def annotated(context: Context, at: Span, name: Token, type: tree.TypeExpr, value: Any) -> tree.Annotated:
    return tree.Annotated(name.text, name.span, type, value, at)


def call_stmt(context: Context, at: Span, callee: Any, arguments: Any) -> tree.CallStatement:
    function = tree.Name(callee.text, callee.span) if isinstance(callee, Token) else callee
    return tree.CallStatement(tree.Call(function, arguments or (), at), at)


# ---------------------------------------------------------------- init and data


def init(context: Context, at: Span, models: tuple[tree.Name, ...], *rules: tree.Rule) -> tree.Init:
    return tree.Init(models, rules, at)


def rule(context: Context, at: Span, *parts: Any) -> tree.Rule:
    *patterns, sign, value = parts
    return tree.Rule(tuple(patterns), sign.text == "~", value, at)


def pattern(context: Context, at: Span, glob: tree.String, path: tree.Label | None) -> tree.Pattern:
    return tree.Pattern(glob, path, at)


def path_pattern(context: Context, at: Span, path: tree.Label) -> tree.Pattern:
    return tree.Pattern(None, path, at)


def data(context: Context, at: Span, *items: Any) -> tree.Data:
    return tree.Data(items, at)


def for_split(context: Context, at: Span, kind: Token, split: Token, value: Any) -> tree.SplitAssign:
    return tree.SplitAssign(kind.text, split.text, value, at)


def sample(context: Context, at: Span, *parts: tree.Part) -> tree.Sample:
    return tree.Sample(parts, at)


def part(context: Context, at: Span, name: Token, type: Any) -> tree.Part:
    return tree.Part(name.text, name.span, type, at)


# ---------------------------------------------------------------- loss, optimizer, scheduler, metrics


def loss(context: Context, at: Span, name: Token | None, value: Any) -> tree.Loss:
    return tree.Loss(name and name.text, value, at)


def optimizer(context: Context, at: Span, name: Token | None, value: Any, models: Any, items: Any) -> tree.Optimizer:
    return tree.Optimizer(name and name.text, value, models or (), items or (), at)


def optimizer_body(context: Context, at: Span, *items: Any) -> tuple[Any, ...]:
    return items


def opt_group(context: Context, at: Span, condition: Any, *settings: tree.Setting) -> tree.OptimizerGroup:
    return tree.OptimizerGroup(condition, settings, at)


def setting(context: Context, at: Span, name: Token, value: Any) -> tree.Setting:
    return tree.Setting(name.text, name.span, value, at)


def scheduler(context: Context, at: Span, name: Token | None, value: Any, unit: Token | None, metric: Any,
              optimizer: Token | None) -> tree.Scheduler:
    return tree.Scheduler(name and name.text, value, _named(unit), metric, _named(optimizer), at)


def _named(word: Token | None) -> tree.Name | None:
    return word and tree.Name(word.text, word.span)


def metrics(context: Context, at: Span, *arguments: Any) -> tree.Metrics:
    return tree.Metrics(as_arguments(arguments), at)


# ---------------------------------------------------------------- train


def train(context: Context, at: Span, *items: Any) -> tree.Train:
    return tree.Train(items, at)


def cadence(context: Context, at: Span, *parts: Any) -> tree.Cadence:
    *count, unit = parts
    return tree.Cadence(count[0] if count else None, unit.text.removesuffix("s"), at)


def eval_(context: Context, at: Span, when: tree.Cadence, split: tree.Label | None) -> tree.Eval:
    return tree.Eval(when, split, at)


def log_(context: Context, at: Span, when: tree.Cadence) -> tree.Log:
    return tree.Log(when, at)


def save_best(context: Context, at: Span, metric: tree.Label) -> tree.Save:
    return tree.Save(metric, None, at)


def save_every(context: Context, at: Span, when: tree.Cadence) -> tree.Save:
    return tree.Save(None, when, at)


def stop(context: Context, at: Span, metric: tree.Label, count: Any) -> tree.Stop:
    return tree.Stop(metric, count, at)


def train_step(context: Context, at: Span, name: Token, optimizer: Token, every: Any,
               body: tree.Body) -> tree.TrainStep:
    return tree.TrainStep(name.text, tree.Name(optimizer.text, optimizer.span), every, body, at)


def every_do(context: Context, at: Span, when: tree.Cadence, body: tree.Body) -> tree.Every:
    return tree.Every(when, body, at)
