"""The reference manual is made from the operations and kept current; every operation says what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from specc.ops.registry import all_operations
from specc.report.manual import pages

FOLDER = Path(__file__).parent.parent / "docs" / "reference"


@pytest.mark.parametrize("name", sorted(pages()))
def test_is_current(name: str) -> None:
    assert (FOLDER / name).read_text() == pages()[name], "run python -m specc.report.manual"


def test_has_a_page_for_every_kind() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(pages())


def test_every_operation_says_what_it_is() -> None:
    silent = [operation.name for operation in all_operations() if not operation.doc or not operation.example]
    assert silent == []
