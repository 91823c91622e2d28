"""What each word and sign of a spec is there for: what its layout depends on, read off the tree."""

from __future__ import annotations

from typing import Any

from specc.source import Source, Span
from specc.syntax import tree
from specc.syntax.automaton import tables
from specc.syntax.lexer import Tokens, tokenize

OPENERS = {"(": ")", "[": "]", "{": "}"}
CLOSERS = frozenset(OPENERS.values())
RESERVED = frozenset(("if", "else", "for", "in", "repeat", "and", "or", "not"))
_WITH_KEYWORD = (tree.Output, tree.Assert, tree.Loss, tree.Optimizer, tree.Scheduler, tree.Metrics, tree.Sample,
                 tree.OptimizerGroup, tree.Let, tree.Layer, tree.Tie, tree.Order, tree.Input, tree.Stop)


class Roles:
    """The tokens of a source by their numbers, and what the tree says of them.

    `statements` begin a statement, `lists` are the lists they form, `braces` open one; `keywords` only lead something
    in, `arrows` maps each `->` of a chain to the number of the first, `heads` that first to the chain's first token.
    """

    def __init__(self, source: Source, module: tree.Module) -> None:
        self.tokens, _ = tokenize(source, 0, len(source.text))
        self.texts = [self.tokens.text(at) for at in range(len(self.tokens.kinds) - 1)]
        self._numbers = {start: at for at, start in enumerate(self.tokens.starts)}
        self.statements: set[int] = set()
        self.lists: list[tuple[Any, ...]] = []
        self.braces: set[int] = set()
        self.keywords: set[int] = set()
        self.signs: set[int] = set()
        self.names_of_arguments: dict[int, bool] = {}
        self.slices: set[int] = set()
        self.operators: set[int] = set()
        self.arrows: dict[int, int] = {}
        self.heads: dict[int, int] = {}
        self._walk(module)

    def number(self, offset: int) -> int:
        """The token that begins at an offset of the text."""
        return self._numbers[offset]

    def after(self, span: Span) -> int:
        """The first token behind a span."""
        from bisect import bisect_left

        return bisect_left(self.tokens.starts, span.end)

    def is_word(self, at: int) -> bool:
        """Whether a token is a name, a word or a string: something a call or an index may follow."""
        name = tables().names[self.tokens.kinds[at]]
        return name in ("NAME", "STRING") or self.texts[at].isidentifier()

    def _walk(self, node: Any) -> None:
        if isinstance(node, (Span, tree.String)) or not isinstance(node, tuple):
            return
        visit = _VISITS.get(type(node))
        if visit:
            visit(self, node)
        if isinstance(node, _WITH_KEYWORD):
            self.keywords.add(self.number(node.span.start))
        for part in node:
            self._walk(part)

    # ------------------------------------------------------------ one kind of node each

    def _lines(self, statements: tuple[Any, ...]) -> None:
        self.statements.update(self.number(statement.span.start) for statement in statements)
        self.lists.append(statements)

    def module(self, node: tree.Module) -> None:
        self._lines(node.items)

    def body(self, node: tree.Body) -> None:
        self.braces.add(self.number(node.span.start))
        self._lines(node.statements)

    def section(self, node: tree.Data | tree.Train) -> None:
        self.braces.add(self.number(node.span.start) + 1)
        self._lines(node.items)

    def init(self, node: tree.Init) -> None:
        self.braces.add(self.after(node.models[-1].span))
        self._lines(node.rules)

    def optimizer(self, node: tree.Optimizer) -> None:
        last = node.models[-1] if node.models else node.value
        brace = self.after(last.span)
        if brace < len(self.texts) and self.tokens.starts[brace] < node.span.end:
            self.braces.add(brace)
        self._lines(node.items)

    def optimizer_group(self, node: tree.OptimizerGroup) -> None:
        self.braces.add(self.after(node.condition.span))
        self._lines(node.settings)

    def cadence(self, node: tree.Cadence) -> None:
        self.keywords.add(self.number(node.span.start) - 1)

    def train_step(self, node: tree.TrainStep) -> None:
        if node.every is not None:
            self.keywords.add(self.number(node.every.span.start) - 1)

    def unary(self, node: tree.Unary) -> None:
        if node.op == "-":
            self.signs.add(self.number(node.span.start))

    def binary(self, node: tree.Binary) -> None:
        self.operators.add(self.after(node.left.span))

    def argument(self, node: tree.Argument) -> None:
        if node.name is not None:
            spaced = isinstance(node.value, (tree.IfExpr, tree.ForExpr, tree.RepeatExpr))
            self.names_of_arguments[self.number(node.span.start) + 1] = spaced

    def slice(self, node: tree.Slice) -> None:
        first = self.after(Span(node.span.source, 0, node.span.start))
        parts = [part.span for part in node.ends if part]
        for at in range(first, self.after(node.span)):
            start = self.tokens.starts[at]
            if not any(span.start <= start < span.end for span in parts):
                self.slices.add(at)

    def chain(self, node: tree.Chain) -> None:
        arrows = [self.number(step.span.start) - 1 for step in node.steps]
        self.arrows.update(dict.fromkeys(arrows, arrows[0]))
        self.heads[arrows[0]] = self.number(node.head.span.start)


_VISITS: dict[type, Any] = {
    tree.Module: Roles.module, tree.Body: Roles.body, tree.Data: Roles.section, tree.Train: Roles.section,
    tree.Init: Roles.init, tree.Optimizer: Roles.optimizer, tree.OptimizerGroup: Roles.optimizer_group,
    tree.Cadence: Roles.cadence, tree.TrainStep: Roles.train_step, tree.Unary: Roles.unary, tree.Binary: Roles.binary,
    tree.Argument: Roles.argument, tree.Slice: Roles.slice, tree.Chain: Roles.chain,
}

__all__ = ["CLOSERS", "OPENERS", "RESERVED", "Roles", "Tokens"]
