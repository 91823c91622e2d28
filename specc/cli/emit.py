"""`specc emit`: writes the standalone script of a spec, or checks that it is up to date."""

from __future__ import annotations

from shlex import join

from specc.cli.arguments import SET, STDIN_NAME, Command, Given, Option, UsageError, settings
from specc.cli.files import save
from specc.cli.single import load
from specc.cli.terminal import Terminal
from specc.diagnostics.error import SpecError
from specc.diagnostics.report import FileReport
from specc.diagnostics.sanitize import clean
from specc.diagnostics.text import render

COMMAND = Command("emit", "SPEC", "Write the standalone PyTorch script of a spec.", 1, 1, (
    Option("--output", "where to write it; standard output if left out", "FILE", short="-o"),
    Option("--check", "write nothing; exit with status 1 if FILE is not what the spec gives"),
    Option("--section", "everything, or the classes of the models only", "NAME", choices=("all", "model")),
    Option("--format", "a script, or a notebook whose cells are its sections", "NAME", choices=("script", "notebook")),
    SET,
    STDIN_NAME,
), (
    ("specc emit specs/cifar.spec -o train.py", "the script, with --help of its own"),
    ("specc emit specs/cifar.spec -o train.py --check", "is train.py still what the spec gives?"),
    ("specc emit specs/cifar.spec --section model", "the classes alone, on standard output"),
    ("specc emit specs/cifar.spec --format notebook -o train.ipynb", "a notebook"),
), ((1, "the spec has errors; with --check: FILE is not what the spec gives"),))


def run(given: Given, terminal: Terminal) -> int:
    """Emit the script. Findings go to standard error where the script goes to standard output."""
    target = None if given["output"] == "-" else given["output"]
    if given["check"] and target is None:
        raise UsageError("emit --check needs the file to compare with: -o FILE")
    findings = terminal.out if target else terminal.err
    unit, status = load(given.words[0], settings(given), terminal, findings, given["stdin_filename"])
    if unit is None:
        return status
    from specc.backends.script import emit

    try:
        script = emit(unit, given["section"] or "all", given["format"] or "script")
    except SpecError as error:
        terminal.err.write(render([FileReport(unit.source.name, tuple(error.problems))], terminal.err.color))
        return 1
    if target is None:
        terminal.out.write(script)
        return 0
    return _compare(script, target, given, terminal) if given["check"] else save(target, script, terminal)


def _compare(script: str, target: str, given: Given, terminal: Terminal) -> int:
    try:
        with open(target, "rb") as file:
            same = file.read() == script.encode()
    except OSError as error:
        terminal.err.line(f"specc: cannot read {clean(target)}: {(error.strerror or str(error)).lower()}")
        return 2
    if same:
        return 0
    options = [word for name in ("--section", "--format") if given[name[2:]] for word in (name, given[name[2:]])]
    options += [word for setting in given["set"] for word in ("--set", setting)]
    command = clean(join(["specc", "emit", given.words[0], *options, "-o", target]))
    terminal.out.line(f"{clean(target)} is not what {clean(given.words[0])} gives: {command}")
    return 1
