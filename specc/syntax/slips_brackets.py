"""Brackets that are missing, wrong or too many; the indentation of the lines tells which one it was."""

from __future__ import annotations

from specc.diagnostics.model import Label, finding
from specc.syntax.automaton import tables
from specc.syntax.edits import fix
from specc.syntax.slips import Change, Slip, change, swap
from specc.syntax.trouble import CLOSERS, Trouble


def _wrong_closer(trouble: Trouble) -> Slip | None:
    word, opened = trouble.word(), trouble.opened()
    if word not in CLOSERS.values() or not opened:
        return None
    wanted = CLOSERS[opened[-1].sign]
    if wanted == word or not trouble.accepts(wanted):
        return None
    if any(CLOSERS[bracket.sign] == word for bracket in opened):
        return _unclosed(trouble, [opened[-1].token], trouble.at)
    opener = Label(trouble.tokens.span(opened[-1].token), "opened here")
    headline = f"`{opened[-1].sign}` is closed by `{wanted}`, not `{word}`"
    problem = finding("unopened-bracket", trouble.span(), headline, labels=(opener,), fix=fix(trouble.span(), wanted))
    return Slip(problem, (change(trouble, 0, 1, wanted),))


def _stray_closer(trouble: Trouble) -> Slip | None:
    word = trouble.word()
    if word not in CLOSERS.values():
        return None
    if any(CLOSERS[bracket.sign] == word for bracket in trouble.opened()):
        return None
    slip = swap(trouble, 0, "", "unopened-bracket", f"this `{word}` closes nothing")
    return slip._replace(problem=slip.problem._replace(fix=None))


def _never_closed(trouble: Trouble) -> Slip | None:
    """The bracket that a line no deeper than its own shows to be over, or at the end whatever is open."""
    opened = trouble.opened()
    if not opened:
        return None
    open_brackets: list[tuple[int, int]] = []
    for at in range(opened[0].token, trouble.at + 1):
        word = trouble.word(at - trouble.at)
        if _begins_statement(trouble, at):
            over = _over(open_brackets, trouble.indent(at))
            if over:
                return _unclosed(trouble, over, at)
        if word in CLOSERS:
            open_brackets.append((at, trouble.indent(at)))
        elif word in CLOSERS.values() and open_brackets:
            open_brackets.pop()
    if trouble.kind() != "$END" or not open_brackets:
        return None
    return _unclosed(trouble, [token for token, _ in reversed(open_brackets)], trouble.at)


def _begins_statement(trouble: Trouble, at: int) -> bool:
    word = trouble.word(at - trouble.at)
    return trouble.begins_line(at) and word not in (*CLOSERS.values(), "->", ",", "else", "")


def _over(open_brackets: list[tuple[int, int]], indent: int) -> list[int]:
    """The open brackets, from the innermost, on whose lines or before them this indentation lies."""
    over = []
    for token, left in reversed(open_brackets):
        if indent > left:
            break
        over.append(token)
    return over


def _unclosed(trouble: Trouble, openers: list[int], before: int) -> Slip:
    """Close these brackets, the innermost first, before a token."""
    texts = [trouble.word(opener - trouble.at) for opener in openers]
    closers = [CLOSERS[text] for text in texts]
    labels = [Label(trouble.tokens.span(opener), "neither is this") for opener in openers[1:]]
    if trouble.word(before - trouble.at):
        labels.append(Label(trouble.tokens.span(before), f"`{''.join(closers)}` is missing before this"))
    problem = finding("unclosed-bracket", trouble.tokens.span(openers[0]), f"this `{texts[0]}` is never closed",
                      labels=tuple(labels))
    kinds = tuple(tables().texts.index(closer) for closer in closers)
    return Slip(problem, (Change(before, 0, kinds),))


RULES = (_wrong_closer, _never_closed, _stray_closer)
