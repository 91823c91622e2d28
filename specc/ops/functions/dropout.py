"""Dropout functions. As in torch they drop unless told otherwise: write `training=training`."""

from __future__ import annotations

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, refuse
from specc.ops.kinds import BOOL, PROBABILITY
from specc.types.tensor import Type, UnknownType, product


class DropoutFunction(Function):
    """Zeroes elements at random in training and scales the others up."""

    arguments: tuple[Argument, ...] = (
        INPUT,
        Argument("p", PROBABILITY, 0.5, "the share that is dropped"),
        Argument("training", BOOL, True, "whether it drops at all"),
        Argument("inplace", BOOL, False, "overwrite the input instead of making a new value"),
    )
    ranks: tuple[int, ...] = ()
    least_rank = 0

    def infer(self, use: Use) -> Type:
        x = use.input
        if self.ranks and x.rank not in self.ranks:
            wanted = " or ".join(map(str, self.ranks))
            return use.problem("rank-mismatch", f"{use.title} takes {wanted} axes, it is given {x}", "input")
        return self._drawing_problem(use) or x.plain()

    def _drawing_problem(self, use: Use) -> UnknownType | None:
        """What torch refuses only when it draws: not in evaluation, nor where all or nothing is dropped."""
        x = use.input
        if not use.training or use.p in (0, 1) or product(x.shape) == 0:
            return None
        if x.rank < self.least_rank:
            return use.problem("rank-mismatch", f"{use.title} drops channels, it is given {x}", "input")
        return refuse(use, x.dtype)


PLAIN = DropoutFunction.arguments
ALPHA = (*PLAIN[:2], PLAIN[2]._replace(default=False), PLAIN[3])


class Dropout(DropoutFunction):
    """Zeroes single elements."""

    name = "dropout"
    target = "torch.nn.functional.dropout"
    example = "y = dropout(x, 0.1, training=training)"


class AlphaDropout(DropoutFunction):
    """Dropout that keeps mean and variance, for selu."""

    name = "alpha_dropout"
    arguments = ALPHA
    target = "torch.nn.functional.alpha_dropout"
    example = "y = alpha_dropout(x, 0.1, training=training)"


class FeatureAlphaDropout(DropoutFunction):
    """alpha_dropout of whole channels."""

    name = "feature_alpha_dropout"
    arguments = ALPHA
    least_rank = 2
    target = "torch.nn.functional.feature_alpha_dropout"
    example = "y = feature_alpha_dropout(x, 0.1, training=training)"


class Dropout1d(DropoutFunction):
    """Zeroes whole channels of [N, C, L]."""

    name = "dropout1d"
    target = "torch.nn.functional.dropout1d"
    ranks = (2, 3)
    example = "y = dropout1d(x, 0.1, training=training)"


class Dropout2d(DropoutFunction):
    """Zeroes whole channels of [N, C, H, W]."""

    name = "dropout2d"
    least_rank = 2
    target = "torch.nn.functional.dropout2d"
    example = "y = dropout2d(x, 0.1, training=training)"


class Dropout3d(DropoutFunction):
    """Zeroes whole channels of [N, C, D, H, W]."""

    name = "dropout3d"
    least_rank = 1
    target = "torch.nn.functional.dropout3d"
    example = "y = dropout3d(x, 0.1, training=training)"
