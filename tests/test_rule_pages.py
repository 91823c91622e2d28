"""The pages of the rules: each wrong example breaks just its rule, each right one is right."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from specc.compiler import compile_spec
from specc.diagnostics.codes import CODES
from specc.runtime.options import FAULTS
from specc.source import Source

FOLDER = Path(__file__).parent.parent / "specc" / "diagnostics" / "pages"
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.txt"))}
HINTS = {name for name, (_, severity, _) in CODES.items() if severity == "info"}


def example(page: str, title: str) -> str:
    """The indented spec below `Wrong:` or `Right:`; empty where a page has none."""
    _, _, after = page.partition(f"\n{title}:\n")
    return textwrap.dedent(after.split("\nRight:\n")[0]).strip() + "\n" if after else ""


def found(spec: str) -> set[str]:
    return {problem.name for problem in compile_spec(Source("page.spec", spec)).problems}


def test_pages_are_of_rules() -> None:
    assert PAGES and PAGES.keys() <= CODES.keys() | FAULTS.keys()


def test_every_rule_has_a_page() -> None:
    assert not CODES.keys() - PAGES.keys()


def test_every_fault_of_a_run_has_a_page() -> None:
    assert FAULTS.keys() <= PAGES.keys() and not FAULTS.keys() & CODES.keys()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_terminal(name: str) -> None:
    assert max(map(len, PAGES[name].splitlines())) <= 104
    assert bool(example(PAGES[name], "Wrong")) == bool(example(PAGES[name], "Right"))


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if example(page, "Wrong")])
def test_the_examples_of_a_page(name: str) -> None:
    wrong, right = (found(example(PAGES[name], title)) for title in ("Wrong", "Right"))
    assert name in wrong and wrong - {name} <= HINTS
    assert name not in right and right <= HINTS
