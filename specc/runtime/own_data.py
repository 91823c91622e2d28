"""An extern data set: the user's own map-style data set, read item by item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from specc.backends.own_python import Checked
from specc.backends.targets import perform
from specc.ops.base import Use
from specc.program.model import Named
from specc.runtime.missing import Missing
from specc.types.facts import Facts


class Rows:
    """The items of a data set, each held to the declared types. The last is kept: its parts are asked for in turn."""

    def __init__(self, named: Named, found: Any) -> None:
        operation: Any = named.operation
        types = operation.sample(Use(operation, named.values, {}, named.span, operation.name, Facts(), [])).parts
        self.found, self.check = found, Checked(operation, (), types)
        self.last: tuple[int, tuple[Any, ...]] | None = None

    def __getitem__(self, number: int) -> tuple[Any, ...]:
        if self.last is None or self.last[0] != number:
            item = self.found[number]
            self.check(tuple(map(_as_batched, item)) if isinstance(item, (tuple, list)) else item)
            self.last = number, tuple(item)
        return self.last[1]


class Items:
    """One part of the items; `numbers` are those of a split."""

    def __init__(self, rows: Rows, part: int, numbers: Sequence[int]) -> None:
        self.rows, self.part, self.numbers = rows, part, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, number: int) -> Any:
        return self.rows[self.numbers[number]][self.part]

    def chosen(self, numbers: Sequence[int]) -> Items:
        return Items(self.rows, self.part, [self.numbers[number] for number in numbers])


def read(named: Named) -> tuple[Items, ...]:
    """The parts of the data set. Missing where it says that its data are not there."""
    try:
        found = perform(named.call)
    except OSError as error:
        raise Missing(f"{named.operation.name}: {error}") from error  # type: ignore[attr-defined]
    rows = Rows(named, found)
    count = len(rows.check.type)
    return tuple(Items(rows, part, range(len(found))) for part in range(count))


def _as_batched(part: Any) -> Tensor:
    """What a DataLoader makes of an entry, without the batch axis: Python's floats become f64."""
    return torch.tensor(part, dtype=torch.float64) if isinstance(part, float) else torch.as_tensor(part)
