"""Normalisation over the batch, over groups of channels, over the features, and across neighbouring channels."""

from __future__ import annotations

from specc.ops.base import FACTORY, Argument, Layer, State, Use
from specc.ops.kinds import BOOL, FLOAT, POSITIVE, SIZE, TENSOR, Either, Float, Items, NoneOnly, Optional
from specc.ops.layers.window import empty_problem, layout
from specc.ops.shapes import dtype_problem, rank_problem
from specc.types.tensor import FLOATS, Size, TensorType, Type, UnknownType, product, sizes

EPS = Argument("eps", FLOAT, 1e-5, "added to the variance")
POSITIVE_EPS = EPS._replace(kind=Float(0, open_low=True))
BIAS = Argument("bias", BOOL, True, "whether the learned map has a bias", keyword_only=True)
MOMENTUM = Argument("momentum", FLOAT, 0.1, "weight of the newest batch in the running statistics")
BATCH_MOMENTUM = Argument("momentum", Optional(FLOAT), 0.1, MOMENTUM.doc + "; none: their plain mean")
HALVES = ("f16", "bf16")


def weight_dtype(use: Use) -> str:
    """The dtype of a layer's weights."""
    return use.dtype.name if use.dtype else "f32"


def norm_dtype_problem(use: Use, has_weights: bool, mixed: bool = True) -> UnknownType | None:
    """A normalisation with weights takes their dtype, and with f32 weights half precision as well."""
    if not has_weights or not use.input.is_float:
        return dtype_problem(use, use.input)
    own = weight_dtype(use)
    if use.input.dtype == own or (mixed and own == "f32" and use.input.dtype in HALVES):
        return None
    return use.problem(
        "float-precision-mismatch",
        f"{use.title} is given {use.input}, its weights are {own}",
        helps=(f"convert the input: .to({own})",),
    )


def channels_problem(use: Use, found: Size, name: str, severity: str | None = None) -> UnknownType | None:
    """Report that the input has another number of channels than the argument `name` says; None where it fits."""
    wanted = getattr(use, name)
    if use.same(found, wanted):
        return None
    notes: tuple[str, ...] = ()
    if use.input.rank > 2 and use.same(use.input.shape[-1], wanted):
        notes = (f"the last axis has {wanted}: the channels are the second axis here",)
    return use.problem(
        "norm-features-mismatch",
        f"{use.title} is given {found} channels, not {wanted}",
        name,
        notes=notes,
        helps=("write _ to take the channels of the input",),
        severity=severity,
    )


def affine_state(use: Use, width: int, has_weight: bool) -> tuple[State, ...]:
    """The entries of a learned scale and shift."""
    if not has_weight:
        return ()
    weight = State("weight", (width,), weight_dtype(use))
    return (weight, State("bias", (width,), weight_dtype(use))) if use.bias else (weight,)


def running_state(use: Use) -> tuple[State, ...]:
    """The buffers of running statistics."""
    if not use.track_running_stats:
        return ()
    shape = (use.num_features,)
    return (
        State("running_mean", shape, weight_dtype(use), True),
        State("running_var", shape, weight_dtype(use), True),
        State("num_batches_tracked", (), "i64", True),
    )


def _statistics_arguments(eps: Argument, momentum: Argument, is_batch: bool, *more: Argument) -> tuple[Argument, ...]:
    return (
        Argument("num_features", SIZE, doc="number of channels"),
        eps,
        momentum,
        Argument("affine", BOOL, is_batch, "whether to learn a scale and shift per channel"),
        Argument("track_running_stats", BOOL, is_batch, "whether to keep running statistics for evaluation"),
        *more,
        *FACTORY,
        BIAS,
    )


class _BatchNorm(Layer):
    """Normalises every channel over batch and space, in training by the batch's own statistics."""

    ranks: tuple[int, ...] = ()
    arguments = _statistics_arguments(POSITIVE_EPS, BATCH_MOMENTUM, True)
    feature_axis = 1

    def infer(self, use: Use) -> Type:
        return (
            self._rank_problem(use)
            or self._channels_problem(use)
            or self._values_problem(use)
            or (norm_dtype_problem(use, use.affine or use.track_running_stats) or use.input.plain())
        )

    def _rank_problem(self, use: Use) -> UnknownType | None:
        return rank_problem(use, use.input, self.ranks)

    def _channels_problem(self, use: Use) -> UnknownType | None:
        return channels_problem(use, use.input.shape[1], "num_features") or empty_problem(use)

    def _values_problem(self, use: Use) -> UnknownType | None:
        batch, _, *space = use.input.shape
        if not all(use.same(size, 1) for size in (batch, *space)):
            return None
        return use.problem(
            "single-value-norm", f"{use.title} is given {use.input}: one value per channel has no variance"
        )

    def state(self, use: Use) -> tuple[State, ...]:
        return affine_state(use, use.num_features, use.affine) + running_state(use)


