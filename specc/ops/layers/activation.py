"""Activations: elementwise ones, gates and softmaxes."""

from __future__ import annotations

from specc.ops.base import FACTORY, Argument, Layer, State, Use
from specc.ops.kinds import AXIS, BOOL, FLOAT, INFINITY, POSITIVE, Choice, Float, Kind, Optional
from specc.ops.shapes import axis, can_hold, dtype_problem, rank_problem, weight_dtype_problem
from specc.types.tensor import FLOATS, INTEGERS, UNKNOWN, TensorType, Type

NUMBERS = (*FLOATS, *INTEGERS)
FINITE = Float(-INFINITY, INFINITY, open_low=True, open_high=True)
INPLACE = Argument("inplace", BOOL, False, "whether to overwrite the input")


class _Elementwise(Layer):
    """Maps every value by itself: sizes and dtype stay.

    The input's dtype must hold the numbers `held`; those in `widened` are read as f32 for halves.
    """

    dtypes: tuple[str, ...] = FLOATS
    held: tuple[str, ...] = ()
    widened: tuple[str, ...] = ()

    def infer(self, use: Use) -> Type:
        dtype = use.input.dtype
        held = self._held(use)
        for name in (*held, *self.widened):
            read = self._read_as(dtype) if name in held else "f32" if dtype in ("f16", "bf16") else dtype
            if not _fits(read, getattr(use, name)):
                return use.problem(
                    "argument-domain", f"{use.title}: {read} cannot hold {name} = {getattr(use, name)}", name
                )
        return dtype_problem(use, use.input, self.dtypes) or use.input.plain()

    def _held(self, use: Use) -> tuple[str, ...]:
        """The arguments that the input's dtype must hold."""
        return self.held

    def _read_as(self, dtype: str) -> str:
        """The dtype in which torch reads a held argument."""
        return dtype


def _fits(dtype: str, number: float) -> bool:
    """Whether torch can read a number as this dtype: a negative int wraps around in a byte, a float does not."""
    wraps = dtype == "u8" and isinstance(number, int)
    return can_hold(dtype, abs(number) if wraps else number)


class _Promoting(_Elementwise):
    """Maps every value by itself; integers become f32."""

    dtypes: tuple[str, ...] = (*NUMBERS, "bool")

    def infer(self, use: Use) -> Type:
        wrong = dtype_problem(use, use.input, self.dtypes)
        return wrong or (use.input.plain() if use.input.is_float else TensorType(use.input.shape, "f32"))


def _number(name: str, default: float, doc: str, kind: Kind = FLOAT) -> Argument:
    return Argument(name, kind, default, doc)


class ReLU(_Elementwise):
    """Cuts off what is negative: `max(x, 0)`."""

    target = "torch.nn.ReLU"
    dtypes = NUMBERS
    arguments = (INPLACE,)
    example = "x -> ReLU"


class ReLU6(_Elementwise):
    """Cuts off below 0 and above 6."""

    target = "torch.nn.ReLU6"
    dtypes = NUMBERS
    arguments = (INPLACE,)
    example = "x -> ReLU6"


class Threshold(_Elementwise):
    """Replaces every value that is not above a threshold by another one."""

    target = "torch.nn.Threshold"
    dtypes = NUMBERS
    held = ("value",)
    widened = ("threshold",)
    arguments = (
        Argument("threshold", FLOAT, doc="values above it stay"),
        Argument("value", FLOAT, doc="what the others become"),
        INPLACE,
    )
    example = "x -> Threshold(0.1, 0.0)"


class Hardtanh(_Elementwise):
    """Cuts off below one limit and above another."""

    target = "torch.nn.Hardtanh"
    dtypes = NUMBERS
    arguments = (
        _number("min_val", -1.0, "lower limit"),
        _number("max_val", 1.0, "upper limit"),
        INPLACE,
        Argument("min_value", Optional(FLOAT), None, "old name of min_val"),
        Argument("max_value", Optional(FLOAT), None, "old name of max_val"),
    )
    example = "x -> Hardtanh(0, 6)"

    def infer(self, use: Use) -> Type:
        low, high = (getattr(use, name) for name in self._held(use))
        if not high > low:
            return use.problem(
                "argument-domain", f"{use.title}: its limits {low} and {high} leave nothing between them", "max_val"
            )
        return super().infer(use)

    def _held(self, use: Use) -> tuple[str, ...]:
        lower = "min_val" if use.min_value is None else "min_value"
        return lower, "max_val" if use.max_value is None else "max_value"

    def _read_as(self, dtype: str) -> str:
        return dtype if dtype in FLOATS else "i64"


