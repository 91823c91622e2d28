"""What is proved, refuted and witnessed about symbolic sizes, against brute force."""

from itertools import product

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dims_cases import COMPARISONS, build, expressions, holds, plain_claims, symbols
from specc.types import evaluator
from specc.types.dims import Dim, maximum, minimum, symbol
from specc.types.facts import Facts

H, W, N, T, C, h, w, g = map(symbol, ["H", "W", "N", "T", "C", "h", "w", "g"])
PAIRS = [{"H": a, "W": b} for a, b in product(range(1, 41), repeat=2)]
ODD_CLAIMS = st.tuples(st.sampled_from(sorted(COMPARISONS)), expressions("HW", 5), expressions("HW", 4))


def stated(claim):
    op, left, right = claim
    try:
        return op, build(left, symbols("HW")), build(right, symbols("HW"))
    except ZeroDivisionError:
        assume(False)


def facts_of(claims):
    facts = Facts()
    for claim in claims:
        facts.assume(*stated(claim))
    return facts


def completed(witness, assumed):
    """Assignments of both symbols to go with a witness: it says nothing of one on which neither side depends.

    That symbol is small, or what the facts lead to: with H = 200, a fact W >= H + 5 leaves nothing small.
    """
    missing = sorted({"H", "W"} - witness.keys())
    yield from (witness | dict(zip(missing, values)) for values in product(range(1, 200), repeat=len(missing)))
    if len(missing) == 1:
        known = facts_of([*assumed, *(("==", name, value) for name, value in witness.items())])
        least = known.witness("==", symbol(missing[0]), 0)
        assume(least is not None)
        yield witness | least


@settings(max_examples=120, deadline=None)
@given(st.lists(plain_claims("HW"), max_size=3), plain_claims("HW") | ODD_CLAIMS)
@example([(">=", "W", ("+", "H", 5)), (">=", "H", 200)], ("<", "H", 1))
def test_verdicts_agree_with_brute_force(assumed, claim):
    facts, question = facts_of(assumed), stated(claim)
    verdict, witness = facts.prove(*question), facts.witness(*question)
    allowed = [values for values in PAIRS if all(holds(fact, values) for fact in assumed)]
    if verdict is True:
        assert all(holds(claim, values) is not False for values in allowed)
        assert witness is None
    if verdict is False:
        assert facts.satisfiable() is True
    if witness is not None:
        assert any(
            holds(claim, point) is False and all(holds(fact, point) for fact in assumed)
            for point in completed(witness, assumed)
        )


@settings(max_examples=120, deadline=None)
@given(st.lists(plain_claims("HW"), max_size=4), expressions("HW", 4))
def test_bounds_and_satisfiability_agree_with_brute_force(assumed, tree):
    facts = facts_of(assumed)
    allowed = [values for values in PAIRS if all(holds(fact, values) for fact in assumed)]
    assert not (allowed and facts.satisfiable() is False)
    _, size, _ = stated(("==", tree, 0))
    low, high = facts.bounds(size)
    for values in allowed:
        try:
            value = build(tree, values)
        except ZeroDivisionError:
            continue
        assert (low is None or low <= value) and (high is None or value <= high)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 12), st.integers(-40, 40), st.integers(1, 12), st.integers(1, 6), st.integers(-9, 9))
def test_divisions_of_one_symbol_are_decided(scale, shift, divisor, outer, other):
    """An equality of floor divisions of one symbol with small periods is always decided."""

    def sides(n):
        return (scale * n + shift) // divisor // outer, (scale * n + other) // (divisor * outer)

    numbers = [left == right for left, right in map(sides, range(1, 2000))]
    assert Facts().prove("==", *sides(H)) is all(numbers)


def upsampled(size, depth):
    """A U-Net's size after `depth` pools by 2 and as many doublings."""
    for _ in range(depth):
        size = size // 2
    return size * 2**depth


