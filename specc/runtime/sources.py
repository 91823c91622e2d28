"""From `a or b` to samples: the first source that is there, and a record of which one it was."""

from __future__ import annotations

from typing import Callable

import torch
from torch.utils.data import random_split

from specc.ops.base import is_own
from specc.ops.samples import is_shares, split_counts
from specc.program.model import Named, Portion, Split
from specc.runtime import bundled, own_data, own_files, torchvision_sets
from specc.runtime.missing import Missing
from specc.runtime.options import Options, RunError
from specc.runtime.samples import Samples

READERS: dict[str, Callable[[Named, str | None], Samples]] = {**bundled.READERS, **own_files.READERS}


def load(split: Split, options: Options, opened: dict[object, Samples]) -> Samples:
    """The samples of a split. `opened` keeps sources that several splits share, so that each is read once."""
    name = key(split)
    if name not in opened:
        opened[name] = _first(split, options)
    samples = opened[name]
    return samples if split.portion is None else _portion(samples, split.portion)


def key(split: Split) -> object:
    """What splits have in common that draw on the same sources."""
    return tuple((named.operation.name, repr(named.values)) for named in split.sources)  # type: ignore[attr-defined]


def _first(split: Split, options: Options) -> Samples:
    reasons = []
    for place, named in enumerate(split.sources):
        try:
            samples = _read(named, options.data_root)
        except Missing as error:
            reasons.append(str(error))
            continue
        if place and options.strict_data:
            raise RunError("data-fallback", f"{split.name} would fall back on {samples.origin}: {'; '.join(reasons)}")
        return samples
    raise RunError("data-unavailable", f"no data for {split.name}: {'; '.join(reasons)}")


def _read(named: Named, data_root: str | None) -> Samples:
    name = named.operation.name
    if is_own(named.operation):
        return Samples(own_data.read(named), name)
    if name in READERS:
        return READERS[name](named, data_root)
    if str(named.operation.target).startswith("torchvision.datasets."):
        return torchvision_sets.read(named, data_root)
    raise RunError("unsupported-setting", f"a run cannot read {name} yet")


def _portion(samples: Samples, portion: Portion) -> Samples:
    """One part of `split(...)`: torch's random_split, or stretches one after the other where it does not shuffle."""
    counts = split_counts(samples.size, portion.fractions)
    if not is_shares(portion.fractions) and sum(counts) != samples.size:
        raise RunError(
            "data-mismatch",
            f"the parts of the split add up to {sum(counts):,}, {samples.origin} has {samples.size:,} samples",
        )
    if portion.shuffle:
        generator = torch.Generator().manual_seed(portion.seed)
        chosen = torch.tensor(random_split(range(samples.size), counts, generator)[portion.index].indices)  # type: ignore
    else:
        start = sum(counts[: portion.index])
        chosen = torch.arange(start, start + counts[portion.index])
    return samples.chosen(chosen)
