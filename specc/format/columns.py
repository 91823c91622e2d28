"""Signs that the user put in one column, line under line, stay in one column."""

from __future__ import annotations

from typing import Any

from specc.format.roles import CLOSERS, OPENERS, Roles
from specc.syntax import tree

_BY_SIGN = (tree.Assign, tree.Let, tree.Setting, tree.SplitAssign, tree.Annotated, tree.Rule, tree.Buffer, tree.Layer,
            tree.Param, tree.Tie)
_BY_SECOND_WORD = (tree.Loss, tree.Optimizer, tree.Scheduler, tree.Metrics, tree.Train)


def keep_columns(roles: Roles, gaps: list[int]) -> None:
    """Widen the gaps before signs that stood in one column, so that they do so in the canonical layout."""
    for statements in roles.lists:
        run: list[tuple[int, int]] = []
        for statement in statements:
            first = roles.number(statement.span.start)
            sign = _sign_on_first_line(roles, statement, first)
            if run and (sign is None or not _continues(roles, run[-1], first, sign)):
                _align(roles, gaps, run)
                run = []
            if sign is not None:
                run.append((first, sign))
        _align(roles, gaps, run)


def _sign_on_first_line(roles: Roles, statement: Any, first: int) -> int | None:
    sign = _sign(roles, statement, first)
    return sign if sign is not None and _line(roles, sign) == _line(roles, first) else None


def _sign(roles: Roles, statement: Any, first: int) -> int | None:
    """The token of a statement that may stand in a column with those of its neighbours."""
    if isinstance(statement, tree.OptimizerGroup):
        return roles.after(statement.condition.span)
    if isinstance(statement, _BY_SECOND_WORD):
        named = roles.texts[first + 2 : first + 3] == ["="]
        return first + 2 if named else first + 1
    return _equals(roles, first) if isinstance(statement, _BY_SIGN) else None


def _equals(roles: Roles, first: int) -> int:
    depth, at = 0, first
    while depth or roles.texts[at] not in ("=", "~"):
        depth += (roles.texts[at] in OPENERS) - (roles.texts[at] in CLOSERS)
        at += 1
    return at


def _continues(roles: Roles, before: tuple[int, int], first: int, sign: int) -> bool:
    """Whether a statement and its sign stand right under those of the statement before it."""
    tokens = roles.tokens
    between = tokens.source.text[tokens.ends[first - 1] : tokens.starts[first]]
    if between.count("\n") != 1:
        return False
    return _column(roles, before[0]) == _column(roles, first) and _column(roles, before[1]) == _column(roles, sign)


def _line(roles: Roles, at: int) -> int:
    return roles.tokens.source.position(roles.tokens.starts[at]).line


def _column(roles: Roles, at: int) -> int:
    return roles.tokens.source.position(roles.tokens.starts[at]).column


def _align(roles: Roles, gaps: list[int], run: list[tuple[int, int]]) -> None:
    if len(run) < 2:
        return
    widths = [sum(gaps[at] + len(roles.texts[at]) for at in range(first + 1, sign)) for first, sign in run]
    widths = [width + len(roles.texts[first]) for width, (first, _) in zip(widths, run)]
    for width, (_, sign) in zip(widths, run):
        gaps[sign] = 1 + max(widths) - width
