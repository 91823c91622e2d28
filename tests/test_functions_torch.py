"""Promotion, operators, indexing and rearrange against torch, by generated cases."""

from __future__ import annotations

import itertools
import operator
import warnings
from random import Random

import pytest
import torch

from specc.ops.functions.operators import OPERATORS
from specc.ops.indexing import index_type
from specc.types.dims import Dim, symbol
from specc.types.promotion import promote, promote_all
from specc.types.tensor import DTYPES, TORCH_NAMES, UNKNOWN, TensorType
from tests.function_calls import inferred, refused, used

TORCH = {name: getattr(torch, full) for name, full in TORCH_NAMES.items()}
NAMES = {dtype: name for name, dtype in TORCH.items()}
NUMBERS = (True, 2, 2.5)
OPERANDS = [*(TensorType(shape, dtype) for shape in ((2,), ()) for dtype in DTYPES), *NUMBERS]


def as_torch(value):
    """A type as a tensor of ones, other values as they are."""
    return torch.ones(value.shape, dtype=TORCH[value.dtype]) if isinstance(value, TensorType) else value


def attempt(function, *args):
    """What Python or torch gives, None where it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*args)
        except (RuntimeError, TypeError, IndexError, ValueError, ZeroDivisionError):
            return None


@pytest.mark.parametrize("a", OPERANDS, ids=str)
def test_promotion_is_torchs(a):
    for b in OPERANDS:
        if isinstance(a, TensorType) or isinstance(b, TensorType):
            assert promote(a, b) == NAMES[torch.result_type(as_torch(a), as_torch(b))], b


def test_promotion_of_many_is_that_of_a_sum():
    rng = Random(0)
    for _ in range(300):
        operands = [rng.choice(OPERANDS[:20]) for _ in range(3)]
        wanted = torch.where(torch.ones(2).bool(), as_torch(operands[0]), as_torch(operands[1]))
        assert promote_all(operands[:2]) == NAMES[wanted.dtype]


@pytest.mark.parametrize("symbol_", [sign for sign in OPERATORS if sign not in ("neg", "@")])
def test_operators_are_pythons(symbol_):
    function = getattr(operator, OPERATORS[symbol_].target.removeprefix("operator."))
    for a, b in itertools.product(OPERANDS, OPERANDS):
        if not (isinstance(a, TensorType) or isinstance(b, TensorType)):
            continue
        result = attempt(function, as_torch(a), as_torch(b))
        use = used(symbol_, a, b)
        found = use.operation.infer(use)
        if result is None:
            assert found is UNKNOWN, (a, b)
        else:
            assert found == TensorType(tuple(result.shape), NAMES[result.dtype]), (a, b)


def test_negation_and_matrix_product():
    assert inferred("neg", TensorType((2, 3), "i64")) == TensorType((2, 3), "i64")
    assert refused("neg", TensorType((2,), "bool")).name == "dtype-mismatch"
    assert inferred("@", TensorType((4, 2, 3)), TensorType((3, 5))) == TensorType((4, 2, 5))
    assert refused("@", TensorType((2, 3)), TensorType((4, 5))).name == "matmul-mismatch"


def random_item(rng, size):
    """An index, a slice, a new axis, dots, a list or an index tensor."""
    ends = (None, None, *range(-5, 6))
    kind = rng.random()
    if kind < 0.25:
        return rng.randint(-max(size, 1), max(size - 1, 0)) if rng.random() < 0.9 else rng.randint(-6, 6)
    if kind < 0.65:
        return slice(rng.choice(ends), rng.choice(ends), rng.choice((None, None, 1, 2, 3, 0)))
    if kind < 0.75:
        return None
    if kind < 0.85:
        return Ellipsis
    if kind < 0.9:
        return [rng.randrange(max(size, 1)) for _ in range(rng.randint(1, 3))]
    shape = tuple(rng.choice((1, 2, 3)) for _ in range(rng.choice((0, 1, 1, 2))))
    return TensorType(shape, rng.choice(("i64", "i64", "i32", "f32")))


def indexed(shape, items):
    """What specc makes of an index: the sizes, or None where it is refused."""
    use = used("relu", TensorType((1,)))
    found = index_type(use, TensorType(shape), items)
    assert (found is UNKNOWN) == bool(use.problems)
    return None if found is UNKNOWN else found.shape


def test_indexing_is_torchs():
    rng = Random(1)
    legal = 0
    for _ in range(4000):
        shape = tuple(rng.randint(1, 5) for _ in range(rng.randint(0, 4)))
        items = [random_item(rng, size) for size in shape[: rng.randint(0, 4)]]
        if items.count(Ellipsis) > 1 or not items:
            continue
        places = tuple(
            torch.zeros(item.shape, dtype=TORCH[item.dtype]) if isinstance(item, TensorType) else item for item in items
        )
        result = attempt(torch.zeros(shape).__getitem__, places)
        assert indexed(shape, items) == (None if result is None else tuple(result.shape)), (shape, items)
        legal += result is not None
    assert legal > 1500


def test_slices_of_symbols_are_those_of_the_numbers():
    rng = Random(2)
    length = symbol("L")
    ends = (None, *range(-6, 7))
    for _ in range(500):
        item = slice(rng.choice(ends), rng.choice(ends), rng.choice((None, 2, 3)))
        (size,) = indexed((length,), [item])
        for number in (1, 2, 3, 5, 8):
            found = size.evaluate({"L": number}) if isinstance(size, Dim) else size
            assert found == len(range(number)[item]), (item, number)


def test_slices_read_well():
    length, k = symbol("L"), symbol("k")
    assert str(indexed((length,), [slice(-k, None)])[0]) == "min(L, k)"
    assert str(indexed((length,), [slice(1, None)])[0]) == "L - 1"
    assert str(indexed((length,), [slice(None, None, 2)])[0]) == "(L + 1) // 2"


PATTERNS = [
    ("b t (h d) -> b h t d", (2, 3, 8), {"h": 4}),
    ("b h t d -> b t (h d)", (2, 4, 3, 2), {}),
    ("b c h w -> b (h w) c", (2, 3, 4, 5), {}),
    ("b (c p q) h w -> b c (h p) (w q)", (2, 12, 3, 2), {"p": 2, "q": 2}),
    ("b c (h p) (w q) -> b (h w) (p q c)", (2, 3, 4, 6), {"p": 2, "q": 3}),
    ("... (h d) -> h ... d", (2, 3, 4, 6), {"h": 3}),
    ("b 1 (h w) -> (w h) b 1 1", (2, 1, 6), {"w": 2}),
    ("a b -> a b", (2, 3), {}),
    ("b c ... -> b c (...)", (2, 3, 4, 5), {}),
    ("n (a b) ... -> n a (b ...)", (2, 6, 4, 5), {"a": 2}),
    ("a b ... -> (... a) b", (2, 3), {}),
    ("a ... -> a (...) 1", (2,), {}),
]


def reference(text, shape, sizes):
    """rearrange by single elements: where each value of the result comes from, by its named coordinates."""
    left, right = ([group.split() for group in side] for side in (split_groups(side) for side in text.split("->")))
    dots = [f"dot{place}" for place in range(len(shape) - len(left) + 1)]
    left, right = ([part for group in side for part in ([[d] for d in dots] if group == ["..."] else [group])]
                   for side in (left, right))
    right = [[name for part in group for name in (dots if part == "(...)" else [part])] for group in right]
    known = dict(sizes)
    for group, size in zip(left, shape):
        names = [name for name in group if name != "1"]
        unknown = [name for name in names if name not in known]
        if unknown:
            known[unknown[0]] = size // torch.tensor([known[n] for n in names if n != unknown[0]] or [1]).prod().item()
    order = [name for group in left for name in group if name != "1"]
    wanted = [name for group in right for name in group if name != "1"]
    values = torch.arange(torch.Size(shape).numel()).reshape([known[name] for name in order])
    values = values.permute([order.index(name) for name in wanted])
    return values.reshape([torch.Size([known[n] for n in group if n != "1"]).numel() for group in right])


def split_groups(side):
    """The axes of one side, brackets taken off; only ... in brackets keeps its own."""
    found, rest = [], side
    while rest.strip():
        rest = rest.strip()
        if rest[0] == "(":
            group, _, rest = rest[1:].partition(")")
            group = group.replace("...", "(...)")
        else:
            group, _, rest = rest.partition(" ")
        found.append(group)
    return found


@pytest.mark.parametrize(("pattern", "shape", "sizes"), PATTERNS, ids=[p for p, _, _ in PATTERNS])
def test_rearrange_is_done_by_its_steps(pattern, shape, sizes):
    use = used("rearrange", TensorType(shape), pattern, **sizes)
    found = use.operation.infer(use)
    value = torch.arange(torch.Size(shape).numel()).reshape(shape)
    for name, arguments in use.operation.lower(use):
        value = getattr(value, name)(*arguments)
    assert tuple(value.shape) == found.shape
    assert torch.equal(value, reference(pattern, shape, sizes))


MISTAKES = [
    ("b t d -> b d", {}, "t is lost"),
    ("b t d -> b t d e", {}, "e comes from nowhere"),
    ("b t b -> b t", {}, "b stands twice"),
    ("b t (h d) -> b h t d", {}, "give the size of h or d"),
    ("b t (h d) -> b h t d", {"h": 7}, "cannot be divided by 7"),
    ("b t -> t b", {}, "the left side has 2 axes"),
    ("b t (h d -> b h", {}, "never closed"),
    ("b t d", {}, "two sides"),
    ("b t d -> d t b", {"q": 3}, "q is given a size"),
    ("b t d) -> b t d", {}, ") does not belong there"),
    ("b 1 d -> b d", {}, "1 is 1, the value has 3 there"),
    ("b (...) -> b ...", {}, "... stands in brackets on the right side only"),
    ("b ... -> (b ...) ...", {}, "... stands twice"),
]


@pytest.mark.parametrize(("pattern", "sizes", "words"), MISTAKES, ids=[words for _, _, words in MISTAKES])
def test_mistakes_in_patterns(pattern, sizes, words):
    problem = refused("rearrange", TensorType((2, 3, 64)), pattern, **sizes)
    assert problem.name == "rearrange-mismatch"
    assert words in problem.headline
