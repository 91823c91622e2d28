"""The whole compiler: what happens to a spec, in order."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple

from specc.diagnostics.model import Diagnostic
from specc.program.model import Program
from specc.source import Source
from specc.syntax import tree


class Unit(NamedTuple):
    """A compiled spec. `program` is None where the text could not be understood; `problems` says why."""

    source: Source
    tree: tree.Module | None
    trivia: tuple[tree.Comment, ...]
    program: Program | None
    problems: tuple[Diagnostic, ...]

    @property
    def has_errors(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)


def compile_spec(source: Source, settings: Mapping[str, str] | None = None, load: Any = None) -> Unit:
    """Parse, elaborate and check a spec. `settings` are overrides as written; `load` finds imported files.

    Never raises for a mistake in the spec: whatever is wrong stands in `problems`.
    """
    from specc.checks import findings
    from specc.program.elaborate import elaborate
    from specc.syntax.parser import parse

    module, trivia, problems = parse(source)
    if problems:
        return Unit(source, module, trivia, None, problems)
    program, found = elaborate(module, settings or {}, load or beside)
    broken = any(problem.severity == "error" for problem in found)
    checked = findings(program, module, broken) if program is not None else ()
    return Unit(source, module, trivia, program, (*found, *checked))


def beside(source: Source, path: str) -> Source | str:
    """The file an import names, looked for beside the importing one; a sentence where it cannot be read."""
    from os.path import dirname, join, normpath

    from specc.reading import read

    found = read(normpath(join(dirname(source.name), path)))
    return found.headline if isinstance(found, Diagnostic) else found
