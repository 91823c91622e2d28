"""What many rules share: dtype checks, axes, broadcasting."""

from __future__ import annotations

from typing import Any, Sequence

from specc.ops.base import Use
from specc.ops.kinds import INFINITY
from specc.types.dims import limits_of
from specc.types.tensor import FLOATS, Size, TensorType, UnknownType, sizes


def weight_dtype_problem(use: Use, x: TensorType) -> UnknownType | None:
    """A layer with weights takes an input of their dtype; reports and gives UNKNOWN, or None where it fits."""
    dtype = use.values.get("dtype")
    wanted = dtype.name if dtype else "f32"
    if x.dtype == wanted:
        return None
    if not x.is_float:
        return use.problem(
            "ids-into-float-layer",
            f"{use.title} is given {x}, it needs {wanted}",
            helps=(f"convert it first: .to({wanted}); for class or token ids use Embedding",),
        )
    return use.problem(
        "float-precision-mismatch",
        f"{use.title} is given {x}, its weights are {wanted}",
        helps=(f"convert the input: .to({wanted})",),
    )


def dtype_problem(use: Use, x: TensorType, allowed: Sequence[str] = FLOATS) -> UnknownType | None:
    """Report that an input's dtype is none of those the operation computes with; None where it is."""
    if x.dtype in allowed:
        return None
    if not x.is_float and set(allowed) <= set(FLOATS):
        return use.problem(
            "ids-into-float-layer",
            f"{use.title} is given {x}, it computes with floats only",
            helps=("convert it first: .to(f32)",),
        )
    return use.problem("dtype-mismatch", f"{use.title} is given {x}, it takes {', '.join(allowed)}")


def rank_problem(use: Use, x: TensorType, ranks: Sequence[int], layout: str = "") -> UnknownType | None:
    """Report that an input has another number of axes than the operation takes; None where it fits."""
    if x.rank in ranks:
        return None
    wanted = " or ".join(map(str, ranks))
    return use.problem(
        "rank-mismatch",
        f"{use.title} is given {x} with {x.rank} axes, it takes {wanted}",
        notes=(f"its input is {layout}",) if layout else (),
    )


def can_be_at_least(use: Use, size: Size, minimum: Size) -> bool:
    """Whether a size reaches a minimum. Where a symbolic size may, it becomes a fact that it does."""
    if isinstance(minimum, int):
        low, _ = limits_of(size)
        if low is not None and low >= minimum:
            return True
        if isinstance(size, int):
            return False
    if use.holds("<", size, minimum) is True:
        return False
    if use.holds(">=", size, minimum) is not True:
        use.facts.assume(">=", size, minimum)
    return True


def scaled(size: Size, factor: Any) -> Size | None:
    """`floor(size * factor)`; None where that is no polynomial: a symbolic size times a factor that is not dyadic."""
    if isinstance(size, int):
        return int(size * factor)
    over, under = float(factor).as_integer_ratio()
    return size * over // under if under <= 1024 else None


LIMITS: dict[str, tuple[float, float]] = {
    "u8": (0, 255),
    "i8": (-128, 127),
    "i16": (-32768, 32767),
    "i32": (-(2**31), 2**31 - 1),
    "i64": (-(2.0**63), 2.0**63),
    "f16": (-65504, 65504),
    "bf16": (-3.3895313892515355e38, 3.3895313892515355e38),
    "f32": (-3.4028234663852886e38, 3.4028234663852886e38),
}


def can_hold(dtype: str, number: float) -> bool:
    """Whether a number lies within the values of a dtype; infinity does, for floats."""
    low, high = LIMITS.get(dtype, (-INFINITY, INFINITY))
    return low <= number <= high or (dtype in FLOATS and abs(number) == INFINITY)


def axis(use: Use, name: str, rank: int) -> int | None:
    """The value of the axis argument `name` counted from 0, or None after reporting that it is out of range."""
    value = getattr(use, name)
    if -max(rank, 1) <= value < max(rank, 1):
        return value % max(rank, 1)
    low, high = -max(rank, 1), max(rank, 1) - 1
    use.problem(
        "dim-out-of-range", f"{use.title}: {name} is {value}, the tensor has {rank} axes ({low} to {high})", name
    )
    return None


def broadcast(use: Use, a: tuple[Size, ...], b: tuple[Size, ...]) -> tuple[Size, ...] | None:
    """The shape two shapes broadcast to, or None where they do not fit (nothing is reported).

    Only a literal 1 stretches: a symbol never does.
    """
    width = max(len(a), len(b))
    left, right = (1,) * (width - len(a)) + tuple(a), (1,) * (width - len(b)) + tuple(b)
    result = []
    for m, n in zip(left, right):
        if m == 1:
            result.append(n)
        elif n == 1 or use.same(m, n):
            result.append(m)
        else:
            return None
    return tuple(result)


def broadcast_problem(use: Use, a: TensorType, b: TensorType) -> UnknownType:
    """Report that two tensors do not broadcast, with a witness where sizes are symbolic."""
    differing = [pair for pair in zip(reversed(a.shape), reversed(b.shape)) if 1 not in pair and not use.same(*pair)]
    notes = use.example(*differing[0]) if differing else ()
    return use.problem(
        "add-broadcast-mismatch", f"{use.title}: {sizes(a.shape)} and {sizes(b.shape)} do not fit together", notes=notes
    )
