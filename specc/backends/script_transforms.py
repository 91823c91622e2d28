"""Transforms of a split as lines on a batch: the same arithmetic as a run's."""

from __future__ import annotations

from typing import Any

from specc.backends.python_text import literal
from specc.program.model import Named, Split

BATCHED = ("ToTensor", "PILToTensor", "ToImage", "Normalize", "RandomCrop", "RandomHorizontalFlip", "RandomVerticalFlip", "CenterCrop", "Pad",
           "ConvertImageDtype")


class TransformText:
    """Draws of an epoch and lines of a batch, for the part called `variable`."""

    def __init__(self, train: Split, others: list[Split], variable: str) -> None:
        self.variable = variable
        self.constants: list[tuple[str, str]] = []
        self.helpers: set[str] = set()
        self.draws: list[str] = []
        judged = others[0].transforms if others else train.transforms
        own, common = _tail(train.transforms, judged)
        only = [line for named in own for line in self._lines(named)]
        if len(common) != len(judged):
            rest = [line for named in judged for line in self._lines(named)]
            every = [line for named in train.transforms for line in self._lines(named)]
            self.lines = _conditional(every, rest)
        else:
            self.lines = [*_conditional(only, []), *(line for named in common for line in self._lines(named))]

    def _lines(self, named: Named) -> list[str]:
        name, values, x = named.operation.name, named.values, self.variable  # type: ignore[attr-defined]
        if name == "ToTensor":
            return [f"{x} = {x}.float().div(255)"]
        if name == "Normalize":
            mean, std = self._constant("MEAN", values["mean"]), self._constant("STD", values["std"])
            return [f"{x} = ({x} - {mean}.to({x}.device)) / {std}.to({x}.device)"]
        if name in ("RandomHorizontalFlip", "RandomVerticalFlip"):
            return self._flip("-1" if name == "RandomHorizontalFlip" else "-2", values["p"])
        if name == "RandomCrop":
            return self._crop(values)
        if name in ("PILToTensor", "ToImage"):
            return []
        if name == "CenterCrop":
            return [f"{x} = center_crop({x}, {list(_pair(values['size']))})"]
        if name == "Pad":
            return [f"{x} = F.pad({x}, {_sides(values['padding'])}, value={literal(values['fill'])})"]
        if name == "ConvertImageDtype":
            return [f"{x} = convert_image_dtype({x}, {literal(values['dtype'])})"]
        raise ValueError(f"a script has no form of {name} for batches")

    def _flip(self, axis: str, p: float) -> list[str]:
        draw = self._draw("flip", f"torch.rand(count, generator=generator) < {p!r}")
        x = self.variable
        return [f"chosen = {draw}[index].view(-1, 1, 1, 1).to({x}.device)", f"{x} = torch.where(chosen, {x}.flip({axis}), {x})"]

    def _crop(self, values: dict[str, Any]) -> list[str]:
        self.helpers.add("crop")
        draw = self._draw("corner", "torch.rand(count, 2, generator=generator)")
        x, sides = self.variable, _sides(values["padding"])
        height, width = _pair(values["size"])
        fill = "" if not values["fill"] else f", value={values['fill']!r}"
        padded = f"F.pad({x}, {sides}{fill})" if any(sides) else x
        return [f"{x} = crop({padded}, {draw}[index], {height}, {width})"]

    def _draw(self, name: str, expression: str) -> str:
        """A variable drawn for every sample at the start of an epoch."""
        taken = {line.split(" = ")[0] for line in self.draws}
        while name in taken:
            name += "_again"
        self.draws.append(f"{name} = {expression}")
        return name

    def _constant(self, name: str, numbers: Any) -> str:
        text = literal(tuple(numbers) if isinstance(numbers, (list, tuple)) else (numbers,))
        for known, value in self.constants:
            if value == text and known.rstrip("_0123456789") == name:
                return known
        place = sum(known.rstrip("_0123456789") == name for known, _ in self.constants)
        self.constants.append((name if not place else f"{name}_{place + 1}", text))
        return self.constants[-1][0]


def _tail(train: tuple[Named, ...], judged: tuple[Named, ...]) -> tuple[tuple[Named, ...], tuple[Named, ...]]:
    """What training does first, and what both do after it; nothing in common unless evaluation is the end of training."""
    count = len(judged)
    start = len(train) - count
    if start >= 0 and [_key(named) for named in train[start:]] == [_key(named) for named in judged]:
        return train[:start], train[start:]
    return train, ()


def _key(named: Named) -> Any:
    return named.operation.name, repr(named.values)  # type: ignore[attr-defined]


def _conditional(training: list[str], evaluating: list[str]) -> list[str]:
    made = ["if train:", *(f"    {line}" for line in training)] if training else []
    if evaluating:
        made += ["else:" if training else "if not train:", *(f"    {line}" for line in evaluating)]
    return made


def _pair(size: Any) -> tuple[int, int]:
    items = [size] if isinstance(size, int) else list(size)
    return (items[0], items[0]) if len(items) == 1 else (items[0], items[1])


def _sides(padding: Any) -> tuple[int, ...]:
    """torchvision's padding in the order of F.pad."""
    items = [0] if padding is None else [padding] if isinstance(padding, int) else list(padding)
    left, top, right, bottom = {1: items * 4, 2: items * 2, 4: items}[len(items)]
    return left, right, top, bottom
