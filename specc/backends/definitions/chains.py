"""Chains of steps: what each makes in the constructor, and what it does in forward."""

from __future__ import annotations

from typing import Any, Callable

from specc.backends.definitions import controls, modules
from specc.backends.definitions.calls import arguments, call_function
from specc.backends.definitions.printer import LONGEST, Printer, Slots
from specc.backends.definitions.program import Member, Path
from specc.backends.definitions.purity import is_pure, is_steps, makes_modules
from specc.backends.definitions.statics import static
from specc.backends.definitions.tensors import depth_of, doc_of, shape_of, take, value
from specc.backends.definitions.values import Flow, Function, Maker, Scope, Shared, Static, Unprintable
from specc.backends.layout import Leaf, call, rough
from specc.backends.python_text import identifier
from specc.backends.script_calls import ATOM
from specc.program.names import library
from specc.syntax import tree

DEEPEST = 3  # calls inside each other on one line
Given = list[tuple[str | None, Any]]


def nested(printer: Printer, node: Any, scope: Scope) -> Any:
    """A chain or condition in the middle of an expression: its modules have labels."""
    return named_value(printer, node, scope, Slots((), None))


def named_value(printer: Printer, node: Any, scope: Scope, slots: Slots) -> Any:
    """The value of an expression that may hand a name to its chain."""
    if isinstance(node, tree.Paren):
        return named_value(printer, node.inner, scope, slots)
    if isinstance(node, tree.Group):
        return named_value(printer, node.body, scope, slots)
    if isinstance(node, tree.Chain):
        return chain(printer, node, scope, slots)
    if isinstance(node, tree.IfExpr):
        found = static(printer, node, scope)
        return controls.if_value(printer, node, scope, slots) if found is None else found
    return value(printer, node, scope)


def chain(printer: Printer, node: tree.Chain, scope: Scope, slots: Slots) -> Any:
    given = _head(printer, node.head, scope, slots)
    return apply_all(printer, node.steps, given, scope, slots)


def _head(printer: Printer, node: Any, scope: Scope, slots: Slots) -> Given:
    if isinstance(node, tree.Tuple):
        return arguments(printer, node.items, scope)
    if isinstance(node, tree.IfExpr):
        return [(None, controls.if_value(printer, node, scope, slots))]
    head = value(printer, node, scope)
    return [(None, part) for part in head] if type(head) is tuple else [(None, head)]


def apply_all(printer: Printer, steps: Any, given: Given, scope: Scope, slots: Slots) -> Any:
    """Steps one after another; in a numbered container those that are modules become one call."""
    run = _modules_of(printer, steps, scope) if slots.container and not slots.pure else None
    run = None if run is not None and run[0] == 0 and len(given) > 1 else run  # a container takes one value
    result: Any = given[0][1] if len(given) == 1 else None
    if run is not None and run[1] == len(steps) and slots.target == _name_of(slots.container):
        slots.target = None  # that is what comes out of the container; what goes into it is something else
    place = 0
    while place < len(steps):
        if run is not None and place == run[0]:
            flow = ready(printer, given[0][1], slots, module=True)
            result = as_one(printer, slots.container or (), steps[run[0] : run[1]], flow, scope)
            place = run[1]
        else:
            result = apply(printer, steps[place], given, scope, slots)
            place += 1
        given = [(None, result)]
    return result


def _name_of(container: Path | None) -> str | None:
    """The variable called as a container is."""
    return identifier(container[0].label) if container and len(container) == 1 and container[0].fixed else None


def _modules_of(printer: Printer, steps: Any, scope: Scope) -> tuple[int, int] | None:
    """From where to where a chain has modules only; None where functions stand between them."""
    if any(isinstance(step, tree.Labelled) for step in steps):
        return None
    places = [place for place, step in enumerate(steps) if makes_modules(printer, step, scope)]
    if not places:
        return None
    start, stop = places[0], places[-1] + 1
    return (start, stop) if all(is_pure(printer, step, scope) for step in steps[start:stop]) else None


