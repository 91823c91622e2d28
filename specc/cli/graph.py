"""`specc graph`: a picture of a spec's models, with the shape on every edge."""

from __future__ import annotations

from os.path import basename, splitext

from specc.cli.arguments import ERRORS, SET, STDIN_NAME, Command, Given, Option, UsageError, settings, sizes
from specc.cli.files import save
from specc.cli.models import refuse_wrong_sizes
from specc.cli.single import load
from specc.cli.terminal import Terminal
from specc.diagnostics.sanitize import clean
from specc.diagnostics.suggest import did_you_mean
from specc.program.model import Program
from specc.report.graph.net import Picture

FORMATS = ("svg", "html", "mermaid", "dot")
ENDINGS = {".svg": "svg", ".html": "html", ".htm": "html", ".mmd": "mermaid", ".mermaid": "mermaid", ".dot": "dot",
           ".gv": "dot"}  # fmt: skip
COMMAND = Command("graph", "SPEC", "Draw the models of a spec, with the shape on every edge.", 1, 1, (
    Option("--output", "where to write it; standard output if left out", "FILE", short="-o"),
    Option("--format", "how to draw it; the ending of FILE says it too", "FORMAT", choices=FORMATS),
    Option("--model", "draw this model only", "MODEL"),
    Option("--depth", "unfold blocks down to depth N (0: none), not only those that stand once", "N", kind=int),
    Option("--at", "sizes that the spec leaves open", "H=224,W=224"),
    SET,
    STDIN_NAME,
), (
    ("specc graph specs/mnist.spec -o net.svg", "a picture"),
    ("specc graph specs/nanogpt.spec -o net.html", "a page in which blocks fold and unfold"),
    ("specc graph specs/zoo/resnet50.spec --at H=224,W=224 -o net.mmd", "mermaid"),
), (ERRORS,))  # fmt: skip


def run(given: Given, terminal: Terminal) -> int:
    """Draw the spec. Findings go to standard error where the picture goes to standard output."""
    target = None if given["output"] == "-" else given["output"]
    form, known = _format(given["format"], target), sizes(given["at"] or "")
    if given["depth"] is not None and given["depth"] < 0:
        raise UsageError("--depth takes 0 or more")
    findings = terminal.out if target else terminal.err
    unit, status = load(given.words[0], settings(given), terminal, findings, given["stdin_filename"])
    if unit is None or unit.program is None:
        return status
    from specc.report.graph.job import picture_of

    refuse_wrong_sizes(known, unit.program)
    only = named_model(given["model"], unit.program)
    name = splitext(basename(unit.source.name))[0]
    text = _drawn(picture_of(unit.program, name, known, only), form, given["depth"])
    if target is None:
        terminal.out.write(text)
        return 0
    return save(target, text, terminal)


def _format(form: str | None, target: str | None) -> str:
    if form is not None or target is None:
        return form or "svg"
    ending = splitext(target)[1].lower()
    if ending not in ENDINGS:
        raise UsageError(f"{clean(target)} does not say how to draw it: --format {', '.join(FORMATS)}")
    return ENDINGS[ending]


def named_model(name: str | None, program: Program) -> str | None:
    """The name of a model, if one is given. Raises UsageError where the spec has no such model."""
    names = [model.name for model in program.models]
    if name is not None and name not in names:
        hint = did_you_mean(name, names) or f"there are {', '.join(names)}"
        raise UsageError(f"there is no model {clean(name)}: {hint}")
    return name


def _drawn(picture: Picture, form: str, depth: int | None) -> str:
    if form == "html":
        from specc.report.graph.page import page

        return page(picture, depth)
    if form == "svg":
        from specc.report.graph.picture import sheet
        from specc.report.graph.svg import svg

        return svg(sheet(picture, depth))
    from specc.report.graph import text

    return getattr(text, form)(picture, depth)
