"""What comes from a spec, a path or an exception is made safe to print: nothing in it steers a terminal."""

from __future__ import annotations

# Invisible although Python calls them printable: fillers and joiners that draw nothing.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def clean(text: str) -> str:
    """The text as one line in which every control, bidirectional or invisible character is spelled out."""
    if text.isprintable() and (text.isascii() or _INVISIBLE.isdisjoint(text)):
        return text
    return "".join(map(visible, text))


def visible(character: str) -> str:
    """A character as it may be printed: itself, `\\x1b` or `<U+202E>`."""
    if character.isprintable() and character not in _INVISIBLE:
        return character
    number = ord(character)
    if number < 0x100 and number not in (0xA0, 0xAD):
        return _SHORT.get(character) or f"\\x{number:02x}"
    return f"<U+{number:04X}>"


def clip(text: str, limit: int = 1000) -> str:
    """The text, cut in the middle if it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]} ... {text[-half:]}"
