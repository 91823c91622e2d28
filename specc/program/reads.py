"""What steps and expressions of a graph read."""

from __future__ import annotations

from typing import Any, Iterator

from specc.program.model import Ref, SizeOf, StateOf

UNREAD = frozenset(("use", "site", "type", "result"))  # fields of a step that are not what it reads


def read_by(item: Any, sizes: bool = True) -> Iterator[Any]:
    """Every Ref and StateOf in an expression, a step or a sequence of them, in no order; without `sizes`, only those
    of which more is read than how large they are.
    """
    waiting = [item]
    while waiting:
        item = waiting.pop()
        if isinstance(item, (Ref, StateOf)):
            yield item
        elif isinstance(item, SizeOf) and not sizes:
            continue
        elif isinstance(item, slice):
            waiting += (item.start, item.stop, item.step)
        elif isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, (tuple, list)):
            fields = getattr(item, "_fields", None)
            waiting += item if fields is None else [getattr(item, name) for name in fields if name not in UNREAD]
