"""`specc check`: every problem of every spec, in one pass."""

from __future__ import annotations

from collections.abc import Sequence

from specc.cli.arguments import SET, STDIN_NAME, Command, Given, Option, settings
from specc.cli.config import Config, config_of
from specc.cli.files import STDIN, read_all
from specc.cli.reports import Load, exit_status, report_on
from specc.cli.selection import selection
from specc.cli.terminal import Stream, Terminal
from specc.cli.totals import totals
from specc.diagnostics.formats import FORMATS, render
from specc.diagnostics.report import FileReport

COMMAND = Command("check", "PATH...", "Find every problem of specs: files, folders, - for standard input.", 1, None, (
    Option("--format", "how to print the findings", "FORMAT", choices=tuple(FORMATS)),
    Option("--deny-warnings", "exit with status 1 for warnings too"),
    Option("--allow-warnings", "exit with status 0 for warnings, whatever pyproject.toml says"),
    Option("--select", "show only these rules: codes, beginnings of codes, names, or all", "RULES", many=True),
    Option("--ignore", "leave these rules out", "RULES", many=True),
    SET,
    Option("--fix", "apply the fixes that are certainly right"),
    Option("--diff", "show what --fix would change, and change nothing"),
    Option("--watch", "check again whenever a spec changes, until Ctrl-C"),
    STDIN_NAME,
), (
    ("specc check specs/", "every spec in the folder, every problem in one pass"),
    ("specc check specs/mnist.spec --format json", "the same for programs; its schema: specc schema check"),
    ("specc check specs/mnist.spec --set classes=26", "as if the spec said so"),
    ("specc check specs/ --diff", "what --fix would change"),
    ("specc check specs/ --select all", "hints, too"),
), ((1, "errors were found; with --deny-warnings warnings"),))


def run(given: Given, terminal: Terminal) -> int:
    """Check the files and folders; the exit status says what was found."""
    if given["watch"]:
        from specc.cli.watch import watch

        return watch(given, terminal)
    return check(given, terminal)


def check(given: Given, terminal: Terminal, load: Load | None = None) -> int:
    """Check once. `load` finds imported files, by default beside the importing one."""
    config = config_of(searched(given))
    chosen = selection(given["select"], given["ignore"], config)
    entries = read_all(given.words, given["stdin_filename"], config.excludes)
    overrides = settings(given)
    if given["fix"] or given["diff"]:
        from specc.cli.fix import fix_all

        return fix_all(entries, chosen, overrides, settled(given, config), terminal)
    reports = [report_on(entry, overrides, terminal.debug, load) for entry in entries]
    return finish(reports, [chosen.of(report) for report in reports], settled(given, config), terminal.out)


def searched(given: Given) -> list[str]:
    """The paths above which settings are looked for; standard input lies where its name says."""
    return [given["stdin_filename"] or "." if word == STDIN else word for word in given.words]


def settled(given: Given, config: Config) -> Given:
    """The options, with the repository's settings where the command line says nothing."""
    deny = not given["allow_warnings"] and (given["deny_warnings"] or config.deny_warnings)
    return Given(given.words, {**given.values, "format": given["format"] or config.format, "deny_warnings": deny})


def finish(reports: Sequence[FileReport], shown: Sequence[FileReport], given: Given, stream: Stream,
           fixed: int = 0) -> int:
    """Print those findings that are shown, and give the exit status."""
    style = given["format"]
    stream.write(render(style, shown, stream.color))
    if style == "text":
        stream.line(totals(reports, shown, fixed))
    return exit_status(shown, given["deny_warnings"])
