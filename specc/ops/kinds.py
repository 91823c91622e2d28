"""What an argument may be: the kinds of values an operation's arguments take.

A kind answers one question, `problem(value)`: None where the value fits, otherwise what it has to be, as the end of the
sentence "kernel_size must be ...". Values are compile-time values (int, Dim, float, bool, None, str, DType, tuples and
lists of them) or TensorTypes.
"""

from __future__ import annotations

from typing import Any

from specc.types.dims import Dim
from specc.types.tensor import DTYPES, FLOATS, UNKNOWN, DType, TensorType

INFINITY = float("inf")


def is_integer(value: Any) -> bool:
    """An int proper: Python calls a bool one too, a spec does not."""
    return isinstance(value, int) and not isinstance(value, bool)


def _within(value: Any, low: Any, high: Any) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _bounds(low: Any, high: Any, open_low: bool = False, open_high: bool = False) -> str:
    if low is not None and high is not None:
        return f" between {low} and {high}"
    if low is not None:
        return f" greater than {low}" if open_low else f" of at least {low}"
    return "" if high is None else f" less than {high}" if open_high else f" of at most {high}"


class Kind:
    """A set of allowed values. `words` is how a message and the manual name it."""

    words = "a value"

    def accepts(self, value: Any) -> bool:
        return True

    def problem(self, value: Any) -> str | None:
        return None if value is UNKNOWN or self.accepts(value) else self.words


class Int(Kind):
    """An integer in a range; a symbolic size only where `symbolic` allows it (torch needs a number for a layer's
    size).
    """

    def __init__(self, low: int | None = None, high: int | None = None, symbolic: bool = False) -> None:
        self.low, self.high, self.symbolic = low, high, symbolic
        self.words = "an integer" + _bounds(low, high)

    def accepts(self, value: Any) -> bool:
        if isinstance(value, Dim):
            return self.symbolic
        return is_integer(value) and _within(value, self.low, self.high)


class Float(Kind):
    """An int or float in a range; `open_low` and `open_high` exclude the ends."""

    def __init__(
        self, low: float | None = None, high: float | None = None, open_low: bool = False, open_high: bool = False
    ) -> None:
        self.low, self.high, self.open_low, self.open_high = low, high, open_low, open_high
        self.words = "a number" + _bounds(low, high, open_low, open_high)

    def accepts(self, value: Any) -> bool:
        if not (is_integer(value) or isinstance(value, float)) or value != value:
            return False
        inside = _within(value, self.low, self.high)
        return inside and not (self.open_low and value == self.low) and not (self.open_high and value == self.high)


class Number(Kind):
    """A number known at compile time, a bool or a symbolic size: what torch calls a Scalar."""

    words = "a number"

    def accepts(self, value: Any) -> bool:
        return isinstance(value, (int, float, Dim))


class Bool(Kind):
    words = "true or false"

    def accepts(self, value: Any) -> bool:
        return isinstance(value, bool)


class Text(Kind):
    words = "a string"

    def accepts(self, value: Any) -> bool:
        return isinstance(value, str)


class Choice(Kind):
    """One of a few strings (or other constants)."""

    def __init__(self, *choices: Any) -> None:
        self.choices = choices
        self.words = "one of " + ", ".join(f'"{c}"' if isinstance(c, str) else str(c).lower() for c in choices)

    def accepts(self, value: Any) -> bool:
        return any(type(value) is type(choice) and value == choice for choice in self.choices)


class Member(Choice):
    """A member of a Python enumeration, written as its value: "bilinear" for InterpolationMode.BILINEAR."""

    def __init__(self, enumeration: str, *choices: str) -> None:
        super().__init__(*choices)
        self.enumeration = enumeration


class Optional(Kind):
    """`none`, or what the inner kind takes."""

    def __init__(self, inner: Kind) -> None:
        self.inner = inner
        self.words = f"{inner.words} or none"

    def accepts(self, value: Any) -> bool:
        return value is None or self.inner.problem(value) is None


class Either(Kind):
    """Any of several kinds."""

    def __init__(self, *kinds: Kind) -> None:
        self.kinds = kinds
        self.words = " or ".join(kind.words for kind in kinds)

    def accepts(self, value: Any) -> bool:
        return any(kind.problem(value) is None for kind in self.kinds)


