"""The command `specc`: finds the verb, runs it, and gives the exit status."""

from __future__ import annotations

import sys
from importlib import import_module

from specc.cli.arguments import COMMON, UsageError, columns, parse, usage
from specc.cli.terminal import OutputError, Terminal
from specc.diagnostics.sanitize import clean
from specc.version import __version__

# Exit statuses.
DONE, FOUND, WRONG_USE, DIVERGED, FAULT, INTERRUPTED = 0, 1, 2, 3, 101, 130

# Each verb is the module of that name; it is imported when it is called.
VERBS = {
    "new": "write a starter spec",
    "check": "find every problem of specs",
    "run": "build, train and evaluate",
    "preflight": "take the first steps of a run, to see what it costs",
    "emit": "write the standalone PyTorch script",
    "export": "write a trained model for other programs: ONNX, torch.export, safetensors",
    "explain": "the page of an error code or a layer; the plan of a run",
    "fmt": "lay specs out in the canonical way",
    "summary": "a table of every layer",
    "graph": "a picture of the models, with the shape on every edge",
    "diff": "what changed between two specs",
    "layers": "list the layers, functions and everything else a spec can name",
    "schema": "the JSON schemas of what specc prints, and the grammar",
}
SUMMARY = "A compiler for declarative model specs: checked without torch, trained, or emitted as a PyTorch script."
EXAMPLES = (
    ("specc new mynet", "mynet.spec, to begin with"),
    ("specc check mynet.spec", "every problem in one pass"),
    ("specc run mynet.spec", "train it"),
    ("specc emit mynet.spec -o mynet.py", "the script that does the same without specc"),
    ("specc explain Conv2d", "the page of a layer"),
)
STATUSES = (
    ("0", "done, and nothing is wrong"),
    ("1", "the spec has errors, or a run failed"),
    ("2", "the command line is wrong, or a file cannot be read or written"),
    ("3", "the loss of a run became NaN or infinite"),
    ("101", "a fault in specc itself"),
    ("130", "stopped by Ctrl-C; 143: by SIGTERM"),
)


def main(argv: list[str] | None = None) -> int:
    """Run a command line (by default the process's own) and return the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    terminal = Terminal(debug="--debug" in words)
    try:
        return _dispatch(words, terminal)
    except UsageError as error:
        terminal.err.line(f"specc: {error}")
        return WRONG_USE
    except OutputError as error:
        terminal.err.line(f"specc: cannot write the output: {clean(str(error))}")
        return WRONG_USE
    except KeyboardInterrupt:
        terminal.err.line("specc: interrupted")
        return INTERRUPTED
    except Exception as error:
        return _report_fault(error, terminal)


def _dispatch(words: list[str], terminal: Terminal) -> int:
    verb = next((word for word in words if word in VERBS), None)
    first = words[0] if words else "--help"
    if first in ("--help", "-h", "help"):
        terminal.out.write(_overview())
        return DONE
    if first in ("--version", "-V"):
        terminal.out.line(f"specc {__version__}")
        return DONE
    before = words[: words.index(verb)] if verb else words
    if verb is None or not _only_common(before):
        raise UsageError(_unknown(first))
    return _run_verb(verb, before + words[len(before) + 1 :], terminal)


def _run_verb(verb: str, words: list[str], terminal: Terminal) -> int:
    module = import_module(f"specc.cli.{verb}")
    given = parse(module.COMMAND, words)
    terminal = Terminal(given["color"] or "auto", given["debug"])
    if given["help"]:
        terminal.out.write(usage(module.COMMAND))
        return DONE
    return module.run(given, terminal)


def _only_common(words: list[str]) -> bool:
    """Whether the words before a verb are options that every verb has."""
    names = {option.name for option in COMMON}
    return all(word.partition("=")[0] in names or (at and words[at - 1] == "--color") for at, word in enumerate(words))


def _unknown(word: str) -> str:
    from specc.cli.files import SUFFIX
    from specc.diagnostics.suggest import did_you_mean

    if word.endswith(SUFFIX):
        return f"a verb comes before {clean(word)}, as in specc check {clean(word)}"
    what = "option" if word.startswith("-") else "verb"
    known = ["--help", "--version", "--color", "--debug"] if what == "option" else VERBS
    return f"there is no {what} {clean(word)}: {did_you_mean(word, known) or 'specc --help lists them all'}"


def _overview() -> str:
    lines = ["specc VERB [options]", "", SUMMARY, "", *columns(list(VERBS.items())), "",
             "examples:", *columns(EXAMPLES), "",
             "exit status:", *columns(STATUSES), "",
             "specc VERB --help shows the options and examples of a verb, specc --version the version."]
    return "".join(f"{line}\n" for line in lines)


def _report_fault(error: Exception, terminal: Terminal) -> int:
    """A fault in specc itself: one message with what a bug report needs, the traceback only on request."""
    if terminal.debug:
        from traceback import print_exc

        print_exc()
    from specc.cli.reports import fault
    from specc.diagnostics.text import message

    terminal.err.write(message(fault(error), terminal.err.color))
    return FAULT


if __name__ == "__main__":
    sys.exit(main())
