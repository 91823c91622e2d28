"""Builds the expressions of the tree: one function for each rule of the grammar, called by its name.

Each gets the context, the span of what the rule covers, and the parts the grammar keeps.
"""

from __future__ import annotations

from typing import Any

from specc.diagnostics.model import finding
from specc.source import Span
from specc.syntax import tree
from specc.syntax.lexer import Token
from specc.syntax.machine import Context
from specc.syntax.strings import read_number, read_string

# ---------------------------------------------------------------- atoms


def number(context: Context, at: Span, token: Token) -> tree.Number:
    return tree.Number(read_number(token.text, at, context.problems), at)


def string(context: Context, at: Span, token: Token) -> tree.String:
    return tree.String(read_string(context, at), at)


def true_(context: Context, at: Span) -> tree.Constant:
    return tree.Constant(True, at)


def false_(context: Context, at: Span) -> tree.Constant:
    return tree.Constant(False, at)


def none_(context: Context, at: Span) -> tree.Constant:
    return tree.Constant(None, at)


def dots(context: Context, at: Span) -> tree.Dots:
    return tree.Dots(at)


def hole(context: Context, at: Span, token: Token) -> tree.Hole:
    return tree.Hole(at)


def var(context: Context, at: Span, name: Token) -> tree.Name:
    return tree.Name(name.text, at)


# ---------------------------------------------------------------- what follows an atom


def attr(context: Context, at: Span, value: Any, name: Token) -> tree.Attribute:
    if isinstance(value, Token):
        value = tree.Name(value.text, value.span)
    return tree.Attribute(value, name.text, name.span, at)


def index(context: Context, at: Span, value: Any, items: tuple[Any, ...]) -> tree.Index:
    return tree.Index(value, items, at)


def index_one(context: Context, at: Span, value: Any, item: Any) -> tree.Index:
    return tree.Index(value, (item,), at)


def subs(context: Context, at: Span, *items: Any) -> tuple[Any, ...]:
    return items


def slice_(context: Context, at: Span, start: Any, stop: Any, step: Any) -> tree.Slice:
    return tree.Slice(start, stop, step, at)


def call(context: Context, at: Span, function: Any, arguments: tuple[tree.Argument, ...] | None) -> tree.Call:
    return tree.Call(function, arguments or (), at)


def args(context: Context, at: Span, *arguments: Any) -> tuple[tree.Argument, ...]:
    return as_arguments(arguments)


def kwarg(context: Context, at: Span, name: Token, value: Any) -> tree.Argument:
    return tree.Argument(name.text, value, at)


def as_arguments(parts: tuple[Any, ...]) -> tuple[tree.Argument, ...]:
    """The same parts, with those that have no name wrapped as positional arguments."""
    return tuple(p if isinstance(p, tree.Argument) else tree.Argument(None, p, p.span) for p in parts)


# ---------------------------------------------------------------- operators


def or_expr(context: Context, at: Span, left: Any, right: Any) -> tree.Binary:
    return tree.Binary("or", left, right, at)


def and_expr(context: Context, at: Span, left: Any, right: Any) -> tree.Binary:
    return tree.Binary("and", left, right, at)


def not_expr(context: Context, at: Span, operand: Any) -> tree.Unary:
    return tree.Unary("not", operand, at)


def negate(context: Context, at: Span, sign: Token, operand: Any) -> tree.Unary:
    return tree.Unary("-", operand, at)


def binary(context: Context, at: Span, left: Any, sign: Token, right: Any) -> tree.Binary:
    return tree.Binary(sign.text, left, right, at)


def power(context: Context, at: Span, left: Any, right: Any) -> tree.Binary:
    return tree.Binary("**", left, right, at)


def comparison(context: Context, at: Span, first: Any, *rest: Any) -> tree.Comparison:
    return tree.Comparison(first, rest[::2], rest[1::2], at)


