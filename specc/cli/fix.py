"""`specc check --fix` and `--diff`: applies the fixes of what is shown, or says what they would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from specc.cli.arguments import Given, UsageError
from specc.cli.check import finish
from specc.cli.files import STDIN, write_whole
from specc.cli.reports import compiled, exit_status, report_on
from specc.cli.selection import Selection
from specc.cli.terminal import Terminal
from specc.cli.totals import counted
from specc.diagnostics.fixes import apply_fixes
from specc.diagnostics.model import Diagnostic
from specc.diagnostics.report import FileReport
from specc.diagnostics.sanitize import clean
from specc.reading import BOM, unreadable
from specc.source import Source

# A fix may make another one possible; a spec that still changes after this many rounds is going in circles.
_ROUNDS = 10


class Repair(NamedTuple):
    """A source before and after its fixes, the report on it after, and how many fixes there were."""

    before: Source | None
    after: str
    report: FileReport
    applied: int


def fix_all(entries: Sequence[Source | Diagnostic], chosen: Selection, overrides: Mapping[str, str], given: Given,
            terminal: Terminal) -> int:
    """Fix every spec, or show the difference, and give the exit status of what remains."""
    if STDIN in given.words and len(given.words) > 1:
        raise UsageError("a spec on standard input is fixed alone: leave out the other paths")
    repairs = [_repair(entry, chosen, overrides, terminal.debug) for entry in entries]
    if given["diff"]:
        return _show(repairs, chosen, given, terminal)
    stream = terminal.out
    if STDIN in given.words:
        # The fixed spec is the result here, so the findings must not be mixed with it.
        terminal.out.write("".join(repair.after for repair in repairs))
        stream = terminal.err
    else:
        repairs = [_write(repair) for repair in repairs]
    reports = [repair.report for repair in repairs]
    fixed = sum(repair.applied for repair in repairs)
    return finish(reports, [chosen.of(report) for report in reports], given, stream, fixed)


def _repair(entry: Source | Diagnostic, chosen: Selection, overrides: Mapping[str, str], debug: bool) -> Repair:
    """Apply fixes, round after round, until there is none left to apply."""
    if isinstance(entry, Diagnostic):
        return Repair(None, "", report_on(entry, overrides, debug), 0)
    source, total = entry, 0
    report = compiled(source, overrides, debug)[1]
    for _ in range(_ROUNDS):
        text, applied = apply_fixes(source, chosen.of(report).problems)
        if text == source.text:
            break
        source, total = Source(entry.name, text), total + applied
        report = compiled(source, overrides, debug)[1]
    return Repair(entry, source.text, report, total)


def _write(repair: Repair) -> Repair:
    """Put the fixed text where the spec came from. A file that changed in the meantime is left alone."""
    if repair.before is None or not repair.applied:
        return repair
    try:
        _replace(repair.before, repair.after)
    except OSError as error:
        problem = unreadable(repair.before.name, f"its fixes cannot be written: {clean(error.strerror or str(error))}")
        return repair._replace(report=FileReport(repair.report.path, (problem,)), applied=0)
    return repair


def _replace(before: Source, after: str) -> None:
    with open(before.name, "rb") as file:
        data = file.read()
    mark = BOM if data.startswith(BOM) else b""
    if data != mark + before.text.encode():
        raise OSError(0, "it changed while it was being checked")
    write_whole(before.name, mark + after.encode())


def _show(repairs: Iterable[Repair], chosen: Selection, given: Given, terminal: Terminal) -> int:
    """Print what fixes would change as a unified diff; status 1 if they would change anything."""
    repairs = list(repairs)
    for repair in repairs:
        if repair.before is not None:
            terminal.out.write(_difference(repair.before, repair.after, terminal.out.is_terminal))
    changed = sum(repair.applied > 0 for repair in repairs)
    fixes = sum(repair.applied for repair in repairs)
    terminal.err.line(f"{counted(fixes, 'problem')} would be fixed in {counted(changed, 'spec')}")
    return max(changed > 0, exit_status([chosen.of(repair.report) for repair in repairs], given["deny_warnings"]))


def _difference(before: Source, after: str, for_eyes: bool) -> str:
    from difflib import unified_diff

    name = clean(before.name)
    lines = []
    for line in unified_diff(_lines(before.text), _lines(after), name, name):
        text = line.removesuffix("\n")
        lines.append(f"{clean(text) if for_eyes else text}\n")
        if not line.endswith("\n"):
            lines.append("\\ No newline at end of file\n")
    return "".join(lines)


def _lines(text: str) -> list[str]:
    """The lines with their ends; only a line feed ends one."""
    lines = [f"{line}\n" for line in text.split("\n")]
    return lines[:-1] if text.endswith("\n") or not text else [*lines[:-1], lines[-1][:-1]]
