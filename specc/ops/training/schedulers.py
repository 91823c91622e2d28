"""The schedulers of torch.optim.lr_scheduler; the optimizer, their first argument in torch, is never written."""

from __future__ import annotations

from specc.ops.base import Argument, Scheduler, Use
from specc.ops.binding import show
from specc.ops.kinds import (
    BOOL,
    FLOAT,
    FORMULA,
    INT,
    POSITIVE,
    PROBABILITY,
    PYTHON,
    SIZE,
    Choice,
    Either,
    Float,
    Items,
    Nested,
    Optional,
    is_integer,
)

PER_GROUP = Either(FLOAT, Items(FLOAT))
LAST_EPOCH = Argument("last_epoch", Choice(-1), -1, "always -1: a resumed run restores its schedule by itself")
ETA_MIN = Argument("eta_min", FLOAT, 0.0, "lowest learning rate")
CYCLE_MOMENTUM = Argument("cycle_momentum", BOOL, True, "vary the momentum (or first beta) against the learning rate")


def _gamma(default: float) -> Argument:
    return Argument("gamma", FLOAT, default, "factor applied to the learning rate")


def _total_iters(what: str) -> Argument:
    return Argument("total_iters", SIZE, 5, f"steps or epochs until {what}")


class StepLR(Scheduler):
    """Multiplies the learning rate by gamma every step_size epochs (or steps)."""

    target = "torch.optim.lr_scheduler.StepLR"
    arguments = (Argument("step_size", POSITIVE, doc="epochs (or steps) between two decays"), _gamma(0.1), LAST_EPOCH)
    example = "scheduler StepLR(step_size=30, gamma=0.1) per epoch"


class MultiStepLR(Scheduler):
    """Multiplies the learning rate by gamma at each milestone."""

    target = "torch.optim.lr_scheduler.MultiStepLR"
    arguments = (
        Argument("milestones", Items(INT), doc="epochs (or steps) at which the rate falls"),
        _gamma(0.1),
        LAST_EPOCH,
    )
    example = "scheduler MultiStepLR([60, 80], gamma=0.2) per epoch"


class ExponentialLR(Scheduler):
    """Multiplies the learning rate by gamma each time."""

    target = "torch.optim.lr_scheduler.ExponentialLR"
    arguments = (Argument("gamma", FLOAT, doc="factor applied to the learning rate"), LAST_EPOCH)
    example = "scheduler ExponentialLR(0.95) per epoch"


class ConstantLR(Scheduler):
    """Multiplies the learning rate by a factor at the beginning, and by 1 afterwards."""

    target = "torch.optim.lr_scheduler.ConstantLR"
    arguments = (
        Argument("factor", Float(0, 1, open_low=True), 1.0 / 3, "factor at the beginning"),
        _total_iters("the factor is lifted"),
        LAST_EPOCH,
    )
    hole = "total_iters"
    example = "scheduler ConstantLR(factor=0.5, total_iters=4) per epoch"


class LinearLR(Scheduler):
    """Moves the factor of the learning rate along a straight line, as for a warm-up."""

    target = "torch.optim.lr_scheduler.LinearLR"
    arguments = (
        Argument("start_factor", Float(0, 1, open_low=True), 1.0 / 3, "factor at the first step"),
        Argument("end_factor", PROBABILITY, 1.0, "factor from total_iters on"),
        _total_iters("end_factor is reached"),
        LAST_EPOCH,
    )
    hole = "total_iters"
    example = "scheduler LinearLR(start_factor=0.1, total_iters=500) per step"


class PolynomialLR(Scheduler):
    """Lowers the learning rate to 0 along a power of the remaining share of the training."""

    target = "torch.optim.lr_scheduler.PolynomialLR"
    arguments = (_total_iters("the rate is 0"), Argument("power", Float(0), 1.0, "exponent of the decay"), LAST_EPOCH)
    hole = "total_iters"
    example = "scheduler PolynomialLR(total_iters=_, power=0.9) per step"


class CosineAnnealingLR(Scheduler):
    """Lowers the learning rate along half a cosine over T_max steps or epochs; after that it climbs again."""

    target = "torch.optim.lr_scheduler.CosineAnnealingLR"
    arguments = (Argument("T_max", POSITIVE, doc="steps or epochs until the rate is eta_min"), ETA_MIN, LAST_EPOCH)
    hole = "T_max"
    example = "scheduler CosineAnnealingLR(T_max=_) per epoch"


