"""The optimizers of torch.optim. The parameters, their first argument in torch, are never written in a spec."""

from __future__ import annotations

from specc.ops.base import Argument, Optimizer, Use
from specc.ops.binding import show
from specc.ops.kinds import BOOL, FLOAT, INT, NON_NEGATIVE, POSITIVE, Choice, Float, Int, Items, Optional

PAIR = Items(FLOAT, 2)

FOREACH = Argument("foreach", Optional(BOOL), None, "update many parameters with one call; none lets torch decide")
FUSED = Argument("fused", Optional(BOOL), None, "do the whole update in one kernel; none lets torch decide")
MAXIMIZE = Argument("maximize", BOOL, False, "climb the loss instead of descending it")
AMSGRAD = Argument("amsgrad", BOOL, False, "divide by the largest second moment seen so far")
CENTERED = Argument("centered", BOOL, False, "divide by the variance of the gradient instead of its mean square")
CAPTURABLE = Argument("capturable", Choice(False), False, "for CUDA graphs captured by hand: always false here")
DIFFERENTIABLE = Argument(
    "differentiable", Choice(False), False, "for backpropagating through steps: always false here"
)
DECOUPLED = Argument("decoupled_weight_decay", BOOL, False, "shrink the weights directly, as AdamW does")
EPS = Argument("eps", NON_NEGATIVE, 1e-8, "keeps the division from blowing up")
BETAS = Argument("betas", PAIR, (0.9, 0.999), "decay rates of the first and second moment")


def _lr(default: float) -> Argument:
    return Argument("lr", FLOAT, default, "learning rate")


def _decay(default: float) -> Argument:
    return Argument("weight_decay", NON_NEGATIVE, default, "strength of weight decay")


def _keyword_only(*arguments: Argument) -> tuple[Argument, ...]:
    return tuple(argument._replace(keyword_only=True) for argument in arguments)


class _Optimizer(Optimizer):
    """The rules optimizers share: the sign of the learning rate, the range of betas, fused against foreach."""

    def check(self, use: Use) -> None:
        if use.lr < 0:
            use.problem(
                "negative-lr", f"the learning rate of {self.name} is {show(use.lr)}, it cannot be negative", "lr"
            )
        if "betas" in use.values and not all(0 <= beta < 1 for beta in use.betas):
            use.problem(
                "betas-range",
                f"the betas of {self.name} are {show(use.betas)}, each must be at least 0 and below 1",
                "betas",
            )
        if use.values.get("fused") and use.values.get("foreach"):
            use.problem("argument-domain", f"{self.name} can be fused or foreach, not both", "fused")


class SGD(_Optimizer):
    """Stochastic gradient descent, with momentum if wanted."""

    target = "torch.optim.SGD"
    arguments = (
        _lr(1e-3),
        Argument("momentum", NON_NEGATIVE, 0, "share of the last update that is kept"),
        Argument("dampening", FLOAT, 0, "share of the new gradient that is left out of the momentum"),
        _decay(0),
        Argument("nesterov", BOOL, False, "look ahead along the momentum"),
        *_keyword_only(MAXIMIZE, FOREACH, DIFFERENTIABLE, FUSED),
    )
    learning_rates = (1e-6, 10.0)
    momentum = "momentum"
    takes_sparse = True
    example = "optimizer SGD(lr=0.1, momentum=0.9, weight_decay=5e-4)"

    def check(self, use: Use) -> None:
        super().check(use)
        if use.nesterov and use.momentum <= 0:
            use.problem(
                "nesterov-needs-momentum",
                "SGD(nesterov=true) needs a momentum, it is 0",
                "nesterov",
                helps=("write momentum=0.9",),
            )
        elif use.nesterov and use.dampening != 0:
            use.problem(
                "nesterov-needs-momentum",
                f"SGD(nesterov=true) takes no dampening, it is {show(use.dampening)}",
                "dampening",
            )


class Adam(_Optimizer):
    """Adam: steps scaled by running moments of the gradient; its weight decay is an L2 penalty."""

    target = "torch.optim.Adam"
    arguments = (
        _lr(1e-3),
        BETAS,
        EPS,
        _decay(0),
        AMSGRAD,
        *_keyword_only(FOREACH, MAXIMIZE, CAPTURABLE, DIFFERENTIABLE, FUSED, DECOUPLED),
    )
    learning_rates = (1e-8, 0.03)
    momentum = "betas"
    example = "optimizer Adam(lr=1e-3)"

    def check(self, use: Use) -> None:
        super().check(use)
        if not all(isinstance(beta, float) for beta in use.betas):
            written = show(tuple(map(float, use.betas)))
            use.problem(
                "argument-type",
                f"the betas of {self.name} are {show(use.betas)}, torch wants both with a point",
                "betas",
                helps=(f"write {written}",),
            )


