"""Connectionist temporal classification."""

from __future__ import annotations

from specc.ops.base import Argument, Loss, Use
from specc.ops.class_targets import beyond
from specc.ops.kinds import BOOL, INT, TENSOR, Either, Int, Items
from specc.ops.losses import REDUCTION, reduced
from specc.types.ranges import Range
from specc.types.tensor import INTEGERS, Size, TensorType, Type, UnknownType, product

LENGTHS = Either(TENSOR, Items(Int(0)))


class CTCLoss(Loss):
    """How likely the target sequences are, summed over all ways to spread them over the steps of the input.

    Log-probabilities `[T, N, C]`, or `[T, C]`; targets `[N, S]`, or all of them in a row; one length each for the
    inputs and the targets of the batch.
    """

    target = "torch.nn.CTCLoss"
    arguments = (
        Argument("blank", INT, 0, "the class that stands for no label"),
        REDUCTION,
        Argument("zero_infinity", BOOL, False, "whether infinite losses, of targets that do not fit, count as 0"),
    )
    inputs = (
        Argument("log_probs", TENSOR),
        Argument("targets", TENSOR),
        Argument("input_lengths", LENGTHS),
        Argument("target_lengths", LENGTHS),
    )
    example = "loss (log_probs, targets, input_lengths, target_lengths) -> CTCLoss()"

    def infer(self, use: Use) -> Type:
        x = use.log_probs
        problem = self._log_probs_problem(use, x) or self._lengths_problem(use) or self._targets_problem(use)
        return problem or reduced(use, (x.shape[1],) if x.rank == 3 else (), x.dtype)

    def _log_probs_problem(self, use: Use, x: TensorType) -> UnknownType | None:
        if x.rank not in (2, 3) or any(size == 0 for size in x.shape):
            return use.problem(
                "rank-mismatch", f"{use.title} is given {x}, it takes [T, N, C] or [T, C] that is not empty"
            )
        if x.dtype not in ("f32", "f64"):
            return use.problem("dtype-mismatch", f"{use.title} is given {x}, it takes f32 and f64")
        if use.blank >= 0 and use.holds("<", use.blank, x.shape[-1]) is not False:
            return None
        return use.problem(
            "argument-domain", f"blank of {use.title} is {use.blank}, there are {x.shape[-1]} classes", "blank"
        )

    def _lengths_problem(self, use: Use) -> UnknownType | None:
        """One whole number for each sample, in two tensors or two tuples."""
        tensors = [isinstance(lengths, TensorType) for lengths in (use.input_lengths, use.target_lengths)]
        if any(tensors) and not all(tensors):
            return use.problem(
                "argument-type",
                f"input_lengths and target_lengths of {use.title} must both be tensors, or both be tuples",
                "target_lengths",
            )
        problem = None
        for name in ("input_lengths", "target_lengths"):
            problem = problem or self._length_count_problem(use, name)
        longest = use.log_probs.shape[0]
        problem = problem or self._too_long(use, "input_lengths", longest)
        return (
            problem if problem or use.targets.rank != 2 else self._too_long(use, "target_lengths", use.targets.shape[1])
        )

    def _length_count_problem(self, use: Use, name: str) -> UnknownType | None:
        lengths, x = getattr(use, name), use.log_probs
        if isinstance(lengths, TensorType) and lengths.dtype not in INTEGERS:
            return use.problem("dtype-mismatch", f"{name} of {use.title} is {lengths}, lengths are integers", name)
        batch = x.shape[1] if x.rank == 3 else 1
        count = product(lengths.shape) if isinstance(lengths, TensorType) else len(lengths)
        if use.same(count, batch):
            return None
        return use.problem("target-shape", f"{name} of {use.title} holds {count} lengths, the batch is {batch}", name)

    def _too_long(self, use: Use, name: str, longest: Size) -> UnknownType | None:
        """Lengths, as far as they are known, do not exceed what there is."""
        known = lengths_range(getattr(use, name))
        if known is None or not beyond(use, known, longest + 1):
            return None
        return use.problem("target-shape", f"{name} of {use.title} are {known}, there are {longest} steps", name)

    def _targets_problem(self, use: Use) -> UnknownType | None:
        y, x = use.targets, use.log_probs
        batch = x.shape[1] if x.rank == 3 else 1
        if y.rank not in (1, 2) or (y.rank == 2 and not use.same(y.shape[0], batch)):
            return use.problem(
                "target-shape", f"{use.title} is given {x} and the targets {y}, they are [{batch}, S] or in a row"
            )
        if y.range is not None and beyond(use, y.range, x.shape[-1]):
            return use.problem(
                "class-count-mismatch",
                f"{use.title} is given {x.shape[-1]} classes, its targets are {y} with ids {y.range}",
            )
        return self._row_problem(use, y, batch) if y.rank == 1 else None

    def _row_problem(self, use: Use, y: TensorType, batch: Size) -> UnknownType | None:
        """Targets in a row are as many as their lengths add up to, as far as those are known."""
        lengths = use.target_lengths
        if isinstance(lengths, TensorType):
            known = lengths.range
            if known is None or known.low is None or known.high is None:
                return None
            least, most = batch * known.low, batch * (known.high - 1)
        else:
            least = most = sum(lengths)
        if use.holds("<=", least, y.shape[0]) is not False and use.holds("<=", y.shape[0], most) is not False:
            return None
        return use.problem(
            "target-shape",
            f"{use.title} is given {y.shape[0]} targets in a row, their lengths add up to "
            f"{least if least == most else f'{least} to {most}'}",
        )


def lengths_range(lengths: TensorType | tuple[int, ...]) -> Range | None:
    """What is known of lengths."""
    if isinstance(lengths, TensorType):
        return lengths.range
    return Range(min(lengths), max(lengths) + 1) if lengths else None
