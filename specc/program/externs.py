"""`extern layer F(a: int): f32[N, C] -> f32[N, a] = "mine.F"`: the user's own Python, as an operation.

Only its declared types are known; the Python is never imported by anything but a trusted run.
"""

from __future__ import annotations

from typing import Any

from specc.ops.base import REQUIRED, Argument, Layer, Operation, SampleType, Use
from specc.ops.kinds import BOOL, FLOAT, INT, TENSOR, TEXT, Kind
from specc.program.context import Frame
from specc.program.values import Env, ExternValue
from specc.syntax import tree
from specc.types.tensor import UNKNOWN, TensorType, Type

KINDS = {"int": INT, "float": FLOAT, "bool": BOOL, "str": TEXT}
ANY = Kind()
FIXED = {"fn": "function"}


class ExternOperation(Layer):
    """An operation whose rule is its declaration."""

    def __init__(self, frame: Frame, definition: tree.Extern) -> None:
        self.definition, self.env, self.compilation = definition, frame.env, frame.compilation
        self.name = definition.name
        self.kind = FIXED.get(definition.kind, definition.kind)
        self.target = "".join(part for part in definition.target.parts if isinstance(part, str))
        self.arguments = tuple(_argument(parameter) for parameter in definition.parameters or ())
        self.inputs = tuple(Argument(f"input{place}", TENSOR) for place in range(len(definition.inputs or (None,))))
        self.feature_axis = None

    def infer(self, use: Use) -> Type:
        """Match the inputs against their patterns, then work out the output types."""
        frame = Frame(self.compilation, _NoGraph(), Env(self.env, {a.name: use.values[a.name] for a in self.arguments}))
        given = [use.values[argument.name] for argument in self.inputs]
        if self.definition.inputs is None or self.definition.outputs is None:
            return use.problem(
                "missing-argument",
                f"extern {self.name} declares no types: write {self.name}(..): f32[N, C] -> f32[N, C]",
            )
        node = _Place(use.span)
        if not all(
            [_match(frame, pattern, type, node, self.name) for pattern, type in zip(self.definition.inputs, given)]
        ):
            return UNKNOWN
        types = tuple(_type(frame, pattern) for pattern in self.definition.outputs)
        return types[0] if len(types) == 1 else types

    def sample(self, use: Use) -> SampleType:
        frame = Frame(self.compilation, None, Env(self.env, {a.name: use.values[a.name] for a in self.arguments}))
        return SampleType(tuple(_type(frame, pattern) for pattern in self.definition.inputs or ()))


class _NoGraph:
    """Stands in for the graph where only types are matched."""


class _Place:
    """A node with nothing but a place."""

    def __init__(self, span: Any) -> None:
        self.span = span


def _argument(parameter: tree.Parameter) -> Argument:
    kind = KINDS.get(parameter.type.dtype, ANY) if parameter.type is not None else ANY
    default = REQUIRED if parameter.default is None else getattr(parameter.default, "value", None)
    return Argument(parameter.name, kind, default)


def _match(frame: Frame, pattern: tree.TypeExpr, given: TensorType, node: Any, name: str) -> bool:
    from specc.program.model import Ref
    from specc.program.patterns import matches

    return matches(frame, pattern, given, Ref(-1), node, f"{name} takes {pattern.span.text}")


def _type(frame: Frame, pattern: tree.TypeExpr) -> Type:
    from specc.program.patterns import _size_value, _typed

    shape = [_size_value(frame, dim) for dim in pattern.dims or ()]
    return UNKNOWN if UNKNOWN in shape else _typed(frame, pattern, tuple(shape))


def operation_of(frame: Frame, extern: ExternValue) -> Operation:
    """The operation an extern declares; one object for each declaration."""
    known = frame.compilation.externs
    place = id(extern.definition)
    if place not in known:
        known[place] = ExternOperation(frame, extern.definition)
    return known[place]


def use_extern(frame: Frame, step: Any, extern: ExternValue) -> Any:
    """An extern layer or function as a step."""
    from specc.program.chains import _function_step, _layer_step

    operation = operation_of(frame, extern)
    if operation.kind == "layer":
        return _layer_step(frame, step, operation)
    if operation.kind == "function":
        return _extern_function(frame, step, operation, _function_step)
    frame.report("not-a-module", step.node.span, f"{operation.name} is an extern {extern.definition.kind}, no step")
    return UNKNOWN


def _extern_function(frame: Frame, step: Any, operation: Any, function_step: Any) -> Any:
    """A function's tensors come first, then its own parameters."""
    operation.arguments = (*operation.inputs, *(a for a in operation.arguments if a not in operation.inputs))
    return function_step(frame, step, operation)
