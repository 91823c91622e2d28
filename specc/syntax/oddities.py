"""What is no token of the language: told in words, and where the meaning is plain put right so that reading goes on."""

from __future__ import annotations

import re

from specc.diagnostics.model import Diagnostic, finding
from specc.source import Span
from specc.syntax.automaton import tables
from specc.syntax.edits import fix
from specc.syntax.hidden import character_name, is_hidden
from specc.syntax.lexer import ODD, Tokens

MOST = 1000
_SIGNS = {"&&": "and", "||": "or", "!": "not"}
_LIKE_SIGNS = {
    "\u2192": "->", "\u21d2": "->", "\u2212": "-", "\u2013": "-", "\u00d7": "*", "\u2264": "<=", "\u2265": ">=",
    "\u2260": "!=", "\u2026": "...", "\uff08": "(", "\uff09": ")", "\uff0c": ",", "\uff1a": ":", "\uff1d": "=",
}
_PYTHON = {"True": "true", "False": "false", "None": "none"}


def tidy(tokens: Tokens) -> list[Diagnostic]:
    """Tell of every oddity among the tokens, and leave only tokens of the language."""
    if len(tokens.odd) > MOST:
        first = tokens.span(tokens.odd[0])
        tokens.replace(0, len(tokens.kinds) - 1, ())
        headline = "this does not look like a spec: much of it is not made of the words and signs of the language"
        return [finding("stray-character", first, headline)]
    found: list[Diagnostic] = []
    for at in reversed(tokens.odd):
        problem = _word(tokens, at) if tokens.kinds[at] != ODD else _odd(tokens, at)
        if problem:
            found.append(problem)
    tokens.odd.clear()
    return found


def _text(tokens: Tokens, at: int) -> str:
    return tokens.text(at) if 0 <= at < len(tokens.kinds) else ""


def _kinds(*texts: str) -> tuple[int, ...]:
    made = tables()
    return tuple(made.texts.index(text) if text in made.texts else made.kinds[text] for text in texts)


def _instead(tokens: Tokens, at: int, new: str, name: str, headline: str, count: int = 1) -> Diagnostic:
    """Put a word or sign of the language (none for "") in place of some tokens, and offer that as the fix."""
    span = Span(tokens.source, tokens.starts[at], tokens.ends[at + count - 1])
    tokens.replace(at, at + count, _kinds(new) if new else ())
    return finding(name, span, headline, fix=fix(span, new))


# ---------------------------------------------------------------- words of Python


def _word(tokens: Tokens, at: int) -> Diagnostic | None:
    word, after = tokens.text(at), _text(tokens, at + 1)
    if word.startswith("__"):
        headline = f"a name cannot begin with two underscores, as {word} does: those are Python's own"
        return finding("reserved-word", tokens.span(at), headline)
    if _text(tokens, at - 1) == ".":
        return None
    if word in _PYTHON:
        new = _PYTHON[word]
        return _instead(tokens, at, new, "python-word", f"`{word}` is written {new} in a spec")
    if word == "self" and after == ".":
        return _self(tokens, at)
    if word == "return" and after not in ("=", ":", ".", ",", "->") and _begins_line(tokens, at):
        return _instead(tokens, at, "output", "python-word", "what a block gives stands after `output`, not `return`")
    return None


def _self(tokens: Tokens, at: int) -> Diagnostic:
    return _instead(tokens, at, "", "python-word", "a spec has no `self`: names are used as they are", count=2)


def _begins_line(tokens: Tokens, at: int) -> bool:
    text = tokens.source.text
    return at == 0 or "\n" in text[tokens.ends[at - 1] : tokens.starts[at]]


# ---------------------------------------------------------------- what fits no pattern


def _odd(tokens: Tokens, at: int) -> Diagnostic | None:
    text = tokens.text(at)
    if text[0].isascii() and (text[0].isdigit() or text[0] == "." and len(text) > 1):
        return _number(tokens, at, text)
    if text[0] in "\"'\u201c\u201d\u201e" and len(text) > 1 or text == '"':
        return _string(tokens, at, text)
    if text in _SIGNS:
        return _instead(tokens, at, _SIGNS[text], "python-sign", f"`{text}` is written `{_SIGNS[text]}` in a spec")
    if text in _LIKE_SIGNS:
        headline = f"{character_name(text)} stands here for `{_LIKE_SIGNS[text]}`"
        return _instead(tokens, at, _LIKE_SIGNS[text], "stray-character", headline)
    if re.fullmatch(r"\w+", text):
        return _foreign_word(tokens, at, text)
    return _stray(tokens, at, text)


