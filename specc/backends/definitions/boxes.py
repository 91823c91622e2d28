"""The modules of a program sorted into their containers, loops and conditions kept around them."""

from __future__ import annotations

from typing import Any, Iterator

from specc.backends.definitions.notes import Note
from specc.backends.definitions.program import Choice, Line, Local, Loop, Number, Path, Place
from specc.backends.definitions.writing import names_of, statics_in
from specc.backends.layout import Doc
from specc.syntax import tree


class Entry:
    """A module under its label: made by an expression, or a container of its own."""

    def __init__(self, order: int, label: Any, doc: Doc | None, note: Note, box: "Box | None") -> None:
        self.order, self.label, self.doc, self.note, self.box = order, label, doc, note, box


class Nest:
    """The part of a loop or condition that belongs to one container; `sides` are its bodies."""

    def __init__(self, order: int, statement: Any, bodies: list[list[Any]]) -> None:
        self.order, self.statement, self.bodies = order, statement, bodies
        self.sides: list[list[Any]] = [[] for _ in bodies]


class Box:
    """A container: its path and what stands in it, in order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.items: list[Any] = []

    @property
    def numbered(self) -> bool:
        """Whether a list does: the labels count from 0 without a gap, as far as they are words."""
        return all(is_number(entry.label) for entry in entries(self.items)) and all(
            item.label == str(place)
            for place, item in enumerate(self.items)
            if isinstance(item, Entry) and isinstance(item.label, str) and self._is_flat(place)
        )

    def _is_flat(self, place: int) -> bool:
        return not any(isinstance(item, Nest) for item in self.items[:place])


def is_number(label: Any) -> bool:
    """Whether a label counts: the next number, a number, or an index that the spec works out."""
    if isinstance(label, str):
        return label.isdecimal()
    return isinstance(label, Number) or not isinstance(label.node, tree.String)


def entries(items: list[Any]) -> Iterator[Entry]:
    """Every entry of a container, in whatever loop or condition it stands."""
    for item in items:
        if isinstance(item, Entry):
            yield item
        elif isinstance(item, Nest):
            for side in item.sides:
                yield from entries(side)


class Sorting:
    """Walks a program and puts each module where it belongs."""

    def __init__(self, program: list[Any]) -> None:
        self.root = Box(())
        self.count = 0
        self.orders: dict[int, int] = {}  # by id of a statement: its place in the program
        self._walk(program, [])

    def _walk(self, program: list[Any], context: list[tuple[Any, int]]) -> None:
        for statement in program:
            self.count += 1
            self.orders[id(statement)] = self.count
            if isinstance(statement, Place):
                self._insert(self.root, self.root.items, statement.path, context, 0, statement)
            elif isinstance(statement, Line):
                self._line(statement, context)
            elif isinstance(statement, Loop):
                self._walk(statement.body, [*context, (statement, 0)])
            elif isinstance(statement, Choice):
                self._walk(statement.then, [*context, (statement, 0)])
                self._walk(statement.other, [*context, (statement, 1)])

    def _line(self, statement: Line, context: list[tuple[Any, int]]) -> None:
        items = self.root.items
        for around, side in context:
            items = self._nest(items, around).sides[side]
        items.append(Entry(self.count, statement, None, (), None))

    def _insert(
        self, box: Box, items: list[Any], path: Path, context: list[Any], entered: int, statement: Place
    ) -> None:
        part = path[0]
        between = context[entered : part.depth]
        loops = [isinstance(around, Loop) for around, _ in between]
        outside = part.fixed and (all(loops) or len(path) > 1 and loops[0])
        if not outside:
            for around, side in between:
                items = self._nest(items, around).sides[side]
            entered = part.depth
        if len(path) == 1:
            items.append(Entry(self.count, part.label, statement.doc, statement.note, None))
            return
        found = self._container(box, items, part)
        self._insert(found, found.items, path[1:], context, entered, statement)

    def _container(self, box: Box, items: list[Any], part: Any) -> Box:
        for item in reversed(items):
            if isinstance(item, Entry) and item.box is not None and _same(item.label, part.label):
                return item.box
        made = Box((*box.path, part))
        items.append(Entry(self.count, part.label, None, (), made))
        return made

    def _nest(self, items: list[Any], around: Any) -> Nest:
        if items and isinstance(items[-1], Nest) and items[-1].statement is around:
            return items[-1]
        bodies = [around.body] if isinstance(around, Loop) else [around.then, around.other]
        items.append(Nest(self.orders[id(around)], around, bodies))
        return items[-1]


def _same(a: Any, b: Any) -> bool:
    return a == b if isinstance(a, str) and isinstance(b, str) else a is b


def locals_of(program: list[Any]) -> list[Local]:
    """Every local value, in whatever loop or condition."""
    found: list[Local] = []
    for statement in program:
        if isinstance(statement, Local):
            found.append(statement)
        elif isinstance(statement, Loop):
            found += locals_of(statement.body)
        elif isinstance(statement, Choice):
            found += locals_of(statement.then) + locals_of(statement.other)
    return found


def names_read(items: list[Any]) -> Iterator[str]:
    """Every compile-time name that modules, lines, loops and conditions read, as often as they do."""
    for item in items:
        if isinstance(item, Nest):
            static = item.statement.items if isinstance(item.statement, Loop) else item.statement.condition
            yield from () if static is None else names_of(static)
            for side in item.sides:
                yield from names_read(side)
            continue
        doc = item.label.doc if isinstance(item.label, Line) else item.doc
        for static in () if doc is None else statics_in(doc):
            yield from names_of(static)
        if hasattr(item.label, "node") and not is_number(item.label):
            yield from names_of(item.label)
        if item.box is not None:
            yield from names_read(item.box.items)
