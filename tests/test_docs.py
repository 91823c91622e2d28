"""Every code block of the README and the docs: specs are checked, messages and scripts are compared, Python is run."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch

import specc
from cli_helpers import Command
from docs_blocks import BLOCK, PAGES, ROOT, blocks, renewed
from specc.cli.arguments import parse as parse_words
from specc.cli.config import config_of
from specc.diagnostics.codes import CODES, IMPOSSIBLE
from specc.runtime.options import FAULTS
from specc.syntax.parser import parse

KINDS = {"spec", "spec-part", "python", "text", "toml", "sh", "json"}


def test_every_block_is_of_a_known_kind() -> None:
    kinds = {found["kind"] for page in PAGES for found in BLOCK.finditer(page.read_text())}
    assert kinds <= KINDS
    assert all(page.read_text().count("```") == 2 * len(BLOCK.findall(page.read_text())) for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_shown_is_what_specc_gives(
    page: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a change of messages or scripts: pytest tests/test_docs.py --golden, and review the difference."""
    made = renewed(page.read_text(), Command(capsys))
    if request.config.getoption("--golden"):
        page.write_text(made)
    assert page.read_text() == made, "pytest tests/test_docs.py --golden writes the page anew"


@pytest.mark.parametrize("page, text", blocks("spec"))
def test_specs_are_clean(page: str, text: str) -> None:
    assert all(problem.severity == "info" for problem in specc.check(specc.Source(page, text)).problems)


@pytest.mark.parametrize("page, text", blocks("spec-part"))
def test_parts_of_specs_parse(page: str, text: str) -> None:
    _, _, problems = parse(specc.Source(page, text))
    assert problems == ()


@pytest.mark.parametrize("page, text", blocks("toml"))
def test_settings_are_understood(page: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert config_of([str(tmp_path)]).path == str(tmp_path / "pyproject.toml")


def commands() -> list[str]:
    """Every `specc VERB ...` of the pages, in blocks of commands and in sentences."""
    shown = [line for _, text in blocks("sh") for line in re.split(r"\n|&&|\|", text)]
    said = [text for page in PAGES for text in re.findall(r"`(specc [^`]+)`", page.read_text())]
    return sorted({line.strip() for line in (*shown, *said) if re.match(r"\s*specc [a-z]", line)})


def test_there_are_commands() -> None:
    assert len(commands()) > 40


@pytest.mark.parametrize("line", commands())
def test_commands_are_understood(line: str) -> None:
    verb, *words = shlex.split(line, comments=True)[1:]
    command = import_module(f"specc.cli.{verb}").COMMAND
    parse_words(command._replace(least=0), words)  # a sentence may leave out which spec


def test_what_no_spec_can_hold_is_said() -> None:
    page = (ROOT / "docs" / "ci.md").read_text()
    assert IMPOSSIBLE and all(f"| `{name}` | {why} |\n" in page for name, why in IMPOSSIBLE.items())
    assert not IMPOSSIBLE.keys() & CODES.keys()


def test_the_first_spec_is_the_one_in_specs() -> None:
    in_readme = next(text for page, text in blocks("spec") if page == "README.md")
    without_comments = re.sub(r"^#.*\n+", "", (ROOT / "specs" / "mnist.spec").read_text(), flags=re.MULTILINE)
    assert in_readme.split() == without_comments.split()


@pytest.mark.parametrize("page, text", blocks("python"))
def test_python_runs(page: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(text, page, "exec"), {"__name__": "documentation"})


def test_the_net_by_hand_is_the_net_of_the_spec() -> None:
    """Keys, initial weights and outputs, as the page says."""
    by_hand: dict[str, Any] = {}
    exec(next(text for page, text in blocks("python") if page == "from-pytorch.md"), by_hand)
    spec = specc.Source("net.spec", next(text for page, text in blocks("spec") if page == "from-pytorch.md"))
    torch.manual_seed(0)
    one = by_hand["Net"]()
    torch.manual_seed(0)
    other = specc.build(spec)
    assert list(one.state_dict()) == list(other.state_dict())
    assert all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))
    pictures = torch.randn(2, 3, 9, 8)
    assert torch.equal(one(pictures), other(pictures))


def test_every_way_a_run_fails_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "training.md").read_text()
    assert re.findall(r"^\| (R\d+) \|", page, re.MULTILINE) == sorted(code for code, _ in FAULTS.values())
