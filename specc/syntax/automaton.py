"""The tables as the parser uses them, read once from tables.json."""

from __future__ import annotations

import json
from typing import Any, Callable

from specc.syntax.tables import PATH

Builder = Callable[..., Any]


class Rule:
    """One production: how much it takes off the stack, and what it puts there.

    `builder` names the function that makes the node; where it is None the value is the list of the children if
    `collects`, else the one child at `passes`. A rule that `renames` has one part and leaves it as it is.
    """

    __slots__ = ("origin", "length", "builder", "children", "collects", "passes", "renames")

    def __init__(self, origin: int, length: int, builder: str | None, children: list[int | None],
                 collects: bool) -> None:
        self.origin = origin
        self.length = length
        self.builder = builder
        self.children = children
        self.collects = collects
        self.renames = length == 1 and builder is None and not collects
        self.passes = children[0] or 0 if children and not collects and builder is None else 0


class Rows(dict[int, dict[int, int]]):
    """The actions of each state, unpacked when it is first entered."""

    __slots__ = ("_states", "_lookaheads")

    def __init__(self, states: list[Any], lookaheads: list[Any]) -> None:
        super().__init__()
        self._states, self._lookaheads = states, lookaheads

    def __missing__(self, state: int) -> dict[int, int]:
        shifts, reductions = self._states[state]
        row = dict(zip(shifts[::2], shifts[1::2]))
        for rule, kinds in zip(reductions[::2], reductions[1::2]):
            row.update(dict.fromkeys(self._lookaheads[kinds], ~rule))
        self[state] = row
        return row


class Tables:
    """Terminals, rules and states; a state's row maps a symbol to a target (0 and up) or a reduction (~rule)."""

    __slots__ = ("names", "texts", "kinds", "rules", "starts", "word_patterns", "end", "rows", "_count")

    def __init__(self, data: dict[str, Any]) -> None:
        terminals = data["terminals"]
        self.names: list[str] = [name for name, _, _ in terminals] + data["nonterminals"]
        self.texts: list[str | None] = [text for _, text, _ in terminals]
        self.kinds = {name: number for number, name in enumerate(self.names)}
        self.end = self.kinds["$END"]
        self.word_patterns = {name: pattern for name, _, pattern in terminals if pattern}
        self.rules = [Rule(origin, length, builder, children, self.names[origin].startswith("_"))
                      for origin, length, builder, children in data["rules"]]
        self.starts: dict[str, int] = data["starts"]
        self.rows = Rows(data["states"], data["lookaheads"])
        self._count = len(data["states"])

    def count(self) -> int:
        """How many states there are."""
        return self._count


_loaded: list[Tables] = []


def tables() -> Tables:
    """The tables of the language."""
    if not _loaded:
        with open(PATH, encoding="utf-8") as file:
            _loaded.append(Tables(json.load(file)))
    return _loaded[0]
