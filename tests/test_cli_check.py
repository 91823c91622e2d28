"""`specc check`: which files, which findings, which exit status, which stream."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli_helpers import Command
from specc import compiler


@pytest.fixture
def specc(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """The command in an empty folder; colors and the environment's wishes are off."""
    command = Command(capsys)
    monkeypatch.setattr(compiler, "compile_spec", command.compile)
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return command


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder that nothing can be written to."""
    folder = tmp_path / "fixed"
    folder.mkdir()
    (folder / "a.spec").write_text("BAD")
    folder.chmod(0o500)
    yield folder
    folder.chmod(0o700)


def write(**files: str) -> None:
    for name, text in files.items():
        Path(f"{name}.spec").write_text(text)


# ---------------------------------------------------------------- results


def test_a_clean_spec(specc: Command) -> None:
    write(a="fine")
    assert specc("check", "a.spec") == (0, "1 spec checked: all good\n", "")


def test_an_error(specc: Command) -> None:
    write(a="x = BAD\n")
    outcome = specc("check", "a.spec")
    assert outcome.status == 1 and outcome.err == ""
    assert outcome.out.startswith("error[S201]: BAD is found\n  --> a.spec:1:5\n")
    assert outcome.out.endswith("\n1 error in 1 spec, 1 can be fixed with --fix\n")


def test_warnings_fail_only_when_denied(specc: Command) -> None:
    write(a="WARN")
    assert specc("check", "a.spec").status == 0
    outcome = specc("check", "--deny-warnings", "a.spec")
    assert outcome.status == 1 and outcome.out.endswith("1 warning in 1 spec\n")


def test_findings_of_all_files_in_one_pass(specc: Command) -> None:
    write(a="BAD BAD", b="fine", c="WARN")
    outcome = specc("check", "a.spec", "b.spec", "c.spec")
    assert outcome.out.count("error[S201]") == 2
    assert outcome.out.endswith("2 errors and 1 warning in 2 of 3 specs, 2 can be fixed with --fix\n")


def test_settings_reach_the_compiler(specc: Command) -> None:
    write(a="fine")
    specc("check", "--set", "train.epochs=1", "--set=name=a=b", "a.spec")
    assert specc.settings == {"train.epochs": "1", "name": "a=b"}


@pytest.mark.parametrize("style", ["concise", "json", "github", "sarif", "junit"])
def test_machine_formats_stand_alone_on_standard_output(specc: Command, style: str) -> None:
    write(a="BAD", b="WARN")
    outcome = specc("check", "--format", style, ".")
    assert outcome.status == 1 and outcome.err == ""
    assert "S201" in outcome.out and "S221" in outcome.out and "checked" not in outcome.out


def test_json_of_a_clean_file(specc: Command) -> None:
    write(a="fine")
    assert json.loads(specc("check", "--format=json", "a.spec").out) == {
        "version": 1, "files": [{"path": "a.spec", "status": "ok", "diagnostics": [], "models": []}],
        "summary": {"files": 1, "errors": 0, "warnings": 0}}


# ---------------------------------------------------------------- which findings


def test_hints_are_shown_only_on_request(specc: Command) -> None:
    write(a="HINT")
    assert specc("check", "a.spec").out == "1 spec checked: all good (1 hint not shown: --select all)\n"
    outcome = specc("check", "--select", "all", "a.spec")
    assert outcome.status == 0 and outcome.out.endswith("1 hint in 1 spec\n")


@pytest.mark.parametrize("words", ["S221", "unused-parameter", "S2,S4", "S2xx", "s221"])
def test_select(specc: Command, words: str) -> None:
    write(a="WARN HINT" if "," not in words else "WARN")
    assert "warning[S221]" in specc("check", "--select", words, "a.spec").out


def test_select_leaves_the_rest_out(specc: Command) -> None:
    write(a="BAD WARN")
    assert specc("check", "--select", "S221", "a.spec").status == 0


def test_ignore(specc: Command) -> None:
    write(a="BAD WARN")
    outcome = specc("check", "--ignore", "S201", "--ignore", "unused-parameter", "a.spec")
    assert outcome.out == "1 spec checked: all good\n"


def test_what_cannot_be_read_or_parsed_is_never_left_out(specc: Command) -> None:
    write(a="OPEN")
    for words in (["--ignore", "all"], ["--select", "S221"]):
        assert specc("check", *words, "a.spec").status == 1
        assert specc("check", *words, "missing.spec").status == 2


def test_an_unknown_rule(specc: Command) -> None:
    write(a="fine")
    outcome = specc("check", "--select", "in-feature-mismatch", "a.spec")
    assert outcome == (2, "", "specc: --select: there is no rule in-feature-mismatch: "
                              "did you mean in-features-mismatch?\n")


# ---------------------------------------------------------------- which files


def test_folders_are_searched_in_sorted_order_without_hidden_ones(specc: Command) -> None:
    for name in ("b/z.spec", "b/a.spec", "a.spec", "b/c/d.spec", ".git/x.spec", "b/note.txt"):
        Path(name).parent.mkdir(exist_ok=True, parents=True)
        Path(name).write_text("WARN")
    lines = specc("check", "--format", "concise", ".").out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["a.spec", "b/a.spec", "b/c/d.spec", "b/z.spec"]


def test_a_file_is_checked_once_however_often_it_is_named(specc: Command) -> None:
    write(a="BAD")
    Path("link.spec").symlink_to("a.spec")
    outcome = specc("check", "--format", "json", "./a.spec", "a.spec", ".", "link.spec")
    assert [file["path"] for file in json.loads(outcome.out)["files"]] == ["./a.spec"]


def test_a_link_that_goes_in_circles_ends(specc: Command) -> None:
    write(a="fine")
    Path("loop").symlink_to(".")
    assert specc("check", ".").out == "1 spec checked: all good\n"


def test_standard_input(specc: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for words, name in ([], "<stdin>"), (["--stdin-filename", "specs/x.spec"], "specs/x.spec"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x\nBAD")))
        outcome = specc("check", "--format", "concise", *words, "-")
        assert outcome == (1, f"{name}:2:1: error[S201]: BAD is found\n", "")


@pytest.mark.parametrize("path, expected", [
    ("missing.spec", "error[S290]: cannot read missing.spec: no such file or directory\n"),
    ("bytes.spec", "error[S291]: bytes.spec is not UTF-8 text: byte 0xff in line 2\n"),
    ("folder", "error[S293]: there is no .spec file in folder\n"),
    ("bad\nname\x1b[31m", "error[S290]: cannot read bad\\nname\\x1b[31m: no such file or directory\n"),
    ("nul\0", "error[S290]: cannot read nul\\x00: embedded null byte\n"),
    ("", 'error[S290]: cannot read "": no such file or directory\n'),
])
def test_what_cannot_be_read_is_one_line_and_status_2(specc: Command, path: str, expected: str) -> None:
    Path("bytes.spec").write_bytes(b"ok\n\xff\xfe")
    Path("folder").mkdir()
    write(good="fine")
    outcome = specc("check", path, "good.spec")
    assert outcome == (2, f"{expected}\n1 error in 1 of 2 specs\n", "")


def test_an_unreadable_file(specc: Command) -> None:
    write(a="fine")
    os.chmod("a.spec", 0)
    if os.access("a.spec", os.R_OK):
        pytest.skip("this user may read everything")
    assert specc("check", "a.spec").out.startswith("error[S290]: cannot read a.spec: permission denied\n")


def test_a_huge_file_is_refused(specc: Command) -> None:
    with open("a.spec", "wb") as file:
        file.truncate(17 * 1024 * 1024)
    assert specc("check", "a.spec").out.startswith("error[S290]: cannot read a.spec: it is larger than 16 MB\n")


def test_a_byte_order_mark_is_no_text(specc: Command) -> None:
    Path("a.spec").write_bytes(b"\xef\xbb\xbfBAD")
    assert specc("check", "--format", "concise", "a.spec").out.startswith("a.spec:1:1:")


# ---------------------------------------------------------------- faults of the tool


def test_a_fault_in_specc_is_reported_and_the_other_files_are_checked(specc: Command) -> None:
    write(a="CRASH", b="BAD")
    outcome = specc("check", ".")
    assert outcome.status == 101 and outcome.err == ""
    assert outcome.out.startswith("error[S901]: a fault in specc itself while it worked on a.spec: KeyError: ")
    assert "please report this" in outcome.out and "Python 3." in outcome.out and "\x1b" not in outcome.out
    assert "error[S201]" in outcome.out and "Traceback" not in outcome.out


def test_debug_shows_where_a_fault_happened(specc: Command) -> None:
    write(a="CRASH")
    outcome = specc("--debug", "check", "a.spec")
    assert outcome.status == 101 and outcome.err.startswith("Traceback")


# ---------------------------------------------------------------- fixes


def test_fix(specc: Command) -> None:
    write(a="x BAD\r\ny WORSE\r\n", b="fine")
    outcome = specc("check", "--fix", ".")
    assert outcome == (0, "3 problems fixed; 2 specs checked: all good\n", "")
    assert Path("a.spec").read_bytes() == b"x GOOD\r\ny GOOD\r\n"
    assert sorted(os.listdir()) == ["a.spec", "b.spec"]


def test_fix_keeps_permissions_links_and_the_byte_order_mark(specc: Command) -> None:
    Path("real").mkdir()
    Path("real/a.spec").write_bytes(b"\xef\xbb\xbfBAD")
    os.chmod("real/a.spec", 0o640)
    Path("a.spec").symlink_to("real/a.spec")
    assert specc("check", "--fix", "a.spec").status == 0
    assert Path("a.spec").is_symlink() and Path("real/a.spec").read_bytes() == b"\xef\xbb\xbfGOOD"
    assert Path("real/a.spec").stat().st_mode & 0o777 == 0o640


def test_fix_reports_what_remains(specc: Command) -> None:
    write(a="BAD WARN")
    outcome = specc("check", "--fix", "--deny-warnings", "a.spec")
    assert outcome.status == 1 and outcome.out.endswith("1 problem fixed; 1 warning in 1 spec\n")


def test_fix_leaves_alone_what_is_not_selected(specc: Command) -> None:
    write(a="BAD")
    specc("check", "--fix", "--ignore", "S201", "a.spec")
    assert Path("a.spec").read_text() == "BAD"


def test_diff_changes_nothing(specc: Command) -> None:
    write(a="one\nBAD\nthree")
    outcome = specc("check", "--diff", "--fix", "a.spec")
    assert outcome.status == 1 and outcome.err == "1 problem would be fixed in 1 spec\n"
    assert outcome.out == ("--- a.spec\n+++ a.spec\n@@ -1,3 +1,3 @@\n one\n-BAD\n+GOOD\n three\n"
                           "\\ No newline at end of file\n")
    assert Path("a.spec").read_text() == "one\nBAD\nthree"


def test_diff_of_nothing(specc: Command) -> None:
    write(a="fine")
    assert specc("check", "--diff", "a.spec") == (0, "", "0 problems would be fixed in 0 specs\n")


def test_fix_of_standard_input_prints_the_fixed_spec(specc: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"BAD WARN")))
    outcome = specc("check", "--fix", "-")
    assert outcome.out == "GOOD WARN" and "warning[S221]" in outcome.err


def test_fix_of_standard_input_stands_alone(specc: Command) -> None:
    assert specc("check", "--fix", "-", "a.spec").status == 2


def test_fix_where_nothing_can_be_written(specc: Command, read_only: Path) -> None:
    if os.access(read_only, os.W_OK):
        pytest.skip("this user may write everywhere")
    outcome = specc("check", "--fix", str(read_only))
    assert outcome.status == 2 and "its fixes cannot be written: permission denied" in outcome.out.lower()


def test_a_file_that_changes_during_a_fix_is_left_alone(specc: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    write(a="BAD")
    compile_spec = specc.compile

    def meddling(*given):
        Path("a.spec").write_text("BAD, and more")
        return compile_spec(*given)

    monkeypatch.setattr(compiler, "compile_spec", meddling)
    outcome = specc("check", "--fix", "a.spec")
    assert outcome.status == 2 and "it changed while it was being checked" in outcome.out
    assert Path("a.spec").read_text() == "BAD, and more"