class BatchNorm1d(_BatchNorm):
    """Normalises every feature over the batch: `[N, C]` or `[N, C, L]`."""

    target = "torch.nn.BatchNorm1d"
    ranks = (2, 3)
    example = "x -> BatchNorm1d(_)"


class BatchNorm2d(_BatchNorm):
    """Normalises every channel over batch and map: `[N, C, H, W]`."""

    target = "torch.nn.BatchNorm2d"
    ranks = (4,)
    example = "x -> BatchNorm2d(_)"


class BatchNorm3d(_BatchNorm):
    """Normalises every channel over batch and volume: `[N, C, D, H, W]`."""

    target = "torch.nn.BatchNorm3d"
    ranks = (5,)
    example = "x -> BatchNorm3d(_)"


class SyncBatchNorm(_BatchNorm):
    """A BatchNorm over `[N, C, ...]` whose statistics are those of all processes of a distributed run."""

    target = "torch.nn.SyncBatchNorm"
    arguments = _statistics_arguments(
        POSITIVE_EPS, BATCH_MOMENTUM, True, Argument("process_group", NoneOnly(), None, "decided by the run")
    )
    example = "x -> SyncBatchNorm(_)"

    def _rank_problem(self, use: Use) -> UnknownType | None:
        if use.input.rank >= 2:
            return empty_problem(use)
        return use.problem(
            "rank-mismatch", f"{use.title} is given {use.input}, it needs at least two axes, [N, C, ...]"
        )


class _InstanceNorm(Layer):
    """Normalises every channel of every sample by itself."""

    spatial = 0
    arguments = _statistics_arguments(EPS, MOMENTUM, False)
    feature_axis = 1

    def infer(self, use: Use) -> Type:
        x, rank = use.input, self.spatial + 1
        wrong = rank_problem(use, x, (rank, rank + 1), layout(self.spatial)) or self._channels_problem(use)
        wrong = wrong or empty_problem(use, 0) or self._values_problem(use)
        return wrong or norm_dtype_problem(use, use.affine) or x.plain()

    def _channels_problem(self, use: Use) -> UnknownType | None:
        """Without weights and statistics torch only warns, so do we."""
        matters = use.affine or use.track_running_stats
        channels = use.input.shape[-self.spatial - 1]
        problem = channels_problem(use, channels, "num_features", None if matters else "warning")
        return problem if matters else None

    def _values_problem(self, use: Use) -> UnknownType | None:
        if not all(use.same(size, 1) for size in use.input.shape[-self.spatial :]):
            return None
        return use.problem(
            "single-value-norm", f"{use.title} is given {use.input}: one value per channel has no variance"
        )

    def state(self, use: Use) -> tuple[State, ...]:
        return affine_state(use, use.num_features, use.affine) + running_state(use)


class InstanceNorm1d(_InstanceNorm):
    """Normalises every channel of every sample along one axis: `[N, C, L]` or `[C, L]`."""

    target = "torch.nn.InstanceNorm1d"
    spatial = 1
    example = "x -> InstanceNorm1d(_)"


class InstanceNorm2d(_InstanceNorm):
    """Normalises every channel of every sample over its map: `[N, C, H, W]` or `[C, H, W]`."""

    target = "torch.nn.InstanceNorm2d"
    spatial = 2
    example = "x -> InstanceNorm2d(_)"


class InstanceNorm3d(_InstanceNorm):
    """Normalises every channel of every sample over its volume: `[N, C, D, H, W]` or `[C, D, H, W]`."""

    target = "torch.nn.InstanceNorm3d"
    spatial = 3
    example = "x -> InstanceNorm3d(_)"


