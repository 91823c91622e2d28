"""`specc explain`: the page of a rule, or of a layer, function, optimizer and so on."""

from __future__ import annotations

from os.path import dirname, exists, join

from specc import diagnostics
from specc.cli.arguments import ERRORS, SET, STDIN_NAME, Command, Given, Option, UsageError, settings
from specc.cli.files import SUFFIX
from specc.cli.single import load
from specc.cli.terminal import Terminal
from specc.diagnostics.codes import CODES, IMPOSSIBLE
from specc.diagnostics.sanitize import clean
from specc.diagnostics.suggest import did_you_mean
from specc.runtime.options import FAULTS

COMMAND = Command("explain", "[NAME...]", "Show the page of a rule (S301 or its name) or of a layer; without a name, "
                  "list all rules.", 0, None, (
    Option("--plan", "NAME is a spec: say what a run of it will do, and do nothing"),
    SET,
    STDIN_NAME,
), (
    ("specc explain", "every rule in a line"),
    ("specc explain S301", "what a code means, with a wrong and a right spec"),
    ("specc explain Conv2d AdamW", "arguments, kinds and defaults"),
    ("specc explain specs/mnist.spec --plan", "what a run will do"),
), (ERRORS,))  # fmt: skip


def run(given: Given, terminal: Terminal) -> int:
    """Print the pages of the names given, or the plan of a spec."""
    if given["plan"]:
        return _plan(given, terminal)
    pages = [_page(word) for word in given.words] or [_rules()]
    terminal.out.write("\n".join(pages))
    return 0


def _plan(given: Given, terminal: Terminal) -> int:
    """What a run of the one spec given will do. Findings go to standard error."""
    if len(given.words) != 1:
        raise UsageError("explain --plan takes one spec")
    unit, status = load(given.words[0], settings(given), terminal, terminal.err, given["stdin_filename"])
    if unit is None or unit.program is None:
        return status
    from specc.report.plan import plan_of, text

    terminal.out.write(text(plan_of(unit.program, unit.source.name), unit.source.name))
    return 0


def _page(word: str) -> str:
    for name, (code, severity, summary) in CODES.items():
        if word.upper() == code or word.lower() == name:
            return f"{code} {name} ({severity})\n\n{summary}\n{_text(name)}"
    for name, (code, status) in FAULTS.items():
        if word.upper() == code or word.lower() == name:
            return f"{code} {name} (a run that failed, exit status {status})\n{_text(name)}"
    if word.lower() in IMPOSSIBLE:
        return f"{word.lower()} is no rule: no spec can hold this mistake\n\n{IMPOSSIBLE[word.lower()]}\n"
    from specc.ops.registry import index, lookup
    from specc.report.operation import page

    found = [operation for kind in index() if (operation := lookup(kind, word))]
    if found:
        return "\n".join(map(page, found))
    if word.endswith(SUFFIX):
        raise UsageError(f"explain --plan {clean(word)} says what a run of that spec will do")
    codes = (*(code for code, *_ in CODES.values()), *(code for code, _ in FAULTS.values()))
    known = {*CODES, *FAULTS, *codes, *(name for names in index().values() for name in names)}
    raise UsageError(f"there is no rule or layer {clean(word)}: {did_you_mean(word, known) or 'see specc layers'}")


def _text(name: str) -> str:
    """What there is to say beyond the summary: why it matters, a wrong and a right spec."""
    page = join(dirname(diagnostics.__file__), "pages", f"{name}.txt")
    if not exists(page):
        return ""
    with open(page, encoding="utf-8") as file:
        return f"\n{file.read()}"


def _rules() -> str:
    width = max(map(len, CODES))
    rows = sorted((code, name, severity, summary) for name, (code, severity, summary) in CODES.items())
    return "".join(f"{code}  {name:{width}}  {severity:7}  {summary}\n" for code, name, severity, summary in rows)
