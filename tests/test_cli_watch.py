"""`specc check --watch`: checks again when something changed, rests when nothing did, ends at an interrupt."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli_helpers import Command
from specc import compiler
from specc.cli import watch

ROOT = Path(__file__).parent.parent
GOOD = "model M {\n  input x: f32[N, 4]\n  output x -> Linear(_, 2)\n}\n"
BAD = GOOD.replace("_, 2", "5, 2")


@pytest.fixture
def specc(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    command = Command(capsys)
    monkeypatch.setattr(compiler, "compile_spec", command.compile)
    monkeypatch.chdir(tmp_path)
    return command


@pytest.fixture
def during(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What happens in each pause, one after another; then an interrupt."""

    def plan(*actions: Callable[[], object]) -> None:
        waiting: Iterator[Callable[[], object]] = iter(actions)

        def pause(seconds: float) -> None:
            assert seconds > 0.05, "a loop that never rests"
            action = next(waiting, None)
            if action is None:
                raise KeyboardInterrupt
            action()

        monkeypatch.setattr(watch.time, "sleep", pause)

    return plan


def nothing() -> None:
    pass


def test_it_checks_again_when_a_spec_changes(specc: Command, during: Callable[..., None]) -> None:
    path = Path("a.spec")
    path.write_text("fine")
    during(nothing, lambda: path.write_text("a BAD one"), nothing, lambda: path.write_text("fine again"))
    outcome = specc("check", "--watch", "--format", "concise", ".")
    assert outcome.status == 130
    assert outcome.out == "a.spec:1:3: error[S201]: BAD is found\n"
    assert outcome.err == "watching for changes; Ctrl-C ends it\n" * 3 + "specc: interrupted\n"


def test_new_gone_and_renamed_files_are_seen(specc: Command, during: Callable[..., None]) -> None:
    Path("specs").mkdir()
    Path("specs/a.spec").write_text("fine")
    during(lambda: Path("specs/b.spec").write_text("WARN"), lambda: Path("specs/b.spec").unlink(),
           lambda: Path("specs/a.spec").rename("specs/c.spec"))
    outcome = specc("check", "--watch", "specs")
    assert outcome.err.count("watching") == 4
    assert outcome.out.count("warning[S221]") == 1 and outcome.out.count("all good") == 3


def test_settings_are_watched_and_may_be_wrong_for_a_while(specc: Command, during: Callable[..., None]) -> None:
    Path("a.spec").write_text("WARN")
    settings = Path("pyproject.toml")
    during(lambda: settings.write_text("[tool.specc"), lambda: settings.write_text('[tool.specc]\nignore = ["S221"]\n'))
    outcome = specc("check", "--watch", ".")
    assert outcome.out.startswith("warning[S221]") and outcome.out.endswith("all good\n")
    assert "specc: pyproject.toml cannot be read" in outcome.err


def test_imported_files_are_watched(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, during: Callable[..., None]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lib").mkdir()
    block = "block B {\n  input x: f32[N, C]\n  output x -> Linear(_, 4)\n}\n"
    Path("lib/b.spec").write_text(block)
    Path("a.spec").write_text('import B from "lib/b.spec"\n' + GOOD.replace("x -> ", "x -> B() -> relu -> "))
    during(nothing, lambda: Path("lib/b.spec").write_text(block.replace("_, 4", "9, 4")))
    outcome = Command(capsys)("check", "--watch", "--format", "concise", "a.spec")
    assert outcome.out == "lib/b.spec:3:22: error[S301]: Linear(9, 4) is given 4 features, not 9\n"


@pytest.mark.parametrize("words, message", [
    (["-"], "--watch cannot watch standard input"),
    (["--fix", "."], "--watch only looks: leave out --fix and --diff"),
    (["--diff", "."], "--watch only looks: leave out --fix and --diff"),
    (["--format", "json", "."], "--watch prints for people: leave out --format json"),
    (["--select", "S9999", "."], "--select: there is no rule S9999: specc explain lists all rules"),
])  # fmt: skip
def test_what_cannot_be_watched(specc: Command, words: list[str], message: str) -> None:
    Path("a.spec").write_text("fine")
    assert specc("check", "--watch", *words) == (2, "", f"specc: {message}\n")


def test_on_a_terminal(tmp_path: Path) -> None:
    """A real process on a terminal: the screen is cleared before each check, and Ctrl-C ends it."""
    path = tmp_path / "a.spec"
    path.write_text(GOOD)
    reading, terminal = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "specc", "check", "--watch", str(path)], cwd=ROOT,
                               stdout=terminal, stderr=terminal, stdin=subprocess.DEVNULL, preexec_fn=heed_ctrl_c)
    os.close(terminal)
    try:
        first = until(reading, b"Ctrl-C ends it")
        path.write_text(BAD)
        second = until(reading, b"Ctrl-C ends it")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    finally:
        process.kill()
    assert first.startswith(watch.CLEAR.encode()) and b"all good" in first
    assert watch.CLEAR.encode() in second and b"S301" in second
    os.close(reading)


def heed_ctrl_c() -> None:
    """In the child: tests that run in the background of a shell ignore it, and so would what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def until(reading: int, end: bytes) -> bytes:
    """What a terminal shows up to some words."""
    shown = b""
    while end not in shown:
        shown += os.read(reading, 4096)
    return shown
