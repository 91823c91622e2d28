"""What the arguments of a graph's steps are made of. Frozen."""

from __future__ import annotations

from typing import Any, NamedTuple


class Ref(NamedTuple):
    """A value of the graph by number: an input or the result of an earlier step."""

    id: int


class SizeOf(NamedTuple):
    """A size known only at run time: `value.shape[axis]`."""

    value: Ref
    axis: int


class Arithmetic(NamedTuple):
    """Arithmetic on run-time sizes; `op` is a Python operator, "min" or "max"."""

    op: str
    left: Any
    right: Any


class StateOf(NamedTuple):
    """A parameter or buffer of the graph's own module: `self.path`."""

    path: str


class InTraining(NamedTuple):
    """`self.training`."""


class Choose(NamedTuple):
    """`then if self.training else otherwise`, for plain values."""

    then: Any
    otherwise: Any


class Call(NamedTuple):
    """A Python call as data: the module backend performs it, the script backend prints it.

    `target` is a dotted name: "torch.nn.Conv2d", "torch.cat", "torch.Tensor.view" (called on its first argument),
    "operator.getitem". Arguments are constants, DTypes, tuples, lists, nested Calls and the expressions above.
    """

    target: str
    args: tuple[Any, ...] = ()
    kwargs: tuple[tuple[str, Any], ...] = ()