class RReLU(_Elementwise):
    """Scales negative values by a random slope in training, by the mean slope in evaluation."""

    target = "torch.nn.RReLU"
    widened = ("lower", "upper")
    dtypes = ("bf16", "f32", "f64")
    arguments = (
        _number("lower", 1.0 / 8, "least slope", FINITE),
        _number("upper", 1.0 / 3, "greatest slope", FINITE),
        INPLACE,
    )
    example = "x -> RReLU()"

    def infer(self, use: Use) -> Type:
        if use.lower > use.upper:
            return use.problem("argument-domain", f"{use.title}: lower {use.lower} is above upper {use.upper}", "lower")
        return super().infer(use)


class LeakyReLU(_Elementwise):
    """Scales negative values by a small slope."""

    target = "torch.nn.LeakyReLU"
    widened = ("negative_slope",)
    arguments = (_number("negative_slope", 0.01, "slope below 0"), INPLACE)
    example = "x -> LeakyReLU(0.2)"


class Sigmoid(_Promoting):
    """Squeezes every value between 0 and 1: `1 / (1 + exp(-x))`."""

    target = "torch.nn.Sigmoid"
    example = "x -> Sigmoid"


class Tanh(_Promoting):
    """Squeezes every value between -1 and 1."""

    target = "torch.nn.Tanh"
    example = "x -> Tanh"


class Softsign(_Promoting):
    """Squeezes every value between -1 and 1: `x / (1 + |x|)`."""

    target = "torch.nn.Softsign"
    dtypes = NUMBERS
    example = "x -> Softsign"


class Tanhshrink(_Promoting):
    """Subtracts the hyperbolic tangent: `x - tanh(x)`."""

    target = "torch.nn.Tanhshrink"
    dtypes = NUMBERS
    example = "x -> Tanhshrink"


class Hardsigmoid(_Elementwise):
    """A sigmoid of three straight lines: `clamp(x / 6 + 1 / 2, 0, 1)`."""

    target = "torch.nn.Hardsigmoid"
    arguments = (INPLACE,)
    example = "x -> Hardsigmoid"


class Hardswish(_Elementwise):
    """A swish of straight lines: `x * clamp(x + 3, 0, 6) / 6`."""

    target = "torch.nn.Hardswish"
    arguments = (INPLACE,)
    example = "x -> Hardswish"


class SiLU(_Elementwise):
    """Gates a value by its own sigmoid: `x * sigmoid(x)`."""

    target = "torch.nn.SiLU"
    arguments = (INPLACE,)
    example = "x -> SiLU"


class Mish(_Elementwise):
    """A smooth gate: `x * tanh(softplus(x))`."""

    target = "torch.nn.Mish"
    arguments = (INPLACE,)
    example = "x -> Mish"


class GELU(_Elementwise):
    """Weighs a value by the probability that a normal variable lies below it."""

    target = "torch.nn.GELU"
    arguments = (Argument("approximate", Choice("none", "tanh"), "none", "tanh takes a faster, close formula"),)
    example = "x -> GELU"


class ELU(_Elementwise):
    """Lets negative values run out exponentially to -alpha."""

    target = "torch.nn.ELU"
    widened = ("alpha",)
    arguments = (_number("alpha", 1.0, "minus the limit at minus infinity"), INPLACE)
    example = "x -> ELU()"


class CELU(_Elementwise):
    """An ELU whose slope stays continuous for every alpha."""

    target = "torch.nn.CELU"
    widened = ("alpha",)
    arguments = (_number("alpha", 1.0, "minus the limit at minus infinity"), INPLACE)
    example = "x -> CELU()"

    def infer(self, use: Use) -> Type:
        if use.alpha == 0:
            return use.problem("argument-domain", f"{use.title}: alpha must not be 0", "alpha")
        return super().infer(use)


class SELU(_Elementwise):
    """A scaled ELU whose constants keep mean 0 and variance 1."""

    target = "torch.nn.SELU"
    arguments = (INPLACE,)
    example = "x -> SELU"


