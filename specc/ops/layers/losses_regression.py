"""Losses of an output and a target of the same sizes that measure how far apart they are."""

from __future__ import annotations

from specc.ops.base import Argument, Loss, Use
from specc.ops.kinds import Float
from specc.ops.losses import (
    REDUCTION,
    REDUCTIONS_OLD_AND_NEW,
    bool_problem,
    float_problem,
    pair_dtype_problem,
    paired,
    reduced,
    whole_reduced,
)
from specc.types.promotion import promote_dtypes
from specc.types.tensor import FLOATS, Size, Type, UnknownType


class _Distance(Loss):
    """Element by element, in the dtype both have in common."""

    def infer(self, use: Use) -> Type:
        shape = paired(use, use.input, use.target)
        return shape if isinstance(shape, UnknownType) else self.element_losses(use, shape)

    def element_losses(self, use: Use, shape: tuple[Size, ...]) -> Type:
        return float_losses(use, shape)


def float_losses(use: Use, shape: tuple[Size, ...]) -> Type:
    """One of the two has to be of floats."""
    dtype = promote_dtypes(use.input.dtype, use.target.dtype)
    return reduced(use, shape, dtype) if dtype in FLOATS else pair_dtype_problem(use)


def absolute_losses(use: Use, shape: tuple[Size, ...]) -> Type:
    """Whole numbers are subtracted too, but have no mean; bools cannot be subtracted."""
    dtype = promote_dtypes(use.input.dtype, use.target.dtype)
    return bool_problem(use, use.input, use.target) or whole_reduced(use, shape, dtype) or pair_dtype_problem(use)


class MSELoss(_Distance):
    """The squared difference of output and target."""

    target = "torch.nn.MSELoss"
    arguments = REDUCTIONS_OLD_AND_NEW
    example = "loss MSELoss()"


class L1Loss(_Distance):
    """The absolute difference of output and target."""

    target = "torch.nn.L1Loss"
    arguments = REDUCTIONS_OLD_AND_NEW
    example = "loss L1Loss()"

    def element_losses(self, use: Use, shape: tuple[Size, ...]) -> Type:
        return absolute_losses(use, shape)


class SmoothL1Loss(_Distance):
    """The squared difference up to `beta`, the absolute difference beyond."""

    target = "torch.nn.SmoothL1Loss"
    arguments = (*REDUCTIONS_OLD_AND_NEW, Argument("beta", Float(0), 1.0, "where the square turns into a line"))
    example = "loss SmoothL1Loss(beta=0.5)"

    def element_losses(self, use: Use, shape: tuple[Size, ...]) -> Type:
        return absolute_losses(use, shape) if use.beta == 0 else float_losses(use, shape)


class HuberLoss(_Distance):
    """The squared difference up to `delta`, `delta` times the absolute difference beyond; in the output's dtype."""

    target = "torch.nn.HuberLoss"
    arguments = (REDUCTION, Argument("delta", Float(0, open_low=True), 1.0, "where the square turns into a line"))
    example = "loss HuberLoss(delta=0.5)"

    def element_losses(self, use: Use, shape: tuple[Size, ...]) -> Type:
        return float_problem(use, use.input) or reduced(use, shape, use.input.dtype)