def test_unet_needs_divisibility():
    facts = Facts()
    assert facts.prove("==", H, upsampled(H, 4)) is False
    assert facts.witness("==", H, upsampled(H, 4)) == {"H": 17}
    assert facts.witness("==", upsampled(H, 5), H) == {"H": 33}
    assert facts.prove("==", 16 * h, upsampled(16 * h, 4)) is True
    facts.assume("==", H % 16, 0)
    assert facts.prove("==", H, upsampled(H, 4)) is True
    assert facts.prove("==", H, upsampled(H, 3)) is True
    assert facts.prove("==", H, upsampled(H, 5)) is False
    assert facts.witness("==", H, upsampled(H, 5)) == {"H": 48}
    assert facts.bounds(H) == (16, None)


def test_unet_concatenation_at_every_level():
    facts = Facts()
    facts.assume("==", H % 8, 0)
    sizes = [H, H // 2, H // 2 // 2, H // 2 // 2 // 2]
    for upper, lower in zip(sizes, sizes[1:]):
        assert facts.prove("==", upper, 2 * lower) is True


def test_resnet_strides_agree_without_search():
    facts, size = Facts(), H
    for _ in range(5):
        assert facts.prove("==", (size + 2 - 3) // 2 + 1, (size - 1) // 2 + 1) is True
        size = (size - 1) // 2 + 1
    assert facts.work == 0


def test_pools_with_and_without_ceiling():
    facts = Facts()
    assert facts.prove("==", H // 2 + (H + 1) // 2, H) is True
    assert facts.prove("==", H // 2, (H + 1) // 2) is False
    assert facts.witness("==", H // 2, (H + 1) // 2) == {"H": 3}
    assert facts.prove("<=", H // 2, (H + 1) // 2) is True
    assert facts.prove(">=", 2 * (H // 2) + 1, H) is True


def ceil_pool(size, kernel, stride, padding=0):
    """A pool's size with ceil_mode: the last window has to begin inside the padded input."""
    room = size + 2 * padding - kernel
    return minimum((room + stride - 1) // stride, (size + padding - 1) // stride) + 1


def test_ceil_mode_is_simplified_where_the_cap_is_needless():
    assert ceil_pool(H, 2, 2) == (H + 1) // 2
    assert ceil_pool(H, 3, 2) == H // 2
    assert ceil_pool(H, 3, 2, 1) == H // 2 + 1
    assert ceil_pool(H, 3, 3) == ceil_pool(H, 2, 3) == (H + 2) // 3
    assert Facts().prove("==", ceil_pool(8 * h, 2, 2), 4 * h) is True


def test_patch_merging_of_padded_maps():
    padded = H + H % 2
    rows = [(padded + 1 - start) // 2 for start in (0, 1)]
    assert rows == [(H + 1) // 2, (H + 1) // 2]
    assert Facts().prove("==", rows[0] * 2, padded) is True


def test_chunks_put_together_again():
    step = (H + 2) // 3
    assert Facts().prove("==", step + step + (H - 2 * step), H) is True
    assert H // 2 + (H - H // 2) == H
    assert Facts().prove("==", H // 3 + (H + 1) // 3 + (H + 2) // 3, H) is True


def test_swin_windows():
    facts = Facts()
    for window in (7, w):
        padded = H + (window - H % window) % window
        assert facts.prove("==", padded % window, 0) is True
        assert facts.prove("==", padded // window * window, padded) is True
        assert facts.prove(">=", padded, H) is True
    assert facts.prove("<", H + (7 - H % 7) % 7 - H, 7) is True


def test_vision_transformer_tokens():
    patches = (16 * h // 16) * (16 * w // 16)
    assert Facts().prove("==", patches + 1, h * w + 1) is True
    facts = Facts()
    facts.assume("==", H % 16, 0)
    facts.assume("==", W % 16, 0)
    assert facts.prove("==", (H // 16) * (W // 16) * 256, H * W) is True
    assert facts.prove("==", (H // 32) * (W // 16) * 512, H * W) is False


def test_heads_and_groups():
    facts = Facts()
    facts.assume("==", C % g, 0)
    assert facts.prove("==", C // g * g, C) is True
    assert facts.prove("==", N * T * (C // g) * g, N * T * C) is True
    assert facts.prove("==", (C + 1) // g * g, C + 1) is False
    facts.assume("==", g, 8)
    assert facts.prove("==", C % 8, 0) is True
    assert facts.prove(">=", C, 8) is True


def test_pixel_shuffle_and_rearrange():
    r = symbol("r")
    facts = Facts()
    assert facts.prove("==", (C * r * r) // (r * r), C) is True
    assert facts.prove("==", C * (H * r) * (W * r), (C * r**2) * H * W) is True
    facts.assume("==", C, h * w)  # (h w) in a rearrangement pattern
    assert facts.prove("==", C // h, w) is True
    assert facts.prove("==", C % w, 0) is True


def test_lower_bounds_of_convolutions_are_respected():
    facts = Facts()
    facts.assume(">=", (H - 7) // 2 + 1, 1)
    assert facts.bounds(H) == (7, None)
    assert facts.prove(">", H, 6) is True
    assert facts.witness("==", H, 2 * (H // 2)) == {"H": 7}
    facts.assume("<", H, 9)
    assert facts.bounds(H) == (7, 8)
    facts.assume("==", H % 2, 0)
    assert facts.prove("==", H, 8) is True
    assert facts.satisfiable() is True
    facts.assume("!=", H, 8)
    assert facts.satisfiable() is False
    assert facts.prove("==", H, 100) is True  # of no assignment at all, anything is true


@pytest.mark.parametrize(
    ("assumed", "satisfiable"),
    [
        ([("<=", T, 1024), (">=", T, 1025)], False),
        ([("==", H % 4, 1), ("==", H % 6, 2)], False),
        ([("==", H % 4, 1), ("==", H % 6, 3)], True),
        ([("==", 2 * H, 2 * W + 1)], False),
        ([("<", H, W), ("<", W, H)], False),
        ([("<", H, W), ("<", W, H + 2)], True),
        ([("==", H, W), ("!=", W, H)], False),
        ([("==", 2 * H, 3 * W), ("==", H + W, 10)], True),
        ([("==", 2 * H, 3 * W), ("==", H + W, 11)], False),
        ([("<=", H + W, 1)], False),
        ([("==", minimum(H, W), 3), ("==", maximum(H, W), 2)], False),
        ([("==", H * W, 12), ("<=", H, 12), ("<=", W, 12)], True),
        ([("==", H * W, 13), (">", H, 1), (">", W, 1)], False),
        ([(">", 0, H)], False),
        ([("==", 3, 4)], False),
    ],
)
def test_contradictions_are_found(assumed, satisfiable):
    facts = Facts()
    for op, a, b in assumed:
        facts.assume(op, a, b)
    assert facts.satisfiable() is satisfiable


def test_bounds_of_quotients_bound_what_is_divided():
    facts = Facts()
    facts.assume("<=", H // 4, 3)
    facts.assume(">=", (W + 1) // 3, 2)
    assert facts.bounds(H) == (1, 15)
    assert facts.bounds(W) == (5, None)
    assert facts.prove("<=", H, 14) is False


def test_nested_periods_are_covered():
    assert Facts().prove("==", (2 * (H // 5)) // 7, 0) is False
    assert Facts().witness("==", (2 * (H // 5)) // 7, 0) == {"H": 20}
    assert Facts().prove("<=", (2 * (H // 5)) // 7, 2 * H // 35) is True


def test_facts_reach_through_other_symbols():
    facts = Facts()
    for op, size, number in (("<=", H * W, 12), (">=", W * N, 20), ("<=", N, 4)):
        facts.assume(op, size, number)
    assert facts.prove("<=", H, 2) is not False  # N <= 4 makes W >= 5
    assert facts.prove("<=", H, 1) is False


def test_all_values_are_tried_where_they_are_few():
    facts = Facts()
    facts.assume("==", H * W, 12)
    assert facts.bounds(H) == (1, 12)
    assert facts.prove(">=", H + W, 7) is True
    assert facts.prove(">=", H + W, 8) is False
    assert facts.witness(">=", H + W, 8) == {"H": 3, "W": 4}


def test_facts_of_two_symbols():
    facts = Facts()
    facts.assume("<=", H, W)
    assert facts.prove("<=", H, W + 1) is True
    assert facts.prove("<=", 2 * H, 2 * W) is True
    assert facts.prove("<=", W, H) is False
    facts.assume("==", (H + W) % 2, 0)
    assert facts.prove("==", (H + W) // 2 * 2, H + W) is True
    assert facts.witness("==", H, W) == {"H": 1, "W": 3}
    assert Facts().witness("<", H // 5, 126) == {"H": 630}


def test_a_fact_proves_itself():
    facts = Facts()
    facts.assume("!=", H, W)
    facts.assume("==", (H * W) % 12, 0)
    facts.assume(">=", H * W, N * T)
    assert facts.prove("!=", W, H) is True
    assert facts.prove("==", H * W % 12, 0) is True
    assert facts.prove("<=", N * T, W * H) is True


def test_proofs_outlive_new_facts():
    facts = Facts()
    assert facts.prove("==", H, W) is False
    facts.assume("==", H, W)
    assert facts.prove("==", H, W) is True
    assert facts.bounds(H - W) == (0, 0)


def test_divisions_by_what_the_facts_make_zero():
    facts = Facts()
    quotient = H // (W - N)
    facts.assume("==", W, N)
    assert facts.prove("==", quotient, 1) is None
    assert facts.witness("==", quotient, 1) is None
    assert facts.bounds(quotient) == (None, None)
    facts.assume(">=", quotient, 1)
    assert facts.prove("==", W, N) is True
    assert facts.prove("==", H, N) is None  # what the dropped fact would allow is not known


def test_unknown_comparison_is_refused():
    with pytest.raises(ValueError):
        Facts().assume("=", H, 1)


def nested(size):
    for _ in range(400):
        size = (3 * size + 1) // 2 % 1009 + 1
    return size


def squared(size):
    for _ in range(30):
        size = (size * size + W) // 7
    return size


def many(count, combine):
    total = symbol("a0")
    for index in range(1, count):
        total = combine(total, symbol(f"a{index}"))
    return total


BOMBS = {
    "nested": lambda: (nested(H), H),
    "doubly exponential": lambda: (squared(H), squared(H) // 2 * 2),
    "residues": lambda: (H // 9973 + H // 9967 + H // 9949, H // 9941),
    "residues of many": lambda: (sum((symbol(f"a{i}") // 7 for i in range(12)), 0), many(12, lambda x, y: x + y) // 7),
    "product": lambda: (many(60, lambda x, y: x * (y + 1)), many(60, lambda x, y: y * (x + 1))),
    "sum": lambda: (many(500, lambda x, y: x + y), many(400, lambda x, y: x + 2 * y)),
    "minima": lambda: (many(60, minimum), many(60, lambda x, y: minimum(y, x + 1))),
    "large numbers": lambda: ((2**62 * H + 2**61) // (2**62 - 1), H + (H + 2**61) // (2**62 - 1)),
    "power": lambda: ((H + W + N) ** 40, (H + W) ** 40),
}


@pytest.fixture
def work(monkeypatch):
    """A list whose one number counts the terms added up while sizes are evaluated."""
    counter, run = [0], evaluator.Evaluator.run

    def counted(self, given):
        counter[0] += self.cost
        return run(self, given)

    monkeypatch.setattr(evaluator.Evaluator, "run", counted)
    return counter


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_bombs_cost_little(name, work):
    left, right = BOMBS[name]()
    assert isinstance(left, Dim)
    for op in ("==", "<="):
        work[0] = 0
        Facts().prove(op, left, right)
        assert work[0] <= 150_000


def test_many_facts_cost_little(work):
    facts = Facts()
    for index in range(200):
        facts.assume("<=", symbol(f"a{index}") * symbol(f"a{index + 1}"), symbol(f"a{index + 2}") + 3)
    assert facts.prove("==", symbol("a3"), symbol("a4")) is not True
    assert work[0] <= 150_000
