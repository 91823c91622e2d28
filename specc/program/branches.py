"""`if` in values and chains: settled at compile time, except `if training`, of which both sides are built."""

from __future__ import annotations

from typing import Any, Callable, Sequence

from specc.program.context import STEP_LIMIT, Frame, Slots
from specc.program.model import Step, TrainingStep
from specc.program.values import TensorValue, TrainingChoice, TrainingFlag, code, describe, has_unknown, is_plain
from specc.syntax import tree
from specc.types.tensor import UNKNOWN


def if_value(frame: Frame, node: tree.IfExpr, slots: Slots) -> Any:
    """An `if` where a value is wanted: it needs an else, and hands its name to the branches."""
    from specc.program.chains import value_of

    if node.otherwise is None:
        frame.report("not-a-value", node.span, "an if that stands for a value needs an else")
        return UNKNOWN
    return _choose(frame, node, lambda branch: value_of(frame, branch, slots), lambda: UNKNOWN)


def if_step(frame: Frame, node: tree.IfExpr, value: Any, slots: Slots) -> Any:
    """An `if` in a chain: the steps of the branch taken splice in; without an else the value passes."""
    from specc.program.chains import apply_step, apply_steps

    def take(branch: Any) -> Any:
        if isinstance(branch, tree.IfExpr):
            return apply_step(frame, branch, value, slots, None)
        return apply_steps(frame, branch.body, value, slots)

    return _choose(frame, node, take, lambda: value)


def _choose(frame: Frame, node: tree.IfExpr, take: Callable[[Any], Any], default: Callable[[], Any]) -> Any:
    from specc.program.evaluate import evaluate, truth

    def otherwise() -> Any:
        return default() if node.otherwise is None else take(node.otherwise)

    condition = evaluate(frame, node.condition)
    if isinstance(condition, TrainingFlag):
        return both(frame, lambda: take(node.then), otherwise, node)
    if isinstance(condition, TrainingChoice) and condition == TrainingChoice(False, True):
        return both(frame, otherwise, lambda: take(node.then), node)
    settled = truth(frame, condition, node.condition)
    if settled is None:
        return UNKNOWN
    return take(node.then) if settled else otherwise()


def both(frame: Frame, then: Callable[[], Any], otherwise: Callable[[], Any], node: Any) -> Any:
    """Build both sides of `if training`; their results must have one type."""
    then_steps, then_value = side(frame, then)
    other_steps, other_value = side(frame, otherwise)
    if has_unknown(then_value) or has_unknown(other_value):
        return UNKNOWN
    if not then_steps and not other_steps and is_plain(then_value) and is_plain(other_value):
        return TrainingChoice(then_value, other_value)
    return choice(frame, (then_steps, other_steps), [[then_value, other_value]], node)[0]


def choice(frame: Frame, steps: Any, pairs: Sequence[Sequence[Any]], node: Any) -> list[Any]:
    """The values of the side that runs, of `pairs` of values of both; `steps` are what each side computes."""
    from specc.program.operations import item_of

    types = [_common_type(frame, then, otherwise, node) for then, otherwise in pairs]
    if any(type is UNKNOWN for type in types) or not any((*steps, *pairs)):
        return [UNKNOWN for _ in pairs]
    sides = [tuple(code(value) for value in side) for side in zip(*pairs)] or [(), ()]
    type = tuple(types)
    if len(types) == 1:
        (type,), sides = types, [side[0] for side in sides]
    step = TrainingStep(steps[0], sides[0], steps[1], sides[1], frame.graph.ref(), type, node)
    value = frame.graph.add(step, type)
    return [value] if len(types) == 1 else [item_of(frame, value, place, node) for place in range(len(types))]


def side(frame: Frame, build: Callable[[], Any]) -> tuple[tuple[Step, ...], Any]:
    """Build one side of `if training`: what it asserts is checked only where it runs, so it is known only there."""
    with frame.compilation.supposing():
        return recorded(frame, build)


def recorded(frame: Frame, build: Callable[[], Any]) -> tuple[tuple[Step, ...], Any]:
    """Build a value; its steps are taken out of the graph's own list."""
    if frame.graph is None:
        return (), build()
    outer, frame.graph.steps = frame.graph.steps, []
    value = build()
    steps, frame.graph.steps = tuple(frame.graph.steps), outer
    return steps, value


def _common_type(frame: Frame, then: Any, otherwise: Any, node: Any) -> Any:
    if isinstance(then, TensorValue) and isinstance(otherwise, TensorValue):
        a, b = then.type, otherwise.type
        if (
            type(a) is type(b)
            and getattr(a, "shape", a) == getattr(b, "shape", b)
            and getattr(a, "dtype", 0) == getattr(b, "dtype", 0)
        ):
            return a
        frame.report("branch-mismatch", node.span, f"the two sides of if training give {a} and {b}")
    else:
        frame.report(
            "branch-mismatch",
            node.span,
            f"the two sides of if training give {describe(then)} and {describe(otherwise)}",
        )
    return UNKNOWN


def repeat_count(frame: Frame, node: Any) -> int:
    """How often a repeat runs; 0 after reporting that its count is none."""
    from specc.program.evaluate import evaluate

    count = evaluate(frame, node.count)
    if type(count) is int and count >= 0:
        if count > STEP_LIMIT:
            frame.compilation.spend(count, node.span)
        return count
    if count is not UNKNOWN:
        frame.report("not-a-number", node.count.span, f"repeat needs a count of 0 or more, this is {describe(count)}")
    return 0
