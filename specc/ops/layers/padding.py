"""Padding layers: values added (or, with negative numbers, cut off) at both ends of the last axes."""

from __future__ import annotations

from specc.ops.base import Argument, Layer, Use
from specc.ops.kinds import FLOAT, Sizes, expand
from specc.ops.layers.window import empty_problem, layout
from specc.ops.shapes import can_be_at_least, can_hold, dtype_problem, rank_problem
from specc.types.dims import maximum
from specc.types.tensor import DTYPES, FLOATS, INTEGERS, Size, Type, UnknownType


def _padding(spatial: int) -> Argument:
    ends = ("left, right", "left, right, top, bottom", "left, right, top, bottom, front, back")[spatial - 1]
    return Argument("padding", Sizes(2 * spatial, None), doc=f"how many values: one number, or ({ends})")


class _Pad(Layer):
    """What paddings share. `needs`: how many values an axis must have beyond those added at one end, if any."""

    spatial = 0
    needs: int | None = None
    any_rank = False
    needs_values = False
    dtypes: tuple[str, ...] = DTYPES

    def infer(self, use: Use) -> Type:
        x = use.input
        wrong = self._rank_problem(use) or dtype_problem(use, x, self.dtypes) or self._empty_problem(use)
        if wrong:
            return wrong
        sizes: list[Size] = []
        amounts = expand(use.padding, 2 * self.spatial)
        for place in range(self.spatial):
            before, after = amounts[2 * place], amounts[2 * place + 1]
            size = x.shape[-1 - place]
            wrong = self._size_problem(use, size, before, after)
            if wrong:
                return wrong
            sizes.insert(0, size + before + after)
        return x.plain().reshaped((*x.shape[: -self.spatial], *sizes))

    def _rank_problem(self, use: Use) -> UnknownType | None:
        rank = self.spatial + 1
        if not self.any_rank:
            return rank_problem(use, use.input, (rank, rank + 1), layout(self.spatial))
        if use.input.rank >= self.spatial:
            return None
        return use.problem("rank-mismatch", f"{use.title} is given {use.input}, it pads the last {self.spatial} axes")

    def _empty_problem(self, use: Use) -> UnknownType | None:
        """Mirroring and repeating need something to mirror or repeat in every axis but the batch."""
        return empty_problem(use, use.input.rank - self.spatial - 1) if self.needs_values else None

    def _size_problem(self, use: Use, size: Size, before: Size, after: Size) -> UnknownType | None:
        widest = maximum(before, after)
        if self.needs is not None and not can_be_at_least(use, size, widest + self.needs):
            return use.problem(
                "pad-too-large",
                f"{use.title}: padding {widest} needs at least {widest + self.needs} values, the "
                f"input {use.input} has {size}",
                "padding",
            )
        # an amount known only at run time is a filling-up (the rest of a division), never a cut
        cut = sum(-amount for amount in (before, after) if isinstance(amount, int) and amount < 0)
        if cut and not can_be_at_least(use, size, cut + 1):
            return use.problem(
                "pad-too-large", f"{use.title}: {cut} values are cut off, the input {use.input} has {size}", "padding"
            )
        return None


class _ConstantPad(_Pad):
    any_rank = True

    def infer(self, use: Use) -> Type:
        value = use.values.get("value", 0)
        if can_hold(use.input.dtype, value):
            return super().infer(use)
        return use.problem("argument-domain", f"{use.title}: {use.input.dtype} cannot hold {value}", "value")


class _Reflection(_Pad):
    needs = 1
    needs_values = True
    dtypes = (*FLOATS, *INTEGERS)


class _Replication(_Pad):
    needs_values = True
    dtypes = (*FLOATS, *INTEGERS)


class _Circular(_Pad):
    needs = 0


def _constant(spatial: int) -> tuple[Argument, ...]:
    return _padding(spatial), Argument("value", FLOAT, doc="the value that is added")


