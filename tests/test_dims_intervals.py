"""Interval arithmetic against every pair of values."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specc.types import intervals

FAR = 60  # an open end, for the values tried
ENDS = st.none() | st.integers(-6, 6)


@st.composite
def pairs(draw):
    low, high = draw(ENDS), draw(ENDS)
    return (high, low) if low is not None and high is not None and low > high else (low, high)


def values(interval):
    low, high = interval
    return range(-FAR if low is None else low, (FAR if high is None else high) + 1)


def hull(results):
    """The interval of the results, an end beyond the finite inputs' reach taken as open."""
    low, high = min(results), max(results)
    return None if low <= -FAR + 12 else low, None if high >= FAR - 12 else high


@settings(max_examples=120, deadline=None)
@given(pairs(), pairs())
def test_sums_products_and_choices_are_exact(a, b):
    points = list(product(values(a), values(b)))
    assert intervals.add(a, b) == hull([x + y for x, y in points])
    assert intervals.multiply(a, b) == hull([x * y for x, y in points])
    assert intervals.least([a, b]) == hull([min(pair) for pair in points])
    assert intervals.greatest([a, b]) == hull([max(pair) for pair in points])


@settings(max_examples=120, deadline=None)
@given(pairs(), pairs())
def test_quotients_are_exact_for_divisors_of_one_sign(a, b):
    result = intervals.floor_divide(a, b)
    if 0 in values(b):
        assert result == intervals.EVERYTHING
        return
    quotients = [x // y for x, y in product(values(a), values(b))]
    finite = [end for end in result if end is not None]
    assert all(result[0] is None or result[0] <= q for q in quotients)
    assert all(result[1] is None or q <= result[1] for q in quotients)
    assert all(end in quotients for end in finite)
    assert (result[0] is None, result[1] is None) == tuple(abs(q) >= 8 for q in (min(quotients), max(quotients)))


@pytest.mark.parametrize(
    ("a", "b", "expected"), [((0, 5), (3, None), (3, 5)), ((None, 2), (None, 1), (None, 1)), ((4, 5), (1, 2), (4, 2))]
)
def test_intersection(a, b, expected):
    assert intervals.intersect(a, b) == expected