class CosineAnnealingWarmRestarts(Scheduler):
    """Lowers the learning rate along half a cosine again and again, from the top each time."""

    target = "torch.optim.lr_scheduler.CosineAnnealingWarmRestarts"
    arguments = (
        Argument("T_0", POSITIVE, doc="steps or epochs until the first restart"),
        Argument("T_mult", POSITIVE, 1, "factor by which each cycle is longer than the last"),
        ETA_MIN,
        LAST_EPOCH,
    )
    hole = "T_0"
    example = "scheduler CosineAnnealingWarmRestarts(T_0=10, T_mult=2) per epoch"


class OneCycleLR(Scheduler):
    """Raises the learning rate to max_lr and lowers it far below its start, once over the whole training, by steps."""

    target = "torch.optim.lr_scheduler.OneCycleLR"
    arguments = (
        Argument("max_lr", PER_GROUP, doc="learning rate at the top, one for all groups or one for each"),
        Argument("total_steps", Optional(POSITIVE), None, "steps of the whole training"),
        Argument("epochs", Optional(POSITIVE), None, "epochs of the training, together with steps_per_epoch"),
        Argument("steps_per_epoch", Optional(POSITIVE), None, "steps of one epoch, together with epochs"),
        Argument("pct_start", PROBABILITY, 0.3, "share of the training in which the rate rises"),
        Argument("anneal_strategy", Choice("cos", "linear"), "cos", "along a cosine or a straight line"),
        CYCLE_MOMENTUM,
        Argument("base_momentum", PER_GROUP, 0.85, "momentum at the top of the learning rate"),
        Argument("max_momentum", PER_GROUP, 0.95, "momentum at the ends"),
        Argument("div_factor", FLOAT, 25.0, "the rate starts at max_lr divided by it"),
        Argument("final_div_factor", FLOAT, 1e4, "the rate ends at its start divided by it"),
        Argument("three_phase", BOOL, False, "come back to the start before the last descent"),
        LAST_EPOCH,
    )
    stepped = "step"
    hole = "total_steps"
    example = "scheduler OneCycleLR(max_lr=0.1, total_steps=_) per step"

    def check(self, use: Use) -> None:
        self._check_lengths(use)
        if not isinstance(use.pct_start, float):
            use.problem(
                "argument-type",
                f"pct_start of OneCycleLR is {use.pct_start}, torch wants it with a point",
                "pct_start",
                helps=(f"write {use.pct_start}.0",),
            )
        for name in ("div_factor", "final_div_factor"):
            if getattr(use, name) == 0:
                use.problem("argument-domain", f"{name} of OneCycleLR is 0, the learning rate is divided by it", name)
        steps = self.steps(use)
        if is_integer(steps) and use.pct_start * steps == 1:
            use.problem(
                "argument-domain",
                f"the rise of OneCycleLR is a single step: {show(use.pct_start)} of {steps}",
                "pct_start",
                notes=("torch divides by the length of the rise less one step",),
                helps=("make pct_start a little larger or smaller",),
            )

    def _check_lengths(self, use: Use) -> None:
        """total_steps, or epochs and steps_per_epoch: neither fewer nor more."""
        by_epoch = [name for name in ("epochs", "steps_per_epoch") if getattr(use, name) is not None]
        if use.total_steps is None and len(by_epoch) < 2:
            use.problem(
                "missing-argument",
                "OneCycleLR needs total_steps, or epochs and steps_per_epoch",
                helps=("write total_steps=_ for the length of the training",),
            )
        elif use.total_steps is not None and by_epoch:
            use.problem(
                "unused-setting", f"OneCycleLR has total_steps, {by_epoch[0]} has no effect beside it", by_epoch[0]
            )

    def steps(self, use: Use) -> object:
        """The number of steps the schedule is made for, None where it is not given."""
        if use.total_steps is not None or use.epochs is None or use.steps_per_epoch is None:
            return use.total_steps
        return use.epochs * use.steps_per_epoch if is_integer(use.epochs) and is_integer(use.steps_per_epoch) else None


class CyclicLR(Scheduler):
    """Moves the learning rate up and down between two bounds, step by step."""

    target = "torch.optim.lr_scheduler.CyclicLR"
    arguments = (
        Argument("base_lr", PER_GROUP, doc="learning rate at the bottom of a cycle"),
        Argument("max_lr", PER_GROUP, doc="learning rate at the top of a cycle"),
        Argument("step_size_up", POSITIVE, 2000, "steps of the rising half"),
        Argument("step_size_down", Optional(SIZE), None, "steps of the falling half; none means as many"),
        Argument(
            "mode",
            Choice("triangular", "triangular2", "exp_range"),
            "triangular",
            "how the height of the cycles changes",
        ),
        Argument("gamma", FLOAT, 1.0, "base of the decay of exp_range"),
        Argument("scale_fn", PYTHON, None, "a Python function in torch; LambdaLR takes a formula"),
        Argument("scale_mode", Choice("cycle", "iterations"), "cycle", "what scale_fn counts"),
        CYCLE_MOMENTUM,
        Argument("base_momentum", PER_GROUP, 0.8, "momentum at the top of the learning rate"),
        Argument("max_momentum", PER_GROUP, 0.9, "momentum at the bottom"),
        LAST_EPOCH,
    )
    stepped = "step"
    example = "scheduler CyclicLR(base_lr=1e-4, max_lr=1e-2, step_size_up=500) per step"


