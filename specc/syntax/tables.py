"""The parser's tables: made from the grammar by lark, kept as JSON, read back without lark.

`python -m specc.syntax.tables` writes tables.json anew after a change of grammar/specc.lark.
"""

from __future__ import annotations

import os.path
from typing import Any

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tables.json")
STARTS = ("start", "interp")


def tables_text() -> str:
    """The text of tables.json as the grammar says it should be. Needs lark, and about a second."""
    import json

    from specc.resources import resource

    with open(resource("grammar", "specc.lark"), encoding="utf-8") as file:
        tables = make_tables(file.read())
    return json.dumps(tables, separators=(",", ":")) + "\n"


def make_tables(grammar: str) -> dict[str, Any]:
    """The LALR(1) tables of a grammar, numbered in an order that depends on nothing but the grammar.

    `terminals` are [name, text or null, pattern or null]; a symbol is a number, terminals first. A rule is
    [origin, length, builder or null, children]; a child is a position, ~position where a list is spliced in, or
    null for an absent option. A state is [shifts, reductions]: shifts alternate symbol and target, reductions
    alternate rule and the number of its set in `lookaheads`. Raises lark's GrammarError on any conflict.
    """
    from lark import Lark
    from lark.common import ParserConf
    from lark.parsers.lalr_analysis import LALR_Analyzer

    lark = Lark(grammar, parser="lalr", lexer="basic", start=list(STARTS), maybe_placeholders=True)
    analyzer = LALR_Analyzer(ParserConf(lark.rules, {}, list(STARTS)), strict=True)
    analyzer.compute_lalr()
    return _Numbering(lark, analyzer.parse_table).tables()


class _Numbering:
    """Gives lark's symbols, rules and states their numbers."""

    def __init__(self, lark: Any, table: Any) -> None:
        self.terminals = sorted(lark.terminals, key=lambda terminal: terminal.name)
        self.nonterminals = sorted({rule.origin.name for rule in lark.rules})
        names = [terminal.name for terminal in self.terminals] + ["$END"] + self.nonterminals
        self.symbols = {name: number for number, name in enumerate(names)}
        self.rules = sorted(lark.rules, key=_rule_key)
        self.rule_numbers = {rule: number for number, rule in enumerate(self.rules)}
        self.table = table
        self.states = self._order()
        self.lookaheads: dict[tuple[int, ...], int] = {}

    def _order(self) -> dict[int, int]:
        """The states by breadth from the start states, along symbols in their order."""
        found = [self.table.start_states[start] for start in STARTS]
        seen = set(found)
        for state in found:
            for _, (action, target) in self._row(state):
                if action.name == "Shift" and target not in seen:
                    seen.add(target)
                    found.append(target)
        return {state: number for number, state in enumerate(found)}

    def _row(self, state: int) -> list[Any]:
        return sorted(self.table.states[state].items(), key=lambda entry: self.symbols[entry[0]])

    def tables(self) -> dict[str, Any]:
        states = [self._state(state) for state in self.states]
        return {
            "terminals": [_terminal(terminal) for terminal in self.terminals] + [["$END", "", None]],
            "nonterminals": self.nonterminals,
            "rules": [self._rule(rule) for rule in self.rules],
            "starts": {start: self.states[self.table.start_states[start]] for start in STARTS},
            "lookaheads": [list(kinds) for kinds in self.lookaheads],
            "states": states,
        }

    def _state(self, state: int) -> list[Any]:
        shifts: list[int] = []
        reductions: dict[int, list[int]] = {}
        for name, (action, target) in self._row(state):
            if action.name == "Shift":
                shifts += [self.symbols[name], self.states[target]]
            else:
                reductions.setdefault(self.rule_numbers[target], []).append(self.symbols[name])
        if state in self.table.end_states.values():
            shifts += [self.symbols["$END"], self.states[state]]
        flat: list[int] = []
        for rule, kinds in sorted(reductions.items()):
            flat += [rule, self.lookaheads.setdefault(tuple(kinds), len(self.lookaheads))]
        return [shifts, flat]

    def _rule(self, rule: Any) -> list[Any]:
        origin = self.symbols[rule.origin.name]
        children = _children(rule)
        inline = rule.origin.name.startswith("_")
        passes = rule.options.expand1 and not rule.alias and len(children) == 1
        builder = None if inline or passes else rule.alias or rule.origin.name
        return [origin, len(rule.expansion), builder, children]


def _terminal(terminal: Any) -> list[Any]:
    from lark.lexer import PatternStr

    value = terminal.pattern.value
    return [terminal.name, value, None] if isinstance(terminal.pattern, PatternStr) else [terminal.name, None, value]


def _rule_key(rule: Any) -> tuple[Any, ...]:
    return (rule.origin.name, [symbol.name for symbol in rule.expansion], rule.alias or "", rule.options.empty_indices)


def _children(rule: Any) -> list[int | None]:
    """Which parts of an expansion its node keeps, as lark's tree builder chooses them."""
    absent = "".join("1" if empty else "0" for empty in rule.options.empty_indices) or "0" * len(rule.expansion)
    gaps = [len(ones) for ones in absent.split("0")]
    children: list[int | None] = []
    for at, symbol in enumerate(rule.expansion):
        children += [None] * gaps[at]
        if rule.options.keep_all_tokens or not (symbol.is_term and symbol.filter_out):
            splice = not symbol.is_term and symbol.name.startswith("_")
            children.append(~at if splice else at)
    return children + [None] * gaps[-1]


if __name__ == "__main__":
    with open(PATH, "w", encoding="utf-8", newline="\n") as out:
        out.write(tables_text())
