"""Functions of torchvision.ops: dropping of blocks and paths, boxes, regions, losses of detection."""

from __future__ import annotations

from typing import Any

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, refuse, whole
from specc.ops.kinds import BOOL, FLOAT, INT, POSITIVE, PROBABILITY, TENSOR, Choice, Either, Float, Items, Sizes, expand
from specc.ops.layers.window import empty_problem
from specc.ops.shapes import can_be_at_least
from specc.types.dims import Dim
from specc.types.promotion import promote
from specc.types.tensor import FLOATS, Size, TensorType, Type, UnknownType, product

TRAINING = Argument("training", BOOL, True, "whether it drops at all")


class StochasticDepth(Function):
    """Drops whole samples ("row") or the whole batch ("batch") of a branch at random, and scales the others up."""

    name = "stochastic_depth"
    target = "torchvision.ops.stochastic_depth"
    arguments = (
        INPUT,
        Argument("p", PROBABILITY, doc="the share that is dropped"),
        Argument("mode", Choice("batch", "row"), doc="row: each sample by itself"),
        TRAINING,
    )
    example = 'y = x + stochastic_depth(branch, 0.1, "row", training=training)'

    def infer(self, use: Use) -> Type:
        x = use.input
        if not use.training or use.p == 0:
            return x.plain()
        if use.mode == "row" and x.rank == 0:
            return use.problem("rank-mismatch", f"{use.title} takes at least one axis, it is given a scalar", "input")
        return refuse(use, x.dtype) or x


class DropBlock2d(Function):
    """Zeroes square blocks of maps `[N, C, H, W]` at random."""

    name = "drop_block2d"
    target = "torchvision.ops.drop_block2d"
    arguments = (
        INPUT,
        Argument("p", PROBABILITY, doc="the share that is dropped"),
        Argument("block_size", POSITIVE, doc="the side of a block, odd"),
        Argument("inplace", BOOL, False, "overwrite the input instead of making a new value"),
        Argument("eps", FLOAT, 1e-6, "keeps the scale finite"),
        TRAINING,
    )
    spatial = 2
    example = "y = drop_block2d(x, 0.1, 3, training=training)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank != self.spatial + 2:
            return use.problem("rank-mismatch", f"{use.title} takes {self.spatial + 2} axes, it is given {x}", "input")
        if not use.training or use.p == 0:
            return x.plain()
        return empty_problem(use) or self._block_problem(use, x.shape[2:]) or refuse(use, x.dtype) or x

    def _block_problem(self, use: Use, shape: tuple[Size, ...]) -> UnknownType | None:
        """A block as large as the map is cut to it, and must be odd then too."""
        numbers = [size for size in shape if isinstance(size, int)]
        block = min(use.block_size, *numbers) if numbers else use.block_size
        if block % 2 == 0:
            return use.problem(
                "argument-domain", f"{use.title}: the block's side is {block}, it must be odd", "block_size"
            )
        for size in shape:
            if isinstance(size, Dim) and use.holds(">=", size, block) is not True:
                return use.problem(
                    "symbolic-size",
                    f"{use.title}: whether a block of {block} fits into {size} is not known",
                    "block_size",
                    helps=(f"state it: assert {size} >= {block}",),
                )
        return None


class DropBlock3d(DropBlock2d):
    """Zeroes cubes of volumes `[N, C, D, H, W]` at random."""

    name = "drop_block3d"
    target = "torchvision.ops.drop_block3d"
    spatial = 3
    example = "y = drop_block3d(x, 0.1, 3, training=training)"


def boxes_problem(use: Use, name: str, width: int = 4) -> UnknownType | None:
    """Report what is no list of boxes `[N, 4]` of floats."""
    boxes = getattr(use, name)
    if boxes.rank != 2 or not use.same(boxes.shape[1], width):
        return use.problem("rank-mismatch", f"{use.title}: {name} is {boxes}, boxes are [N, {width}]", name)
    return refuse(use, boxes.dtype, FLOATS, name)


BOXES = Argument("boxes", TENSOR, doc="boxes, [N, 4]")
PAIR = (Argument("boxes1", TENSOR, doc="boxes, [N, 4]"), Argument("boxes2", TENSOR, doc="boxes, [M, 4]"))


class BoxArea(Function):
    """The areas of boxes: `[N, 4]` gives `[N]`."""

    name = "box_area"
    target = "torchvision.ops.box_area"
    arguments = (BOXES,)
    example = "a = box_area(boxes)"

    def infer(self, use: Use) -> Type:
        return boxes_problem(use, "boxes") or TensorType(use.boxes.shape[:1], box_dtype(use.boxes.dtype))


def box_dtype(dtype: str) -> str:
    """Areas are computed in f32 at least."""
    return "f32" if dtype in ("f16", "bf16") else dtype