class AdamW(Adam):
    """Adam with decoupled weight decay: the weights shrink by themselves, outside the moments."""

    target = "torch.optim.AdamW"
    arguments = (
        _lr(1e-3),
        BETAS,
        EPS,
        _decay(1e-2),
        AMSGRAD,
        *_keyword_only(MAXIMIZE, FOREACH, CAPTURABLE, DIFFERENTIABLE, FUSED),
    )
    example = "optimizer AdamW(lr=3e-4, weight_decay=0.1)"


class Adamax(_Optimizer):
    """Adam with the largest recent gradient in place of the second moment."""

    target = "torch.optim.Adamax"
    arguments = (_lr(2e-3), BETAS, EPS, _decay(0), FOREACH, *_keyword_only(MAXIMIZE, DIFFERENTIABLE, CAPTURABLE))
    learning_rates = (1e-8, 0.1)
    momentum = "betas"
    example = "optimizer Adamax(lr=2e-3)"


class NAdam(_Optimizer):
    """Adam with Nesterov's look-ahead."""

    target = "torch.optim.NAdam"
    arguments = (
        _lr(2e-3),
        BETAS,
        EPS,
        _decay(0),
        Argument("momentum_decay", NON_NEGATIVE, 4e-3, "how fast the momentum schedule settles"),
        DECOUPLED,
        *_keyword_only(FOREACH, MAXIMIZE, CAPTURABLE, DIFFERENTIABLE),
    )
    learning_rates = (1e-8, 0.03)
    momentum = "betas"
    example = "optimizer NAdam(lr=2e-3)"


class RAdam(_Optimizer):
    """Adam that waits with adaptive steps until the variance of its estimate allows them."""

    target = "torch.optim.RAdam"
    arguments = (
        _lr(1e-3),
        BETAS,
        EPS,
        _decay(0),
        DECOUPLED,
        *_keyword_only(FOREACH, MAXIMIZE, CAPTURABLE, DIFFERENTIABLE),
    )
    learning_rates = (1e-8, 0.03)
    momentum = "betas"
    example = "optimizer RAdam(lr=1e-3)"


class SparseAdam(_Optimizer):
    """Adam for sparse gradients: only the rows that occurred in the batch are updated."""

    target = "torch.optim.SparseAdam"
    arguments = (_lr(1e-3), BETAS, Argument("eps", Float(0, open_low=True), 1e-8, EPS.doc), MAXIMIZE)
    learning_rates = (1e-8, 0.1)
    momentum = "betas"
    needs_sparse = takes_sparse = True
    example = "optimizer SparseAdam(lr=1e-3)"

    def check(self, use: Use) -> None:
        super().check(use)
        if use.lr == 0:
            use.problem("argument-domain", "the learning rate of SparseAdam must be greater than 0", "lr")


class Adagrad(_Optimizer):
    """Divides each step by the root of all squared gradients so far."""

    target = "torch.optim.Adagrad"
    arguments = (
        _lr(1e-2),
        Argument("lr_decay", NON_NEGATIVE, 0, "how fast the learning rate falls with the steps"),
        _decay(0),
        Argument("initial_accumulator_value", NON_NEGATIVE, 0, "what the sum of squares starts at"),
        EPS._replace(default=1e-10),
        FOREACH,
        *_keyword_only(MAXIMIZE, DIFFERENTIABLE, FUSED),
    )
    learning_rates = (1e-6, 2.0)
    takes_sparse = True
    example = "optimizer Adagrad(lr=0.01)"


class Adadelta(_Optimizer):
    """Sets its own step sizes from running averages of gradients and updates."""

    target = "torch.optim.Adadelta"
    arguments = (
        _lr(1.0),
        Argument("rho", Float(0, 1), 0.9, "decay rate of the running averages"),
        EPS._replace(default=1e-6),
        _decay(0),
        FOREACH,
        *_keyword_only(CAPTURABLE, MAXIMIZE, DIFFERENTIABLE),
    )
    learning_rates = (1e-4, 20.0)
    example = "optimizer Adadelta(lr=1.0)"


class Adafactor(_Optimizer):
    """Keeps the second moment of a matrix as row and column sums, to save memory."""

    target = "torch.optim.Adafactor"
    arguments = (
        _lr(1e-2),
        Argument("beta2_decay", Float(high=0), -0.8, "exponent by which the second moment's decay approaches 1"),
        Argument(
            "eps",
            Items(Optional(NON_NEGATIVE), 2),
            (None, 1e-3),
            "floors of the squared gradient and of the step's size",
        ),
        Argument("d", Float(1), 1.0, "largest root mean square of an update"),
        _decay(0.0),
        *_keyword_only(FOREACH, MAXIMIZE),
    )
    learning_rates = (1e-7, 1.0)
    example = "optimizer Adafactor(lr=1e-2)"

    def check(self, use: Use) -> None:
        super().check(use)
        if use.eps[1] is None:
            use.problem(
                "argument-type", "the second eps of Adafactor must be a number, only the first may be none", "eps"
            )


