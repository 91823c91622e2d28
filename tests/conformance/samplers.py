"""Random values for arguments: one sampler per kind, and mutations that make legal calls illegal."""

from __future__ import annotations

from random import Random
from typing import Any

from specc.ops import kinds
from specc.ops.base import REQUIRED, Argument
from specc.ops.registry import lookup
from specc.program.expressions import Call
from specc.program.model import Named
from specc.source import Source, Span
from specc.types.tensor import DTYPES, FLOATS, DType, TensorType

SIZES = (1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 0)


def size(rng: Random) -> int:
    """The size of an axis: small, seldom 0."""
    return rng.choice(SIZES) if rng.random() < 0.3 else rng.randint(1, 7)


def shape(rng: Random, rank: int) -> tuple[int, ...]:
    return tuple(size(rng) for _ in range(rank))


def float_dtype(rng: Random) -> str:
    """Mostly f32."""
    return "f32" if rng.random() < 0.8 else rng.choice(FLOATS)


def tensor(rng: Random, rank: int | None = None, dtype: str | None = None) -> TensorType:
    """A tensor of any small shape, mostly of floats."""
    rank = rng.choice((0, 1, 2, 2, 3, 3, 4, 4, 5)) if rank is None else rank
    return TensorType(shape(rng, rank), dtype or (float_dtype(rng) if rng.random() < 0.9 else rng.choice(DTYPES)))


def sample(rng: Random, kind: kinds.Kind) -> Any:
    """A value for an argument of this kind, mostly of those it allows."""
    for allowed, draw in _SAMPLERS:
        if isinstance(kind, allowed):
            return draw(rng, kind)
    raise AssertionError(f"no sampler for {type(kind).__name__}")


def _int(rng: Random, kind: Any) -> int:
    low = -3 if kind.low is None else kind.low
    high = low + 6 if kind.high is None else kind.high
    if rng.random() < 0.1:
        return rng.choice((low - 1, high + 1, 0, -1))
    return rng.randint(low, min(high, low + 6))


def _float(rng: Random, kind: Any) -> float | int:
    usual = (0, 0.0, 0.1, 0.5, 1, 1.0, 2, 2.5, 1e-5, -0.5, -1, 10.0)
    if rng.random() < 0.1:
        return rng.choice((*usual, float("inf"), -3, 1e6, 1e40))
    fitting = [value for value in usual if kind.accepts(value)]
    return rng.choice(fitting or list(usual))


def _sizes(rng: Random, kind: Any) -> Any:
    if rng.random() < 0.6:
        return _int(rng, kind.item)
    values = [_int(rng, kind.item) for _ in range(kind.count)]
    return tuple(values) if rng.random() < 0.7 else values


def _choice(rng: Random, kind: Any) -> Any:
    return rng.choice(kind.choices) if rng.random() < 0.95 else "bogus"


def _items(rng: Random, kind: Any) -> tuple[Any, ...]:
    count = rng.randint(0, 4) if kind.count is None else kind.count
    return tuple(sample(rng, kind.inner) for _ in range(count))


def _optional(rng: Random, kind: Any) -> Any:
    return None if rng.random() < 0.4 else sample(rng, kind.inner)


def _numbers(rng: Random, kind: Any) -> list[Any]:
    row = [rng.choice((0.5, 1.0, 2)) for _ in range(rng.randint(1, 5))]
    return row if rng.random() < 0.7 else [row] * rng.randint(1, 4)


def nested(name: str, *args: Any, **kwargs: Any) -> Named:
    """A layer with its arguments, as an argument."""
    operation = lookup("layer", name)
    assert operation is not None
    defaults = {argument.name: argument.default for argument in operation.arguments}
    values = defaults | dict(zip(defaults, args)) | kwargs
    span = Span(Source("conformance", ""), 0, 0)
    return Named(operation, values, Call(operation.target, args, tuple(kwargs.items())), span)


def _nested(rng: Random, kind: Any) -> Named:
    width = rng.choice((2, 4))
    name = rng.choice(("TransformerEncoderLayer", "TransformerDecoderLayer", "LayerNorm", "Linear"))
    return nested(name, width, *((2,) if name != "LayerNorm" else ()))


_SAMPLERS = (
    (kinds.Nested, _nested),
    (kinds.Int, _int),
    (kinds.Float, _float),
    (kinds.Number, lambda rng, kind: rng.choice((0, 1, 2, 3, -1, 0.5, 2.0, -0.5, True))),
    (kinds.Bool, lambda rng, kind: rng.random() < 0.5),
    (kinds.Text, lambda rng, kind: rng.choice(("none", "mean", "x"))),
    (kinds.Choice, _choice),
    (kinds.Optional, _optional),
    (kinds.Either, lambda rng, kind: sample(rng, rng.choice(kind.kinds))),
    (kinds.Items, _items),
    (kinds.Sizes, _sizes),
    (kinds.Numbers, _numbers),
    (kinds.Tensor, lambda rng, kind: tensor(rng)),
    (kinds.FloatDtype, lambda rng, kind: DType(rng.choice(FLOATS))),
    (kinds.Dtype, lambda rng, kind: DType(rng.choice(DTYPES))),
    (kinds.NoneOnly, lambda rng, kind: None),
)


def arguments(rng: Random, wanted: tuple[Argument, ...], given: float = 0.3) -> tuple[list[Any], dict[str, Any]]:
    """Positional and keyword values for a list of arguments; optional ones are given with probability `given`."""
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    is_prefix = True
    for argument in wanted:
        if argument.default is not REQUIRED and rng.random() >= given:
            is_prefix = False
        elif is_prefix and not argument.keyword_only and rng.random() < 0.9:
            values = sample(rng, argument.kind)
            positional.extend(values if argument.variadic and isinstance(values, tuple) else [values])
            is_prefix = not argument.variadic
        else:
            is_prefix = False
            keywords[argument.name] = sample(rng, argument.kind)
    return positional, keywords


def mutated_tensor(rng: Random, x: TensorType) -> TensorType:
    """The same tensor with one thing changed: a size, the number of axes, the dtype."""
    what = rng.random()
    if what < 0.25:
        return x.cast(rng.choice(DTYPES)).plain()
    if what < 0.4:
        return x.reshaped((*x.shape[:1], size(rng), *x.shape[1:]))
    if what < 0.5:
        return x.reshaped(x.shape[1:])
    if not x.shape:
        return x
    place = rng.randrange(x.rank)
    changed = rng.choice((0, 1, x.shape[place] + 1, max(x.shape[place] - 1, 0), size(rng)))
    return x.reshaped((*x.shape[:place], changed, *x.shape[place + 1 :]))


def mutated(rng: Random, value: Any, kind: kinds.Kind) -> Any:
    """Another value for an argument."""
    if isinstance(value, TensorType):
        return mutated_tensor(rng, value)
    return sample(rng, kind)
