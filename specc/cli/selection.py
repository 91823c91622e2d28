"""Which findings are shown: `--select` and `--ignore` take codes, beginnings of codes, and names of rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specc.cli.arguments import UsageError
from specc.cli.config import Config, shown
from specc.diagnostics.codes import CODES
from specc.diagnostics.model import Diagnostic
from specc.diagnostics.report import FileReport
from specc.diagnostics.sanitize import clean
from specc.diagnostics.suggest import did_you_mean

EVERYTHING = "all"
NOTHING = Config()
# A spec that cannot be read or parsed is never called clean, whatever was asked for.
_ALWAYS = ("S1", "S29", "S9")


class Selection(NamedTuple):
    """The rules asked for (None: all but hints) and those left out, by name."""

    selected: frozenset[str] | None
    ignored: frozenset[str]

    def shows(self, problem: Diagnostic) -> bool:
        """Whether a finding is shown."""
        if problem.severity == "error" and problem.code.startswith(_ALWAYS):
            return True
        if problem.name in self.ignored:
            return False
        return problem.severity != "info" if self.selected is None else problem.name in self.selected

    def of(self, report: FileReport) -> FileReport:
        """The report with only what is shown."""
        return report._replace(problems=tuple(filter(self.shows, report.problems)))


def selection(select: Sequence[str], ignore: Sequence[str], config: Config = NOTHING) -> Selection:
    """The selection of some words of a command line, each a list with commas; else that of the repository's settings.

    Raises UsageError for unknown rules.
    """
    selected = _rules("--select", select) or _settled("select", config, config.select)
    ignored = _rules("--ignore", ignore) or _settled("ignore", config, config.ignore)
    return Selection(selected if select or config.select else None, ignored)


def _settled(setting: str, config: Config, rules: Sequence[str]) -> frozenset[str]:
    return _rules(f"{setting} in {shown(config.path)}", rules) if rules else frozenset()


def _rules(option: str, texts: Sequence[str]) -> frozenset[str]:
    words = [word.strip() for text in texts for word in text.split(",") if word.strip()]
    return frozenset(name for word in words for name in _named(option, word))


def _named(option: str, word: str) -> list[str]:
    """The rules one word stands for: `all`, `in-features-mismatch`, `S301`, `S3`, `S3xx`."""
    if word.lower() == EVERYTHING:
        return list(CODES)
    if word in CODES:
        return [word]
    start = word.upper().rstrip("X")
    found = [name for name, (code, _, _) in CODES.items() if len(start) > 1 and code.startswith(start)]
    if not found:
        hint = did_you_mean(word, CODES) or "specc explain lists all rules"
        raise UsageError(f"{option}: there is no rule {clean(word)}: {hint}")
    return found
