"""What layers say of typical mistakes, what they learn of symbols, and what they cost."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from specc.ops.base import Layer, Use
from specc.ops.binding import Written, bind
from specc.ops.registry import lookup
from specc.source import Source, Span
from specc.types.dims import symbol
from specc.types.facts import Facts
from specc.types.tensor import TensorType

SPAN = Span(Source("test", ""), 0, 0)
N, H = symbol("N"), symbol("H")


def use_of(name: str, args: tuple, inputs: tuple, **kwargs) -> tuple[Layer, Use]:
    """A layer and one use of it; the problems collect in `use.problems`."""
    layer = lookup("layer", name)
    assert isinstance(layer, Layer)
    problems: list = []
    written = [*(Written(None, value, SPAN) for value in args), *(Written(*item, SPAN) for item in kwargs.items())]
    bound = bind(name, layer.arguments, written, SPAN, problems)
    given = bind(name, layer.inputs, [Written(None, value, SPAN) for value in inputs], SPAN, problems)
    assert bound and given, problems
    values = {**bound.values, **given.values}
    return layer, Use(layer, values, bound.given, SPAN, f"{name}{args}", Facts(), problems)


def infer(name: str, args: tuple, *shape, dtype: str = "f32", **kwargs):
    """The result and the names of the findings."""
    layer, use = use_of(name, args, (TensorType(shape, dtype),), **kwargs)
    return layer.infer(use), [problem.name for problem in use.problems]


MISTAKES = [
    ("Conv2d", (3, 8, 3), {}, (N, 1, 28, 28), "in-channels-mismatch"),
    ("Conv2d", (3, 8, 3), {"groups": 2}, (N, 3, 28, 28), "groups-indivisible"),
    ("Conv2d", (3, 8, 3), {}, (N, 3), "rank-mismatch"),
    ("Conv2d", (3, 8, 7), {}, (N, 3, 5, 5), "kernel-exceeds-input"),
    ("Conv2d", (3, 8, 3), {"padding": "same", "stride": 2}, (N, 3, 28, 28), "same-padding-stride"),
    ("Conv2d", (3, 8, 3), {"padding": 5, "padding_mode": "reflect"}, (N, 3, 5, 5), "pad-too-large"),
    ("ConvTranspose2d", (3, 8, 3), {"output_padding": 1}, (N, 3, 5, 5), "output-padding-range"),
    ("MaxPool2d", (2,), {"padding": 2}, (N, 3, 8, 8), "pool-padding-too-large"),
    ("MaxPool2d", (4,), {}, (N, 3, 2, 2), "kernel-exceeds-input"),
    ("BatchNorm2d", (16,), {}, (N, 8, 4, 4), "norm-features-mismatch"),
    ("BatchNorm1d", (16,), {}, (1, 16), "single-value-norm"),
    ("GroupNorm", (3, 16), {}, (N, 16, 4, 4), "norm-groups-indivisible"),
    ("LayerNorm", (16,), {}, (N, 8), "norm-features-mismatch"),
    ("InstanceNorm2d", (16,), {"affine": True}, (N, 8, 4, 4), "norm-features-mismatch"),
    ("PReLU", (16,), {}, (N, 8), "prelu-parameters"),
    ("GLU", (2,), {}, (N, 8), "dim-out-of-range"),
    ("Softmax", (2,), {}, (N, 8), "dim-out-of-range"),
    ("Linear", (16, 4), {}, (N, 8), "in-features-mismatch"),
    ("Linear", (784, 4), {}, (N, 1, 28, 28), "flatten-missing"),
    ("Flatten", (0,), {}, (N, 3, 4, 4), "flatten-eats-batch"),
    ("Unflatten", (1, (2, 3)), {}, (N, 8), "reshape-size"),
    ("PixelShuffle", (2,), {}, (N, 6, 4, 4), "pixel-shuffle-indivisible"),
    ("ReflectionPad2d", (4,), {}, (N, 3, 4, 4), "pad-too-large"),
    ("Upsample", (), {"scale_factor": 2, "mode": "bilinear"}, (N, 3, 4), "upsample-mode-rank"),
    ("Dropout1d", (0.5,), {}, (N, 3, 4, 4), "rank-mismatch"),
]


@pytest.mark.parametrize(("name", "args", "kwargs", "shape", "rule"), MISTAKES)
def test_mistakes_have_their_own_names(name, args, kwargs, shape, rule):
    assert infer(name, args, *shape, **kwargs)[1] == [rule]


@pytest.mark.parametrize(("dtype", "rule"), [("u8", "ids-into-float-layer"), ("f64", "float-precision-mismatch")])
@pytest.mark.parametrize("name", ["Conv1d", "Linear", "BatchNorm1d", "LayerNorm"])
def test_dtypes_that_do_not_fit(name, dtype, rule):
    args = {"Conv1d": (4, 4, 1), "Linear": (4, 4), "BatchNorm1d": (4,), "LayerNorm": (4,)}[name]
    assert infer(name, args, 3, 4, 4, dtype=dtype)[1] == [rule]


def test_a_norm_without_weights_only_warns_of_its_width():
    layer, use = use_of("InstanceNorm2d", (16,), (TensorType((2, 8, 4, 4)),))
    assert layer.infer(use) == TensorType((2, 8, 4, 4))
    assert [(problem.name, problem.severity) for problem in use.problems] == [("norm-features-mismatch", "warning")]


def test_channels_that_stand_last_are_to_be_brought_forward():
    layer, use = use_of("Conv2d", (3, 8, 3), (TensorType((N, 28, 30, 3)),))
    layer.infer(use)
    assert "permute(0, 3, 1, 2)" in use.problems[0].helps[0]


def test_an_even_kernel_with_same_padding_is_a_hint():
    layer, use = use_of("Conv2d", (3, 8, 2), (TensorType((N, 3, 28, 28)),), padding="same")
    assert layer.infer(use) == TensorType((N, 8, 28, 28))
    assert [(problem.name, problem.severity) for problem in use.problems] == [("even-kernel-same-padding", "info")]


def test_the_smallest_legal_size_is_told():
    layer, use = use_of("Conv2d", (3, 8, 7), (TensorType((N, 3, 4, 4)),), padding=1)
    layer.infer(use)
    assert "5" in use.problems[0].helps[0]


def test_a_kernel_bounds_a_symbol_from_below():
    layer, use = use_of("Conv2d", (3, 8, 5), (TensorType((N, 3, H, 32)),), stride=2)
    assert str(layer.infer(use)) == f"f32[N, 8, {(H - 5) // 2 + 1}, 14]"
    assert use.facts.prove(">=", H, 5) is True
    assert use.facts.prove(">=", N, 2) is False


def test_a_kernel_contradicts_what_is_known_of_a_symbol():
    layer, use = use_of("Conv2d", (3, 8, 5), (TensorType((N, 3, H, 32)),))
    use.facts.assume("<", H, 5)
    layer.infer(use)
    assert [problem.name for problem in use.problems] == ["kernel-exceeds-input"]


def test_upsampling_a_symbol_by_a_factor_that_is_not_dyadic():
    assert infer("Upsample", (), N, 3, H, scale_factor=1.5)[0] == TensorType((N, 3, 3 * H // 2))
    assert infer("Upsample", (), N, 3, H, scale_factor=0.3)[1] == ["symbolic-size"]


COSTS = [
    ("Conv1d", (4, 6, 3), {"stride": 2, "bias": False}, [(2, 4, 9)]),
    ("Conv2d", (4, 6, 3), {"groups": 2, "bias": False}, [(2, 4, 9, 8)]),
    ("Conv3d", (2, 3, 2), {"padding": 1, "bias": False}, [(1, 2, 4, 5, 6)]),
    ("ConvTranspose1d", (4, 6, 3), {"stride": 2, "bias": False}, [(2, 4, 9)]),
    ("ConvTranspose2d", (4, 6, 3), {"stride": 2, "bias": False}, [(2, 4, 9, 8)]),
    ("ConvTranspose3d", (2, 3, 2), {"bias": False}, [(1, 2, 4, 5, 6)]),
    ("Linear", (7, 5), {}, [(3, 2, 7)]),
]


@pytest.mark.parametrize(("name", "args", "kwargs", "shapes"), COSTS)
def test_multiply_adds_are_those_torch_counts(name, args, kwargs, shapes):
    layer, use = use_of(name, args, tuple(map(TensorType, shapes)), **kwargs)
    with FlopCounterMode(display=False) as counter, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        getattr(torch.nn, name)(*args, **kwargs)(*map(torch.rand, shapes))
    assert 2 * layer.multiply_adds(use, layer.infer(use)) == counter.get_total_flops()
