"""Statements of a body: what each adds to the program."""

from __future__ import annotations

from typing import Any, Callable, Sequence

from specc.backends.definitions import chains, controls
from specc.backends.definitions.calls import Several
from specc.backends.definitions.counting import counting
from specc.backends.definitions.printer import Printer, Slots
from specc.backends.definitions.program import Check, Choice, Do, Line, Local, Member
from specc.backends.definitions.rebinding import forget, reopen
from specc.backends.definitions.sequences import is_sequence
from specc.backends.definitions.statics import LONGEST, named, static, target_names, text_of
from specc.backends.definitions.tensors import doc_of, gathered, ranked_doc, static_doc, value
from specc.backends.definitions.values import (
    Flow,
    Flows,
    Function,
    Maker,
    Scope,
    Shared,
    Static,
    Training,
    Unprintable,
)
from specc.backends.formula import target_text
from specc.backends.layout import Bracket, Doc, Joined, Leaf, call, filled, leaves
from specc.backends.python_text import identifier, literal
from specc.backends.script_members import Lines, buffer, parameter
from specc.program.model import BufferMember, Call, ParameterMember
from specc.syntax import tree
from specc.syntax.walk import conjuncts, names_in

OPPOSITE = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}


def run(printer: Printer, statements: Sequence[Any], scope: Scope) -> None:
    for statement in statements:
        rule = RULES.get(type(statement))
        if rule is None:
            raise Unprintable(f"{type(statement).__name__} in a body")
        rule(printer, statement, scope)


# ---------------------------------------------------------------- names


def _assign(printer: Printer, node: tree.Assign, scope: Scope) -> None:
    first = node.targets.items[0] if isinstance(node.targets, tree.TargetTuple) else node.targets
    name = first.id if isinstance(first, tree.Name) else None
    container = None if name is None else (printer.part(name),)
    slots = Slots((), container, target=_variable(node, name))
    if isinstance(node.targets, tree.Name) and not isinstance(node.value, tree.Chain):
        slots.result = identifier(node.targets.id)

    def bound() -> None:
        bind(printer, node.targets, chains.named_value(printer, node.value, scope, slots), scope)

    printer.work_out(slots.result, node.value, bound)


def _variable(node: tree.Assign, name: str | None) -> str | None:
    """The variable of the chain behind a name: the name itself, unless the chain's arguments still read it."""
    body = node.value
    read = [n.id for step in body.steps for n in names_in(step)] if isinstance(body, tree.Chain) else []
    is_chain = isinstance(body, tree.Chain) and isinstance(node.targets, tree.Name)
    return identifier(name) if is_chain and name is not None and name not in read else None


def bind(printer: Printer, target: Any, item: Any, scope: Scope) -> None:
    """Bind the names of a left side."""
    if isinstance(target, tree.TargetTuple):
        _take_apart(printer, target, item, scope)
    elif isinstance(target, tree.Name):
        scope.names[target.id] = _bound(printer, target.id, item, scope)


def _bound(printer: Printer, name: str, item: Any, scope: Scope) -> Any:
    if isinstance(item, Static):
        return local(printer, name, item, scope)
    if isinstance(item, Flow):
        return printer.assign(identifier(name), item)
    if isinstance(item, Flows) or type(item) is list and isinstance(scope.find(name), Flows):
        flows, called = gathered(item), identifier(name)
        more = _appended(called, flows.doc)
        printer.say(Do(called, flows.doc) if more is None else Do("", call(f"{called}.append", more)))
        return flows._replace(doc=called, rank=10)
    if isinstance(item, (Maker, Function, Training)) or type(item) in (tuple, list):
        return item
    raise Unprintable(f"{name} is {type(item).__name__}")


def _appended(name: str, doc: Doc) -> Doc | None:
    """What `name + [item]` adds to the list of that name."""
    parts = doc.parts if isinstance(doc, Joined) else ()
    last = parts[-1] if len(parts) == 3 and parts[:2] == (name, " + ") else None
    return last.items[0] if isinstance(last, Bracket) and last.open == "[" and len(last.items) == 1 else None


def _take_apart(printer: Printer, target: tree.TargetTuple, item: Any, scope: Scope) -> None:
    if isinstance(item, Several):
        printer.say(Do(target_text(target), item.doc))
        for part, shape in zip(target.items, item.shapes):
            for name in target_names(part):
                if identifier(name) != name:
                    raise Unprintable("a name that means something in Python")
                scope.names[name] = Flow(identifier(name), 10, shape if isinstance(part, tree.Name) else None)
        return
    if isinstance(item, Static) and type(item.value) in (tuple, list):
        from specc.backends.definitions.statics import constant

        item = tuple(map(constant, item.value))
    if type(item) not in (tuple, list) or len(item) != len(target.items):
        raise Unprintable("a left side")
    for part, own in zip(target.items, item):
        bind(printer, part, own, scope)


