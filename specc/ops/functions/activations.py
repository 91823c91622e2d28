"""Activation functions: the twins of the layers, without a slot."""

from __future__ import annotations

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, NUMBER, fit_problem, float_of, reach_problem, refuse
from specc.ops.kinds import BOOL, FLOAT, INFINITY, Choice, Either, Float
from specc.ops.shapes import can_hold
from specc.types.tensor import DTYPES, FLOATS, INTEGERS, TensorType, Type, UnknownType

NUMERIC = (*FLOATS, *INTEGERS)
INPLACE = Argument("inplace", BOOL, False, "overwrite the input instead of making a new value")


class Activation(Function):
    """Computes each element from the element at its place; floats only unless `takes` says more."""

    arguments: tuple[Argument, ...] = (INPUT, INPLACE)
    takes: tuple[str, ...] = FLOATS

    def infer(self, use: Use) -> Type:
        x = use.input
        problem = refuse(use, x.dtype, self.takes) or self.own_problem(use)
        return problem or TensorType(x.shape, self.result_dtype(x.dtype))

    def own_problem(self, use: Use) -> UnknownType | None:
        """What else torch refuses; None where it takes the arguments."""
        return None

    def result_dtype(self, dtype: str) -> str:
        return dtype


class Relu(Activation):
    """max(0, x)."""

    name = "relu"
    target = "torch.nn.functional.relu"
    takes = NUMERIC
    example = "y = relu(x)"


class Relu6(Activation):
    """x kept within 0 and 6."""

    name = "relu6"
    target = "torch.nn.functional.relu6"
    takes = NUMERIC
    example = "y = relu6(x)"


class Gelu(Activation):
    """x times the normal distribution function of x."""

    name = "gelu"
    target = "torch.nn.functional.gelu"
    arguments = (
        INPUT,
        Argument("approximate", Choice("none", "tanh"), "none", "exact, or a formula with tanh", keyword_only=True),
    )
    example = "y = gelu(x, approximate=\"tanh\")"


class Silu(Activation):
    """x times sigmoid(x), also called swish."""

    name = "silu"
    target = "torch.nn.functional.silu"
    example = "y = silu(x)"


class Mish(Activation):
    """x times tanh(softplus(x))."""

    name = "mish"
    target = "torch.nn.functional.mish"
    example = "y = mish(x)"


class Hardswish(Activation):
    """x times relu6(x + 3) / 6."""

    name = "hardswish"
    target = "torch.nn.functional.hardswish"
    example = "y = hardswish(x)"


class Hardsigmoid(Activation):
    """relu6(x + 3) / 6."""

    name = "hardsigmoid"
    target = "torch.nn.functional.hardsigmoid"
    example = "y = hardsigmoid(x)"


class Hardtanh(Activation):
    """x kept within min_val and max_val."""

    name = "hardtanh"
    target = "torch.nn.functional.hardtanh"
    arguments = (
        INPUT,
        Argument("min_val", FLOAT, -1.0, "lower end"),
        Argument("max_val", FLOAT, 1.0, "upper end"),
        INPLACE,
    )
    takes = NUMERIC
    example = "y = hardtanh(x, -2.0, 2.0)"

    def own_problem(self, use: Use) -> UnknownType | None:
        ends = (use.min_val, use.max_val)
        if not use.input.is_float and not all(-(2**63) <= end < 2**63 for end in ends):
            return use.problem("argument-domain", f"{use.title}: {ends} are beyond all whole numbers", "max_val")
        if use.min_val <= use.max_val:
            return reach_problem(use, use.input.dtype, use.min_val, use.max_val, "max_val")
        return use.problem(
            "argument-domain", f"{use.title}: min_val {use.min_val} is above max_val {use.max_val}", "min_val"
        )


class LeakyRelu(Activation):
    """x where positive, negative_slope times x elsewhere."""

    name = "leaky_relu"
    target = "torch.nn.functional.leaky_relu"
    arguments = (INPUT, Argument("negative_slope", FLOAT, 0.01, "slope below 0"), INPLACE)
    example = "y = leaky_relu(x, 0.2)"


class Elu(Activation):
    """x where positive, alpha (e^x - 1) elsewhere."""

    name = "elu"
    target = "torch.nn.functional.elu"
    arguments = (INPUT, Argument("alpha", FLOAT, 1.0, "limit below 0"), INPLACE)
    example = "y = elu(x)"


class Selu(Activation):
    """elu, scaled so that mean and variance keep themselves."""

    name = "selu"
    target = "torch.nn.functional.selu"
    example = "y = selu(x)"


