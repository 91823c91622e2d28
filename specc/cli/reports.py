"""From a source to the report of its findings; a fault in specc itself is a finding too."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from specc.cli.models import models_of
from specc.diagnostics.model import Diagnostic, finding
from specc.diagnostics.report import FileReport
from specc.diagnostics.sanitize import clean, clip
from specc.source import Source, Span
from specc.version import __version__

if TYPE_CHECKING:
    from specc.compiler import Unit

UNREADABLE = frozenset(("unreadable-file", "not-utf8", "no-specs"))
FAULT = "internal-error"
# Finds the file an import names, from the source that imports it and the path it writes.
Load = Callable[[Source, str], "Source | str"]


def report_on(entry: Source | Diagnostic, settings: Mapping[str, str], debug: bool = False,
              load: Load | None = None) -> FileReport:
    """What there is to say about a spec, or about a file that could not be read."""
    if isinstance(entry, Diagnostic):
        return FileReport(entry.span.source.name, (entry,))
    return compiled(entry, settings, debug, load)[1]


def compiled(source: Source, settings: Mapping[str, str], debug: bool = False,
             load: Load | None = None) -> tuple[Unit | None, FileReport]:
    """The compiled spec and its report. Whatever the compiler raises becomes an internal error of this file."""
    try:
        from specc.compiler import compile_spec

        unit = compile_spec(source, dict(settings), load)
        return unit, FileReport(source.name, _ordered(unit.problems, source), models_of(unit.program))
    except Exception as error:
        if debug:
            from traceback import print_exc

            print_exc()
        return None, FileReport(source.name, (fault(error, source),))


def _ordered(problems: tuple[Diagnostic, ...], source: Source) -> tuple[Diagnostic, ...]:
    """From the first line to the last; findings in other files come after."""
    return tuple(sorted(problems, key=lambda problem: (problem.span.source is not source, problem.span.start)))


def fault(error: BaseException, source: Source | None = None) -> Diagnostic:
    """An exception that should not have happened, as a finding with what a bug report needs."""
    text = clip(clean(str(error)), 200)
    where = f" while it worked on {clean(source.name)}" if source else ""
    headline = f"a fault in specc itself{where}: {type(error).__name__}{': ' if text else ''}{text}"
    version = ".".join(map(str, sys.version_info[:3]))
    return finding(FAULT, Span(Source(source.name if source else "specc", ""), 0, 0), headline,
                   notes=(f"specc {__version__}, Python {version}, {sys.platform}",),
                   helps=("please report this together with the spec; --debug shows where it happened",))


def exit_status(reports: Iterable[FileReport], deny_warnings: bool = False) -> int:
    """The worst of what was found: 101 a fault in specc, 2 an unreadable file, 1 errors (or denied warnings), or 0."""
    problems = [problem for report in reports for problem in report.problems]
    names = {problem.name for problem in problems}
    severities = {problem.severity for problem in problems}
    if FAULT in names:
        return 101
    if names & UNREADABLE:
        return 2
    return int("error" in severities or (deny_warnings and "warning" in severities))
