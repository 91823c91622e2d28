"""Calls in expressions: library functions, methods, `fn`s, built-in arithmetic, and modules described but not made."""

from __future__ import annotations

from typing import Any, Sequence

from specc.ops import registry
from specc.ops.base import REQUIRED, Argument
from specc.ops.binding import Written, bind
from specc.ops.kinds import Kind
from specc.program import builtins, names, operations
from specc.program.context import Frame
from specc.program.operations import Arg
from specc.program.values import (
    MISSING,
    MODULE_LIKE,
    BlockValue,
    Env,
    ExternValue,
    FnValue,
    OperationValue,
    SharedLayer,
    Template,
    TensorValue,
    describe,
    has_unknown,
    holds_tensor,
)
from specc.syntax import tree
from specc.types.tensor import UNKNOWN

ANY = Kind()


def value_at(frame: Frame, node: Any) -> Any:
    from specc.program.evaluate import evaluate

    return evaluate(frame, node)


def call_value(frame: Frame, node: tree.Call) -> Any:
    """`f(a, b)` where a value is wanted."""
    if isinstance(node.function, tree.Attribute):
        return _method(frame, node, node.function)
    if not isinstance(node.function, tree.Name):
        return _called_value(frame, node)
    meaning = names.find(frame, node.function.id)
    if meaning is MISSING:
        names.report_unknown(frame, node.function, step=True)
        operations.evaluate_arguments(frame, node.arguments)
        return UNKNOWN
    if isinstance(meaning, FnValue):
        return _call_of_fn(frame, node, meaning)
    if _describes_module(meaning):
        return Template(node, frame.env, operations.title_of(node))
    args = operations.evaluate_arguments(frame, node.arguments)
    if isinstance(meaning, OperationValue):
        return call_operation(frame, meaning.operation, args, node)
    if isinstance(meaning, names.Builtin):
        return call_builtin(frame, meaning.name, args, node)
    return _call_of_value(frame, node, meaning, args)


def _describes_module(meaning: Any) -> bool:
    return (
        isinstance(meaning, (BlockValue, ExternValue))
        or isinstance(meaning, OperationValue)
        and meaning.operation.kind == "layer"
    )


def _call_of_fn(frame: Frame, node: tree.Call, fn: FnValue) -> Any:
    args = operations.evaluate_arguments(frame, node.arguments)
    if is_steps(fn, args) and not any(holds_tensor(arg.value) for arg in args):
        return Template(node, frame.env, operations.title_of(node))
    return call_fn(frame, fn, args, node)


def _call_of_value(frame: Frame, node: tree.Call, meaning: Any, args: Sequence[Arg]) -> Any:
    if isinstance(meaning, SharedLayer):
        from specc.program import chains

        step = chains.Step(node, (), chains.Piped(tuple(args)), chains.no_name(frame), None)
        return chains.use_meaning(frame, step, meaning)
    handler = getattr(meaning, "called", None)
    if handler is not None:
        return handler(frame, args, node)
    if isinstance(meaning, Template):
        frame.report(
            "unlabelled-module",
            node.span,
            f"{operations.title_of(node)} would make a module without a name",
            helps=(f"write value -> label: {operations.title_of(node.function)}",),
        )
    elif meaning is not UNKNOWN:
        frame.report(
            "not-a-value",
            node.span,
            f"{operations.title_of(node.function)} is {describe(meaning)}, it cannot be called",
        )
    return UNKNOWN


def _called_value(frame: Frame, node: tree.Call) -> Any:
    """`Linear(10, 10)(x)`, as Python would have it."""
    callee = value_at(frame, node.function)
    args = operations.evaluate_arguments(frame, node.arguments)
    if isinstance(callee, MODULE_LIKE):
        first = operations.title_of(node.arguments[0].value) if node.arguments else "value"
        frame.report(
            "unlabelled-module",
            node.span,
            "a module is applied with an arrow",
            helps=(f"write {first} -> label: {operations.title_of(node.function)}",),
        )
        return UNKNOWN
    return UNKNOWN if callee is UNKNOWN else _call_of_value(frame, node, callee, args)


def _method(frame: Frame, node: tree.Call, callee: tree.Attribute) -> Any:
    """`x.f(a)`: the function f of x."""
    if names.python_prefix(frame, callee):
        return UNKNOWN
    base = names.state_value(frame, callee.value) if isinstance(callee.value, tree.Attribute) else None
    base = value_at(frame, callee.value) if base is None else base
    args = operations.evaluate_arguments(frame, node.arguments)
    if has_unknown(base):
        return UNKNOWN
    if not isinstance(base, TensorValue):
        frame.report("unknown-function", callee.name_span, f"{describe(base)} has no method {callee.name}")
        return UNKNOWN
    special = builtins.METHODS.get(callee.name)
    if special is not None:
        if type(base.type) is tuple:
            frame.report("unknown-function", callee.name_span, f"{describe(base)} has no method {callee.name}")
            return UNKNOWN
        return special(frame, base, args, node)
    operation = registry.lookup("function", callee.name)
    if operation is None:
        names.report_unknown(frame, tree.Name(callee.name, callee.name_span), step=True)
        return UNKNOWN
    return operations.call_function(frame, operation, [operations.argument(base, callee.value), *args], node)


