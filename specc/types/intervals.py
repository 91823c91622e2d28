"""Intervals of integers: pairs (low, high), both ends included, None where unbounded."""

from __future__ import annotations

Interval = tuple[int | None, int | None]

EVERYTHING: Interval = (None, None)


def add(a: Interval, b: Interval) -> Interval:
    """The values x + y."""
    low = None if a[0] is None or b[0] is None else a[0] + b[0]
    high = None if a[1] is None or b[1] is None else a[1] + b[1]
    return low, high


def scale(a: Interval, factor: int) -> Interval:
    """The values factor * x."""
    if factor == 0:
        return 0, 0
    low = None if a[0] is None else a[0] * factor
    high = None if a[1] is None else a[1] * factor
    return (low, high) if factor > 0 else (high, low)


def multiply(a: Interval, b: Interval) -> Interval:
    """The values x * y."""
    if a == (0, 0) or b == (0, 0):
        return 0, 0
    if a[0] is not None and a[0] >= 0 and b[0] is not None and b[0] >= 0:
        return a[0] * b[0], None if a[1] is None or b[1] is None else a[1] * b[1]
    if a[1] is not None and a[1] <= 0:
        return scale(multiply(scale(a, -1), b), -1)
    if b[1] is not None and b[1] <= 0:
        return scale(multiply(a, scale(b, -1)), -1)
    if None in a or None in b:
        return _multiply_half_open(a, b)
    corners = [x * y for x in a for y in b if x is not None and y is not None]
    return min(corners), max(corners)


def _multiply_half_open(a: Interval, b: Interval) -> Interval:
    """At least one factor changes sign and one end is open: only a bound that an end of both fixes survives."""
    if a[0] is not None and a[0] >= 0:
        a, b = b, a
    if b[0] is None or b[0] < 0 or b[1] is None:
        return EVERYTHING
    low = None if a[0] is None else a[0] * b[1]
    high = None if a[1] is None else a[1] * b[1]
    return low, high


def floor_divide(a: Interval, b: Interval) -> Interval:
    """The values x // y; everything where y may be 0."""
    if b[1] is not None and b[1] < 0:
        return floor_divide(scale(a, -1), scale(b, -1))
    if b[0] is None or b[0] < 1:
        return EVERYTHING
    low = None if a[0] is None else _quotient_end(a[0], b[0], b[1], -1)
    high = None if a[1] is None else _quotient_end(a[1], b[0], b[1], 0)
    return low, high


def _quotient_end(value: int, smallest: int, largest: int | None, negative_limit: int) -> int:
    """The extreme of value // y for y in smallest..largest: the least quotient (limit -1) or the greatest (limit 0)."""
    far = (0 if value >= 0 else -1) if largest is None else value // largest
    near = value // smallest
    return min(near, far) if negative_limit else max(near, far)


def intersect(a: Interval, b: Interval) -> Interval:
    """The values in both; empty where low > high."""
    low = a[0] if b[0] is None else b[0] if a[0] is None else max(a[0], b[0])
    high = a[1] if b[1] is None else b[1] if a[1] is None else min(a[1], b[1])
    return low, high


def least(parts: list[Interval]) -> Interval:
    """The values min(x, y, ...)."""
    lows = [low for low, _ in parts]
    highs = [high for _, high in parts if high is not None]
    return None if None in lows else min(low for low in lows if low is not None), min(highs) if highs else None


def greatest(parts: list[Interval]) -> Interval:
    """The values max(x, y, ...)."""
    return scale(least([scale(part, -1) for part in parts]), -1)