class GroupNorm(Layer):
    """Normalises groups of channels of each sample together: `[N, C, ...]`."""

    target = "torch.nn.GroupNorm"
    arguments = (
        Argument("num_groups", POSITIVE, doc="number of groups, a divisor of num_channels"),
        Argument("num_channels", SIZE, doc="number of channels"),
        EPS,
        Argument("affine", BOOL, True, "whether to learn a scale and shift per channel"),
        *FACTORY,
        BIAS,
    )
    feature_axis = 1
    example = "x -> GroupNorm(8, _)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if use.num_channels % use.num_groups:
            return use.problem(
                "norm-groups-indivisible",
                f"{use.title}: {use.num_channels} channels do not divide into {use.num_groups} groups",
                "num_groups",
            )
        if x.rank < 2:
            return use.problem("rank-mismatch", f"{use.title} is given {x}, it needs at least two axes, [N, C, ...]")
        wrong = channels_problem(use, x.shape[1], "num_channels")
        wrong = wrong or empty_problem(use) or self._values_problem(use)
        return wrong or norm_dtype_problem(use, use.affine) or x.plain()

    def _values_problem(self, use: Use) -> UnknownType | None:
        """Torch counts the values of a channel over the batch here, as BatchNorm does."""
        x = use.input
        if not use.same(product((x.shape[0], x.shape[1] // use.num_groups, *x.shape[2:])), 1):
            return None
        return use.problem("single-value-norm", f"{use.title} is given {x}: one value per group has no variance")

    def state(self, use: Use) -> tuple[State, ...]:
        return affine_state(use, use.num_channels, use.affine)


class _FeatureNorm(Layer):
    """Normalises each sample over its last axes."""

    feature_axis = -1

    def _shape(self, use: Use) -> tuple[int, ...]:
        given = use.normalized_shape
        return tuple(given) if isinstance(given, (tuple, list)) else (given,)

    def _shape_problem(self, use: Use, x: TensorType) -> UnknownType | None:
        wanted = self._shape(use)
        if not wanted:
            return use.problem(
                "argument-domain", f"{use.title}: normalized_shape needs at least one size", "normalized_shape"
            )
        found = x.shape[-len(wanted) :]
        if len(found) == len(wanted) and all(use.same(a, b) for a, b in zip(found, wanted)):
            return None
        return use.problem(
            "norm-features-mismatch",
            f"{use.title} is given {x}, which does not end in {sizes(wanted)}",
            "normalized_shape",
            helps=("write _ to take the last axis of the input",),
        )


NORMALIZED = Argument(
    "normalized_shape", Either(SIZE, Items(SIZE)), doc="the last sizes of the input, over which it normalises"
)
ELEMENTWISE = Argument("elementwise_affine", BOOL, True, "whether to learn a scale (and shift) per value")


class LayerNorm(_FeatureNorm):
    """Brings the last axes of every sample to mean 0 and variance 1."""

    target = "torch.nn.LayerNorm"
    arguments = (
        NORMALIZED,
        EPS,
        ELEMENTWISE,
        Argument("bias", BOOL, True, "whether to learn a shift as well"),
        *FACTORY,
    )
    example = "x -> LayerNorm(_)"

    def infer(self, use: Use) -> Type:
        x = use.input
        return self._shape_problem(use, x) or norm_dtype_problem(use, use.elementwise_affine) or x.plain()

    def state(self, use: Use) -> tuple[State, ...]:
        if not use.elementwise_affine:
            return ()
        weight = State("weight", self._shape(use), weight_dtype(use))
        return (weight, weight._replace(name="bias")) if use.bias else (weight,)


class RMSNorm(_FeatureNorm):
    """Divides the last axes of every sample by their root mean square."""

    target = "torch.nn.RMSNorm"
    arguments = (
        NORMALIZED,
        Argument("eps", Optional(FLOAT), None, "added to the mean square; the dtype's own if none"),
        ELEMENTWISE,
        *FACTORY,
    )
    inputs = (Argument("x", TENSOR),)
    example = "x -> RMSNorm(_)"

    def infer(self, use: Use) -> Type:
        return self._shape_problem(use, use.x) or dtype_problem(use, use.x) or use.x.plain()

    def state(self, use: Use) -> tuple[State, ...]:
        return (State("weight", self._shape(use), weight_dtype(use)),) if use.elementwise_affine else ()


RESPONSE = (
    Argument("size", POSITIVE, doc="number of neighbouring channels"),
    Argument("alpha", FLOAT, 1e-4, "factor of the sum"),
    Argument("beta", FLOAT, 0.75, "exponent"),
    Argument("k", FLOAT, 1.0, "constant term"),
)


class LocalResponseNorm(Layer):
    """Divides every value by a power of the sum of squares of its neighbours in other channels: `[N, C, ...]`."""

    target = "torch.nn.LocalResponseNorm"
    arguments = RESPONSE
    example = "x -> LocalResponseNorm(5)"

    def infer(self, use: Use) -> Type:
        if use.input.rank < 3:
            return use.problem(
                "rank-mismatch", f"{use.title} is given {use.input}, it needs at least three axes, [N, C, ...]"
            )
        floats = FLOATS if use.input.rank == 3 else ("f32", "f64")
        wrong = dtype_problem(use, use.input, (*floats, "i64")) or empty_problem(use, 0)
        return wrong or (use.input.plain() if use.input.is_float else TensorType(use.input.shape))


class CrossMapLRN2d(Layer):
    """A LocalResponseNorm of maps `[N, C, H, W]`, as older nets have it."""

    target = "torch.nn.CrossMapLRN2d"
    arguments = (*RESPONSE[:3], RESPONSE[3]._replace(default=1))
    example = "x -> CrossMapLRN2d(5)"

    def infer(self, use: Use) -> Type:
        wrong = rank_problem(use, use.input, (4,), "[N, C, H, W]") or dtype_problem(use, use.input)
        return wrong or empty_problem(use) or use.input.plain()
