"""Scores of classes against class ids: sizes, dtypes, class weights and the range of the ids."""

from __future__ import annotations

from specc.ops.base import Use
from specc.ops.losses import float_problem, reduced, reduction, shapes_agree, tensor_of
from specc.types.ranges import Range
from specc.types.tensor import Size, TensorType, Type, UnknownType, sizes


def class_axis(scores: TensorType) -> int:
    """Where torch looks for the classes: axis 1, or axis 0 where there is no batch."""
    return 0 if scores.rank == 1 else 1


def without_classes(scores: TensorType) -> tuple[Size, ...]:
    """The sizes that class ids need."""
    at = class_axis(scores)
    return (*scores.shape[:at], *scores.shape[at + 1 :])


def id_losses(use: Use) -> Type:
    """The type of a loss of class ids, or the unknown type after reporting what does not fit."""
    scores, ids = use.input, use.target
    problem = scores_problem(use, scores) or ids_shape_problem(use, scores, ids) or ids_dtype_problem(use, ids)
    problem = problem or weight_problem(use, scores) or ids_range_problem(use, scores, ids)
    return problem or reduced(use, without_classes(scores), scores.dtype)


def scores_problem(use: Use, scores: TensorType) -> UnknownType | None:
    """Scores are floats and have a class axis."""
    if scores.rank == 0:
        return use.problem("rank-mismatch", f"{use.title} is given a scalar, it needs an axis of classes")
    return float_problem(use, scores)


def ids_shape_problem(use: Use, scores: TensorType, ids: TensorType) -> UnknownType | None:
    """Class ids have the sizes of the scores without the class axis; one id may stand in an axis of its own."""
    wanted = without_classes(scores)
    if shapes_agree(use, ids, scores.reshaped(wanted)) or (scores.rank == 1 and ids.shape == (1,)):
        return None
    headline = f"{use.title} is given {scores} and the target {ids}, "
    if ids.rank == scores.rank - 1 and shapes_agree(use, ids, scores.reshaped(scores.shape[:-1])):
        return use.problem(
            "class-axis-position",
            headline + "the classes must be axis 1, they are the last",
            helps=("move them: transpose(1, -1) on the scores",),
        )
    if ids.rank == scores.rank and shapes_agree(use, ids, scores):
        return use.problem(
            "class-target-dtype",
            headline + "class ids have no class axis",
            helps=("one-hot targets: argmax(1) makes them class ids",),
        )
    at = class_axis(scores)
    one = (*wanted[:at], 1, *wanted[at:])
    helps = (f"drop the target's axis {at}: squeeze({at})",) if shapes_agree(use, ids, scores.reshaped(one)) else ()
    return use.problem("target-shape", headline + f"the target must have the sizes {sizes(wanted)}", helps=helps)


def ids_dtype_problem(use: Use, ids: TensorType) -> UnknownType | None:
    """torch takes i64 ids, and u8 where there is no axis but the batch."""
    dtypes = ("i64",) if use.input.rank > 2 and not (empty(ids) and reduction(use) != "none") else ("i64", "u8")
    if ids.dtype in dtypes:
        return None
    return use.problem(
        "class-target-dtype",
        f"{use.title} is given the target {ids}, class ids are {' or '.join(dtypes)} here",
        helps=("convert the target: .to(i64)",),
    )


def weight_problem(use: Use, scores: TensorType) -> UnknownType | None:
    """A class weight is a list of one number per class, of the dtype of the scores."""
    weight = tensor_of(use.weight)
    if weight is None:
        return None
    return weight_length_problem(use, scores, weight) or weight_dtype_problem(use, scores, weight)


def weight_length_problem(use: Use, scores: TensorType, weight: TensorType) -> UnknownType | None:
    classes = scores.shape[class_axis(scores)]
    if weight.rank == 1 and use.same(weight.shape[0], classes):
        return None
    return use.problem(
        "target-shape",
        f"weight of {use.title} has the sizes {sizes(weight.shape)}, there are {classes} classes",
        "weight",
        helps=("give one number per class",),
    )


def weight_dtype_problem(use: Use, scores: TensorType, weight: TensorType) -> UnknownType | None:
    if weight.dtype == scores.dtype:
        return None
    return use.problem(
        "float-precision-mismatch",
        f"{use.title} is given {scores}, its weight is {weight}",
        "weight",
        helps=(f"convert the scores: .to({weight.dtype})",),
    )


def ids_range_problem(use: Use, scores: TensorType, ids: TensorType) -> UnknownType | None:
    """Every class id, as far as their range is known, stands for one of the scores."""
    classes = scores.shape[class_axis(scores)]
    if empty(ids):
        return None
    if classes == 0:
        return use.problem("class-count-mismatch", f"{use.title} is given {scores}, which has no class")
    ignored = use.values.get("ignore_index", -100)
    if ids.range is None or not beyond(use, ids.range, classes, ignored):
        return None
    return use.problem(
        "class-count-mismatch",
        f"{use.title} is given scores of {classes} classes, its target is {ids} with ids {ids.range}",
        helps=(f"let the last layer give {ids.range.high} scores",) if type(ids.range.high) is int else (),
    )


def beyond(use: Use, known: Range, count: Size, ignored: int | None = None) -> bool:
    """Whether some of the values in a range are not ids from 0 to count - 1, the ignored one aside."""
    low, high = known
    if high is not None and ignored is not None and high == ignored + 1:
        high = high - 1
    if high is not None and use.holds("<=", high, count) is False:
        return True
    return low is not None and low != ignored and use.holds(">=", low, 0) is False


def empty(x: TensorType) -> bool:
    """Whether a tensor certainly holds no element."""
    return any(size == 0 for size in x.shape)
