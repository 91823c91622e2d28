"""What a run refuses before it begins. Free of torch, so that a plan can tell it too."""

from __future__ import annotations

from specc.program.model import Program, Train
from specc.runtime.options import RunError


def refuse_unsupported(program: Program) -> None:
    """RunError for anything a run would have to leave out."""
    _refuse_incomplete(program)
    train = program.train
    assert train is not None
    several = any(len(plans) > 1 for plans in (program.models, program.optimizers, program.schedulers))
    if several and not train.steps:
        raise RunError(
            "unsupported-setting", "several models, optimizers or schedulers need steps: step d with opt_d { .. }"
        )
    for plan in program.optimizers:
        if plan.optimizer.operation.needs_closure:  # type: ignore[attr-defined]
            name = plan.optimizer.operation.name  # type: ignore[attr-defined]
            raise RunError(
                "unsupported-setting", f"a run cannot use {name} yet: it needs the loss several times a step"
            )
    if train.settings["distributed"] is not None:
        raise RunError("unsupported-setting", "a run uses one process so far: leave out distributed")
    if any(split.loader.get("persistent_workers") for split in program.data.splits):  # type: ignore[union-attr]
        raise RunError("unsupported-setting", "workers start anew every epoch so far: leave out persistent_workers")
    if train.settings["log_gradients"]:
        raise RunError("unsupported-setting", "a run cannot log the gradients yet: leave out log_gradients")
    if train.steps:
        _refuse_beside_own_steps(program, train)


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


def _refuse_beside_own_steps(program: Program, train: Train) -> None:
    """RunError for settings that have no meaning beside steps of one's own yet."""
    settings, usual = train.settings, {"accumulate": 1, "ema": None, "compile": False}
    refused = [name for name, value in usual.items() if settings[name] != value]
    refused += ["precision = f16"] if settings["precision"] == "f16" else []
    refused += ["scheduler"] if program.schedulers else []
    refused += ["metrics"] if program.metrics else []
    refused += ["save best"] if train.save_best else []
    refused += ["stop when"] if train.stop else []
    refused += ["eval"] if train.evaluate else []
    if refused:
        raise RunError("unsupported-setting", f"a run with steps of its own does not know {refused[0]} yet")