class Items(Kind):
    """A tuple or list of what the inner kind takes, of a fixed length if `count` is given."""

    def __init__(self, inner: Kind, count: int | None = None) -> None:
        self.inner, self.count = inner, count
        self.words = f"a tuple{'' if count is None else f' of {count}'}, each {inner.words}"

    def accepts(self, value: Any) -> bool:
        if not isinstance(value, (tuple, list)) or self.count not in (None, len(value)):
            return False
        return all(self.inner.problem(item) is None for item in value)


class Named(Kind):
    """Any number of keyword arguments of one kind, as a dict."""

    def __init__(self, inner: Kind) -> None:
        self.inner = inner
        self.words = inner.words

    def accepts(self, value: Any) -> bool:
        return isinstance(value, dict) and all(self.inner.problem(item) is None for item in value.values())


class Sizes(Kind):
    """An integer, or one for each of `count` axes, as in kernel_size and stride."""

    def __init__(self, count: int, low: int | None = 1) -> None:
        self.count, self.item = count, Int(low)
        self.words = f"{self.item.words}, or {count} of them"

    def accepts(self, value: Any) -> bool:
        if isinstance(value, (tuple, list)):
            return len(value) == self.count and all(self.item.accepts(item) for item in value)
        return self.item.accepts(value)


class Tensor(Kind):
    words = "a tensor"

    def accepts(self, value: Any) -> bool:
        return isinstance(value, TensorType)


class Numbers(Kind):
    """A list of numbers, or a list of such lists of equal length: a constant tensor."""

    words = "a list of numbers"

    def accepts(self, value: Any) -> bool:
        return isinstance(value, (list, tuple)) and sizes_of_list(value) is not None


def sizes_of_list(value: Any) -> tuple[int, ...] | None:
    """The sizes of nested lists of numbers, () for a number, None where they are ragged or hold something else."""
    if not isinstance(value, (list, tuple)):
        return () if is_integer(value) or isinstance(value, float) else None
    inner = {sizes_of_list(item) for item in value} or {()}
    if len(inner) != 1 or None in inner:
        return None
    return (len(value), *(inner.pop() or ()))


class Dtype(Kind):
    words = "a dtype (" + ", ".join(DTYPES) + ")"

    def accepts(self, value: Any) -> bool:
        return isinstance(value, DType)


class Formula(Kind):
    """An expression that is not evaluated by the checker, such as a learning rate as a function of `step`."""

    words = "a formula"

    def accepts(self, value: Any) -> bool:
        return value is not None


class Nested(Kind):
    """Another operation of the named kind with its arguments, as SequentialLR takes schedulers."""

    def __init__(self, operation_kind: str) -> None:
        self.operation_kind = operation_kind
        self.words = f"a {operation_kind}"

    def accepts(self, value: Any) -> bool:
        return getattr(getattr(value, "operation", None), "kind", None) == self.operation_kind


class FloatDtype(Kind):
    words = "a float dtype (" + ", ".join(FLOATS) + ")"

    def accepts(self, value: Any) -> bool:
        return isinstance(value, DType) and value.name in FLOATS


class NoneOnly(Kind):
    """An argument that torch has and that a spec leaves to the run (device) or cannot give (a Python function)."""

    def __init__(self, words: str = "left out: the run decides it") -> None:
        self.words = words

    def accepts(self, value: Any) -> bool:
        return value is None


INT = Int()
SIZE = Int(0)
POSITIVE = Int(1)
DIM = Int(0, symbolic=True)
AXIS = Int()
FLOAT = Float()
NUMBER = Number()
NON_NEGATIVE = Float(0)
PROBABILITY = Float(0, 1)
FORMULA = Formula()
BOOL = Bool()
TEXT = Text()
TENSOR = Tensor()
TENSORS = Items(TENSOR)
DTYPE = Dtype()
FLOAT_DTYPE = FloatDtype()
DEVICE = NoneOnly()
PYTHON = NoneOnly("left out: it takes a Python function in torch")
SHAPE = Items(Int(symbolic=True))
AXES = Either(AXIS, Items(AXIS))


def expand(value: Any, count: int) -> tuple[Any, ...]:
    """`3` → `(3, 3)`; a tuple stays."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * count
