"""Numbers of modules in a loop: what a container has counted to in each turn, as a formula of the loop's index."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from specc.backends.definitions.purity import is_steps, output_of
from specc.backends.definitions.statics import NOWHERE, constant, product, static, target_names, value_of
from specc.backends.definitions.values import OPEN, Function, Maker, Scope, Static, Unprintable
from specc.program.names import library
from specc.syntax import tree


class Uncountable(Unprintable):
    """How many modules a step makes cannot be told before it is printed."""


class Numbers(NamedTuple):
    """The number of the next module in every turn; `turns` are the values of all names, `names` are the loop's."""

    names: tuple[str, ...]
    turns: tuple[dict[str, Any], ...]
    next: tuple[int, ...]

    def after(self, more: int) -> Numbers:
        return self._replace(next=tuple(number + more for number in self.next))

    def where(self, condition: Static, holds: bool) -> Numbers:
        """Those turns in which a condition holds, or does not."""
        kept = [place for place, turn in enumerate(self.turns) if bool(_worth(condition, turn)) == holds]
        return self._replace(turns=tuple(self.turns[p] for p in kept), next=tuple(self.next[p] for p in kept))

    def behind(self, ends: Sequence[Numbers]) -> Numbers:
        """The numbers behind a condition, given those behind its two sides."""
        reached = {id(turn): number for end in ends for turn, number in zip(end.turns, end.next)}
        return self._replace(next=tuple(reached[id(turn)] for turn in self.turns))

    def formula(self) -> Static | None:
        """The number in terms of the index, None where there is none."""
        for name in self.names:
            found = _line(name, [turn[name] for turn in self.turns], self.next)
            if found is not None:
                return found
        return None


def _line(name: str, column: Sequence[Any], numbers: Sequence[int]) -> Static | None:
    """`factor * name + offset`, if it has these values."""
    if len(set(numbers)) < 2 or any(type(value) is not int for value in column):
        return None
    step = next((place for place, value in enumerate(column) if value != column[0]), None)
    if step is None:
        return None
    factor = (numbers[step] - numbers[0]) // (column[step] - column[0])
    offset = numbers[0] - factor * column[0]
    if any(factor * value + offset != number for value, number in zip(column, numbers)):
        return None
    node = product(constant(factor).node, tree.Name(name, NOWHERE))
    sign = "+" if offset > 0 else "-"
    return Static(tree.Binary(sign, node, constant(abs(offset)).node, NOWHERE) if offset else node)


def _worth(static_: Static, known: dict[str, Any]) -> Any:
    found = value_of(static_.node, known)
    if found is OPEN:
        raise Uncountable
    return found


# ---------------------------------------------------------------- loops


def numbered(
    printer: Any, first: int, target: Any, items: Static, steps: Sequence[Any], scope: Scope
) -> tuple[Any, int | None]:
    """What the modules of a loop's steps are numbered with, and the number behind the loop. None where nobody knows."""
    try:
        uses = [_turns(target, items, printer.known_in(place)) for place in range(len(printer.uses))]
        numbers: list[int] = []
        ends: set[int] = set()
        for turns in uses:
            number = first
            for turn in turns:
                numbers.append(number)
                number += sum(_made(printer, step, scope, turn) for step in steps)
            ends.add(number)
    except Uncountable:
        return None, None
    own = Numbers(tuple(target_names(target)), tuple(turn for turns in uses for turn in turns), tuple(numbers))
    return own, ends.pop() if len(ends) == 1 else None


def _turns(target: Any, items: Static, known: dict[str, Any]) -> list[dict[str, Any]]:
    """The names' values in every turn of a loop."""
    return [known | _taken_apart(target, item) for item in _worth(items, known)]


def _taken_apart(target: Any, item: Any) -> dict[str, Any]:
    if isinstance(target, tree.TargetTuple):
        pairs = [_taken_apart(part, own) for part, own in zip(target.items, item)]
        return {name: value for pair in pairs for name, value in pair.items()}
    return {target.id: item} if isinstance(target, tree.Name) else {}


def _made(printer: Any, node: Any, scope: Scope, known: dict[str, Any]) -> int:
    """How many numbers of its container a step takes, given the values of all names."""
    if isinstance(node, tree.Group):
        return 1
    if isinstance(node, tree.Paren):
        return _made(printer, node.inner, scope, known)
    if isinstance(node, tree.Chain):
        return sum(_made(printer, step, scope, known) for step in (node.head, *node.steps))
    if isinstance(node, tree.IfExpr):
        return _made_by_side(printer, node, scope, known)
    if isinstance(node, (tree.ForExpr, tree.RepeatExpr)):
        if _made(printer, node.body.body, scope, known):
            raise Uncountable
        return 0
    if isinstance(node, (tree.Name, tree.Call)):
        return _made_by_name(printer, node.function if isinstance(node, tree.Call) else node, scope, known)
    return 0


def _made_by_side(printer: Any, node: tree.IfExpr, scope: Scope, known: dict[str, Any]) -> int:
    condition = static(printer, node.condition, scope)
    if condition is None:
        raise Uncountable
    side = node.then if _worth(condition, known) else node.otherwise
    if side is None:
        return 0
    return _made(printer, side if isinstance(side, tree.IfExpr) else side.body, scope, known)


def _made_by_name(printer: Any, callee: Any, scope: Scope, known: dict[str, Any]) -> int:
    if not isinstance(callee, tree.Name):
        return 0
    meaning = scope.find(callee.id)
    if isinstance(meaning, Maker):
        return _made(printer, meaning.node, meaning.scope, known)
    if isinstance(meaning, Function):
        return _made_by_function(printer, meaning, known) if is_steps(printer, meaning) else 0
    operation = library(callee.id) if meaning is None else None
    layer = operation is not None and operation.kind == "layer"
    return 1 if layer or isinstance(meaning, (tree.Block, Static)) else 0


def _made_by_function(printer: Any, function: Function, known: dict[str, Any]) -> int:
    body = output_of(function.definition)
    if function.definition.parameters and not isinstance(body, tree.Group):
        raise Uncountable  # its steps may depend on what it is given
    return _made(printer, body, function.scope, known)
