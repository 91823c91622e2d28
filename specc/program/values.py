"""Compile-time values that are not plain Python ones, and how they look to a rule and to a backend.

Plain values are int, float, str, bool, None, DType, tuple and list. UNKNOWN stands for a value that has had an error.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from specc.ops.base import Operation
from specc.program.model import Choose, InTraining, Named, Ref, StateOf
from specc.source import Span
from specc.syntax import tree
from specc.types.dims import Dim
from specc.types.tensor import UNKNOWN, DType, TensorType, Type


class TensorValue(NamedTuple):
    """A tensor (or tuple of tensors, as an LSTM gives) of the graph: `code` is how to get it, `type` what is known."""

    code: Ref | StateOf
    type: Type


class SizeValue(NamedTuple):
    """A size known only at run time: `dim` for the rules, `code` for the backends, which reads `weight` sizes."""

    dim: Dim
    code: Any
    weight: int = 1


class TrainingFlag(NamedTuple):
    """`training`."""

    def __str__(self) -> str:
        return "training"


class TrainingChoice(NamedTuple):
    """`if training { a } else { b }` of plain values."""

    then: Any
    otherwise: Any


class OperationValue(NamedTuple):
    """A library name: a layer, a function, a data set, ..."""

    operation: Operation

    def __str__(self) -> str:
        return self.operation.name


class Template(NamedTuple):
    """A module described but not made: `let norm = BatchNorm2d(_)`. Made afresh at each use, in the scope it was
    written in.
    """

    node: Any
    env: "Env"
    text: str

    def __str__(self) -> str:
        return self.text


class FnValue(NamedTuple):
    definition: tree.Fn
    env: "Env"

    def __str__(self) -> str:
        return self.definition.name


class BlockValue(NamedTuple):
    definition: tree.Block
    env: "Env"

    def __str__(self) -> str:
        return self.definition.name


class ExternValue(NamedTuple):
    definition: tree.Extern
    env: "Env"

    def __str__(self) -> str:
        return self.definition.name


class SharedLayer(NamedTuple):
    """`layer fc = Linear(10, 10)`: one module under one path, placed at its first use, in the names of `env`."""

    name: str
    node: Any
    span: Span
    env: "Env"

    def __str__(self) -> str:
        return self.name


class NamedOutputs(NamedTuple):
    """The result of a model with named outputs."""

    items: tuple[tuple[str, Any], ...]

    @property
    def parts(self) -> tuple[Any, ...]:
        return tuple(part for _, part in self.items)


class Env:
    """Names in a scope and those around it."""

    __slots__ = ("names", "parent")

    def __init__(self, parent: "Env | None" = None, names: dict[str, Any] | None = None) -> None:
        self.names = names or {}
        self.parent = parent

    def find(self, name: str) -> Any:
        """The value of a name, or MISSING."""
        env: Env | None = self
        while env is not None:
            if name in env.names:
                return env.names[name]
            env = env.parent
        return MISSING

    def bind(self, name: str, value: Any) -> None:
        self.names[name] = value

    def all_names(self) -> list[str]:
        env: Env | None = self
        found: list[str] = []
        while env is not None:
            found += env.names
            env = env.parent
        return found


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()
MODULE_LIKE = (Template, BlockValue, SharedLayer)


def as_size(dim: Any, code: Any, weight: int = 1) -> Any:
    """An int where the size is known, else a SizeValue."""
    return SizeValue(dim, code, weight) if isinstance(dim, Dim) else dim


def weight_of(*values: Any) -> int:
    """How many sizes a computation with these reads."""
    return sum(value.weight for value in values if isinstance(value, SizeValue))


def seen(value: Any) -> Any:
    """How a shape rule sees a value: tensors as their types, run-time sizes as Dims."""
    if isinstance(value, TensorValue):
        return value.type
    if isinstance(value, SizeValue):
        return value.dim
    if isinstance(value, TrainingFlag):
        return True
    if isinstance(value, TrainingChoice):
        return seen(value.then)
    if type(value) is tuple or type(value) is list:
        return type(value)(seen(item) for item in value)
    return value


def code(value: Any) -> Any:
    """How a backend sees a value: an argument of a Call."""
    if isinstance(value, (TensorValue, SizeValue)):
        return value.code
    if isinstance(value, TrainingFlag):
        return InTraining()
    if isinstance(value, TrainingChoice):
        return Choose(code(value.then), code(value.otherwise))
    if isinstance(value, Named):
        return value.call
    if type(value) is tuple or type(value) is list:
        return type(value)(code(item) for item in value)
    return value


def key(value: Any) -> Any:
    """A hashable identity of an argument, for recognising the same use of a block."""
    if type(value) is list or type(value) is tuple:
        return (type(value).__name__, *(key(item) for item in value))
    if isinstance(value, Template):
        return ("template", id(value.node), id(value.env))
    if isinstance(value, (FnValue, BlockValue)):
        return ("definition", id(value.definition))
    if isinstance(value, OperationValue):
        return ("operation", value.operation.name)
    if isinstance(value, (int, float, str)) or value is None:
        return (type(value).__name__, value)
    return value


def is_tensor(value: Any) -> bool:
    return isinstance(value, TensorValue)


def is_plain(value: Any) -> bool:
    """Whether the value is settled at compile time."""
    if type(value) is tuple or type(value) is list:
        return all(is_plain(item) for item in value)
    return isinstance(value, (int, float, str, bool, DType)) or value is None


def has_unknown(value: Any) -> bool:
    if type(value) is tuple or type(value) is list:
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN or isinstance(value, TensorValue) and value.type is UNKNOWN


def holds_tensor(value: Any) -> bool:
    """Whether a tensor stands in the value, at any depth."""
    if type(value) is tuple or type(value) is list:
        return any(holds_tensor(item) for item in value)
    return isinstance(value, TensorValue)


def describe(value: Any) -> str:
    """What a value is, for messages."""
    if isinstance(value, TensorValue):
        if isinstance(value.type, TensorType):
            return f"a tensor {value.type}"
        return "a tuple of tensors" if type(value.type) is tuple else f"a {value.type}"
    names = {
        SizeValue: "a size",
        NamedOutputs: "a result with named parts",
        Template: "a module",
        BlockValue: "a block",
        FnValue: "a function",
        list: "a list",
        tuple: "a tuple",
        str: "a string",
        bool: "a truth value",
        int: "a number",
        float: "a number",
        SharedLayer: "a layer",
        DType: "a dtype",
        TrainingFlag: "the training flag",
        type(None): "none",
        OperationValue: "a library name",
        ExternValue: "an extern",
    }
    return names.get(type(value), "a value")
