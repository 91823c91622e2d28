"""Transforms of a split as lines on a batch: the same arithmetic as a run's."""

from __future__ import annotations

from typing import Any, NamedTuple

from specc.backends.batch_forms import cut, is_random, pair, sides
from specc.backends.python_text import literal
from specc.backends.script_calls import short
from specc.ops.base import is_own
from specc.program.model import Call, Named, Split


class SplitText(NamedTuple):
    """What a split draws when an epoch starts, and the lines of each of its transforms."""

    steps: list[list[str]]
    draws: list[str]


class TransformText:
    """Draws of an epoch and lines of a batch, for the part called `variable`.

    `reading` is true where samples are read one by one: then a batch is of one sample, and a Dataset holds the draws.
    """

    def __init__(self, train: Split, judge: Split, variable: str, reading: bool) -> None:
        self.variable, self.reading = variable, reading
        self.helpers: set[str] = set()
        self.own = is_own(train.sources[0].operation) if train.sources else False
        self.single = tuple(cut(split.transforms)[0] for split in (train, judge))
        learned, judged = (self._text(cut(split.transforms)[1]) for split in (train, judge))
        shared = _shared(learned.steps, judged.steps)
        only, other = (self._all(text.steps[: len(text.steps) - shared]) for text in (learned, judged))
        self.lines = [
            *_conditional("self.train" if reading else "train", only, other),
            *self._all(learned.steps[len(learned.steps) - shared :]),
        ]
        self.draws = self._drawn(learned.draws, judged.draws)

    @property
    def seeds(self) -> bool:
        """Whether samples need seeds of their own."""
        return any(self._seeded)

    @property
    def _seeded(self) -> tuple[bool, bool]:
        """The same of training and of evaluation."""
        return self.own or is_random(self.single[0]), self.own or is_random(self.single[1])

    def prepare(self) -> tuple[str, str]:
        """What runs on the samples one by one, in training and in evaluation, as torchvision's own objects."""
        training, judging = (_composed(transforms, self.own) for transforms in self.single)
        return training, judging

    def _drawn(self, learned: list[str], judged: list[str]) -> list[str]:
        """What an epoch draws: by split, unless one split's draws begin with the other's and nothing is drawn after."""
        (short, seeded), (long, _) = sorted(zip((learned, judged), self._seeded), key=lambda side: len(side[0]))
        if long[: len(short)] == short and (long == short or not seeded):
            return long
        return _conditional("train", learned, judged)

    def _text(self, transforms: tuple[Named, ...]) -> SplitText:
        """The draws and the lines of a split's transforms."""
        self._taken: list[str] = []
        self._draws: list[str] = []
        return SplitText([self._lines(named) for named in transforms], self._draws)

    def _all(self, steps: list[list[str]]) -> list[str]:
        return _nested([line for lines in steps for line in lines], self.variable)

    def _lines(self, named: Named) -> list[str]:
        name, values, x = named.operation.name, named.values, self.variable  # type: ignore[attr-defined]
        if name == "ToTensor":
            return [f"{x} = {x}.float().div(255)"]
        if name == "Normalize":
            mean, std = (literal(_several(values[name])) for name in ("mean", "std"))
            return [f"{x} = normalize({x}, {mean}, {std})"]
        if name in ("RandomHorizontalFlip", "RandomVerticalFlip"):
            return self._flip("-1" if name == "RandomHorizontalFlip" else "-2", values["p"])
        if name == "RandomCrop":
            return self._crop(values)
        if name in ("PILToTensor", "ToImage"):
            return []
        if name == "CenterCrop":
            return [f"{x} = center_crop({x}, {list(pair(values['size']))})"]
        if name == "Pad":
            return [f"{x} = F.pad({x}, {tuple(sides(values['padding']))}, value={literal(values['fill'])})"]
        if name == "ConvertImageDtype":
            return [f"{x} = convert_image_dtype({x}, {literal(values['dtype'])})"]
        raise ValueError(f"a script has no form of {name} for batches")

    def _flip(self, axis: str, p: float) -> list[str]:
        draw = self._draw("flip", f"torch.rand(count, generator=generator) < {p!r}")
        x = self.variable
        chosen = f"chosen = {draw}[index].view(-1, 1, 1, 1).to({x}.device)"
        return [chosen, f"{x} = torch.where(chosen, {x}.flip({axis}), {x})"]

    def _crop(self, values: dict[str, Any]) -> list[str]:
        self.helpers.add("crop")
        draw = self._draw("corner", "torch.rand(count, 2, generator=generator)")
        x, around = self.variable, tuple(sides(values["padding"]))
        height, width = pair(values["size"])
        fill = "" if not values["fill"] else f", value={values['fill']!r}"
        padded = f"F.pad({x}, {around}{fill})" if any(around) else x
        return [f"{x} = crop({padded}, {draw}[index], {height}, {width})"]

    def _draw(self, name: str, expression: str) -> str:
        """A variable drawn for every sample at the start of an epoch."""
        while name in self._taken:
            name += "_again"
        self._taken.append(name)
        self._draws.append(f'draws["{name}"] = {expression}' if self.reading else f"{name} = {expression}")
        return f'self.draws["{name}"]' if self.reading else name


def _nested(lines: list[str], x: str) -> list[str]:
    """Bytes that become numbers do so where these are normalised."""
    floats, made = f"{x} = {x}.float().div(255)", list[str]()
    for line in lines:
        if made and made[-1] == floats and line.startswith(f"{x} = normalize({x},"):
            line = line.replace(f"({x},", f"({x}.float().div(255),", 1)
            made.pop()
        made.append(line)
    return made


def _several(numbers: Any) -> list[float]:
    """One number for each channel."""
    return list(numbers) if isinstance(numbers, (list, tuple)) else [numbers]


def _shared(train: list[list[str]], judged: list[list[str]]) -> int:
    """How many transforms at the end are the same in training and evaluation."""
    count = 0
    for left, right in zip(reversed(train), reversed(judged)):
        if left != right:
            break
        count += 1
    return count


def _composed(transforms: tuple[Named, ...], tensors: bool) -> str:
    """`transforms.Compose([...])` that ends in a tensor; `tensors` says that it starts with one."""
    made = [written(named.call) for named in transforms]
    if tensors:
        return f"transforms.Compose([{', '.join(['torch.as_tensor', *made])}])" if made else "torch.as_tensor"
    if not any(named.operation.name in ("ToTensor", "PILToTensor", "ToImage") for named in transforms):
        made.append("transforms.PILToTensor()")
    return f"transforms.Compose([{', '.join(made)}])"


def written(value: Any) -> str:
    """A call as text, calls among its arguments too."""
    if isinstance(value, (list, tuple)) and any(isinstance(item, Call) for item in value):
        return f"[{', '.join(map(written, value))}]"
    if not isinstance(value, Call):
        return literal(value)
    arguments = [*map(written, value.args), *(f"{name}={written(item)}" for name, item in value.kwargs)]
    ours = value.target.startswith("torchvision.transforms")
    target = value.target.removeprefix("torchvision.") if ours else short(value.target)
    return f"{target}({', '.join(arguments)})"


def _conditional(train: str, training: list[str], judging: list[str]) -> list[str]:
    made = [f"if {train}:", *(f"    {line}" for line in training)] if training else []
    if judging:
        made += ["else:" if training else f"if not {train}:", *(f"    {line}" for line in judging)]
    return made
