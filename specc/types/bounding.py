"""Bounds of a polynomial from bounds of its atoms."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from specc.types import intervals
from specc.types.intervals import EVERYTHING, Interval

if TYPE_CHECKING:
    from specc.types.dims import Atom, Dim, Monomial, Size

MAX_RELAXATIONS = 8
MAX_SCALE = 1 << 512


def bounds_of(dim: Dim, of_atom: Callable[[Atom], Interval]) -> Interval:
    """Bounds of `dim`: term by term, and with each floor division r // n replaced by (r - e) / n, 0 <= e < n.

    The second way sees that H - 2 * (H // 2) is 0 or 1, which the first cannot.
    """
    best = _term_by_term(dim, of_atom)
    size: Size = dim
    slack: Interval = (0, 0)
    scale = 1
    for _ in range(MAX_RELAXATIONS):
        quotient = _outermost_quotient(size)
        if quotient is None or scale > MAX_SCALE:
            break
        (atom,) = quotient
        numerator, divisor = atom.parts
        factor = size.terms[quotient]
        size = (size - type(dim)({quotient: factor})) * divisor + numerator * factor
        slack = intervals.add(intervals.scale(slack, divisor), intervals.scale((0, divisor - 1), -factor))
        scale *= divisor
        whole = (size, size) if isinstance(size, int) else _term_by_term(size, of_atom)
        best = intervals.intersect(best, _shrunk(intervals.add(whole, slack), scale))
    return best


def _term_by_term(dim: Dim, of_atom: Callable[[Atom], Interval]) -> Interval:
    total: Interval = (0, 0)
    for monomial, factor in dim.terms.items():
        product: Interval = (1, 1)
        for atom in monomial:
            product = intervals.multiply(product, of_atom(atom))
        total = intervals.add(total, intervals.scale(product, factor))
        if total == EVERYTHING:
            break
    return total


def _outermost_quotient(size: Size) -> Monomial | None:
    """The term that is one floor division by a number and was made last."""
    if isinstance(size, int):
        return None
    quotients = [
        monomial
        for monomial in size.terms
        if len(monomial) == 1 and monomial[0].kind == "//" and isinstance(monomial[0].parts[1], int)
    ]
    return max(quotients, key=lambda monomial: monomial[0].serial, default=None)


def _shrunk(interval: Interval, scale: int) -> Interval:
    """The integers x with scale * x in the interval."""
    low, high = interval
    return None if low is None else -(-low // scale), None if high is None else high // scale
