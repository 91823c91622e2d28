"""Statements of a body: what each binds, places or states."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Sequence

from specc.diagnostics.model import Edit, Fix
from specc.program import branches, chains, names, operations, states
from specc.program.arithmetic import whole
from specc.program.context import Frame, Slots
from specc.program.evaluate import evaluate, iterate, truth
from specc.program.model import CheckStep
from specc.program.ordering import check_order, order
from specc.program.patterns import check_annotation
from specc.program.values import (
    MODULE_LIKE,
    Env,
    FnValue,
    NamedOutputs,
    SharedLayer,
    SizeValue,
    Template,
    TensorValue,
    TrainingChoice,
    TrainingFlag,
    code,
    describe,
    has_unknown,
    is_plain,
    seen,
)
from specc.source import Span
from specc.syntax import tree
from specc.syntax.walk import conjuncts, names_in
from specc.types.tensor import UNKNOWN
from specc.types.witness import example


def run_body(frame: Frame, definition: Any) -> None:
    """Run the statements of a block or model; its result is left in the frame's graph."""
    run_statements(frame, definition.body.statements)
    states.make_ties(frame)
    states.place_unused(frame)
    check_order(frame, definition)
    if frame.graph.output_span is None:
        frame.report(
            "missing-output",
            definition.name_span,
            f"{definition.name} has no output",
            helps=("end it with output value",),
        )


def run_statements(frame: Frame, statements: Sequence[Any]) -> None:
    for statement in statements:
        RULES[type(statement)](frame, statement)


def _input(frame: Frame, node: tree.Input) -> None:
    """Inputs are bound before the first statement runs."""


def _assign(frame: Frame, node: tree.Assign) -> None:
    value = _named_value(frame, node.targets, node.value)
    names.bind_target(frame, node.targets, value)


def _named_value(frame: Frame, targets: Any, node: Any) -> Any:
    first = targets.items[0] if isinstance(targets, tree.TargetTuple) else targets
    container = first.id if isinstance(first, tree.Name) else None
    value = chains.value_of(frame, node, Slots(frame.prefix, container))
    return tuple(arg.value for arg in value.args) if isinstance(value, chains.Piped) else value


def _annotated(frame: Frame, node: tree.Annotated) -> None:
    value = chains.value_of(frame, node.value, Slots(frame.prefix, node.name))
    check_annotation(frame, node.name, node.type, value, node.value)
    frame.env.bind(node.name, value)


def _let(frame: Frame, node: tree.Let) -> None:
    value = let_value(frame, node)
    if node.type is not None and value is not UNKNOWN:
        frame.report(
            "annotation-mismatch",
            node.type.span,
            "a let holds a compile-time value, a tensor type does not fit it",
            helps=("leave let out to bind a tensor",),
        )
    names.bind_target(frame, node.targets, value)


def let_value(frame: Frame, node: tree.Let) -> Any:
    """A compile-time value or a template: a chain or braces of steps stay as they are written."""
    body = node.value
    if isinstance(body, (tree.Group, tree.Chain, tree.ForExpr, tree.RepeatExpr)):
        head = body.head if isinstance(body, tree.Chain) else body
        if not isinstance(
            head, tree.Group | tree.Call | tree.Name | tree.ForExpr | tree.RepeatExpr | tree.Labelled
        ) or _is_tensor_head(frame, head):
            return _not_constant(frame, node, evaluate(frame, body))
        return Template(body, frame.env, operations.title_of(body))
    return _not_constant(frame, node, evaluate(frame, body))


def _is_tensor_head(frame: Frame, head: Any) -> bool:
    if isinstance(head, tree.Name):
        return isinstance(frame.env.find(head.id), TensorValue)
    return isinstance(head, tree.Call) and isinstance(head.function, tree.Attribute)


def _not_constant(frame: Frame, node: tree.Let, value: Any) -> Any:
    if isinstance(value, TensorValue):
        frame.report(
            "not-a-value",
            node.value.span,
            "let holds a value known at compile time, this is a tensor",
            helps=("leave let out",),
        )
        return UNKNOWN
    return value


