"""What the losses share: reductions, constant weights, and how an output is paired with its target."""

from __future__ import annotations

from typing import Any

from specc.ops.base import Argument, Loss, State, Use
from specc.ops.kinds import BOOL, FLOAT, Choice, Items, Numbers, Optional, sizes_of_list
from specc.ops.shapes import broadcast
from specc.types.promotion import promote, promote_dtypes
from specc.types.tensor import FLOATS, Size, TensorType, Type, UnknownType, sizes

REDUCTIONS = ("none", "mean", "sum")


CONSTANT = Optional(Numbers())
OLD = Optional(BOOL)

SIZE_AVERAGE = Argument("size_average", OLD, None, "torch's former way of writing reduction")
REDUCE = Argument("reduce", OLD, None, "torch's former way of writing reduction")
REDUCTION = Argument("reduction", Choice(*REDUCTIONS), "mean", "what becomes of the losses of the single elements")
WEIGHT = Argument("weight", Optional(Items(FLOAT)), None, "a factor for each class")
FACTORS = Argument("weight", CONSTANT, None, "a factor for each element, stretched to the output's sizes")
REDUCTIONS_OLD_AND_NEW = (SIZE_AVERAGE, REDUCE, REDUCTION)


class WeightedLoss(Loss):
    """A loss that keeps the lists of numbers it is given as buffers."""

    tensor_arguments: tuple[str, ...] = ("weight",)

    def state(self, use: Use) -> tuple[State, ...]:
        given = ((name, tensor_of(getattr(use, name))) for name in self.tensor_arguments)
        return tuple(State(name, x.shape, x.dtype, is_buffer=True) for name, x in given if x is not None)


def tensor_of(value: Any, dtype: str = "f32") -> TensorType | None:
    """The type of a tensor argument that is written as a list of numbers; tensors and none stay."""
    if value is None or isinstance(value, TensorType):
        return value
    return TensorType(sizes_of_list(value) or (), dtype)


def reduction(use: Use) -> str:
    """The reduction in force: `size_average` and `reduce`, where given, decide it as torch has them do."""
    values = use.values
    average, reduce = values.get("size_average"), values.get("reduce")
    if average is None and reduce is None:
        return values["reduction"]
    if reduce is False:
        return "none"
    return "sum" if average is False else "mean"


def reduced(use: Use, shape: tuple[Size, ...], dtype: str) -> TensorType:
    """The type of a loss whose elements have this shape."""
    return TensorType(tuple(shape) if reduction(use) == "none" else (), dtype)


def shapes_agree(use: Use, a: TensorType, b: TensorType) -> bool:
    """Whether two tensors have the same sizes for all values of their symbols."""
    return a.rank == b.rank and all(use.same(m, n) for m, n in zip(a.shape, b.shape))


def paired(use: Use, x: TensorType, y: TensorType) -> tuple[Size, ...] | UnknownType:
    """The shape of the element losses of an output and a target of the same sizes, or of one that is a single number.

    torch would stretch either to the other, so that (N, 1) against (N) compares every output with every target.
    """
    if shapes_agree(use, x, y):
        return x.shape
    shape = broadcast(use, x.shape, y.shape)
    if shape is None:
        return use.problem(
            "target-shape",
            f"{use.title} is given {x} and the target {y}, they must have the same sizes",
            helps=shape_help(use, x, y),
        )
    if single(x) or single(y):
        return shape
    return use.problem(
        "loss-broadcast",
        f"{use.title} is given {x} and the target {y}, torch would compare {sizes(shape)} pairs",
        helps=shape_help(use, x, y),
    )


def single(x: TensorType) -> bool:
    """Whether a tensor holds one number, whatever its axes."""
    return all(size == 1 for size in x.shape)


def shape_help(use: Use, x: TensorType, y: TensorType) -> tuple[str, ...]:
    """How to make an output and a target alike that differ in a trailing axis of size 1."""
    if x.rank == y.rank + 1 and x.shape[-1] == 1 and shapes_agree(use, x.reshaped(x.shape[:-1]), y):
        return ("drop the output's last axis: squeeze(-1)",)
    if y.rank == x.rank + 1 and y.shape[-1] == 1 and shapes_agree(use, x, y.reshaped(y.shape[:-1])):
        return ("drop the target's last axis: squeeze(-1)",)
    return ()


def float_problem(use: Use, x: TensorType, what: str = "output") -> UnknownType | None:
    """Report a tensor that is not of floats where the loss needs one."""
    if x.is_float:
        return None
    target = use.values.get("target")
    exchanged = what == "output" and isinstance(target, TensorType) and target.is_float
    helps = ("the output stands first, the target behind it" if exchanged else "convert it first: .to(f32)",)
    return use.problem("dtype-mismatch", f"{use.title} is given the {what} {x}, it needs floats", helps=helps)


def pair_dtype_problem(use: Use, needs: str = "it needs floats") -> UnknownType:
    """Report that the dtypes of output and target do not go with the loss."""
    return use.problem(
        "dtype-mismatch",
        f"{use.title} is given {use.input} and the target {use.target}, {needs}",
        helps=("convert them: .to(f32)",),
    )


def bool_problem(use: Use, *tensors: TensorType) -> UnknownType | None:
    """Report bools where torch would have to subtract or negate them."""
    found = [x for x in tensors if x.dtype == "bool"]
    if not found:
        return None
    return use.problem(
        "dtype-mismatch",
        f"{use.title} is given {found[0]}, bools cannot be subtracted",
        helps=("convert it first: .to(f32)",),
    )


def combined(use: Use, a: TensorType, b: TensorType) -> TensorType | None:
    """The type of a sum or product of two tensors, or None where their sizes do not fit."""
    shape = broadcast(use, a.shape, b.shape)
    return None if shape is None else TensorType(shape, promote(a, b))


def as_float(x: TensorType) -> TensorType:
    """The type after a function such as exp or a division: whole numbers become f32."""
    return x if x.is_float else TensorType(x.shape, "f32")


def whole_reduced(use: Use, shape: tuple[Size, ...], dtype: str) -> TensorType | None:
    """The type of a loss that keeps whole numbers, which have a sum but no mean; None where there is none."""
    if dtype in FLOATS or reduction(use) == "none":
        return reduced(use, shape, dtype)
    return TensorType((), "i64") if reduction(use) == "sum" else None


def element_weighted(use: Use) -> Type:
    """The type of a regression loss with a factor for each element: the mean is that of the weights."""
    x, y = use.input, use.target
    weight: Any = tensor_of(use.weight)
    shape = paired(use, x, y)
    if isinstance(shape, UnknownType):
        return shape
    if not shapes_agree(use, x, weight):
        return use.problem(
            "target-shape",
            f"weight of {use.title} has the sizes {sizes(weight.shape)}, the output {sizes(x.shape)}",
            "weight",
        )
    keeps_dtype = use.operation.name == "huber_loss"
    problem = float_problem(use, x) if keeps_dtype else bool_problem(use, x, y)
    losses = TensorType(shape, x.dtype if keeps_dtype else promote_dtypes(x.dtype, y.dtype))
    weighted = TensorType(shape, promote(losses, weight))
    if not problem and reduction(use) == "mean" and not keeps_dtype:  # the sum over that of the weights
        return as_float(TensorType((), promote_dtypes(weighted.dtype, weight.dtype)))
    is_count = reduction(use) == "sum" and not weighted.is_float
    return problem or reduced(use, shape, "i64" if is_count else weighted.dtype)
