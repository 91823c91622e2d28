"""`specc summary`: a table of every layer of a spec's models."""

from __future__ import annotations

from collections.abc import Mapping

from specc.cli.arguments import ERRORS, SET, STDIN_NAME, Command, Given, Option, settings, sizes
from specc.cli.models import refuse_wrong_sizes
from specc.cli.single import load
from specc.cli.terminal import Terminal
from specc.diagnostics.sanitize import clean
from specc.report.bounds import said
from specc.report.summary import Row, Summary, per_sample, summarise
from specc.types.tensor import Size

COMMAND = Command("summary", "SPEC", "Show every layer: path, type, output, parameters, multiply-adds, memory.", 1, 1, (
    Option("--format", "how to print it", "FORMAT", choices=("text", "markdown", "json")),
    Option("--at", "sizes that the spec leaves open", "H=224,W=224"),
    SET,
    STDIN_NAME,
), (
    ("specc summary specs/mnist.spec", "a table for people"),
    ("specc summary specs/zoo/resnet50.spec --at H=224,W=224", "with numbers where the spec has symbols"),
    ("specc summary specs/mnist.spec --format json", "for programs; its schema: specc schema summary"),
), (ERRORS,))
# signs that would be read as Markdown or HTML; sizes stand in [ ], which without ( ) behind them are no link
MARKUP = {ord(sign): f"\\{sign}" for sign in "\\`*|("} | {ord("<"): "&lt;", ord(">"): "&gt;", ord("&"): "&amp;"}
HEAD = ("path", "type", "output", "parameters", "multiply-adds", "activation bytes")


def run(given: Given, terminal: Terminal) -> int:
    """Print the summaries of every model. Multiply-adds and bytes are those of a batch of one."""
    known = sizes(given["at"] or "")
    unit, status = load(given.words[0], settings(given), terminal, terminal.err, given["stdin_filename"])
    if unit is None:
        return status
    assert unit.program is not None, "a unit without errors has a program"
    refuse_wrong_sizes(known, unit.program)
    form = {"json": _json, "markdown": _markdown}.get(given["format"] or "text", _text)
    terminal.out.write(form([(summarise(model), known) for model in unit.program.models]))
    return 0


Shown = tuple[Summary, Mapping[str, int]]


def _cells(row: Row, known: Mapping[str, int]) -> tuple[str, ...]:
    work, memory = (_number(per_sample(size, known)) for size in (row.multiply_adds, row.memory))
    return (clean(row.path), clean(row.kind), row.output, _number(row.parameters), work, memory)


def _number(size: Size) -> str:
    return f"{size:,}" if isinstance(size, int) else str(size)


def _totals(summary: Summary, known: Mapping[str, int]) -> str:
    work, memory = (_number(per_sample(size, known)) for size in (summary.multiply_adds, summary.memory))
    limits = [said(name, *limit) for name, limit in summary.sizes.items() if limit != (1, None)]
    return (
        f"{summary.name}: {_number(summary.parameters)} parameters ({_number(summary.trainable)} trainable), "
        f"{work} multiply-adds and {memory} activation bytes a sample{', for ' * bool(limits)}{', '.join(limits)}"
    )


def _text(summaries: list[Shown]) -> str:
    made = []
    for summary, known in summaries:
        table = [HEAD, *(_cells(row, known) for row in summary.rows)]
        widths = [max(len(row[column]) for row in table) for column in range(len(HEAD))]
        for row in table:
            cells = [
                cell.ljust(width) if place < 3 else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths))
            ]
            made.append("  ".join(cells).rstrip())
        made += ["", _totals(summary, known), ""]
    return "\n".join(made)


def _markdown(summaries: list[Shown]) -> str:
    made = []
    for summary, known in summaries:
        made += ["| " + " | ".join(HEAD) + " |", "|---|---|---|---:|---:|---:|"]
        rows = (_cells(row, known) for row in summary.rows)
        made += ["| " + " | ".join(cell.translate(MARKUP) for cell in cells) + " |" for cells in rows]
        made += ["", _totals(summary, known), ""]
    return "\n".join(made)


def _json(summaries: list[Shown]) -> str:
    import json

    models = [{
        "name": summary.name, "parameters": summary.parameters, "trainable": summary.trainable,
        **_work(summary, known),
        "sizes": {name: {"least": low, "greatest": high} for name, (low, high) in summary.sizes.items()},
        "layers": [{
            "path": row.path, "type": row.kind, "output": row.output, "parameters": row.parameters, **_work(row, known),
        } for row in summary.rows],
    } for summary, known in summaries]
    return json.dumps({"version": 1, "models": models}, indent=2) + "\n"


def _work(item: Row | Summary, known: Mapping[str, int]) -> dict[str, int | str]:
    sizes = {"multiply_adds": item.multiply_adds, "activation_bytes": item.memory}
    settled = {name: per_sample(size, known) for name, size in sizes.items()}
    return {name: size if isinstance(size, int) else str(size) for name, size in settled.items()}
