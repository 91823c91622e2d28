"""`if`, `for` and `repeat`: conditions and loops of the class where the spec has them."""

from __future__ import annotations

from typing import Any, Callable

from specc.backends.definitions.numbering import Numbers, numbered
from specc.backends.definitions.printer import Printer, Slots
from specc.backends.definitions.program import Choice, Loop, Path, Test, acts
from specc.backends.definitions.statics import NOWHERE, constant, named, static, target_names
from specc.backends.definitions.tensors import depth_of, ranked_doc, value
from specc.backends.definitions.values import Flow, Scope, Static, Training, Unprintable
from specc.backends.formula import target_text
from specc.backends.layout import Doc, Joined, Leaf, Ternary
from specc.backends.python_text import MISREAD, identifier
from specc.syntax import tree

Given = list[tuple[str | None, Any]]


def condition_of(printer: Printer, node: Any, scope: Scope) -> Any:
    """A condition: a Static, or Training."""
    found = static(printer, node, scope)
    if found is not None:
        return found
    if isinstance(value(printer, node, scope), Training):
        return Training()
    raise Unprintable("a condition")


def settled(printer: Printer, condition: Any, then: Any, otherwise: Any) -> bool | None:
    """Which side is the only one that any use takes; None where both may be."""
    if isinstance(condition, Training):
        return None
    if not condition.is_open:
        return bool(condition.value)
    reached = [
        None if side is None else printer.observed.reaches(side, printer.leaves_trace) for side in (then, otherwise)
    ]
    if reached[0] is False:
        return False
    return True if reached[1] is False else None


# ---------------------------------------------------------------- values


def if_value(printer: Printer, node: tree.IfExpr, scope: Scope, slots: Slots) -> Any:
    """An `if` where a value is wanted: both sides in one expression, or a variable that both set."""
    from specc.backends.definitions.chains import named_value

    condition = condition_of(printer, node.condition, scope)
    side = settled(printer, condition, node.then, node.otherwise)
    if side is not None:
        return named_value(printer, node.then if side else node.otherwise, scope, slots)
    choice = Choice(None if isinstance(condition, Training) else condition, [], [])
    values: list[Any] = [None, None]

    def run(place: int, branch: Any) -> Callable[[Any], Any]:
        def take(flow: Any) -> Any:
            inner = Slots(slots.labels, _opened_here(printer, slots.container), slots.pure, slots.target)
            values[place] = named_value(printer, branch, scope, inner)
            return flow

        return take

    printer.choice(choice, scope, None, [run(0, node.then), run(1, node.otherwise)])
    return _either(printer, choice, values, slots)


def _opened_here(printer: Printer, path: Path | None) -> Path | None:
    """A container that only comes about inside a condition."""
    return path and (*path[:-1], path[-1]._replace(depth=printer.depth))


def _either(printer: Printer, choice: Choice, values: list[Any], slots: Slots) -> Any:
    if not all(isinstance(item, (Flow, Static)) for item in values):
        raise Unprintable("a condition between lists")
    shape = _common(printer, choice, [item.shape if isinstance(item, Flow) else () for item in values])
    if acts(choice.then) or acts(choice.other):
        name = slots.target or slots.result or printer.spare()
        printer.inside(choice.then, lambda: printer.assign(name, values[0]))
        printer.inside(choice.other, lambda: printer.assign(name, values[1]))
        return Flow(name, 10, shape)
    docs = [_side(item) for item in values]
    adds = isinstance(docs[0], Joined) and " + " in docs[0].parts
    test: Doc = "self.training" if choice.condition is None else Leaf(Test(choice, "shortcut" if adds else ""))
    doc = Ternary(docs[0], test, docs[1])
    return Flow(doc, 0, shape, max(map(depth_of, docs)) + 1, True)


def _side(item: Any) -> Doc:
    doc, rank = ranked_doc(item)
    return doc if rank > 0 else Joined(("(", doc, ")"))


def _common(printer: Printer, choice: Choice, shapes: list[Any]) -> Any:
    """What two shapes agree in."""
    first, second = shapes
    if first is None or second is None or len(first) != len(second):
        return first or second
    return tuple(_either_size(printer, choice, a, b) for a, b in zip(first, second))


def _either_size(printer: Printer, choice: Choice, then: Any, other: Any) -> Any:
    """The size behind a condition: one of the two, or an expression that chooses."""
    agreed = printer.agreed(choice.condition, then, other)
    if agreed is not None or not isinstance(then, Static) or not isinstance(other, Static) or choice.condition is None:
        return agreed
    return Static(tree.IfExpr(choice.condition.node, then.node, other.node, NOWHERE))


# ---------------------------------------------------------------- steps


