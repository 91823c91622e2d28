"""`specc check`: every problem of every spec, in one pass."""

from __future__ import annotations

from collections.abc import Sequence

from specc.cli.arguments import SET, Command, Given, Option, settings
from specc.cli.files import read_all
from specc.cli.reports import exit_status, report_on
from specc.cli.selection import selection
from specc.cli.terminal import Stream, Terminal
from specc.cli.totals import totals
from specc.diagnostics.formats import FORMATS, render
from specc.diagnostics.report import FileReport

COMMAND = Command("check", "PATH...", "Find every problem of specs: files, folders, - for standard input.", 1, None, (
    Option("--format", "how to print the findings", "FORMAT", choices=tuple(FORMATS)),
    Option("--deny-warnings", "exit with status 1 for warnings too"),
    Option("--select", "show only these rules: codes, beginnings of codes, names, or all", "RULES", many=True),
    Option("--ignore", "leave these rules out", "RULES", many=True),
    SET,
    Option("--fix", "apply the fixes that are certainly right"),
    Option("--diff", "show what --fix would change, and change nothing"),
    Option("--stdin-filename", "what to call the spec on standard input", "NAME"),
))


def run(given: Given, terminal: Terminal) -> int:
    """Check the files and folders; the exit status says what was found."""
    chosen = selection(given["select"], given["ignore"])
    entries = read_all(given.words, given["stdin_filename"])
    overrides = settings(given)
    if given["fix"] or given["diff"]:
        from specc.cli.fix import fix_all

        return fix_all(entries, chosen, overrides, given, terminal)
    reports = [report_on(entry, overrides, terminal.debug) for entry in entries]
    return finish(reports, [chosen.of(report) for report in reports], given, terminal.out)


def finish(reports: Sequence[FileReport], shown: Sequence[FileReport], given: Given, stream: Stream,
           fixed: int = 0) -> int:
    """Print those findings that are shown, and give the exit status."""
    style = given["format"] or "text"
    stream.write(render(style, shown, stream.color))
    if style == "text":
        stream.line(totals(reports, shown, fixed))
    return exit_status(shown, given["deny_warnings"])
