"""Which transforms are applied to whole batches: one rule for a run and for a script. Free of torch."""

from __future__ import annotations

from typing import Any

from specc.ops.base import is_own
from specc.program.model import Named

ALWAYS = (
    *("ToTensor", "PILToTensor", "ToImage", "ConvertImageDtype", "Normalize", "CenterCrop"),
    *("RandomHorizontalFlip", "RandomVerticalFlip"),
)


def has_batch_form(named: Named) -> bool:
    """Whether a transform with these arguments has a form for batches that equals torchvision's per sample."""
    name, values = named.operation.name, named.values
    if name in ALWAYS:
        return True
    if name not in ("RandomCrop", "Pad"):
        return False
    number = isinstance(values["fill"], (int, float))
    return number and values["padding_mode"] == "constant" and not values.get("pad_if_needed")


def cut(transforms: tuple[Named, ...]) -> tuple[tuple[Named, ...], tuple[Named, ...]]:
    """A split's transforms in two: what runs sample by sample, and the longest tail that has batch forms."""
    start = len(transforms)
    while start and has_batch_form(transforms[start - 1]):
        start -= 1
    return transforms[:start], transforms[start:]


def is_random(transforms: tuple[Named, ...]) -> bool:
    """Whether one of them draws anew for every sample."""
    return any(named.operation.random or is_own(named.operation) for named in transforms)  # type: ignore[attr-defined]


def pair(size: Any) -> tuple[int, int]:
    """Height and width of torchvision's size: one number or two."""
    items = [size] if isinstance(size, int) else list(size)
    return (items[0], items[0]) if len(items) == 1 else (items[0], items[1])


def sides(padding: Any) -> list[int]:
    """torchvision's padding (one number, two or four: left, top, right, bottom) in the order of F.pad."""
    items = [0] if padding is None else [padding] if isinstance(padding, int) else list(padding)
    left, top, right, bottom = {1: items * 4, 2: items * 2, 4: items}[len(items)]
    return [left, right, top, bottom]
