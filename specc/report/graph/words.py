"""The words in a picture: calls, sizes and numbers, short enough for a box, in the spec's own notation."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from specc.diagnostics.sanitize import clean
from specc.ops.base import Operation
from specc.program.arithmetic import OPERATORS
from specc.program.model import Arithmetic, Call, Choose, InTraining, Ref, SizeOf, StateOf
from specc.report.operation import literal
from specc.types.dims import Dim, maximum, minimum
from specc.types.tensor import DType, TensorType, Type, shown, sizes

LONGEST = 42
SIGNS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "matmul": "@",
    "lt": "<",
    "gt": ">",
    "le": "<=",
    "ge": ">=",
    "eq": "==",
    "ne": "!=",
}
FAMILIES = {
    "convolution": "convolution",
    "linear": "linear",
    "embedding": "linear",
    "attention": "attention",
    "transformer": "attention",
    "recurrent": "attention",
    "recurrent_cells": "attention",
    "normalization": "normalization",
    "activation": "activation",
    "activations": "activation",
    "softmax": "activation",
    "pooling": "pooling",
    "unpooling": "pooling",
    "resample": "pooling",
    "spatial": "pooling",
}

Look = Callable[[Any], "str | None"]  # a tensor has no text: it is an edge


def family(operation: Operation | None) -> str:
    """What colours an operation."""
    return FAMILIES.get(type(operation).__module__.rpartition(".")[2], "plain") if operation else "plain"


def short(text: str, longest: int = LONGEST) -> str:
    """The text made safe, its end cut off where it is too long."""
    text = clean(text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def number(count: int) -> str:
    """`970`, `9.4k`, `25.6M`: a number of parameters at a glance."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if count >= size:
            text = f"{count / size:.1f}" if count < 100 * size else f"{count // size}"
            return text.removesuffix(".0") + unit
    return str(count)


def type_text(type_: Type, known: Mapping[str, int]) -> str:
    """`[N, 64, 56, 56]` for f32; other dtypes and scalars are named, `i64[N]`, `f32[]`; equal parts are counted."""
    if isinstance(type_, TensorType):
        shape = tuple(settled(size, known) for size in type_.shape)
        return sizes(shape) if type_.dtype == "f32" and shape else f"{type_.dtype}{sizes(shape)}"
    if type(type_) is tuple:
        parts = [type_text(part, known) for part in type_ if part is not None]
        if len(set(parts)) == 1:
            return f"{len(parts)} × {parts[0]}" if len(parts) > 1 else parts[0]
        return f"({', '.join(parts)})"
    return shown(type_) if type_ is not None else "none"


def settled(size: Any, known: Mapping[str, int]) -> Any:
    return size.substitute(known) if isinstance(size, Dim) else size


def call_text(call: Call, operation: Operation | None, look: Look) -> str:
    """A call without its tensors: `Conv2d(3, 64, 7)`, `relu`, `+ 1`, `[:, 0]`. Defaults and `bias` are left out."""
    root, _, target = call.target.rpartition(".")
    if root == "operator":
        return _operator(target, [look(item) for item in call.args])
    name = operation.name if operation else target
    defaults = {argument.name: argument.default for argument in operation.arguments} if operation else {}
    parts = [text for item in call.args if (text := look(item))]
    for key, value in call.kwargs:
        value = value.otherwise if isinstance(value, Choose) and value.then == value.otherwise else value
        usual = key == "bias" or isinstance(value, InTraining) or _same(value, defaults.get(key))
        text = None if usual else look(value)
        parts += [f"{key}={text}"] if text else []
    if len(parts) == 1 and parts[0].startswith("(") and ", " in parts[0]:
        return f"{name}{parts[0]}"
    return f"{name}({', '.join(parts)})" if parts else name


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and value == default


def _operator(name: str, parts: list[str | None]) -> str:
    if name == "getitem":
        inner = parts[1] or ""
        return f"[{inner[1:-1].rstrip(',') if inner.startswith('(') else inner}]"
    if name == "neg":
        return "-"
    left, right = (*parts, None, None)[:2]
    return " ".join(part for part in (left, SIGNS.get(name, name), right) if part)


def looker(types: Mapping[int, Type], known: Mapping[str, int]) -> Look:
    """How the arguments of a graph's steps read; sizes known only at run time are shown by their symbols."""

    def look(value: Any) -> str | None:
        if isinstance(value, (Ref, StateOf)) or isinstance(value, Call):
            return None
        size = size_of(value, types)
        if size is not None:
            return str(settled(size, known))
        if isinstance(value, Choose):
            return look(value.otherwise) if value.then == value.otherwise else f"{look(value.then)} in training"
        if isinstance(value, InTraining):
            return "training"
        if isinstance(value, slice):
            return _slice(value, look)
        if type(value) in (tuple, list):
            return _sequence(value, look)
        return "..." if value is Ellipsis else plain(value)

    return look


def plain(value: Any) -> str:
    """A constant as the spec writes it; of a long fraction four digits."""
    if isinstance(value, float):
        return repr(value) if len(repr(value)) < 8 else f"{value:.4g}"
    return str(value) if isinstance(value, DType) else literal(value)


def _sequence(value: Any, look: Look) -> str | None:
    parts = [look(item) for item in value]
    if parts and all(part is None for part in parts):
        return None
    inner = ", ".join("·" if part is None else part for part in parts)
    return f"[{inner}]" if type(value) is list else f"({inner}{',' if len(parts) == 1 else ''})"


def _slice(value: slice, look: Look) -> str:
    start, stop, step = ("" if end is None else look(end) or "" for end in (value.start, value.stop, value.step))
    return f"{start}:{stop}" + (f":{step}" if step else "")


def size_of(value: Any, types: Mapping[int, Type]) -> Any:
    """The size a run-time expression stands for, or None if it is none."""
    if isinstance(value, SizeOf):
        type_ = types.get(value.value.id)
        return type_.shape[value.axis] if isinstance(type_, TensorType) else None
    if isinstance(value, Arithmetic):
        return _computed(value, types)
    return None


def _computed(value: Arithmetic, types: Mapping[int, Type]) -> Any:
    sides = [side if isinstance(side, (int, Dim)) else size_of(side, types) for side in (value.left, value.right)]
    rule = {**OPERATORS, "min": minimum, "max": maximum}.get(value.op)
    return None if None in sides or rule is None else rule(*sides)
