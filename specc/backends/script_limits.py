"""What a script cannot hold yet: refused, for nothing of a spec may be left out in silence."""

from __future__ import annotations

from specc.backends.script_model import RESERVED
from specc.backends.script_objective import LOCALS
from specc.diagnostics.model import Diagnostic, finding
from specc.ops.base import EXTERN, is_own
from specc.program.model import BlockMember, Program
from specc.source import Span


def limits(program: Program, whole: bool) -> tuple[Diagnostic, ...]:
    """A finding for every part of a program that the script would have to leave out; `whole`: it holds the training."""
    found = [*_clashes(program), *(_training(program) if whole else ())]
    return tuple(finding("not-emitted", span, f"a script cannot hold {what} yet") for span, what in found)


def _training(program: Program) -> list[tuple[Span, str]]:
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
        mixed = [s for s in program.data.splits if len(s.sources) > 1 and any(is_own(n.operation) for n in s.sources)]
        found += [(split.span, "your own data set beside another source") for split in mixed]
    closures = [plan for plan in program.optimizers if plan.optimizer.operation.needs_closure]  # type: ignore[attr-defined]
    found += [(plan.span, f"{plan.optimizer.operation.name}, which computes the loss itself,") for plan in closures]
    found += [(plan.span, "a second optimizer") for plan in program.optimizers[1:]]
    found += [(plan.span, "a second scheduler") for plan in program.schedulers[1:]]
    return found


def _clashes(program: Program) -> list[tuple[Span, str]]:
    """Of the user's own Python: two things of one name, or one whose name the script needs."""
    found: list[tuple[Span, str]] = []
    taken: dict[str, str] = dict.fromkeys(RESERVED | LOCALS | set(program.definitions) | _values(program), "")
    for extern in program.externs:
        module, spoken = extern.target.removeprefix(EXTERN).split(":")  # type: ignore[attr-defined]
        name = spoken.split(".")[0]
        own = program.definitions.get(name) is extern.definition  # type: ignore[attr-defined]
        if taken.get(name, module) != module and not own:
            found.append((extern.definition.span, f"two things called {name}"))  # type: ignore[attr-defined]
        taken[name] = module
    return found


def _values(program: Program) -> set[str]:
    """The names of values and inputs, which are variables of the script."""
    names: set[str] = set()
    graphs = [model.graph for model in program.models]
    while graphs:
        graph = graphs.pop()
        names |= {*graph.names.values(), *(given.name for given in graph.inputs)}
        graphs += {id(m.graph): m.graph for m in graph.members if isinstance(m, BlockMember)}.values()
    return names
