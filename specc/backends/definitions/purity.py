"""Whether steps are modules or functions: what the printing has to know before it prints them."""

from __future__ import annotations

from typing import Any

from specc.backends.definitions.values import Function, Maker, Scope, Shared, Static
from specc.program.names import library
from specc.syntax import tree


def is_pure(printer: Any, node: Any, scope: Scope) -> bool:
    """Whether a step, with all inside it, is made of modules only."""
    return _kinds(printer, node, scope) <= {"module"}


def makes_modules(printer: Any, node: Any, scope: Scope) -> bool:
    return "module" in _kinds(printer, node, scope)


def _kinds(printer: Any, node: Any, scope: Scope) -> set[str]:
    if isinstance(node, tree.Labelled):
        return _kinds(printer, node.step, scope)
    if isinstance(node, tree.Group):
        return {"module"} if _of_steps(printer, node.body, scope) <= {"module"} else {"module", "function"}
    if isinstance(node, tree.IfExpr):
        other = set() if node.otherwise is None else _branch(printer, node.otherwise, scope)
        return _of_steps(printer, node.then.body, scope) | other
    if isinstance(node, (tree.ForExpr, tree.RepeatExpr)):
        return _of_steps(printer, node.body.body, scope)
    if isinstance(node, tree.Paren):
        return _kinds(printer, node.inner, scope)
    if isinstance(node, tree.Chain):
        return _of_steps(printer, node, scope)
    if isinstance(node, (tree.Name, tree.Call)):
        return _named(printer, node.function if isinstance(node, tree.Call) else node, scope)
    return {"function"}


def _branch(printer: Any, node: Any, scope: Scope) -> set[str]:
    return _kinds(printer, node, scope) if isinstance(node, tree.IfExpr) else _of_steps(printer, node.body, scope)


def _of_steps(printer: Any, body: Any, scope: Scope) -> set[str]:
    steps = (body.head, *body.steps) if isinstance(body, tree.Chain) else (body,)
    found: set[str] = set()
    for step in steps:
        found |= _kinds(printer, step, scope)
    return found


def _named(printer: Any, callee: Any, scope: Scope) -> set[str]:
    if not isinstance(callee, tree.Name):
        return {"function"}
    meaning = scope.find(callee.id)
    if isinstance(meaning, Maker):
        return _kinds(printer, meaning.node, meaning.scope)
    if isinstance(meaning, Function):
        body = output_of(meaning.definition)
        return _kinds(printer, body, meaning.scope) if is_steps(printer, meaning) else {"function"}
    if isinstance(meaning, Shared):
        return {"function"}  # a module that stands elsewhere
    if isinstance(meaning, (tree.Block, Static)):
        return {"module"}
    operation = library(callee.id) if meaning is None else None
    parameter = meaning is None and operation is None  # of a function whose body is looked at from outside
    return {"module"} if parameter or operation is not None and operation.kind == "layer" else {"function"}


def output_of(definition: tree.Fn) -> Any:
    """The expression a function ends in."""
    body = definition.body
    if not isinstance(body, tree.Body):
        return body
    last = body.statements[-1] if body.statements else None
    return last.value if isinstance(last, tree.Output) else None


def is_steps(printer: Any, function: Function) -> bool:
    """Whether a function stands for steps rather than for a value."""
    return _starts(output_of(function.definition), function, (function.definition,))


def _starts(node: Any, function: Function, met: tuple[Any, ...]) -> bool:
    """`met`: the functions on the way to this one, which stand for no steps if it leads back to them."""
    if isinstance(node, (tree.Group, tree.ForExpr, tree.RepeatExpr, tree.Labelled)):
        return True
    if isinstance(node, tree.IfExpr):
        return _starts(node.then.body, function, met)
    if isinstance(node, tree.Chain):
        callee = node.head.function if isinstance(node.head, tree.Call) else None
        if isinstance(callee, tree.Name) and function.scope.find(callee.id) is None and library(callee.id) is not None:
            return True
        return _starts(node.head, function, met)
    callee = node.function if isinstance(node, tree.Call) else node
    if not isinstance(callee, tree.Name) or callee.id in {p.name for p in function.definition.parameters}:
        return False
    meaning = function.scope.find(callee.id)
    if isinstance(meaning, Function):
        inner = meaning.definition
        return not any(inner is one for one in met) and _starts(output_of(inner), meaning, (*met, inner))
    if meaning is not None:
        return isinstance(meaning, (Maker, tree.Block))
    operation = library(callee.id)
    return operation is not None and (operation.kind == "layer" or not isinstance(node, tree.Call))
