"""Functions on symbolic sizes: what they give, and what they refuse with which words."""

from __future__ import annotations

import pytest

from specc.types.dims import symbol
from specc.types.facts import Facts
from specc.types.ranges import Range, below
from specc.types.tensor import TensorType
from tests.function_calls import inferred, refused, shape_of, used

N, B, T, C, H, W = map(symbol, "NBTCHW")


def tensor(*shape, dtype="f32", range=None):
    return TensorType(shape, dtype, range)


IMAGE = tensor(N, 32, 16, 16)

SHAPES = [
    ("view", (IMAGE, N, -1), "[N, 8192]"),
    ("view", (IMAGE, -1, 8192), "[N, 8192]"),
    ("view", (tensor(B, T, 50), -1, 50), "[B * T, 50]"),
    ("view", (tensor(B, T, 64), B, T, 8, -1), "[B, T, 8, 8]"),
    ("reshape", (tensor(B * T, 50), B, T, 50), "[B, T, 50]"),
    ("flatten", (IMAGE, 1), "[N, 8192]"),
    ("flatten", (tensor(B, T, 50), 0, 1), "[B * T, 50]"),
    ("unflatten", (tensor(B, T, 3 * C), 2, (3, -1)), "[B, T, 3, C]"),
    ("transpose", (tensor(B, T, C), 1, 2), "[B, C, T]"),
    ("permute", (tensor(N, C, H, W), 0, 2, 3, 1), "[N, H, W, C]"),
    ("squeeze", (tensor(N, 1, C), 1), "[N, C]"),
    ("unsqueeze", (tensor(N, C), -1), "[N, C, 1]"),
    ("expand", (tensor(1, 1, C), B, -1, -1), "[B, 1, C]"),
    ("cat", ((tensor(N, 3, H), tensor(N, 5, H)), 1), "[N, 8, H]"),
    ("stack", ((tensor(N, C), tensor(N, C)), 1), "[N, 2, C]"),
    ("mean", (tensor(N, C, H, W), (2, 3)), "[N, C]"),
    ("matmul", (tensor(B, 8, T, 64), tensor(B, 8, 64, T)), "[B, 8, T, T]"),
    ("einsum", ("bid,bjd->bij", tensor(B, T, 64), tensor(B, H, 64)), "[B, T, H]"),
    ("add", (tensor(B, T, C), tensor(1, 1, C)), "[B, T, C]"),
    ("where", (tensor(T, T, dtype="bool"), tensor(B, T, T), 0.0), "[B, T, T]"),
    ("max_pool2d", (tensor(N, C, H, W), 2), "[N, C, H // 2, W // 2]"),
    ("adaptive_avg_pool2d", (tensor(N, C, H, W), 1), "[N, C, 1, 1]"),
    ("interpolate", (tensor(N, C, H, W), None, 2), "[N, C, 2 * H, 2 * W]"),
    ("pad", (tensor(N, C, T), (2, 1)), "[N, C, T + 3]"),
    ("arange", (T,), "[T]"),
    ("arange", (0, T, 2), "[(T + 1) // 2]"),
    ("zeros", (N, 64), "[N, 64]"),
    ("repeat", (tensor(1, T), B, 1), "[B, T]"),
    ("one_hot", (tensor(B, T, dtype="i64"), 10), "[B, T, 10]"),
    ("tril", (tensor(T, T),), "[T, T]"),
    ("glu", (tensor(N, 2 * C, T), 1), "[N, C, T]"),
]


@pytest.mark.parametrize(("name", "args", "wanted"), SHAPES, ids=[f"{n}-{w}" for n, _, w in SHAPES])
def test_shapes(name, args, wanted):
    assert shape_of(name, *args) == wanted