def _layer(frame: Frame, node: tree.Layer) -> None:
    """A module under its own name; it is made at its first use, and keeps the place of its declaration."""
    if node.name in frame.graph.members or node.name in frame.graph.containers:
        frame.report("duplicate-key", node.name_span, f"two modules would have the path {node.name}")
        return
    frame.graph.members[node.name] = None
    frame.env.bind(node.name, SharedLayer(node.name, node.value, node.span, frame.env))


def _output(frame: Frame, node: tree.Output) -> None:
    if frame.graph.output_span is not None:
        frame.report(
            "missing-output", node.span, "a body has one output", helps=("give several values at once: output (a, b)",)
        )
        return
    frame.graph.output_span = node.span
    frame.graph.result = _output_value(frame, node.value)


def _output_value(frame: Frame, node: Any) -> Any:
    inner = node
    if isinstance(inner, tree.Tuple) and any(item.name for item in inner.items):
        items = tuple(
            (item.name or f"output{place}", evaluate(frame, item.value)) for place, item in enumerate(inner.items)
        )
        unknown = any(has_unknown(value) for _, value in items)
        return UNKNOWN if unknown else NamedOutputs(items)
    value = chains.value_of(frame, inner, Slots(frame.prefix, frame.prefix))
    value = tuple(arg.value for arg in value.args) if isinstance(value, chains.Piped) else value
    if has_unknown(value) or isinstance(value, (TensorValue, NamedOutputs)):
        return value
    if type(value) in (tuple, list) and value and all(isinstance(item, (TensorValue, tuple, list)) for item in value):
        return value
    frame.report(
        "missing-output", node.span, f"the output is {describe(value)}, it has to be a tensor or a tuple of tensors"
    )
    return UNKNOWN


def _assert(frame: Frame, node: tree.Assert) -> None:
    """A fact: checked where it is known, assumed (and kept as a check) where it depends on sizes of the input."""
    for condition in conjuncts(node.condition):
        if not _holds(frame, condition, node):
            break


def _holds(frame: Frame, condition: Any, node: tree.Assert) -> bool:
    """Whether a condition holds or is a fact from now on; False after reporting that it cannot hold."""
    if isinstance(condition, tree.Comparison):
        left, right = evaluate(frame, condition.first), evaluate(frame, condition.operands[0])
        if has_unknown(left) or has_unknown(right):
            return True
        if isinstance(left, SizeValue) or isinstance(right, SizeValue):
            return _assume(frame, condition, left, right, node)
        outcome = _settled(frame, condition.ops[0], left, right, condition)
    else:
        outcome = truth(frame, evaluate(frame, condition), condition)
    if outcome is False:
        notes = _values_in(frame, condition)
        frame.report("assert-violated", node.span, f"{condition.span.text} does not hold here", notes=notes)
    return outcome is not False


def _settled(frame: Frame, op: str, left: Any, right: Any, node: Any) -> bool | None:
    from specc.program.arithmetic import compare

    return truth(frame, compare(frame, op, left, right, node), node)


def _assume(frame: Frame, condition: tree.Comparison, left: Any, right: Any, node: tree.Assert) -> bool:
    op, a, b = condition.ops[0], seen(left), seen(right)
    if op in ("in", "not in") or not (whole(a) and whole(b)):
        frame.report("argument-type", condition.span, f"{op} does not compare {describe(left)} and {describe(right)}")
        return False
    if frame.facts.prove(op, a, b) is True:
        return True
    opposite = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}[op]
    if frame.facts.prove(opposite, a, b) is True:
        notes = example(frame.facts, a, b)
        frame.report("assert-violated", node.span, f"{condition.span.text} never holds here", notes=notes)
        return False
    frame.facts.assume(op, a, b)
    frame.graph.steps.append(CheckStep((op, code(left), code(right)), condition.span.text, condition))
    return True


def _values_in(frame: Frame, condition: Any) -> tuple[str, ...]:
    """The numbers behind a condition: "C = 100, heads = 3"."""
    known = {name.id: frame.env.find(name.id) for name in names_in(condition)}
    shown = [f"{name} = {value}" for name, value in known.items() if isinstance(value, (int, float, str))]
    return (", ".join(shown),) if shown else ()


