"""`extern layer F(a: int): f32[N, C] -> f32[N, a] = "mine.F"`: the user's own Python, as an operation.

Only what it declares is known. Nothing here, nor in a check or an emit, imports the Python it names.
"""

from __future__ import annotations

import keyword
from typing import Any

from specc.ops.base import (
    EXTERN,
    REQUIRED,
    Argument,
    Dataset,
    Function,
    Layer,
    Loss,
    Metric,
    Optimizer,
    SampleType,
    Scheduler,
    Transform,
    Use,
    is_own,
)
from specc.ops.kinds import BOOL, FLOAT, INT, TENSOR, TEXT, Kind, Optional
from specc.program.context import Frame
from specc.program.model import BlockMember, Call, Graph, LayerMember, MetricPlan
from specc.program.values import MISSING, Env, ExternValue, describe
from specc.syntax import tree
from specc.syntax.walk import names_in
from specc.types.tensor import UNKNOWN, TensorType, Type

KINDS: dict[str, Kind] = {"int": INT, "float": FLOAT, "bool": BOOL, "str": TEXT, "list": Kind(), "tuple": Kind()}
DECLARE = {"layer": "from -> to", "fn": "from -> to", "dataset": "the types of a sample"}


class Declared:
    """What every extern has: its declaration, and the names that stood around it."""

    definition: tree.Extern
    arguments: tuple[Argument, ...]
    inputs: tuple[Argument, ...]

    def __init__(self, frame: Frame, definition: tree.Extern) -> None:
        self.definition, self.env, self.compilation = definition, frame.env, frame.compilation
        self.name = definition.name
        self.python = python_name(definition)
        self.target = EXTERN + _imported(definition.kind, self.python)
        self.own = tuple(_argument(frame, parameter) for parameter in definition.parameters or ())
        self.arguments = self.own
        if definition.inputs is not None:
            self.inputs = tuple(Argument(f"input{n}", TENSOR) for n in range(len(definition.inputs)))

    @property
    def doc(self) -> str:
        return f"Your own {self.definition.kind}: {self.python}."

    def frame(self, use: Use) -> Frame:
        """Where the declared types are worked out: the extern's parameters are names there."""
        names = {argument.name: use.values[argument.name] for argument in self.own}
        return Frame(self.compilation, None, Env(self.env, names))

    def infer(self, use: Use) -> Type:
        """Match the inputs against their patterns, then work out the types of the outputs."""
        frame, patterns = self.frame(use), self.definition.inputs or ()
        given = [use.values[argument.name] for argument in self.inputs]
        fits = [_match(frame, pattern, type, use, self.name) for pattern, type in zip(patterns, given)]
        if not all(fits) or self.definition.outputs is None:
            return UNKNOWN
        rest = next((axes for axes in map(_rest, patterns, given) if axes is not None), None)
        types = tuple(_type(frame, pattern, rest) for pattern in self.definition.outputs or ())
        return UNKNOWN if UNKNOWN in types else types[0] if len(types) == 1 else types


class ExternLayer(Declared, Layer):
    """`extern layer`: an nn.Module; what parameters it has is its own affair."""


class ExternFunction(Declared, Function):
    """`extern fn`: its tensors come first, then its own parameters."""

    inputs = ()

    def __init__(self, frame: Frame, definition: tree.Extern) -> None:
        super().__init__(frame, definition)
        self.arguments = (*self.inputs, *self.own)


class ExternLoss(Declared, Loss):
    """`extern loss`: an nn.Module of (output, target) that gives one number."""

    def infer(self, use: Use) -> Type:
        if self.definition.outputs is not None:
            return super().infer(use)
        return TensorType((), use.input.dtype if use.input.dtype.startswith(("f", "b")) else "f32")


class ExternOptimizer(Declared, Optimizer):
    """`extern optimizer`: a torch.optim.Optimizer."""


class ExternScheduler(Declared, Scheduler):
    """`extern scheduler`: takes the optimizer first."""


class ExternTransform(Declared, Transform):
    """`extern transform`: a callable of one sample; without types it gives what it is given."""

    def infer(self, use: Use) -> Type:
        return use.input if self.definition.outputs is None else super().infer(use)


