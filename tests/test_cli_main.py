"""The command line as a whole: verbs, options, help, colors, faults, and streams that go away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from cli_helpers import Command
from specc.cli import main as main_module
from specc.cli.arguments import Command as Verb
from specc.cli.arguments import Option, UsageError, parse, settings
from specc.cli.main import VERBS
from specc.cli.terminal import Stream
from specc.version import __version__

GOOD = "model M {\n  input x: f32[N, 4]\n  output x -> Linear(_, 2)\n}\n"
BAD = GOOD.replace("_", "5")


@pytest.fixture
def specc(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def process(*words: str, cwd: Path, **options) -> subprocess.CompletedProcess:
    """specc as a process of its own, with the source tree on its path."""
    root = str(Path(__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": root, **options.pop("environment", {})}
    command = [sys.executable, *options.pop("python", []), "-m", "specc", *words]
    return subprocess.run(command, cwd=cwd, env=environment, **{"capture_output": True, "timeout": 60, **options})


# ---------------------------------------------------------------- words and options


def test_no_words_and_help_show_every_verb(specc: Command) -> None:
    for words in ([], ["--help"], ["-h"], ["help"]):
        status, out, err = specc(*words)
        assert (status, err) == (0, "")
        assert all(f"\n  {verb} " in out for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_help_page_that_fits_a_terminal(specc: Command, verb: str) -> None:
    status, out, err = specc(verb, "--help")
    assert (status, err) == (0, "")
    assert out.startswith(f"specc {verb} ") and "--color" in out
    assert max(map(len, out.splitlines())) <= 110


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_examples_that_are_right(specc: Command, verb: str, tmp_path: Path,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that train are read only, all others run."""
    command = import_module(f"specc.cli.{verb}").COMMAND
    shutil.copytree(Path(__file__).parent.parent / "specs", tmp_path / "specs")
    monkeypatch.chdir(tmp_path)
    assert command.examples
    for line, meaning in command.examples:
        before, _, line = line.rpartition(" | ")
        words = line.split()
        assert words[:2] == ["specc", verb] and meaning
        if verb in ("run", "preflight"):
            parse(command, words[2:])
            continue
        if before:
            monkeypatch.setattr("sys.stdin", open("specs/mnist.spec"))
        assert specc(*words[1:]).status in (0, 1), line


def test_version(specc: Command) -> None:
    assert specc("--version") == (0, f"specc {__version__}\n", "")


@pytest.mark.parametrize("words, message", [
    (["chekc"], "there is no verb chekc: did you mean check?"),
    (["frobnicate"], "there is no verb frobnicate: specc --help lists them all"),
    (["a.spec"], "a verb comes before a.spec, as in specc check a.spec"),
    (["--verison"], "there is no option --verison: did you mean --version?"),
    (["chekc", "check"], "there is no verb chekc: did you mean check?"),
    (["check"], "check needs PATH...: specc check PATH..."),
    (["check", "--formt", "json", "x"], "check has no option --formt: did you mean --format?"),
    (["check", "--format", "jsn", "x"], "--format cannot be jsn: did you mean json?"),
    (["layers", "--format", "yaml"], "--format cannot be yaml: choose from text, json"),
    (["check", "x", "--format"], "--format needs a value: --format FORMAT"),
    (["check", "--format", "--fix", "x"], "--format needs a value: --format FORMAT"),
    (["check", "--fix=yes", "x"], "--fix takes no value"),
    (["check", "--set", "x", "y"], "--set wants NAME=VALUE, not x"),
    (["check", "-z", "y"], "check has no option -z"),
    (["emit", "a", "b"], "emit takes SPEC only, not also b"),
    (["emit", "a", "--check"], "emit --check needs the file to compare with: -o FILE"),
    (["run", "a", "--epochs", "many"], "--epochs wants a whole number, not many"),
    (["run", "a", "--nproc", "0"], "--nproc wants at least 1"),
    (["\x1b[31m"], "there is no verb \\x1b[31m: specc --help lists them all"),
])
def test_a_wrong_command_line_is_one_line_and_status_2(specc: Command, words: list[str], message: str) -> None:
    assert specc(*words) == (2, "", f"specc: {message}\n")


def test_common_options_stand_before_or_after_the_verb(specc: Command) -> None:
    for words in (["--color", "always", "check", "gone.spec"], ["check", "gone.spec", "--color=always"]):
        status, out, _ = specc(*words)
        assert status == 2 and "\x1b[1;31m" in out


VERB = Verb("do", "THING...", "Does it.", 0, None, (
    Option("--flag", "f"), Option("--out-file", "o", "FILE", short="-o"), Option("--number", "n", "N", kind=int),
    Option("--set", "s", "NAME=VALUE", many=True)))


def test_parse() -> None:
    given = parse(VERB, ["a", "--flag", "-o", "x", "--number=-3", "--set", "a=1", "--set=b=", "-", "--", "--flag"])
    assert given.words == ["a", "-", "--flag"]
    assert given["flag"] is True and given["out_file"] == "x" and given["number"] == -3
    assert given["set"] == ["a=1", "b="] and settings(given) == {"a": "1", "b": ""}
    empty = parse(VERB, [])
    assert empty.words == [] and empty.values == {
        "flag": False, "out_file": None, "number": None, "set": [], "color": None, "debug": False, "help": False}