def if_step(printer: Printer, node: tree.IfExpr, given: Given, scope: Scope, slots: Slots, label: Any) -> Any:
    """An `if` in a chain: its steps splice."""
    from specc.backends.definitions.chains import keep

    if label is not None or len(given) != 1:
        raise Unprintable("a label before if")
    condition = condition_of(printer, node.condition, scope)
    side = settled(printer, condition, node.then, node.otherwise)
    if side is not None:
        return _branch(printer, node.then if side else node.otherwise, given, scope, slots)
    choice = Choice(None if isinstance(condition, Training) else condition, [], [])
    flow = keep(printer, given[0][1], slots)
    before: Any = slots.next
    after = [before, before]

    def run(place: int, branch: Any) -> Callable[[Any], Any]:
        def side(start: Any) -> Any:
            decides = isinstance(before, Numbers) and isinstance(condition, Static)
            slots.next = before.where(condition, place == 0) if decides else before
            end = keep(printer, _branch(printer, branch, [(None, start)], scope, slots), slots)
            after[place] = slots.next
            return end

        return side

    ends = printer.choice(choice, scope, flow, [run(0, node.then), run(1, node.otherwise)])
    slots.next = _joined(before, after)
    return flow._replace(shape=_common(printer, choice, [end.shape for end in ends]))


def _joined(before: Any, after: list[Any]) -> Any:
    """The number of the next module behind a condition, given those behind its sides."""
    if isinstance(before, Numbers):
        return before.behind(after) if all(isinstance(end, Numbers) for end in after) else None
    return before if after == [before, before] else None


def _branch(printer: Printer, branch: Any, given: Given, scope: Scope, slots: Slots) -> Any:
    from specc.backends.definitions.chains import apply, steps_of

    if branch is None:
        return given[0][1]
    if isinstance(branch, tree.IfExpr):
        return if_step(printer, branch, given, scope, slots, None)
    for step in steps_of(branch.body):
        given = [(None, apply(printer, step, given, scope, slots))]
    return given[0][1]


def for_step(printer: Printer, node: tree.ForExpr, given: Given, scope: Scope, slots: Slots, label: Any) -> Any:
    items = static(printer, node.iterable, scope)
    if items is None:
        raise Unprintable("a loop over tensors")
    return _looped(printer, node.target, items, node.body.body, given, scope, slots)


def repeat_step(printer: Printer, node: tree.RepeatExpr, given: Given, scope: Scope, slots: Slots, label: Any) -> Any:
    count = static(printer, node.count, scope)
    if count is None:
        raise Unprintable("a count")
    return _looped(printer, tree.Hole(NOWHERE), up_to(count), node.body.body, given, scope, slots)


def up_to(count: Static) -> Static:
    made = tree.Range(constant(0).node, count.node, NOWHERE)
    return Static(made) if count.is_open else Static(made, list(range(count.value)))


def _looped(printer: Printer, target: Any, items: Static, body: Any, given: Given, scope: Scope, slots: Slots) -> Any:
    from specc.backends.definitions.chains import apply, keep, steps_of

    if items.value == []:
        return given[0][1]
    flow = keep(printer, given[0][1], slots)
    loop, target = opened(printer, target, items, scope)

    first: Any = slots.next
    behind = first
    if not slots.pure and type(first) is int:
        first, behind = numbered(printer, first, target, items, steps_of(body), scope)

    def run(start: Any) -> Any:
        slots.next = first
        going: Given = [(None, start)]
        for step in steps_of(body):
            going = [(None, apply(printer, step, going, scope, slots))]
        return keep(printer, going[0][1], slots)

    end = printer.loop(loop, scope, flow, run)
    slots.next = behind if first is slots.next or type(behind) is int else None
    return flow._replace(shape=end.shape)


def opened(printer: Printer, target: Any, items: Static, scope: Scope) -> tuple[Loop, Any]:
    """A loop over a compile-time list, its names bound; and its target as Python calls it."""
    written, target = target_names(target), _called(printer, target, items)
    names = tuple(target_names(target))
    scope.names.update({name: named(own) for name, own in zip(written, names)})
    return Loop(target_text(target), names, items, []), target


def _called(printer: Printer, target: Any, items: Static) -> Any:
    if isinstance(target, tree.TargetTuple):
        return target._replace(items=tuple(_called(printer, item, items) for item in target.items))
    return target._replace(id=_index(printer, target.id, items)) if isinstance(target, tree.Name) else target


def _index(printer: Printer, name: str, items: Static) -> str:
    """A loop's variable; where its own name is misread, that of what it counts: `l` in range(layers) is `layer`."""
    stop = items.node.stop if isinstance(items.node, tree.Range) else None
    one = stop.id[:-1] if isinstance(stop, tree.Name) and stop.id.endswith("s") else ""
    is_free = one and identifier(one) == one and (one not in printer.taken or one in printer.indices)
    if name not in MISREAD or not is_free:
        return identifier(name)
    printer.indices.add(one)
    printer.taken.add(one)
    return one
