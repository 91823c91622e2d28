"""What the case files may say of calls on which specc and torch are allowed to differ."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple


def always(call: Any) -> bool:
    return True


class Stricter(NamedTuple):
    """A call that torch takes and that is refused on purpose: why, and for which calls.

    `unsafe` says that torch would read outside its memory, and may come down: it is not asked.
    """

    reason: str
    when: Callable[[Any], bool] = always
    unsafe: bool = False


class Open(NamedTuple):
    """A call on which torch is inconsistent: why, and for which calls."""

    reason: str
    when: Callable[[Any], bool] = always
