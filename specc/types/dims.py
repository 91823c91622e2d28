"""Symbolic sizes: integer polynomials over symbols, floor divisions, minima and maxima, in a normal form.

A symbol stands for every integer >= 1. Operators take ints and Dims on both sides and return a plain int wherever the
result is constant. `a % b` is kept as `a - b * (a // b)`, so both spellings are one value. Division presumes a divisor
that is not 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Union
from weakref import WeakValueDictionary

from specc.types import intervals
from specc.types.intervals import Interval

Size = Union[int, "Dim"]
Monomial = tuple["Atom", ...]

MAX_TERMS = 64
MAX_DEGREE = 16
MAX_COEFFICIENT = 1 << 256
MAX_EXPONENT = 1024


class Atom:
    """What a polynomial is made of; two atoms are equal only if they are one object.

    `kind` and `parts`: ("symbol", name), ("//", numerator, divisor), ("min" or "max", sizes...), ("box", dim), the last
    being a polynomial too large to be multiplied out. `serial` grows, so an atom's parts come before it.
    """

    __slots__ = ("__weakref__", "growth", "kind", "limits", "parts", "serial", "symbols", "text")

    kind: str
    parts: tuple[Any, ...]
    serial: int
    symbols: frozenset[str]
    limits: Interval
    growth: int
    text: str

    def __repr__(self) -> str:
        return f"Atom({self.text})"


class Dim:
    """A size that is not one number: a sum of integer multiples of products of atoms. Immutable and hashable."""

    __slots__ = ("_atoms", "_hash", "_limits", "_text", "terms")

    terms: dict[Monomial, int]

    def __init__(self, terms: dict[Monomial, int]) -> None:
        self.terms = terms
        self._hash: int | None = None
        self._atoms: tuple[Atom, ...] | None = None
        self._limits: Interval | None = None
        self._text: str | None = None

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Dim) and hash(self) == hash(other) and self.terms == other.terms)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __add__(self, other: Size) -> Size:
        return _sum(self, other, 1) if isinstance(other, (int, Dim)) else NotImplemented

    __radd__ = __add__

    def __sub__(self, other: Size) -> Size:
        return _sum(self, other, -1) if isinstance(other, (int, Dim)) else NotImplemented

    def __rsub__(self, other: int) -> Size:
        return _sum(-self, other, 1) if isinstance(other, int) else NotImplemented

    def __neg__(self) -> Dim:
        return Dim({monomial: -factor for monomial, factor in self.terms.items()})

    def __pos__(self) -> Dim:
        return self

    def __mul__(self, other: Size) -> Size:
        return _product(self, other) if isinstance(other, (int, Dim)) else NotImplemented

    __rmul__ = __mul__

    def __floordiv__(self, other: Size) -> Size:
        return _divide(self, other) if isinstance(other, (int, Dim)) else NotImplemented

    def __rfloordiv__(self, other: int) -> Size:
        return _divide(other, self) if isinstance(other, int) else NotImplemented

    def __mod__(self, other: Size) -> Size:
        return self - _divide(self, other) * other if isinstance(other, (int, Dim)) else NotImplemented

    def __rmod__(self, other: int) -> Size:
        return other - _divide(other, self) * self if isinstance(other, int) else NotImplemented

    def __pow__(self, exponent: int) -> Size:
        if not isinstance(exponent, int):
            return NotImplemented
        if not 0 <= exponent <= MAX_EXPONENT:
            raise ValueError(f"an exponent of a size must be between 0 and {MAX_EXPONENT}")
        power: Size = 1
        for digit in bin(exponent)[2:]:
            power = power * power * (self if digit == "1" else 1)
        return power

    @property
    def constant(self) -> int:
        """The term without a symbol."""
        return self.terms.get((), 0)

    def symbols(self) -> frozenset[str]:
        """The names of the symbols that occur."""
        return frozenset().union(*(atom.symbols for monomial in self.terms for atom in monomial))

    def atoms(self) -> tuple[Atom, ...]:
        """Every atom that occurs at any depth, each after its own parts."""
        if self._atoms is None:
            from specc.types.measures import all_atoms

            self._atoms = all_atoms((self,))
        return self._atoms

    def limits(self) -> Interval:
        """Bounds that hold for all symbols >= 1."""
        if self._limits is None:
            from specc.types.bounding import bounds_of

            self._limits = bounds_of(self, atom_limits)
        return self._limits

    def evaluate(self, sizes: Mapping[str, int]) -> int:
        """The value with every symbol given. KeyError where one is missing, ZeroDivisionError as in Python."""
        missing = self.symbols() - sizes.keys()
        if missing:
            raise KeyError(min(missing))
        value = self.substitute(sizes)
        assert isinstance(value, int)
        return value

    def substitute(self, sizes: Mapping[str, Size]) -> Size:
        """The size with the given symbols replaced, in normal form again."""
        if self.symbols().isdisjoint(sizes):
            return self
        values: dict[Atom, Size] = {}
        for atom in self.atoms():
            values[atom] = _rebuilt(atom, values, sizes)
        return _replaced(self, values)

    def __str__(self) -> str:
        if self._text is None:
            from specc.types.display import text_of

            self._text = text_of(self)
        return self._text

    def __repr__(self) -> str:
        return f"Dim({self})"


def symbol(name: str) -> Dim:
    """The size called `name`: any integer >= 1."""
    return _alone(_atom("symbol", name))


def minimum(*sizes: Size) -> Size:
    """The least of the sizes (one at least)."""
    from specc.types.extremes import extreme

    return extreme("min", sizes)


def maximum(*sizes: Size) -> Size:
    """The greatest of the sizes (one at least)."""
    from specc.types.extremes import extreme

    return extreme("max", sizes)


def atom_limits(atom: Atom) -> Interval:
    """An atom's bounds for all symbols >= 1."""
    return atom.limits


