"""The compile-time values of the constructor: which of them each container needs, and where their lines stand."""

from __future__ import annotations

from typing import Any

from specc.backends.definitions.boxes import Entry, Nest, Sorting, entries, locals_of
from specc.backends.definitions.printer import Printer
from specc.backends.definitions.program import Line, Local, Loop, Place
from specc.backends.definitions.slices import Slice, changing, inside, read_by_place
from specc.backends.definitions.turns import run_over
from specc.backends.definitions.values import Static
from specc.backends.definitions.writing import layout_of, local_lines, names_of
from specc.backends.formula import python_formula
from specc.backends.layout import lines
from specc.syntax import tree


class Values:
    """The values that modules of the constructor are made with. A value that changes on the way is worked out anew for
    each container, which are made one after another; one that does not has one line. `kept` are names that forward
    wants stored.
    """

    def __init__(self, printer: Printer, sorting: Sorting, kept: list[str]) -> None:
        self.printer, self.orders = printer, sorting.orders
        self.changing = changing(printer.program)
        self.kept = set(kept) - self.changing
        self.slice = Slice([], lambda statement: None, set())
        self.waiting: list[Any] = []
        self.done: set[int] = set()  # the fixed ones that have their line
        self.state: dict[str, list[int]] = {}  # the statements behind a changing one's value at the moment
        self.slices: dict[int, Slice] = {}

    def begin(self, item: Any) -> None:
        """Find out what an item of the constructor (None: its end) needs, and what of that is still to be written."""
        program, first = self.printer.program, 10**9 if item is None else item.order
        self.slice = self._slice([] if item is None else [item], self.kept)
        needed = [s for s in program if self.slice.sets(s) and not self.slice.holds(s)]
        before = [s for s in needed if self.orders[id(s)] < first]
        names = {name for s in before for name in self._set_in(s)} & self.changing
        stale = any(self.state.get(name, []) != _setters(name, before, self._set_in) for name in names)
        self.waiting = [s for s in needed if s not in before or self._is_due(s, stale)]

    def _is_due(self, statement: Any, stale: bool) -> bool:
        names = self._set_in(statement)
        if names & self.changing:
            return stale or any(id(statement) not in self.state.get(name, []) for name in names & self.changing)
        return id(statement) not in self.done

    def end(self) -> None:
        """An item has been written."""
        needed = [s for s in self.printer.program if self.slice.sets(s)]
        names = {name for s in needed for name in self._set_in(s)}
        self.state |= {name: _setters(name, needed, self._set_in) for name in names & self.changing}

    def _set_in(self, statement: Any) -> set[str]:
        return {item.name for item in locals_of([statement]) if id(item) in self.slice.lines}

    def _slice(self, items: list[Any], after: set[str]) -> Slice:
        orders = {entry.order for item in items for entry in _modules(item)}
        return Slice(
            self.printer.program,
            lambda s: read_by_place(s) if isinstance(s, (Place, Line)) and self.orders[id(s)] in orders else None,
            after,
        )

    # ------------------------------------------------------------ lines

    def ready(self, order: int, indent: int) -> list[str]:
        """The lines of the values that stand before a place and are still to be written."""
        text: list[str] = []
        while self.waiting and self.orders[id(self.waiting[0])] <= order:
            text += self.lines(self.waiting.pop(0), indent)
        return text

    def is_due(self, order: int) -> bool:
        return any(self.orders[id(statement)] < order for statement in self.waiting)

    def lines(self, statement: Any, indent: int) -> list[str]:
        """A value, or a loop or condition that only works out values."""
        if isinstance(statement, Local):
            self.done.add(id(statement))
            return self._local(statement, indent)
        if isinstance(statement, Loop):
            target, items = run_over(statement, self.slice.turns.get(id(statement), set()))
            head = lines(layout_of(items, {}), indent, f"for {target} in ", ":")
            return [*head, *self._body(statement.body, indent + 4)]
        then, other = self._body(statement.then, indent + 4), self._body(statement.other, indent + 4)
        condition = python_formula(statement.condition.node)
        text = [*lines(condition, indent, "if ", ":"), *(then or [" " * (indent + 4) + "pass"])]
        return [*text, " " * indent + "else:", *other] if other else text

    def _body(self, program: list[Any], indent: int) -> list[str]:
        return [line for inner in program if self.slice.sets(inner) for line in self.lines(inner, indent)]

    def _local(self, item: Local, indent: int) -> list[str]:
        first, *rest = local_lines(item, indent, {})
        columns = self._columns(item.name, self.printer.program) if len(rest) > 1 else ""
        return [first, *([" " * (indent + 4) + f"# {columns}"] if columns else []), *rest]

    def _columns(self, name: str, program: list[Any]) -> str:
        """What a loop calls the columns of a table."""
        for statement in program:
            if isinstance(statement, Loop):
                if isinstance(statement.items.node, tree.Name) and statement.items.node.id == name:
                    return statement.target if "," in statement.target else ""
                return self._columns(name, statement.body)
        return ""

    # ------------------------------------------------------------ loops and conditions around modules

    def own(self, nest: Nest, side: int) -> list[Any]:
        """The values of a loop or condition that its part here needs, or that are carried on; with loops and conditions
        that only work out such.
        """
        here = self.needed(nest)
        return [s for s in nest.bodies[side] if not here.holds(s) and self._is_own(s, nest)]

    def _is_own(self, statement: Any, nest: Nest) -> bool:
        here, names = self.needed(nest), [item.name for item in locals_of(self.printer.program)]
        return any(
            id(item) in self.slice.lines
            and (id(item) in here.lines or names.count(item.name) > 1 or item.name in self.printer.columns)
            for item in locals_of([statement])
        )

    def needed(self, nest: Nest) -> Slice:
        """What the part of a loop or condition needs that belongs to one container."""
        if id(nest) not in self.slices:
            self.slices[id(nest)] = self._slice([nest], set())
        return self.slices[id(nest)]

    def head(self, nest: Nest) -> tuple[str, Static]:
        """What a loop around the modules of one container calls its turns, and what it runs over."""
        more = {name for s in self.own(nest, 0) for name in names_in_values(s)}
        return run_over(nest.statement, self.needed(nest).turns.get(id(nest.statement), set()) | more)


def names_in_values(statement: Any) -> set[str]:
    """Every name that the values of a statement are worked out from."""
    if isinstance(statement, Local):
        return set(names_of(statement.static))
    around = getattr(statement, "items", None) or getattr(statement, "condition", None)
    found = set() if around is None else set(names_of(around))
    return found.union(*map(names_in_values, inside(statement)))


def _setters(name: str, statements: list[Any], set_in: Any) -> list[int]:
    return [id(statement) for statement in statements if name in set_in(statement)]


def _modules(item: Any) -> list[Entry]:
    """The entries of an item that are made, whatever containers they stand in."""
    return [leaf for entry in entries([item]) for leaf in (_leaves(entry))]


def _leaves(entry: Entry) -> list[Entry]:
    return [entry] if entry.box is None else [leaf for inner in entries(entry.box.items) for leaf in _leaves(inner)]