class ConstantPad1d(_ConstantPad):
    """Pads a sequence `[N, C, L]` with a constant."""

    target = "torch.nn.ConstantPad1d"
    spatial = 1
    arguments = _constant(1)
    example = "x -> ConstantPad1d(1, 0.5)"


class ConstantPad2d(_ConstantPad):
    """Pads a map `[N, C, H, W]` with a constant."""

    target = "torch.nn.ConstantPad2d"
    spatial = 2
    arguments = _constant(2)
    example = "x -> ConstantPad2d(1, 0.5)"


class ConstantPad3d(_ConstantPad):
    """Pads a volume `[N, C, D, H, W]` with a constant."""

    target = "torch.nn.ConstantPad3d"
    spatial = 3
    arguments = _constant(3)
    example = "x -> ConstantPad3d(1, 0.5)"


class ZeroPad1d(_ConstantPad):
    """Pads a sequence `[N, C, L]` with zeros."""

    target = "torch.nn.ZeroPad1d"
    spatial = 1
    arguments = (_padding(1),)
    example = "x -> ZeroPad1d(1)"


class ZeroPad2d(_ConstantPad):
    """Pads a map `[N, C, H, W]` with zeros."""

    target = "torch.nn.ZeroPad2d"
    spatial = 2
    arguments = (_padding(2),)
    example = "x -> ZeroPad2d(1)"


class ZeroPad3d(_ConstantPad):
    """Pads a volume `[N, C, D, H, W]` with zeros."""

    target = "torch.nn.ZeroPad3d"
    spatial = 3
    arguments = (_padding(3),)
    example = "x -> ZeroPad3d(1)"


class ReflectionPad1d(_Reflection):
    """Pads a sequence `[N, C, L]` with the mirrored input."""

    target = "torch.nn.ReflectionPad1d"
    spatial = 1
    arguments = (_padding(1),)
    example = "x -> ReflectionPad1d(1)"


class ReflectionPad2d(_Reflection):
    """Pads a map `[N, C, H, W]` with the mirrored input."""

    target = "torch.nn.ReflectionPad2d"
    spatial = 2
    arguments = (_padding(2),)
    example = "x -> ReflectionPad2d(1)"


class ReflectionPad3d(_Reflection):
    """Pads a volume `[N, C, D, H, W]` with the mirrored input."""

    target = "torch.nn.ReflectionPad3d"
    spatial = 3
    arguments = (_padding(3),)
    example = "x -> ReflectionPad3d(1)"


class ReplicationPad1d(_Replication):
    """Pads a sequence `[N, C, L]` with the outermost values."""

    target = "torch.nn.ReplicationPad1d"
    spatial = 1
    arguments = (_padding(1),)
    example = "x -> ReplicationPad1d(1)"


class ReplicationPad2d(_Replication):
    """Pads a map `[N, C, H, W]` with the outermost values."""

    target = "torch.nn.ReplicationPad2d"
    spatial = 2
    arguments = (_padding(2),)
    example = "x -> ReplicationPad2d(1)"


class ReplicationPad3d(_Replication):
    """Pads a volume `[N, C, D, H, W]` with the outermost values."""

    target = "torch.nn.ReplicationPad3d"
    spatial = 3
    arguments = (_padding(3),)
    example = "x -> ReplicationPad3d(1)"


class CircularPad1d(_Circular):
    """Pads a sequence `[N, C, L]` with values from the other end."""

    target = "torch.nn.CircularPad1d"
    spatial = 1
    arguments = (_padding(1),)
    example = "x -> CircularPad1d(1)"


class CircularPad2d(_Circular):
    """Pads a map `[N, C, H, W]` with values from the other end."""

    target = "torch.nn.CircularPad2d"
    spatial = 2
    arguments = (_padding(2),)
    example = "x -> CircularPad2d(1)"


class CircularPad3d(_Circular):
    """Pads a volume `[N, C, D, H, W]` with values from the other end."""

    target = "torch.nn.CircularPad3d"
    spatial = 3
    arguments = (_padding(3),)
    example = "x -> CircularPad3d(1)"
