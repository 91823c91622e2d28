"""What a script cannot hold yet: refused, for nothing of a spec may be left out in silence."""

from __future__ import annotations

from specc.backends.limits import refusals
from specc.backends.script_model import RESERVED
from specc.backends.script_objective import LOCALS
from specc.diagnostics.model import Diagnostic, finding
from specc.ops.base import EXTERN, is_own
from specc.program.model import BlockMember, Program
from specc.source import Span


def limits(program: Program, whole: bool) -> tuple[Diagnostic, ...]:
    """A finding for every part of a program that the script would have to leave out; `whole`: it holds the training."""
    held = [*_clashes(program), *(_training(program) if whole else ())]
    found = [(span, f"a script cannot hold {what} yet") for span, what in held]
    found += refusals(program) if whole else ()
    return tuple(finding("not-emitted", span, text) for span, text in found)


def _training(program: Program) -> list[tuple[Span, str]]:
    splits = program.data.splits if program.data is not None else ()
    mixed = [s for s in splits if len(s.sources) > 1 and any(is_own(n.operation) for n in s.sources)]
    return [(split.span, "your own data set beside another source") for split in mixed]


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
