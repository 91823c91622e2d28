"""`specc fmt`: the canonical layout of specs."""

from __future__ import annotations

from specc.cli.arguments import STDIN_NAME, Command, Given, Option
from specc.cli.config import config_of
from specc.cli.files import STDIN, read_all, write_whole
from specc.cli.terminal import Terminal
from specc.diagnostics.model import Diagnostic
from specc.diagnostics.report import FileReport
from specc.diagnostics.sanitize import clean
from specc.diagnostics.text import render
from specc.source import Source

COMMAND = Command("fmt", "PATH...", "Lay specs out in the canonical way; comments are kept.", 1, None, (
    Option("--check", "write nothing; exit with status 1 if a spec would change"),
    Option("--diff", "write nothing; show what would change"),
    STDIN_NAME,
), (
    ("specc fmt specs/ --diff", "what would change"),
    ("specc fmt specs/ --check", "for CI"),
), ((1, "a spec has syntax errors; with --check or --diff: it would change"),))  # fmt: skip


def run(given: Given, terminal: Terminal) -> int:
    """Format files and folders in place; a spec with syntax errors stays as it is and is reported."""
    entries = read_all(given.words, given["stdin_filename"], config_of(given.words).excludes)
    return max((_one(entry, given, terminal) for entry in entries), default=0)


def _one(entry: Source | Diagnostic, given: Given, terminal: Terminal) -> int:
    from specc.format.formatter import format_text

    if isinstance(entry, Diagnostic):
        return _report(entry.span.source.name, (entry,), terminal, 2)
    text, problems = format_text(entry)
    if any(problem.severity == "error" for problem in problems):
        return _report(entry.name, problems, terminal, 1)
    if given["diff"]:
        _show_difference(entry, text, terminal)
    elif STDIN in given.words and not given["check"]:
        terminal.out.write(text)
        return 0
    if given["check"] or given["diff"]:
        return _say_whether(entry, text, given, terminal)
    return _write(entry, text, terminal) if text != entry.text else 0


def _report(name: str, problems: tuple[Diagnostic, ...], terminal: Terminal, status: int) -> int:
    terminal.err.write(render([FileReport(name, problems)], terminal.err.color))
    return status


def _say_whether(entry: Source, text: str, given: Given, terminal: Terminal) -> int:
    if text == entry.text:
        return 0
    if given["check"]:
        terminal.out.line(f"{clean(entry.name)} would change")
    return 1


def _show_difference(entry: Source, text: str, terminal: Terminal) -> None:
    from difflib import unified_diff

    before, after = entry.text.splitlines(), text.splitlines()
    for line in unified_diff(before, after, entry.name, entry.name, lineterm=""):
        terminal.out.line(clean(line))


def _write(entry: Source, text: str, terminal: Terminal) -> int:
    try:
        write_whole(entry.name, text.encode())
    except OSError as error:
        terminal.err.line(f"specc: cannot write {clean(entry.name)}: {(error.strerror or str(error)).lower()}")
        return 2
    terminal.out.line(f"{clean(entry.name)} formatted")
    return 0
