"""Characters that nobody can see, or that make text read otherwise than it is written."""

from __future__ import annotations

import re

from specc.diagnostics.model import Diagnostic, Edit, Fix, finding
from specc.source import Source, Span

MOST = 20
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff\U0001d173-\U0001d17a]|\r(?!\n)"
)
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NAMES = {"\0": "a NUL byte", "\x1b": "an escape character", "\x7f": "a delete character", "\b": "a backspace",
          "\xad": "a soft hyphen", "\ufeff": "a byte-order mark"}


def is_hidden(text: str) -> bool:
    """Whether a text has any such character."""
    return _HIDDEN.search(text) is not None


def hidden_characters(source: Source) -> list[Diagnostic]:
    """A finding for each hidden character of a source, of the first few."""
    text = source.text
    if "\n" not in text and text.count("\r") > 1:
        whole = Span(source, 0, len(text))
        fix = Fix("end the lines with line feeds", (Edit(whole, text.replace("\r", "\n")),))
        headline = "the lines of this file end in lone carriage returns (U+000D)"
        return [finding("hidden-character", Span(source, 0, 0), headline, fix=fix)]
    found = []
    for match in _HIDDEN.finditer(text):
        found.append(_finding(Span(source, match.start(), match.end())))
        if len(found) == MOST:
            break
    return found


def character_name(character: str) -> str:
    """What to call a character in a message, always with its number."""
    number = f"U+{ord(character):04X}"
    if character in _NAMES:
        return f"{_NAMES[character]} ({number})"
    if "\ud800" <= character <= "\udfff":
        return f"a byte that is not UTF-8 ({number})"
    from unicodedata import name

    known = name(character, "").lower()
    return f"{known} ({number})" if known else f"the control character {number}"


def _finding(span: Span) -> Diagnostic:
    character = span.text
    fix = Fix("remove it", (Edit(span, ""),))
    if character == "\ufeff" and span.start == 0:
        return finding("hidden-character", span, "the file begins with a byte-order mark (U+FEFF)", fix=fix,
                       severity="warning")
    if character == "\r":
        headline = "a lone carriage return (U+000D) stands here, which some programs show as a line end and some do not"
        return finding("hidden-character", span, headline, fix=Fix("make it a line feed", (Edit(span, "\n"),)))
    what = "reorders the text around it" if character in _REORDERING else "cannot be seen"
    headline = f"{character_name(character)} stands here, which {what}"
    return finding("hidden-character", span, headline, fix=fix)
