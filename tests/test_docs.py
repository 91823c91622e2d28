"""Every code block of the README and the docs: specs are checked, messages are compared, Python is run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import specc
from specc.cli.config import config_of
from specc.cli.main import main
from specc.diagnostics.codes import CODES, IMPOSSIBLE
from specc.syntax.parser import parse

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?:<!-- (?P<how>.*?) -->\n)?```(?P<kind>[\w-]+)\n(?P<text>.*?)```\n", re.DOTALL)
KINDS = {"spec", "spec-part", "python", "text", "toml", "sh", "json"}


def blocks(kind: str) -> list[tuple[str, str, str]]:
    """(page, comment before it, text) of every block of a kind."""
    return [
        (page.name, found["how"] or "", found["text"])
        for page in PAGES
        for found in BLOCK.finditer(page.read_text())
        if found["kind"] == kind
    ]


def test_every_block_is_of_a_known_kind() -> None:
    kinds = {found["kind"] for page in PAGES for found in BLOCK.finditer(page.read_text())}
    assert kinds <= KINDS
    assert all(page.read_text().count("```") == 2 * len(BLOCK.findall(page.read_text())) for page in PAGES)


@pytest.mark.parametrize("page, how, text", blocks("spec"))
def test_specs_are_clean(page: str, how: str, text: str) -> None:
    assert all(problem.severity == "info" for problem in specc.check(specc.Source(page, text)).problems)


@pytest.mark.parametrize("page, how, text", blocks("spec-part"))
def test_parts_of_specs_parse(page: str, how: str, text: str) -> None:
    _, _, problems = parse(specc.Source(page, text))
    assert problems == ()


@pytest.mark.parametrize("page, how, text", blocks("toml"))
def test_settings_are_understood(page: str, how: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert config_of([str(tmp_path)]).path == str(tmp_path / "pyproject.toml")


def test_what_no_spec_can_hold_is_said() -> None:
    page = (ROOT / "docs" / "ci.md").read_text()
    assert IMPOSSIBLE and all(f"| `{name}` | {why} |\n" in page for name, why in IMPOSSIBLE.items())
    assert not IMPOSSIBLE.keys() & CODES.keys()


def test_the_first_spec_is_the_one_in_specs() -> None:
    in_readme = next(text for page, _, text in blocks("spec") if page == "README.md")
    without_comments = re.sub(r"^#.*\n+", "", (ROOT / "specs" / "mnist.spec").read_text(), flags=re.MULTILINE)
    assert in_readme.split() == without_comments.split()


@pytest.mark.parametrize("page, how, text", [block for block in blocks("text") if block[1].startswith("message")])
def test_messages_are_what_is_printed(
    page: str, how: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name, spec = with_changes(how.removeprefix("message:"))
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(spec)
    monkeypatch.chdir(tmp_path)
    assert main(["check", name, "--color", "never"]) == 1
    assert capsys.readouterr().out.strip() == text.strip()


@pytest.mark.parametrize("page, how, text", [block for block in blocks("text") if block[1].startswith("diff")])
def test_differences_are_what_is_printed(
    page: str, how: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name, spec = with_changes(how.removeprefix("diff:"))
    (tmp_path / "old.spec").write_text((ROOT / name).read_text())
    (tmp_path / "new.spec").write_text(spec)
    monkeypatch.chdir(tmp_path)
    assert main(["diff", "old.spec", "new.spec", "--color", "never"]) == 0
    assert capsys.readouterr().out.strip() == text.strip()


def with_changes(how: str) -> tuple[str, str]:
    """A spec's name, and its text with the changes `before => after`."""
    name, *changes = [part.strip() for part in how.split(" | ")]
    spec = (ROOT / name).read_text()
    for change in changes:
        before, after = change.split(" => ")
        assert before in spec
        spec = spec.replace(before, after, 1)
    return name, spec


@pytest.mark.parametrize("page, how, text", blocks("python"))
def test_python_runs(page: str, how: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(text, page, "exec"), {"__name__": "documentation"})
