"""The search for values of symbols that break a claim: small values first, then those near every boundary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import prod
from typing import NamedTuple

from specc.types.assumptions import Assumptions
from specc.types.claims import Fact
from specc.types.dims import Atom, Dim, Size, growth_of, symbols_of
from specc.types.evaluator import Evaluator
from specc.types.measures import all_atoms
from specc.types.sampling import periods

MAX_TRIES = 3000
MAX_WORK = 40_000
MAX_GROWTH = 64
SMALL = 70
PAIRED = 12
BEST = 2
USUAL = (97, 100, 127, 224, 225, 255, 256, 257, 299, 511, 512, 513, 1000, 1023, 1024, 1025, 2048, 4095, 4096, 65537)

Assignment = dict[Atom, int]


class Outcome(NamedTuple):
    """An assignment that breaks the claim while all facts hold, or None; `is_complete`: there is no other to try."""

    found: Assignment | None
    is_complete: bool


def counterexample(
    known: Assumptions, claim: Fact, positive: Sequence[Size] = (), others: Sequence[Size] = ()
) -> Outcome:
    """Values under which the claim fails and all facts hold, preferably with the `positive` sizes all > 0.

    Every symbol of the claim, the `positive` and the `others` gets a value.
    """
    facts = connected_facts(known, [claim.size, *positive, *others])
    sizes = [claim.size, *(fact.size for fact in facts), *positive]
    dims = [size for size in (*sizes, *others) if isinstance(size, Dim)]
    symbols = [atom for atom in all_atoms(dims) if atom.kind == "symbol"]
    evaluator = Evaluator(sizes, symbols)
    budget = min(MAX_TRIES, MAX_WORK // max(evaluator.cost, 1))
    if any(growth_of(dim) > MAX_GROWTH for dim in dims):
        return Outcome(None, False)

    def rank_of(assignment: Assignment) -> int:
        return _rank(evaluator.run(assignment), claim, facts)

    points, is_complete = _points(known, claim.size, symbols, budget)
    fallback = None
    for _, point in zip(range(budget), points):
        assignment = dict(zip(symbols, point))
        rank = rank_of(assignment)
        if rank == BEST:
            lows = [known.range_of(atom.parts[0])[0] for atom in symbols]
            if positive:
                assignment = _lowered(assignment, lows, lambda tried: rank_of(tried) == BEST)
            return Outcome(assignment, is_complete)
        fallback = assignment if rank and fallback is None else fallback
    return Outcome(fallback, is_complete)


def _rank(values: list[int] | None, claim: Fact, facts: list[Fact]) -> int:
    """0: no counterexample; 1: one, with a size that should be positive and is not; BEST: a good one."""
    if values is None or claim.holds(values[0]):
        return 0
    if not all(fact.holds(value) for fact, value in zip(facts, values[1:])):
        return 0
    return BEST if all(value > 0 for value in values[len(facts) + 1 :]) else 1


def _lowered(assignment: Assignment, lows: list[int], is_good: Callable[[Assignment], bool]) -> Assignment:
    """The assignment with each value in turn lowered as far as halving steps find good ones."""
    for atom, low in zip(assignment, lows):
        step = assignment[atom] - low
        while step > 0:
            tried = {**assignment, atom: assignment[atom] - step}
            if is_good(tried):
                assignment = tried
                step = min(step, assignment[atom] - low)
            else:
                step //= 2
    return assignment


def model(known: Assumptions, size: Size) -> Outcome:
    """Values under which all facts connected with `size` hold."""
    return counterexample(known, Fact("never", size))


def connected_facts(known: Assumptions, sizes: Sequence[Size]) -> list[Fact]:
    """The unsolved facts that constrain the symbols of the sizes, directly or through each other."""
    names = frozenset().union(*map(symbols_of, sizes))
    waiting, found = list(known.rest), list[Fact]()
    while True:
        touching = [fact for fact in waiting if not names.isdisjoint(symbols_of(fact.size))]
        if not touching:
            return found
        found += touching
        waiting = [fact for fact in waiting if fact not in touching]
        names = names.union(*(symbols_of(fact.size) for fact in touching))


def _points(known: Assumptions, size: Size, symbols: list[Atom], budget: int) -> tuple[Iterator[tuple[int, ...]], bool]:
    """Values of the symbols to try, and whether they are all there are."""
    ranges = [known.range_of(atom.parts[0]) for atom in symbols]
    ends = [(low, high) for low, high in ranges if high is not None]
    if len(ends) == len(ranges) and prod(high - low + 1 for low, high in ends) <= budget:
        return product(*(range(low, high + 1) for low, high in ends)), True
    shape = (periods(size) if isinstance(size, Dim) else None) or {}
    columns = [_candidates(low, high, shape.get(atom, (1, 1))[0]) for atom, (low, high) in zip(symbols, ranges)]
    return _mixed(columns), False


def _candidates(low: int, high: int | None, period: int) -> list[int]:
    """Ascending: the least values, neighbours of the period's multiples and of the ends, and sizes in common use."""
    near = range(low, low + SMALL)
    around = [times * period + shift for times in (1, 2, 3) for shift in (-1, 0, 1)]
    ends = [] if high is None else range(high - 2, high + 1)
    values = {*near, *around, *ends, *USUAL}
    return sorted(value for value in values if low <= value and (high is None or value <= high))


def _mixed(columns: list[list[int]]) -> Iterator[tuple[int, ...]]:
    """Each column alone with the others least, all alike, all pairs of the least, then a scattered rest."""
    least = [column[0] for column in columns]
    yield tuple(least)
    for index, column in enumerate(columns):
        for value in column[1:]:
            yield (*least[:index], value, *least[index + 1 :])
    if len(columns) > 1:
        for position in range(1, max(map(len, columns))):
            yield tuple(column[min(position, len(column) - 1)] for column in columns)
        yield from product(*(column[:PAIRED] for column in columns[:2]), *([value] for value in least[2:]))
        yield from _scattered(columns)


def _scattered(columns: list[list[int]]) -> Iterator[tuple[int, ...]]:
    """An endless, always equal sequence of combinations, with small values more often."""
    state = 1
    while True:
        point = []
        for column in columns:
            state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
            reach = len(column) if state >> 62 == 0 else min(len(column), PAIRED)
            point.append(column[(state >> 33) % reach])
        yield tuple(point)