def as_one(printer: Printer, path: Path, steps: Any, flow: Flow, scope: Scope) -> Flow:
    """A container of modules that is called as one."""
    inner = printer.as_one(path)
    result: Any = flow
    for step in steps:
        result = apply(printer, step, [(None, result)], scope, inner)
    doc = call(Leaf(Member(path)), flow.doc)
    return Flow(doc, ATOM, result.shape, depth_of(doc))


def ready(printer: Printer, flow: Any, slots: Slots, module: bool) -> Any:
    """What flows in, under a name of its own where the line would get too long or too deep."""
    if not isinstance(flow, Flow) or slots.pure:
        return flow
    deep = flow.depth >= DEEPEST or module and flow.function and flow.depth >= 2
    return keep(printer, flow, slots) if deep or len(rough(flow.doc)) > LONGEST else flow


def keep(printer: Printer, flow: Flow, slots: Slots) -> Flow:
    """What flows in, under the variable of its chain."""
    if slots.pure:
        return flow
    slots.target = slots.target or printer.spare()
    return printer.assign(slots.target, flow)


def apply(printer: Printer, node: Any, given: Given, scope: Scope, slots: Slots, label: Path | None = None) -> Any:
    rule = STEPS.get(type(node))
    if rule is None:
        raise Unprintable(f"{type(node).__name__} as a step")
    return rule(printer, node, given, scope, slots, label)


def _labelled(printer: Printer, node: tree.Labelled, given: Given, scope: Scope, slots: Slots, label: Any) -> Any:
    path = modules.label_path(printer, node.label, scope)
    return apply(printer, node.step, given, scope, slots, (*(label or ()), *path))


def _paren(printer: Printer, node: tree.Paren, given: Given, scope: Scope, slots: Slots, label: Any) -> Any:
    return apply(printer, node.inner, given, scope, slots, label)


def _spliced(printer: Printer, node: tree.Chain, given: Given, scope: Scope, slots: Slots, label: Any) -> Any:
    result: Any = None
    for step in (node.head, *node.steps):
        result = apply(printer, step, given, scope, slots)
        given = [(None, result)]
    return result


def _group(printer: Printer, node: tree.Group, given: Given, scope: Scope, slots: Slots, label: Any) -> Any:
    """Braces: one container."""
    path = modules.slot(printer, slots, label)
    steps = steps_of(node.body)
    if all(is_pure(printer, step, scope) for step in steps):
        if not slots.pure:
            return as_one(printer, path, steps, ready(printer, given[0][1], slots, module=True), scope)
        inner = printer.as_one(path)
    else:
        inner = Slots(path, path, target=slots.target)
    for step in steps:
        given = [(None, apply(printer, step, given, scope, inner))]
    slots.target = slots.target or inner.target
    return given[0][1]


def steps_of(body: Any) -> tuple[Any, ...]:
    return (body.head, *body.steps) if isinstance(body, tree.Chain) else (body,)


def _item(printer: Printer, node: tree.List, given: Given, scope: Scope, slots: Slots, label: Any) -> Any:
    base = given[0][1] if len(given) == 1 else tuple(item for _, item in given)
    return take(printer, node, base, node.items, scope)


def _named(printer: Printer, node: Any, given: Given, scope: Scope, slots: Slots, label: Any) -> Any:
    """A name or a call: what it stands for decides."""
    callee, written = (node.function, node.arguments) if isinstance(node, tree.Call) else (node, ())
    if not isinstance(callee, tree.Name):
        raise Unprintable("a step that is no name")
    meaning = scope.find(callee.id)
    if isinstance(meaning, Maker) and not written:
        return apply(printer, meaning.node, given, meaning.scope, slots, label)
    if isinstance(meaning, Function):
        return _function(printer, node, meaning, given, scope, slots, label)
    if isinstance(meaning, Shared):
        return shared(printer, meaning, node, given)
    if isinstance(meaning, tree.Block):
        return modules.block(printer, node, meaning, given, scope, slots, label)
    if isinstance(meaning, Static):
        return modules.made_by_factory(printer, node, meaning, given, slots, label)
    operation = library(callee.id) if meaning is None else None
    if operation is None:
        raise Unprintable(callee.id)
    if operation.kind == "layer":
        return modules.layer(printer, node, operation, given, scope, slots, label)
    return _library_function(printer, node, operation, written, given, scope, slots)


