"""Sizes as a list of steps, to be worked out for many assignments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from specc.types.dims import Atom, Dim, Size
from specc.types.measures import all_atoms

Terms = list[tuple[int, tuple[Atom, ...]]]


class Evaluator:
    """Computes several sizes at once; `cost` counts the multiplications and additions of one computation.

    An atom that the caller gives a value, symbol or not, is taken as given and its parts are not looked at.
    """

    __slots__ = ("cost", "results", "steps")

    def __init__(self, sizes: Iterable[Size], given: Iterable[Atom]) -> None:
        wanted = list(sizes)
        known = set(given)
        self.steps = [
            (atom, [_terms(part) for part in atom.parts])
            for atom in all_atoms([size for size in wanted if isinstance(size, Dim)], known)
            if atom not in known
        ]
        self.results = [_terms(size) for size in wanted]
        everything = [*self.results, *(terms for _, parts in self.steps for terms in parts)]
        self.cost = sum(1 + len(monomial) for terms in everything for _, monomial in terms)

    def run(self, given: Mapping[Atom, int]) -> list[int] | None:
        """The values of the sizes; None where one divides by zero."""
        values = dict(given)
        for atom, parts in self.steps:
            numbers = [_total(terms, values) for terms in parts]
            if atom.kind == "//":
                if numbers[1] == 0:
                    return None
                values[atom] = numbers[0] // numbers[1]
            else:
                values[atom] = max(numbers) if atom.kind == "max" else min(numbers)
        return [_total(terms, values) for terms in self.results]


def _terms(size: Size) -> Terms:
    return [(factor, monomial) for monomial, factor in size.terms.items()] if isinstance(size, Dim) else [(size, ())]


def _total(terms: Terms, values: Mapping[Atom, int]) -> int:
    total = 0
    for factor, monomial in terms:
        for atom in monomial:
            factor *= values[atom]
        total += factor
    return total
