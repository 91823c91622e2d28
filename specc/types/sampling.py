"""Proofs by finitely many samples.

A size made of polynomials and floor divisions by numbers is, on each residue class of its symbols modulo their
periods, a polynomial. One that is 0 at degree + 1 neighbours in every class is 0 everywhere, and one whose forward
differences there are all >= 0 is >= 0 everywhere above.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import lcm, prod
from typing import NamedTuple

from specc.types.assumptions import Assumptions
from specc.types.dims import Atom, Dim, Monomial
from specc.types.evaluator import Evaluator

MAX_SAMPLES = 4096
MAX_WORK = 40_000
MAX_DEGREE = 6
MAX_ATOMS = 40

Shape = dict[Atom, tuple[int, int]]


class Axis(NamedTuple):
    """One variable's samples: `length` neighbours from `start` on. `is_whole`: these are all values it can have."""

    atom: Atom
    start: int
    length: int
    period: int
    degree: int
    is_whole: bool


class Verdict(NamedTuple):
    """`is_proved`, or else a sample that shows the opposite, if every variable in it is a symbol."""

    is_proved: bool
    counterexample: dict[Atom, int] | None


UNDECIDED = Verdict(False, None)


def is_zero(known: Assumptions, size: Dim) -> Verdict:
    """Whether the size is 0 for all values of its symbols in their ranges."""
    axes = _axes(known, size, needs_start=False)
    if axes is None:
        return UNDECIDED
    values, sample = _values(size, axes, lambda value: value == 0)
    return Verdict(values is not None, sample)


def is_nonnegative(known: Assumptions, size: Dim) -> Verdict:
    """Whether the size is >= 0 for all values of its symbols in their ranges."""
    axes = _axes(known, size, needs_start=True)
    if axes is None:
        return UNDECIDED
    values, sample = _values(size, axes, lambda value: value >= 0)
    if values is None:
        return Verdict(False, sample)
    return Verdict(min(_differences(values, axes)) >= 0, None)


def periods(size: Dim) -> Shape | None:
    """Period and degree of each variable of the size: symbols, and atoms that are no division by a number.

    None where that is more than samples can cover.
    """
    if len(size.atoms()) > MAX_ATOMS:
        return None
    shapes: dict[Atom, Shape] = {}
    for atom in size.atoms():
        if _is_number_division(atom):
            inner = _shape(atom.parts[0], shapes)
            shapes[atom] = {variable: (period * atom.parts[1], degree) for variable, (period, degree) in inner.items()}
        else:
            shapes[atom] = {atom: (1, 1)}
    return _shape(size, shapes)


def _is_number_division(atom: Atom) -> bool:
    return atom.kind == "//" and isinstance(atom.parts[1], int)


def _shape(size: Dim, shapes: dict[Atom, Shape]) -> Shape:
    total: Shape = {}
    for monomial in size.terms:
        for variable, (period, degree) in _monomial_shape(monomial, shapes).items():
            old_period, old_degree = total.get(variable, (1, 0))
            total[variable] = (lcm(old_period, period), max(old_degree, degree))
    return total


def _monomial_shape(monomial: Monomial, shapes: dict[Atom, Shape]) -> Shape:
    total: Shape = {}
    for atom in monomial:
        for variable, (period, degree) in shapes[atom].items():
            old_period, old_degree = total.get(variable, (1, 0))
            total[variable] = (lcm(old_period, period), old_degree + degree)
    return total


def _axes(known: Assumptions, size: Dim, needs_start: bool) -> list[Axis] | None:
    """The samples to take; None if they are too many or a variable has no least value to start from."""
    shape = periods(size)
    if shape is None or any(degree > MAX_DEGREE for _, degree in shape.values()):
        return None
    if prod(period for period, _ in shape.values()) > MAX_SAMPLES:
        return None
    axes = [_axis(known, atom, period, degree) for atom, (period, degree) in shape.items()]
    if needs_start and any(known.bounds(Dim({(axis.atom,): 1}))[0] is None for axis in axes):
        return None
    return axes if prod(axis.length for axis in axes) <= MAX_SAMPLES else None


def _axis(known: Assumptions, atom: Atom, period: int, degree: int) -> Axis:
    low, high = known.bounds(Dim({(atom,): 1}))
    start, length = low or 0, period * (degree + 1)
    if low is not None and high is not None and high - low < length:
        return Axis(atom, start, max(high - low + 1, 1), period, degree, True)
    return Axis(atom, start, length, period, degree, False)


def _values(
    size: Dim, axes: list[Axis], holds: Callable[[int], bool]
) -> tuple[list[int] | None, dict[Atom, int] | None]:
    """The size at every sample; or, at the first where it does not hold, that sample."""
    evaluator = Evaluator([size], [axis.atom for axis in axes])
    if evaluator.cost * prod(axis.length for axis in axes) > MAX_WORK:
        return None, None
    values = []
    for point in product(*(range(axis.start, axis.start + axis.length) for axis in axes)):
        sample = {axis.atom: value for axis, value in zip(axes, point)}
        result = evaluator.run(sample)
        if result is None or not holds(result[0]):
            is_real = result is not None and all(axis.atom.kind == "symbol" for axis in axes)
            return None, sample if is_real else None
        values.append(result[0])
    return values, None


def _differences(values: list[int], axes: list[Axis]) -> list[int]:
    """Forward differences along every axis that goes on beyond its samples, one period apart."""
    inner = 1
    for axis in reversed(axes):
        for order in range(1, 1 if axis.is_whole else axis.degree + 1):
            for index in range(len(values) - 1, -1, -1):
                if index // inner % axis.length >= order * axis.period:
                    values[index] -= values[index - axis.period * inner]
        inner *= axis.length
    return values
