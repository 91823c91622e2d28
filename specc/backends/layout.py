"""Laying Python expressions out in lines, as the usual formatter does (88 columns), so that emitted code needs no
second pass.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Union

WIDTH = 88


SIGNS = {"+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6, "@": 6}  # operators between terms, by how tightly they bind


class Leaf(NamedTuple):
    """A constant of a class that may turn out to differ between its uses; `source` is the spec's expression for it,
    if any.
    """

    value: Any
    source: Any = None
    hint: str = ""


class Bracket(NamedTuple):
    """`head(items)`; `spread` puts every item on a line of its own, whatever the width. `notes` are comments by
    item.
    """

    head: "Doc"
    open: str
    items: tuple["Doc", ...]
    close: str
    spread: bool = False
    notes: tuple[str, ...] = ()


class Joined(NamedTuple):
    """Parts one after another."""

    parts: tuple["Doc", ...]


class Slice(NamedTuple):
    """`start:stop:step` inside an index; an end that is left out is an empty string."""

    start: "Doc"
    stop: "Doc"
    step: "Doc"


class Ternary(NamedTuple):
    """`then if condition else other`, in parentheses and on three lines where it is long."""

    then: "Doc"
    condition: "Doc"
    other: "Doc"


class Clauses(NamedTuple):
    """The inside of a comprehension: its item, and each `for` on a line of its own where it is long."""

    item: "Doc"
    clauses: tuple[str, ...]


Doc = Union[str, Leaf, Bracket, Joined, Slice, Ternary, Clauses]


def call(head: Doc, *items: Doc) -> Bracket:
    return Bracket(head, "(", tuple(items), ")")


def flat(doc: Doc) -> str:
    """The expression on one line; leaves must have been replaced by their text."""
    if isinstance(doc, str):
        return doc
    if isinstance(doc, Joined):
        return "".join(flat(part) for part in doc.parts)
    if isinstance(doc, Slice):
        return _flat_slice([flat(doc.start), flat(doc.stop), flat(doc.step)])
    if isinstance(doc, Bracket):
        return flat(doc.head) + doc.open + ", ".join(flat(item) for item in doc.items) + doc.close
    if isinstance(doc, Ternary):
        return f"{flat(doc.then)} if {flat(doc.condition)} else {flat(doc.other)}"
    if isinstance(doc, Clauses):
        return " ".join((flat(doc.item), *doc.clauses))
    raise AssertionError("a leaf has no text yet")


def _flat_slice(ends: list[str]) -> str:
    """Spaces stand around the colons of ends that are more than a name or a number."""
    ends = ends if ends[2] else ends[:2]
    plain = all(end.lstrip("-").replace("_", "").isalnum() for end in ends if end)
    text = (":" if plain else " : ").join(ends)
    return text.strip() if not plain else text


def lines(
    doc: Doc, indent: int, before: str = "", after: str = "", note: str = "", enclosed: bool = False
) -> list[str]:
    """`before doc after  # note` as lines; the note is left out where it does not fit. What is `enclosed` in brackets
    already needs none of its own.
    """
    whole = " " * indent + before + flat(doc) + after
    if isinstance(doc, Ternary) and len(whole) > WIDTH:
        return _ternary(doc, indent, before, after)
    if isinstance(doc, Clauses) and len(whole) > WIDTH:
        return [*lines(doc.item, indent), *(" " * indent + clause for clause in doc.clauses)]
    bracket = _last_bracket(doc)
    terms = _terms(doc) if len(whole) > WIDTH else []
    if len(terms) > 1 and (enclosed or bracket is None or bracket[2] or len(terms) > 2):
        return _summed(terms, indent, before, after, enclosed)
    if len(whole) > WIDTH and isinstance(doc, Joined) and doc.parts[0] == "(" and len(doc.parts) == 3:
        return [
            " " * indent + before + "(",
            *lines(doc.parts[1], indent + 4, enclosed=True),
            " " * indent + ")" + after,
        ]
    links = _links(doc) if len(whole) > WIDTH else []
    if len(links) > 2:
        return _summed([("", link) for link in links], indent, before, after, enclosed)
    if bracket is not None and _spread(doc) or len(whole) > WIDTH and bracket is not None and bracket[1].items:
        return _broken(bracket, indent, before, after)  # type: ignore[arg-type]
    return [noted(whole, note)]


def _ternary(doc: Ternary, indent: int, before: str, after: str) -> list[str]:
    """The three parts on lines of their own, in parentheses."""
    inner = indent + 4
    parts = (("", doc.then), ("if ", doc.condition), ("else ", doc.other))
    body = [line for word, part in parts for line in lines(part, inner, word)]
    return [" " * indent + before + "(", *body, " " * indent + ")" + after]


def choice_lines(doc: Ternary, indent: int, before: str, note: str = "") -> list[str]:
    """`before then if condition else other`, as an `if` statement where it is long."""
    whole = lines(doc, indent, before, "", note)
    if len(whole) == 1:
        return whole
    then = [*lines(doc.condition, indent, "if ", ":"), *lines(doc.then, indent + 4, before)]
    if before == "return ":
        return [*then, *lines(doc.other, indent, before)]
    return [*then, " " * indent + "else:", *lines(doc.other, indent + 4, before)]


def _terms(doc: Doc) -> list[tuple[str, Doc]]:
    """What an operator stands between, each with the operator before it; those that bind alike are one row."""
    parts = doc.parts if isinstance(doc, Joined) else ()
    sign = parts[1] if len(parts) == 3 else None
    if not isinstance(sign, str) or sign.strip() not in SIGNS or sign == sign.strip():
        return [("", doc)]
    first = _terms(parts[0])
    alike = len(first) == 1 or SIGNS[first[1][0].strip()] == SIGNS[sign.strip()]
    return [*(first if alike else [("", parts[0])]), (sign.lstrip(), parts[2])]


def _links(doc: Doc) -> list[Doc]:
    """What methods are applied to one after another, and each `.name(...)` behind a call."""
    head = doc.head if isinstance(doc, Bracket) else None
    parts = head.parts if isinstance(head, Joined) else ()
    if len(parts) != 2 or not isinstance(parts[1], str) or not parts[1].startswith("."):
        return [doc]
    receiver = parts[0]
    is_call = isinstance(receiver, Bracket) or isinstance(receiver, Joined) and receiver.parts[0] == "("
    assert isinstance(doc, Bracket), "only brackets have heads"
    return [*_links(receiver), doc._replace(head=parts[1])] if is_call else [doc]


def _summed(terms: list[tuple[str, Doc]], indent: int, before: str, after: str, enclosed: bool) -> list[str]:
    """The terms on lines of their own; in parentheses, unless they stand alone in some."""
    if enclosed and not before:
        *most, last = terms
        body = [line for sign, term in most for line in lines(term, indent, sign)]
        return [*body, *lines(last[1], indent, last[0], after)]
    body = [line for sign, term in terms for line in lines(term, indent + 4, sign)]
    return [" " * indent + before + "(", *body, " " * indent + ")" + after]


def noted(line: str, note: str) -> str:
    return f"{line}  # {note}" if note and len(line) + len(note) + 4 <= WIDTH else line


def _spread(doc: Doc) -> bool:
    if isinstance(doc, Bracket):
        return doc.spread or any(_spread(item) for item in doc.items) or _spread(doc.head)
    return isinstance(doc, Joined) and any(_spread(part) for part in doc.parts)


def _last_bracket(doc: Doc) -> tuple[str, Bracket, str] | None:
    """What stands before the last pair of brackets, the pair, and what stands after it."""
    if isinstance(doc, Bracket):
        return flat(doc.head), doc, ""
    if isinstance(doc, Joined):
        for place in range(len(doc.parts) - 1, -1, -1):
            found = _last_bracket(doc.parts[place])
            if found is not None:
                left = "".join(flat(part) for part in doc.parts[:place])
                right = "".join(flat(part) for part in doc.parts[place + 1 :])
                return left + found[0], found[1], found[2] + right
    return None


def _broken(found: tuple[str, Bracket, str], indent: int, before: str, after: str) -> list[str]:
    head, bracket, rest = found
    first = " " * indent + before + head + bracket.open
    last = " " * indent + bracket.close + rest + after
    inner = ", ".join(flat(item) for item in bracket.items)
    display = bracket.head == "" and len(bracket.items) > 1  # a list has an item on each line, a call need not
    if not _spread(bracket) and not display and indent + 4 + len(inner) <= WIDTH:
        return [first, " " * (indent + 4) + inner, last]
    body: list[str] = []
    comma = "" if bracket.head and bracket.open == "(" and len(bracket.items) == 1 else ","
    for place, item in enumerate(bracket.items):
        if isinstance(item, Clauses):  # a comprehension has no comma at its end
            body += lines(item, indent + 4)
            continue
        note = bracket.notes[place] if bracket.notes else ""
        body += lines(item, indent + 4, after=comma, note=note, enclosed=True)
    return [first, *body, last]


def _parts(doc: Joined | Slice | Ternary | Clauses) -> tuple[Doc, ...]:
    if isinstance(doc, Clauses):
        return (doc.item,)
    return doc.parts if isinstance(doc, Joined) else tuple(doc)


def leaves(doc: Doc) -> list[Leaf]:
    """Every leaf, in order."""
    if isinstance(doc, Leaf):
        return [doc]
    if isinstance(doc, (Joined, Slice, Ternary, Clauses)):
        return [leaf for part in _parts(doc) for leaf in leaves(part)]
    if isinstance(doc, Bracket):
        return leaves(doc.head) + [leaf for item in doc.items for leaf in leaves(item)]
    return []


def skeleton(doc: Doc) -> Any:
    """The expression with every leaf blanked: equal for two uses that differ in constants only."""
    if isinstance(doc, Leaf):
        return type(doc.value)
    if isinstance(doc, (Joined, Slice, Ternary, Clauses)):
        return tuple(skeleton(part) for part in _parts(doc))
    if isinstance(doc, Bracket):
        return (skeleton(doc.head), doc.open, *(skeleton(item) for item in doc.items))
    return doc


def filled(doc: Doc, texts: Any) -> Doc:
    """The expression with its leaves replaced by the texts an iterator gives, in order."""
    if isinstance(doc, Leaf):
        return next(texts)
    if isinstance(doc, Joined):
        return Joined(tuple(filled(part, texts) for part in doc.parts))
    if isinstance(doc, (Slice, Ternary)):
        return type(doc)(*(filled(part, texts) for part in doc))
    if isinstance(doc, Clauses):
        return doc._replace(item=filled(doc.item, texts))
    if isinstance(doc, Bracket):
        return doc._replace(head=filled(doc.head, texts), items=tuple(filled(item, texts) for item in doc.items))
    return doc


def rough(doc: Doc) -> str:
    """About what the expression will look like, with leaves as their values."""
    if isinstance(doc, Leaf):
        return repr(doc.value)
    if isinstance(doc, Joined):
        return "".join(rough(part) for part in doc.parts)
    if isinstance(doc, (Slice, Ternary, Clauses)):
        return "".join(rough(part) + " if "[: 4 * isinstance(doc, Ternary)] for part in _parts(doc))
    if isinstance(doc, Bracket):
        return rough(doc.head) + doc.open + ", ".join(rough(item) for item in doc.items) + doc.close
    return doc
