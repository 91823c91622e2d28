"""What can be watched during a training: `val.loss`, `val.accuracy`, ..."""

from __future__ import annotations

from typing import Any, Sequence

from specc.program.context import Frame
from specc.program.model import Data, MetricPlan
from specc.program.placing import label_text
from specc.syntax import tree
from specc.types.tensor import UNKNOWN


def figures_of(data: Data | None, metrics: Sequence[MetricPlan]) -> list[str]:
    """Every figure of every split; none where the data are not known."""
    names = ["loss", *(metric.name for metric in metrics)]
    return [f"{split.name}.{name}" for split in (data.splits if data else ()) for name in names]


def figure(frame: Frame, label: tree.Label, figures: list[str]) -> Any:
    """The figure a label names; None after reporting that there is none."""
    name = label_text(frame, label)
    if name is UNKNOWN:
        return None
    if not figures or name in figures:
        return name
    from specc.diagnostics.suggest import nearest

    splits = list(dict.fromkeys(known.partition(".")[0] for known in figures))
    split, _, rest = name.partition(".")
    if rest and split not in splits:
        helps = ("the splits are " + ", ".join(splits),)
        frame.report("unknown-split", label.span, f"there is no split {split}", helps=helps)
    else:
        near = nearest(name, figures)
        help = f"did you mean {near[0]}?" if near else "there are " + ", ".join(figures)
        frame.report("unknown-metric", label.span, f"there is no figure {name}", helps=(help,))
    return None
