"""Ways to show a claim about a size: from bounds, from other facts, from samples."""

from __future__ import annotations

from math import gcd

from specc.types import sampling
from specc.types.assumptions import Assumptions
from specc.types.claims import Fact, by_bounds
from specc.types.dims import Dim, Size

MAX_MULTIPLES = 4
MAX_COMBINED = 8
DEPTH = 2


def by_divisibility(claim: Fact) -> bool:
    """Whether the size is no multiple of what divides all but its constant, and so is never 0."""
    if claim.op != "!=" or isinstance(claim.size, int):
        return False
    return claim.size.constant % gcd(*(factor for monomial, factor in claim.size.terms.items() if monomial)) != 0


def by_facts(known: Assumptions, claim: Fact) -> bool:
    """Whether the claim is a fact, or its size a sum of multiples of facts and something that bounds decide."""
    usable = known.rest[:MAX_COMBINED]
    if claim.op == "!=":
        sides = (Fact(">=", claim.size - 1), Fact(">=", -claim.size - 1))
        return any(fact.op == "!=" and fact.size in (claim.size, -claim.size) for fact in usable) or any(
            _combines(known, side, usable, DEPTH) for side in sides
        )
    return _combines(known, claim, usable, DEPTH)


def _combines(known: Assumptions, claim: Fact, usable: list[Fact], depth: int) -> bool:
    for index, fact in enumerate(usable):
        if fact.op == "!=" or (claim.op == "==" and fact.op != "=="):
            continue
        for multiple in _multiples(claim.size, fact):
            left = claim.size - multiple * fact.size
            if by_bounds(claim.op, *known.bounds(left)):
                return True
            if depth > 1 and _combines(known, Fact(claim.op, left), usable[index + 1 :], depth - 1):
                return True
    return False


def _multiples(size: Size, fact: Fact) -> list[int]:
    """How often the fact may be taken so that a term of `size` goes away."""
    if isinstance(size, int) or isinstance(fact.size, int):
        return []
    found = {
        size.terms[monomial] // factor
        for monomial, factor in fact.size.terms.items()
        if monomial in size.terms and size.terms[monomial] % factor == 0
    }
    return sorted(multiple for multiple in found if multiple > 0 or fact.op == "==")[:MAX_MULTIPLES]


def by_samples(known: Assumptions, claim: Fact) -> sampling.Verdict:
    """Proof or counterexample from finitely many values."""
    assert isinstance(claim.size, Dim)
    if claim.op == "==":
        return sampling.is_zero(known, claim.size)
    if claim.op == ">=":
        return sampling.is_nonnegative(known, claim.size)
    sides = (claim.size - 1, -claim.size - 1)
    is_proved = any(isinstance(side, Dim) and sampling.is_nonnegative(known, side).is_proved for side in sides)
    return sampling.Verdict(is_proved, None)
