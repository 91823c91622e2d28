"""The data section: sources, transforms, loaders, and the sample that flows into the model."""

from __future__ import annotations

from typing import Any

from specc.ops import registry
from specc.ops.base import Dataset
from specc.ops.samples import split_counts
from specc.program import joins, library, operations
from specc.program.bodies import let_value
from specc.program.context import Frame
from specc.program.model import Data, Model, Named, Portion, Split
from specc.program.names import bind_target
from specc.program.values import Env, has_unknown
from specc.syntax import tree
from specc.types.tensor import UNKNOWN, PictureType, TensorType, Type

EVALUATED = "loader", "transform"


class Section:
    """The items of a data section, sorted."""

    def __init__(self, node: tree.Data) -> None:
        self.node = node
        self.sources: list[tree.Assign] = []
        self.transforms: dict[str | None, Any] = {}
        self.loaders: dict[str | None, Any] = {}
        self.sample: tree.Sample | None = None


def elaborate_data(frame: Frame, node: tree.Data, definitions: list[Any], models: tuple[Model, ...]) -> Data | None:
    """The data of a job, joined to the model's inputs."""
    inner = frame.within(Env(frame.env))
    section = _sorted(inner, node)
    splits = [split for item in section.sources for split in _splits(inner, section, item)]
    _check_names(inner, section, [split.name for split in splits])
    parts = joins.sample_parts(inner, section.sample, splits, models)
    joined, target = joins.join(inner, parts, definitions, models, section.node)
    return Data(tuple(splits), joined, target, node.span)


def _sorted(frame: Frame, node: tree.Data) -> Section:
    section = Section(node)
    for item in node.items:
        if isinstance(item, tree.Let):
            bind_target(frame, item.targets, let_value(frame, item))
        elif isinstance(item, tree.Sample):
            section.sample = item
        elif isinstance(item, tree.SplitAssign):
            _once(frame, section.transforms if item.kind == "transform" else section.loaders, item.split, item)
        elif isinstance(item.targets, tree.Name) and item.targets.id in EVALUATED:
            _once(frame, section.transforms if item.targets.id == "transform" else section.loaders, None, item)
        else:
            section.sources.append(item)
    return section


def _once(frame: Frame, table: dict[str | None, Any], split: str | None, item: Any) -> None:
    if split in table:
        frame.report("duplicate-name", item.span, "this is set twice")
    table[split] = item.value


def _check_names(frame: Frame, section: Section, known: list[str]) -> None:
    """A transform or loader for a split that does not exist, or without any data, would be ignored."""
    if not known and not section.sources:
        for what, table in zip(("transform", "loader"), (section.transforms, section.loaders)):
            for value in table.values():
                frame.report("unused-setting", value.span, f"there are no data for this {what}",
                             helps=("write train = ... beside it",))
    for table in (section.transforms, section.loaders):
        for split, value in table.items():
            if split is not None and split not in known and known:
                frame.report(
                    "unknown-split",
                    value.span,
                    f"there is no split {split}",
                    helps=("the splits are " + ", ".join(known),),
                )


# ---------------------------------------------------------------- splits


def _splits(frame: Frame, section: Section, item: tree.Assign) -> list[Split]:
    """`train = source`, or `train, val = split(source, [0.9, 0.1])`."""
    targets = item.targets.items if isinstance(item.targets, tree.TargetTuple) else (item.targets,)
    names = [target for target in targets if isinstance(target, tree.Name)]
    if len(names) < len(targets):
        frame.report("untaken-target", item.targets.span, "the left side names splits: train, val = split(...)")
        return []
    portions, source = _portions(frame, item.value, len(names))
    sources = _alternatives(frame, source)
    if sources is None or portions is None:
        return []
    found = (_split(frame, section, target, sources, portion) for target, portion in zip(names, portions))
    return [split for split in found if split is not None]


def _portions(frame: Frame, node: Any, count: int) -> tuple[list[Any] | None, Any]:
    """The parts that `split(source, fractions, seed=0, shuffle=true)` makes, and the source."""
    callee, arguments = library.callee_of(node)
    if not (isinstance(callee, tree.Name) and callee.id == "split"):
        if count > 1:
            frame.report(
                "untaken-target",
                node.span,
                f"one data set cannot be {count} splits",
                helps=("write split(source, [0.9, 0.1])",),
            )
            return None, node
        return [None], node
    if not arguments:
        frame.report("missing-argument", node.span, "split needs a data set and fractions")
        return None, node
    values = operations.evaluate_arguments(frame, arguments[1:])
    settings = _split_settings(frame, values, node)
    if settings is None:
        return None, arguments[0].value
    fractions = settings["fractions"]
    if len(fractions) != count:
        frame.report("split-size", node.span, f"split makes {len(fractions)} parts, {count} names take them")
        return None, arguments[0].value
    return [
        Portion(tuple(fractions), place, settings["seed"], settings["shuffle"]) for place in range(count)
    ], arguments[0].value