REFUSALS = [
    ("view", (IMAGE, -1, 800), "reshape-size", "8192 * N"),
    ("view", (tensor(N, 10), 64, 10), "reshape-size", "640"),
    ("view", (IMAGE, 32, -1), "flatten-eats-batch", "the axis of N"),
    ("view", (tensor(N, 3200), -1, 800), "flatten-eats-batch", "the axis of N"),
    ("flatten", (IMAGE,), "flatten-eats-batch", "the batch N"),
    ("cat", ((tensor(N, 3, H), tensor(N, 5, 2 * (H // 2))), 1), "concat-mismatch", "H against 2 * (H // 2)"),
    ("squeeze", (tensor(N, 1, C),), "symbolic-size", "where N is 1"),
    ("unbind", (tensor(N, C), 0), "symbolic-size", "N"),
    ("expand", (tensor(N, C), N, T), "expand-mismatch", "C to T"),
    ("matmul", (tensor(B, T, 64), tensor(32, 10)), "matmul-mismatch", "64 and 32"),
    ("add", (tensor(N, C), tensor(N, T)), "add-broadcast-mismatch", "[N, C] and [N, T]"),
    ("split", (tensor(N, 10), (3, 3), 1), "split-size", "6"),
    ("softmax", (tensor(N, 10), 2), "dim-out-of-range", "-2 to 1"),
    ("softmax", (tensor(N, 10, dtype="i64"), 1), "ids-into-float-layer", "i64"),
    ("mean", (tensor(N, 10, dtype="i64"), 1), "dtype-mismatch", "floats"),
    ("topk", (tensor(N, 3), 5, 1), "index-out-of-range", "k is 5"),
    ("einsum", ("bid,bjd->bij", tensor(B, T, 64), tensor(B, T, 32)), "rearrange-mismatch", "d is 64 and 32"),
    ("floor_divide", (tensor(N, dtype="i64"), 0), "division-by-zero", "0"),
    ("one_hot", (tensor(N, dtype="i64", range=below(12)), 10), "index-out-of-range", "11"),
]


@pytest.mark.parametrize(("name", "args", "rule", "words"), REFUSALS, ids=[f"{n}-{r}" for n, _, r, _ in REFUSALS])
def test_refusals(name, args, rule, words):
    problem = refused(name, *args)
    assert problem.name == rule
    assert words in problem.headline


def test_a_reshape_of_the_batch_suggests_flatten():
    assert "flatten(1)" in refused("view", IMAGE, -1, 800).helps[0]
    assert "flatten(1)" in refused("flatten", IMAGE).helps[0]


def test_a_pool_bounds_the_size_it_takes():
    facts = Facts()
    inferred("max_pool2d", tensor(N, C, H, W), 3, facts=facts)
    assert facts.prove(">=", H, 3) is True
    assert facts.prove(">=", N, 2) is not True


def test_split_and_chunk_give_tuples():
    assert [str(part) for part in inferred("split", tensor(B, T, 3 * C), C, 2)] == ["f32[B, T, C]"] * 3
    assert [str(part) for part in inferred("chunk", tensor(B, T, 3 * C), 3, 2)] == ["f32[B, T, C]"] * 3
    assert [str(part) for part in inferred("split", tensor(N, 7), 3, 1)] == ["f32[N, 3]", "f32[N, 3]", "f32[N, 1]"]


def test_ranges_of_values_flow():
    ids = tensor(B, T, dtype="i64", range=below(50))
    assert inferred("view", ids, -1).range == below(50)
    assert inferred("+", ids, 3).range == Range(3, 53)
    assert inferred("*", ids, 2).range == Range(0, 99)
    assert inferred("%", ids, 7).range == below(7)
    assert inferred("clamp", ids, 5, 9).range == Range(5, 10)
    assert inferred("arange", T).range == Range(0, T)
    assert inferred("arange", 5, 1, -1).range == Range(2, 6)
    assert inferred("cat", (ids, tensor(B, 1, dtype="i64", range=below(60))), 1).range == below(60)
    assert inferred("cat", (ids, tensor(B, 1, dtype="i64")), 1).range is None
    assert inferred("int", ids).range == below(50)
    assert inferred("float", ids).range is None
    assert inferred("argmax", tensor(N, 10), 1).range == below(10)
    assert inferred("/", ids, 2).range is None


def test_a_flatten_tells_how_its_size_came_about():
    use = used("flatten", IMAGE, 1)
    assert use.operation.explain(use, use.operation.infer(use)) == "32 * 16 * 16 = 8192"
