"""Names that a loop or a condition binds anew: variables, which stand before it with what they hold so far."""

from __future__ import annotations

from typing import Any, Callable, Iterator

from specc.backends.definitions.observed import nodes_in
from specc.backends.definitions.printer import Printer, resized, sizes_of
from specc.backends.definitions.program import Do, Local
from specc.backends.definitions.statics import named, target_names, text_of
from specc.backends.definitions.tensors import doc_of, gathered
from specc.backends.definitions.values import Flow, Flows, Function, Scope, Static
from specc.backends.python_text import identifier
from specc.syntax import tree
from specc.syntax.walk import names_in

Binding = tuple[str, Any, bool]  # a name, the expression on its right side, whether it may be a tensor


def reopen(printer: Printer, statements: Any, scope: Scope) -> None:
    """Give the names that the statements bind anew a variable each."""
    bound = list(bindings(statements))
    tensors = _tensors(printer, bound, scope)
    for name in dict.fromkeys(name for name, _, _ in bound):
        found = scope.find(name)
        if type(found) is list:
            flows = gathered(found)
            printer.say(Do(identifier(name), flows.doc))
            scope.names[name] = flows._replace(doc=identifier(name), rank=10)
        elif isinstance(found, Static) and name in tensors:
            scope.names[name] = _before_a_tensor(printer, identifier(name), found)
        elif isinstance(found, Static):
            scope.names[name] = _variable(printer, identifier(name), found)


def _variable(printer: Printer, called: str, found: Static) -> Static:
    """A compile-time value that changes on the way."""
    if text_of(found) != called:
        printer.say(Local(called, found))
    printer.changing.add(called)
    return named(called)


def forget(scope: Scope, called: str) -> None:
    """A variable takes another value: sizes that were written with it have no name any more."""
    around: Scope | None = scope
    while around is not None:
        for name, item in around.names.items():
            shape = sizes_of(item)
            if shape is not None and any(_reads(size, called) for size in shape):
                around.names[name] = resized(item, tuple(None if _reads(size, called) else size for size in shape))
        around = around.parent


def _reads(size: Any, called: str) -> bool:
    return isinstance(size, Static) and any(name.id == called for name in names_in(size.node))


def _before_a_tensor(printer: Printer, called: str, found: Static) -> Flow | Flows:
    """A number that becomes a tensor (`total = 0`), or an empty list of tensors to come."""
    if found.value == []:
        printer.say(Do(called, "[]", kind="list[torch.Tensor]"))
        return Flows(called, 10, None, None)
    printer.say(Do(called, doc_of(found), "a tensor later", "Any"))
    return Flow(called, 10)


# ---------------------------------------------------------------- what statements bind


def bound_again(definition: tree.Block) -> set[str]:
    """The names that a definition binds more than once, its parameters included: they are no names for one value."""
    names = [parameter.name for parameter in definition.parameters]
    names += [name for name, _, _ in bindings(definition.body.statements)]
    return {identifier(name) for name in names if names.count(name) > 1}


def bindings(statements: Any) -> Iterator[Binding]:
    """What the statements bind, loops and conditions included; `let` never binds a tensor."""
    for statement in statements:
        if isinstance(statement, (tree.Assign, tree.Let)):
            for name in target_names(statement.targets):
                yield name, statement.value, isinstance(statement, tree.Assign)
        elif isinstance(statement, tree.Annotated):
            yield statement.name, statement.value, True
        elif isinstance(statement, (tree.For, tree.Repeat)):
            yield from bindings(statement.body.statements)
        elif isinstance(statement, tree.If):
            yield from bindings(statement.then.statements)
            other = statement.otherwise
            yield from bindings(() if other is None else (other,) if isinstance(other, tree.If) else other.statements)


def _tensors(printer: Printer, bound: list[Binding], scope: Scope) -> set[str]:
    """The names that are bound to tensors or lists of them."""
    found: set[str] = set()
    before = -1
    while len(found) != before:
        before = len(found)
        found |= {name for name, node, may in bound if may and _is_tensor(printer, node, scope, found)}
    return found


def _is_tensor(printer: Printer, node: Any, scope: Scope, known: set[str]) -> bool:
    """Whether an expression is a tensor or holds some, as far as its form and the checked program tell."""
    if isinstance(node, tree.Name):
        held = scope.find(node.id)
        return node.id in known or isinstance(held, (Flow, Flows)) or type(held) is list
    if isinstance(node, tree.Chain) or node is not None and printer.observed.at(node):
        return True
    if isinstance(node, tree.Call):
        callee = scope.find(node.function.id) if isinstance(node.function, tree.Name) else None
        inner = nodes_in(callee.definition) if isinstance(callee, Function) else ()
        return any(printer.observed.at(one) for one in inner)
    parts = PARTS.get(type(node), lambda node: ())
    return any(_is_tensor(printer, part, scope, known) for part in parts(node))


PARTS: dict[type, Callable[[Any], tuple[Any, ...]]] = {  # what an expression may take its value from
    tree.Binary: lambda node: (node.left, node.right),
    tree.Unary: lambda node: (node.operand,),
    tree.IfExpr: lambda node: (node.then, node.otherwise),
    tree.Paren: lambda node: (node.inner,),
    tree.Group: lambda node: (node.body,),
    tree.Index: lambda node: (node.value,),
    tree.List: lambda node: node.items,
    tree.Tuple: lambda node: tuple(item.value for item in node.items),
}