def _for(frame: Frame, node: tree.For) -> None:
    for item in iterate(frame, node.iterable):
        frame.compilation.spend(1, node.span)
        names.bind_target(frame, node.target, item)
        run_statements(frame, node.body.statements)


def _repeat(frame: Frame, node: tree.Repeat) -> None:
    for _ in range(branches.repeat_count(frame, node)):
        frame.compilation.spend(1, node.span)
        run_statements(frame, node.body.statements)


def _if(frame: Frame, node: tree.If) -> None:
    condition = evaluate(frame, node.condition)
    if isinstance(condition, TrainingFlag):
        return _if_training(frame, node, node.then, node.otherwise)
    if condition == TrainingChoice(False, True) and isinstance(condition, TrainingChoice):
        return _if_training(frame, node, node.otherwise, node.then)
    settled = truth(frame, condition, node.condition)
    if settled is not None:
        _run_branch(frame, node.then if settled else node.otherwise)
    return None


def _run_branch(frame: Frame, branch: Any) -> None:
    if isinstance(branch, tree.Body):
        run_statements(frame, branch.statements)
    elif branch is not None:
        _if(frame, branch)


def _if_training(frame: Frame, node: tree.If, then: Any, otherwise: Any) -> None:
    """One side runs; a name that the two leave different becomes a choice."""
    steps, bound = zip(*[branches.side(frame, partial(_side, frame, branch)) for branch in (then, otherwise)])
    left = {name: [side.get(name, frame.env.find(name)) for side in bound] for name in {**bound[0], **bound[1]}}
    chosen = {name: values for name, values in left.items() if not (has_unknown(values) or is_plain(values))}
    for name, values in left.items():
        frame.env.bind(name, _settled_choice(values) if name not in chosen else UNKNOWN)
    for name, value in zip(chosen, branches.choice(frame, steps, list(chosen.values()), node)):
        frame.env.bind(name, value)


def _side(frame: Frame, branch: Any) -> dict[str, Any]:
    """The names that one side binds."""
    inner = frame.within(Env(frame.env))
    _run_branch(inner, branch)
    return inner.env.names


def _settled_choice(values: list[Any]) -> Any:
    if has_unknown(values):
        return UNKNOWN
    return values[0] if values[0] == values[1] else TrainingChoice(*values)


def _call(frame: Frame, node: tree.CallStatement) -> None:
    """A call for its effect; in a model there is none, so its value would be lost."""
    value = evaluate(frame, node.call)
    if value is UNKNOWN:
        return
    if isinstance(value, MODULE_LIKE):
        gap = Span(node.span.source, node.span.start, node.span.start)
        frame.report(
            "missing-arrow",
            node.span,
            f"{operations.title_of(node.call)} is applied to nothing",
            helps=("write -> before it, if it is the next step of what stands above",),
            fix=Fix("write -> before it", (Edit(gap, "-> "),)),
        )
    else:
        frame.report(
            "dead-branch", node.span, "the value of this call is not used", helps=("bind it to a name, or take it out",)
        )


def _fn(frame: Frame, node: tree.Fn) -> None:
    frame.env.bind(node.name, FnValue(node, frame.env))


def _method(frame: Frame, node: tree.Method) -> None:
    frame.report(
        "unknown-section",
        node.span,
        f"method {node.name}: a model has one entry point in this version of the language",
        helps=("make it a block of its own, or a second output",),
    )


RULES: dict[type, Callable[[Frame, Any], Any]] = {
    tree.Input: _input,
    tree.Output: _output,
    tree.Assign: _assign,
    tree.Annotated: _annotated,
    tree.Let: _let,
    tree.Layer: _layer,
    tree.Param: states.param,
    tree.Buffer: states.buffer,
    tree.Tie: states.tie,
    tree.Order: order,
    tree.Assert: _assert,
    tree.For: _for,
    tree.Repeat: _repeat,
    tree.If: _if,
    tree.CallStatement: _call,
    tree.Method: _method,
    tree.Fn: _fn,
}
