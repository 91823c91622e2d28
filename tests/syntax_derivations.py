"""Specs derived from the grammar by random choices, and lark's own reading of it."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st
from lark import Lark

from specc.resources import resource
from specc.syntax.automaton import tables

FREE = {
    "NAME": ["a", "bc", "Conv2d", "a_rather_long_name_of_a_thing"],
    "NUMBER": ["1", "2.5", "1e3"],
    "STRING": ['"s"', '""', '"a{b + 1}c"'],
}


def grammar() -> str:
    with open(resource("grammar", "specc.lark"), encoding="utf-8") as file:
        return file.read()


@cache
def lark() -> Lark:
    return Lark(grammar(), parser="lalr", lexer="basic", start="start", propagate_positions=True)


@cache
def alternatives() -> dict[int, list[list[int]]]:
    """The expansions of each symbol, from the tables' rules; the shortest derivations first."""
    grammar_rules: dict[int, list[list[int]]] = {}
    for rule in lark().rules:
        names = tables().kinds
        grammar_rules.setdefault(names[rule.origin.name], []).append([names[s.name] for s in rule.expansion])
    cost = dict.fromkeys(range(tables().end + 1), 1)
    for _ in range(60):
        for origin, options in grammar_rules.items():
            costs = [1 + sum(cost.get(s, 10**6) for s in option) for option in options]
            cost[origin] = min(cost.get(origin, 10**6), *costs)
    for options in grammar_rules.values():
        options.sort(key=lambda option: sum(cost[symbol] for symbol in option))
    return grammar_rules


@st.composite
def derivations(draw: st.DrawFn, most: int = 40) -> list[str]:
    """The words of a spec derived from the grammar by random choices."""
    words: list[str] = []
    pending = [tables().kinds["start"]]
    while pending:
        symbol = pending.pop()
        options = alternatives().get(symbol)
        if options is None:
            words.append(draw(word(symbol)))
        else:
            room = len(words) + len(pending) < most
            choice = draw(st.integers(0, len(options) - 1)) if room else 0
            pending += reversed(options[choice])
    return words


def word(kind: int) -> st.SearchStrategy[str]:
    text = tables().texts[kind]
    if text:
        return st.just(text)
    return st.sampled_from(FREE[tables().names[kind]])
