"""The whole compiler: what happens to a spec, in order."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import Any, Iterator, Mapping, NamedTuple

from specc.diagnostics.model import Diagnostic
from specc.program.model import Program
from specc.source import Source
from specc.syntax import tree


class Unit(NamedTuple):
    """A compiled spec. `program` is None where the text could not be understood; `problems` says why.

    `settings` are the overrides it was compiled with, as written.
    """

    source: Source
    tree: tree.Module | None
    trivia: tuple[tree.Comment, ...]
    program: Program | None
    problems: tuple[Diagnostic, ...]
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def has_errors(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)


def compile_spec(source: Source, settings: Mapping[str, str] | None = None, load: Any = None) -> Unit:
    """Parse, elaborate and check a spec. `settings` are overrides as written; `load` finds imported files.

    Never raises for a mistake in the spec: whatever is wrong stands in `problems`.
    """
    from specc.syntax.parser import parse

    with uncollected():
        return compile_parsed(source, parse(source), settings, load)


def compile_parsed(source: Source, parsed: Any, settings: Mapping[str, str] | None = None, load: Any = None) -> Unit:
    """`compile_spec` of what `parse` gave for a source."""
    from specc.checks import findings
    from specc.checks.heads import pointed
    from specc.program.elaborate import elaborate

    with uncollected():
        module, trivia, problems = parsed
        given = tuple((settings or {}).items())
        if problems:
            return Unit(source, module, trivia, None, problems, given)
        program, found = elaborate(module, settings or {}, load or beside)
        broken = any(problem.severity == "error" for problem in found)
        checked = findings(program, module, broken) if program is not None else ()
        settled = bool(program and program.models) and not settings
        problems = _heeded((*pointed(program, found), *checked), source, trivia, settled)
        return Unit(source, module, trivia, program, problems, given)


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for garbage meanwhile: next to nothing that a compilation makes is garbage before its end."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _heeded(problems: tuple[Diagnostic, ...], source: Source, trivia: tuple[tree.Comment, ...],
            whole: bool) -> tuple[Diagnostic, ...]:
    """The problems that the comments of the spec, and of the files it imports, do not silence.

    A comment too many is reported only in the spec itself, and only where nothing kept a rule from its say: no error,
    no model left out, no setting that was overridden.
    """
    from specc.diagnostics.ignores import heeded, speaks
    from specc.syntax.parser import parse

    others = {problem.span.source for problem in problems} - {source}
    for other in filter(speaks, others):
        inside = heeded([problem for problem in problems if problem.span.source is other], parse(other)[1], False)
        problems = (*(problem for problem in problems if problem.span.source is not other), *inside)
    if not speaks(source):
        return problems
    broken = any(problem.severity == "error" for problem in problems)
    inside = tuple(problem for problem in problems if problem.span.source is source)
    outside = tuple(problem for problem in problems if problem.span.source is not source)
    return (*heeded(inside, trivia, whole and not broken), *outside)


def beside(source: Source, path: str) -> Source | str:
    """The file an import names, looked for beside the importing one; a sentence where it cannot be read."""
    from os.path import dirname, join, normpath

    from specc.reading import read

    found = read(normpath(join(dirname(source.name), path)))
    return found.headline if isinstance(found, Diagnostic) else found
