"""Parameters, buffers, ties and shared layers: what a body adds to the state dict by itself."""

from __future__ import annotations

from typing import Any

from specc.ops import registry
from specc.program import operations
from specc.program.branches import recorded
from specc.program.context import Frame
from specc.program.evaluate import evaluate
from specc.program.model import (
    BlockMember,
    BufferMember,
    Call,
    FunctionStep,
    LayerMember,
    ParameterMember,
    Ref,
    StateOf,
    Step,
)
from specc.program.patterns import check_annotation, size_value, typed
from specc.program.placing import _free, label_text
from specc.program.reads import read_by
from specc.program.values import TensorValue, code, describe, has_unknown
from specc.syntax import tree
from specc.types.dims import Dim
from specc.types.tensor import UNKNOWN, TensorType


def param(frame: Frame, node: tree.Param) -> None:
    """`param w: f32[1, T] ~ normal(std=0.02)`."""
    path, type, options = (
        label_text(frame, node.path),
        _fixed_type(frame, node.type),
        _options(frame, node, ("trainable",)),
    )
    steps, fill = ((), sampled(frame, node.value)) if node.sampled else _start(frame, node, type)
    if path is UNKNOWN:
        return
    name = path.split(".")[-1]
    if UNKNOWN in (type, fill) or options is None or _free(frame, path, node.path.span) is None:
        if name:
            frame.env.bind(name, UNKNOWN)
        return
    trainable = options.get("trainable", True)
    frame.graph.members[path] = ParameterMember(path, type, node.sampled, fill, trainable, node, steps)
    frame.env.bind(name, TensorValue(StateOf(path), type))


def _start(frame: Frame, node: tree.Param, type: Any) -> tuple[tuple[Step, ...], Any]:
    """What stands after `=`: a call of torch.nn.init, or a tensor and the steps that compute it."""
    steps, value = recorded(frame, lambda: _fill(frame, node.value))
    if not isinstance(value, TensorValue):
        return (), value if isinstance(value, Call) or value is UNKNOWN else _not_a_fill(frame, node.value, value)
    steps, value = _held(frame, steps, value, node.value, "a parameter")
    if type is not UNKNOWN and value is not UNKNOWN and value.type.plain() != type:
        helps = (f"convert it: .to({type.dtype})",) if value.type.shape == type.shape else ()
        frame.report(
            "annotation-mismatch", node.value.span, f"the parameter is declared {type}, it is {value.type}", helps=helps
        )
        return (), UNKNOWN
    return steps, value if value is UNKNOWN else value.code


def buffer(frame: Frame, node: tree.Buffer) -> None:
    """`buffer m = expr`: computed once, when the model is built."""
    path, options = label_text(frame, node.path), _options(frame, node, ("persistent",))
    steps, value = held(frame, node)
    if node.type is not None:
        check_annotation(frame, "the buffer", node.type, value, node.value)
    if path is UNKNOWN:
        return
    name = path.split(".")[-1]
    if has_unknown(value) or options is None or _free(frame, path, node.path.span) is None:
        frame.env.bind(name, UNKNOWN)
        return
    persistent = options.get("persistent", True)
    frame.graph.members[path] = BufferMember(path, value.type, steps, code(value), persistent, node)
    frame.env.bind(name, TensorValue(StateOf(path), value.type))


def held(frame: Frame, node: tree.Buffer) -> tuple[Any, Any]:
    """The steps that compute a buffer, and its value: UNKNOWN after reporting that it is not one tensor."""
    steps, value = recorded(frame, lambda: evaluate(frame, node.value))
    return _held(frame, steps, value, node.value, "a buffer")


