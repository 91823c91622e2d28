"""`specc diff`: what changed between two specs, for review."""

from __future__ import annotations

from specc.cli.arguments import SET, STDIN_NAME, Command, Given, Option, UsageError, settings
from specc.cli.files import STDIN
from specc.cli.single import load
from specc.cli.terminal import Terminal
from specc.diagnostics.paint import Painter

COMMAND = Command("diff", "A B", "Show what changed between two specs: shapes, keys, parameters, training.", 2, 2, (
    Option("--format", "how to print it", "FORMAT", choices=("text", "json")),
    SET._replace(help="override a setting of both specs, e.g. train.epochs=1"),
    STDIN_NAME,
), (
    ("specc diff specs/zoo/resnet18.spec specs/zoo/resnet50.spec", "for people"),
    ("git show HEAD:specs/mnist.spec | specc diff - specs/mnist.spec", "what is not committed yet"),
    ("specc diff specs/mnist.spec specs/cifar.spec --format json", "for programs; its schema: specc schema diff"),
), ((0, "both could be compared, whether they differ or not"), (1, "one of the specs has errors")))  # fmt: skip


def run(given: Given, terminal: Terminal) -> int:
    """Compare two specs. That they differ is no failure; findings of either go to standard error."""
    if given.words == [STDIN, STDIN]:
        raise UsageError("diff reads one of the two specs from standard input, not both")
    loaded = [load(word, settings(given), terminal, terminal.err, given["stdin_filename"]) for word in given.words]
    status = max(status for _, status in loaded)
    before, after = (unit.program if unit is not None else None for unit, _ in loaded)
    if before is None or after is None:
        return status
    from specc.report.diff import compare, data, text

    names = [unit.source.name for unit, _ in loaded if unit is not None]
    comparison = compare(before, after, (names[0], names[1]))
    if given["format"] == "json":
        import json

        terminal.out.write(json.dumps(data(comparison), indent=2) + "\n")
    else:
        terminal.out.write(text(comparison, Painter(terminal.out.color).paint))
    return 0
