"""A call, and what the case files may say of calls on which specc and torch are allowed to differ."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from specc.ops.base import Operation
from specc.ops.binding import show


class Call(NamedTuple):
    """One use of an operation: the constructor's or function's arguments, and the inputs of a layer."""

    operation: Operation
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    inputs: tuple[Any, ...] = ()
    named_inputs: dict[str, Any] = {}

    def __str__(self) -> str:
        def written(args: Any, kwargs: Any) -> str:
            return ", ".join([*map(show, args), *(f"{name}={show(value)}" for name, value in kwargs.items())])

        given = f"({written(self.inputs, self.named_inputs)})" if self.inputs or self.named_inputs else ""
        return f"{self.operation.name}({written(self.args, self.kwargs)}){given}"


def always(call: Any) -> bool:
    return True


class Stricter(NamedTuple):
    """A call that torch takes and that is refused on purpose: why, for which calls, and for which results of torch.

    `unsafe` says that torch would read outside its memory, and may come down: it is not asked.
    """

    reason: str
    when: Callable[[Any], bool] = always
    unsafe: bool = False
    gives: Callable[[Any], bool] = always


class Open(NamedTuple):
    """A call on which torch is inconsistent: why, and for which calls."""

    reason: str
    when: Callable[[Any], bool] = always
