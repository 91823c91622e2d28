"""What is assumed of symbols: replacements, least and greatest values, and the facts that are neither."""

from __future__ import annotations

from math import gcd, prod

from specc.types import intervals
from specc.types.bounding import bounds_of
from specc.types.claims import Fact, by_bounds
from specc.types.dims import Atom, Dim, Monomial, Size, interval_of_kind, limits_of, symbol
from specc.types.display import split_remainders
from specc.types.intervals import Interval
from specc.types.measures import is_larger

MAX_STEPS = 400
MAX_FACTS = 64
MAX_ATOMS = 96
MAX_TERMS = 400
MAX_BOUND = 1 << 128


class Assumptions:
    """Facts in solved form: `meanings` replaces symbols by sizes in others, which have ranges; `rest` is unsolved.

    H % 16 == 0 becomes the meaning H = 16 * h of a symbol made for it. `is_lossy` says that facts had to be dropped:
    then what is proved still holds, but no assignment is known to be allowed.
    """

    __slots__ = ("_intervals", "highs", "is_contradictory", "is_lossy", "lows", "meanings", "rest")

    def __init__(self) -> None:
        self.meanings: dict[str, Size] = {}
        self.lows: dict[str, int] = {}
        self.highs: dict[str, int] = {}
        self.rest: list[Fact] = []
        self.is_contradictory = False
        self.is_lossy = False
        self._intervals: dict[Atom, Interval] = {}

    def copy(self) -> Assumptions:
        """The same, which learns on its own."""
        made = Assumptions()
        made.meanings, made.lows, made.highs = dict(self.meanings), dict(self.lows), dict(self.highs)
        made.rest, made._intervals = list(self.rest), dict(self._intervals)
        made.is_contradictory, made.is_lossy = self.is_contradictory, self.is_lossy
        return made

    def add(self, fact: Fact) -> None:
        """Take a fact in, as far as it can be solved. One that is too large or divides by 0 is dropped."""
        try:
            self._add(fact)
        except ZeroDivisionError:
            self.is_lossy = True

    def _add(self, fact: Fact) -> None:
        if self.is_too_large(fact.size):
            self.is_lossy = True
            return
        waiting = [fact]
        steps = MAX_STEPS
        while waiting and steps > 0 and not self.is_contradictory:
            op, size = waiting.pop()
            size = self.rewrite(size)
            if isinstance(size, int):
                self.is_contradictory |= not Fact(op, size).holds(size)
            elif self.is_too_large(size):
                self.is_lossy = True
            else:
                steps -= len(size.terms)
                waiting.extend(self._learn(Fact(op, size), size))
        for unsolved in waiting:
            self._keep(Fact(unsolved.op, self.rewrite(unsolved.size)))

    def implies(self, fact: Fact) -> bool:
        """Whether a fact says nothing new, as far as a glance can tell."""
        try:
            return self._implies(fact)
        except ZeroDivisionError:
            return False

    def _implies(self, fact: Fact) -> bool:
        if by_bounds(fact.op, *limits_of(fact.size)) is True:
            return True
        if self.is_too_large(fact.size):
            return False
        size = self.rewrite(fact.size)
        return by_bounds(fact.op, *self.bounds(size)) is True or Fact(fact.op, size) in self.rest

    @staticmethod
    def is_too_large(size: Size) -> bool:
        """Whether a size is beyond what is reasoned about in a moment."""
        return is_larger(size, MAX_ATOMS, MAX_TERMS)

    def rewrite(self, size: Size) -> Size:
        """The size with every replacement made."""
        return size.substitute(self.meanings) if isinstance(size, Dim) and self.meanings else size

    def range_of(self, name: str) -> tuple[int, int | None]:
        """The least and greatest value of a symbol that is not replaced."""
        return self.lows.get(name, 1), self.highs.get(name)

    def bounds(self, size: Size) -> Interval:
        """Bounds of a rewritten size."""
        if isinstance(size, int):
            return size, size
        for atom in size.atoms():
            if atom not in self._intervals:
                self._intervals[atom] = self._interval(atom)
        return bounds_of(size, self._intervals.__getitem__)

    def _interval(self, atom: Atom) -> Interval:
        if atom.kind == "symbol":
            return self.range_of(atom.parts[0])
        parts = [bounds_of(p, self._intervals.__getitem__) if isinstance(p, Dim) else (p, p) for p in atom.parts]
        return intervals.intersect(atom.limits, interval_of_kind(atom.kind, parts))

    def _learn(self, fact: Fact, size: Dim) -> list[Fact]:
        """Use a fact; returns those that follow from it and say it more simply."""
        decided = by_bounds(fact.op, *self.bounds(size))
        if decided is not None:
            self.is_contradictory |= not decided
            return []
        if fact.op == ">=":
            return self._at_least_zero(size)
        return self._is_zero(size) if fact.op == "==" else self._differs_from_zero(size)

    def _keep(self, fact: Fact) -> None:
        if isinstance(fact.size, int):
            self.is_contradictory |= not fact.holds(fact.size)
        elif len(self.rest) >= MAX_FACTS:
            self.is_lossy = True
        elif fact not in self.rest:
            self.rest.append(fact)

    def _at_least_zero(self, size: Dim) -> list[Fact]:
        single = single_term(size)
        if single is not None:
            factor, atom, constant = single
            bound = -(constant // factor) if factor > 0 else constant // -factor
            if atom.kind == "symbol" and abs(bound) < MAX_BOUND:
                return self._narrow(atom.parts[0], (bound, None) if factor > 0 else (None, bound))
            parts = _bounded_parts(atom, bound, factor > 0)
            if parts:
                return [Fact(">=", part) for part in parts]
        self._keep(Fact(">=", size))
        return self._implied_ranges(size)

    def _implied_ranges(self, size: Dim) -> list[Fact]:
        """From c * x + y >= 0 with y bounded above: a bound of x; likewise upper bounds of the factors of a product."""
        found: list[Fact] = []
        for monomial, factor in size.terms.items():
            if monomial and all(atom.kind == "symbol" for atom in monomial) and (len(monomial) == 1 or factor < 0):
                _, highest = self.bounds(size - Dim({monomial: factor}))
                if highest is not None and abs(highest) < MAX_BOUND:
                    found += [fact for atom in set(monomial) for fact in self._bound(atom, monomial, factor, highest)]
        return found

    def _bound(self, atom: Atom, monomial: Monomial, factor: int, highest: int) -> list[Fact]:
        """What factor * monomial >= -highest says of one symbol in it, if that is new."""
        low, high = self.range_of(atom.parts[0])
        least = prod(self.range_of(other.parts[0])[0] for other in monomial) // low
        bound = -(highest // factor) if factor > 0 else highest // -factor // least
        if factor > 0:
            return [Fact(">=", Dim({(atom,): 1}) - bound)] if bound > low else []
        return [Fact(">=", bound - Dim({(atom,): 1}))] if high is None or bound < high else []

    def _narrow(self, name: str, values: Interval) -> list[Fact]:
        """Keep only these values of a symbol; what was unsolved is looked at again."""
        low, high = intervals.intersect(self.range_of(name), values)
        self._intervals.clear()
        self.lows[name] = low = low or 1
        if high is not None:
            self.highs[name] = high
            if low > high:
                self.is_contradictory = True
                return []
            if low == high:
                return self._replace(name, low)
        again, self.rest = self.rest, []
        return again

    def _replace(self, name: str, size: Size) -> list[Fact]:
        """Let the symbol mean `size` from here on; its range becomes facts about the size."""
        low, high = self.range_of(name)
        self.lows.pop(name, None)
        self.highs.pop(name, None)
        self._intervals.clear()
        change = {name: size}
        for old, meaning in self.meanings.items():
            self.meanings[old] = meaning.substitute(change) if isinstance(meaning, Dim) else meaning
        self.meanings[name] = size
        again, self.rest = self.rest, []
        again.append(Fact(">=", size - low))
        return again if high is None else [*again, Fact(">=", high - size)]

    def _differs_from_zero(self, size: Dim) -> list[Fact]:
        single = single_term(size)
        if single is not None and single[1].kind == "symbol":
            factor, atom, constant = single
            low, high = self.range_of(atom.parts[0])
            if constant % factor:
                return []
            if -constant // factor == low:
                return self._narrow(atom.parts[0], (low + 1, None))
            if -constant // factor == high:
                return self._narrow(atom.parts[0], (None, high - 1))
        self._keep(Fact("!=", size))
        return []

    def _is_zero(self, size: Dim) -> list[Fact]:
        common = gcd(*(factor for monomial, factor in size.terms.items() if monomial))
        if size.constant % common:
            self.is_contradictory = True
            return []
        reduced = size // common
        assert isinstance(reduced, Dim)
        for solve in (self._solve_remainder, self._solve_symbol, self._solve_quotient, self._solve_pair):
            follows = solve(reduced)
            if follows is not None:
                return follows
        self._keep(Fact("==", reduced))
        return _bounded_choice(reduced) + self._implied_ranges(reduced) + self._implied_ranges(-reduced)

    def _solve_remainder(self, size: Dim) -> list[Fact] | None:
        """x % n == v for a number n: x = n * fresh + v; and C % g == 0 for a symbol g: C = g * fresh."""
        remainders, rest = split_remainders(size)
        if len(remainders) == 1 and isinstance(rest, int):
            factor, numerator, divisor = remainders[0]
            if rest % factor or not 0 <= -rest // factor < divisor:
                self.is_contradictory = True
                return []
            return self._congruent(numerator, divisor, -rest // factor)
        for monomial in size.terms:
            quotient = next((atom for atom in monomial if atom.kind == "//"), None)
            if quotient is not None and isinstance(quotient.parts[1], Dim):
                return self._solve_multiple(size, *quotient.parts)
        return None

    def _solve_multiple(self, size: Dim, whole: Size, part: Dim) -> list[Fact] | None:
        low, _ = self.bounds(part)
        if isinstance(whole, int) or low is None or low < 1 or size not in (whole % part, -(whole % part)):
            return None
        single = single_term(whole)
        if single is None or single[0] != 1 or single[1].kind != "symbol" or single[2]:
            return None
        name = single[1].parts[0]
        return None if name in part.symbols() else self._replace(name, part * symbol(f"{name}/({part})"))

    def _congruent(self, size: Size, modulus: int, remainder: int) -> list[Fact] | None:
        """Solve size % modulus == remainder for a size with one symbol."""
        single = single_term(size) if isinstance(size, Dim) else None
        if single is None or single[1].kind != "symbol":
            return None
        factor, atom, constant = single
        common = gcd(factor, modulus)
        if (remainder - constant) % common:
            self.is_contradictory = True
            return []
        smaller = modulus // common
        start = (remainder - constant) // common * pow(factor // common, -1, smaller) % smaller or smaller
        name = atom.parts[0]
        return self._replace(name, smaller * (symbol(f"{name}/{smaller}") - 1) + start) if smaller > 1 else []

    def _solve_symbol(self, size: Dim) -> list[Fact] | None:
        """x == y for a symbol x that is not in y."""
        alone = [monomial for monomial, factor in size.terms.items() if abs(factor) == 1 and len(monomial) == 1]
        for (atom,) in sorted(alone, key=lambda monomial: -monomial[0].serial):
            if atom.kind == "symbol":
                factor = size.terms[(atom,)]
                others = (size - Dim({(atom,): factor})) * -factor
                if isinstance(others, int) or atom.parts[0] not in others.symbols():
                    return self._replace(atom.parts[0], others)
        return None

    def _solve_quotient(self, size: Dim) -> list[Fact] | None:
        """x // n == v: v * n <= x < (v + 1) * n."""
        single = single_term(size)
        if single is None or single[1].kind != "//" or not isinstance(single[1].parts[1], int):
            return None
        factor, atom, constant = single
        value = -constant // factor
        return [Fact(">=", part) for up in (True, False) for part in _bounded_parts(atom, value, up)]

    def _solve_pair(self, size: Dim) -> list[Fact] | None:
        """a * x == b * y + c: y is made a solution modulo a, after which x is alone."""
        if len(size.terms) - (() in size.terms) != 2 or any(len(monomial) > 1 for monomial in size.terms):
            return None
        first, second = sorted((m for m in size.terms if m), key=lambda monomial: abs(size.terms[monomial]))
        if first[0].kind != "symbol" or second[0].kind != "symbol":
            return None
        solved = self._congruent(size - Dim({first: size.terms[first]}), abs(size.terms[first]), 0)
        return None if solved is None else [Fact("==", size), *solved]


def single_term(size: Dim) -> tuple[int, Atom, int] | None:
    """(a, x, b) where the size is a * x + b for one atom x."""
    monomials = [monomial for monomial in size.terms if monomial]
    if len(monomials) != 1 or len(monomials[0]) != 1:
        return None
    return size.terms[monomials[0]], monomials[0][0], size.constant


def _bounded_choice(size: Dim) -> list[Fact]:
    """Of min(x, y) == v: that both are >= v; of max, that both are <= v."""
    single = single_term(size)
    if single is None or single[1].kind not in ("min", "max"):
        return []
    factor, atom, constant = single
    return [Fact(">=", part) for part in _bounded_parts(atom, -constant // factor, atom.kind == "min")]


def _bounded_parts(atom: Atom, bound: int, is_lower: bool) -> list[Size]:
    """Sizes whose being >= 0 says all of atom >= bound (or <= bound); empty where there are none."""
    if atom.kind == "//" and isinstance(atom.parts[1], int):
        numerator, divisor = atom.parts
        return [numerator - bound * divisor if is_lower else bound * divisor + divisor - 1 - numerator]
    if atom.kind == ("min" if is_lower else "max"):
        return [part - bound if is_lower else bound - part for part in atom.parts]
    return []
