"""The printing of one definition: its program so far, and what names and sizes mean at the moment."""

from __future__ import annotations

from typing import Any, Callable, Sequence

from specc.backends.definitions import guessing
from specc.backends.definitions.notes import WORD, Note, note_of
from specc.backends.definitions.numbering import Numbers
from specc.backends.definitions.observed import Observed
from specc.backends.definitions.program import Choice, Do, Local, Loop, Part, Path, Place, acts
from specc.backends.definitions.statics import named, text_of, value_of
from specc.backends.definitions.values import OPEN, Flow, Flows, Function, Scope, Static, Unprintable
from specc.backends.factories import place_of
from specc.backends.layout import Doc, rough
from specc.backends.python_text import identifier
from specc.program.names import library
from specc.syntax import tree
from specc.syntax.walk import names_in

SPARE = ("x", "y", "z", "h", "u", "v", "w")
LINE = 66  # characters of an expression that fits on a line
LONGEST = 48  # characters of an expression another one may stand around


class Slots:
    """Where the modules of a chain go.

    `labels` is the path of labelled ones, `container` that of numbered ones (None: they have no place). In a `pure`
    chain only modules stand, so that the container is called as one and forward does not see its parts. `next` is the
    number of the next module, in a loop that of each turn; None where it is not known. `target` is the variable of the
    chain, `result` the one its value gets in the end.
    """

    __slots__ = ("labels", "container", "next", "pure", "target", "result")

    def __init__(self, labels: Path, container: Path | None, pure: bool = False, target: str | None = None) -> None:
        self.labels, self.container, self.pure, self.target = labels, container, pure, target
        self.next: int | Numbers | None = 0
        self.result: str | None = None


