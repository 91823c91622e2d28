"""The sizes of a tensor as a comment, in words that whoever reads the line can see."""

from __future__ import annotations

import re
from typing import Mapping

Note = tuple[str, ...] | str  # size by size, "..." for all that follow; or a remark
WORD = re.compile(r"[A-Za-z_]\w*")


def note_of(sizes: list[str]) -> Note:
    """The comment for these sizes, "" among them where one is not known: only the last ones may be left out."""
    known = sizes.index("") if "" in sizes else len(sizes)
    if known < min(len(sizes), 2) or any(sizes[known:]):
        return ()
    return (*sizes[:known], *(["..."] if known < len(sizes) else []))


def note_text(note: Note, hidden: Mapping[str, str]) -> str:
    """A comment as text. `hidden` are the names that stand for nothing there, with what says it instead, "" if nothing
    does.
    """
    if isinstance(note, str):
        return note
    sizes = [_shown(size, hidden) for size in note if size != "..."]
    shown = note_of([*sizes, *[""] * ("..." in note)])
    return f"[{', '.join(shown)}]" if shown else ""


def _shown(size: str, hidden: Mapping[str, str]) -> str:
    words = [hidden.get(word, word) for word in WORD.findall(size)]
    return WORD.sub(lambda found: hidden.get(found[0], found[0]), size) if all(words) else ""