class ASGD(_Optimizer):
    """Gradient descent that also keeps the average of the weights it passed."""

    target = "torch.optim.ASGD"
    arguments = (
        _lr(1e-2),
        Argument("lambd", NON_NEGATIVE, 1e-4, "decay term of the step size"),
        Argument("alpha", NON_NEGATIVE, 0.75, "exponent of the step size's decay"),
        Argument("t0", FLOAT, 1e6, "the step at which averaging starts"),
        _decay(0),
        FOREACH,
        MAXIMIZE,
        DIFFERENTIABLE,
        CAPTURABLE,
    )
    learning_rates = (1e-6, 10.0)
    example = "optimizer ASGD(lr=0.01)"


class RMSprop(_Optimizer):
    """Divides each step by the root of a running mean of squared gradients."""

    target = "torch.optim.RMSprop"
    arguments = (
        _lr(1e-2),
        Argument("alpha", NON_NEGATIVE, 0.99, "decay rate of the running mean"),
        EPS,
        _decay(0),
        Argument("momentum", NON_NEGATIVE, 0, "share of the last update that is kept"),
        CENTERED,
        CAPTURABLE,
        FOREACH,
        MAXIMIZE,
        DIFFERENTIABLE,
    )
    learning_rates = (1e-8, 0.3)
    momentum = "momentum"
    example = "optimizer RMSprop(lr=1e-3, momentum=0.9)"


class Rprop(_Optimizer):
    """Steps by the sign of the gradient, longer while it stays and shorter when it turns; for whole-set batches."""

    target = "torch.optim.Rprop"
    arguments = (
        _lr(1e-2),
        Argument("etas", PAIR, (0.5, 1.2), "factors by which a step shrinks and grows"),
        Argument("step_sizes", PAIR, (1e-6, 50), "smallest and largest step"),
        *_keyword_only(CAPTURABLE, FOREACH, MAXIMIZE, DIFFERENTIABLE),
    )
    learning_rates = (1e-7, 1.0)
    example = "optimizer Rprop(lr=0.01)"

    def check(self, use: Use) -> None:
        super().check(use)
        shrink, grow = use.etas
        if not 0 < shrink < 1 < grow:
            use.problem(
                "argument-domain",
                f"the etas of Rprop are {show(use.etas)}, the first must lie between 0 and 1, the second above 1",
                "etas",
            )


class LBFGS(_Optimizer):
    """A quasi-Newton method; evaluates the loss several times a step and takes no parameter groups."""

    target = "torch.optim.LBFGS"
    arguments = (
        _lr(1),
        Argument("max_iter", POSITIVE, 20, "most iterations of one step"),
        Argument("max_eval", Optional(INT), None, "most evaluations of one step; none means max_iter * 5 // 4"),
        Argument("tolerance_grad", FLOAT, 1e-7, "stop when the gradient is this small"),
        Argument("tolerance_change", FLOAT, 1e-9, "stop when an iteration changes this little"),
        Argument("history_size", POSITIVE, 100, "how many past updates shape the next"),
        Argument(
            "line_search_fn", Optional(Choice("strong_wolfe")), None, "how a step's length is found; none takes lr"
        ),
        *_keyword_only(MAXIMIZE),
    )
    learning_rates = (1e-4, 10.0)
    takes_sparse = True
    takes_groups = False
    needs_closure = True
    example = 'optimizer LBFGS(lr=1, line_search_fn="strong_wolfe")'

    def check(self, use: Use) -> None:
        super().check(use)
        if use.lr == 0 and use.line_search_fn is not None:
            use.problem("argument-domain", "LBFGS cannot search along a line from a learning rate of 0", "lr")


class Muon(_Optimizer):
    """Momentum whose updates are made orthogonal; for weights of two axes only."""

    target = "torch.optim.Muon"
    arguments = (
        _lr(1e-3),
        _decay(0.1),
        Argument("momentum", NON_NEGATIVE, 0.95, "share of the last update that is kept"),
        Argument("nesterov", BOOL, True, "look ahead along the momentum"),
        Argument(
            "ns_coefficients", Items(FLOAT, 3), (3.4445, -4.775, 2.0315), "polynomial of the Newton-Schulz iteration"
        ),
        Argument("eps", FLOAT, 1e-7, "keeps the normalisation from dividing by 0"),
        Argument("ns_steps", Int(high=99), 5, "Newton-Schulz iterations"),
        Argument(
            "adjust_lr_fn",
            Optional(Choice("original", "match_rms_adamw", "spectral_unclamped")),
            None,
            "how the rate follows the shape of a weight",
        ),
    )
    learning_rates = (1e-6, 0.5)
    momentum = "momentum"
    needs_matrices = True
    example = "optimizer Muon(lr=0.02)"
