"""Losses of yes-or-no targets, one for each output."""

from __future__ import annotations

from specc.ops.base import Argument, Use
from specc.ops.losses import (
    CONSTANT,
    FACTORS,
    REDUCE,
    REDUCTION,
    SIZE_AVERAGE,
    WeightedLoss,
    float_problem,
    reduced,
    shape_help,
    shapes_agree,
    tensor_of,
)
from specc.ops.shapes import broadcast
from specc.types.tensor import TensorType, Type, UnknownType, sizes


def same_sizes_problem(use: Use) -> UnknownType | None:
    """Output and target have the same sizes."""
    x, y = use.input, use.target
    if shapes_agree(use, x, y):
        return None
    return use.problem(
        "target-shape",
        f"{use.title} is given {x} and the target {y}, they must have the same sizes",
        helps=shape_help(use, x, y),
    )


def binary_dtype_problem(use: Use, dtypes: tuple[str, ...]) -> UnknownType | None:
    """Output and target are floats, the target one of these."""
    problem = float_problem(use, use.input)
    if problem or use.target.dtype in dtypes:
        return problem
    if use.target.is_float:
        return use.problem(
            "float-precision-mismatch",
            f"{use.title} is given {use.input} and the target {use.target}",
            helps=(f"convert the target: .to({use.input.dtype})",),
        )
    return use.problem(
        "binary-target-dtype",
        f"{use.title} is given the target {use.target}, it needs floats",
        helps=(f"convert the target: .to({use.input.dtype})",),
    )


def factor_problem(use: Use, name: str) -> UnknownType | None:
    """A tensor of factors stretches to the output's sizes, never the other way round."""
    factors: TensorType | None = tensor_of(getattr(use, name))
    if factors is None:
        return None
    if name == "pos_weight" and factors.dtype == "bool":
        return use.problem("binary-target-dtype", f"{name} of {use.title} is {factors}, it must hold numbers", name)
    shape = broadcast(use, factors.shape, use.input.shape)
    if shape is not None and shapes_agree(use, use.input.reshaped(shape), use.input):
        return None
    return use.problem(
        "target-shape",
        f"{name} of {use.title} has the sizes {sizes(factors.shape)}, which do not stretch to {sizes(use.input.shape)}",
        name,
    )


class BCELoss(WeightedLoss):
    """Binary cross-entropy of probabilities between 0 and 1 with targets of the same sizes and dtype."""

    target = "torch.nn.BCELoss"
    arguments = (FACTORS, SIZE_AVERAGE, REDUCE, REDUCTION)
    example = "loss BCELoss()"

    def infer(self, use: Use) -> Type:
        problem = (
            same_sizes_problem(use) or binary_dtype_problem(use, (use.input.dtype,)) or factor_problem(use, "weight")
        )
        return problem or reduced(use, use.input.shape, use.input.dtype)


class BCEWithLogitsLoss(WeightedLoss):
    """Binary cross-entropy of unbounded scores with float targets of the same sizes; applies the sigmoid itself.

    The result has the dtype of the target.
    """

    target = "torch.nn.BCEWithLogitsLoss"
    arguments = (
        FACTORS,
        SIZE_AVERAGE,
        REDUCE,
        REDUCTION,
        Argument("pos_weight", CONSTANT, None, "a factor for positive targets, stretched to the output's sizes"),
    )
    tensor_arguments = ("weight", "pos_weight")
    example = "loss BCEWithLogitsLoss(pos_weight=[3.0])"

    def infer(self, use: Use) -> Type:
        problem = same_sizes_problem(use) or binary_dtype_problem(use, ("f16", "bf16", "f32", "f64"))
        problem = problem or factor_problem(use, "weight") or factor_problem(use, "pos_weight")
        return problem or reduced(use, use.input.shape, use.target.dtype)
