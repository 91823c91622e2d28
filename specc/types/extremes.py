"""Minimum and maximum of sizes, brought to a normal form."""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd

from specc.types.dims import Dim, Size, atom_of, limits_of

MAX_CHOICES = 8


def extreme(kind: str, sizes: Iterable[Size]) -> Size:
    """min or max, folded so that no more than MAX_CHOICES sizes stand side by side."""
    first, *others = sizes
    for other in others:
        first = _nearest(kind, _choices(kind, first), _choices(kind, other))
    return first


def _choices(kind: str, size: Size) -> list[Size]:
    """The sizes that `size` is the min (max) of: itself, unless it is such an atom plus a constant."""
    if isinstance(size, Dim):
        shift = size.constant
        rest = [(monomial, factor) for monomial, factor in size.terms.items() if monomial]
        if len(rest) == 1 and rest[0][1] == 1 and len(rest[0][0]) == 1 and rest[0][0][0].kind == kind:
            return [part + shift for part in rest[0][0][0].parts]
    return [size]


def _nearest(kind: str, left: list[Size], right: list[Size]) -> Size:
    """The min (max) of two lists of sizes, without those that another makes needless."""
    if len(left) + len(right) > MAX_CHOICES:
        left, right = [_chosen(kind, left)], [_chosen(kind, right)]
    kept: list[Size] = []
    for size in left + right:
        if not any(_is_beaten(kind, size, other) for other in kept):
            kept = [other for other in kept if not _is_beaten(kind, other, size)] + [size]
    return _chosen(kind, kept)


def _is_beaten(kind: str, size: Size, other: Size) -> bool:
    """Whether `other` is at most (min) or at least (max) `size` whatever the symbols are."""
    low, _ = limits_of(size - other if kind == "min" else other - size)
    return low is not None and low >= 0


def _chosen(kind: str, sizes: list[Size]) -> Size:
    """The atom for these sizes, a common constant and a common factor taken out."""
    if len(sizes) == 1:
        return sizes[0]
    shift = min(size if isinstance(size, int) else size.constant for size in sizes)
    rest = [size - shift for size in sizes]
    common = gcd(*(factor for size in rest for factor in (size.terms.values() if isinstance(size, Dim) else (size,))))
    parts = sorted((size // common for size in rest), key=str)
    return atom_of(kind, *parts) * common + shift
