"""Facts about symbolic sizes, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from specc.types.assumptions import Assumptions
from specc.types.claims import Fact, as_fact, by_bounds
from specc.types.dims import Size, limits_of, symbol, symbols_of
from specc.types.intervals import Interval

MAX_SEARCHES = 150  # of counterexamples, for one model: real ones need some dozens


class Facts:
    """A set of assumptions about symbols, all of which are >= 1.

    What is proved with some facts stays proved as facts are added. Of a size that the facts make a division by 0,
    nothing is found out. `work` counts the comparisons not decided by looking at the two sizes.
    """

    __slots__ = ("_assumed", "_assumptions", "_proofs", "_satisfiable", "_searches_left", "_witnesses", "work")

    def __init__(self) -> None:
        self._assumed: set[Fact] = set()
        self._assumptions = Assumptions()
        self._proofs: dict[tuple[str, Size, Size], bool | None] = {}
        self._witnesses: dict[tuple[str, Size, Size], dict[str, int] | None] = {}
        self._satisfiable: list[bool | None] = []  # the answer, once asked for
        self._searches_left = MAX_SEARCHES
        self.work = 0

    @property
    def count(self) -> int:
        """How many facts are assumed."""
        return len(self._assumed)

    def assume(self, op: str, a: Size, b: Size) -> None:
        """Take `a op b` as true; op is one of == != < <= > >=."""
        fact = as_fact(op, a, b)
        if fact not in self._assumed and not self._assumptions.implies(fact):
            self._assumed.add(fact)
            self._assumptions.add(fact)
            self._proofs = {claim: verdict for claim, verdict in self._proofs.items() if verdict}
            self._witnesses.clear()
            self._satisfiable.clear()

    @contextmanager
    def supposing(self) -> Iterator[None]:
        """What is assumed inside is forgotten at the end, and with it what has been proved."""
        assumed, assumptions = set(self._assumed), self._assumptions.copy()
        try:
            yield
        finally:
            if len(self._assumed) > len(assumed):
                self._assumed, self._assumptions = assumed, assumptions
                for found in (self._proofs, self._witnesses, self._satisfiable):
                    found.clear()

    def satisfiable(self) -> bool | None:
        """Whether some values of the symbols fulfil all facts; None if neither is found out."""
        if not self._satisfiable:
            self._satisfiable.append(self._find_satisfiable())
        return self._satisfiable[0]

    def bounds(self, size: Size) -> Interval:
        """Least and greatest value of a size, both included, as far as the facts give them; None where unbounded."""
        if self._assumptions.is_too_large(size):
            return limits_of(size)
        try:
            return self._assumptions.bounds(self._assumptions.rewrite(size))
        except ZeroDivisionError:
            return limits_of(size)

    def prove(self, op: str, a: Size, b: Size) -> bool | None:
        """True: `a op b` for every assignment the facts allow. False: not for some. None: not found out."""
        if a is b or (isinstance(a, int) == isinstance(b, int) and a == b):
            return True if op in ("==", "<=", ">=") else self._refuted()
        key = (op, a, b)
        if key not in self._proofs:
            try:
                self._proofs[key] = self._prove(as_fact(op, a, b))
            except ZeroDivisionError:
                self._proofs[key] = None
        return self._proofs[key]

    def witness(self, op: str, a: Size, b: Size) -> dict[str, int] | None:
        """Small values of the symbols of `a` and `b` that the facts allow and that break `a op b`; None if none found.

        Values for which both sides are positive are preferred, the smallest of those first.
        """
        key = (op, a, b)
        if key not in self._witnesses:
            try:
                self._witnesses[key] = self._witness(as_fact(op, a, b), a, b)
            except ZeroDivisionError:
                self._witnesses[key] = None
        return self._witnesses[key]

    def _prove(self, claim: Fact) -> bool | None:
        from specc.types.proving import by_divisibility, by_facts, by_samples

        if self._assumptions.is_contradictory:
            return True
        if self._assumptions.is_too_large(claim.size):
            return None
        size = self._assumptions.rewrite(claim.size)
        if isinstance(size, int):
            return True if claim.holds(size) else self._refuted()
        if self._assumptions.is_too_large(size):
            return None
        self.work += 1
        decided = by_bounds(claim.op, *self._assumptions.bounds(size))
        if decided is not None:
            return True if decided else self._refuted()
        if self._searches_left <= 0:
            return None
        claim = Fact(claim.op, size)
        if by_divisibility(claim) or by_facts(self._assumptions, claim):
            return True
        verdict = by_samples(self._assumptions, claim)
        if verdict.is_proved:
            return True
        if verdict.counterexample is not None and not self._assumptions.rest:
            return self._refuted()
        return self._searched(claim)

    def _searched(self, claim: Fact) -> bool | None:
        from specc.types.search import counterexample

        self._searches_left -= 1
        outcome = counterexample(self._assumptions, claim)
        if outcome.found is not None:
            return self._refuted()
        return True if outcome.is_complete else None

    def _refuted(self) -> bool | None:
        """False, if the facts allow any assignment at all; a claim about none is true."""
        return {True: False, False: True, None: None}[self.satisfiable()]

    def _find_satisfiable(self) -> bool | None:
        known = self._assumptions
        if known.is_contradictory:
            return False
        if known.is_lossy:
            return None
        return True if not known.rest else self._find_model()

    def _find_model(self) -> bool | None:
        """Whether each group of connected facts holds for some values."""
        from specc.types.proving import by_facts
        from specc.types.search import connected_facts, model

        known, waiting = self._assumptions, list(self._assumptions.rest)
        if any(by_facts(known, Fact(">=", -fact.size - 1)) for fact in waiting if fact.op == ">="):
            return False
        while waiting:
            outcome = model(known, waiting[0].size)
            if outcome.found is None:
                return False if outcome.is_complete else None
            group = connected_facts(known, [waiting[0].size])
            waiting = [fact for fact in waiting if fact not in group]
        return True

    def _witness(self, claim: Fact, a: Size, b: Size) -> dict[str, int] | None:
        from specc.types.search import counterexample

        known = self._assumptions
        if self.satisfiable() is not True or any(known.is_too_large(size) for size in (claim.size, a, b)):
            return None
        names = sorted(symbols_of(a) | symbols_of(b))
        meanings = [known.rewrite(symbol(name)) for name in names]
        sides = (known.rewrite(a), known.rewrite(b))
        found = counterexample(known, Fact(claim.op, known.rewrite(claim.size)), sides, meanings).found
        if found is None:
            return None
        values = {atom.parts[0]: value for atom, value in found.items()}
        return {name: size if isinstance(size, int) else size.evaluate(values) for name, size in zip(names, meanings)}
