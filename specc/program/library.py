"""Library names of the job's sections: data sets, transforms, optimizers, schedulers, metrics, with bound arguments."""

from __future__ import annotations

from typing import Any, Sequence

from specc.diagnostics.model import Diagnostic, Edit, Fix
from specc.ops import registry
from specc.ops.base import Dataset, Loader, Operation, Use
from specc.program import nested, operations, overrides
from specc.program.context import Frame
from specc.program.externs import operation_of
from specc.program.foreign import INSTEAD
from specc.program.model import Named
from specc.program.names import python_prefix
from specc.program.operations import Arg
from specc.program.values import ExternValue, has_unknown
from specc.syntax import tree

UNKNOWN_RULES = {
    "dataset": "unknown-source",
    "transform": "unknown-transform",
    "optimizer": "unknown-optimizer",
    "scheduler": "unknown-scheduler",
    "metric": "unknown-metric",
    "loader": "unknown-setting",
    "layer": "unknown-layer",
}
WORDS = {"dataset": "data set", "loader": "loader"}


def callee_of(node: Any) -> tuple[Any, Sequence[Any]]:
    """The name and the arguments of `Name` or `Name(args)`."""
    return (node.function, node.arguments) if isinstance(node, tree.Call) else (node, ())


def find(frame: Frame, kind: str, node: Any) -> Operation | None:
    """The operation a node names, or None after reporting that there is none."""
    callee, _ = callee_of(node)
    what = WORDS.get(kind, kind)
    if isinstance(callee, tree.Attribute) and python_prefix(frame, callee):
        return None
    if not isinstance(callee, tree.Name):
        frame.report(UNKNOWN_RULES[kind], node.span, f"{operations.title_of(node)} is no {what}")
        return None
    local = frame.env.find(callee.id)
    if isinstance(local, ExternValue) and local.definition.kind == kind:
        return operation_of(frame, local)
    operation = registry.lookup(kind, callee.id)
    if operation is None:
        _report(frame, kind, what, callee)
    return operation


def _report(frame: Frame, kind: str, what: str, callee: tree.Name) -> None:
    from specc.diagnostics.suggest import nearest

    near = [] if callee.id in INSTEAD else nearest(callee.id, registry.names(kind))
    if near:
        fix = Fix(f"write {near[0]}", (Edit(callee.span, near[0]),))
        frame.report(
            UNKNOWN_RULES[kind],
            callee.span,
            f"{callee.id} is no {what}",
            helps=(f"did you mean {' or '.join(near)}?",),
            fix=fix,
        )
    else:
        helps = (INSTEAD[callee.id],) if callee.id in INSTEAD else ()
        frame.report(UNKNOWN_RULES[kind], callee.span, f"{callee.id} is no {what} that specc knows", helps=helps)


def named(frame: Frame, kind: str, node: Any, section: str = "", hole: Any = None) -> Named | None:
    """An operation with its arguments checked; `section` is where its settings can be overridden ("optimizer")."""
    operation = find(frame, kind, node)
    inner, written = frame.with_hole(hole), callee_of(node)[1]
    if operation is None:
        if kind != "transform":  # its arguments may be transforms, which mean nothing by themselves
            operations.evaluate_arguments(inner, written)
        return None
    return bound(frame, operation, nested.evaluated(inner, operation, written), node, section, hole is not None)


def bound(
    frame: Frame, operation: Operation, args: Sequence[Arg], node: Any, section: str = "", holes: bool = False
) -> Named | None:
    """Bind arguments (those of the command line win) and check them; `holes` lets unknown ones stand for what a run
    settles.
    """
    args = _overridden(frame, operation, args, node, section) if section else list(args)
    problems = frame.compilation.problems
    result = operations.bind_arguments(frame, operation.arguments, args, operation.name, node)
    if result is None:
        if isinstance(operation, (Loader, Dataset)):
            problems[:] = [_say_where(operation, problem) for problem in problems]
        return None
    before = len(problems)
    use = Use(operation, result.values, result.given, node.span, operations.title_of(node), frame.facts, problems)
    if not any(has_unknown(arg.value) for arg in args):
        operation.check(use)
    elif not holes:
        return None
    if len(problems) > before:
        return None
    return Named(operation, result.values, nested.call_of(operation, args), node.span, result.given)


def _say_where(operation: Loader | Dataset, problem: Diagnostic) -> Diagnostic:
    """An argument that no loader or data set takes, with the place where it belongs."""
    name = problem.span.text.partition("=")[0].strip()
    where = operation.elsewhere.get(name)
    if name == "train" and any(argument.name == "split" for argument in operation.arguments):
        where = 'write split="train"'
    if where is None or problem.name != "unknown-argument" or problem.fix is not None:
        return problem
    return problem._replace(notes=(), helps=(where,))


def _overridden(frame: Frame, operation: Operation, args: Sequence[Arg], node: Any, section: str) -> list[Arg]:
    """The arguments with `--set section.name=...` applied; every argument becomes a known setting."""
    positional = [argument.name for argument in operation.arguments if not argument.keyword_only]
    place, result = 0, []
    for arg in args:
        name = arg.name or (positional[place] if place < len(positional) else None)
        place += arg.name is None
        fixed = name is None or nested.holds_operations(arg.value)
        value = arg.value if fixed else overrides.take(frame.compilation, f"{section}.{name}", arg.value, node)
        result.append(arg._replace(value=value))
    given = {arg.name for arg in args} | set(positional[:place])
    for argument in operation.arguments:
        override = frame.compilation.overrides.get(f"{section}.{argument.name}")
        if override is not None and argument.name not in given:
            overrides.take(frame.compilation, f"{section}.{argument.name}", None, node)
            result.append(Arg(argument.name, override.value, override.span))
    return result


def use_of(frame: Frame, item: Named, **inputs: Any) -> Use:
    """A use of an operation with inputs beside its arguments."""
    return Use(
        item.operation,
        {**item.values, **inputs},
        dict(item.given),
        item.span,
        " ".join(item.span.text.split())[:60],
        frame.facts,
        frame.compilation.problems,
    )
