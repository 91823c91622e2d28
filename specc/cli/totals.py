"""The last line of a check: how many problems in how many specs."""

from __future__ import annotations

from collections.abc import Sequence

from specc.diagnostics.report import FileReport, count


def totals(reports: Sequence[FileReport], shown: Sequence[FileReport], fixed: int = 0) -> str:
    """`3 specs checked: all good`, or `1 error in 1 of 3 specs`, with what was fixed and what is not shown."""
    found = [counted(number, word) for word, severity in (("error", "error"), ("warning", "warning"), ("hint", "info"))
             if (number := count(shown, severity))]
    affected = sum(bool(report.problems) for report in shown)
    parts = [f"{counted(fixed, 'problem')} fixed"] if fixed else []
    if found:
        parts.append(f"{_listed(found)} in {_share(affected, len(shown))}{_fixable(shown)}")
    else:
        parts.append(f"{counted(len(shown), 'spec')} checked: all good")
    hidden = count(reports, "info") - count(shown, "info")
    return "; ".join(parts) + (f" ({counted(hidden, 'hint')} not shown: --select all)" if hidden else "")


def counted(number: int, word: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _share(part: int, whole: int) -> str:
    return counted(whole, "spec") if part == whole else f"{part} of {counted(whole, 'spec')}"


def _fixable(shown: Sequence[FileReport]) -> str:
    number = sum(problem.fix is not None for report in shown for problem in report.problems)
    return f", {number} can be fixed with --fix" if number else ""
