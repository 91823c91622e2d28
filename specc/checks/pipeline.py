"""The data: what training and evaluation see, and in what batches."""

from __future__ import annotations

from typing import Any, Iterator

from specc.checks import names
from specc.checks.flow import Node
from specc.checks.places import argument_span, loader_of, own_loader_of
from specc.diagnostics.model import Diagnostic, Label, finding
from specc.program.model import Portion, Program, Split
from specc.source import Span
from specc.types.tensor import TensorType

EVALUATION = frozenset(("val", "valid", "validation", "test", "eval", "dev"))
CHARACTERS = frozenset(("MNIST", "QMNIST", "KMNIST", "EMNIST", "SVHN", "USPS", "Digits", "Omniglot", "SEMEION"))
BYTES = frozenset(("PILToTensor", "ToImage"))
# Mean and standard deviation of every channel of the training pictures, to two digits.
STATISTICS = {
    "MNIST": (0.13, 0.31),
    "FashionMNIST": (0.29, 0.35),
    "KMNIST": (0.19, 0.35),
    "CIFAR10": (0.49, 0.48, 0.45, 0.25, 0.24, 0.26),
    "CIFAR100": (0.51, 0.49, 0.44, 0.27, 0.26, 0.28),
    "SVHN": (0.44, 0.44, 0.47, 0.2, 0.2, 0.2),
}
SCALING = frozenset(("ToTensor", "ConvertImageDtype", "Normalize"))


def check(program: Program, nodes: list[Node], module: Any) -> Iterator[Diagnostic]:
    """Findings on the splits, their transforms and their loaders; `nodes` are the layers of the models."""
    splits = {split.name: split for split in program.data.splits} if program.data is not None else {}
    train = splits.get("train")
    for split in splits.values():
        yield from _transforms(split)
        yield from _of_another_set(split)
        yield from _ragged(split)
        if split.name in EVALUATION:
            yield from _compared(train, split) if train is not None else ()
            yield from _shuffled(split, module)
            yield from _augmented(split)
    if train is not None:
        yield from _order(train, module)
        yield from _batches(train, module)
        yield from _normalised(train, nodes, module)


def _transforms(split: Split) -> Iterator[Diagnostic]:
    kinds = [transform.operation.name for transform in split.transforms]
    for transform in split.transforms:
        name = transform.operation.name
        if name == "RandomHorizontalFlip" and split.sources[0].operation.name in CHARACTERS:
            yield finding(
                "horizontal-flip-on-text",
                transform.span,
                f"{name} mirrors the characters of {split.sources[0].operation.name}",
                helps=("leave it out",),
            )
        if (
            name == "ToDtype"
            and not transform.values["scale"]
            and BYTES & set(kinds)
            and not SCALING & set(kinds)
            and _float(split)
        ):
            yield finding(
                "input-range",
                transform.span,
                "the pictures go into the model as numbers from 0 to 255",
                helps=(f"write {transform.span.text[:-1]}, scale=true)",),
            )


def _augmented(split: Split) -> Iterator[Diagnostic]:
    """One finding for all the random transforms of a split that is evaluated."""
    drawn = [item for item in split.transforms if item.operation.random]  # type: ignore[attr-defined]
    if drawn:
        first, more = drawn[0].operation.name, len(drawn) - 1
        named = f"{first} and {more} more draw" if more else f"{first} draws"
        yield finding(
            "augmentation-in-eval",
            drawn[0].span,
            f"{named} anew for every sample, also for those of {split.name}",
            labels=tuple(Label(item.span, "this too") for item in drawn[1:]),
            helps=("write transform train = ... for the training, transform = ... without it for the rest",),
        )


def _ragged(split: Split) -> Iterator[Diagnostic]:
    """Pictures of several sizes in one batch: certain for sets of photographs, likely for a folder that is resized."""
    kind = split.sources[0].operation
    resize = next(
        (item for item in split.transforms if item.operation.name == "Resize" and type(item.values["size"]) is int),
        None,
    )
    known = getattr(kind, "size", (0, 0, 0))[1] is not None or len(split.sources) > 1 or split.loader["batch_size"] == 1
    if (
        known
        or not split.types
        or None not in getattr(split.types[0], "shape", ())
        or kind.name == "ImageFolder"
        and resize is None
    ):
        return
    span = resize.span if resize is not None else split.span
    why = "Resize of one number sets the shorter side only: " if resize is not None else ""
    yield finding(
        "ragged-batch",
        span,
        f"{why}the pictures of {kind.name} keep different sizes and cannot be one batch",
        severity="warning" if kind.name == "ImageFolder" else None,
        helps=(
            f"write Resize(({resize.values['size']}, {resize.values['size']})), or a CenterCrop after it"
            if resize is not None
            else "write Resize((224, 224)) before ToTensor",
        ),
    )


def _float(split: Split) -> bool:
    return bool(split.types) and isinstance(split.types[0], TensorType) and split.types[0].is_float


def _compared(train: Split, other: Split) -> Iterator[Diagnostic]:
    """A split that is evaluated against the one that is trained on."""
    first, second = _normalize(train), _normalize(other)
    if [_scale(first), _scale(second)] != [_scale(second), _scale(first)] and train.sources and other.sources:
        span = second.span if second is not None else other.span
        yield finding(
            "normalize-mismatch",
            span,
            f"{other.name} is normalised by {_scale(second)}, train by {_scale(first)}",
            labels=(Label(first.span, "train"),) if first is not None else (),
            helps=("write the same Normalize for both",),
        )
    if _same_samples(train, other):
        yield finding(
            "eval-on-train",
            other.span,
            f"{other.name} holds the samples of train",
            labels=(Label(train.span, "the same"),),
            helps=("name another part: train=false, or train, val = split(...)",),
        )


