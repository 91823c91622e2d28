"""Floor division of sizes, brought to a normal form.

Every step is an identity of Python's floor division for all integers: what the divisor divides leaves the quotient, a
common factor is cancelled, and a division inside a division becomes one.
"""

from __future__ import annotations

from math import gcd

from specc.types.dims import (
    Atom,
    Dim,
    Monomial,
    Size,
    atom_of,
    from_terms,
    limits_of,
)
from specc.types.display import monomial_order

MAX_FLATTENINGS = 16
MAX_DIVISOR = 1 << 48


def floor_divide(numerator: Size, divisor: Size) -> Size:
    """numerator // divisor. ZeroDivisionError for a divisor of 0."""
    if isinstance(divisor, int):
        if isinstance(numerator, int):
            return numerator // divisor
        if divisor == 0:
            raise ZeroDivisionError("a size divided by zero")
        return _by_number(numerator, divisor, 0) if divisor > 0 else _by_number(-numerator, -divisor, 0)
    if isinstance(numerator, int):
        return _by_bounds(numerator, divisor)
    return _by_dim(numerator, divisor)


def _by_number(numerator: Size, divisor: int, flattened: int) -> Size:
    """Split off the multiples of the divisor, then make the rest canonical."""
    if isinstance(numerator, int) or divisor == 1:
        return numerator if divisor == 1 else numerator // divisor
    low, high = numerator.limits()
    if low is not None and high is not None and low // divisor == high // divisor:
        return low // divisor
    quotient, rest = _split(numerator, divisor)
    if isinstance(rest, int):
        return quotient + rest // divisor
    common = gcd(divisor, *(factor for monomial, factor in rest.terms.items() if monomial))
    if common > 1:
        return quotient + _by_number(_shrunk(rest, common), divisor // common, flattened)
    if rest.terms[_leading(rest)] < 0:
        return quotient - _canonical(_positive(divisor - 1 - rest, divisor), divisor, flattened)
    return quotient + _canonical(_positive(rest, divisor), divisor, flattened)


def _split(numerator: Dim, divisor: int) -> tuple[Size, Size]:
    """numerator = quotient * divisor + rest, where each factor of the rest is below the divisor and keeps its sign."""
    quotients: dict[Monomial, int] = {}
    rests: dict[Monomial, int] = {}
    for monomial, factor in numerator.terms.items():
        rest = factor % divisor
        if factor < 0 and rest and monomial:
            rest -= divisor
        if rest:
            rests[monomial] = rest
        if factor != rest:
            quotients[monomial] = (factor - rest) // divisor
    return from_terms(quotients), from_terms(rests)


def _shrunk(rest: Dim, common: int) -> Size:
    """rest // common, where `common` divides all but the constant."""
    terms = {monomial: factor // common for monomial, factor in rest.terms.items()}
    return from_terms({monomial: factor for monomial, factor in terms.items() if factor})


def _leading(rest: Dim) -> Monomial:
    return min(rest.terms, key=monomial_order)


def _positive(rest: Size, divisor: int) -> tuple[Size, Dim]:
    """rest = quotient * divisor + a polynomial with all factors in 0..divisor-1."""
    assert isinstance(rest, Dim)
    quotients = {monomial: factor // divisor for monomial, factor in rest.terms.items() if factor // divisor}
    rests = {monomial: factor % divisor for monomial, factor in rest.terms.items() if factor % divisor}
    return from_terms(quotients), Dim(rests)


def _canonical(parts: tuple[Size, Dim], divisor: int, flattened: int) -> Size:
    """quotient + rest // divisor; a division inside the rest is merged, a known value replaces the atom."""
    quotient, rest = parts
    inner = _inner_division(rest) if flattened < MAX_FLATTENINGS and divisor < MAX_DIVISOR else None
    if inner is None:
        inner = _whole_division(rest)
        if inner is not None:
            return quotient + floor_divide(inner.parts[0] + rest.constant * inner.parts[1], inner.parts[1] * divisor)
    else:
        numerator, inner_divisor = inner.parts
        others = rest - Dim({(inner,): 1})
        return quotient + _by_number(numerator + others * inner_divisor, divisor * inner_divisor, flattened + 1)
    return quotient + _by_bounds(rest, divisor)


def _inner_division(rest: Dim) -> Atom | None:
    """A term x // a, a > 0 a number, that occurs once: then (x // a + y) // b == (x + a * y) // (a * b)."""
    found = [
        monomial[0]
        for monomial, factor in rest.terms.items()
        if factor == 1 and len(monomial) == 1 and monomial[0].kind == "//" and isinstance(monomial[0].parts[1], int)
    ]
    return min(found, key=lambda atom: (atom.text, atom.serial), default=None)


def _by_bounds(numerator: Size, divisor: Size) -> Size:
    """The quotient as a number if bounds leave only one, else as an atom."""
    low, high = limits_of(numerator)
    smallest, _ = limits_of(divisor)
    if low is not None and high is not None and smallest is not None and smallest > 0:
        if isinstance(divisor, int) and low // divisor == high // divisor:
            return low // divisor
        if 0 <= low and high < smallest:
            return 0
        if -smallest <= low and high < 0:
            return -1
    return atom_of("//", numerator, divisor)


def _by_dim(numerator: Dim, divisor: Dim) -> Size:
    """Divide by a symbolic size: exact multiples leave, common factors cancel."""
    if numerator == divisor:
        return 1
    quotient, rest = _divided_out(numerator, divisor)
    if not isinstance(rest, Dim):
        return quotient + (_by_bounds(rest, divisor) if rest else 0)
    rest, smaller = _cancelled(rest, divisor)
    if isinstance(smaller, int):
        return quotient + floor_divide(rest, smaller)
    inner = _whole_division(rest)
    low, _ = smaller.limits()
    if isinstance(rest, Dim) and inner is not None and low is not None and low > 0:
        return quotient + floor_divide(inner.parts[0] + rest.constant * inner.parts[1], smaller * inner.parts[1])
    return quotient + _by_bounds(rest, smaller)


def _divided_out(numerator: Dim, divisor: Dim) -> tuple[Size, Size]:
    """Polynomial division by the divisor's leading term, as far as whole multiples go."""
    leading = _leading(divisor)
    factor = divisor.terms[leading]
    quotient: Size = 0
    rest: Size = numerator
    for monomial in sorted(numerator.terms, key=monomial_order):
        times = rest.terms.get(monomial, 0) if isinstance(rest, Dim) else 0
        others = _without(monomial, leading)
        if times and others is not None and times % factor == 0:
            part = from_terms({others: times // factor})
            quotient, rest = quotient + part, rest - part * divisor
    if isinstance(rest, Dim) and len(rest.terms) >= len(numerator.terms) and len(divisor.terms) > 1:
        return 0, numerator
    return quotient, rest


def joined_halves(terms: dict[Monomial, int], halves: list[Monomial]) -> Size:
    """The polynomial with x - x // 2 written as (x + 1) // 2, and x // 2 + (x + 1) // 2 as x."""
    for half in halves:
        numerator, factor = half[0].parts[0], terms[half]
        whole = {monomial: times * factor for monomial, times in numerator.terms.items() if monomial}
        is_rest = all(terms.get(monomial) == -times for monomial, times in whole.items())
        if not is_rest and len(halves) == 1:
            break
        other = floor_divide(numerator + (1 - 2 * numerator.constant), 2)
        if is_rest:
            return _left_out(terms, {half, *whole}) - factor * other
        if isinstance(other, Dim) and all(terms.get(monomial) == factor for monomial in other.terms):
            return _left_out(terms, {half, *other.terms}) + from_terms(whole)
    return from_terms(terms)


def _left_out(terms: dict[Monomial, int], without: set[Monomial]) -> Size:
    return from_terms({monomial: factor for monomial, factor in terms.items() if monomial not in without})


def _without(monomial: Monomial, part: Monomial) -> Monomial | None:
    """The monomial divided by `part`, None where it is not a multiple."""
    left = list(monomial)
    for atom in part:
        if atom not in left:
            return None
        left.remove(atom)
    return tuple(left)


def _cancelled(rest: Dim, divisor: Dim) -> tuple[Size, Size]:
    """Both without their common factors, numbers and atoms."""
    common = gcd(*rest.terms.values(), *divisor.terms.values())
    shared: list[Atom] = []
    first = min(rest.terms, key=len)
    for atom in first:
        candidate = (*shared, atom)
        if all(_without(monomial, candidate) is not None for monomial in (*rest.terms, *divisor.terms)):
            shared.append(atom)
    if common == 1 and not shared:
        return rest, divisor
    return _lowered(rest, tuple(shared), common), _lowered(divisor, tuple(shared), common)


def _lowered(dim: Dim, shared: Monomial, common: int) -> Size:
    return from_terms({_without(monomial, shared) or (): factor // common for monomial, factor in dim.terms.items()})


def _whole_division(rest: Size) -> Atom | None:
    """x // a with a certainly positive, if that is all of the size but for a constant."""
    if isinstance(rest, int):
        return None
    monomials = [monomial for monomial in rest.terms if monomial]
    if len(monomials) == 1 and len(monomials[0]) == 1 and monomials[0][0].kind == "//":
        (atom,) = monomials[0]
        low, _ = limits_of(atom.parts[1])
        return atom if rest.terms[monomials[0]] == 1 and low is not None and low > 0 else None
    return None
