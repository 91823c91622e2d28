"""How sizes are written in messages: `16 * h`, `(H + 1) // 2`, `N * T`, `H % 16`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from specc.types.dims import Atom, Dim, Monomial, Size

Remainder = tuple[int, Any, int]

MAX_LENGTH = 160


def text_of(dim: Dim) -> str:
    """The size as Python arithmetic: higher degrees first, then by name, the constant last."""
    remainders, rest = split_remainders(dim)
    terms = [(factor, f"{_grouped(str(numerator))} % {divisor}", True) for factor, numerator, divisor in remainders]
    if not isinstance(rest, int):
        monomials = sorted(rest.terms, key=monomial_order)
        terms += [(rest.terms[monomial], _monomial_text(monomial), _is_quotient(monomial)) for monomial in monomials]
    elif rest or not terms:
        terms.append((rest, "", False))
    first = next((index for index, term in enumerate(terms) if term[0] > 0), 0)
    terms.insert(0, terms.pop(first))
    return _shortened("".join(_signed(term, index == 0) for index, term in enumerate(terms)))


def atom_text(atom: Atom) -> str:
    """An atom by itself."""
    if atom.kind == "symbol":
        return str(atom.parts[0])
    texts = [str(part) for part in atom.parts]
    if atom.kind == "//":
        return _shortened(f"{_grouped(texts[0])} // {_grouped(texts[1])}")
    return _shortened(f"({texts[0]})" if atom.kind == "box" else f"{atom.kind}({', '.join(texts)})")


def split_remainders(dim: Dim) -> tuple[list[Remainder], Size]:
    """`dim` as a sum of factor * (numerator % divisor) and a rest that has none in it.

    Of x % n and n - 1 - (-x - 1) % n, which are the same, the one that leaves the smaller constant is taken.
    """
    found: list[Remainder] = []
    rest: Size = dim
    for monomial, factor in dim.terms.items():
        if len(monomial) == 1 and monomial[0].kind == "//" and not isinstance(rest, int):
            numerator, divisor = monomial[0].parts
            if isinstance(divisor, int) and factor % divisor == 0:
                times = -factor // divisor
                if _contains(rest, numerator, times):
                    same = (times, numerator, divisor), (-times, divisor - 1 - numerator, divisor)
                    part = min(same, key=lambda part: abs(_constant(_without(rest, part))))
                    found.append(part)
                    rest = _without(rest, part)
    return found, rest


def monomial_order(monomial: Monomial) -> tuple[int, int, list[str]]:
    """A key that sorts the terms of a size as they are written."""
    return not monomial, -len(monomial), [atom.text for atom in monomial]


def _without(size: Size, part: Remainder) -> Size:
    factor, numerator, divisor = part
    return size - factor * (numerator % divisor)


def _constant(size: Size) -> int:
    return size if isinstance(size, int) else size.constant


def _contains(dim: Size, part: Dim, times: int) -> bool:
    if isinstance(dim, int):
        return False
    return all(dim.terms.get(monomial) == times * factor for monomial, factor in part.terms.items() if monomial)


def _monomial_text(monomial: Monomial) -> str:
    atoms = sorted(set(monomial), key=lambda atom: (atom.text, atom.serial))
    factors = []
    for atom in atoms:
        power = monomial.count(atom)
        text = _grouped(atom.text) if len(monomial) > 1 and atom.kind == "//" else atom.text
        factors.append(text if power == 1 else f"{text}**{power}")
    return " * ".join(factors)


def _signed(term: tuple[int, str, bool], is_first: bool) -> str:
    factor, text, is_quotient = term
    size = abs(factor)
    if not text:
        body = str(size)
    elif size == 1:
        body = f"({text})" if is_first and factor < 0 and is_quotient else text
    else:
        body = f"{size} * ({text})" if is_quotient else f"{size} * {text}"
    sign = "-" if factor < 0 else "+"
    return (sign if factor < 0 else "") + body if is_first else f" {sign} {body}"


def _is_quotient(monomial: Monomial) -> bool:
    return len(monomial) == 1 and monomial[0].kind == "//"


def _grouped(text: str) -> str:
    """The text in brackets unless it is a name, a number or a call."""
    is_call = text.startswith(("min(", "max(")) and text.endswith(")") and text.count("(") == 1
    return text if is_call or text.replace("_", "a").isalnum() else f"({text})"


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH // 2] + " … " + text[-MAX_LENGTH // 4 :]
