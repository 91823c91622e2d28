"""What a run refuses before it begins. Free of torch, so that a plan can tell it too."""

from __future__ import annotations

from specc.backends.limits import refusals
from specc.program.model import Program
from specc.runtime.options import RunError


def refuse_unsupported(program: Program) -> None:
    """RunError for anything a run would have to leave out."""
    _refuse_incomplete(program)
    for span, text in refusals(program):
        raise RunError("unsupported-setting", f"{text} (line {span.source.position(span.start).line})")


def _refuse_incomplete(program: Program) -> None:
    """RunError where a section is missing that every run needs."""
    learns = program.losses or program.train is not None and program.train.steps
    needed = (
        ("a model", program.models),
        ("data", program.data),
        ("an optimizer", program.optimizers),
        ("a train section", program.train),
        ("a loss", learns),
    )
    lacking = [what for what, there in needed if not there]
    if lacking:
        raise RunError("nothing-to-train", f"a run needs {' and '.join(lacking)}, which the spec does not have")
    if not any(split.name == "train" for split in program.data.splits):  # type: ignore[union-attr]
        raise RunError("nothing-to-train", "the data section has no train")
