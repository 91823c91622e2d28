"""Breaking long lines of Python at their brackets, as the usual formatter does (88 columns)."""

from __future__ import annotations

WIDTH = 88
CLOSING = {"(": ")", "[": "]", "{": "}"}


def wrapped(text: str) -> str:
    """Python text with every line that is too long broken at its brackets."""
    return "".join(f"{part}\n" for line in text.splitlines() for part in _broken(line.rstrip()))


def _broken(line: str) -> list[str]:
    """A line as it is where it fits; else head, what the brackets hold, and tail."""
    if len(line) <= WIDTH:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    found = _split_point(line)
    if found is None:
        return [line]
    opening, closing = found
    body = line[opening + 1 : closing].strip()
    inner = indent + "    "
    comprehension = any(clause.startswith("for ") for clause in _clauses(body))
    items = [body] if comprehension else _items(body)
    called = line[opening - 1 : opening].isalnum() or line[opening - 1 : opening] in tuple("_)]")
    display = not called and len(items) > 1
    if len(inner) + len(body) <= WIDTH and not body.endswith(",") and not display:
        return [line[: opening + 1], inner + body, indent + line[closing:]]
    clauses = _clauses(body) if len(items) == 1 else []
    groups = line[opening] == "(" and not called and items == [body]  # a comma would make a tuple of it
    if groups and not comprehension:
        clauses = _cut(body, (" if ", " else "))
    parts = clauses if len(clauses) > 1 or groups else [f"{item}," for item in items]
    return [line[: opening + 1], *(part for item in parts for part in _broken(inner + item)), indent + line[closing:]]


def _split_point(line: str) -> tuple[int, int] | None:
    """The brackets to break at: those of a definition's parameters, else the last that hold something."""
    pairs = [pair for pair in _pairs(line) if line[pair[0] + 1 : pair[1]].strip()]
    if not pairs:
        return None
    if line.lstrip().startswith(("def ", "class ")):
        return pairs[0]
    return next((pair for pair in reversed(pairs) if pair[0] < WIDTH), pairs[0])


def _pairs(line: str) -> list[tuple[int, int]]:
    """The outermost brackets of a line, strings and comments aside."""
    pairs, stack = [], []
    for place, ch in _code(line):
        if ch in CLOSING:
            stack.append(place)
        elif ch in CLOSING.values() and stack:
            opening = stack.pop()
            if not stack:
                pairs.append((opening, place))
    return pairs


def _items(body: str) -> list[str]:
    """What stands between the commas of a body."""
    items, depth, start = [], 0, 0
    for place, ch in _code(body):
        depth += (ch in CLOSING) - (ch in CLOSING.values())
        if ch == "," and depth == 0:
            items.append(body[start:place].strip())
            start = place + 1
    return [item for item in (*items, body[start:].strip()) if item]


def _clauses(body: str) -> list[str]:
    """A comprehension cut before each `for` and `if`."""
    return _cut(body, (" for ", " if "))


def _cut(body: str, words: tuple[str, ...]) -> list[str]:
    """A body cut before each of these words."""
    starts, depth = [0], 0
    for place, ch in _code(body):
        depth += (ch in CLOSING) - (ch in CLOSING.values())
        if ch == " " and depth == 0 and body.startswith(words, place):
            starts.append(place + 1)
    return [body[start:end].strip() for start, end in zip(starts, [*starts[1:], len(body)])]


def _code(text: str) -> list[tuple[int, str]]:
    """The characters outside string literals, with their places."""
    found, quote, place = [], "", 0
    while place < len(text):
        ch = text[place]
        if quote:
            place += ch == "\\"
            quote = "" if ch == quote else quote
        elif ch in "\"'":
            quote = ch
        elif ch == "#":
            break
        else:
            found.append((place, ch))
        place += 1
    return found
