"""The constructor: the modules of a program, container by container, as Python lines."""

from __future__ import annotations

from collections import Counter
from itertools import takewhile
from types import MappingProxyType
from typing import Any, Mapping

from specc.backends.definitions.boxes import Box, Entry, Nest, Sorting, entries, is_number, locals_of, names_read
from specc.backends.definitions.init_values import Values, names_in_values
from specc.backends.definitions.notes import note_text
from specc.backends.definitions.printer import Printer
from specc.backends.definitions.program import Line, Local, Loop, Number
from specc.backends.definitions.statics import product, text_of
from specc.backends.definitions.substitution import replaced
from specc.backends.definitions.values import Static, Unprintable
from specc.backends.definitions.writing import (
    label_text,
    layout_of,
    names_of,
    written,
)
from specc.backends.formula import python_formula
from specc.backends.layout import Bracket, Clauses, Doc, Joined, call, flat, lines
from specc.backends.script_members import TAKEN, fits_attribute
from specc.syntax import tree

LISTS = ("layers", "blocks", "stages", "parts")
WIDTH = 60  # characters of a container on one line


class InitText:
    """Writes the constructor's lines below its signature. `kept` are names that forward wants stored, `hidden` those
    that a comment cannot use.
    """

    def __init__(self, printer: Printer, kept: list[str], hidden: Mapping[str, str] = MappingProxyType({})) -> None:
        self.printer, self.hidden = printer, hidden
        self.sorting = Sorting(printer.program)
        self.orders = self.sorting.orders
        self.lines: list[str] = []
        self.values = Values(printer, self.sorting, kept)
        self.lists: list[str] = []
        self.declared: set[str] = set()  # lists whose type has been said
        self.within: dict[str, Static] = {}  # local values that stand where they are read, by name
        self.counts = Counter(item.name for item in locals_of(printer.program))
        self.taken = {*printer.columns, *self.counts, *names_read(self.sorting.root.items)}

    # ------------------------------------------------------------ the body

    def body(self, indent: int) -> list[str]:
        """Everything below super().__init__()."""
        order = self.printer.order
        items = self.sorting.root.items
        if order:
            rank = {word: place for place, word in enumerate(order)}
            items = sorted(items, key=lambda item: rank.get(_word(item), len(rank)))
        for item in items:
            self.values.begin(item)
            self._ready(item.order, indent)
            self._root(item, indent)
            self.values.end()
        self.values.begin(None)
        self._ready(10**9, indent)
        for tie in self.printer.ties:
            self.lines += lines(written(tie.doc, self._member), indent, note=tie.note)
        return self.lines

    def single(self, indent: int) -> list[str]:
        """The lines of a function that gives the one container of the program."""
        (item,) = self.sorting.root.items
        self.values.begin(item)
        doc = self._entry(item, indent)
        return [*self.lines, *lines(doc, indent, "return ")]

    def sequence(self, indent: int) -> list[str]:
        """The lines of a class that is a container: its modules are what nn.Sequential takes."""
        box = self.sorting.root
        entry = Entry(box.items[0].order, "", None, (), box)
        self.values.begin(entry)
        self._ready(entry.order, indent)
        doc = self._entry(entry, indent)
        return [*self.lines, *lines(doc, indent)]

    def _member(self, value: Any) -> Doc:
        from specc.backends.definitions.forward_text import member_text

        return member_text(value.path, self.sorting.root, {})

    def _ready(self, order: int, indent: int) -> None:
        """Write the local values that stand before a place, those that it needs."""
        self.lines += self.values.ready(order, indent)

    def _root(self, item: Any, indent: int) -> None:
        if isinstance(item, Nest):
            return self._nested(item, indent, lambda inner, deeper: self._root(inner, deeper))
        if isinstance(item.label, Line):
            return self._line(item.label, indent)
        if not isinstance(item.label, str):
            doc = self._entry(item, indent)
            self.lines += lines(call("self.add_module", label_text(item.label), doc), indent)
            return None
        if item.label in TAKEN:
            raise Unprintable("a module called like a part of every module")
        if not fits_attribute(item.label):
            self.lines += lines(call("self.add_module", label_text(item.label), self._entry(item, indent)), indent)
            return None
        self._put(item, f"self.{item.label}", indent)
        return None

    def _line(self, line: Line, indent: int) -> None:
        before = "assert " if line.target == "assert" else f"{line.target} = " if line.target else ""
        self.lines += lines(written(line.doc, self._leaf), indent, before, "", line.note)

    def _put(self, item: Entry, target: str, indent: int) -> None:
        """`target = ...`: a module or a container."""
        box = item.box
        if box is not None and not box.numbered and not self._simple(box):
            return self._labelled(box, target, indent)
        self.lines += lines(self._entry(item, indent), indent, f"{target} = ")
        return None

    def _entry(self, item: Entry, indent: int) -> Doc:
        """The expression of an entry, after whatever lines have to stand before it."""
        if item.box is None:
            return written(item.doc or "", self._leaf)
        if self._simple(item.box):
            return self._expression(item.box)
        if item.box.numbered:
            return self._counted(item.box, indent)
        name = self._fresh()
        self._labelled(item.box, name, indent)
        return name

    # ------------------------------------------------------------ containers in one expression

    def _simple(self, box: Box) -> bool:
        """Whether a container is one expression: no condition, no value that changes on the way."""
        return all(self._plain(item) for item in box.items) and not self._changes(box)

    def _plain(self, item: Any) -> bool:
        if isinstance(item, Nest):
            return self._comprehends(item)
        return isinstance(item.label, (str, Number)) and (item.box is None or self._simple(item.box))

    def _comprehends(self, nest: Nest) -> bool:
        """A loop over a single module, without values of its own but those that can stand where they are read."""
        if not isinstance(nest.statement, Loop) or len(nest.sides[0]) != 1:
            return False
        if not all(self._is_within(item, nest) for item in self.values.own(nest, 0)):
            return False
        (item,) = nest.sides[0]
        if isinstance(item, Nest):
            return self._comprehends(item)
        return is_number(item.label) and (item.box is None or self._simple(item.box))

    def _is_within(self, item: Any, nest: Nest) -> bool:
        """Whether a loop's value is read once and does not change on the way."""
        if not isinstance(item, Local) or any(self.counts[name] > 1 for name in (item.name, *names_of(item.static))):
            return False
        others = [name for other in self.values.own(nest, 0) for name in names_in_values(other)]
        return [*names_read(nest.sides[0]), *others].count(item.name) == 1

    def _changes(self, box: Box) -> bool:
        """Whether a local value is needed that is not known before the container begins."""
        first = min((item.order for item in box.items), default=0)
        last = max((self._end(item) for item in box.items), default=0)
        return any(first < self.orders[id(s)] < last for s in self.values.waiting)

    def _end(self, item: Any) -> int:
        if isinstance(item, Nest):
            return max((self._end(inner) for side in item.sides for inner in side), default=item.order)
        return item.order if item.box is None else max((self._end(inner) for inner in item.box.items), default=0)

    def _expression(self, box: Box) -> Doc:
        chained = box.path in self.printer.called
        if box.numbered or any(isinstance(item, Nest) for item in box.items):
            return self._counted_expression(box, chained)
        names = [str(item.label) for item in box.items]
        if any(name in TAKEN for name in names):
            raise Unprintable("a name that containers have for themselves")
        if chained and not all(map(fits_attribute, names)):
            raise Unprintable("a name that is no attribute")
        return self._named(box.items, chained)

    def _named(self, items: list[Entry], chained: bool) -> Doc:
        """A container of modules with names, each of them one expression."""
        docs = [self._entry(item, 0) for item in items]
        spread = len(docs) > 1
        notes = tuple(map(self._note, items)) if spread else ()
        if chained:
            pairs: tuple[Doc, ...] = tuple(Joined((f"{item.label}=", doc)) for item, doc in zip(items, docs))
            return call("nn.Sequential", Bracket("OrderedDict", "(", pairs, ")", spread, notes))
        pairs = tuple(Joined((f"{label_text(item.label)}: ", doc)) for item, doc in zip(items, docs))
        return call("nn.ModuleDict", Bracket("", "{", pairs, "}", spread, notes))

    def _counted_expression(self, box: Box, chained: bool) -> Doc:
        docs = [self._comprehension(item) if isinstance(item, Nest) else self._entry(item, 0) for item in box.items]
        single = len(docs) == 1 and isinstance(box.items[0], Nest)
        notes = tuple(map(self._note, box.items))
        if single:
            return call(_container(box), Joined(("*", docs[0]))) if chained else call("nn.ModuleList", docs[0])
        docs = [Joined(("*", doc)) if isinstance(item, Nest) else doc for doc, item in zip(docs, box.items)]
        short = sum(len(flat(doc)) + 2 for doc in docs) < WIDTH and not any(notes)
        if chained:
            return Bracket(_container(box), "(", tuple(docs), ")", not short, notes)
        return call("nn.ModuleList", Bracket("", "[", tuple(docs), "]", not short, notes))

    def _note(self, item: Any) -> str:
        return "" if isinstance(item, Nest) else note_text(item.note, self.hidden)

    def _comprehension(self, nest: Nest) -> Doc:
        loops: list[tuple[str, Static]] = []
        item: Any = nest
        while isinstance(item, Nest):
            self.within |= {own.name: own.static for own in self.values.own(item, 0)}
            target, items = self.values.head(item)
            loops.append((target, self._static(items)))
            item = item.sides[0][0]
        clauses = [f"for {target} in {flat(layout_of(items, {}))}" for target, items in _counted_once(loops)]
        made = Clauses(self._entry(item, 0), tuple(clauses))
        self.within = {}
        return Bracket("", "[", (made,), "]")

    def _static(self, static: Static) -> Static:
        """A compile-time value, the local ones that have no line of their own written out in it."""
        read = [name for name in names_of(static) if name in self.within]
        return self._static(Static(replaced(static.node, self.within))) if read else static

    def _leaf(self, value: Any) -> Doc:
        """A leaf in the constructor: its names are variables there."""
        return layout_of(self._static(value), {})

    # ------------------------------------------------------------ containers step by step

    def _counted(self, box: Box, indent: int) -> Doc:
        """A list that grows, and the container of it."""
        name = self._fresh()
        self.lists.append(name)
        items = list(box.items)
        first: list[Doc] = []
        while items and isinstance(items[0], Entry) and not self.values.is_due(items[0].order):
            first.append(self._entry(items.pop(0), indent))
        kind = "" if name in self.declared else ": list[nn.Module]"
        self.declared.add(name)
        self.lines += lines(Bracket("", "[", tuple(first), "]"), indent, f"{name}{kind} = ")
        while items:
            self._ready(items[0].order, indent)
            together = self._together(items)
            docs = tuple(self._entry(item, indent) for item in together)
            more = lines(Bracket("", "[", docs, "]"), indent, f"{name} += ")
            one_by_one = [line for doc in docs for line in lines(call(f"{name}.append", doc), indent)]
            if together:
                self.lines += more if len(more) < len(one_by_one) else one_by_one
            else:
                self._append(items[0], indent, name)
            items = items[max(len(together), 1) :]
        self.lists.pop()
        chained = box.path in self.printer.called
        return f"{_container(box)}(*{name})" if chained else f"nn.ModuleList({name})"

    def _append(self, item: Any, indent: int, name: str) -> None:
        if isinstance(item, Nest):
            self._nested(item, indent, lambda inner, deeper: self._append(inner, deeper, name))
        else:
            self.lines += lines(call(f"{name}.append", self._entry(item, indent)), indent)

    def _labelled(self, box: Box, target: str, indent: int) -> None:
        """A container whose modules are added by name."""
        chained = box.path in self.printer.called
        first = self._together(box.items)
        if len(first) < 2 or any(not fits_attribute(str(item.label)) or item.label in TAKEN for item in first):
            first = []
        empty = call("nn.Sequential" if chained else "nn.ModuleDict")
        self.lines += lines(self._named(first, chained) if first else empty, indent, f"{target} = ")
        for item in box.items[len(first) :]:
            self._ready(item.order, indent)
            self._add(item, indent, target, chained)

    def _together(self, items: list[Any]) -> list[Entry]:
        """The first of these modules that one expression can make, with nothing to be said before."""
        alike = takewhile(lambda item: isinstance(item, Entry) and self._plain(item), items)
        return [item for item in alike if not self.values.is_due(item.order)]

    def _add(self, item: Any, indent: int, target: str, chained: bool) -> None:
        if isinstance(item, Nest):
            return self._nested(item, indent, lambda inner, deeper: self._add(inner, deeper, target, chained))
        if isinstance(item.label, Number) or item.label in TAKEN:
            raise Unprintable("a number among names")
        doc = self._entry(item, indent)
        label = label_text(item.label)
        if chained:
            self.lines += lines(call(f"{target}.add_module", label, doc), indent)
        else:
            self.lines += lines(doc, indent, f"{target}[{label}] = ")
        return None

    def _fresh(self) -> str:
        return next(name for name in LISTS if name not in self.lists and name not in self.taken)

    # ------------------------------------------------------------ loops and conditions

    def _nested(self, nest: Nest, indent: int, write: Any) -> None:
        statement = nest.statement
        if isinstance(statement, Loop):
            target, items = self.values.head(nest)
            self.lines += lines(layout_of(items, {}), indent, f"for {target} in ", ":")
            return self._side(nest, 0, indent, write)
        if statement.condition is None:
            raise Unprintable("modules that only training has")
        if nest in self.sorting.root.items and not self.printer.sequence:
            self._absent(nest, indent)
        condition = python_formula(statement.condition.node)
        if not nest.sides[0] and not self.values.own(nest, 0):
            return self._negated(nest, indent, write)
        self.lines += lines(condition, indent, "if ", ":")
        self._side(nest, 0, indent, write)
        if nest.sides[1] or self.values.own(nest, 1):
            self.lines.append(" " * indent + "else:")
            self._side(nest, 1, indent, write)
        return None

    def _negated(self, nest: Nest, indent: int, write: Any) -> None:
        from specc.backends.definitions.conditions import negated

        self.lines.append(" " * indent + f"if {negated(nest.statement.condition.node)}:")
        self._side(nest, 1, indent, write)

    def _side(self, nest: Nest, side: int, indent: int, write: Any) -> None:
        items = [*nest.sides[side], *self.values.own(nest, side)]
        for item in sorted(items, key=lambda item: item.order if hasattr(item, "order") else self.orders[id(item)]):
            if isinstance(item, (Entry, Nest)):
                write(item, indent + 4)
            else:
                self.lines += self.values.lines(item, indent + 4)

    def _absent(self, nest: Nest, indent: int) -> None:
        """A module that one side lacks is None there."""
        names = [{str(e.label) for e in side if isinstance(e, Entry)} for side in nest.sides]
        for name in [n for n in [*sorted(names[0] - names[1]), *sorted(names[1] - names[0])]]:
            if not fits_attribute(name):
                raise Unprintable("a number that is there or not")
            self.lines.append(" " * indent + f"self.{name}: nn.Module | None = None")


def _container(box: Box) -> str:
    """What a row of modules is given to: the root's is the class itself."""
    return "nn.Sequential" if box.path else "super().__init__"


def _counted_once(loops: list[tuple[str, Static]]) -> list[tuple[str, Static]]:
    """Loops as targets and what they run over; two in a row that only count become one."""
    found = loops[:1]
    for target, items in loops[1:]:
        before = found[-1][1].node
        if target == found[-1][0] == "_" and all(_from_zero(node) for node in (before, items.node)):
            found[-1] = ("_", Static(before._replace(stop=product(before.stop, items.node.stop))))
        else:
            found.append((target, items))
    return found


def _from_zero(node: Any) -> bool:
    return isinstance(node, tree.Range) and text_of(Static(node.start)) == "0"


def _word(item: Any) -> str:
    """The name of what an item of the root makes, the first where it makes several."""
    if isinstance(item, Nest):
        return next((_word(entry) for entry in entries([item])), "")
    label = item.label
    if isinstance(label, Line):
        return label.target.removeprefix("self.")
    return label if isinstance(label, str) else ""
