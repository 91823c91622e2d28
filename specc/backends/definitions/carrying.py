"""Sizes that a loop or a condition changes: a variable of the constructor carries them along, as a careful engineer's
`channels` does.
"""

from __future__ import annotations

from typing import Any, Callable

from specc.backends.definitions.printer import Printer, resized, same_size, sizes_of
from specc.backends.definitions.program import Local
from specc.backends.definitions.statics import named, text_of
from specc.backends.definitions.values import Flow, Flows, Scope, Static

FLOW = ""  # the key of what flows along a chain, beside the names of a body
PLACES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}  # axes that hold no features
OTHERS = ("width", "size", "breadth")  # names for a size whose own name is taken


class Carrying:
    """One loop or condition: what is known before it, what its body leaves, and the variables between."""

    def __init__(self, printer: Printer, scope: Scope, flow: Any, condition: Static | None, loop: bool) -> None:
        self.printer, self.scope, self.flow, self.condition, self.loop = printer, scope, flow, condition, loop
        self.before = self._known(flow)
        self.start = dict(self.before)
        self.variables: dict[str, Static] = {}  # variable → the size before
        self.axes: dict[tuple[str, int], str | None] = {}  # (holder, axis) → variable, None where nothing is known
        self.agreed: dict[
            tuple[str, int], Static
        ] = {}  # sizes that are the same whichever side of a condition is taken
        self.left: list[dict[str, Any]] = []  # the names as each body leaves them
        self.called: dict[tuple[int, int], str] = {}  # what the bodies call the sizes of their tensors

    def _known(self, flow: Any) -> dict[str, Any]:
        known = {name: value for name, value in self.scope.names.items() if isinstance(value, (Flow, Flows))}
        return known | ({FLOW: flow} if isinstance(flow, Flow) else {})

    def run(self, runs: list[Callable[[Any], Any]]) -> list[Any]:
        """What the bodies leave, each from the start as it is known now."""
        ends = []
        self.left = []
        around, self.printer.called_sizes = self.printer.called_sizes, {}
        for run in runs:
            self.scope.names.update({name: value for name, value in self.start.items() if name != FLOW})
            ends.append(run(self.start.get(FLOW, self.flow)))
            self.left.append(dict(self.scope.names))
        self.called = self.printer.called_sizes
        self.printer.called_sizes = self.called | around
        return ends

    def changes(self, ends: list[Any]) -> bool:
        """Note the sizes that the bodies leave different; whether there are any."""
        for holder, value in self.before.items():
            shape = sizes_of(value)
            shapes = [sizes_of(end) for end in self._ends(holder, ends)]
            known = [end for end in shapes if end is not None]
            if shape is None or len(known) < len(shapes) or any(len(end) != len(shape) for end in known):
                continue
            for axis, size in enumerate(shape):
                self._compare(holder, axis, size, [end[axis] for end in known])
        return bool(self.axes)

    def _ends(self, holder: str, ends: list[Any]) -> list[Any]:
        return [end for end in ends if isinstance(end, Flow)] if holder == FLOW else [n.get(holder) for n in self.left]

    def _compare(self, holder: str, axis: int, before: Any, ends: list[Any]) -> None:
        if before is None or all(same_size(before, end) for end in ends):
            return
        found = self.printer.agreed(self.condition, *ends) if len(ends) == 2 else None
        if found is not None:
            self.agreed[holder, axis] = found
            return
        known = isinstance(before, Static) and all(isinstance(end, Static) for end in ends)
        rank = len(sizes_of(self.before[holder]) or ())
        name = self._variable(rank, axis, before) if known else None
        self.axes[holder, axis] = name
        if name is not None:
            self.variables.setdefault(name, before)

    def _variable(self, rank: int, axis: int, size: Static) -> str | None:
        """A variable for a size that changes: one that carries it already, else a name that nobody reads."""
        printer = self.printer
        for name in dict.fromkeys((size_name(self.called, rank, axis), *OTHERS)):
            if name in self.variables:
                if same_size(self.variables[name], size):
                    return name
            elif name in printer.running or self.loop and text_of(size) == name and not self._is_read(name):
                return name
            elif name not in printer.columns and name not in printer.taken and self.scope.find(name) is None:
                return name
        return None

    def _is_read(self, name: str) -> bool:
        """Whether the definition reads, under its symbol, a size that the constructor takes: it must keep its value."""
        symbols: list[str] = []
        scope: Scope | None = self.scope
        while scope is not None:
            symbols += [s for s, known in scope.names.items() if isinstance(known, Static) and text_of(known) == name]
            scope = scope.parent
        return any(self.printer.reads.get(symbol, 0) for symbol in symbols)

    def open(self) -> None:
        """Start again with variables in place of the sizes that change."""
        self.printer.running |= set(self.variables)
        for name, size in self.variables.items():
            if not same_size(size, named(name)):
                self.printer.say(Local(name, size))
        for (holder, axis), variable in self.axes.items():
            shape = list(sizes_of(self.start[holder]) or ())
            shape[axis] = None if variable is None else named(variable)
            self.start[holder] = resized(self.start[holder], tuple(shape))

    def close(self, ends: list[Any], bodies: list[Any]) -> None:
        """At the end of each body the variables take the sizes it leaves."""
        for place, body in enumerate(bodies):
            written: set[str] = set()
            for (holder, axis), variable in self.axes.items():
                end = ends[place] if holder == FLOW else self.left[place].get(holder)
                shape = sizes_of(end)
                size = shape[axis] if shape is not None and axis < len(shape) else None
                if variable is None or variable in written or not isinstance(size, Static):
                    continue
                if not same_size(size, named(variable)):
                    written.add(variable)
                    body.append(Local(variable, size))

    def after(self, ends: list[Any]) -> list[Any]:
        """What flows on: the sizes that changed are those of the variables."""
        sizes: dict[tuple[str, int], Any] = {**self.agreed}
        sizes |= {key: None if variable is None else named(variable) for key, variable in self.axes.items()}
        for (holder, axis), size in sizes.items():
            if holder != FLOW and holder in self.scope.names:
                self.scope.names[holder] = _settled(self.scope.names[holder], axis, size)
            elif holder == FLOW:
                ends = [_settled(end, axis, size) for end in ends]
        return ends


def size_name(called: dict[tuple[int, int], str], rank: int, axis: int) -> str:
    """What the size of an axis is called: as the modules on the way have it, else by its place beside the features."""
    named_axes = {at: name for (other, at), name in called.items() if other == rank}
    if axis in named_axes:
        return named_axes[axis]
    features = next((at for at, name in named_axes.items() if name not in PLACES[3] + PLACES[1]), 1)
    places = [at for at in range(1, rank) if at != features]
    names = PLACES.get(len(places), ())
    return "channels" if axis == features else names[places.index(axis)] if names and axis else "size"


def _settled(value: Any, axis: int, size: Any) -> Any:
    shape = sizes_of(value)
    if shape is None or axis >= len(shape):
        return value
    return resized(value, (*shape[:axis], size, *shape[axis + 1 :]))
