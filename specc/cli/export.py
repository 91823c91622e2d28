"""`specc export`: a spec's model as a file that other programs load."""

from __future__ import annotations

from os.path import splitext
from pathlib import Path
from typing import TYPE_CHECKING

from specc.cli.arguments import SET, STDIN_NAME, Command, Given, Option, UsageError, settings, sizes
from specc.cli.graph import named_model
from specc.cli.models import refuse_wrong_sizes
from specc.cli.preflight import size
from specc.cli.run import STATUSES, report_failure
from specc.cli.single import load
from specc.cli.terminal import Terminal
from specc.diagnostics.sanitize import clean

if TYPE_CHECKING:
    from specc.program.model import Program
    from specc.runtime.export import Exported

ENDINGS = (".onnx", ".pt2", ".safetensors")
COMMAND = Command("export", "SPEC", "Write a model for other programs: ONNX, torch.export or safetensors.", 1, 1, (
    Option("--output", f"where to write it; the ending says what: {', '.join(ENDINGS)}", "FILE", short="-o"),
    Option("--weights", "a run's folder, a checkpoint or a state dict; the initial weights if left out", "FILE"),
    Option("--model", "which of several models", "MODEL"),
    Option("--at", "sizes to fix; the others stay open", "H=224,W=224"),
    Option("--trust", "allow the spec's extern Python to be imported"),
    SET,
    STDIN_NAME,
), (
    ("specc export specs/mnist.spec --weights runs/first -o mnist.onnx", "the best weights of a run"),
    ("specc export specs/zoo/resnet18.spec -o resnet18.pt2 --at H=224,W=224", "for pictures of one size"),
), STATUSES)  # fmt: skip


def run(given: Given, terminal: Terminal) -> int:
    """Write the file, and say what is in it. The exit statuses are those of a run."""
    target, known = _target(given["output"]), sizes(given["at"] or "")
    unit, status = load(given.words[0], settings(given), terminal, terminal.err, given["stdin_filename"])
    if unit is None or unit.program is None:
        return status
    refuse_wrong_sizes(known, unit.program)
    name = _one_of(unit.program, given["model"])
    try:
        from specc.runtime.export import export

        made = export(unit, target, given["weights"], name, known, given["trust"])
    except Exception as error:
        return report_failure(error, terminal, "export")
    terminal.out.write("".join(f"{clean(line)}\n" for line in _said(target, made)))
    return 0


def _target(output: str | None) -> Path:
    if output is None or output == "-":
        raise UsageError("export needs the file to write: -o FILE")
    if splitext(output)[1].lower() not in ENDINGS:
        raise UsageError(f"{clean(output)} does not say what to write: it ends in none of {', '.join(ENDINGS)}")
    return Path(output)


def _one_of(program: Program, name: str | None) -> str:
    """The model that is meant."""
    names = [model.name for model in program.models]
    if not names:
        raise UsageError("the spec has no model")
    if name is None and len(names) > 1:
        raise UsageError(f"--model says which one: {', '.join(names)}")
    return named_model(name, program) or names[0]


def _said(target: Path, made: Exported) -> list[str]:
    weights = f"weights of {made.weights}" if made.weights is not None else "initial weights"
    lines = [f"{target}: {size(made.size)}, {weights}"]
    if made.open:
        lines.append(f"open sizes: {', '.join(made.open)}")
    if made.fixed:
        lines.append(f"fixed sizes: {_numbers(made.fixed)}")
    places = " and at ".join(_numbers(sizes) for sizes in made.compared if sizes)
    near = f"within {made.difference:.1g} of the greatest" if made.difference else "equal to the last bit"
    return [*lines, f"outputs beside the module's{f', at {places}' if places else ''}: {near}"]


def _numbers(sizes: dict[str, int]) -> str:
    return ", ".join(f"{name} = {size}" for name, size in sizes.items())
