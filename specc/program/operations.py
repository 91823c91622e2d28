"""Using an operation: bind its arguments, let its rule infer the result, record the step."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from specc.diagnostics.model import Label
from specc.ops import registry
from specc.ops.base import Argument, Layer, Operation, Use
from specc.ops.binding import Bound, Written, bind
from specc.program.context import Frame, Slots
from specc.program.model import Call, FunctionStep, LayerMember, ModuleStep, Ref, SizeOf
from specc.program.origins import explained
from specc.program.values import SharedLayer, SizeValue, TensorValue, code, describe, has_unknown, seen
from specc.source import Span
from specc.types.dims import Dim
from specc.types.tensor import UNKNOWN, TensorType, Type, product, shown

LARGEST = 2**63 - 1  # elements of a tensor


class Arg(NamedTuple):
    """An evaluated argument; `name` is None where it is positional."""

    name: str | None
    value: Any
    span: Span


def argument(value: Any, node: Any) -> Arg:
    return Arg(None, value, node.span)


def evaluate_arguments(frame: Frame, arguments: Sequence[Any]) -> list[Arg]:
    from specc.program.evaluate import evaluate

    check_order(frame, arguments)
    return [Arg(a.name, evaluate(frame, a.value), a.span if a.name else a.value.span) for a in arguments]


def check_order(frame: Frame, arguments: Sequence[Any]) -> None:
    """Arguments without a name stand first, as in Python."""
    named = False
    for argument in arguments:
        if named and argument.name is None:
            headline = "this stands behind an argument with a name, so it needs one too"
            helps = (f"write name={title_of(argument.value)}, with the name it has",)
            return frame.report("argument-order", argument.span, headline, helps=helps)
        named = named or argument.name is not None


def title_of(node: Any) -> str:
    """The step as written, on one line, shortened."""
    text = " ".join(node.span.text.split())
    return text if len(text) <= 60 else text[:57] + "..."


# ---------------------------------------------------------------- functions


def call_function(frame: Frame, operation: Operation, args: Sequence[Arg], node: Any) -> Any:
    """The result of a function of tensors: a value of the graph."""
    bound = bind_arguments(frame, operation.arguments, args, operation.name, node)
    if bound is None or any(has_unknown(arg.value) for arg in args):
        return UNKNOWN
    if frame.graph is None:
        frame.report("not-a-value", node.span, f"{operation.name} computes a tensor, which has no place here")
        return UNKNOWN
    use = Use(operation, bound.values, bound.given, node.span, title_of(node), frame.facts, frame.compilation.problems)
    result = infer(frame, use, args, node)
    if result is UNKNOWN:
        return UNKNOWN
    if hasattr(operation, "lower"):
        return _lowered(frame, operation, use, args, node)
    frame.compilation.spend(1, node.span)
    call = call_of(operation, args)
    return frame.graph.add(FunctionStep(call, frame.graph.ref(), result, use, node), result)


def call_of(operation: Operation, args: Sequence[Arg]) -> Call:
    """The Python call with the arguments as they were written."""
    positional = tuple(code(arg.value) for arg in args if arg.name is None)
    return Call(
        operation.target, positional, tuple((arg.name, code(arg.value)) for arg in args if arg.name is not None)
    )


def operator_call(frame: Frame, op: str, operands: Sequence[Any], node: Any) -> Any:
    """`a + b` and the like where one side is a tensor."""
    from specc.ops.functions.operators import OPERATORS

    if any(has_unknown(operand) for operand in operands):
        return UNKNOWN
    operation = OPERATORS.get(op)
    if operation is None:
        frame.report(
            "argument-type",
            node.span,
            f"{op} does not work on tensors",
            helps=("use logical_and, logical_or, logical_not",),
        )
        return UNKNOWN
    nodes = (node.left, node.right) if hasattr(node, "left") else (node, node)
    return call_function(frame, operation, [argument(value, where) for value, where in zip(operands, nodes)], node)


def item_of(frame: Frame, value: TensorValue, index: int, node: Any) -> TensorValue:
    """One part of a tuple of tensors."""
    graph = frame.graph
    assert isinstance(value.type, tuple), "only a tuple has parts"
    type = value.type[index]
    call = Call("operator.getitem", (value.code, index))
    return graph.add(FunctionStep(call, graph.ref(), type, None, node), type)


def _lowered(frame: Frame, operation: Any, use: Use, args: Sequence[Arg], node: Any) -> Any:
    """An operation without a torch name of its own: the functions it stands for, one after another."""
    value = args[0].value
    given = [arg.value for arg in args]
    for name, arguments in operation.lower(use):
        parts = [Arg(None, _with_codes([value, *given], item), node.span) for item in arguments]
        function = registry.lookup("function", name)
        assert function is not None, f"{name}, which {operation.name} stands for, is no function"
        value = call_function(frame, function, [Arg(None, value, node.span), *parts], node)
        if value is UNKNOWN:
            return UNKNOWN
    return value


def _with_codes(known: Sequence[Any], item: Any) -> Any:
    """An argument of a lowered call with the code of every symbolic size in it."""
    if isinstance(item, (tuple, list)):
        return tuple(_with_codes(known, part) for part in item)
    return SizeValue(item, _size_code(known, item)) if isinstance(item, Dim) else item


def _size_code(known: Sequence[Any], dim: Dim) -> Any:
    """How to read a size at run time: given by name, or an axis of a tensor; -1 lets torch work it out."""
    for value in known:
        if isinstance(value, SizeValue) and value.dim == dim:
            return value.code
        if isinstance(value, TensorValue) and isinstance(value.type, TensorType) and dim in value.type.shape:
            assert isinstance(value.code, Ref), "the sizes of parameters and buffers are numbers"
            return SizeOf(value.code, value.type.shape.index(dim))
    return -1


# ---------------------------------------------------------------- layers


def make_layer(frame: Frame, operation: Layer, args: Sequence[Arg], path: str, node: Any) -> LayerMember | None:
    """Put a layer at a path; None where its arguments are wrong (the problems say how)."""
    bound = bind_arguments(frame, operation.arguments, args, operation.name, node)
    if bound is None or any(has_unknown(arg.value) for arg in args):
        return None
    use = Use(operation, bound.values, bound.given, node.span, title_of(node), frame.facts, frame.compilation.problems)
    before = len(frame.compilation.problems)
    operation.check(use)
    if len(frame.compilation.problems) > before:
        return None
    member = LayerMember(path, operation, call_of(operation, args), use, operation.state(use), node)
    frame.graph.members[path] = member
    return member


def call_layer(frame: Frame, member: LayerMember, inputs: Sequence[Arg], node: Any) -> Any:
    """Apply a layer that stands at a path."""
    operation = member.operation
    bound = bind_arguments(frame, operation.inputs, inputs, member.use.title, node)
    if bound is None or any(has_unknown(arg.value) for arg in inputs):
        return UNKNOWN
    use = Use(
        operation,
        {**member.use.values, **bound.values},
        {**member.use.given, **bound.given},
        node.span,
        member.use.title,
        frame.facts,
        frame.compilation.problems,
    )
    result = infer(frame, use, inputs, node)
    if result is UNKNOWN:
        return UNKNOWN
    frame.compilation.spend(1, node.span)
    call = call_of(operation, inputs)
    return frame.graph.add(
        ModuleStep(member.path, call.args, call.kwargs, frame.graph.ref(), result, use, node), result
    )


def use_again(
    frame: Frame, known: tuple[LayerMember, ModuleStep], path: str, value: TensorValue, node: Any
) -> TensorValue:
    """The same layer on the same type once more, at another path: nothing new can be wrong with it."""
    member, step = known
    frame.graph.members[path] = member._replace(path=path)
    frame.compilation.spend(1, node.span)
    return frame.graph.add(step._replace(path=path, args=(value.code,), result=frame.graph.ref()), step.type)


def hole_for(frame: Frame, operation: Operation, value: Any, node: Any) -> Any:
    """What `_` means in the arguments of a step: a function of the place where it stands."""
    axis = getattr(operation, "feature_axis", None)

    def size(span: Span) -> Any:
        if has_unknown(value):
            return UNKNOWN
        if axis is None:
            frame.report(
                "hole-without-axis",
                span,
                f"{operation.name} has no feature axis, so _ has no meaning in it",
                helps=("write the number",),
            )
            return UNKNOWN
        type = value.type if isinstance(value, TensorValue) else None
        if type.__class__ is tuple:
            _report_tuple(frame, operation.name, node.span, len(type))
            return UNKNOWN
        if not isinstance(type, TensorType) or not -len(type.shape) <= axis < len(type.shape):
            frame.report(
                "hole-without-axis",
                span,
                f"{operation.name} takes its size from axis {axis}, the value is {describe(value)}",
            )
            return UNKNOWN
        from specc.program.values import as_size

        return as_size(type.shape[axis], SizeOf(value.code, axis))

    return size


def place_shared(frame: Frame, layer: SharedLayer) -> None:
    """Make a `layer` that is read before its first use."""
    from specc.program.chains import apply_step

    slots = Slots(frame.prefix, None)
    apply_step(frame.within(layer.env), layer.node, None, slots, layer.name)


# ---------------------------------------------------------------- shared


def bind_arguments(
    frame: Frame, arguments: Sequence[Argument], args: Sequence[Arg], title: str, node: Any
) -> Bound | None:
    if _tuple_given(frame, arguments, args, title):
        return None
    written = [Written(arg.name, seen(arg.value), arg.span) for arg in args]
    return bind(title, arguments, written, node.span, frame.compilation.problems)


def _tuple_given(frame: Frame, arguments: Sequence[Argument], args: Sequence[Arg], title: str) -> bool:
    """Report a tuple of tensors where one tensor belongs: which part is meant has to be said."""
    for place, arg in enumerate(args):
        kind = arguments[place].kind if arg.name is None and place < len(arguments) else None
        if isinstance(arg.value, TensorValue) and type(arg.value.type) is tuple and kind is not None:
            if kind.problem(arg.value.type) is not None:
                _report_tuple(frame, title, arg.span, len(arg.value.type))
                return True
    return False


def _report_tuple(frame: Frame, title: str, span: Span, count: int) -> None:
    frame.report(
        "tuple-output",
        span,
        f"{title} is given a tuple of {count} values, it takes one tensor",
        helps=("take the part that is meant: y, rest = ..., or -> [0]",),
    )


def infer(frame: Frame, use: Use, args: Sequence[Arg], node: Any) -> Type:
    """Run the rule; a shape problem gets the steps that led to the numbers as labels."""
    problems = frame.compilation.problems
    before = len(problems)
    result = use.operation.infer(use)
    if isinstance(result, TensorType) and product(size for size in result.shape if isinstance(size, int)) > LARGEST:
        result = use.problem("value-too-large", f"{use.title} gives {result}: more elements than any tensor can have")
    for place in range(before, len(problems)):
        if problems[place].code.startswith("S3") and not problems[place].labels:
            labelled = problems[place]._replace(labels=_trace(frame, args))
            problems[place] = explained(labelled, use, _first_tensor(args), frame.graph.makers)
    return result


def _first_tensor(args: Sequence[Arg]) -> Any:
    value = next((arg.value for arg in args if isinstance(arg.value, TensorValue)), None)
    return value.code if value is not None else None


def _trace(frame: Frame, args: Sequence[Arg], depth: int = 2) -> tuple[Label, ...]:
    """The steps behind the first tensor that changed its sizes, nearest last."""
    labels: list[Label] = []
    ref = _first_tensor(args)
    while isinstance(ref, Ref) and len(labels) < depth:
        step = frame.graph.makers.get(ref.id)
        if step is None:
            found = ((given.type, place.span) for given, place in frame.graph.inputs if given.ref == ref)
            labels += [Label(span, str(type)) for type, span in found if span.start < span.end]  # an input has a place
            break
        source = _first_input(step)
        if _changes_shape(frame, step, source):
            labels.append(Label(step.site.span, _explain(step)))
        ref = source
    return tuple(reversed(labels))


def _first_input(step: Any) -> Any:
    args = step.call.args if isinstance(step, FunctionStep) else getattr(step, "args", ())
    return next((arg for arg in args if isinstance(arg, Ref)), None)


def _changes_shape(frame: Frame, step: Any, source: Any) -> bool:
    made_by = frame.graph.makers.get(source.id) if isinstance(source, Ref) else None
    before = made_by.type if made_by else next((i.type for i, _ in frame.graph.inputs if i.ref == source), None)
    return getattr(before, "shape", None) != getattr(step.type, "shape", None)


def _explain(step: Any) -> str:
    use = getattr(step, "use", None)
    return use.operation.explain(use, step.type) if use is not None else shown(step.type)
