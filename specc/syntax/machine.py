"""The parser's driver: shifts and reduces as the tables say, and builds the tree from the bottom up."""

from __future__ import annotations

from typing import Any, Callable

from specc.diagnostics.model import Diagnostic, finding
from specc.source import Source, Span
from specc.syntax.automaton import Rule, tables
from specc.syntax.lexer import Token, Tokens

MAX_BRACKETS = 64  # open at one time
MAX_DEPTH = 200  # levels of a tree: later stages walk it by recursion


class Context:
    """What a builder may use beside the parts of its node.

    The source, where to leave a problem, and how to read the expression between two offsets (None if there is none).
    """

    __slots__ = ("source", "problems", "expression")

    def __init__(self, source: Source, expression: Callable[[int, int], Any]) -> None:
        self.source = source
        self.problems: list[Diagnostic] = []
        self.expression = expression


class Machine:
    """One run over the tokens of a text.

    Four stacks of one height: the states, and for each the value built, the number of its first token, and how deep
    its tree is.
    """

    __slots__ = ("context", "builders", "tables", "tokens", "states", "values", "firsts", "depths", "brackets", "fatal")

    def __init__(self, context: Context, builders: dict[str, Callable[..., Any]], tokens: Tokens, start: str) -> None:
        self.context = context
        self.builders = builders
        self.tables = tables()
        self.tokens = tokens
        self.states: list[int] = [self.tables.starts[start]]
        self.values: list[Any] = [None]
        self.firsts: list[int] = [0]
        self.depths: list[int] = [0]
        self.brackets = 0
        self.fatal: Diagnostic | None = None

    def run(self, at: int, stop: int) -> int:
        """Read tokens from `at`; the position of the first that does not fit, or `stop` if all before it do."""
        rows, rules, roles = self.tables.rows, self.tables.rules, _roles()
        states, kinds = self.states, self.tokens.kinds
        while at < stop:
            kind = kinds[at]
            action = rows[states[-1]].get(kind)
            if action is None:
                return at
            if action >= 0:
                self._shift(at, action, roles.get(kind, 0))
                at += 1
            elif rules[~action].renames:  # most reductions: from one level of the operators to the next
                states[-1] = rows[states[-2]][rules[~action].origin]
                continue
            else:
                self._reduce(rules[~action], at)
            if self.fatal:
                return at
        return at

    def cut(self, height: int) -> None:
        """Take everything above a height off the stack."""
        for stack in (self.states, self.values, self.firsts, self.depths):
            del stack[height + 1 :]
        self.brackets = 0

    def result(self) -> Any:
        """The whole tree once the end has been read, else None."""
        return self.values[1] if len(self.values) == 3 and self.values[2] is not None else None

    def _shift(self, at: int, state: int, role: int) -> None:
        self.states.append(state)
        self.firsts.append(at)
        self.depths.append(0)
        self.values.append(None if role else self._token(at))
        if role:
            self.brackets += role
            if self.brackets > MAX_BRACKETS:
                headline = f"more than {MAX_BRACKETS} brackets are open here"
                self.fatal = finding("nesting-too-deep", self.tokens.span(at), headline)

    def _token(self, at: int) -> Token:
        tokens = self.tokens
        source, start, end = tokens.source, tokens.starts[at], tokens.ends[at]
        return Token(self.tables.texts[tokens.kinds[at]] or source.text[start:end], Span(source, start, end))

    def _reduce(self, rule: Rule, at: int) -> None:
        length = rule.length
        if not length:
            first, depth, value = at, 0, self._build(rule, [], at, at)
        else:
            first, depth = self.firsts[-length], max(self.depths[-length:])
            if rule.builder is None and not rule.collects:
                value = self.values[rule.passes - length]
            else:
                value = self._build(rule, self.values[-length:], first, at)
                depth += rule.builder is not None
            del self.states[-length:], self.values[-length:], self.firsts[-length:], self.depths[-length:]
        self.states.append(self.tables.rows[self.states[-1]][rule.origin])
        self.values.append(value)
        self.firsts.append(first)
        self.depths.append(depth)
        if depth > MAX_DEPTH:
            headline = f"this is built of more than {MAX_DEPTH} levels, one inside the other"
            self.fatal = finding("nesting-too-deep", self.tokens.span(first), headline)

    def _build(self, rule: Rule, values: list[Any], first: int, stop: int) -> Any:
        children = _children(rule, values)
        if rule.builder is None:
            return children
        tokens = self.tokens
        start = tokens.starts[first]
        span = Span(tokens.source, start, tokens.ends[stop - 1] if stop > first else start)
        return self.builders[rule.builder](self.context, span, *children)


def _children(rule: Rule, values: list[Any]) -> list[Any]:
    """The parts a node keeps. A list that grows at its right end grows in place, or long files would take forever."""
    kept = rule.children
    if kept and kept[0] == ~0:
        children, kept = values[0], kept[1:]
    else:
        children = []
    for child in kept:
        if child is None:
            children.append(None)
        elif child < 0:
            children.extend(values[~child])
        else:
            children.append(values[child])
    return children


_role_table: dict[int, int] = {}


def _roles() -> dict[int, int]:
    """+1 for the kinds that open a bracket, -1 for those that close one."""
    if not _role_table:
        for kind, text in enumerate(tables().texts):
            if text and text in "([{}])":
                _role_table[kind] = 1 if text in "([{" else -1
    return _role_table
