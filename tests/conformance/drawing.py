"""Draws random calls of functions: tensors that are related to one another, and arguments by their kinds."""

from __future__ import annotations

from random import Random
from typing import Any, Callable

from specc.ops.base import REQUIRED, Argument, Operation
from specc.ops.kinds import (
    Bool,
    Choice,
    Dtype,
    Either,
    Float,
    Int,
    Items,
    Kind,
    NoneOnly,
    Number,
    Optional,
    Sizes,
    Tensor,
    Text,
)
from specc.types.tensor import DTYPES, DType, TensorType

Call = tuple[list[Any], dict[str, Any]]


class Draw:
    """One random call in the making: a base shape and dtype that its tensors mostly share."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.shape = tuple(
            rng.choice((0, 1, 1, 2, 2, 3, 4, 5, 6)) for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 3, 4, 4, 5)))
        )
        self.dtype = rng.choice(("f32", "f32", "f32", "f32", rng.choice(DTYPES)))

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def tensor(self, shape: Any = None, dtype: str | None = None) -> TensorType:
        """A tensor of the shape given, or of one related to the base shape."""
        if shape is None:
            shape = self.shape if self.chance(0.6) else self.related()
        return TensorType(tuple(shape), dtype or (self.dtype if self.chance(0.9) else self.rng.choice(DTYPES)))

    def related(self) -> tuple[int, ...]:
        """The base shape with an axis made 1 or changed, axes cut off in front, or put before."""
        shape, rng = list(self.shape), self.rng
        if shape and self.chance(0.5):
            shape[rng.randrange(len(shape))] = rng.choice((1, 1, 2, 3))
        if shape and self.chance(0.3):
            shape = shape[rng.randrange(len(shape)) :]
        if self.chance(0.1):
            shape = [rng.choice((1, 2, 3)), *shape]
        return tuple(shape)

    def axis(self) -> int:
        rank = len(self.shape)
        return self.rng.randint(-rank - 1, rank) if self.chance(0.2) or not rank else self.rng.randint(-rank, rank - 1)

    def sizes(self) -> tuple[int, ...]:
        """Sizes that hold as many values as the base shape, mostly."""
        rng, found = self.rng, list(self.shape)
        rng.shuffle(found)
        while len(found) > 1 and self.chance(0.4):
            place = rng.randrange(len(found) - 1)
            found[place : place + 2] = [found[place] * found[place + 1]]
        if found and self.chance(0.4):
            found[rng.randrange(len(found))] = -1
        if self.chance(0.15):
            found.insert(rng.randint(0, len(found)), rng.choice((1, 1, -1, 2, -2, 0)))
        return tuple(found)


def sample(draw: Draw, argument: Argument, kind: Kind) -> Any:
    """A value of a kind, mostly."""
    rng = draw.rng
    if isinstance(kind, Optional):
        return None if draw.chance(0.3) else sample(draw, argument, kind.inner)
    if isinstance(kind, Either):
        return sample(draw, argument, rng.choice(kind.kinds))
    if isinstance(kind, Items):
        count = rng.randint(0, 4) if kind.count is None else kind.count
        return (
            draw.sizes() if "size" in argument.name else tuple(sample(draw, argument, kind.inner) for _ in range(count))
        )
    if isinstance(kind, Sizes):
        item = Int(kind.item.low)
        return (
            tuple(sample(draw, argument, item) for _ in range(kind.count))
            if draw.chance(0.4)
            else sample(draw, argument, item)
        )
    return _sample_plain(draw, argument, kind)


def _sample_plain(draw: Draw, argument: Argument, kind: Kind) -> Any:
    rng = draw.rng
    if isinstance(kind, Tensor):
        return draw.tensor()
    if isinstance(kind, Int):
        if kind.low is None and ("dim" in argument.name or "axis" in argument.name):
            return draw.axis()
        low = -3 if kind.low is None else kind.low
        return rng.randint(
            low - (1 if draw.chance(0.05) else 0), kind.high if kind.high is not None else max(low + 4, 3)
        )
    if isinstance(kind, Float):
        return rng.choice((0.0, 0.1, 0.25, 0.5, 1.0, 1, 2, 2.0, -1.0, 3.5))
    if isinstance(kind, Number):
        return rng.choice((0, 1, 2, 3, -1, 0.5, 2.0, True, -0.5))
    if isinstance(kind, Bool):
        return draw.chance(0.5)
    if isinstance(kind, Choice):
        return rng.choice(kind.choices) if draw.chance(0.95) else "other"
    return {Dtype: DType(rng.choice(DTYPES)), Text: "text", NoneOnly: None}.get(type(kind))


def any_call(operation: Operation, rng: Random) -> Call:
    """A random call: required arguments, some of the optional ones, in torch's order or by name."""
    draw = Draw(rng)
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    positional = True
    for argument in operation.arguments:
        if isinstance(argument.kind, NoneOnly):
            positional = False
            continue
        if argument.default is not REQUIRED and draw.chance(0.55):
            positional = False
            continue
        value = sample(draw, argument, argument.kind)
        positional = (
            positional and not argument.keyword_only and draw.chance(0.85 if argument.default is not REQUIRED else 1)
        )
        if positional:
            args.append(value)
        else:
            kwargs[argument.name] = value
    return args, kwargs


Maker = Callable[[Draw], Call]
MAKERS: dict[str, Maker] = {}


def maker(*names: str) -> Callable[[Maker], Maker]:
    """Say how the calls of some functions are drawn where the kinds alone would seldom give a legal one."""

    def register(made: Maker) -> Maker:
        for name in names:
            MAKERS[name] = made
        return made

    return register
