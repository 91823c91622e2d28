"""What a class does, written down: the modules and parameters it makes, where they stand, and the calls of forward.

Both sides of the proof end in a `Record`: the graph that was checked (`unfolding.py`) and the text that was printed
(`stand_ins.py`). Equal records mean the same keys in the same order, the same draws and the same computation.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from specc.types.tensor import TORCH_NAMES, DType


class Record(NamedTuple):
    """`made` are the constructions in order, `places` the tree of names they got; `training` and `evaluating` the calls
    of forward in either mode, each ended by what it returns.
    """

    made: tuple[Any, ...]
    places: Any
    training: tuple[Any, ...]
    evaluating: tuple[Any, ...]


class Key(NamedTuple):
    """A value that is no constant: an input, the result of a call, a size, a dtype. `parts` tell it from others."""

    parts: tuple[Any, ...]


class Level:
    """A module's names: its own parameters and buffers, then its children, as a state dict lists them."""

    def __init__(self) -> None:
        self.own: dict[str, Any] = {}
        self.children: dict[str, Any] = {}

    def frozen(self) -> Any:
        children = tuple((name, _frozen(child)) for name, child in self.children.items())
        return tuple(self.own.items()), tuple(pair for pair in children if pair[1] != ((), ()))


def _frozen(item: Any) -> Any:
    return item.frozen() if isinstance(item, Level) else item


def event(target: str, args: Any, kwargs: Any) -> tuple[Any, ...]:
    """A call as data; constants are told apart by type too (1, 1.0 and True are three)."""
    return target, tuple(map(plain, args)), tuple((name, plain(value)) for name, value in kwargs)


def plain(value: Any) -> Any:
    """A value as it is compared."""
    if isinstance(value, Key):
        return value
    if isinstance(value, DType):
        return Key(("name", f"torch.{TORCH_NAMES[value.name]}"))
    if isinstance(value, slice):
        return ("slice", plain(value.start), plain(value.stop), plain(value.step))
    if type(value) in (tuple, list):
        return (type(value).__name__, *map(plain, value))
    if type(value) is dict:
        return ("dict", *((name, plain(item)) for name, item in value.items()))
    if type(value) is float and value != value:
        return ("float", "nan")
    return (type(value).__name__, value)
