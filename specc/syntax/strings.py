"""The values of numbers and strings as they are written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from specc.diagnostics.model import Diagnostic, Edit, Fix, finding
from specc.source import Span
from specc.syntax.tree import Hole

if TYPE_CHECKING:
    from specc.syntax.machine import Context

MAX_DIGITS = 64
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\", '"': '"', "'": "'"}
_SPECIAL = re.compile(
    r"(?P<brace>\{\{|\}\})|(?P<open>\{)|(?P<close>\})"
    r"|\\(?P<hex>x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})|\\(?P<octal>[0-7]{1,3})|\\(?P<one>.)"
)


def read_number(text: str, at: Span, problems: list[Diagnostic]) -> int | float:
    """The value of a number; 0 where there is none, with the problem told."""
    digits = text.replace("_", "")
    if len(digits) > MAX_DIGITS:
        headline = f"this number has {len(digits)} digits; {MAX_DIGITS} are the most a spec can use"
        problems.append(finding("number-out-of-range", at, headline))
        return 0
    if digits.isdigit():
        return _whole(digits, at, problems)
    try:
        value = float(digits)
    except ValueError:
        return 0  # a malformed number, told by the lexer
    if value == float("inf") or value == 0 and any(digit in "123456789" for digit in re.split("[eE]", digits)[0]):
        headline = f"{text} is too {'large' if value else 'small'} for a 64-bit floating-point number"
        problems.append(finding("number-out-of-range", at, headline))
        return 0.0
    return value


def _whole(digits: str, at: Span, problems: list[Diagnostic]) -> int:
    plain = digits.lstrip("0") or "0"
    if len(plain) < len(digits) and plain != "0":
        fix = Fix(f"write {plain}", (Edit(at, plain),))
        problems.append(finding("malformed-number", at, f"{digits} begins with a zero that means nothing", fix=fix))
    return int(plain)


def read_string(context: Context, at: Span) -> tuple[Any, ...]:
    """The parts of a string: literal text with its escapes resolved, and the expressions between braces."""
    text = at.text
    closed = len(text) > 1 and text[-1] == text[0]
    start, stop = at.start + 1, at.end - closed
    inner = context.source.text[start:stop]
    if "\\" not in inner and "{" not in inner and "}" not in inner:
        return (inner,)
    return _Reading(context, start, stop).parts()


class _Reading:
    """One pass over the inside of a string that has braces or escapes."""

    def __init__(self, context: Context, start: int, stop: int) -> None:
        self.context = context
        self.stop = stop
        self.at = start
        self.literal = ""
        self.done: list[Any] = []

    def parts(self) -> tuple[Any, ...]:
        text = self.context.source.text
        while match := _SPECIAL.search(text, self.at, self.stop):
            self.literal += text[self.at : match.start()]
            self.at = match.end()
            self._special(match)
        self.literal += text[self.at : self.stop]
        self._end_literal()
        return tuple(self.done) or ("",)

    def _special(self, match: re.Match[str]) -> None:
        found = match.lastgroup
        if found == "brace":
            self.literal += match[0][0]
        elif found == "open":
            self._interpolation(match.end())
        elif found == "close":
            self._lone_brace(match)
        elif found == "hex":
            self._character(int(match["hex"][1:], 16), match)
        elif found == "octal":
            self._character(int(match["octal"], 8), match)
        else:
            self._simple_escape(match)

    def _interpolation(self, start: int) -> None:
        text, depth, end = self.context.source.text, 1, start
        while end < self.stop and depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        self.at = end
        if depth:
            self._problem("bad-interpolation", start - 1, end, "this `{` is not closed within the string", "{{")
        elif not text[start : end - 1].strip():
            self._problem("bad-interpolation", start - 1, end, "nothing stands between these braces", "{{}}")
        else:
            self._end_literal()
            inner = self.context.expression(start, end - 1)
            self.done.append(Hole(Span(self.context.source, start, end - 1)) if inner is None else inner)

    def _lone_brace(self, match: re.Match[str]) -> None:
        self._problem("bad-interpolation", match.start(), match.end(), "this `}` closes nothing", "}}")

    def _simple_escape(self, match: re.Match[str]) -> None:
        if match["one"] in _SIMPLE:
            self.literal += _SIMPLE[match["one"]]
        else:
            headline = f"`\\{match['one']}` is not an escape"
            self._problem("bad-escape", match.start(), match.end(), headline, "\\" + match[0])

    def _character(self, number: int, match: re.Match[str]) -> None:
        if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
            self._problem("bad-escape", match.start(), match.end(), f"`{match[0]}` stands for no character", None)
        else:
            self.literal += chr(number)

    def _end_literal(self) -> None:
        if self.literal:
            self.done.append(self.literal)
        self.literal = ""

    def _problem(self, name: str, start: int, end: int, headline: str, instead: str | None) -> None:
        span = Span(self.context.source, start, end)
        helps = (f"write {instead} for the text itself",) if instead else ()
        self.context.problems.append(finding(name, span, headline, helps=helps))