def _library_function(
    printer: Printer, node: Any, operation: Any, written: Any, given: Given, scope: Scope, slots: Slots
) -> Any:
    if slots.pure:
        raise Unprintable("a function among modules")
    first = ready(printer, given[0][1], slots, module=False)
    axis = getattr(operation, "feature_axis", None)
    rest = modules.with_hole(printer, first, axis, lambda: arguments(printer, written, scope))
    return call_function(printer, node, [(None, first), *given[1:], *rest], slots.target)


def _function(
    printer: Printer, node: Any, function: Function, given: Given, scope: Scope, slots: Slots, label: Any
) -> Any:
    written = node.arguments if isinstance(node, tree.Call) else ()
    args = arguments(printer, written, scope)
    if not is_steps(printer, function):
        return apply_function(printer, function, node, [*given, *args], scope)
    if printer.library.helpers.is_template(function):
        return modules.template(printer, node, function, args, given, slots, label)
    inner = bound(printer, function, args)
    body = body_of(printer, function, inner)
    return apply(printer, body, given, inner, slots, label)


def apply_function(printer: Printer, function: Function, node: Any, args: Given, scope: Scope) -> Any:
    """The value of a function of tensors, written out where it is called."""
    if is_steps(printer, function):
        return Maker(node, scope)
    inner = bound(printer, function, args)
    for name, item in inner.names.items():
        if isinstance(item, Flow) and item.depth:
            inner.names[name] = printer.assign(printer.spare(name), item)
    outer, printer.statement = printer.statement, None
    result = value(printer, body_of(printer, function, inner), inner)
    printer.statement = outer
    return result


def bound(printer: Printer, function: Function, args: Given) -> Scope:
    """The names of a function's parameters."""
    parameters = function.definition.parameters
    inner = Scope(function.scope)
    positional = [item for name, item in args if name is None]
    named = {name: item for name, item in args if name is not None}
    for place, parameter in enumerate(parameters):
        if place < len(positional):
            inner.names[parameter.name] = positional[place]
        elif parameter.name in named:
            inner.names[parameter.name] = named[parameter.name]
        elif parameter.default is not None:
            inner.names[parameter.name] = value(printer, parameter.default, inner)
        else:
            raise Unprintable(f"{function.definition.name} lacks {parameter.name}")
    return inner


def body_of(printer: Printer, function: Function, scope: Scope) -> Any:
    """The expression a function stands for, after the statements before it."""
    from specc.backends.definitions.bodies import run

    body = function.definition.body
    if not isinstance(body, tree.Body):
        return body
    *before, last = body.statements
    run(printer, before, scope)
    if not isinstance(last, tree.Output):
        raise Unprintable("a function without output")
    return last.value


def shared(printer: Printer, layer: Shared, node: Any, given: Given) -> Any:
    """A use of `layer fc = ...`."""
    path = (printer.part(layer.node.name),)
    if not layer.made:
        layer.made = True
        return apply(printer, layer.node.value, given, layer.scope, Slots((), None), path)
    docs = [doc_of(item) for _, item in given]
    doc = call(Leaf(Member(path)), *docs)
    return Flow(doc, ATOM, shape_of(printer, node, [item for _, item in given]), depth_of(doc))


STEPS: dict[type, Callable[..., Any]] = {
    tree.Labelled: _labelled,
    tree.Paren: _paren,
    tree.Group: _group,
    tree.Chain: _spliced,
    tree.List: _item,
    tree.Name: _named,
    tree.Call: _named,
    tree.IfExpr: controls.if_step,
    tree.ForExpr: controls.for_step,
    tree.RepeatExpr: controls.repeat_step,
}