def _split_settings(frame: Frame, args: list[Any], node: Any) -> dict[str, Any] | None:
    from specc.ops.base import Argument
    from specc.ops.binding import Written, bind
    from specc.ops.kinds import BOOL, SIZE, Float, Items

    arguments = (
        Argument("fractions", Items(Float(0, open_low=True))),
        Argument("seed", SIZE, 0),
        Argument("shuffle", BOOL, True),
    )
    written = [Written(arg.name, arg.value, arg.span) for arg in args]
    bound = bind("split", arguments, written, node.span, frame.compilation.problems)
    if bound is None or any(map(has_unknown, bound.values.values())):
        return None
    fractions = bound.values["fractions"]
    if any(isinstance(f, float) for f in fractions) and abs(sum(fractions) - 1) > 1e-6:
        frame.report("split-size", node.span, f"the fractions of split add up to {sum(fractions):g}, not 1")
        return None
    return bound.values


def _alternatives(frame: Frame, node: Any) -> tuple[Named, ...] | None:
    """`a or b`: the data sets in order, None where one of them is wrong."""
    if isinstance(node, tree.Paren):
        return _alternatives(frame, node.inner)
    if isinstance(node, tree.Binary) and node.op == "or":
        left, right = _alternatives(frame, node.left), _alternatives(frame, node.right)
        return None if left is None or right is None else (*left, *right)
    found = library.named(frame, "dataset", node)
    return None if found is None else (found,)


def _split(frame: Frame, section: Section, target: tree.Name, sources: tuple[Named, ...], portion: Any) -> Split | None:
    name = target.id
    transforms = _transforms(frame, section.transforms.get(name, section.transforms.get(None)))
    loader = _loader(frame, section.loaders.get(name, section.loaders.get(None)), name)
    if transforms is None or loader is None:
        return None
    counts, types = [], None
    for source in sources:
        assert isinstance(source.operation, Dataset), "the source of a split is looked up among the data sets"
        sample = source.operation.sample(library.use_of(frame, source))
        counts.append(sample.count)
        through = _through(frame, sample.parts, transforms)
        types = through if types is None else _agreed(frame, types, through, source)
    return Split(name, sources, portion, transforms, loader, types or (), _count(counts, portion), target.span)


def _count(counts: list[int | None], portion: Any) -> int | None:
    """The number of samples, if every alternative has the same."""
    count = counts[0]
    if count is None or len(set(counts)) != 1:
        return None
    return count if portion is None else split_counts(count, portion.fractions)[portion.index]


def _transforms(frame: Frame, node: Any) -> tuple[Named, ...] | None:
    if node is None:
        return ()
    steps = (node.head, *node.steps) if isinstance(node, tree.Chain) else (node,)
    found = [library.named(frame, "transform", step) for step in steps]
    return None if None in found else tuple(item for item in found if item is not None)


def _loader(frame: Frame, node: Any, split: str) -> dict[str, Any] | None:
    """DataLoader's settings; evaluation never shuffles."""
    operation = registry.lookup("loader", "DataLoader")
    assert operation is not None, "the library has a DataLoader"
    if node is None:
        return {argument.name: argument.default for argument in operation.arguments} | {"shuffle": False}
    found = library.named(frame, "loader", node, "data")
    if found is None:
        return None
    return found.values | {"shuffle": bool(found.values["shuffle"]) and split == "train"}


def _through(frame: Frame, parts: tuple[Type, ...], transforms: tuple[Named, ...]) -> tuple[Type, ...]:
    """The parts of a sample after the transforms, which apply to the first."""
    if not transforms or not parts:
        return parts
    type = parts[0]
    if not isinstance(type, PictureType) and not isinstance(type, TensorType):
        return parts
    for transform in transforms:
        if type is UNKNOWN:
            break
        type = transform.operation.infer(library.use_of(frame, transform, input=type))
    return (type, *parts[1:])


def _agreed(frame: Frame, first: tuple[Type, ...], other: tuple[Type, ...], source: Named) -> tuple[Type, ...]:
    """What two alternatives agree on; a size that differs where one does not know it is unknown."""
    if len(first) != len(other):
        frame.report(
            "sample-mismatch", source.span, f"this alternative has {len(other)} parts, the first has {len(first)}"
        )
        return first
    return tuple(_agreed_type(frame, a, b, source) for a, b in zip(first, other))


def _agreed_type(frame: Frame, a: Type, b: Type, source: Named) -> Type:
    if a is UNKNOWN or b is UNKNOWN or not (isinstance(a, TensorType) and isinstance(b, TensorType)):
        return a
    fits = (
        len(a.shape) == len(b.shape)
        and a.dtype == b.dtype
        and all(None in (m, n) or m == n for m, n in zip(a.shape, b.shape))
    )
    if not fits:
        frame.report(
            "sample-mismatch", source.span, f"this alternative gives {joins.shown(b)}, the first gives {joins.shown(a)}"
        )
        return UNKNOWN
    shape = tuple(n if m is None else m for m, n in zip(a.shape, b.shape))
    return TensorType(shape, a.dtype, a.range if a.range is not None else b.range)
