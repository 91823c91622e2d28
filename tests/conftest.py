"""The options of the tests, and a fixture that two files of them need."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

_number = count()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="write scripts, pages and pictures anew")
    parser.addoption("--trials", type=int, default=100, help="how many hostile strings each slot is tried with")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Any]:
    """Writes a spec and its module, under a name of its own: Python imports a module once."""
    kept = list(sys.path)

    def write(spec: str, code: str | None) -> Path:
        module = f"things{next(_number)}"
        if code is not None:
            (tmp_path / f"{module}.py").write_text(code)
        path = tmp_path / "job.spec"
        path.write_text(spec.replace("things.", f"{module}."))
        return path

    yield write
    sys.path[:] = kept