def _held(frame: Frame, steps: Any, value: Any, node: Any, what: str) -> tuple[Any, Any]:
    """Steps and value of a tensor computed when the model is built: from numbers, parameters and buffers alone."""
    if has_unknown(value):
        return steps, UNKNOWN
    if not isinstance(value, TensorValue) or not isinstance(value.type, TensorType):
        frame.report(
            "not-a-value",
            node.span,
            f"{what} holds a tensor, this is {describe(value)}",
            helps=("make a tensor: full((2, 3), 0.5), arange(n), ...",),
        )
        return steps, UNKNOWN
    read = list(read_by((steps, value.code)))
    made = {step.result for step in steps if isinstance(step, FunctionStep)}
    if len(made) < len(steps) or any(isinstance(ref, Ref) and ref not in made for ref in read):
        frame.report(
            "not-a-value",
            node.span,
            f"{what} is computed when the model is built, from numbers, parameters and buffers alone",
            helps=("bind it to a name: name = value",),
        )
        return steps, UNKNOWN
    return _copied(frame, steps, value, node) if any(isinstance(ref, StateOf) for ref in read) else (steps, value)


def _copied(frame: Frame, steps: Any, value: TensorValue, node: Any) -> tuple[Any, Any]:
    """A value computed from parameters or buffers becomes a tensor of its own, without gradient."""

    def copy() -> Any:
        own: Any = value
        for name in ("detach", "clone"):
            operation = registry.lookup("function", name)
            assert operation is not None, "a function of the library"
            own = operations.call_function(frame, operation, [operations.argument(own, node)], node)
        return own

    more, copied = recorded(frame, copy)
    return (*steps, *more), copied


def _fixed_type(frame: Frame, node: tree.TypeExpr) -> Any:
    shape = []
    for dim in node.dims or ():
        size = size_value(frame, dim) if not isinstance(dim, tree.Dots) else UNKNOWN
        if isinstance(dim, tree.Dots):
            frame.report("type-syntax", dim.span, "a parameter has a fixed shape")
        elif isinstance(size, Dim):
            frame.report(
                "symbolic-size",
                dim.span,
                f"a parameter has a fixed shape, {size} is known only at run time",
                helps=("give the input a fixed size there",),
            )
            size = UNKNOWN
        shape.append(size)
    return UNKNOWN if UNKNOWN in shape else typed(frame, node, tuple(shape))


def _options(frame: Frame, node: Any, allowed: tuple[str, ...]) -> dict[str, Any] | None:
    options = {}
    for item in node.options:
        value = evaluate(frame, item.value)
        if item.name not in allowed:
            frame.report(
                "unknown-argument",
                item.span,
                f"there is no option {item.name} here",
                helps=(f"the options are {', '.join(allowed)}",),
            )
            return None
        if not isinstance(value, bool):
            frame.report("argument-type", item.span, f"{item.name} is true or false")
            return None
        options[item.name] = value
    return options


def sampled(frame: Frame, node: Any) -> Any:
    """`normal(std=0.02)` after `~`, as a call of torch.nn.init without its tensor."""
    callee, arguments = (node.function, node.arguments) if isinstance(node, tree.Call) else (node, ())
    operation = registry.lookup("initializer", callee.id) if isinstance(callee, tree.Name) else None
    if operation is None:
        return _unknown_initializer(frame, callee)
    args = operations.evaluate_arguments(frame, arguments)
    bound = operations.bind_arguments(frame, operation.arguments, args, operation.name, node)
    if bound is None or any(has_unknown(arg.value) for arg in args):
        return UNKNOWN
    return operations.call_of(operation, args)


def _unknown_initializer(frame: Frame, callee: Any) -> Any:
    from specc.diagnostics.suggest import nearest

    known = registry.names("initializer")
    near = nearest(callee.id, known) if isinstance(callee, tree.Name) else ()
    frame.report(
        "unknown-function",
        callee.span,
        f"{operations.title_of(callee)} is no distribution of torch.nn.init",
        helps=(f"did you mean {' or '.join(near)}?" if near else "there are " + ", ".join(known),),
    )
    return UNKNOWN


