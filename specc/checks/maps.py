"""Convolutions and pools on their maps: kernels, strides and sizes that are legal and probably not meant."""

from __future__ import annotations

from typing import Any, Iterator

from specc.checks import names
from specc.checks.flow import Node
from specc.diagnostics.model import Diagnostic, Label, finding
from specc.types.tensor import TensorType

POOLS = frozenset(f"{kind}Pool{n}d" for kind in ("Max", "Avg") for n in (1, 2, 3))
TRANSPOSED = frozenset(("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"))
ADAPTIVE = frozenset(f"Adaptive{kind}Pool{n}d" for kind in ("Max", "Avg") for n in (1, 2, 3))
IDLE = ADAPTIVE | {"Flatten", "Identity", "Upsample"}
CONVS = frozenset(("Conv1d", "Conv2d", "Conv3d"))
MANY = 10_000_000  # parameters from which one layer's share of them is worth a remark


def check(nodes: list[Node], parameters: int) -> Iterator[Diagnostic]:
    for node in nodes:
        name = node.name
        if name in POOLS or name in CONVS:
            yield from _skipped(node)
        if name in CONVS:
            yield from _kernel(node)
        elif name in TRANSPOSED:
            yield from _checkerboard(node)
        elif name in POOLS or name in IDLE:
            yield from _noop(node)
        elif name in names.PICKING:
            yield from _under_argmax(node)
        elif name in names.LINEAR:
            yield from _blow_up(node, parameters)


def per_axis(value: Any, rank: int) -> tuple[Any, ...]:
    """One value for each axis of the map."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank


def _skipped(node: Node) -> Iterator[Diagnostic]:
    kernel, stride, dilation = (per_axis(node.value(name, 1), 3) for name in ("kernel_size", "stride", "dilation"))
    for k, s, d in zip(kernel, stride, dilation):
        if all(type(n) is int for n in (k, s, d)) and k > 1 and s > d * (k - 1) + 1:
            yield finding(
                "stride-exceeds-kernel",
                node.span,
                f"{node.name} steps by {s} with a kernel of {d * (k - 1) + 1}: part of its input is never seen",
                helps=(f"write stride={k}, or a larger kernel",),
            )
            return


def _kernel(node: Node) -> Iterator[Diagnostic]:
    kernel, stride, padding = (per_axis(node.value(name), 3) for name in ("kernel_size", "stride", "padding"))
    if not isinstance(node.value("padding"), str) and any(
        k % 2 == 0 and s == 1 and p for k, s, p in zip(kernel, stride, padding)
    ):
        yield finding(
            "even-kernel",
            node.span,
            f"{node.name} with the even kernel {kernel[0]}, padded alike on both sides: the map moves by half a pixel",
            helps=(f"write an odd kernel: {kernel[0] - 1} or {kernel[0] + 1}",),
        )
    type = node.input_type
    if isinstance(type, TensorType) and type.rank > 2 and max(kernel) > 1 and all(n == 1 for n in type.shape[2:]):
        yield finding(
            "early-collapse",
            node.span,
            f"{node.name} is given {type}: all but the middle of its kernel multiplies padding",
            helps=("pool less before it, or write a kernel of 1",),
        )


def _checkerboard(node: Node) -> Iterator[Diagnostic]:
    kernel, stride = (per_axis(node.value(name), 3) for name in ("kernel_size", "stride"))
    for k, s in zip(kernel, stride):
        if s > 1 and k % s:
            yield finding(
                "checkerboard-deconv",
                node.span,
                f"{node.name} with kernel {k} and stride {s}: its windows overlap unevenly",
                helps=(f"write a kernel of {s * (k // s + 1)}",),
            )
            return


def _noop(node: Node) -> Iterator[Diagnostic]:
    """Layers that give back what they are given."""
    type = node.input_type
    if not isinstance(type, TensorType) or not (_idle_pool(node) or _idle_by_name(node, type)):
        return
    yield finding("noop-layer", node.span, f"{node.name} gives back what it is given, {type}", helps=("leave it out",))


def _idle_pool(node: Node) -> bool:
    kernel, stride, padding = (per_axis(node.value(name), 3) for name in ("kernel_size", "stride", "padding"))
    return node.name in POOLS and set(kernel) == {1} and set(stride) <= {1, None} and set(padding) == {0}


def _idle_by_name(node: Node, type: TensorType) -> bool:
    if node.name == "Flatten":
        return type.rank == 2 and node.value("start_dim") == 1
    if node.name in ADAPTIVE:
        sizes = per_axis(node.value("output_size"), type.rank - 2)
        return tuple(sizes) == tuple(type.shape[2:])
    if node.name == "Upsample":
        return node.value("scale_factor") in (1, 1.0) and node.type == type
    return node.name == "Identity"


def _under_argmax(node: Node) -> Iterator[Diagnostic]:
    """The largest score stays the largest under a softmax, and under its logarithm."""
    before = node.source
    if before is not None and before.name in names.SOFTMAX | names.LOG_SOFTMAX | names.SIGMOID:
        yield finding(
            "noop-layer",
            before.span,
            f"{before.name} does not change which value is the largest",
            labels=(Label(node.span, "asks for nothing else"),),
            helps=("leave it out",),
        )


def _blow_up(node: Node, parameters: int) -> Iterator[Diagnostic]:
    before, width, height = node.source, node.value("in_features"), node.value("out_features")
    if before is None or before.name not in ("flatten", "Flatten") or type(width) is not int or type(height) is not int:
        return
    if parameters > MANY and width * height > 0.9 * parameters:
        yield finding(
            "parameter-blow-up",
            node.span,
            f"{width * height:,} of {parameters:,} parameters are in this {node.name}",
            helps=("pool the map before the flatten",),
        )
