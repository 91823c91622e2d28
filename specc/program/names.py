"""Names: local ones, the library's, attributes, and what an assignment binds."""

from __future__ import annotations

from typing import Any

from specc.diagnostics.model import Edit, Fix
from specc.ops import registry
from specc.program import operations
from specc.program.context import Frame
from specc.program.foreign import INSTEAD
from specc.program.model import Ref, SizeOf, StateOf
from specc.program.values import (
    MISSING,
    NamedOutputs,
    OperationValue,
    SharedLayer,
    Template,
    TensorValue,
    TrainingFlag,
    as_size,
    describe,
)
from specc.syntax import tree
from specc.types.tensor import DTYPES, UNKNOWN, DType, TensorType

MOST_VALUES = 8  # names that a help lists
DIGITS = {ord(digit): None for digit in "0123456789"}
PYTHON_PREFIXES = ("nn", "torch", "F", "functional", "torchvision", "transforms", "optim", "T", "np", "numpy")
BUILTINS = (
    "abs",
    "ceil",
    "cos",
    "enumerate",
    "exp",
    "floor",
    "int",
    "len",
    "log",
    "log2",
    "max",
    "min",
    "pi",
    "range",
    "reversed",
    "round",
    "sin",
    "sqrt",
    "sum",
    "zip",
    "float",
    "list",
    "tuple",
    "sorted",
    "tan",
    "tanh",
    "pow",
    "any",
    "all",
    "str",
    "bool",
)


class Builtin:
    """A function of compile-time values."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name


def name_value(frame: Frame, node: tree.Name) -> Any:
    value = find(frame, node.id)
    if value is not MISSING:
        return Template(node, frame.env, node.id) if _is_layer(value) else value
    report_unknown(frame, node)
    return UNKNOWN


def _is_layer(value: Any) -> bool:
    return isinstance(value, OperationValue) and value.operation.kind == "layer"


def find(frame: Frame, name: str) -> Any:
    """What a name stands for: local names first, then the language's, then the library's; MISSING if nothing."""
    value = frame.env.find(name)
    if value is not MISSING:
        return value
    if name == "training":
        return TrainingFlag()
    if name in DTYPES:
        return DType(name)
    if name == "pi":
        return 3.141592653589793
    operation = library(name)
    if operation is not None:
        return OperationValue(operation)
    return Builtin(name) if name in BUILTINS else MISSING


def library(name: str) -> Any:
    return registry.lookup("layer" if name[:1].isupper() else "function", name)


def report_unknown(frame: Frame, node: tree.Name, step: bool = False) -> list[str]:
    """One message for a name that stands for nothing; gives the nearest names."""
    from specc.diagnostics.suggest import nearest

    name = node.id
    capital = name[:1].isupper()
    candidates = frame.env.all_names() + list(registry.names("layer" if capital else "function")) + list(BUILTINS)
    near = nearest(name, candidates) if name not in INSTEAD and frame.compilation.suggests() else []
    rule = "unknown-layer" if capital and step else "unknown-function" if step else "unknown-name"
    what = (
        "a layer of torch.nn or a block of this spec" if capital else "a function" if step else "anything defined here"
    )
    if not near:
        headline = f"a spec has no {name}" if capital and name in INSTEAD else f"{name} is not {what}"
        helps = (INSTEAD[name],) if name in INSTEAD else () if step else _values_here(frame)
        frame.report(rule, node.span, headline, helps=helps)
        if not step:
            frame.env.bind(name, UNKNOWN)  # told of once in this body
        return []
    fix = None if _as_likely(name, near) else Fix(f"write {near[0]}", (Edit(node.span, near[0]),))
    frame.report(rule, node.span, f"{name} is not {what}", helps=(f"did you mean {' or '.join(near)}?",), fix=fix)
    return near


def _as_likely(name: str, near: list[str]) -> bool:
    """Whether the nearest names differ in nothing but a number that was not written: BatchNorm."""
    plain = {candidate.translate(DIGITS) for candidate in near}
    return len(near) > 1 and len(plain) == 1 and name == name.translate(DIGITS)


def _values_here(frame: Frame) -> tuple[str, ...]:
    """The tensors that have a name so far, where they are few enough to be read."""
    found = [name for name, value in frame.env.names.items() if isinstance(value, TensorValue)]
    return (f"the values here are {', '.join(found)}",) if 0 < len(found) <= MOST_VALUES else ()


def dotted(node: Any) -> str | None:
    """`a.b.c` as text, None for anything else."""
    if isinstance(node, tree.Name):
        return node.id
    if isinstance(node, tree.Attribute):
        inner = dotted(node.value)
        return None if inner is None else f"{inner}.{node.name}"
    return None


def python_prefix(frame: Frame, node: tree.Attribute) -> bool:
    """Report `nn.Conv2d`, `F.relu` and the like; true if this was one."""
    path = dotted(node)
    if path is None or path.split(".")[0] not in PYTHON_PREFIXES or frame.env.find(path.split(".")[0]) is not MISSING:
        return False
    if node.name in INSTEAD:
        frame.report("python-word", node.span, f"a spec has no {node.name}", helps=(INSTEAD[node.name],))
        return True
    from specc.source import Span

    prefix = Span(node.span.source, node.span.start, node.name_span.start)
    frame.report(
        "python-prefix",
        node.span,
        f"names stand without a prefix here: {node.name}",
        helps=(f"write {node.name}",),
        fix=Fix(f"write {node.name}", (Edit(prefix, ""),)),
    )
    return True


def attribute_value(frame: Frame, node: tree.Attribute) -> Any:
    state = state_value(frame, node)
    if state is not None:
        return state
    if python_prefix(frame, node):
        return UNKNOWN
    value = _base(frame, node.value)
    if value is UNKNOWN:
        return UNKNOWN
    if isinstance(value, TensorValue):
        return tensor_attribute(frame, value, node)
    parts = dict(value.items) if isinstance(value, NamedOutputs) else {}
    if node.name in parts:
        return parts[node.name]
    helps = (f"its parts are {', '.join(parts)}",) if parts else ()
    frame.report("unknown-name", node.name_span, f"{describe(value)} has no attribute {node.name}", helps=helps)
    return UNKNOWN


def _base(frame: Frame, node: Any) -> Any:
    from specc.program.evaluate import evaluate

    return evaluate(frame, node)


def tensor_attribute(frame: Frame, value: TensorValue, node: tree.Attribute) -> Any:
    """`x.shape`, `x.dtype`, `x.ndim`, `x.T`; methods are handled where they are called."""
    if not isinstance(value.type, TensorType):
        return UNKNOWN
    if node.name == "shape":
        return shape_of(value)
    if node.name == "ndim":
        return value.type.rank
    if node.name == "dtype":
        return DType(value.type.dtype)
    operation = registry.lookup("function", node.name)
    if operation is not None and node.name in ("T", "mT", "H", "mH"):
        return operations.call_function(frame, operation, [operations.argument(value, node.value)], node)
    frame.report(
        "unknown-name",
        node.name_span,
        f"a tensor has no attribute {node.name}",
        helps=(f"a method is called: .{node.name}()",) if operation else (),
    )
    return UNKNOWN


def shape_of(value: TensorValue) -> tuple[Any, ...]:
    """A tensor's sizes as values: numbers where they are known."""
    assert isinstance(value.type, TensorType), "a tuple has no sizes: whoever asks has one tensor"
    where: Any = value.code  # a Ref wherever a size is kept as code: those of parameters and buffers are numbers
    return tuple(as_size(size, SizeOf(where, axis)) for axis, size in enumerate(value.type.shape))


