"""Cross-entropy over a great many classes, by frequency in clusters."""

from __future__ import annotations

from specc.ops.base import FACTORY, Argument, Layer, State, Use
from specc.ops.class_targets import beyond, empty
from specc.ops.kinds import BOOL, FLOAT, INT, SIZE, TENSOR, Items
from specc.ops.shapes import weight_dtype_problem
from specc.types.tensor import Size, TensorType, Type, UnknownType


class AdaptiveLogSoftmaxWithLoss(Layer):
    """A last layer with its loss: frequent classes are scored directly, rare ones in clusters of less width.

    Input `[N, in_features]` with class ids `[N]`, or `[in_features]` with a scalar. Gives the log-probability of each
    target, and the loss.
    """

    target = "torch.nn.AdaptiveLogSoftmaxWithLoss"
    arguments = (
        Argument("in_features", SIZE, doc="size of the last axis of the input"),
        Argument("n_classes", INT, doc="how many classes there are, most frequent first"),
        Argument("cutoffs", Items(INT), doc="where each cluster begins, in increasing order"),
        Argument("div_value", FLOAT, 4.0, "by how much each cluster is narrower than the one before"),
        Argument("head_bias", BOOL, False, "whether the scores of frequent classes have a bias"),
        *FACTORY,
    )
    inputs = (Argument("input_", TENSOR), Argument("target_", TENSOR))
    feature_axis = -1
    example = "_, cost = (h, label) -> head: AdaptiveLogSoftmaxWithLoss(_, 10000, [100, 1000])"

    def infer(self, use: Use) -> Type:
        x, y = use.input_, use.target_
        problem = self._cutoffs_problem(use) or self._input_problem(use, x, y) or self._ids_problem(use, y)
        return problem or (TensorType(y.shape, x.dtype), TensorType((), x.dtype))

    def _cutoffs_problem(self, use: Use) -> UnknownType | None:
        if not self._rises(use):
            return use.problem(
                "argument-domain",
                f"cutoffs of {use.title} must rise from 1 to at most {use.n_classes - 1}",
                "cutoffs",
            )
        if use.div_value == 0 or min(self._widths(use)) < 0:
            headline = f"div_value of {use.title} is {use.div_value}, widths are divided by it"
            return use.problem("argument-domain", headline, "div_value")
        return None

    def _rises(self, use: Use) -> bool:
        """Whether every cluster has classes."""
        ends = (0, *use.cutoffs, use.n_classes)
        return len(ends) > 2 and all(low < high for low, high in zip(ends, ends[1:]))

    def _input_problem(self, use: Use, x: TensorType, y: TensorType) -> UnknownType | None:
        if y.rank > 1 or x.rank != y.rank + 1 or not use.same(x.shape[0] if y.rank else 1, (*y.shape, 1)[0]):
            return use.problem(
                "target-shape",
                f"{use.title} is given {x} and the target {y}, it takes [N, {use.in_features}] "
                f"and [N], or [{use.in_features}] and a scalar",
            )
        if not use.same(x.shape[-1], use.in_features):
            return use.problem(
                "in-features-mismatch",
                f"{use.title} is given {x.shape[-1]} features, not {use.in_features}",
                "in_features",
                helps=("write _ for in_features",),
            )
        return weight_dtype_problem(use, x)

    def _ids_problem(self, use: Use, y: TensorType) -> UnknownType | None:
        if y.dtype != "i64":
            return use.problem(
                "class-target-dtype",
                f"{use.title} is given the target {y}, class ids are i64",
                helps=("convert the target: .to(i64)",),
            )
        if y.range is None or empty(y) or not beyond(use, y.range, use.n_classes):
            return None
        return use.problem(
            "class-count-mismatch",
            f"{use.title} has {use.n_classes} classes, its target is {y} with ids {y.range}",
            "n_classes",
        )

    def _widths(self, use: Use) -> list[int]:
        """The width of each cluster."""
        return [int(use.in_features // (use.div_value ** (place + 1))) for place in range(len(use.cutoffs))]

    def state(self, use: Use) -> tuple[State, ...]:
        if not self._rises(use) or use.div_value == 0:
            return ()
        dtype = use.dtype.name if use.dtype else "f32"
        head = use.cutoffs[0] + len(use.cutoffs)
        rows = [("head.weight", (head, use.in_features)), *([("head.bias", (head,))] if use.head_bias else [])]
        ends = (*use.cutoffs, use.n_classes)
        for place, width in enumerate(self._widths(use)):
            rows.append((f"tail.{place}.0.weight", (width, use.in_features)))
            rows.append((f"tail.{place}.1.weight", (ends[place + 1] - ends[place], width)))
        return tuple(State(name, shape, dtype) for name, shape in rows)

    def multiply_adds(self, use: Use, output: Type) -> Size:
        """Those of the scores of the frequent classes: how often a cluster is reached depends on the targets."""
        batch = use.input_.shape[0] if use.input_.rank == 2 else 1
        return batch * use.in_features * (use.cutoffs[0] + len(use.cutoffs))
