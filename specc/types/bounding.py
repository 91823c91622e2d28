"""Bounds of a polynomial from bounds of its atoms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from specc.types import intervals
from specc.types.intervals import EVERYTHING, Interval

if TYPE_CHECKING:
    from specc.types.dims import Atom, Dim, Monomial, Size

MAX_RELAXATIONS = 6
MAX_TERMS = 12
MAX_SCALE = 1 << 256


def bounds_of(dim: Dim, of_atom: Callable[[Atom], Interval]) -> Interval:
    """Bounds of `dim`: term by term, and with each floor division r // n replaced by (r - e) / n, 0 <= e < n.

    The second way sees that H - 2 * (H // 2) is 0 or 1, which the first cannot. `best` narrows with every step.
    """
    best = _term_by_term(dim.terms, of_atom)
    terms = dict(dim.terms)
    slack: Interval = (0, 0)
    scale = 1
    for _ in range(MAX_RELAXATIONS):
        quotient = _outermost_quotient(terms)
        if quotient is None or not 1 < len(terms) <= MAX_TERMS or scale > MAX_SCALE:
            break
        monomial, atom = quotient
        numerator, divisor = atom.parts
        times, largest = (divisor, divisor - 1) if isinstance(divisor, int) else (1, _largest_rest(divisor, of_atom))
        factor = terms.pop(monomial)
        terms = _sum_of_multiples(terms, times, _terms(numerator), factor)
        slack = intervals.add(intervals.scale(slack, times), intervals.scale((0, largest), -factor))
        scale *= times
        whole = intervals.add(_term_by_term(terms, of_atom), slack)
        best = intervals.intersect(best, _shrunk(whole, scale))
    return best


def _terms(size: Size) -> Mapping[Monomial, int]:
    return {(): size} if isinstance(size, int) else size.terms


def _largest_rest(divisor: Dim, of_atom: Callable[[Atom], Interval]) -> int | None:
    """The greatest remainder modulo a positive symbolic divisor."""
    _, high = _term_by_term(divisor.terms, of_atom)
    return None if high is None else high - 1


def _term_by_term(terms: Mapping[Monomial, int], of_atom: Callable[[Atom], Interval]) -> Interval:
    total: Interval = (0, 0)
    for monomial, factor in terms.items():
        product: Interval = (1, 1)
        for atom in monomial:
            product = intervals.multiply(product, of_atom(atom))
        total = intervals.add(total, intervals.scale(product, factor))
        if total == EVERYTHING:
            break
    return total


def _outermost_quotient(terms: Mapping[Monomial, int]) -> tuple[Monomial, Atom] | None:
    """The term that is a division by a number, or w * (r // w) for a symbolic w >= 1, and was made last."""
    quotients = [(monomial, atom) for monomial in terms for atom in monomial if _can_relax(monomial, atom)]
    return max(quotients, key=lambda quotient: quotient[1].serial, default=None)


def _can_relax(monomial: Monomial, atom: Atom) -> bool:
    if atom.kind != "//":
        return False
    divisor = atom.parts[1]
    if isinstance(divisor, int):
        return len(monomial) == 1
    others = list(monomial)
    others.remove(atom)
    return divisor.terms == {tuple(others): 1} and all((part.limits[0] or 0) > 0 for part in others)


def _sum_of_multiples(a: Mapping[Monomial, int], x: int, b: Mapping[Monomial, int], y: int) -> dict[Monomial, int]:
    """The terms of x * a + y * b, as they are: nothing is put into normal form while bounds are looked for."""
    total = {monomial: x * factor for monomial, factor in a.items()}
    for monomial, factor in b.items():
        total[monomial] = total.get(monomial, 0) + y * factor
    return {monomial: factor for monomial, factor in total.items() if factor}


def _shrunk(interval: Interval, scale: int) -> Interval:
    """The integers x with scale * x in the interval."""
    low, high = interval
    return None if low is None else -(-low // scale), None if high is None else high // scale