def constant(frame: Frame, node: Any) -> Any:
    """What stands after `=` in a rule: a number, `zeros`, `ones` or a distribution without chance, as a call of
    torch.nn.init.
    """
    value = _fill(frame, node)
    return value if isinstance(value, Call) or value is UNKNOWN else _not_a_fill(frame, node, value)


def _fill(frame: Frame, node: Any) -> Any:
    """A call of torch.nn.init for its names and for a number; any other value as it is."""
    if _is_initializer(frame, node):
        return sampled(frame, node)
    value = evaluate(frame, node)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return Call("torch.nn.init.constant_", (value,)) if number else value


def _is_initializer(frame: Frame, node: Any) -> bool:
    """Whether a name or call is of torch.nn.init; `zeros(3)` is not, the function that makes a tensor has arguments."""
    callee = node.function if isinstance(node, tree.Call) else node
    if not isinstance(callee, tree.Name) or _shadowed(frame, callee.id):
        return False
    found = registry.lookup("initializer", callee.id)
    given = isinstance(node, tree.Call) and node.arguments and registry.lookup("function", callee.id) is not None
    return found is not None and not (given and not found.arguments)


def _not_a_fill(frame: Frame, node: Any, value: Any) -> Any:
    frame.report(
        "argument-type",
        node.span,
        f"a parameter is filled with a number or by a function of torch.nn.init, not {describe(value)}",
    )
    return UNKNOWN


def _shadowed(frame: Frame, name: str) -> bool:
    from specc.program.values import MISSING

    return frame.env.find(name) is not MISSING


def tie(frame: Frame, node: tree.Tie) -> None:
    """One Parameter under two keys; done at the end of the body, when both are there."""
    frame.graph.ties_to_make.append(node)


def make_ties(frame: Frame) -> None:
    """The ties of a body, once all its modules are there."""
    if not frame.graph.ties_to_make:
        return
    known = dict(_entries(frame.graph.members.values()))
    for node in frame.graph.ties_to_make:
        _make_tie(frame, node, known)


def _make_tie(frame: Frame, node: tree.Tie, known: dict[str, TensorType]) -> None:
    left, right = label_text(frame, node.left), label_text(frame, node.right)
    if UNKNOWN in (left, right):
        return
    types = [_state_type(frame, path, side.span, known) for path, side in ((left, node.left), (right, node.right))]
    if None in types:
        return
    if types[0] != types[1]:
        frame.report(
            "tie-shape-mismatch", node.span, f"{left} is {types[0]}, {right} is {types[1]}: one Parameter has one shape"
        )
        return
    frame.graph.ties.append((left, right, node.span))


def _state_type(frame: Frame, path: str, span: Any, known: dict[str, TensorType]) -> TensorType | None:
    """The type of a parameter below this body, or None after reporting that there is none."""
    if path in known:
        return known[path]
    if any(member is None and path.startswith(f"{place}.") for place, member in frame.graph.members.items()):
        return None  # a module that has had an error of its own
    from specc.diagnostics.suggest import nearest

    near = nearest(path, list(known)) if frame.compilation.suggests() else []
    frame.report(
        "unknown-name", span, f"there is no parameter {path}", helps=(f"did you mean {near[0]}?",) if near else ()
    )
    return None


def _entries(members: Any, prefix: str = "") -> Any:
    for member in members:
        if isinstance(member, LayerMember):
            for state in member.state:
                yield f"{prefix}{member.path}.{state.name}", TensorType(state.shape, state.dtype)
        elif isinstance(member, BlockMember):
            yield from _entries(member.graph.members, f"{prefix}{member.path}.")
        elif member is not None:
            yield prefix + member.path, member.type.plain()


def place_unused(frame: Frame) -> None:
    """Report layers that are declared and never used."""
    for name, member in list(frame.graph.members.items()):
        if member is None:
            value = frame.env.find(name)
            if hasattr(value, "span") and hasattr(value, "node"):
                frame.report("unused-layer", value.span, f"layer {name} is never used")
            del frame.graph.members[name]
