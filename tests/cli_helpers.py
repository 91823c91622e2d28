"""Running the command inside the test's process, with a compiler whose findings the test controls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from specc.cli.main import main
from specc.compiler import Unit
from specc.diagnostics.model import Diagnostic, Edit, Fix, finding
from specc.source import Source, Span

# What the compiler of these tests finds: each of the words is one finding.
WORDS = {"BAD": ("unknown-name", "GOOD"), "WARN": ("unused-parameter", None), "HINT": ("seed-unset", None),
         "WORSE": ("not-a-value", "BAD"), "OPEN": ("unclosed-bracket", None)}


class Outcome(NamedTuple):
    """What a command returned and wrote."""

    status: int
    out: str
    err: str


class Command:
    """`specc ...` with captured streams; `settings` are the overrides the compiler was last given."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.settings: dict[str, str] = {}

    def __call__(self, *words: str) -> Outcome:
        status = main([str(word) for word in words])
        return Outcome(status, *self.capsys.readouterr())

    def compile(self, source: Source, settings: Mapping[str, str] | None = None, load: Any = None) -> Unit:
        """A compiler that finds the words of WORDS, and fails at CRASH."""
        self.settings = dict(settings or {})
        if "CRASH" in source.text:
            raise KeyError("CRASH\x1b[31m")
        found = [_finding(source, match) for match in re.finditer("|".join(WORDS), source.text)]
        return Unit(source, None, (), None, tuple(found))


def _finding(source: Source, match: re.Match[str]) -> Diagnostic:
    rule, better = WORDS[match.group()]
    span = Span(source, match.start(), match.end())
    fix = Fix(f"write {better}", (Edit(span, better),)) if better else None
    return finding(rule, span, f"{match.group()} is found", fix=fix)
