"""`specc run`: builds, trains and evaluates."""

from __future__ import annotations

from specc.cli.arguments import SET, STDIN_NAME, Command, Given, Option, UsageError, settings
from specc.cli.processes import launch
from specc.cli.single import load
from specc.cli.terminal import Terminal
from specc.diagnostics.error import SpecError
from specc.diagnostics.sanitize import clean
from specc.diagnostics.text import message

STATUSES = (
    (1, "the spec has errors, or the run was refused or failed"),
    (3, "the loss became NaN or infinite"),
    (130, "stopped by Ctrl-C (143: by SIGTERM), after a checkpoint"),
)
COMMAND = Command("run", "SPEC", "Build, train and evaluate what a spec describes.", 1, 1, (
    SET,
    STDIN_NAME,
    Option("--device", "cpu, cuda, cuda:1, mps; the best there is if left out", "DEVICE"),
    Option("--epochs", "train this many epochs; short for --set train.epochs=N", "N", kind=int),
    Option("--seed", "seed of the run; short for --set train.seed=N", "N", kind=int),
    Option("--data-root", "the folder that relative paths of data start from", "FOLDER"),
    Option("--out", "the run's folder; runs/<spec>-<time> if left out", "FOLDER"),
    Option("--resume", "go on from a run's folder or checkpoint", "RUN"),
    Option("--quiet", "no progress"),
    Option("--strict-data", "fail where the spec would fall back on other data"),
    Option("--trust", "allow the spec's extern Python to be imported"),
    Option("--log-every", "steps between two lines of metrics.jsonl", "N", kind=int),
    Option("--nproc", "train with this many processes on this machine", "N", kind=int),
), (
    ("specc run specs/mnist.spec", "train and evaluate; see runs/mnist-<time>"),
    ("specc run specs/mnist.spec --set optimizer.lr=1e-3", "with another setting"),
    ("specc run specs/mnist.spec --resume runs/first", "go on where the run in that folder stopped"),
    ("specc run specs/cifar.spec --data-root /data", 'CIFAR10("data") is looked for in /data'),
), STATUSES)
# What the extras `run` and `export` install: names of modules, and of packages. "specc" may be another package to pip.
RUN = {"numpy": "numpy", "rich": "rich", "safetensors": "safetensors", "sklearn": "scikit-learn", "torch": "torch",
       "torchvision": "torchvision"}
EXPORT = {"onnx": "onnx", "onnxruntime": "onnxruntime", "onnxscript": "onnxscript"}
_OPTIONS = ("device", "data_root", "out", "resume", "quiet", "strict_data", "trust", "log_every")


def run(given: Given, terminal: Terminal) -> int:
    """Run the spec; the exit status says how it ended."""
    if given["nproc"] is not None and given["nproc"] < 1:
        raise UsageError("--nproc wants at least 1")
    unit, status = load(given.words[0], overrides(given), terminal, terminal.out, given["stdin_filename"])
    if unit is None:
        return status
    if (given["nproc"] or 1) > 1:
        return launch(_repeated(given), given["nproc"], terminal)
    from specc.runtime.options import Options

    try:
        from specc.runtime import run as run_unit

        result = run_unit(unit, Options(**{name: given[name] for name in _OPTIONS}))
    except Exception as error:
        return report_failure(error, terminal)
    for name, value in result.metrics.items():
        terminal.out.line(f"{clean(name)} {value:.6g}")
    return result.exit_status


def report_failure(error: Exception, terminal: Terminal, verb: str = "run") -> int:
    """Say why a verb with torch failed, and give the exit status; what is not the user's to mend is raised again."""
    from specc.runtime.options import RunError

    if terminal.debug and isinstance(error, (SpecError, RunError)) and error.__cause__ is not None:
        from traceback import format_exception

        for line in "".join(format_exception(error.__cause__)).splitlines():
            terminal.err.line(clean(line))
    if isinstance(error, SpecError):
        terminal.err.write("".join(message(problem, terminal.err.color) for problem in error.problems))
        return 1
    if isinstance(error, RunError):
        terminal.err.line(clean(str(error)))
        return error.exit_status
    if isinstance(error, ModuleNotFoundError):
        return _missing(error, terminal, verb)
    raise error


def overrides(given: Given) -> dict[str, str]:
    """The settings of the command line, those with an option of their own included."""
    short = {f"train.{name}": str(given[name]) for name in ("epochs", "seed") if given[name] is not None}
    return {**settings(given), **short}


def _missing(error: ModuleNotFoundError, terminal: Terminal, verb: str) -> int:
    """A package of an extra is not installed; any other missing module is a fault."""
    package = (error.name or "").partition(".")[0]
    extra = next((packages for packages in (RUN, EXPORT) if package in packages), None)
    if extra is None:
        raise error
    install = f"pip install {' '.join(extra.values())}"
    terminal.err.line(f"specc: {verb} needs {package}, which is not installed: {install}")
    return 1


def _repeated(given: Given) -> list[str]:
    """The words of this command line, without --nproc."""
    words = []
    for option in COMMAND.options:
        value = given[option.key]
        if option.key == "nproc" or value in (None, False, []):
            continue
        words += [option.name] if value is True else [
            f"{option.name}={item}" for item in (value if option.many else [value])]
    return [*words, "--", given.words[0]]
