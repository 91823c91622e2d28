"""Symbolic sizes against plain Python arithmetic, and the forms that networks need."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dims_cases import build, expressions, symbols, value_of
from specc.types.dims import MAX_TERMS, Dim, limits_of, maximum, minimum, symbol

NAMES = "HWN"
SIZES = st.integers(1, 12) | st.integers(1, 400)
ASSIGNMENTS = st.fixed_dictionaries({name: SIZES for name in NAMES})
H, W, N, T, h, w, p = map(symbol, ["H", "W", "N", "T", "h", "w", "p"])


def symbolic(tree, values=None):
    try:
        return build(tree, values or symbols(NAMES))
    except ZeroDivisionError:
        assume(False)


def evaluated(size, values):
    return size if isinstance(size, int) else size.evaluate(values)


@settings(max_examples=200, deadline=None)
@given(expressions(NAMES), st.lists(ASSIGNMENTS, min_size=5, max_size=15))
def test_evaluates_to_what_python_computes_and_stays_in_its_limits(tree, assignments):
    size = symbolic(tree)
    low, high = limits_of(size)
    for values in assignments:
        expected = value_of(tree, values)
        if expected is not None:
            assert evaluated(size, values) == expected
            assert low is None or low <= expected
            assert high is None or expected <= high


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(expressions(NAMES, 5), expressions(NAMES, 3), expressions(NAMES, 3), ASSIGNMENTS)
def test_substitution_commutes_with_evaluation(tree, for_h, for_w, values):
    inner = {"H": value_of(for_h, values), "W": value_of(for_w, values), "N": values["N"]}
    assume(None not in inner.values() and min(inner.values()) >= 1)
    size = symbolic(tree)
    expected = value_of(tree, inner)
    assume(expected is not None and isinstance(size, Dim))
    replaced = size.substitute({"H": symbolic(for_h), "W": symbolic(for_w)})
    assert evaluated(replaced, values) == expected


@settings(max_examples=100, deadline=None)
@given(expressions(NAMES), expressions(NAMES), st.lists(ASSIGNMENTS, min_size=3, max_size=6))
def test_equal_forms_have_equal_values(left, right, assignments):
    for other in (right, ("-", ("+", left, right), right), ("+", ("neg", ("neg", left)), 0)):
        a, b = symbolic(left), symbolic(other)
        if a == b:
            assert hash(a) == hash(b)
            for values in assignments:
                pair = value_of(left, values), value_of(other, values)
                assert None in pair or pair[0] == pair[1]


@settings(max_examples=100, deadline=None)
@given(expressions(NAMES, 5))
def test_building_again_gives_the_same_form_and_text(tree):
    first, second = symbolic(tree), symbolic(tree)
    assert first == second and str(first) == str(second)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (16 * h, "16 * h"),
        ((H + 1) // 2, "(H + 1) // 2"),
        (T * N, "N * T"),
        (1 - T, "1 - T"),
        (-H - 1, "-H - 1"),
        (H % 16, "H % 16"),
        (3 - 2 * (H % 16), "3 - 2 * (H % 16)"),
        (-H % 7, "(-H) % 7"),
        ((H // 2) * W + 3, "(H // 2) * W + 3"),
        (-(H // 2), "-(H // 2)"),
        (W - H // 2, "W - H // 2"),
        (H * H * W, "H**2 * W"),
        (3 * minimum(W + 1, H + 1), "3 * min(H, W) + 3"),
        (maximum(H, W, 7) // 2, "max(7, H, W) // 2"),
        ((H // w) // 3, "H // (3 * w)"),
        (symbol("head_dim") // 2, "head_dim // 2"),
    ],
)
def test_text(size, text):
    assert str(size) == text


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((2 * h) // 2, h),
        ((16 * h + 15) // 16, h),
        ((2 * h - 1) // 2, h - 1),
        ((H + 2 - 3) // 2 + 1, (H - 1) // 2 + 1),
        ((H - 1) // 2 + 1, (H + 1) // 2),
        (-(-H // 2), (H + 1) // 2),
        (H // 4 // 3, H // 12),
        (((H + 1) // 2 + 1) // 2, (H + 3) // 4),
        ((H // 2 + W) // 2, (H + 2 * W) // 4),
        (H - (H // 16) * 16, H % 16),
        (H - (H // w) * w, H % w),
        ((5 * H + 3) % 5, 3),
        ((7 * H) % 5, (2 * H) % 5),
        (H + (7 - H % 7) % 7, 7 * ((H + 6) // 7)),
        ((H + (w - H % w) % w) % w, 0),
        (H + (w - H % w) % w, w * (-(-H // w))),
        ((N * T) // T, N),
        ((N * T + T) // T, N + 1),
        ((H * W) // (p * p) * 0, 0),
        ((p * h) // p * ((p * w) // p), h * w),
        ((H + W) ** 2 // (H + W), H + W),
        (maximum(H, 1), H),
        (maximum(H - 1, 0), H - 1),
        (minimum(H, H + 3), H),
        (minimum(2 * H, 2 * W), 2 * minimum(W, H)),
        ((H % 8) // 8, 0),
        (H % 8 % 16, H % 8),
        (H // -2, -((H + 1) // 2)),
        (H - H // 2, (H + 1) // 2),
        (H // 2 + (H + 1) // 2, H),
        ((H + H % 2) // 2, (H + 1) // 2),
        (3 * ((H + W + 1) // 2) - 3 * H - 3 * W, -3 * ((H + W) // 2)),
    ],
)
def test_equal_by_form(left, right):
    assert left == right


def test_distinct_sizes_differ():
    assert H != W and H != H + 1 and H // 2 != (H + 1) // 2 and H % 3 != H % 4 and H != 1


def conv(size, kernel, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def test_resnet_branches_agree():
    size = conv(conv(H, 7, 2, 3), 3, 2, 1)
    for _ in range(3):
        assert conv(size, 3, 2, 1) == conv(size, 1, 2)
        size = conv(size, 3, 2, 1)
    assert size == (H + 31) // 32 == -(-H // 32)


def test_divisible_sizes_stay_simple():
    size = 32 * h
    for _ in range(5):
        size = conv(size, 3, 2, 1)
    assert size == h
    assert conv(16 * h, 2, 2) == 8 * h and conv(16 * h, 16, 16) * conv(16 * w, 16, 16) == h * w


def test_constants_are_plain_ints():
    for size in (H * 0, H - H, (H + 3) - H, (2 * H + 1) % 2, H // H, H**0, 0 // H, minimum(H, 0)):
        assert type(size) is int


def test_order_is_not_defined():
    for compare in (lambda: H < W, lambda: H >= 1, lambda: sorted([H, W]), lambda: min(H, W)):
        with pytest.raises(TypeError):
            compare()


def test_errors_are_those_of_numbers():
    with pytest.raises(ZeroDivisionError):
        H // 0
    with pytest.raises(ZeroDivisionError):
        H % (W - W)
    with pytest.raises(ZeroDivisionError):
        (H // (W - 1)).evaluate({"H": 3, "W": 1})
    with pytest.raises(KeyError):
        (H + W).evaluate({"H": 1})
    with pytest.raises(ValueError):
        H**-1
    for operation in (lambda: H + 0.5, lambda: H / 2, lambda: "a" + H, lambda: H**W):
        with pytest.raises(TypeError):
            operation()


def test_symbols_at_any_depth():
    assert minimum((H // w) // 3 + N, T).symbols() == {"H", "w", "N", "T"}


def inner_dims(size):
    return [part for atom in size.atoms() for part in atom.parts if isinstance(part, Dim)]


def largest(size):
    return max(len(part.terms) for part in (size, *inner_dims(size)))


def test_products_of_sums_do_not_blow_up():
    size, values, expected = 1, {}, 1
    for index in range(40):
        names = [f"a{index}", f"b{index}", f"c{index}"]
        size = size * (symbol(names[0]) + symbol(names[1]) * symbol(names[2]) + 1)
        values |= {names[0]: index + 1, names[1]: 2, names[2]: 3}
        expected *= index + 8
    assert largest(size) <= MAX_TERMS
    assert size.evaluate(values) == expected


def test_powers_and_long_sums_do_not_blow_up():
    power = (H + W + 1) ** 200
    assert largest(power) <= MAX_TERMS and power.evaluate({"H": 1, "W": 1}) == 3**200
    total = sum(symbol(f"s{index}") for index in range(500))
    assert largest(total) <= MAX_TERMS and total.evaluate({f"s{index}": 2 for index in range(500)}) == 1000


def test_differences_of_long_sums():
    left = sum(symbol(f"a{index}") for index in range(40))
    right = sum(symbol(f"b{index}") for index in range(35))
    values = {f"a{index}": index + 1 for index in range(40)} | {f"b{index}": 3 for index in range(35)}
    assert (left - right).evaluate(values) == 820 - 105
    assert (right - left).evaluate(values) == 105 - 820


def test_huge_factors_do_not_grow():
    size = H
    for _ in range(100):
        size = size * 2**62 + 1
    assert all(abs(factor) < 1 << 600 for part in inner_dims(size) for factor in part.terms.values())
    assert size % 2 == 1


def test_deep_nesting_stays_flat_enough():
    size, number = H, 17
    for _ in range(600):
        size, number = (3 * size + 1) // 2 % 1009 + 1, (3 * number + 1) // 2 % 1009 + 1
    assert size.evaluate({"H": 17}) == number
    assert len(str(size)) < 300
    assert size.substitute({"H": 17}) == number


def test_shared_parts_are_not_repeated():
    size = H
    for _ in range(60):
        size = (size * size + W) // 7
    assert len(size.atoms()) < 200 and len(str(size)) < 300
