"""What a name of the spec stands for while its definition is printed."""

from __future__ import annotations

from typing import Any, NamedTuple

from specc.backends.formula import python_formula
from specc.backends.layout import Doc
from specc.backends.python_text import literal
from specc.syntax import tree


class Unprintable(Exception):
    """This definition has no text of its own yet: its uses are printed one by one."""


class _Open:
    def __repr__(self) -> str:
        return "OPEN"


OPEN = _Open()  # the value of what only the constructor knows


class Factory(NamedTuple):
    """What makes a module when called without arguments: `nn.ReLU`, `partial(nn.LeakyReLU, 0.2)`."""

    text: str


class Static(NamedTuple):
    """A compile-time value: an expression of the constructor, and its value where it is the same in every use."""

    node: Any
    value: Any = OPEN

    def __repr__(self) -> str:
        """As the constructor writes it."""
        return python_formula(self.node)

    @property
    def is_open(self) -> bool:
        return self.value is OPEN


class Flow(NamedTuple):
    """A tensor of forward: how to write it, how tightly that binds, how deep it nests, and its sizes.

    A size is a Static, the name of a size known only at run time (str), or None where nothing is known.
    """

    doc: Doc
    rank: int
    shape: tuple[Any, ...] | None = None
    depth: int = 0
    function: bool = False  # whether a function was applied last


class Flows(NamedTuple):
    """A list of tensors of forward. `first` is the shape of the first one, `total` has the sums of their sizes."""

    doc: Doc
    rank: int
    first: tuple[Any, ...] | None
    total: tuple[Any, ...] | None


class Maker(NamedTuple):
    """A module described but not made, in the scope it was written in."""

    node: Any
    scope: "Scope"


class Function(NamedTuple):
    definition: tree.Fn
    scope: "Scope"


class Shared:
    """`layer fc = Linear(10, 10)`: made at its first use."""

    def __init__(self, node: tree.Layer, scope: "Scope") -> None:
        self.node, self.scope, self.made = node, scope, False


class Training:
    """`training`."""


class Scope:
    """Names and what they stand for; `parent` are those around."""

    def __init__(self, parent: "Scope | None" = None) -> None:
        self.names: dict[str, Any] = {}
        self.parent = parent

    def find(self, name: str) -> Any:
        """What a name stands for, None if nothing."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None


def spell(value: Any) -> str:
    """The Python text of a constant, factories included."""
    if isinstance(value, Factory):
        return value.text
    if type(value) in (list, tuple) and _has_factory(value):
        inner = ", ".join(map(spell, value))
        return f"[{inner}]" if type(value) is list else f"({inner}{',' if len(value) == 1 else ''})"
    return literal(value)


def _has_factory(value: Any) -> bool:
    if isinstance(value, Factory):
        return True
    return type(value) in (list, tuple) and any(map(_has_factory, value))


def is_constant(value: Any) -> bool:
    """Whether a value of the elaborated program can be printed as it is."""
    if type(value) in (list, tuple):
        return all(map(is_constant, value))
    return value is None or isinstance(value, Factory) or type(value) in (int, float, bool, str)
