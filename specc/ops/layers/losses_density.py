"""Losses that measure how likely a target is under a distribution, or how far two distributions are apart."""

from __future__ import annotations

from specc.ops.base import Argument, Loss, Use
from specc.ops.kinds import BOOL, FLOAT, TENSOR, Choice, Either, Float
from specc.ops.losses import (
    REDUCE,
    REDUCTION,
    REDUCTIONS,
    SIZE_AVERAGE,
    as_float,
    bool_problem,
    combined,
    float_problem,
    pair_dtype_problem,
    paired,
    reduced,
    shapes_agree,
)
from specc.types.promotion import promote
from specc.types.tensor import UNKNOWN, TensorType, Type, UnknownType


class KLDivLoss(Loss):
    """The Kullback-Leibler divergence of target probabilities from log-probabilities.

    `batchmean` divides the sum by the size of the batch, which is the divergence; `mean` divides by the number of all
    elements.
    """

    target = "torch.nn.KLDivLoss"
    arguments = (
        SIZE_AVERAGE,
        REDUCE,
        Argument("reduction", Choice(*REDUCTIONS, "batchmean"), "mean", "what becomes of the losses of the elements"),
        Argument("log_target", BOOL, False, "whether the target holds log-probabilities"),
    )
    example = 'loss KLDivLoss(reduction="batchmean")'

    def infer(self, use: Use) -> Type:
        x, y = use.input, use.target
        if not (x.is_float and y.is_float):
            return pair_dtype_problem(use)
        shape = paired(use, x, y)
        return shape if isinstance(shape, UnknownType) else reduced(use, shape, promote(x, y))


class PoissonNLLLoss(Loss):
    """The negative log-likelihood of counts under Poisson distributions, whose (log) rates are the input."""

    target = "torch.nn.PoissonNLLLoss"
    arguments = (
        Argument("log_input", BOOL, True, "whether the input holds logarithms of the rates"),
        Argument("full", BOOL, False, "whether to add the term of the target's factorial"),
        SIZE_AVERAGE,
        Argument("eps", FLOAT, 1e-8, "added to the rates before their logarithm is taken"),
        REDUCE,
        REDUCTION,
    )
    example = "loss PoissonNLLLoss()"

    def infer(self, use: Use) -> Type:
        x, y = use.input, use.target
        if self is use.operation and "input" in use.given and not use.given["input"].positional:
            return use.problem("unknown-argument", f"{use.title} takes its input only by its place", "input")
        shape = paired(use, x, y)
        if isinstance(shape, UnknownType):
            return shape
        if problem := self._bool_problem(use):
            return problem
        rate = as_float(x)
        product = TensorType(shape, promote(y, x if use.log_input else rate))
        return reduced(use, shape, promote(rate if use.log_input else x, product))

    def _bool_problem(self, use: Use) -> UnknownType | None:
        """Bools are not subtracted: not as rates, not with the factorial, not where both are bools."""
        x, y = use.input, use.target
        problem = None if use.log_input else bool_problem(use, x)
        if use.full:
            problem = problem or bool_problem(use, y)
        return problem or (bool_problem(use, x) if x.dtype == y.dtype else None)


class GaussianNLLLoss(Loss):
    """The negative log-likelihood of targets under normal distributions with means `input` and variances `var`."""

    target = "torch.nn.GaussianNLLLoss"
    arguments = (
        Argument("full", BOOL, False, "whether to add the constant term", keyword_only=True),
        Argument("eps", FLOAT, 1e-6, "the least variance that is used", keyword_only=True),
        REDUCTION._replace(keyword_only=True),
    )
    inputs = (*Loss.inputs, Argument("var", Either(TENSOR, Float(0)), doc="variances of each mean or row, or a number"))
    example = "loss (mean, y, var) -> GaussianNLLLoss()"

    def infer(self, use: Use) -> Type:
        shape = paired(use, use.input, use.target)
        if isinstance(shape, UnknownType):
            return shape
        variances = self._variances(use)
        problem = bool_problem(use, use.input, use.target)
        if problem or isinstance(variances, UnknownType):
            return problem or variances
        difference = TensorType(shape, promote(use.input, use.target))
        result = combined(use, variances, difference)
        if result is None:
            return self._wrong_variances(use)
        return reduced(use, result.shape, promote(variances, TensorType(result.shape, promote(difference, variances))))

    def _variances(self, use: Use) -> TensorType | UnknownType:
        """The variances, stretched over a last axis that they lack."""
        x, var = use.input, use.var
        if not isinstance(var, TensorType):
            return (
                as_float(x)
                if isinstance(var, float)
                else use.problem(
                    "argument-type",
                    f"var of {use.title} is {var}, torch wants a float",
                    "var",
                    helps=(f"write {var}.0",),
                )
            )
        if float_problem(use, var, "variance"):
            return UNKNOWN
        if shapes_agree(use, x, var):
            return var
        if shapes_agree(use, x.reshaped(x.shape[:-1]), var) and x.rank:
            return var.reshaped((*var.shape, 1))
        differing = [n for m, n in zip(x.shape, var.shape) if not use.same(m, n)]
        return var if x.rank == var.rank and sum(differing) == 1 else self._wrong_variances(use)

    def _wrong_variances(self, use: Use) -> UnknownType:
        return use.problem(
            "target-shape",
            f"{use.title} is given means {use.input} and variances {use.var}",
            "var",
            helps=("give one variance for each mean, or 1 in one axis",),
        )
