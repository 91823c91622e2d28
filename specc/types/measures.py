"""What sizes are made of and how much of it; without recursion, for nesting may be deep."""

from __future__ import annotations

from collections.abc import Container, Iterable

from specc.types.dims import Atom, Dim, Size


def all_atoms(dims: Iterable[Dim], given: Container[Atom] = ()) -> tuple[Atom, ...]:
    """The atoms under the dims, parts before wholes; what is under a `given` atom is left out."""
    found: set[Atom] = set()
    waiting = list(dims)
    while waiting:
        for monomial in waiting.pop().terms:
            for atom in monomial:
                if atom not in found:
                    found.add(atom)
                    if atom not in given:
                        waiting.extend(part for part in atom.parts if isinstance(part, Dim))
    return tuple(sorted(found, key=lambda atom: atom.serial))


def is_larger(size: Size, atoms: int, terms: int) -> bool:
    """Whether a size has, with all its parts, more atoms or more terms than these; counts no further."""
    found: set[Atom] = set()
    waiting = [size] if isinstance(size, Dim) else []
    while waiting:
        part = waiting.pop()
        terms -= len(part.terms)
        new = {atom for monomial in part.terms for atom in monomial} - found
        found |= new
        if terms < 0 or len(found) > atoms:
            return True
        waiting.extend(inner for atom in new for inner in atom.parts if isinstance(inner, Dim))
    return False