def local(printer: Printer, name: str, item: Static, scope: Scope) -> Static:
    """A compile-time value under its name: folded where it is short and known, else a variable."""
    called, held = identifier(name), scope.find(name)
    if called in printer.changing and isinstance(held, Static) and text_of(held) == called:
        printer.say(Local(called, item))
        forget(scope, called)
        return named(called)
    lasts = isinstance(item.node, tree.Name) and item.node.id not in printer.changing
    if lasts or not item.is_open and len(text_of(item)) <= LONGEST:
        return item
    printer.say(Local(called, item))
    return named(called, item.value)


def _let(printer: Printer, node: tree.Let, scope: Scope) -> None:
    body = node.value
    if isinstance(body, (tree.Chain, tree.ForExpr, tree.RepeatExpr)) or _is_container(printer, body, scope):
        return bind(printer, node.targets, Maker(body, scope), scope)
    bind(printer, node.targets, value(printer, body, scope), scope)
    return None


def _is_container(printer: Printer, body: Any, scope: Scope) -> bool:
    return isinstance(body, tree.Group) and static(printer, body, scope) is None


def _annotated(printer: Printer, node: tree.Annotated, scope: Scope) -> None:
    slots = Slots((), (printer.part(node.name),), target=identifier(node.name))
    scope.names[node.name] = _bound(printer, node.name, chains.named_value(printer, node.value, scope, slots), scope)


# ---------------------------------------------------------------- results


def _output(printer: Printer, node: tree.Output, scope: Scope) -> None:
    if isinstance(node.value, tree.Tuple) and any(item.name for item in node.value.items):
        flows = printer.in_order([item.value for item in node.value.items], lambda part: value(printer, part, scope))
        names = [item.name or f"output{place}" for place, item in enumerate(node.value.items)]
        pairs = tuple(Joined((literal(name), ": ", doc_of(flow))) for name, flow in zip(names, flows))
        printer.result = flows
        return printer.say(Do("return", Bracket("", "{", pairs, "}")))
    if is_sequence(printer, node, scope):
        printer.sequence = True
        row: Any = node.value
        printer.result = [chains.as_one(printer, (), row.steps, value(printer, row.head, scope), scope)]
        return None
    result = chains.named_value(
        printer, node.value, scope, Slots((), (), target=_output_variable(printer, node, scope))
    )
    printer.result = list(result) if type(result) is tuple else [result]
    docs = [doc_of(item) for item in printer.result]
    single = printer.result[0] if len(docs) == 1 else None
    note = printer.new_note(single) if isinstance(single, Flow) and single.depth else ()
    printer.say(Do("return", docs[0] if len(docs) == 1 else Bracket("", "", tuple(docs), ""), note))
    return None


def _output_variable(printer: Printer, node: tree.Output, scope: Scope) -> str | None:
    """A chain after output goes on under the name of what it starts with."""
    body = node.value
    if not isinstance(body, tree.Chain):
        return None
    if not isinstance(body.head, tree.Name):
        return printer.single_name(body.head)
    read = [name.id for step in body.steps for name in names_in(step)]
    found = scope.find(body.head.id)
    if not isinstance(found, Flow) or not isinstance(found.doc, str) or body.head.id in read:
        return None
    is_input = any(given.name == body.head.id for given in (printer.uses[0].inputs if printer.uses else ()))
    return "x" if is_input and "x" not in printer.taken else found.doc


# ---------------------------------------------------------------- state


def _param(printer: Printer, node: tree.Param, scope: Scope) -> None:
    made = [m for m in printer.observed.made_at(node) if isinstance(m, ParameterMember)]
    if made and not isinstance(made[0].fill, Call):
        return _held(printer, made, [[*parameter(m)[0], (f"self.{m.path}", parameter(m)[1], "")] for m in made], scope)
    if not made or len({repr((m.path, m.fill, m.trainable)) for m in made}) != 1 or "." in made[0].path:
        raise Unprintable("a parameter")
    sizes = [static(printer, dim, scope) for dim in node.type.dims or ()]
    if any(size is None for size in sizes):
        raise Unprintable("a size of a parameter")
    _, doc = parameter(made[0])
    texts: list[Doc] = [static_doc(size)[0] for size in sizes if size is not None]
    texts += [literal(leaf.value) for leaf in leaves(doc)[len(texts) :]]
    printer.say(Line(f"self.{made[0].path}", filled(doc, iter(texts))))
    shape = tuple(size for size in sizes)
    scope.names[made[0].path] = Flow(f"self.{made[0].path}", 10, shape)
    return None


def _buffer(printer: Printer, node: tree.Buffer, scope: Scope) -> None:
    made = [m for m in printer.observed.made_at(node) if isinstance(m, BufferMember)]
    _held(printer, made, [buffer(m, m.path, "self") for m in made], scope)


