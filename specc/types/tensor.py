"""Types of values: tensors, pictures before they are tensors, and the unknown type."""

from __future__ import annotations

from typing import Any, NamedTuple, Union

FLOATS = ("f16", "bf16", "f32", "f64")
SIGNED = ("i8", "i16", "i32", "i64")
INTEGERS = ("u8", *SIGNED)
DTYPES = (*FLOATS, *INTEGERS, "bool")
TORCH_NAMES = {
    "f16": "float16", "bf16": "bfloat16", "f32": "float32", "f64": "float64", "i8": "int8", "i16": "int16",
    "i32": "int32", "i64": "int64", "u8": "uint8", "bool": "bool",
}
BYTES = {"f16": 2, "bf16": 2, "f32": 4, "f64": 8, "i8": 1, "i16": 2, "i32": 4, "i64": 8, "u8": 1, "bool": 1}

Size = Any  # int or dims.Dim


class DType(NamedTuple):
    """A dtype as a value, as in `x.to(bf16)`."""

    name: str

    def __str__(self) -> str:
        return self.name


class TensorType(NamedTuple):
    """A tensor: its sizes (ints or symbolic Dims), its dtype and, for integers, the range of its values if known."""

    shape: tuple[Size, ...]
    dtype: str = "f32"
    range: Any = None  # ranges.Range or None

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def is_float(self) -> bool:
        return self.dtype in FLOATS

    def reshaped(self, shape: Any) -> "TensorType":
        """The same dtype and value range on other sizes."""
        return TensorType(tuple(shape), self.dtype, self.range)

    def cast(self, dtype: str) -> "TensorType":
        """The same sizes with another dtype; the range of the values stays."""
        return TensorType(self.shape, dtype, self.range)

    def plain(self) -> "TensorType":
        """The same type with nothing known of the values."""
        return TensorType(self.shape, self.dtype)

    def __str__(self) -> str:
        return f"{self.dtype}{sizes(self.shape)}"


class PictureType(NamedTuple):
    """A picture before it becomes a tensor (a PIL image); a size is None where it varies or is not known."""

    channels: int | None
    height: int | None
    width: int | None

    def __str__(self) -> str:
        size = "x".join("?" if n is None else str(n) for n in (self.channels, self.height, self.width))
        return f"picture {size}"


class UnknownType:
    """The type of a value that has had an error: it causes no further message."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = UnknownType()

Type = Union[TensorType, PictureType, UnknownType, tuple]


def sizes(shape: tuple[Size, ...]) -> str:
    """`[N, 32, 26, 26]`."""
    return "[" + ", ".join(str(size) for size in shape) + "]"


def shown(type: Type) -> str:
    """A type in words; a tuple of types in parentheses, a list of them in brackets."""
    if type.__class__ in (tuple, list):
        inner = ", ".join(shown(part) for part in type)  # type: ignore[union-attr]
        return f"({inner})" if type.__class__ is tuple else f"[{inner}]"
    return str(type)


def product(numbers: Any) -> Size:
    """The product of sizes, 1 for none."""
    result: Size = 1
    for number in numbers:
        result = number * result
    return result
