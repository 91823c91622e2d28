"""Linear layers."""

from __future__ import annotations

from specc.ops.base import FACTORY, Argument, Layer, State, Use
from specc.ops.kinds import BOOL, POSITIVE, SIZE, TENSOR
from specc.ops.shapes import weight_dtype_problem
from specc.types.tensor import Size, TensorType, Type, product


class Linear(Layer):
    """Applies an affine map to the last axis: `y = x A^T + b`."""

    target = "torch.nn.Linear"
    arguments = (
        Argument("in_features", SIZE, doc="size of the last axis of the input"),
        Argument("out_features", SIZE, doc="size of the last axis of the output"),
        Argument("bias", BOOL, True, "whether to add a learned bias"),
        *FACTORY,
    )
    feature_axis = -1
    example = "x -> Linear(_, 128)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank == 0:
            return use.problem("rank-mismatch", f"{use.title} is given a scalar, it needs at least one axis")
        if not use.same(x.shape[-1], use.in_features):
            return self._wrong_width(use, x)
        return weight_dtype_problem(use, x) or TensorType((*x.shape[:-1], use.out_features), x.dtype)

    def _wrong_width(self, use: Use, x: TensorType) -> Type:
        flat = product(x.shape[1:])
        if x.rank > 2 and use.same(flat, use.in_features):
            return use.problem(
                "flatten-missing",
                f"{use.title} is given {x}, its axes must be flattened first",
                "in_features",
                helps=("put flatten(1) before it",),
            )
        return use.problem(
            "in-features-mismatch",
            f"{use.title} is given {x.shape[-1]} features, not {use.in_features}",
            "in_features",
            helps=(f"write Linear(_, {use.out_features}), or Linear({x.shape[-1]}, {use.out_features})",),
        )

    def state(self, use: Use) -> tuple[State, ...]:
        dtype = use.dtype.name if use.dtype else "f32"
        weight = State("weight", (use.out_features, use.in_features), dtype)
        return (weight, State("bias", (use.out_features,), dtype)) if use.bias else (weight,)

    def multiply_adds(self, use: Use, output: TensorType) -> Size:
        return product(output.shape) * use.in_features


class Identity(Layer):
    """Passes its input on; takes and ignores any arguments in torch, none here."""

    target = "torch.nn.Identity"
    example = "x -> Identity()"

    def infer(self, use: Use) -> Type:
        return use.input


class Bilinear(Layer):
    """Applies a bilinear map to the last axes of two inputs: `y = a^T W b + bias`."""

    target = "torch.nn.Bilinear"
    arguments = (
        Argument("in1_features", POSITIVE, doc="size of the last axis of the first input"),
        Argument("in2_features", POSITIVE, doc="size of the last axis of the second input"),
        Argument("out_features", SIZE, doc="size of the last axis of the output"),
        Argument("bias", BOOL, True, "whether to add a learned bias"),
        *FACTORY,
    )
    inputs = (Argument("input1", TENSOR), Argument("input2", TENSOR))
    feature_axis = -1
    example = "(a, b) -> Bilinear(64, 32, 1)"

    def infer(self, use: Use) -> Type:
        a, b = use.input1, use.input2
        if a.rank != b.rank or not a.rank or not all(use.same(m, n) for m, n in zip(a.shape[:-1], b.shape[:-1])):
            return use.problem(
                "rank-mismatch", f"{use.title} is given {a} and {b}, which must agree in all but the last axis"
            )
        for x, name in ((a, "in1_features"), (b, "in2_features")):
            if not use.same(x.shape[-1], getattr(use, name)):
                return use.problem(
                    "bilinear-width",
                    f"{use.title} is given {x.shape[-1]} features, {name} is {getattr(use, name)}",
                    name,
                )
        wrong = weight_dtype_problem(use, a) or weight_dtype_problem(use, b)
        return wrong or TensorType((*a.shape[:-1], use.out_features), a.dtype)

    def state(self, use: Use) -> tuple[State, ...]:
        dtype = use.dtype.name if use.dtype else "f32"
        weight = State("weight", (use.out_features, use.in1_features, use.in2_features), dtype)
        return (weight, State("bias", (use.out_features,), dtype)) if use.bias else (weight,)

    def multiply_adds(self, use: Use, output: TensorType) -> Size:
        return product(output.shape) * use.in1_features * use.in2_features
