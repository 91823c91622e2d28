"""Dropout: values or whole channels set to 0 at random in training."""

from __future__ import annotations

from specc.ops.base import Argument, Layer, Use
from specc.ops.kinds import BOOL, PROBABILITY
from specc.ops.shapes import dtype_problem
from specc.types.tensor import Type


class _Dropout(Layer):
    """What all dropouts share. `ranks` are the numbers of axes it takes, None for any of at least `least`."""

    arguments = (
        Argument("p", PROBABILITY, 0.5, "share of the values that are dropped"),
        Argument("inplace", BOOL, False, "whether to overwrite the input"),
    )
    ranks: tuple[int, ...] | None = None
    least = 0

    def infer(self, use: Use) -> Type:
        x = use.input
        if (self.ranks is not None and x.rank not in self.ranks) or x.rank < self.least:
            wanted = " or ".join(map(str, self.ranks)) if self.ranks else f"at least {self.least}"
            return use.problem("rank-mismatch", f"{use.title} is given {x} with {x.rank} axes, it takes {wanted}")
        return dtype_problem(use, x) or x.plain()


class Dropout(_Dropout):
    """Sets single values to 0 and scales the others by `1 / (1 - p)`."""

    target = "torch.nn.Dropout"
    example = "x -> Dropout(0.5)"


class Dropout1d(_Dropout):
    """Drops whole channels of `[N, C, L]` or `[C, L]`."""

    target = "torch.nn.Dropout1d"
    ranks = (2, 3)
    example = "x -> Dropout1d(0.2)"


class Dropout2d(_Dropout):
    """Drops whole channels of `[N, C, H, W]`."""

    target = "torch.nn.Dropout2d"
    least = 2
    example = "x -> Dropout2d(0.2)"


class Dropout3d(_Dropout):
    """Drops whole channels of `[N, C, D, H, W]`."""

    target = "torch.nn.Dropout3d"
    least = 1
    example = "x -> Dropout3d(0.2)"


class AlphaDropout(_Dropout):
    """A dropout that keeps mean and variance, made for SELU."""

    target = "torch.nn.AlphaDropout"
    example = "x -> AlphaDropout(0.1)"


class FeatureAlphaDropout(_Dropout):
    """An AlphaDropout of whole channels."""

    target = "torch.nn.FeatureAlphaDropout"
    least = 2
    example = "x -> FeatureAlphaDropout(0.1)"