def limits_of(size: Size) -> Interval:
    """Bounds of an int or Dim that hold for all symbols >= 1."""
    return (size, size) if isinstance(size, int) else size.limits()


def symbols_of(size: Size) -> frozenset[str]:
    """The names of the symbols in an int or Dim."""
    return frozenset() if isinstance(size, int) else size.symbols()


def from_terms(terms: dict[Monomial, int]) -> Size:
    """The polynomial with these non-zero terms: an int if no symbol is left."""
    if not terms:
        return 0
    if len(terms) == 1 and () in terms:
        return terms[()]
    return Dim(terms)


def atom_of(kind: str, *parts: Size) -> Dim:
    """An atom ("//", "min", "max") with these parts as a size; division.py and extremes.py decide when."""
    return _alone(_atom(kind, *parts))


_ATOMS: WeakValueDictionary[tuple[Any, ...], Atom] = WeakValueDictionary()
_created = 0


def _atom(kind: str, *parts: Any) -> Atom:
    """The one atom of this kind with these parts."""
    global _created
    key = (kind, *parts)
    atom = _ATOMS.get(key)
    if atom is None:
        atom = Atom()
        atom.kind, atom.parts, atom.serial = kind, parts, _created
        _created += 1
        _describe(atom)
        _ATOMS[key] = atom
    return atom


def _describe(atom: Atom) -> None:
    """Fill in what is derived from kind and parts, while the parts' own atoms have theirs."""
    from specc.types.display import atom_text

    if atom.kind == "symbol":
        atom.symbols, atom.limits, atom.growth = frozenset(atom.parts), (1, None), 1
    else:
        dims = [part for part in atom.parts if isinstance(part, Dim)]
        atom.symbols = frozenset().union(*(dim.symbols() for dim in dims))
        atom.growth = max(growth_of(dim) for dim in dims)
        parts = [limits_of(part) for part in atom.parts]
        atom.limits = interval_of_kind(atom.kind, parts)
    atom.text = atom_text(atom)


def growth_of(dim: Dim) -> int:
    """The degree with which the value grows in its symbols, through all nesting."""
    return max(sum(atom.growth for atom in monomial) for monomial in dim.terms)