class ExternMetric(Declared, Metric):
    """`extern metric`: an object with `update(output, target)` and `compute()`."""

    def __init__(self, frame: Frame, definition: tree.Extern) -> None:
        from specc.ops.training.metrics import OUTPUT

        super().__init__(frame, definition)
        self.arguments = (*self.own, *OUTPUT)


class ExternDataset(Declared, Dataset):
    """`extern dataset`: a map-style data set whose items are tuples, one entry for each declared type."""

    def sample(self, use: Use) -> SampleType:
        """The parts without their batch axis; a size that only the data know is None."""
        frame, parts = self.frame(use), []
        for pattern in self.definition.inputs or ():
            for name in (name for dim in pattern.dims or () for name in names_in(dim)):
                if frame.env.find(name.id) is MISSING:
                    frame.env.bind(name.id, None)
            free = [isinstance(dim, tree.Name) and frame.env.find(dim.id) is None for dim in pattern.dims or ()]
            fixed = pattern._replace(dims=tuple(d for d, open in zip(pattern.dims or (), free) if not open))
            type = _type(frame, fixed)
            if type is UNKNOWN:
                return SampleType((UNKNOWN,) * len(self.definition.inputs or ()))
            sizes = iter(type.shape)
            parts.append(type.reshaped([None if open else next(sizes) for open in free][1:]))
        return SampleType(tuple(parts))


CLASSES: dict[str, type[Declared]] = {
    "layer": ExternLayer,
    "fn": ExternFunction,
    "loss": ExternLoss,
    "optimizer": ExternOptimizer,
    "scheduler": ExternScheduler,
    "transform": ExternTransform,
    "metric": ExternMetric,
    "dataset": ExternDataset,
}


# ---------------------------------------------------------------- the declaration


def python_name(definition: tree.Extern) -> str:
    return "".join(part for part in definition.target.parts if isinstance(part, str))


def check_extern(frame: Frame, definition: tree.Extern) -> None:
    """What can be wrong with a declaration, used or not."""
    words = python_name(definition).split(".")
    plain = all(isinstance(part, str) for part in definition.target.parts)
    if not plain or len(words) < 2 or not all(_is_python_name(word) for word in words):
        frame.report(
            "extern-target",
            definition.target.span,
            f"extern {definition.name} names {definition.target.span.text}, which is no name in a Python module",
            helps=(f'write "module.{definition.name}"',),
        )
    missing = definition.inputs is None or definition.kind != "dataset" and definition.outputs is None
    if definition.kind in DECLARE and missing:
        shown = "f32[N, 3, 32, 32], i64[N] < 10" if definition.kind == "dataset" else "f32[N, C] -> f32[N, C]"
        frame.report(
            "type-syntax",
            definition.span,
            f"extern {definition.kind} {definition.name} does not declare {DECLARE[definition.kind]}",
            helps=(f"write {definition.name}(..): {shown}",),
        )
    if definition.kind == "dataset":
        _check_sample(frame, definition)
    else:
        _check_dots(frame, definition)
    for parameter in definition.parameters or ():
        if parameter.type is not None and parameter.type.dtype not in KINDS:
            frame.report(
                "type-syntax",
                parameter.type.span,
                f"{parameter.name} is an argument of Python: its type is one of {', '.join(KINDS)}",
            )


def _check_dots(frame: Frame, definition: tree.Extern) -> None:
    """`...` in a result stands for the axes of `...` in an input."""
    has_rest = any(isinstance(dim, tree.Dots) for pattern in definition.inputs or () for dim in pattern.dims or ())
    for dim in (dim for pattern in definition.outputs or () for dim in pattern.dims or ()):
        if isinstance(dim, tree.Dots) and not has_rest:
            frame.report("type-syntax", dim.span, "... in a result stands for that of an input, and none has it")


def _check_sample(frame: Frame, definition: tree.Extern) -> None:
    """The types of a sample include the batch axis, which is a symbol."""
    given = {parameter.name for parameter in definition.parameters or ()}
    if definition.outputs is not None:
        frame.report("type-syntax", definition.span, "a data set has the types of its sample only, without an arrow")
    for pattern in definition.inputs or ():
        first = pattern.dims[0] if pattern.dims else None
        if not isinstance(first, tree.Name) or first.id in given or frame.env.find(first.id) is not MISSING:
            frame.report(
                "type-syntax",
                pattern.span,
                "the type of a sample part includes the batch axis",
                helps=("write f32[N, 3, 32, 32], i64[N] < 10",),
            )


