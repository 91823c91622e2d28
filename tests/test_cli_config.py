"""Settings in pyproject.toml: found, understood, and weaker than the command line."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from cli_helpers import Command
from specc import compiler


@pytest.fixture
def specc(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """The command in a folder with three specs: one clean, one with a warning, one with a hint."""
    command = Command(capsys)
    monkeypatch.setattr(compiler, "compile_spec", command.compile)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").mkdir()
    for name, text in {"clean": "fine", "warned": "WARN", "hinted": "HINT"}.items():
        (tmp_path / "specs" / f"{name}.spec").write_text(text)
    return command


def settle(text: str, folder: str = ".") -> None:
    Path(folder, "pyproject.toml").write_text(f'[project]\nname = "x"\n[tool.specc]\n{text}\n')


def test_nothing_is_settled(specc: Command) -> None:
    Path("pyproject.toml").write_text('[project]\nname = "specc-user"\n')
    assert specc("check", "specs").status == 0


def test_deny_warnings(specc: Command) -> None:
    settle("deny-warnings = true")
    assert specc("check", "specs").status == 1
    assert specc("check", "--allow-warnings", "specs").status == 0


def test_select_and_ignore(specc: Command) -> None:
    settle('select = ["seed-unset"]')
    assert specc("check", "specs").out.endswith("1 hint in 1 of 3 specs\n")
    assert specc("check", "--select", "S221", "specs").out.startswith("warning[S221]")
    settle('ignore = ["S221", "S4xx"]')
    assert "all good" in specc("check", "specs").out
    assert specc("check", "--ignore", "S201", "specs").out.startswith("warning[S221]")


def test_format(specc: Command) -> None:
    settle('format = "concise"')
    assert specc("check", "specs").out == "specs/warned.spec:1:1: warning[S221]: WARN is found\n"
    assert specc("check", "--format", "text", "specs").out.startswith("warning[S221]")


@pytest.mark.parametrize("patterns", ['["specs/warned.spec"]', '["specs/w*"]', '["specs"]', '["specs/"]', '["*"]'])
def test_exclude(specc: Command, patterns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(f"exclude = {patterns}")
    assert "all good" in specc("check", "specs").out
    assert specc("check", "specs/warned.spec").out.startswith("warning[S221]"), "a file that is named is checked"
    monkeypatch.chdir("specs")
    assert "all good" in specc("check", ".").out, "patterns are relative to the folder of the settings"


def test_fmt_heeds_exclude(specc: Command) -> None:
    settle('exclude = ["specs"]')
    assert specc("fmt", "--check", "specs") == (0, "", "")


def test_the_nearest_settings_above_all_paths_count(specc: Command) -> None:
    settle("deny-warnings = true")
    settle("deny-warnings = false", "specs")
    Path("other.spec").write_text("fine")
    assert specc("check", "specs/warned.spec").status == 0
    assert specc("check", "specs/warned.spec", "other.spec").status == 1
    Path("specs/pyproject.toml").write_text('[tool.other]\nname = "specc"\n')
    assert specc("check", "specs/warned.spec").status == 1


def test_settings_are_not_looked_for_outside_the_repository(specc: Command) -> None:
    settle("deny-warnings = true")
    Path("specs/.git").mkdir()
    assert specc("check", "specs/warned.spec").status == 0


def test_standard_input_lies_where_its_name_says(specc: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    settle("deny-warnings = true", "specs")
    for name, status in (("specs/x.spec", 1), ("x.spec", 0)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"WARN")))
        assert specc("check", "--stdin-filename", name, "-").status == status


@pytest.mark.parametrize("text, message", [
    ("slect = []", "pyproject.toml: tool.specc has no setting slect: did you mean select?"),
    ("zzz = 1", "pyproject.toml: tool.specc has no setting zzz: there are select, ignore, exclude, format, "
                "deny-warnings"),
    ('select = "S2"', "pyproject.toml: select of tool.specc wants a list of rules"),
    ("ignore = [1]", "pyproject.toml: ignore of tool.specc wants a list of rules"),
    ("deny-warnings = 1", "pyproject.toml: deny-warnings of tool.specc wants true or false"),
    ('format = "sarf"', "pyproject.toml: format of tool.specc wants one of text, concise, json, github, sarif, "
                        "junit: did you mean sarif?"),
    ("deny-warnings = yes", "pyproject.toml cannot be read: Invalid value (at line 4, column 17)"),
    ('ignore = ["S2", "linear-lineer"]', "ignore in pyproject.toml: there is no rule linear-lineer: "
                                         "did you mean linear-linear?"),
])  # fmt: skip
def test_what_is_not_understood_is_one_line_and_status_2(specc: Command, text: str, message: str) -> None:
    settle(text)
    assert specc("check", "specs") == (2, "", f"specc: {message}\n")


@pytest.mark.parametrize("data", [b"[tool]\nspecc = 3", b"# specc\n\xff", b"tool = 'specc'", b"[[tool]]\nx = 'specc'"])
def test_odd_files(specc: Command, data: bytes) -> None:
    Path("pyproject.toml").write_bytes(data)
    assert specc("check", "specs").status == 2


def test_control_codes_in_settings_are_not_printed(specc: Command) -> None:
    settle('"\\u001b[2J" = 1')
    assert "\x1b" not in specc("check", "specs").err
