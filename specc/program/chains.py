"""Chains: a value that flows through steps, and what each form of step does with it.

A step is a layer, a block, a template, a function, braces, `if`, `for`, `repeat`, or `[index]`; a label may stand
before it.
Braces of `if`, `for` and `repeat` only delimit: their steps splice into the chain. Every other pair is a container.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from specc.diagnostics.model import Edit, Fix
from specc.ops import registry
from specc.program import blocks, branches, calls, names, nested, operations, recovery
from specc.program.context import Frame, Slots
from specc.program.indexing import index_items
from specc.program.model import BlockMember
from specc.program.operations import Arg
from specc.program.placing import label_text, place
from specc.program.values import (
    MISSING,
    MODULE_LIKE,
    BlockValue,
    ExternValue,
    FnValue,
    NamedOutputs,
    OperationValue,
    SharedLayer,
    Template,
    TensorValue,
    describe,
    has_unknown,
    key,
)
from specc.syntax import tree
from specc.types.tensor import UNKNOWN


class Piped(NamedTuple):
    """Several arguments on their way into a step: `(q, k, v, need_weights=false) -> ...`."""

    args: tuple[Arg, ...]


def no_name(frame: Frame) -> Slots:
    """The slots of a chain in the middle of an expression: only labels can name its modules."""
    return frame.loose or Slots(frame.prefix, None)


def value_of(frame: Frame, node: Any, slots: Slots) -> Any:
    """The value of an expression that may hand a name to its chain: the right side of `name = ...`, or an output."""
    from specc.program.evaluate import evaluate

    if isinstance(node, tree.Chain):
        return chain_value(frame, node, slots)
    if isinstance(node, tree.Paren):
        return value_of(frame, node.inner, slots)
    if isinstance(node, tree.Group):
        return value_of(frame, node.body, slots)
    if isinstance(node, tree.IfExpr):
        return branches.if_value(frame, node, slots)
    return evaluate(frame, node)


def chain_value(frame: Frame, node: tree.Chain, slots: Slots) -> Any:
    value = _head(frame, node.head, slots)
    for step in node.steps:
        value = apply_step(frame, step, value, slots, None)
    return value


def _head(frame: Frame, node: Any, slots: Slots) -> Any:
    if isinstance(node, tree.Tuple):
        return Piped(tuple(operations.evaluate_arguments(frame, node.items)))
    value = value_of(frame, node, slots) if isinstance(node, tree.IfExpr) else calls.value_at(frame, node)
    if isinstance(value, MODULE_LIKE):
        frame.report(
            "not-a-value",
            node.span,
            f"a chain starts with a value, {operations.title_of(node)} is {describe(value)}",
            helps=("write value -> " + operations.title_of(node),),
        )
        return UNKNOWN
    return value


def arguments_of(value: Any, node: Any) -> list[Arg]:
    """What flows into a step, as arguments."""
    if isinstance(value, Piped):
        return list(value.args)
    if isinstance(value, NamedOutputs):
        value = value.parts
    if type(value) is tuple:
        return [operations.argument(item, node) for item in value]
    return [operations.argument(value, node)]


# ---------------------------------------------------------------- steps


def steps_of(body: Any) -> tuple[Any, ...]:
    """The steps between a pair of braces, where even the first one is a step."""
    return (body.head, *body.steps) if isinstance(body, tree.Chain) else (body,)


def apply_steps(frame: Frame, body: Any, value: Any, slots: Slots) -> Any:
    for step in steps_of(body):
        value = apply_step(frame, step, value, slots, None)
    return value


def apply_step(frame: Frame, node: Any, value: Any, slots: Slots, label: str | None) -> Any:
    rule = STEPS.get(type(node))
    if rule is None:
        return not_a_step(frame, node)
    return rule(frame, node, value, slots, label)


def not_a_step(frame: Frame, node: Any) -> Any:
    frame.report(
        "not-a-module",
        node.span,
        f"{operations.title_of(node)} is no step: after -> stands a layer, a block or a function",
    )
    return UNKNOWN


def _labelled(frame: Frame, node: tree.Labelled, value: Any, slots: Slots, label: str | None) -> Any:
    text = label_text(frame, node.label)
    if text is UNKNOWN:
        return UNKNOWN
    return apply_step(frame, node.step, value, slots, text if label is None else f"{label}.{text}")


def _paren(frame: Frame, node: tree.Paren, value: Any, slots: Slots, label: str | None) -> Any:
    return (
        apply_steps(frame, node.inner, value, slots)
        if label is None
        else apply_step(frame, node.inner, value, slots, label)
    )


def _group(frame: Frame, node: tree.Group, value: Any, slots: Slots, label: str | None) -> Any:
    """Braces: one container, by label or in the next slot."""
    path = place(frame, slots, label, node)
    if path is None:
        return UNKNOWN
    del frame.graph.members[path]
    frame.graph.containers.setdefault(path, node.span)
    return apply_steps(frame, node.body, value, Slots(path, path))


def _if(frame: Frame, node: tree.IfExpr, value: Any, slots: Slots, label: str | None) -> Any:
    inner = slots if label is None else Slots(slots.labels, f"{slots.labels}.{label}" if slots.labels else label)
    return branches.if_step(frame, node, value, inner)


def _for(frame: Frame, node: tree.ForExpr, value: Any, slots: Slots, label: str | None) -> Any:
    from specc.program.evaluate import iterate

    for item in iterate(frame, node.iterable):
        frame.compilation.spend(1, node.span)
        names.bind_target(frame, node.target, item)
        value = apply_steps(frame, node.body.body, value, slots)
    return value


def _repeat(frame: Frame, node: tree.RepeatExpr, value: Any, slots: Slots, label: str | None) -> Any:
    count = branches.repeat_count(frame, node)
    for _ in range(count):
        frame.compilation.spend(1, node.span)
        value = apply_steps(frame, node.body.body, value, slots)
    return value


def _item(frame: Frame, node: tree.List, value: Any, slots: Slots, label: str | None) -> Any:
    """`-> [0]`: one part of a tuple, or an index."""
    if any(map(_is_step, node.items)):
        return _list_of_steps(frame, node)
    if isinstance(value, Piped):
        value = tuple(arg.value for arg in value.args)
    return index_items(frame, value, node.items, node)


def _is_step(node: Any) -> bool:
    """Whether an item of a list is a layer by its name, so that steps were meant."""
    callee: Any = node.function if isinstance(node, tree.Call) else node
    name = callee.name if isinstance(callee, tree.Attribute) else getattr(callee, "id", "")
    return registry.lookup("layer", name) is not None


def _list_of_steps(frame: Frame, node: tree.List) -> Any:
    chain = " -> ".join(item.span.text for item in node.items)
    frame.report(
        "misplaced-comma",
        node.span,
        "steps are joined by `->`, they do not stand in a list",
        fix=Fix("write -> between the steps", (Edit(node.span, chain),)),
    )
    return UNKNOWN


def _named(frame: Frame, node: Any, value: Any, slots: Slots, label: str | None) -> Any:
    """A name or a call: what it stands for decides."""
    callee, arguments = (node.function, node.arguments) if isinstance(node, tree.Call) else (node, ())
    if isinstance(callee, tree.Attribute):
        return _dotted(frame, node, callee)
    if not isinstance(callee, tree.Name):
        return not_a_step(frame, node)
    meaning = names.find(frame, callee.id)
    step = Step(node, arguments, value, slots, label)
    return _misnamed(frame, step, callee) if meaning is MISSING else use_meaning(frame, step, meaning)


def _misnamed(frame: Frame, step: Step, callee: tree.Name) -> Any:
    """A step whose name stands for nothing: it goes on as the one that was meant, where there is no doubt."""
    near = names.report_unknown(frame, callee, step=True)
    operations.evaluate_arguments(frame.with_hole(lambda span: UNKNOWN), step.arguments)
    meant = names.find(frame, near[0]) if len(near) == 1 else MISSING
    if meant is MISSING:
        return UNKNOWN
    return recovery.quietly(frame, lambda: use_meaning(frame, step, meant))


def _dotted(frame: Frame, node: Any, callee: tree.Attribute) -> Any:
    return UNKNOWN if names.python_prefix(frame, callee) else not_a_step(frame, node)


class Step(NamedTuple):
    """One step about to be taken: its node and arguments, the value that enters, and where a module would go."""

    node: Any
    arguments: Any
    value: Any
    slots: Slots
    label: str | None


def use_meaning(frame: Frame, step: Step, meaning: Any) -> Any:
    """Take a step, given what its name stands for."""
    if isinstance(meaning, OperationValue):
        return (layer_step if meaning.operation.kind == "layer" else function_step)(frame, step, meaning.operation)
    if isinstance(meaning, BlockValue):
        return blocks.block_step(frame, step, meaning)
    if isinstance(meaning, Template):
        return _template_step(frame, step, meaning)
    if isinstance(meaning, FnValue):
        return _fn_step(frame, step, meaning)
    if isinstance(meaning, SharedLayer):
        return _shared_step(frame, step, meaning)
    if isinstance(meaning, ExternValue):
        return blocks.extern_step(frame, step, meaning)
    if meaning is UNKNOWN:
        return UNKNOWN
    if isinstance(meaning, names.Builtin):
        return calls.call_builtin(
            frame, meaning.name, [*arguments_of(step.value, step.node), *_arguments(frame, step)], step.node
        )
    frame.report("not-a-module", step.node.span, f"{operations.title_of(step.node)} is {describe(meaning)}, no step")
    return UNKNOWN


def _arguments(frame: Frame, step: Step) -> list[Arg]:
    return operations.evaluate_arguments(frame.with_hole(None), step.arguments)


def single_value(value: Any) -> Any:
    return value.args[0].value if isinstance(value, Piped) and value.args else value


def layer_step(frame: Frame, step: Step, operation: Any) -> Any:
    hole = operations.hole_for(frame, operation, single_value(step.value), step.node)
    inner = frame.with_hole(hole)
    args = operations.evaluate_arguments(inner, step.arguments)
    path = place(frame, step.slots, step.label, step.node)
    if path is None:
        return UNKNOWN
    use = _use_key(step, operation, args)
    if use in frame.compilation.layers:
        return operations.use_again(frame, frame.compilation.layers[use], path, step.value, step.node)
    args = nested.with_layers(inner, operation, args)
    problems = frame.compilation.problems
    before = len(problems)
    member = operations.make_layer(frame, operation, args, path, step.node)
    if step.value is None:
        return UNKNOWN
    inputs = arguments_of(step.value, step.node)
    result = UNKNOWN if member is None else operations.call_layer(frame, member, inputs, step.node)
    if result is UNKNOWN:
        return recovery.result_of(frame, operation, args, step.value, path, step.node, problems[before:])
    if use is not None:
        frame.compilation.layers[use] = (member, frame.graph.steps[-1])
    return result


def _use_key(step: Step, operation: Any, args: list[Arg]) -> Any:
    """What decides the outcome of a layer that takes one tensor: the same line with the same values is checked once."""
    if not isinstance(step.value, TensorValue):
        return None
    return id(step.node), operation.name, tuple((arg.name, key(arg.value)) for arg in args), step.value.type


def function_step(frame: Frame, step: Step, operation: Any) -> Any:
    if step.label is not None:
        frame.report(
            "not-a-module",
            step.node.span,
            f"{operation.name} is a function: it takes no label",
            helps=("leave the label out, or use the layer of that name",),
        )
    hole = operations.hole_for(frame, operation, single_value(step.value), step.node)
    args = operations.evaluate_arguments(frame.with_hole(hole), step.arguments)
    piped = (
        arguments_of(step.value, step.node)
        if not _takes_list(operation)
        else [operations.argument(step.value, step.node)]
    )
    return calls.call_operation(frame, operation, [*piped, *args], step.node)


def _takes_list(operation: Any) -> bool:
    from specc.ops.kinds import TENSORS

    return bool(operation.arguments) and operation.arguments[0].kind is TENSORS


def _template_step(frame: Frame, step: Step, template: Template) -> Any:
    if step.arguments:
        frame.report(
            "too-many-arguments",
            step.node.span,
            f"{operations.title_of(step.node)}: a template takes no arguments",
            helps=("make it a function: fn f(a) = ...",),
        )
        return UNKNOWN
    frame.compilation.enter(step.node.span, operations.title_of(step.node))
    result = apply_step(frame.within(template.env), template.node, step.value, step.slots, step.label)
    frame.compilation.leave()
    return result


def _fn_step(frame: Frame, step: Step, fn: FnValue) -> Any:
    args = _arguments(frame, step)
    if not calls.is_steps(fn, args):
        return calls.call_fn(frame, fn, [*arguments_of(step.value, step.node), *args], step.node)
    env = calls.bind_parameters(frame, fn.definition, fn.env, args, step.node)
    if env is None:
        return UNKNOWN
    frame.compilation.spend(1, step.node.span)
    frame.compilation.enter(step.node.span, fn.definition.name)
    body = calls.body_expression(frame.within(env), fn.definition)
    result = apply_step(frame.within(env), body, step.value, step.slots, step.label) if body is not None else UNKNOWN
    frame.compilation.leave()
    return result


def _chain_of_steps(frame: Frame, node: tree.Chain, value: Any, slots: Slots, label: str | None) -> Any:
    """A chain standing where a step does (the body of a function or a template): its steps splice."""
    if label is not None:
        help = "put braces around it"
        frame.report("not-a-module", node.span, "a label names one step, this is a chain", helps=(help,))
        return UNKNOWN
    return apply_steps(frame, node, value, slots)


def _shared_step(frame: Frame, step: Step, layer: SharedLayer) -> Any:
    """A use of `layer fc = ...`: the first one makes it."""
    member = frame.graph.members.get(layer.name)
    if layer.name in frame.graph.containers:
        help = f"make it a block B, and write layer {layer.name} = B()"
        what = f"{layer.name} is used again: braces make their modules once"
        frame.report("duplicate-key", step.node.span, what, helps=(help,))
        return UNKNOWN
    if member is None:
        frame.graph.members.pop(layer.name, None)
        return apply_step(frame.within(layer.env), layer.node, step.value, Slots(frame.prefix, None), layer.name)
    args = arguments_of(step.value, step.node)
    if isinstance(member, operations.LayerMember):
        return operations.call_layer(frame, member, args, step.node)
    assert isinstance(member, BlockMember), "a layer's own name stands for a layer or a block"
    return blocks.call_again(frame, member, args, step.node)


def unknown_value(value: Any) -> bool:
    return any(has_unknown(arg.value) for arg in value.args) if isinstance(value, Piped) else has_unknown(value)


STEPS: dict[type, Callable[..., Any]] = {
    tree.Labelled: _labelled,
    tree.Paren: _paren,
    tree.Group: _group,
    tree.IfExpr: _if,
    tree.ForExpr: _for,
    tree.RepeatExpr: _repeat,
    tree.List: _item,
    tree.Name: _named,
    tree.Call: _named,
    tree.Attribute: _named,
    tree.Chain: _chain_of_steps,
}