def state_value(frame: Frame, node: tree.Attribute) -> TensorValue | None:
    """`fc.weight`, `transformer.wte.weight`: a parameter of a module placed earlier, or None."""
    path = dotted(node)
    if path is None or frame.graph is None:
        return None
    head = frame.env.find(path.split(".")[0])
    if head is not MISSING and not isinstance(head, SharedLayer):
        return None
    if isinstance(head, SharedLayer) and head.name not in frame.graph.members:
        operations.place_shared(frame, head)
    owner, _, entry = path.rpartition(".")
    member = frame.graph.members.get(owner)
    for state in getattr(member, "state", ()):
        if state.name == entry:
            return TensorValue(StateOf(path), TensorType(state.shape, state.dtype))
    return None


def bind_target(frame: Frame, target: Any, value: Any) -> None:
    """Bind the names of a left side; tuples come apart."""
    if isinstance(target, tree.Name):
        frame.env.bind(target.id, value)
        remember(frame, target.id, value)
    elif isinstance(target, tree.TargetTuple):
        for item, part in zip(target.items, _parts(frame, target, value)):
            bind_target(frame, item, part)


def remember(frame: Frame, name: str, value: Any) -> None:
    """Note what the spec calls a value of the graph: the script will call it so too."""
    if frame.graph is not None and isinstance(value, TensorValue) and isinstance(value.code, Ref):
        frame.graph.names.setdefault(value.code.id, name)


def parts_of(frame: Frame, value: Any, node: Any) -> Any:
    """The parts of a result of several tensors, as a list; any other value as it is."""
    if isinstance(value, TensorValue) and type(value.type) is tuple:
        return [operations.item_of(frame, value, index, node) for index in range(len(value.type))]
    return value


def _parts(frame: Frame, target: tree.TargetTuple, value: Any) -> list[Any]:
    count = len(target.items)
    value = value.parts if isinstance(value, NamedOutputs) else value
    if isinstance(value, TensorValue) and type(value.type) is tuple:
        if len(value.type) == count:
            return list(parts_of(frame, value, target))
        size, what = len(value.type), "the value"
    elif type(value) in (tuple, list):
        if len(value) == count:
            return list(value)
        size, what = len(value), describe(value)
    else:
        if value is not UNKNOWN and not (isinstance(value, TensorValue) and value.type is UNKNOWN):
            frame.report("untaken-target", target.span, f"{describe(value)} does not come apart into {count} names")
        return [UNKNOWN] * count
    frame.report("untaken-target", target.span, f"{what} has {size} parts, {count} names take them")
    return [UNKNOWN] * count