def _held(printer: Printer, made: Sequence[Any], lines: Sequence[Lines], scope: Scope) -> None:
    """A buffer, or a parameter computed from others, that is the same in every use."""
    from specc.backends.definitions.unfolding import text_of as whole

    texts = [[(target, whole(doc)) for target, doc, _ in found] for found in lines]
    if not made or "." in made[0].path or any(text != texts[0] for text in texts):
        raise Unprintable("a tensor of its own")
    for target, doc, _ in lines[0]:
        texts_ = iter([literal(leaf.value) for leaf in leaves(doc)])
        printer.say(Line(target, filled(doc, texts_)))
    shape = tuple(None for _ in made[0].type.shape)
    scope.names[made[0].path] = Flow(f"self.{made[0].path}", 10, shape)


def _tie(printer: Printer, node: tree.Tie, scope: Scope) -> None:
    sides = []
    for label in (node.left, node.right):
        *owner, name = (part for path in [chains.modules.label_path(printer, label, scope)] for part in path)
        sides.append(Joined((Leaf(Member(tuple(owner))), f".{name.label}")))
    printer.ties.append(Line("", Joined((sides[0], " = ", sides[1])), "one parameter"))


def _order(printer: Printer, node: tree.Order, scope: Scope) -> None:
    words = [chains.modules.label_path(printer, entry, scope)[0].label for entry in node.entries]
    printer.order = (*printer.order, *(word for word in words if isinstance(word, str)))


def _layer(printer: Printer, node: tree.Layer, scope: Scope) -> None:
    scope.names[node.name] = Shared(node, scope)


def _fn(printer: Printer, node: tree.Fn, scope: Scope) -> None:
    scope.names[node.name] = Function(node, scope)


# ---------------------------------------------------------------- facts and control


def _assert(printer: Printer, node: tree.Assert, scope: Scope) -> None:
    found = static(printer, node.condition, scope)
    if found is not None:
        if found.is_open:
            printer.say(Line("assert", static_doc(found)[0]))
        return
    for condition in conjuncts(node.condition):
        _fact(printer, condition, scope)


def _fact(printer: Printer, condition: Any, scope: Scope) -> None:
    if printer.observed.checks(condition):
        sides = [ranked_doc(value(printer, side, scope)) for side in (condition.first, condition.operands[0])]
        docs = [doc if rank > 4 else Joined(("(", doc, ")")) for doc, rank in sides]
        wrong = Joined((docs[0], f" {OPPOSITE[condition.ops[0]]} ", docs[1]))
        printer.say(Check(wrong, condition.span.text))


def _for(printer: Printer, node: tree.For, scope: Scope) -> None:
    items = static(printer, node.iterable, scope)
    if items is None:
        raise Unprintable("a loop over tensors")
    _looped(printer, node.target, items, node.body.statements, scope)


def _repeat(printer: Printer, node: tree.Repeat, scope: Scope) -> None:
    count = static(printer, node.count, scope)
    if count is None:
        raise Unprintable("a count")
    _looped(printer, tree.Hole(node.span), controls.up_to(count), node.body.statements, scope)


def _looped(printer: Printer, target: Any, items: Static, statements: Any, scope: Scope) -> None:
    if items.value == []:
        return
    found = counting(target, items, statements, scope)
    if found is not None:
        target, items, statements = found.target, found.items, found.statements
    reopen(printer, statements, scope)
    loop, target = controls.opened(printer, target, items, scope)
    if found is not None:
        scope.names.update(dict.fromkeys(found.names, scope.find(found.counter)))
    printer.loop(loop, scope, None, lambda flow: run(printer, statements, scope))
    if found is not None:
        scope.names.update(dict.fromkeys(found.names, found.total))


def _if(printer: Printer, node: tree.If, scope: Scope) -> None:
    condition = controls.condition_of(printer, node.condition, scope)
    side = controls.settled(printer, condition, node.then, node.otherwise)
    if side is not None:
        return _side(printer, node.then if side else node.otherwise, scope)
    reopen(printer, [node], scope)
    choice = Choice(None if isinstance(condition, Training) else condition, [], [])
    sides = [lambda flow: _side(printer, node.then, scope), lambda flow: _side(printer, node.otherwise, scope)]
    printer.choice(choice, scope, None, sides)
    return None


def _side(printer: Printer, branch: Any, scope: Scope) -> None:
    if isinstance(branch, tree.Body):
        run(printer, branch.statements, scope)
    elif branch is not None:
        _if(printer, branch, scope)


RULES: dict[type, Callable[[Printer, Any, Scope], None]] = {
    tree.Input: lambda printer, node, scope: None,
    tree.Output: _output,
    tree.Assign: _assign,
    tree.Annotated: _annotated,
    tree.Let: _let,
    tree.Layer: _layer,
    tree.Param: _param,
    tree.Buffer: _buffer,
    tree.Tie: _tie,
    tree.Order: _order,
    tree.Assert: _assert,
    tree.For: _for,
    tree.Repeat: _repeat,
    tree.If: _if,
    tree.Fn: _fn,
}
