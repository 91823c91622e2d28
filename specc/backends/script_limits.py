"""What a script cannot hold yet: refused, for nothing of a spec may be left out in silence."""

from __future__ import annotations

from specc.diagnostics.model import Diagnostic, finding
from specc.program.model import Program
from specc.source import Span


def limits(program: Program) -> tuple[Diagnostic, ...]:
    """A finding for every part of a program that the script would have to leave out."""
    found: list[tuple[Span, str]] = []
    if program.train is not None:
        found += [(step.span, "a step of one's own") for step in program.train.steps]
        found += [(action.span, "an action") for action in program.train.actions]
        found += [(item.site.span, "a buffer of the training") for item in program.train.buffers]
        words = {"distributed": "distributed training", "log_gradients": "a log of the gradients"}
        found += [(program.train.span, what) for name, what in words.items() if program.train.settings[name]]
    if program.data is not None:
        kept = [split for split in program.data.splits if split.loader.get("persistent_workers")]
        found += [(split.span, "workers that stay from epoch to epoch") for split in kept[:1]]
    closures = [plan for plan in program.optimizers if plan.optimizer.operation.needs_closure]  # type: ignore[attr-defined]
    found += [(plan.span, f"{plan.optimizer.operation.name}, which computes the loss itself,") for plan in closures]
    found += [(plan.span, "a second optimizer") for plan in program.optimizers[1:]]
    found += [(plan.span, "a second scheduler") for plan in program.schedulers[1:]]
    return tuple(finding("not-emitted", span, f"a script cannot hold {what} yet") for span, what in found)