def call_operation(frame: Frame, operation: Any, args: Sequence[Arg], node: Any) -> Any:
    """A library function; of plain values where it is also arithmetic (`sqrt(2 * n)`)."""
    if operation.name in names.BUILTINS and not any(holds_tensor(arg.value) for arg in args):
        return call_builtin(frame, operation.name, args, node)
    return operations.call_function(frame, operation, args, node)


def call_builtin(frame: Frame, name: str, args: Sequence[Arg], node: Any) -> Any:
    if any(has_unknown(arg.value) for arg in args):
        return UNKNOWN
    apart = [arg._replace(value=names.parts_of(frame, arg.value, node)) for arg in args]
    return builtins.call(frame, name, apart, node)


# ---------------------------------------------------------------- fn


def bind_parameters(frame: Frame, definition: Any, outer: Env, args: Sequence[Arg], node: Any) -> Env | None:
    """The names of a fn's or block's parameters, defaults worked out in its own scope; None after a mistake."""
    arguments = [Argument(p.name, ANY, REQUIRED if p.default is None else p.default) for p in definition.parameters]
    written = [Written(arg.name, arg.value, arg.span) for arg in args]
    bound = bind(definition.name, arguments, written, node.span, frame.compilation.problems)
    if bound is None:
        return None
    env = Env(outer)
    inner = frame.within(env)
    for parameter in definition.parameters:
        given = bound.given.get(parameter.name)
        env.bind(parameter.name, value_at(inner, parameter.default) if given is None else given.value)
    return env


def call_fn(frame: Frame, fn: FnValue, args: Sequence[Arg], node: Any) -> Any:
    """The value of a fn of values or tensors."""
    env = bind_parameters(frame, fn.definition, fn.env, args, node)
    if env is None:
        return UNKNOWN
    frame.compilation.spend(1, node.span)
    frame.compilation.enter(node.span, fn.definition.name)
    inner = frame.within(env)
    body = body_expression(inner, fn.definition)
    result = UNKNOWN if body is None else value_at(inner, body)
    frame.compilation.leave()
    return result


def body_expression(frame: Frame, definition: tree.Fn) -> Any:
    """The expression a fn stands for, after the statements before it; None where a body has no output."""
    if not isinstance(definition.body, tree.Body):
        return definition.body
    from specc.program.bodies import run_statements

    *before, last = definition.body.statements or (None,)
    run_statements(frame, before)
    if isinstance(last, tree.Output):
        return last.value
    frame.report("missing-output", definition.name_span, f"{definition.name} does not end in output")
    return None


def is_steps(fn: FnValue, args: Sequence[Arg], met: tuple[Any, ...] = ()) -> bool:
    """Whether a fn stands for steps (`{ Conv2d(..) -> ReLU }`) rather than for a value of its arguments; one that leads
    back to those `met` on the way does not.
    """
    if any(fn.definition is one for one in met):
        return False
    body = fn.definition.body
    if isinstance(body, tree.Body):
        last = body.statements[-1] if body.statements else None
        body = last.value if isinstance(last, tree.Output) else None
    places = {p.name: place for place, p in enumerate(fn.definition.parameters)}
    return _steps(body, fn, places, args, (*met, fn.definition))


def _steps(node: Any, fn: FnValue, parameters: dict[str, int], args: Sequence[Arg], met: tuple[Any, ...]) -> bool:
    if isinstance(node, (tree.Group, tree.ForExpr, tree.RepeatExpr, tree.Labelled)):
        return True
    if isinstance(node, tree.IfExpr):
        return _steps(node.then.body, fn, parameters, args, met)
    if isinstance(node, tree.Chain):
        return _steps(node.head, fn, parameters, args, met) or _starts_with_function(node.head, fn, args)
    callee = node.function if isinstance(node, tree.Call) else node
    if not isinstance(callee, tree.Name):
        return False
    if callee.id in parameters:
        return isinstance(_given(callee.id, parameters[callee.id], args), (*MODULE_LIKE, OperationValue))
    meaning = fn.env.find(callee.id)
    if isinstance(meaning, FnValue):
        return is_steps(meaning, (), met)
    if meaning is MISSING:
        operation = names.library(callee.id)
        return operation is not None and (operation.kind == "layer" or not isinstance(node, tree.Call))
    return isinstance(meaning, MODULE_LIKE)


def _starts_with_function(head: Any, fn: FnValue, args: Sequence[Arg]) -> bool:
    """A chain that starts with a library function is steps if the fn has all its arguments without the value that
    flows in.
    """
    callee = head.function if isinstance(head, tree.Call) else None
    if not isinstance(callee, tree.Name) or fn.env.find(callee.id) is not MISSING or names.library(callee.id) is None:
        return False
    given = {arg.name for arg in args} | {
        p.name for p in fn.definition.parameters[: sum(arg.name is None for arg in args)]
    }
    return all(p.name in given or p.default is not None for p in fn.definition.parameters) and not any(
        holds_tensor(arg.value) for arg in args
    )


def _given(name: str, place: int, args: Sequence[Arg]) -> Any:
    """The argument given for a parameter, if any."""
    positional = [arg.value for arg in args if arg.name is None]
    named = [arg.value for arg in args if arg.name == name]
    return named[0] if named else positional[place] if place < len(positional) else None