def _of_another_set(split: Split) -> Iterator[Diagnostic]:
    """Statistics that are known to be those of another set."""
    normalize, kind = _normalize(split), split.sources[0].operation.name
    grey = any(item.operation.name == "Grayscale" for item in split.transforms)
    if normalize is None or kind not in STATISTICS or grey:
        return
    given = tuple(round(float(value), 2) for name in ("mean", "std") for value in normalize.values[name])
    owner = next((name for name, values in STATISTICS.items() if values == given), None)
    if owner is not None and STATISTICS[kind] != given:
        yield finding(
            "normalize-mismatch",
            normalize.span,
            f"mean and standard deviation are those of {owner}, the data are {kind}",
            helps=("write those of " + kind,),
        )


def _normalize(split: Split) -> Any:
    return next(
        (transform for transform in reversed(split.transforms) if transform.operation.name == "Normalize"), None
    )


def _scale(normalize: Any) -> str:
    return "nothing" if normalize is None else f"{tuple(normalize.values['mean'])}, {tuple(normalize.values['std'])}"


def _apart(first: Portion | None, second: Portion | None) -> bool:
    """Whether two parts of one set share no sample: different parts of the same drawing."""
    if first is None or second is None:
        return False
    return first.index != second.index and first._replace(index=0) == second._replace(index=0)


def _same_samples(train: Split, other: Split) -> bool:
    kinds = {source.operation.name for source in train.sources}
    if "FakeData" in kinds or _apart(train.portion, other.portion):
        return False
    return [(s.operation.name, s.values) for s in train.sources] == [
        (s.operation.name, s.values) for s in other.sources
    ]


# ---------------------------------------------------------------- batches


def _batches(split: Split, module: Any) -> Iterator[Diagnostic]:
    size = split.loader["batch_size"]
    if split.count is not None and split.loader["drop_last"] and split.count < size:
        yield finding(
            "batch-exceeds-dataset",
            argument_span(loader_of(module, split), "batch_size", split.span),
            f"{split.name} has {split.count} samples, fewer than one batch of {size}: with drop_last there is none",
            helps=(f"write batch_size={split.count} or less",),
        )


def _order(train: Split, module: Any) -> Iterator[Diagnostic]:
    loader = loader_of(module, train)
    if train.loader["shuffle"] or train.sources[0].operation.name == "text":
        return
    if loader is None:
        return
    said = any(argument.name == "shuffle" for argument in getattr(loader, "arguments", ()))
    yield finding(
        "train-not-shuffled",
        loader.span,
        "the training data come in the same order in every epoch",
        severity="info" if said else None,
        helps=("write DataLoader(..., shuffle=true)",),
    )


def _shuffled(split: Split, module: Any) -> Iterator[Diagnostic]:
    """A loader of the evaluation's own that shuffles; one that training shares has its reason to."""
    loader = own_loader_of(module, split)
    said = argument_span(loader, "shuffle", split.span)
    if loader is not None and said.text.endswith("true"):
        yield finding(
            "eval-shuffled",
            said,
            f"{split.name} is evaluated in its own order: shuffle has no effect",
            helps=("leave shuffle out",),
        )


def _normalised(train: Split, nodes: list[Node], module: Any) -> Iterator[Diagnostic]:
    """Batches whose samples are too few for a BatchNorm of one value each."""
    norms = [node for node in nodes if node.name in names.BATCH_NORMS]
    norm = next((node for node in norms if _one_value(node)), None)
    size, count = train.loader["batch_size"], train.count
    span = argument_span(loader_of(module, train), "batch_size", train.span)
    if norm is None:
        yield from _few_maps(norms, size, span)
        return
    labels = (Label(norm.span, "one value per channel and sample"),)
    if size == 1:
        yield finding(
            "single-value-norm",
            span,
            f"in batches of 1 {norm.name} has a single value per channel, torch refuses it",
            labels=labels,
            helps=("write a larger batch_size",),
        )
    elif size < 4:
        yield finding(
            "batchnorm-tiny-batch",
            span,
            f"{norm.name} takes mean and variance of {size} samples",
            labels=labels,
            helps=("write a larger batch_size, or LayerNorm",),
        )
    elif count is not None and count > size and count % size == 1 and not train.loader["drop_last"]:
        yield finding(
            "last-batch-one",
            span,
            f"{count} samples in batches of {size} leave a last batch of 1, which {norm.name} refuses",
            labels=labels,
            severity="error",
            helps=("write drop_last=true, or another batch_size",),
        )


def _few_maps(norms: list[Node], size: int, span: Span) -> Iterator[Diagnostic]:
    """The values of one map are alike, so those of few maps say little of the others."""
    if norms and size < 4:
        yield finding(
            "batchnorm-tiny-batch",
            span,
            f"{norms[0].name} takes mean and variance of the maps of {size} sample{'s' if size > 1 else ''}",
            labels=(Label(norms[0].span, "the first"),),
            severity="info",
            helps=("write a larger batch_size, or GroupNorm",),
        )


def _one_value(node: Node) -> bool:
    type = node.input_type
    return isinstance(type, TensorType) and type.rank >= 2 and all(size == 1 for size in type.shape[2:])