def cmp_op(context: Context, at: Span, *words: Token) -> str:
    return " ".join(word.text for word in words)


def range_(context: Context, at: Span, start: Any, stop: Any) -> tree.Range:
    return tree.Range(start, stop, at)


# ---------------------------------------------------------------- brackets


def paren(context: Context, at: Span, inner: Any) -> tree.Paren:
    return tree.Paren(inner, at)


def tuple_(context: Context, at: Span, *items: Any) -> tree.Tuple:
    return tree.Tuple(as_arguments(items), at)


def list_(context: Context, at: Span, *items: Any) -> tree.List:
    return tree.List(items, at)


def comprehension(context: Context, at: Span, item: Any, target: Any, iterable: Any) -> tree.Comprehension:
    return tree.Comprehension(item, as_target(target), iterable, at)


def group(context: Context, at: Span, body: Any) -> tree.Group:
    return tree.Group(body, at)


def if_expr(context: Context, at: Span, condition: Any, then: tree.Group, otherwise: Any) -> tree.IfExpr:
    return tree.IfExpr(condition, then, otherwise, at)


def for_expr(context: Context, at: Span, target: Any, iterable: Any, body: tree.Group) -> tree.ForExpr:
    return tree.ForExpr(as_target(target), iterable, body, at)


def repeat_expr(context: Context, at: Span, count: Any, body: tree.Group) -> tree.RepeatExpr:
    return tree.RepeatExpr(count, body, at)


# ---------------------------------------------------------------- chains, labels, left sides


def chain_(context: Context, at: Span, head: Any, *steps: Any) -> tree.Chain:
    return tree.Chain(head, steps, at)


def labelled(context: Context, at: Span, label: Any, step: Any) -> tree.Labelled:
    return tree.Labelled(as_label(context, label), step, at)


def as_label(context: Context, written: Any) -> tree.Label:
    """The label that was read as an expression: a string, or a name with attributes and indices."""
    if isinstance(written, tree.String):
        return tree.Label((written,), written.span)
    parts: list[Any] = []
    part = written
    while not isinstance(part, tree.Name):
        if isinstance(part, tree.Attribute):
            parts.append(part.name)
        else:
            parts.append(_label_index(context, part))
        part = part.value
    return tree.Label((part.id, *reversed(parts)), written.span)


def _label_index(context: Context, part: tree.Index) -> Any:
    item = part.items[0]
    if len(part.items) > 1 or isinstance(item, (tree.Slice, tree.Dots)):
        headline = "an index in a label is one value, as in h[i]"
        context.problems.append(finding("malformed-label", part.span, headline))
        return tree.Hole(part.span)
    return item


def targets(context: Context, at: Span, *parts: Any) -> tree.Target:
    return as_target(parts[0]) if len(parts) == 1 else target_tuple(context, at, *parts)


def target_tuple(context: Context, at: Span, *parts: Any) -> tree.TargetTuple:
    return tree.TargetTuple(tuple(map(as_target, parts)), at)


def as_target(part: Any) -> tree.Target:
    """A word of a left side as the name it binds, or as the hole that discards."""
    if not isinstance(part, Token):
        return part
    return tree.Hole(part.span) if part.text == "_" else tree.Name(part.text, part.span)


def path(context: Context, at: Span, *parts: Any) -> tree.Label:
    return tree.Label(tuple(p.text if isinstance(p, Token) else p for p in parts), at)


def type_(context: Context, at: Span, name: Token, dims: tuple[Any, ...] | None, bound: Any) -> tree.TypeExpr:
    return tree.TypeExpr(name.text, dims, bound, at)


def shape(context: Context, at: Span, *dims: Any) -> tuple[Any, ...]:
    return dims


def types(context: Context, at: Span, *parts: tree.TypeExpr) -> tuple[tree.TypeExpr, ...]:
    return parts


def interp(context: Context, at: Span, inner: Any) -> Any:
    return inner