def _number(tokens: Tokens, at: int, text: str) -> Diagnostic:
    span = tokens.span(at)
    before = _text(tokens, at - 1)
    if text[0] == "." and tokens.ends[at - 1] == span.start and (before[-1:].isalnum() or before in ("]", ")", "_")):
        if re.fullmatch(r"\.[0-9]+", text):
            return _dotted_index(tokens, at, text)
        tokens.replace(at, at + 1, ())
        return finding("malformed-number", span, f"`{text}` does not belong behind this")
    tokens.replace(at, at + 1, _kinds("NUMBER"))
    better = _better_number(text)
    better_fix = fix(span, better) if better else None
    reason = "has digits on one side of its point only" if "." in text and better else "is neither a number nor a name"
    return finding("malformed-number", span, f"`{text}` {reason}", fix=better_fix)


def _better_number(text: str) -> str:
    """The number that was certainly meant, or nothing."""
    if text.startswith("0") and re.fullmatch(r"0[xXbBoO][0-9A-Fa-f]{1,15}", text):
        try:
            return str(int(text, 0))
        except ValueError:
            return ""
    better = re.sub(r"\.(?![0-9])", ".0", re.sub(r"^\.", "0.", text))
    return better if re.fullmatch(r"[0-9_]*[0-9]\.[0-9]+(?:[eE][0-9]+)?", better) else ""


def _dotted_index(tokens: Tokens, at: int, text: str) -> Diagnostic:
    span = tokens.span(at)
    index = text[1:]
    previous = tokens.text(at - 1)
    tokens.replace(at, at + 1, _kinds("[", "NUMBER", "]"))
    tokens.starts[at + 1] += 1
    headline = f"an index stands in brackets: {previous}[{index}]"
    return finding("dotted-index", span, headline, fix=fix(span, f"[{index}]"))


def _string(tokens: Tokens, at: int, text: str) -> Diagnostic:
    span = tokens.span(at)
    if text.startswith('"""'):
        tokens.replace(at, at + 1, ())
        return finding("python-sign", span, "a spec has no strings over several lines; a comment begins with #")
    tokens.replace(at, at + 1, _kinds("STRING"))
    if text[0] == '"' or len(text) == 1:
        return finding("unterminated-string", span, 'this string has no closing `"` on its line')
    inner = text[1:-1]
    clean = not re.search(r'["\\{}]', inner)
    quoted = fix(span, f'"{inner}"') if clean else None
    return finding("single-quotes", span, "a string stands in straight double quotes", fix=quoted)


def _foreign_word(tokens: Tokens, at: int, text: str) -> Diagnostic:
    span = tokens.span(at)
    tokens.replace(at, at + 1, _kinds("NAME"))
    foreign = next(character for character in text if not character.isascii())
    return finding("stray-character", span, f"this name holds {character_name(foreign)}",
                   helps=("names are made of the letters a to z, digits and underscores",))


def _stray(tokens: Tokens, at: int, text: str) -> Diagnostic | None:
    span = tokens.span(at)
    if text == "|" and (_text(tokens, at + 1) == ">" or _text(tokens, at + 1)[:1].isupper()):
        count = 1 + (_text(tokens, at + 1) == ">")
        written = "|>" if count == 2 else "|"
        return _instead(tokens, at, "->", "missing-arrow", f"steps are joined by `->`, not `{written}`", count)
    if text in ("^", "|", "&"):
        tokens.replace(at, at + 1, _kinds("+"))
        helps = ("a power is written **",) if text == "^" else ("use and, or, logical_and, logical_or",)
        return finding("python-sign", span, f"`{text}` is no operator of a spec", helps=helps)
    if text == ";":
        return _instead(tokens, at, "", "python-sign", "no `;` stands between statements")
    if text == "\\":
        return _instead(tokens, at, "", "python-sign", "a line needs no `\\` to go on: line ends mean nothing")
    if is_hidden(text):
        _close_gap(tokens, at)
        return None
    tokens.replace(at, at + 1, ())
    shown = f"`{text}`" if text.isascii() else character_name(text[0])
    return finding("stray-character", span, f"{shown} means nothing in a spec")


def _close_gap(tokens: Tokens, at: int) -> None:
    """Take out a character that cannot be seen, so that the halves of a word it stands in are one word."""
    name = tables().kinds["NAME"]
    halves = tokens.kinds[max(at - 1, 0) : at + 2 : 2] == [name, name]
    if halves and tokens.ends[at - 1] == tokens.starts[at] and tokens.ends[at] == tokens.starts[at + 1]:
        tokens.replace(at - 1, at + 2, (name,))
    else:
        tokens.replace(at, at + 1, ())
