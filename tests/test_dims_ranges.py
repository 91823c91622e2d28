"""Ranges of integer values against every value they stand for."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dims_cases import ARITHMETIC
from specc.types.dims import Dim, symbol
from specc.types.ranges import Range, below, exactly, hull

V, K = symbol("V"), symbol("K")
SIZES = {"V": 5, "K": 3}
ENDS = st.none() | st.integers(-7, 7) | st.sampled_from([V, K, V - K, 2 * K, V + 1, K - 2])


def number(end):
    return end.evaluate(SIZES) if isinstance(end, Dim) else end


def values(interval, reach=9):
    """The values in a range, those of an open end up to `reach`."""
    low, high = number(interval.low), number(interval.high)
    return list(range(-reach if low is None else low, reach if high is None else high))


def contains(interval, value):
    low, high = (None, None) if interval is None else (number(interval.low), number(interval.high))
    return (low is None or low <= value) and (high is None or value < high)


@st.composite
def ranges(draw):
    """A range that is not empty for the sizes above."""
    low, high = draw(ENDS), draw(ENDS)
    if low is not None and high is not None and number(low) >= number(high):
        high = low + draw(st.integers(1, 6))
    return Range(low, high)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(ARITHMETIC)), ranges(), ranges() | st.integers(-4, 4))
def test_arithmetic_keeps_every_value(op, left, right):
    result = ARITHMETIC[op](left, right)
    for x, y in product(values(left), values(right) if isinstance(right, Range) else [right]):
        if y != 0 or op in "+-*":
            assert contains(result, ARITHMETIC[op](x, y))


@settings(max_examples=200, deadline=None)
@given(ranges(), ranges(), ENDS, ENDS)
def test_hull_and_clamp_keep_every_value(left, right, least, greatest):
    union, clamped = hull([left, right]), left.clamp(least, greatest)
    assert all(contains(union, value) for value in values(left) + values(right))
    for value in values(left):
        value = value if least is None else max(value, number(least))
        assert contains(clamped, value if greatest is None else min(value, number(greatest)))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from("+-*"), st.integers(-6, 6), st.integers(1, 6), st.integers(-6, 6), st.integers(1, 6))
def test_numbers_give_the_tightest_range(op, low, length, other_low, other_length):
    left, right = Range(low, low + length), Range(other_low, other_low + other_length)
    results = [ARITHMETIC[op](x, y) for x, y in product(values(left), values(right))]
    assert ARITHMETIC[op](left, right) == Range(min(results), max(results) + 1)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (below(V) + K * 0, below(V)),
        (below(V) + 1, Range(1, V + 1)),
        (1 + below(10), Range(1, 11)),
        (9 - below(10), Range(0, 10)),
        (below(V) * 2, Range(0, 2 * V - 1)),
        (below(V) * V + below(V), below(V * V)),
        (below(100) // 10, below(10)),
        (below(10 * V) // 10, below(V)),
        (Range(None, None) % V, below(V)),
        (Range(-5, None) % 7, below(7)),
        (below(5) % 7, below(5)),
        (below(100) % 7, below(7)),
        (below(5) % Range(3, 9), below(5)),
        (below(V).clamp(0, K - 1).high, (below(K).clamp(0, V - 1)).high),
        (Range(-100, 100).clamp(0, 9), below(10)),
        (Range(None, None).clamp(0), Range(0, None)),
        (below(3).union(Range(5, 7)), below(7)),
        (hull([below(V), None]), None),
        (hull([]), None),
        (exactly(V), Range(V, V + 1)),
    ],
)
def test_forms(result, expected):
    assert result == expected


def test_lost_ranges_are_none():
    assert Range(None, None) + 1 is None
    assert below(V) // below(3) is None
    assert Range(0, None) - Range(0, None) is None
    assert Range(None, 5) * Range(-3, 5) is None


def test_text():
    assert [str(r) for r in (below(V), Range(2, 5), Range(0, None), Range(None, 3))] == [
        "< V",
        "2 <= ... < 5",
        ">= 0",
        "< 3",
    ]