def _imported(kind: str, name: str) -> str:
    """Where a script imports it from, and how it then says it: a class by its own name, a function by its module's."""
    module, _, last = name.rpartition(".")
    if kind != "fn":
        return f"{module}:{last}"
    package, _, own = module.rpartition(".")
    return f"{package}:{own}.{last}"


def _is_python_name(word: str) -> bool:
    return word.isascii() and word.isidentifier() and not keyword.iskeyword(word)


def _argument(frame: Frame, parameter: tree.Parameter) -> Argument:
    from specc.program.evaluate import evaluate

    kind = KINDS.get(parameter.type.dtype, Kind()) if parameter.type is not None else Kind()
    if parameter.default is None:
        return Argument(parameter.name, kind)
    default = evaluate(frame, parameter.default)
    problem = kind.problem(default)
    if default is None:
        kind = Optional(kind)
    elif problem is not None:
        frame.report(
            "argument-type", parameter.default.span, f"{parameter.name} must be {problem}, not {describe(default)}"
        )
    return Argument(parameter.name, kind, REQUIRED if default is UNKNOWN else default)


# ---------------------------------------------------------------- types


def _match(frame: Frame, pattern: tree.TypeExpr, given: Any, use: Use, name: str) -> bool:
    from specc.program.model import Ref
    from specc.program.patterns import matches

    return matches(frame, pattern, given, Ref(-1), use, f"{name} takes {pattern.span.text}")


def _rest(pattern: tree.TypeExpr, given: Any) -> tuple[Any, ...] | None:
    """The sizes that `...` stands for in an input of the type `given`; None where the pattern has none."""
    dims = pattern.dims or ()
    place = next((at for at, dim in enumerate(dims) if isinstance(dim, tree.Dots)), None)
    return None if place is None else given.shape[place : given.rank - (len(dims) - place - 1)]


def _type(frame: Frame, pattern: tree.TypeExpr, rest: tuple[Any, ...] | None = None) -> Any:
    """The type that is written; `rest` are the sizes for which `...` stands."""
    from specc.program.patterns import size_value, typed

    shape: list[Any] = []
    for dim in pattern.dims or ():
        shape += rest if isinstance(dim, tree.Dots) and rest is not None else [size_value(frame, dim)]
    return UNKNOWN if UNKNOWN in shape else typed(frame, pattern, tuple(shape))


# ---------------------------------------------------------------- uses


def own_paths(graph: Graph) -> list[str]:
    """Where the modules of the user's own Python stand."""
    found: list[str] = []
    for member in graph.members:
        if isinstance(member, LayerMember) and is_own(member.operation):
            found.append(member.path)
        elif isinstance(member, BlockMember):
            found += [f"{member.path}.{path}" for path in own_paths(member.graph)]
    return found


def own_call(plan: MetricPlan) -> Call:
    """How the object of an extern metric is made: by its own arguments, not by what it compares."""
    metric: Any = plan.metric
    given = {a.name: metric.values[a.name] for a in metric.operation.own if metric.values[a.name] != a.default}
    return Call(metric.operation.target, (), tuple(given.items()))


def operation_of(frame: Frame, extern: ExternValue) -> Any:
    """The operation an extern declares; one object for each declaration."""
    known = frame.compilation.externs
    place = id(extern.definition)
    if place not in known:
        outer = Frame(frame.compilation, None, extern.env)
        known[place] = CLASSES[extern.definition.kind](outer, extern.definition)
    return known[place]


def use_extern(frame: Frame, step: Any, extern: ExternValue) -> Any:
    """An extern layer, function or loss as a step."""
    from specc.program.chains import function_step, layer_step

    operation = operation_of(frame, extern)
    if operation.kind == "layer":
        return layer_step(frame, step, operation)
    if operation.kind == "function":
        return function_step(frame, step, operation)
    frame.report("not-a-module", step.node.span, f"{operation.name} is an extern {extern.definition.kind}, no step")
    return UNKNOWN
