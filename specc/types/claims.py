"""Comparisons of sizes, each brought to a statement about one difference."""

from __future__ import annotations

from typing import NamedTuple

from specc.types.dims import Size


class Fact(NamedTuple):
    """`size` is ">=" 0, "==" 0 or "!=" 0; the op "never" stands for what no value fulfils."""

    op: str
    size: Size

    def holds(self, value: int) -> bool:
        """Whether the fact is true where the size has this value."""
        if self.op == ">=":
            return value >= 0
        return self.op != "never" and (value == 0) == (self.op == "==")


def as_fact(op: str, a: Size, b: Size) -> Fact:
    """`a op b` as a statement about one difference. ValueError for an op that is no comparison."""
    if op in ("==", "!="):
        return Fact(op, a - b)
    if op in ("<", "<="):
        return Fact(">=", b - a - (op == "<"))
    if op in (">", ">="):
        return Fact(">=", a - b - (op == ">"))
    raise ValueError(f"{op} is not a comparison")


def by_bounds(op: str, low: int | None, high: int | None) -> bool | None:
    """Whether a size with these bounds fulfils `op 0` always (True) or never (False)."""
    if op == ">=":
        return True if low is not None and low >= 0 else False if high is not None and high < 0 else None
    is_zero = None
    if (low is not None and low > 0) or (high is not None and high < 0):
        is_zero = False
    elif low == 0 and high == 0:
        is_zero = True
    return is_zero if op == "==" or is_zero is None else not is_zero