class Printer:
    """What the printing of one definition knows and has made."""

    def __init__(self, library: Any, observed: Observed, uses: list[Any]) -> None:
        self.library, self.observed, self.uses = library, observed, uses
        self.program: list[Any] = []
        self.out = self.program
        self.depth = 0
        self.hole: Callable[[], Static] | None = None
        self.columns: dict[str, list[Any]] = {}  # the constructor's names with their value in each use
        self.axes: dict[str, tuple[int, int]] = {}  # those that are sizes of inputs, with the rank and the axis
        self.taken: set[str] = set()
        self.indices: set[str] = set()  # variables of loops that have another name in the spec
        self.reads: dict[str, int] = {}  # how often the definition reads each of its names
        self.order: tuple[str, ...] = ()
        self.ties: list[Any] = []
        self.called: list[Path] = []  # containers that are called as one
        self.result: list[Any] = []
        self.sequence = False  # whether the class is an nn.Sequential
        self.running: set[str] = set()  # variables that carry a size along
        self.changing: set[str] = set()  # variables of the spec that are bound more than once
        self.called_sizes: dict[tuple[int, int], str] = {}  # (rank, axis) → what the modules call that size
        self.statement: Any = None  # the variable that is being worked out, and from what
        self.kept = ""  # that variable, once it holds a part of it
        self.passing: list[str] = []  # spare variables that nothing reads behind this statement
        self.noted: Note = ()  # the sizes behind the last line of forward
        place = place_of(uses[0]) if uses else None
        self.device = f"{identifier(place.name)}.device" if place is not None else ""  # where forward makes tensors

    # ------------------------------------------------------------ compile-time values

    def constants(self) -> dict[str, Any]:
        """The values of what keeps its name although it is constant, and the helpers."""
        known = {s.name: s.static.value for s in self.program if isinstance(s, Local) and not s.static.is_open}
        return self.library.helper_values() | known

    def is_helper(self, function: Function) -> bool:
        return self.library.helpers.is_of_values(function)

    def helper(self, function: Function) -> None:
        self.library.helpers.need(function)

    def worth(self, function: Function, call: Any) -> Any:
        return self.library.helpers.worth(function, call)

    def leaves_trace(self, name: str) -> bool:
        """Whether a call of this name makes a step or a module at its own place."""
        meaning = self.library.top.find(name)
        return isinstance(meaning, tree.Block) or meaning is None and name[:1].isupper() and library(name) is not None

    def guess(self, values: list[Any], at: tuple[int, int] | None = None) -> Static | None:
        """An expression of the constructor's names that has these values, use by use."""
        return self._fit(self.columns, values, at)

    def _fit(self, columns: dict[str, list[Any]], values: list[Any], at: tuple[int, int] | None) -> Static | None:
        """An expression for values; for those of an axis with the sizes of other axes only if need be."""
        here = [name for name in columns if at is not None and self.axes.get(name) == at]
        near = {name: columns[name] for name in (*here, *columns) if name in here or name not in self.axes}
        return (guessing.guess(near, values) if here else None) or guessing.guess(columns, values)

    def fitting(
        self, graphs: list[Any], values: list[Any], at: tuple[int, int] | None = None
    ) -> Static | None:
        """An expression of the constructor's names for values that were seen in these graphs, one in each use."""
        places, wanted = self._in_uses(graphs, values)
        columns = {name: [column[place] for place in places] for name, column in self.columns.items()}
        return self._fit(columns, wanted, at)

    def one_of(self, numbers: Sequence[Static], graphs: list[Any], values: list[Any]) -> Static | None:
        """The one of these that has the values seen in these graphs."""
        places, wanted = self._in_uses(graphs, values)
        known = [self.known_in(place) for place in places] if wanted and numbers else []
        fits = (one for one in numbers if one.is_open and [value_of(one.node, each) for each in known] == wanted)
        return next(fits, None) if known else None

    def value_named(self, graphs: list[Any], values: list[Any], used: Sequence[str]) -> Static | None:
        """A compile-time value that the definition has under a name, seen in these graphs; one not used yet first."""
        places, wanted = self._in_uses(graphs, values)
        known = [self.known_in(place) for place in places]
        names = [*self.columns, *(item.name for item in self.program if isinstance(item, Local))]
        fits = [n for n in names if n not in self.running and wanted and [one.get(n) for one in known] == wanted]
        fits.sort(key=lambda name: name in used)
        return named(fits[0]) if fits else None

    def _in_uses(self, graphs: list[Any], values: list[Any]) -> tuple[list[int], list[Any]]:
        """The uses in which values were seen, with the value of each; none where one use saw several."""
        found: dict[int, Any] = {}
        for graph, value in zip(graphs, values):
            if found.setdefault(id(graph), value) != value:
                return [], []
        places = [place for place, use in enumerate(self.uses) if id(use) in found]
        return (places, [found[id(self.uses[place])] for place in places]) if len(places) == len(found) else ([], [])

    def by_use(self, node: Any) -> list[Any]:
        """What an expression is worth in each use; OPEN where it reads what only a loop knows."""
        return [value_of(node, self.known_in(place)) for place in range(len(self.uses))]

    def known_in(self, place: int) -> dict[str, Any]:
        """What the names of the constructor are worth in one use."""
        known = self.library.helper_values() | {name: column[place] for name, column in self.columns.items()}
        for item in self.program:
            if isinstance(item, Local) and item.name not in known:
                known[item.name] = value_of(item.static.node, known)
        return known

    def agreed(self, condition: Any, then: Any, other: Any) -> Any:
        """The size behind a condition, of those its two sides leave: the one that is right in every use, if any is."""
        if same_size(then, other):
            return then
        if not isinstance(then, Static) or not isinstance(other, Static) or condition is None:
            return None
        columns = [self.by_use(item.node) for item in (condition, then, other)]
        if not columns[0] or any(value is OPEN for column in columns for value in column):
            return None
        rows = list(zip(*columns))
        if all(a == b for taken, a, b in rows if not taken):
            return then
        return other if all(a == b for taken, a, b in rows if taken) else None

    # ------------------------------------------------------------ statements

    def say(self, statement: Any) -> None:
        self.out.append(statement)

    def assign(self, name: str, flow: Flow) -> Flow:
        """A line of forward that gives a tensor a name."""
        if flow.doc != name:
            self.say(Do(name, flow.doc, self.new_note(flow)))
        return Flow(name, 10, flow.shape)

    def note(self, flow: Flow) -> Note:
        """A tensor's sizes as a comment."""
        return note_of([self._size_note(size) for size in flow.shape or ()])

    def _size_note(self, size: Any) -> str:
        """A size in a comment, "" where nothing can be said: what is carried along has no name that forward knows."""
        if not isinstance(size, Static):
            return size or ""
        text = text_of(size)
        return "" if any(name.id in self.running for name in names_in(size.node)) else text

    def new_note(self, flow: Flow) -> Note:
        """A tensor's sizes as a comment, unless the line before said the same."""
        note, last = self.note(flow), self.noted
        self.noted = note
        return note if note != last else ()

    def spare(self, wish: str = "") -> str:
        """A variable that the definition does not use, the wished one if it can be."""
        own = (identifier(wish),) if wish and identifier(wish) not in self.columns else ()
        for name in (*own, *SPARE, *(f"x{number}" for number in range(2, 10**4))):
            if name not in self.taken:
                self.taken.add(name)
                return name
        raise Unprintable("too many variables")

    def shortened(self, flow: Flow, node: Any, target: str | None = None, longest: int = LONGEST) -> Flow:
        """A part of a line that would get too long, under a name of its own. `node` is the expression of that part."""
        if len(rough(flow.doc)) <= longest or not flow.depth:
            return flow
        return self.assign(target or self._name_for(flow, node), flow)

    def _name_for(self, flow: Flow, node: Any) -> str:
        """A variable for a part of a line: the only one it reads, or the one that is being worked out if nothing else
        reads it before it is, or a spare one, which the next statement can use again.
        """
        single = self.single_name(node) if isinstance(node, tree.Call) else None
        name = single or self._own_variable(flow, node)
        if name is None:
            name = self.spare()
            self.passing.append(name)
        return name

    def work_out(self, name: str | None, whole: Any, run: Callable[[], Any]) -> None:
        """Run what works out a variable from an expression."""
        outer = self.statement, self.kept, self.passing
        self.statement, self.kept, self.passing = name and (name, whole), "", []
        run()
        self.taken -= set(self.passing)
        self.statement, self.kept, self.passing = outer

    def _own_variable(self, flow: Flow, node: Any) -> str | None:
        if self.statement is None:
            return None
        name, whole = self.statement
        reads = [len([one for one in names_in(part) if identifier(one.id) == name]) for part in (whole, node)]
        words = WORD.findall(rough(flow.doc))
        if reads[0] > reads[1] or self.kept and self.kept not in words:
            return None
        self.kept = name
        return name

    def in_order(self, nodes: list[Any], worth: Callable[[Any], Any]) -> list[Any]:
        """The values of expressions one after another. A part of them that stands on a line of its own comes behind
        whatever the ones before it call.
        """
        values: list[Any] = []
        for node in nodes:
            mark = len(self.out)
            found = worth(node)
            said = self.out[mark:]
            if acts(said):
                del self.out[mark:]
                values = [self._called_now(value, own) for value, own in zip(values, nodes)]
                self.out += said
                if values and self.single_name(node):  # one in a row, each under its own name
                    found = self._called_now(found, node)
            values.append(found)
        return values

    def _called_now(self, value: Any, node: Any) -> Any:
        pending = isinstance(value, Flow) and value.depth
        return self.assign(self._name_for(value, node), value) if pending else value

    def single_name(self, node: Any) -> str | None:
        """The only variable that a call or an index is about, where the definition reads it nowhere else."""
        first = node.value if isinstance(node, tree.Index) else None
        if isinstance(node, tree.Call) and node.arguments:
            first = node.arguments[0].value
        if isinstance(first, tree.Name) and self.reads.get(first.id) == 1:
            return identifier(first.id)
        return None

    def inside(self, body: list[Any], run: Callable[[], Any]) -> Any:
        """Run with statements going into the body of a loop or a condition."""
        outer, self.out = self.out, body
        self.depth += 1
        try:
            return run()
        finally:
            self.out, self.depth = outer, self.depth - 1

    def place(self, path: Path, doc: Doc, note: Note = ()) -> None:
        self.say(Place(path, doc, note))

    def as_one(self, path: Path) -> Slots:
        """The slots of a container that is called as one."""
        self.called.append(path)
        return Slots(path, path, pure=True)

    def part(self, label: Any) -> Part:
        return Part(label, self.depth)

    # ------------------------------------------------------------ sizes that change on the way

    def loop(self, loop: Loop, scope: Scope, flow: Any, run: Callable[[Any], Any]) -> Any:
        """A loop whose body `run` prints, given what flows in; gives what flows out.

        A size that the body changes becomes a variable that the constructor carries along.
        """
        return self._settled([loop.body], [run], scope, flow, loop)[0]

    def choice(self, choice: Choice, scope: Scope, flow: Any, sides: list[Callable[[Any], Any]]) -> list[Any]:
        """A condition whose sides `sides` print, each given what flows in; gives what flows out of each."""
        return self._settled([choice.then, choice.other], sides, scope, flow, choice)

    def _settled(self, bodies: list[Any], sides: list[Any], scope: Scope, flow: Any, statement: Any) -> list[Any]:
        from specc.backends.definitions.carrying import Carrying

        condition = getattr(statement, "condition", None)
        carrying = Carrying(self, scope, flow, condition, loop=isinstance(statement, Loop))
        runs = [self._inside(body, run) for body, run in zip(bodies, sides)]
        mark = len(self.out)
        ends = carrying.run(runs)
        if carrying.changes(ends):
            for body in bodies:
                body.clear()
            del self.out[mark:]
            carrying.open()
            ends = carrying.run(runs)
            carrying.close(ends, bodies)
        self.say(statement)
        return carrying.after(ends)

    def _inside(self, body: list[Any], run: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda start: self.inside(body, lambda: run(start))


def sizes_of(value: Any) -> tuple[Any, ...] | None:
    return value.shape if isinstance(value, Flow) else value.total if isinstance(value, Flows) else None


def resized(value: Any, shape: tuple[Any, ...] | None) -> Any:
    return value._replace(shape=shape) if isinstance(value, Flow) else value._replace(total=shape)


def same_size(a: Any, b: Any) -> bool:
    """Whether two sizes are written alike."""
    if isinstance(a, Static) and isinstance(b, Static):
        return text_of(a) == text_of(b)
    return type(a) is type(b) and (a == b if isinstance(a, str) else a is None)