class LambdaLR(Scheduler):
    """Sets the learning rate to the optimizer's own, times a formula of step, steps, epoch and epochs."""

    target = "torch.optim.lr_scheduler.LambdaLR"
    arguments = (Argument("lr_lambda", FORMULA, doc="factor as a formula"), LAST_EPOCH)
    example = "scheduler LambdaLR(min((step + 1) / 200, 1.0)) per step"


class MultiplicativeLR(Scheduler):
    """Multiplies the learning rate, each time, by a formula of step, steps, epoch and epochs."""

    target = "torch.optim.lr_scheduler.MultiplicativeLR"
    arguments = (Argument("lr_lambda", FORMULA, doc="factor as a formula"), LAST_EPOCH)
    example = "scheduler MultiplicativeLR(if epoch > 5 { 0.95 } else { 1.0 }) per epoch"


class ReduceLROnPlateau(Scheduler):
    """Lowers the learning rate when a metric has not become better for some evaluations."""

    target = "torch.optim.lr_scheduler.ReduceLROnPlateau"
    arguments = (
        Argument("mode", Choice("min", "max"), "min", "whether a smaller or a larger metric is better"),
        Argument("factor", Float(0, 1, open_high=True), 0.1, "factor applied to the learning rate"),
        Argument("patience", SIZE, 10, "evaluations without improvement that are let pass"),
        Argument("threshold", FLOAT, 1e-4, "how much better counts as better"),
        Argument("threshold_mode", Choice("rel", "abs"), "rel", "whether threshold is a share or a difference"),
        Argument("cooldown", SIZE, 0, "evaluations to wait after a reduction"),
        Argument("min_lr", PER_GROUP, 0, "lowest learning rate"),
        Argument("eps", FLOAT, 1e-8, "smallest change of the learning rate that is made"),
    )
    stepped = "metric"
    example = 'scheduler ReduceLROnPlateau("max", patience=3) on val.accuracy'


class _Composite(Scheduler):
    """Schedulers made of schedulers: ReduceLROnPlateau cannot be among them, as it waits for a metric."""

    def check(self, use: Use) -> None:
        if not use.schedulers:
            use.problem("argument-domain", f"{self.name} needs at least one scheduler", "schedulers")
        for place, scheduler in enumerate(use.schedulers):
            if getattr(scheduler, "operation", None) is not None and scheduler.operation.stepped == "metric":
                use.problem(
                    "argument-domain",
                    f"{self.name} cannot hold ReduceLROnPlateau (at place {place}): it waits for a metric",
                    "schedulers",
                )


class SequentialLR(_Composite):
    """Runs one scheduler after another, changing over at the milestones."""

    target = "torch.optim.lr_scheduler.SequentialLR"
    arguments = (
        Argument("schedulers", Items(Nested("scheduler")), doc="the schedulers in their order"),
        Argument("milestones", Items(INT), doc="steps or epochs at which the next one takes over"),
        LAST_EPOCH,
    )
    example = "scheduler SequentialLR([LinearLR(0.01, total_iters=5), CosineAnnealingLR(T_max=95)], [5]) per epoch"

    def check(self, use: Use) -> None:
        super().check(use)
        wanted, given = len(use.schedulers) - 1, len(use.milestones)
        if use.schedulers and given != wanted:
            use.problem(
                "argument-domain",
                f"SequentialLR has {wanted + 1} schedulers and {given} milestones, "
                f"it needs {wanted}: one between each two",
                "milestones",
            )


class ChainedScheduler(_Composite):
    """Applies several schedulers at once: their factors multiply."""

    target = "torch.optim.lr_scheduler.ChainedScheduler"
    takes_optimizer = False
    arguments = (Argument("schedulers", Items(Nested("scheduler")), doc="the schedulers to apply"),)
    example = "scheduler ChainedScheduler([ConstantLR(0.1, total_iters=2), ExponentialLR(0.9)]) per epoch"
