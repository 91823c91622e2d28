"""A model as a file that other programs load: its outputs are compared with the module's before it is put in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from specc.backends.module import build, chosen
from specc.compiler import Unit
from specc.program.model import Model
from specc.runtime import atomic, weights
from specc.runtime.examples import Example, batch_sizes, example
from specc.runtime.export_kinds import KINDS, Kind, Run
from specc.runtime.options import RunError


class Exported(NamedTuple):
    """What was written: bytes, the file of the weights (None: the initial ones), the sizes that stay open and those
    that are fixed, the sizes at which the outputs were compared, and how far they were apart at the most.
    """

    size: int
    weights: Path | None
    open: tuple[str, ...]
    fixed: dict[str, int]
    compared: tuple[dict[str, int], ...]
    difference: float


def export(unit: Unit, path: Path, given: str | None = None, name: str | None = None,
           known: Mapping[str, int] | None = None, trust: bool = False) -> Exported:  # fmt: skip
    """Write a spec's model to `path`, whose ending is one of KINDS; `given` is the file or folder of its weights.

    `known` are sizes to fix. RunError if it cannot be done; SpecError if the model cannot be built.
    """
    assert unit.program is not None
    train = unit.program.train
    torch.manual_seed((train.settings["seed"] or 0) if train is not None else 0)
    model = chosen(unit.program, name)
    module = build(unit, model.name, trust).eval()
    source = weights.load_into(module, model.name, given) if given is not None else None
    kind = KINDS[path.suffix.lower()]
    first = example(model, module, known or {})
    found: list[Exported] = []
    attempt = partial(_written, module, model, kind, first)
    atomic.write(path, lambda temporary: found.append(_most_open(model, first, known or {}, attempt, temporary)))
    return found[0]._replace(size=path.stat().st_size, weights=source)


def _most_open(
    model: Model, first: Example, known: Mapping[str, int], attempt: Callable[..., Exported], path: str
) -> Exported:
    """The file with all sizes open, or the batch alone, or none: what torch can follow and what then runs rightly."""
    names = first.sizes.keys() - known.keys()
    for leave in (names, names & batch_sizes(model)):
        with suppress(RunError):
            return attempt(leave, path)
    return attempt(frozenset(), path)


def _written(module: nn.Module, model: Model, kind: Kind, first: Example, leave: Set[str], path: str) -> Exported:
    """One file, with the sizes of `leave` open. RunError if it cannot be made or gives other outputs."""
    stay = kind.write(module, model, first, leave, path)
    fixed = {name: size for name, size in first.sizes.items() if name not in stay}
    other, tried = kind.read(path, module), [first]
    if stay:
        tried.append(example(model, partial(_both, module, other), fixed, 3, first))
        if any(tried[1].sizes[name] == first.sizes[name] for name in stay):
            raise RunError("export-failed", f"{model.name} takes no other sizes to compare at")
    apart = _apart(module, kind, other, tried)
    return Exported(0, None, stay, fixed, tuple(one.sizes for one in tried), apart)


def _both(ours: Run, theirs: Run, *inputs: Tensor) -> None:
    """Sizes for which one of the two is not made raise an error."""
    ours(*inputs)
    theirs(*inputs)


def _apart(module: nn.Module, kind: Kind, other: Run, tried: list[Example]) -> float:
    """The greatest difference of two outputs, as a share of the greatest number in the module's. RunError if it is
    more than the kind of file allows.
    """
    apart = 0.0
    for one in tried:
        with torch.no_grad():
            ours = outputs(_seeded(module, one))
            theirs = outputs(_seeded(other, one))
        if [value.shape for value in ours] != [value.shape for value in theirs]:
            raise RunError("export-differs", "the file's outputs have other shapes than the module's")
        apart = max([apart, *map(difference, ours, theirs)])
    if not apart <= kind.limit:
        raise RunError("export-differs", f"the file's outputs differ from the module's by {apart:.2g} of the greatest")
    return apart


def _seeded(run: Run, one: Example) -> Any:
    torch.manual_seed(0)
    return run(*one.inputs)


def outputs(value: Any) -> list[Tensor]:
    """The tensors of a result, in order."""
    if isinstance(value, Tensor):
        return [value]
    parts = value.values() if isinstance(value, Mapping) else value
    return [tensor for part in parts for tensor in outputs(part)]


def difference(ours: Tensor, theirs: Tensor) -> float:
    """How far two tensors are apart, as a share of the greatest number in the first; 0 if all bits are equal."""
    same = (ours == theirs) | (ours.isnan() & theirs.isnan() if ours.is_floating_point() else ours == theirs)
    if bool(same.all()):
        return 0.0
    left, right = ours.double(), theirs.double()
    return float((left - right).abs()[~same].max() / max(float(left.abs().max()), 1e-12))