def interval_of_kind(kind: str, parts: list[Interval]) -> Interval:
    """The interval of an atom that is no symbol, from those of its parts."""
    if kind == "//":
        return intervals.floor_divide(parts[0], parts[1])
    if kind == "min":
        return intervals.least(parts)
    return intervals.greatest(parts) if kind == "max" else parts[0]


def _alone(atom: Atom) -> Dim:
    return Dim({(atom,): 1})


def _boxed(dim: Dim) -> Dim:
    """The same value as one atom, so that it is not multiplied out."""
    if len(dim.terms) == 1:
        ((monomial, factor),) = dim.terms.items()
        if factor == 1 and len(monomial) == 1:
            return dim
    return _alone(_atom("box", dim))


def _sum(a: Dim, b: Size, sign: int) -> Size:
    """a + sign * b."""
    if isinstance(b, int) and b == 0:
        return a
    terms = dict(a.terms)
    for monomial, factor in b.terms.items() if isinstance(b, Dim) else (((), b),):
        total = terms.get(monomial, 0) + sign * factor
        if total:
            terms[monomial] = total
        else:
            terms.pop(monomial, None)
    if len(terms) > MAX_TERMS and isinstance(b, Dim):
        larger, smaller = (_boxed(a), sign * b) if len(a.terms) >= len(b.terms) else (a, sign * _boxed(b))
        return _sum(larger, smaller, 1)
    halves = [monomial for monomial in terms if _is_half(monomial)] if len(terms) > 1 else None
    if halves:
        from specc.types.division import joined_halves

        return joined_halves(terms, halves)
    return from_terms(terms)


def _is_half(monomial: Monomial) -> bool:
    return len(monomial) == 1 and monomial[0].kind == "//" and monomial[0].parts[1] == 2


def _product(a: Dim, b: Size) -> Size:
    if isinstance(b, int):
        return _scaled(a, b)
    if len(a.terms) * len(b.terms) > 4 * MAX_TERMS:
        return _product(_boxed(a), b) if len(a.terms) >= len(b.terms) else _product(a, _boxed(b))
    terms: dict[Monomial, int] = {}
    for left, x in a.terms.items():
        for right, y in b.terms.items():
            monomial = tuple(sorted(left + right, key=_serial)) if left and right else left or right
            terms[monomial] = terms.get(monomial, 0) + x * y
    terms = {monomial: factor for monomial, factor in terms.items() if factor}
    return from_terms(terms) if _is_small(terms) else _product(_boxed(a), _boxed(b))


def _scaled(a: Dim, factor: int) -> Size:
    if factor == 0:
        return 0
    terms = {monomial: factor * old for monomial, old in a.terms.items()}
    if not _is_small(terms):
        terms = {monomial: factor * old for monomial, old in _boxed(a).terms.items()}
    return Dim(terms)


def _is_small(terms: dict[Monomial, int]) -> bool:
    return (
        len(terms) <= MAX_TERMS
        and max(map(len, terms), default=0) <= MAX_DEGREE
        and all(-MAX_COEFFICIENT < factor < MAX_COEFFICIENT for factor in terms.values())
    )


def _serial(atom: Atom) -> int:
    return atom.serial


def _divide(numerator: Size, divisor: Size) -> Size:
    from specc.types.division import floor_divide

    return floor_divide(numerator, divisor)


def _rebuilt(atom: Atom, values: Mapping[Atom, Size], sizes: Mapping[str, Size]) -> Size:
    """The atom's size under a substitution, its parts' atoms being known."""
    if atom.kind == "symbol":
        return sizes.get(atom.parts[0], _alone(atom))
    parts = [_replaced(part, values) if isinstance(part, Dim) else part for part in atom.parts]
    if atom.kind == "//":
        return parts[0] // parts[1]
    return parts[0] if atom.kind == "box" else (minimum if atom.kind == "min" else maximum)(*parts)


def _replaced(dim: Dim, values: Mapping[Atom, Size]) -> Size:
    """The polynomial with every atom replaced by its value."""
    total: Size = 0
    for monomial, factor in dim.terms.items():
        product: Size = factor
        for atom in monomial:
            product = product * values[atom]
        total = total + product
    return total