class BoxConvert(Function):
    """Boxes in another format: corners, or corner (or centre) and size."""

    name = "box_convert"
    target = "torchvision.ops.box_convert"
    arguments = (
        BOXES,
        Argument("in_fmt", Choice("xyxy", "xywh", "cxcywh"), doc="the format they are in"),
        Argument("out_fmt", Choice("xyxy", "xywh", "cxcywh"), doc="the format they are brought to"),
    )
    example = 'y = box_convert(boxes, "cxcywh", "xyxy")'

    def infer(self, use: Use) -> Type:
        return boxes_problem(use, "boxes") or use.boxes


class ClipBoxes(Function):
    """Boxes cut at the edges of an image of a size (height, width)."""

    name = "clip_boxes_to_image"
    target = "torchvision.ops.clip_boxes_to_image"
    arguments = (BOXES, Argument("size", Items(INT, 2), doc="height and width of the image"))
    example = "y = clip_boxes_to_image(boxes, (480, 640))"

    def infer(self, use: Use) -> Type:
        return boxes_problem(use, "boxes") or use.boxes


class BoxIou(Function):
    """How much every box of one list overlaps every box of the other: `[N, M]`, intersection over union."""

    name = "box_iou"
    target = "torchvision.ops.box_iou"
    arguments: tuple[Argument, ...] = PAIR
    example = "overlap = box_iou(a, b)"

    def infer(self, use: Use) -> Type:
        a, b = use.boxes1, use.boxes2
        wrong = boxes_problem(use, "boxes1") or boxes_problem(use, "boxes2")
        if wrong:
            return wrong
        return TensorType((a.shape[0], b.shape[0]), promote(a.cast(box_dtype(a.dtype)), b.cast(box_dtype(b.dtype))))


class GeneralizedBoxIou(BoxIou):
    """box_iou less the empty part of the smallest box around both: `[N, M]`."""

    name = "generalized_box_iou"
    target = "torchvision.ops.generalized_box_iou"
    example = "overlap = generalized_box_iou(a, b)"


class DistanceBoxIou(BoxIou):
    """box_iou less the squared distance of the centres: `[N, M]`."""

    name = "distance_box_iou"
    target = "torchvision.ops.distance_box_iou"
    arguments = (*PAIR, Argument("eps", FLOAT, 1e-7, "keeps the quotient finite"))
    example = "overlap = distance_box_iou(a, b)"


class CompleteBoxIou(DistanceBoxIou):
    """distance_box_iou that compares the shapes as well: `[N, M]`."""

    name = "complete_box_iou"
    target = "torchvision.ops.complete_box_iou"
    example = "overlap = complete_box_iou(a, b)"


REDUCTION = Argument("reduction", Choice("none", "mean", "sum"), "none", "how the losses are joined")


class BoxLoss(Function):
    """A loss between boxes and their targets, pair by pair."""

    arguments = (*PAIR, REDUCTION, Argument("eps", FLOAT, 1e-7, "keeps the quotient finite"))

    def infer(self, use: Use) -> Type:
        a, b = use.boxes1, use.boxes2
        wrong = boxes_problem(use, "boxes1") or boxes_problem(use, "boxes2")
        if wrong:
            return wrong
        if not use.same(a.shape[0], b.shape[0]):
            return use.problem("loss-broadcast", f"{use.title}: {a.shape[0]} boxes against {b.shape[0]}", "boxes2")
        dtype = box_dtype(a.dtype)
        if dtype != box_dtype(b.dtype):
            return use.problem("dtype-mismatch", f"{use.title}: boxes1 are {a.dtype}, boxes2 {b.dtype}", "boxes2")
        return TensorType(a.shape[:1] if use.reduction == "none" else (), dtype)


class GeneralizedBoxIouLoss(BoxLoss):
    """One minus the generalized overlap of each pair of boxes."""

    name = "generalized_box_iou_loss"
    target = "torchvision.ops.generalized_box_iou_loss"
    example = 'l = generalized_box_iou_loss(a, b, reduction="mean")'


class DistanceBoxIouLoss(BoxLoss):
    """One minus the overlap of each pair of boxes, plus the distance of their centres."""

    name = "distance_box_iou_loss"
    target = "torchvision.ops.distance_box_iou_loss"
    example = 'l = distance_box_iou_loss(a, b, reduction="mean")'


class CompleteBoxIouLoss(BoxLoss):
    """distance_box_iou_loss that compares the shapes as well."""

    name = "complete_box_iou_loss"
    target = "torchvision.ops.complete_box_iou_loss"
    example = 'l = complete_box_iou_loss(a, b, reduction="mean")'