class Hardshrink(_Elementwise):
    """Sets values near 0 to 0."""

    target = "torch.nn.Hardshrink"
    held = ("lambd",)
    arguments = (_number("lambd", 0.5, "how near"),)
    example = "x -> Hardshrink(0.5)"


class Softshrink(_Elementwise):
    """Moves every value towards 0 by lambd, and no further."""

    target = "torch.nn.Softshrink"
    held = ("lambd",)
    arguments = (_number("lambd", 0.5, "by how much", Float(0, INFINITY, open_high=True)),)
    example = "x -> Softshrink(0.5)"


class LogSigmoid(_Elementwise):
    """The logarithm of the sigmoid, computed in one step."""

    target = "torch.nn.LogSigmoid"
    example = "x -> LogSigmoid"


class Softplus(_Elementwise):
    """A smooth ReLU: `log(1 + exp(beta * x)) / beta`."""

    target = "torch.nn.Softplus"
    widened = ("beta", "threshold")
    arguments = (_number("beta", 1.0, "sharpness"), _number("threshold", 20.0, "where it becomes a straight line"))
    example = "x -> Softplus()"


class PReLU(Layer):
    """Scales negative values by a learned slope, one for all or one per channel (axis 1)."""

    target = "torch.nn.PReLU"
    arguments = (
        Argument("num_parameters", POSITIVE, 1, "1, or the number of channels"),
        _number("init", 0.25, "first value of the slopes"),
        *FACTORY,
    )
    feature_axis = 1
    example = "x -> PReLU()"

    def infer(self, use: Use) -> Type:
        x, count = use.input, use.num_parameters
        channels = x.shape[1] if x.rank > 1 else 1
        if count != 1 and (x.rank == 0 or not use.same(channels, count)):
            return use.problem(
                "prelu-parameters",
                f"{use.title} has {count} slopes, the input has {channels} channels",
                "num_parameters",
                helps=("write 1, or _ for one per channel",),
            )
        return weight_dtype_problem(use, x) or x.plain()

    def state(self, use: Use) -> tuple[State, ...]:
        return (State("weight", (use.num_parameters,), use.dtype.name if use.dtype else "f32"),)


class GLU(Layer):
    """Splits an axis in two halves and gates the first by the sigmoid of the second: the axis is halved."""

    target = "torch.nn.GLU"
    arguments = (Argument("dim", AXIS, -1, "the axis to split"),)
    example = "x -> GLU(1)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank == 0:
            return use.problem("rank-mismatch", f"{use.title} is given a scalar, it needs at least one axis")
        place = axis(use, "dim", x.rank)
        if place is None:
            return UNKNOWN
        if not use.same(x.shape[place] % 2, 0):
            return use.problem(
                "argument-domain", f"{use.title} halves an axis of {x.shape[place]}, which must be even", "dim"
            )
        return dtype_problem(use, x) or TensorType(
            (*x.shape[:place], x.shape[place] // 2, *x.shape[place + 1 :]), x.dtype
        )


class _Softmax(Layer):
    """Turns the values along an axis into probabilities, or their logarithms."""

    arguments = (Argument("dim", Optional(AXIS), None, "the axis that sums to 1; none picks one by the rank"),)

    def infer(self, use: Use) -> Type:
        if use.dim is not None and axis(use, "dim", use.input.rank) is None:
            return UNKNOWN
        return dtype_problem(use, use.input) or use.input.plain()


class Softmax(_Softmax):
    """Turns the values along an axis into probabilities that sum to 1."""

    target = "torch.nn.Softmax"
    example = "x -> Softmax(-1)"


class Softmin(_Softmax):
    """The softmax of the negated values: the smallest gets most."""

    target = "torch.nn.Softmin"
    example = "x -> Softmin(-1)"


class LogSoftmax(_Softmax):
    """The logarithm of the softmax, computed in one step."""

    target = "torch.nn.LogSoftmax"
    example = "x -> LogSoftmax(-1)"


class Softmax2d(Layer):
    """A softmax over the channels at every place of a map: `[N, C, H, W]` or `[C, H, W]`."""

    target = "torch.nn.Softmax2d"
    example = "x -> Softmax2d"

    def infer(self, use: Use) -> Type:
        wrong = rank_problem(use, use.input, (3, 4), "[N, C, H, W] or, for one sample, [C, H, W]")
        return wrong or dtype_problem(use, use.input) or use.input.plain()