class Celu(Activation):
    """x where positive, alpha (e^(x / alpha) - 1) elsewhere."""

    name = "celu"
    target = "torch.nn.functional.celu"
    arguments = (
        INPUT,
        Argument("alpha", Either(Float(0, open_low=True), Float(high=0, open_high=True)), 1.0, "limit below 0"),
        INPLACE,
    )
    example = "y = celu(x)"


class Rrelu(Activation):
    """leaky_relu whose slope is drawn between lower and upper in training and their mean otherwise."""

    name = "rrelu"
    target = "torch.nn.functional.rrelu"
    arguments = (
        INPUT,
        Argument("lower", FLOAT, 1.0 / 8, "least slope"),
        Argument("upper", FLOAT, 1.0 / 3, "greatest slope"),
        Argument("training", BOOL, False, "whether slopes are drawn"),
        INPLACE,
    )
    example = "y = rrelu(x, training=training)"

    def own_problem(self, use: Use) -> UnknownType | None:
        if use.upper == INFINITY or use.lower == -INFINITY:
            return use.problem("argument-domain", f"{use.title}: the bounds of the slope must be finite", "upper")
        if use.lower > use.upper:
            return use.problem("argument-domain", f"{use.title}: lower {use.lower} is above upper {use.upper}", "lower")
        return refuse(use, use.input.dtype, ("bf16", "f32", "f64")) if use.training else None


class Threshold(Activation):
    """x where above threshold, value elsewhere."""

    name = "threshold"
    target = "torch.nn.functional.threshold"
    arguments = (
        INPUT,
        Argument("threshold", NUMBER, doc="the limit"),
        Argument("value", NUMBER, doc="what stands below it"),
        INPLACE,
    )
    takes = NUMERIC
    example = "y = threshold(x, 0.1, 0)"

    def own_problem(self, use: Use) -> UnknownType | None:
        return fit_problem(use, use.input.dtype, use.threshold, "threshold") or fit_problem(
            use, use.input.dtype, use.value, "value")


class Softplus(Activation):
    """log(1 + e^(beta x)) / beta; x itself where beta x exceeds threshold."""

    name = "softplus"
    target = "torch.nn.functional.softplus"
    arguments = (
        INPUT,
        Argument("beta", FLOAT, 1.0, "steepness"),
        Argument("threshold", FLOAT, 20.0, "linear above it"),
    )
    example = "y = softplus(x)"


class Softshrink(Activation):
    """x moved towards 0 by lambd, 0 within it."""

    name = "softshrink"
    target = "torch.nn.functional.softshrink"
    arguments = (INPUT, Argument("lambd", Float(0, INFINITY, open_high=True), 0.5, "half the width of the dead zone"))
    example = "y = softshrink(x)"

    def own_problem(self, use: Use) -> UnknownType | None:
        if can_hold(use.input.dtype, use.lambd):
            return None
        return use.problem("argument-domain", f"{use.title}: {use.input.dtype} cannot hold {use.lambd}", "lambd")


class Hardshrink(Activation):
    """x, but 0 within lambd of 0."""

    name = "hardshrink"
    target = "torch.nn.functional.hardshrink"
    arguments = (INPUT, Argument("lambd", FLOAT, 0.5, "half the width of the dead zone"))
    example = "y = hardshrink(x)"


class Logsigmoid(Activation):
    """log(sigmoid(x)), exact for large x."""

    name = "logsigmoid"
    target = "torch.nn.functional.logsigmoid"
    arguments = (INPUT,)
    example = "y = logsigmoid(x)"


class Squashing(Activation):
    """An activation that computes whole numbers as f32."""

    arguments = (INPUT,)
    takes: tuple[str, ...] = DTYPES

    def result_dtype(self, dtype: str) -> str:
        return float_of(dtype)


class Sigmoid(Squashing):
    """1 / (1 + e^-x)."""

    name = "sigmoid"
    target = "torch.sigmoid"
    example = "y = sigmoid(x)"


class Tanh(Squashing):
    """The hyperbolic tangent."""

    name = "tanh"
    target = "torch.tanh"
    example = "y = tanh(x)"


class Softsign(Squashing):
    """x / (1 + |x|)."""

    name = "softsign"
    target = "torch.nn.functional.softsign"
    takes = NUMERIC
    example = "y = softsign(x)"


class Tanhshrink(Squashing):
    """x - tanh(x)."""

    name = "tanhshrink"
    target = "torch.nn.functional.tanhshrink"
    takes = NUMERIC
    example = "y = tanhshrink(x)"
