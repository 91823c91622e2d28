"""Ranges of the values in integer tensors: `low <= value < high`, each end an int, a symbolic size or unknown."""

from __future__ import annotations

from typing import Any, NamedTuple

from specc.types.dims import Size, limits_of, maximum, minimum

End = Any  # int, dims.Dim, or None where it is unknown


class Range(NamedTuple):
    """The values v with low <= v < high; an end of None is unknown. Arithmetic gives None where both ends are lost."""

    low: End
    high: End

    def __add__(self, other: Range | Size) -> Range | None:  # type: ignore[override]
        other = as_range(other)
        return _made(_plus(self.low, other.low), _plus(self.high, other.high, -1))

    def __radd__(self, other: Size) -> Range | None:
        return self + other

    def __neg__(self) -> Range:
        return Range(_negated(self.high), _negated(self.low))

    def __sub__(self, other: Range | Size) -> Range | None:
        return self + -as_range(other)

    def __rsub__(self, other: Size) -> Range | None:
        return -self + other

    def __mul__(self, other: Range | Size) -> Range | None:  # type: ignore[override]
        return _product(self, as_range(other))

    def __rmul__(self, other: Size) -> Range | None:  # type: ignore[override]
        return self * other

    def __floordiv__(self, other: Range | Size) -> Range | None:
        return _quotient(self, as_range(other))

    def __mod__(self, other: Range | Size) -> Range | None:
        """Values of v % d as torch and Python have it: 0 <= v % d < d for a positive divisor."""
        other = as_range(other)
        if not _is_at_least(other.low, 1):
            return None
        if _is_at_least(self.low, 0) and _is_below(self.high, other.low):
            return self
        if other.high is None:
            return Range(0, None)
        high = other.high - 1
        return Range(0, high if self.high is None or not _is_at_least(self.low, 0) else minimum(high, self.high))

    def clamp(self, least: End = None, greatest: End = None) -> Range | None:
        """Values of min(max(v, least), greatest), as torch.clamp; both ends of the clamp are included."""
        low, high = self
        if least is not None:
            low = least if low is None else maximum(low, least)
            high = None if high is None else maximum(high, least + 1)
        if greatest is not None:
            low = None if low is None else minimum(low, greatest)
            high = greatest + 1 if high is None else minimum(high, greatest + 1)
        return _made(low, high)

    def union(self, other: Range | None) -> Range | None:
        """The smallest range that holds both; None if either is lost."""
        if other is None:
            return None
        low = None if self.low is None or other.low is None else minimum(self.low, other.low)
        high = None if self.high is None or other.high is None else maximum(self.high, other.high)
        return _made(low, high)

    def __str__(self) -> str:
        if self.high is None:
            return f">= {self.low}"
        return f"< {self.high}" if self.low is None or self.low == 0 else f"{self.low} <= ... < {self.high}"


def below(bound: Size) -> Range:
    """0 <= v < bound, what `i64[B, T] < vocab` says."""
    return Range(0, bound)


def exactly(value: Size) -> Range:
    """The range of one value."""
    return Range(value, value + 1)


def as_range(value: Range | Size) -> Range:
    """A range, or a single value's."""
    return value if isinstance(value, Range) else exactly(value)


def hull(ranges: list[Range | None]) -> Range | None:
    """The smallest range that holds all of them, as for a concatenation; None if one is lost or there are none."""
    total = ranges[0] if ranges else None
    for other in ranges[1:]:
        total = None if total is None else total.union(other)
    return total


def _made(low: End, high: End) -> Range | None:
    return None if low is None and high is None else Range(low, high)


def _plus(a: End, b: End, shift: int = 0) -> End:
    return None if a is None or b is None else a + b + shift


def _negated(end: End) -> End:
    """The other end of the negated range: v < high is -v >= 1 - high."""
    return None if end is None else 1 - end


def _is_at_least(end: End, value: int) -> bool:
    """Whether an end is certainly >= value."""
    low = None if end is None else limits_of(end)[0]
    return low is not None and low >= value


def _is_below(end: End, other: End) -> bool:
    """Whether end <= other certainly."""
    return end is not None and other is not None and _is_at_least(other - end, 0)


def _product(a: Range, b: Range) -> Range | None:
    """Products of the ends; symbolic or open ends only where nothing is negative."""
    if _is_at_least(a.low, 0) and _is_at_least(b.low, 0):
        high = None if a.high is None or b.high is None else (a.high - 1) * (b.high - 1) + 1
        return _made(a.low * b.low, high)
    for single, other in ((a, b), (b, a)):
        if single.low is not None and single == exactly(single.low) and isinstance(single.low, int):
            return _scaled(other, single.low)
    if not all(isinstance(end, int) for end in (*a, *b)):
        return None
    corners = [x * y for x in (a.low, a.high - 1) for y in (b.low, b.high - 1)]
    return Range(min(corners), max(corners) + 1)


def _scaled(a: Range, factor: int) -> Range | None:
    if factor == 0:
        return exactly(0)
    if factor < 0:
        return _scaled(-a, -factor)
    low = None if a.low is None else a.low * factor
    return _made(low, None if a.high is None else (a.high - 1) * factor + 1)


def _quotient(a: Range, b: Range) -> Range | None:
    """Floor quotients by certainly positive divisors."""
    if not _is_at_least(b.low, 1):
        return None
    single = b.high is not None and b.high - b.low == 1
    if single:
        low = None if a.low is None else a.low // b.low
        return _made(low, None if a.high is None else (a.high - 1) // b.low + 1)
    if not _is_at_least(a.low, 0):
        return None
    low = 0 if b.high is None else a.low // (b.high - 1)
    return _made(low, None if a.high is None else (a.high - 1) // b.low + 1)
