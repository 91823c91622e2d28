"""The ways torch.nn.init fills a parameter: `use.input`, their first argument in torch, which is never written."""

from __future__ import annotations

from specc.ops.base import Argument, Initializer, Use
from specc.ops.binding import show
from specc.ops.kinds import FLOAT, NON_NEGATIVE, POSITIVE, PROBABILITY, Choice, Float, is_integer
from specc.types.tensor import Type

NONLINEARITIES = (
    *("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"),
    *("sigmoid", "tanh", "relu", "leaky_relu", "selu"),
)
GAIN = Argument("gain", FLOAT, 1.0, "factor applied to the result")
KAIMING = (
    Argument("a", FLOAT, 0, "negative slope of the leaky_relu after the layer"),
    Argument("mode", Choice("fan_in", "fan_out"), "fan_in", "keep the variance of the forward or of the backward pass"),
    Argument("nonlinearity", Choice(*NONLINEARITIES), "leaky_relu", "what follows the layer"),
)


class _Fill(Initializer):
    """What they share: how many axes the parameter must have."""

    lowest_rank = 0
    highest_rank: int | None = None

    def infer(self, use: Use) -> Type:
        x = use.input
        if self.lowest_rank <= x.rank and (self.highest_rank is None or x.rank <= self.highest_rank):
            return x
        if self.highest_rank is None:
            wanted = f"at least {self.lowest_rank}"
        elif self.highest_rank == self.lowest_rank:
            wanted = str(self.lowest_rank)
        else:
            wanted = f"{self.lowest_rank} to {self.highest_rank}"
        axes = "axis" if x.rank == 1 else "axes"
        return use.problem("rank-mismatch", f"{use.title} is given {x} of {x.rank} {axes}, it needs {wanted}")


class normal(_Fill):
    """Draws from the normal distribution."""

    target = "torch.nn.init.normal_"
    arguments = (Argument("mean", FLOAT, 0.0, "mean"), Argument("std", NON_NEGATIVE, 1.0, "standard deviation"))
    example = "Linear.weight ~ normal(0, 0.02)"


class trunc_normal(_Fill):
    """Draws from the normal distribution, but nothing below a or above b."""

    target = "torch.nn.init.trunc_normal_"
    arguments = (
        Argument("mean", FLOAT, 0.0, "mean"),
        Argument("std", Float(0, open_low=True), 1.0, "standard deviation"),
        Argument("a", FLOAT, -2.0, "lowest value, an absolute number"),
        Argument("b", FLOAT, 2.0, "highest value, an absolute number"),
    )
    example = "Linear.weight ~ trunc_normal(std=0.02)"

    def check(self, use: Use) -> None:
        if use.a > use.b:
            _order_problem(use)


class uniform(_Fill):
    """Draws evenly between a and b."""

    target = "torch.nn.init.uniform_"
    arguments = (Argument("a", FLOAT, 0.0, "lowest value"), Argument("b", FLOAT, 1.0, "highest value"))
    example = "Embedding.weight ~ uniform(-0.1, 0.1)"

    def check(self, use: Use) -> None:
        if use.a > use.b:
            _order_problem(use)


def _order_problem(use: Use) -> None:
    use.problem("argument-domain", f"{use.title}: a is {show(use.a)} and b is {show(use.b)}, a cannot exceed b", "a")


class _Matrix(_Fill):
    lowest_rank = 2


XAVIER_GAIN = GAIN._replace(kind=NON_NEGATIVE)


class xavier_uniform(_Matrix):
    """Draws evenly, as wide as keeps the variance through layers with symmetric activations (Glorot)."""

    target = "torch.nn.init.xavier_uniform_"
    arguments = (XAVIER_GAIN,)
    example = "Linear.weight ~ xavier_uniform()"


class xavier_normal(_Matrix):
    """Draws from the normal distribution, as wide as keeps the variance through symmetric activations (Glorot)."""

    target = "torch.nn.init.xavier_normal_"
    arguments = (XAVIER_GAIN,)
    example = "Linear.weight ~ xavier_normal(gain=1.0)"


class kaiming_uniform(_Matrix):
    """Draws evenly, as wide as keeps the variance through rectifiers (He)."""

    target = "torch.nn.init.kaiming_uniform_"
    arguments = KAIMING
    example = 'Linear.weight ~ kaiming_uniform(nonlinearity="relu")'


class kaiming_normal(_Matrix):
    """Draws from the normal distribution, as wide as keeps the variance through rectifiers (He)."""

    target = "torch.nn.init.kaiming_normal_"
    arguments = KAIMING
    example = 'Conv2d.weight ~ kaiming_normal(mode="fan_out", nonlinearity="relu")'


class orthogonal(_Matrix):
    """Makes the rows (or columns) orthonormal, seen as a matrix of the first axis against the rest."""

    target = "torch.nn.init.orthogonal_"
    arguments = (GAIN._replace(default=1),)
    example = "RNN.weight_hh_l0 ~ orthogonal()"


class sparse(_Matrix):
    """Draws a matrix from the normal distribution and sets a share of each column to 0."""

    target = "torch.nn.init.sparse_"
    highest_rank = 2
    arguments = (
        Argument("sparsity", PROBABILITY, doc="share of each column that is 0"),
        Argument("std", NON_NEGATIVE, 0.01, "standard deviation of the rest"),
    )
    example = "Linear.weight ~ sparse(0.9)"


class eye(_Matrix):
    """Fills a matrix with the identity."""

    target = "torch.nn.init.eye_"
    highest_rank = 2
    example = "Linear.weight ~ eye()"


class dirac(_Fill):
    """Makes a convolution pass its input on: as many channels as it can."""

    target = "torch.nn.init.dirac_"
    lowest_rank = 3
    highest_rank = 5
    arguments = (Argument("groups", POSITIVE, 1, "groups of the convolution"),)
    example = "Conv2d.weight ~ dirac()"

    def infer(self, use: Use) -> Type:
        result = super().infer(use)
        channels = use.input.shape[0] if use.input.rank else 1
        if result is use.input and is_integer(channels) and channels % use.groups:
            return use.problem(
                "groups-indivisible",
                f"{use.title}: {channels} channels cannot be divided into {use.groups} groups",
                "groups",
            )
        return result


class zeros(_Fill):
    """Fills with 0."""

    target = "torch.nn.init.zeros_"
    example = "Linear.bias = zeros"


class ones(_Fill):
    """Fills with 1."""

    target = "torch.nn.init.ones_"
    example = "BatchNorm2d.weight = ones"


class constant(_Fill):
    """Fills with one number."""

    target = "torch.nn.init.constant_"
    arguments = (Argument("val", FLOAT, doc="the number"),)
    example = "Linear.bias = constant(0.1)"
