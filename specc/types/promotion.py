"""The dtype of a result of several operands, by torch's rules of type promotion."""

from __future__ import annotations

from typing import Any

from specc.types.tensor import FLOATS, INTEGERS, SIGNED, TensorType

DEFAULT_FLOAT = "f32"


def promote(a: Any, b: Any) -> str:
    """The dtype two operands compute in; each is a TensorType or a number (int, float, bool, symbolic size).

    A tensor with axes outweighs one without, and that one a number, unless the lighter one is of a higher sort
    (bool < integer < float).
    """
    return promote_all((a, b))


def promote_all(operands: Any) -> str:
    """The dtype any number of operands compute in."""
    with_axes = _join(x.dtype for x in operands if isinstance(x, TensorType) and x.shape)
    scalars = _join(x.dtype for x in operands if isinstance(x, TensorType) and not x.shape)
    numbers = _join(number_dtype(x) for x in operands if not isinstance(x, TensorType))
    return _outweigh(with_axes, _outweigh(scalars, numbers)) or DEFAULT_FLOAT


def number_dtype(value: Any) -> str:
    """The dtype a Python number becomes: bool, i64 or f32."""
    if isinstance(value, bool):
        return "bool"
    return DEFAULT_FLOAT if isinstance(value, float) else "i64"


def promote_dtypes(a: str, b: str) -> str:
    """The smallest dtype that holds both."""
    if a == b or b == "bool":
        return a
    if a == "bool":
        return b
    if a in FLOATS or b in FLOATS:
        return _wider_float(a, b)
    if "u8" in (a, b):
        other = b if a == "u8" else a
        return "i16" if other == "i8" else other
    return max(a, b, key=SIGNED.index)


def is_integral(dtype: str) -> bool:
    """Whether it holds whole numbers only: an integer dtype or bool."""
    return dtype == "bool" or dtype in INTEGERS


def _wider_float(a: str, b: str) -> str:
    if a not in FLOATS:
        return b
    if b not in FLOATS:
        return a
    if {a, b} == {"f16", "bf16"}:
        return "f32"
    return max(a, b, key=FLOATS.index)


def _join(dtypes: Any) -> str | None:
    result: str | None = None
    for dtype in dtypes:
        result = dtype if result is None else promote_dtypes(result, dtype)
    return result


def _outweigh(heavier: str | None, lighter: str | None) -> str | None:
    """The dtype of a heavier operand, raised by a lighter one only from bool, or from whole numbers to floats."""
    if heavier is None or lighter is None:
        return heavier or lighter
    if heavier in FLOATS:
        return heavier
    return promote_dtypes(heavier, lighter) if heavier == "bool" or lighter in FLOATS else heavier