def test_of_a_setting_given_twice_the_last_counts() -> None:
    assert settings(parse(VERB, ["--set", "a=1", "--set", "a=2"])) == {"a": "2"}
    with pytest.raises(UsageError):
        settings(parse(VERB, ["--set", "=1"]))


# ---------------------------------------------------------------- faults and interruptions


@pytest.mark.parametrize("error, status, text", [
    (KeyError("oops"), 101, "error[S901]: a fault in specc itself: KeyError: 'oops'"),
    (RecursionError(), 101, "error[S901]: a fault in specc itself: RecursionError"),
    (MemoryError(), 101, "error[S901]: a fault in specc itself: MemoryError"),
    (KeyboardInterrupt(), 130, "specc: interrupted"),
])
def test_what_should_not_happen(specc: Command, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int,
                                text: str) -> None:
    def broken(*given):
        raise error

    monkeypatch.setattr(main_module, "_run_verb", broken)
    outcome = specc("check", "x")
    assert outcome.status == status and outcome.out == ""
    assert outcome.err.splitlines()[0] == text
    assert "Traceback" not in outcome.err
    if status == 101:
        assert "Traceback" in specc("check", "x", "--debug").err


# ---------------------------------------------------------------- colors


class Screen:
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("file, when, environment, expected", [
    (Screen(), "auto", {}, True), (None, "auto", {}, False), (Screen(), "never", {"FORCE_COLOR": "1"}, False),
    (None, "always", {"NO_COLOR": "1"}, True), (Screen(), "auto", {"NO_COLOR": "1"}, False),
    (Screen(), "auto", {"NO_COLOR": ""}, True), (None, "auto", {"FORCE_COLOR": "1"}, True),
    (Screen(), "auto", {"FORCE_COLOR": "0"}, False), (Screen(), "auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    (Screen(), "auto", {"TERM": "dumb"}, False),
])
def test_when_colors_are_used(monkeypatch: pytest.MonkeyPatch, file, when: str, environment: dict[str, str],
                              expected: bool) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Stream(file, when).color is expected


# ---------------------------------------------------------------- as a process


def test_a_pipe_nobody_reads_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "a.spec").write_text(BAD * 400)
    command = f"'{sys.executable}' -m specc check a.spec; echo $? >status"
    root = str(Path(__file__).parent.parent)
    result = subprocess.run(["bash", "-c", f"({command}) | true"], cwd=tmp_path, capture_output=True, timeout=60,
                            env={**os.environ, "PYTHONPATH": root})
    assert result.stderr == b""
    assert (tmp_path / "status").read_text() == "1\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        result = process("check", "gone.spec", cwd=tmp_path, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 2
    assert result.stderr == b"specc: cannot write the output: No space left on device\n"


def test_closed_streams_are_no_fault(tmp_path: Path) -> None:
    (tmp_path / "a.spec").write_text(BAD)
    root = str(Path(__file__).parent.parent)
    result = subprocess.run(["bash", "-c", f"'{sys.executable}' -m specc check a.spec <&- >&- 2>&-"], cwd=tmp_path,
                            timeout=60, env={**os.environ, "PYTHONPATH": root}, check=False)
    assert result.returncode == 1


def test_output_that_the_encoding_cannot_hold_is_spelled_out(tmp_path: Path) -> None:
    result = process("check", "漢.spec", cwd=tmp_path, environment={"PYTHONIOENCODING": "ascii"})
    assert result.returncode == 2 and b"cannot read \\u6f22.spec" in result.stdout


def test_a_real_spec_and_a_real_mistake(tmp_path: Path) -> None:
    (tmp_path / "good.spec").write_text(GOOD)
    (tmp_path / "bad.spec").write_text(BAD)
    good, bad = process("check", "good.spec", cwd=tmp_path), process("check", "bad.spec", cwd=tmp_path)
    assert (good.returncode, good.stdout, good.stderr) == (0, b"1 spec checked: all good\n", b"")
    assert bad.returncode == 1 and b"error[S301]: Linear(5, 2)" in bad.stdout and b"bad.spec:3:22" in bad.stdout


def test_checking_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "good.spec").write_text(GOOD)
    result = process("check", "good.spec", cwd=tmp_path, python=["-X", "importtime"])
    imported = {line.rpartition(b"|")[2].strip().decode() for line in result.stderr.splitlines()}
    heavy = {"torch", "torchvision", "numpy", "jinja2", "lark", "argparse", "inspect", "dataclasses", "pathlib",
             "importlib.metadata", "rich"}
    assert result.returncode == 0 and "specc.compiler" in imported
    assert imported & heavy == set()


@pytest.mark.parametrize("words", [["explain", "R401"], ["explain", "Linear"], ["layers"], ["emit", "good.spec"]])
def test_only_running_imports_torch(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "good.spec").write_text(GOOD)
    result = process(*words, cwd=tmp_path, python=["-X", "importtime"])
    imported = {line.rpartition(b"|")[2].strip().decode() for line in result.stderr.splitlines()}
    assert "specc.cli.main" in imported and imported & {"torch", "torchvision", "numpy"} == set()