class SigmoidFocalLoss(Function):
    """A binary cross-entropy of logits that counts easy examples less."""

    name = "sigmoid_focal_loss"
    target = "torchvision.ops.sigmoid_focal_loss"
    arguments = (
        Argument("inputs", TENSOR, doc="logits"),
        Argument("targets", TENSOR, doc="0 or 1, as floats"),
        Argument("alpha", Either(PROBABILITY, Float(-1, -1)), 0.25, "weight of the positives; -1 for none"),
        Argument("gamma", FLOAT, 2, "how much less easy examples count"),
        REDUCTION,
    )
    example = 'l = sigmoid_focal_loss(logits, targets, reduction="mean")'

    def infer(self, use: Use) -> Type:
        x, target = use.inputs, use.targets
        if x.rank != target.rank or not all(map(use.same, x.shape, target.shape)):
            return use.problem("loss-broadcast", f"{use.title}: the logits are {x}, the targets {target}", "targets")
        wrong = refuse(use, x.dtype, FLOATS, "inputs") or refuse(use, target.dtype, FLOATS, "targets")
        return wrong or TensorType(x.shape if use.reduction == "none" else (), promote(x, target))


class RoiAlign(Function):
    """Regions of a map `[N, C, H, W]` sampled to one size: boxes `[K, 5]` give `[K, C, *output_size]`.

    A box is (sample, x1, y1, x2, y2).
    """

    name = "roi_align"
    target = "torchvision.ops.roi_align"
    arguments: tuple[Argument, ...] = (
        INPUT,
        Argument("boxes", Either(TENSOR, Items(TENSOR)), doc="boxes [K, 5], or for each sample [L, 4]"),
        Argument("output_size", Sizes(2), doc="height and width of each region"),
        Argument("spatial_scale", FLOAT, 1.0, "size of the map relative to what the boxes are given in"),
        Argument("sampling_ratio", INT, -1, "samples for each place; as needed if not positive"),
        Argument("aligned", BOOL, False, "whether boxes are shifted by half a pixel"),
    )
    example = "y = roi_align(x, boxes, 7)"

    def infer(self, use: Use) -> Type:
        x = use.input
        if x.rank != 4:
            return use.problem("rank-mismatch", f"{use.title} takes [N, C, H, W], it is given {x}", "input")
        wrong = self._boxes_problem(use) or refuse(use, x.dtype, ("f16", "f32", "f64")) or empty_problem(use, 2)
        return wrong or self._result(use, x, self._count(use))

    def _result(self, use: Use, x: TensorType, count: Size) -> Type:
        return TensorType((count, x.shape[1], *expand(use.output_size, 2)), x.dtype)

    def _boxes(self, use: Use) -> list[TensorType]:
        return [use.boxes] if isinstance(use.boxes, TensorType) else list(use.boxes)

    def _count(self, use: Use) -> Size:
        total: Any = 0
        for boxes in self._boxes(use):
            total = boxes.shape[0] + total
        return total

    def _boxes_problem(self, use: Use) -> UnknownType | None:
        width = 5 if isinstance(use.boxes, TensorType) else 4
        samples = len(use.boxes) if width == 4 else 1
        if not samples or not can_be_at_least(use, use.input.shape[0], samples):
            return use.problem(
                "argument-domain", f"{use.title}: boxes for {samples} samples, the map is {use.input}", "boxes"
            )
        for boxes in self._boxes(use):
            if boxes.rank != 2 or not use.same(boxes.shape[1], width):
                return use.problem(
                    "rank-mismatch", f"{use.title}: boxes are {boxes}, they must be [K, {width}]", "boxes"
                )
            if boxes.dtype != use.input.dtype:
                return use.problem(
                    "dtype-mismatch", f"{use.title}: the map is {use.input.dtype}, boxes are {boxes.dtype}", "boxes"
                )
        return None


class RoiPool(RoiAlign):
    """The maxima of regions of a map `[N, C, H, W]`, brought to one size."""

    name = "roi_pool"
    target = "torchvision.ops.roi_pool"
    arguments = RoiAlign.arguments[:4]
    example = "y = roi_pool(x, boxes, 7)"


class PsRoiAlign(RoiAlign):
    """roi_align in which every place of a region has its own channels: C is a multiple of their number."""

    name = "ps_roi_align"
    target = "torchvision.ops.ps_roi_align"
    arguments = (*RoiAlign.arguments[:2], Argument("output_size", POSITIVE, doc="height and width of each region"),
                 *RoiAlign.arguments[3:5])
    example = "y = ps_roi_align(x, boxes, 3)"

    def _result(self, use: Use, x: TensorType, count: Size) -> Type:
        places = product(expand(use.output_size, 2))
        channels = whole(use, x.shape[1], places)
        if channels is None:
            return use.problem(
                "reshape-size", f"{use.title}: {x.shape[1]} channels are no multiple of {places} places", "output_size"
            )
        return TensorType((count, channels, *expand(use.output_size, 2)), x.dtype)


