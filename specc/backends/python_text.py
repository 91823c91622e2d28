"""Values as Python text. Every value of a spec that reaches emitted Python goes through `literal`.

Nothing a spec can hold breaks out of its literal: the text is ASCII, on one line, and reads back as the same value.
"""

from __future__ import annotations

import keyword
from typing import Any, Sequence

from specc.types.tensor import TORCH_NAMES, DType

INFINITY = float("inf")
# names that the text of a class uses: a spec's name must not hide them
USED = frozenset(
    """
    self torch nn F math ops super range len min max print isinstance getattr ValueError int float bool str object tuple
    dict list
    """.split()
)
# what the usual symbols of sizes are called in a class
SYMBOLS = {
    "C": "channels",
    "D": "dim",
    "E": "dim",
    "H": "height",
    "W": "width",
    "T": "length",
    "S": "length",
    "L": "length",
}
MISREAD = frozenset("lOI")  # names that look like digits, which linters refuse for variables


def identifier(name: str) -> str:
    """A name of a spec as a Python variable that hides nothing a class uses; different names stay different."""
    root = name.rstrip("_")
    taken = keyword.iskeyword(root) or keyword.issoftkeyword(root) or root in USED or root in MISREAD
    return f"{name}_" if taken else name


def size_name(symbol: str) -> str:
    """The variable of a size that the pattern of an input names: `C` is `channels`."""
    return identifier(SYMBOLS.get(symbol, symbol.lower()))


def literal(value: Any) -> str:
    """The Python expression of a constant: None, bool, int, float, str, DType, and tuples, lists and dicts of them.

    Infinities and nan are spelled out, since their repr is no Python. TypeError for anything else.
    """
    kind = type(value)
    if value is None or kind is bool or kind is int:
        return repr(value)
    if kind is float:
        return _float(value)
    if kind is str:
        return _string(value)
    if kind is DType:
        return f"torch.{TORCH_NAMES[value.name]}"
    if kind is tuple:
        return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
    if kind is list:
        return f"[{', '.join(map(literal, value))}]"
    if kind is dict:
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    raise TypeError(f"{kind.__name__} is no constant")


def targets(names: Sequence[str]) -> str:
    """Variables that a tuple or list comes apart into; one alone stands in a tuple of its own."""
    return ", ".join(names) if len(names) > 1 else f"({names[0]},)"


def spelled(value: Any, text: str) -> str:
    """The literal of a number as the spec spells it (`3e-3`, `1_000`) if that text means the same in Python."""
    if type(value) not in (int, float) or not text or not set(text) <= set("0123456789_.eE+-"):
        return literal(value)
    try:
        same = type(value)(text) == value and text == text.lower()
    except ValueError:
        same = False
    # an int in Python's source has no leading zeros, and `1.` and `.5` are not a formatter's spelling
    plain = text[0].isdigit() and text[-1].isdigit() and (text == "0" or text[0] != "0" or not text[1:2].isdigit())
    return text if same and plain else literal(value)


def listed(words: list[str]) -> str:
    """Words for people: `a, b and c`."""
    return " and ".join([*([", ".join(words[:-1])] if words[1:] else []), *words[-1:]])


def comment(text: str) -> str:
    """Text that stays inside a comment or a docstring: no line ends, quotes, backslashes or control characters."""
    safe = "".join(ch if " " <= ch <= "~" else " " if ch.isspace() else "?" for ch in text)
    return safe.replace("\\", "/").replace('"', "'").rstrip()


def _float(value: float) -> str:
    if value != value:
        return 'float("nan")'
    if value in (INFINITY, -INFINITY):
        return 'float("inf")' if value > 0 else 'float("-inf")'
    return repr(value)


def _string(text: str) -> str:
    """In double quotes, unless single ones save escapes (as formatters have it)."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_character(ch, quote) for ch in text) + quote


def _character(ch: str, quote: str) -> str:
    if ch == quote:
        return "\\" + ch
    return ch if ch in "\"'" else ascii(ch)[1:-1]
