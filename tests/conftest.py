"""The options of the tests."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="write scripts, pages and pictures anew")
    parser.addoption("--trials", type=int, default=100, help="how many hostile strings each slot is tried with")
