"""How many spaces stand between two words or signs on one line."""

from __future__ import annotations

from specc.format.roles import RESERVED, Roles
from specc.syntax.automaton import tables


def gap(roles: Roles, at: int) -> int:
    """The spaces before a token that stands on the line of the one before it."""
    before, text = roles.texts[at - 1], roles.texts[at]
    if at in roles.statements:
        return 1 if before == "{" else 2
    if "." in before[-1:] + text[:1]:
        return _around_dots(roles, at)
    if before in ("(", "[") or text in (")", "]", ",", "?") or at - 1 in roles.signs:
        return 0
    if ":" in (before, text):
        return _around_colon(roles, at)
    for sign in (at, at - 1):
        if sign in roles.names_of_arguments:
            return int(roles.names_of_arguments[sign])
    return 0 if text in ("(", "[") and _continues_value(roles, at) else 1


def _around_dots(roles: Roles, at: int) -> int:
    before, text = roles.texts[at - 1], roles.texts[at]
    if "..." in (before, text):
        return 0 if before in ("(", "[") or text in (")", "]", ",") else 1
    if text == "." and tables().names[roles.tokens.kinds[at - 1]] == "NUMBER":
        return 1
    return 0 if {before, text} & {".", ".."} else 1


def _around_colon(roles: Roles, at: int) -> int:
    before, text = roles.texts[at - 1], roles.texts[at]
    if at in roles.slices:
        return int(before == ",")
    if at - 1 in roles.slices:
        return 0
    return 0 if text == ":" else int(before == ":")


def _continues_value(roles: Roles, at: int) -> bool:
    """Whether a bracket calls, indexes or gives a shape to what stands before it."""
    before = roles.texts[at - 1]
    if before in (")", "]", "}"):
        return True
    if not roles.is_word(at - 1) or at - 1 in roles.keywords:
        return False
    return before not in RESERVED or at > 1 and roles.texts[at - 2] == "."
