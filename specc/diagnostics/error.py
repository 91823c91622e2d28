"""The one exception of the Python interface."""

from __future__ import annotations

from collections.abc import Sequence

from specc.diagnostics.model import Diagnostic
from specc.diagnostics.text import message


class SpecError(Exception):
    """A spec cannot be used. `problems` says why; the exception's text is the problems as people read them."""

    def __init__(self, problems: Sequence[Diagnostic]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(message(problem) for problem in self.problems))
