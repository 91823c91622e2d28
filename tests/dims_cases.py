"""Random integer expressions and facts, built once with sizes and once with plain Python numbers."""

from __future__ import annotations

import operator

from hypothesis import strategies as st

from specc.types.dims import maximum, minimum, symbol

COMPARISONS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ARITHMETIC = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
}

NUMBERS = st.integers(-9, 9) | st.sampled_from([16, 32, 2**62])
DIVISORS = st.sampled_from([1, 2, 2, 3, 4, 7, 16, -2, -3])


def expressions(names: str, leaves: int = 8):
    """Trees of nested tuples: a name, a number, ("neg", x), (operator, x, y), ("min" or "max", x, y)."""

    def larger(inner):
        return st.one_of(
            st.tuples(st.sampled_from(["+", "-", "*", "+", "-", "//", "%", "min", "max"]), inner, inner),
            st.tuples(st.sampled_from(["//", "%"]), inner, DIVISORS),
            st.tuples(st.just("neg"), inner),
        )

    return st.recursive(st.sampled_from(names) | NUMBERS, larger, max_leaves=leaves)


def plain_claims(names: str):
    """(op, x, y) of the kind that specs state: divisibility, limits, equal or ordered sizes."""
    name, number = st.sampled_from(names), st.integers(1, 40)
    comparison = st.sampled_from(sorted(COMPARISONS))
    linear = st.tuples(st.just("+"), st.tuples(st.just("*"), st.integers(-3, 4), name), name)
    return st.one_of(
        st.tuples(st.just("=="), st.tuples(st.just("%"), name | linear, st.integers(1, 16)), st.integers(0, 3)),
        st.tuples(st.just("=="), st.tuples(st.just("%"), name, name), st.just(0)),
        st.tuples(comparison, name | linear, number | name),
        st.tuples(comparison, st.tuples(st.just("//"), linear, st.integers(1, 5)), number),
        st.tuples(comparison, st.tuples(st.just("*"), name, name), number),
        st.tuples(comparison, st.tuples(st.just("min"), name, linear), number),
    )


def symbols(names: str) -> dict:
    """Each name as a symbolic size."""
    return {name: symbol(name) for name in names}


def build(tree, values):
    """The expression's value; with numbers for names this is plain Python arithmetic."""
    if isinstance(tree, str):
        return values[tree]
    if isinstance(tree, int):
        return tree
    op, *parts = tree
    built = [build(part, values) for part in parts]
    if op == "neg":
        return -built[0]
    if op in ("min", "max"):
        if all(isinstance(part, int) for part in built):
            return min(built) if op == "min" else max(built)
        return (minimum if op == "min" else maximum)(*built)
    return ARITHMETIC[op](*built)


def value_of(tree, values):
    """The plain Python value, None where it divides by zero."""
    try:
        return build(tree, values)
    except ZeroDivisionError:
        return None


def holds(claim, values):
    """Whether (op, x, y) is true of numbers, None where a side divides by zero."""
    op, left, right = claim
    sides = value_of(left, values), value_of(right, values)
    return None if None in sides else COMPARISONS[op](*sides)
