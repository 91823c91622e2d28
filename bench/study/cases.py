"""The specs of the study, read from their two files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent


class Case(NamedTuple):
    """One spec. `expected` holds the names of the findings that would be right; a correct spec has none."""

    title: str
    expected: tuple[str, ...]
    text: str


def broken() -> list[Case]:
    """The specs with one mistake each."""
    return _read(FOLDER / "broken.txt")


def correct() -> list[Case]:
    """The specs that only look wrong."""
    return _read(FOLDER / "correct.txt")


def _read(path: Path) -> list[Case]:
    """Sections begin with `== title | findings`, parts with `: name`; `use name` puts a part in."""
    parts: dict[str, list[str]] = {}
    cases: list[tuple[str, tuple[str, ...], list[str]]] = []
    here: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            title, _, names = line[3:].partition(" | ")
            here = []
            cases.append((title.strip(), tuple(name for name in names.strip().split("/") if name), here))
        elif line.startswith(": "):
            here = parts.setdefault(line[2:].strip(), [])
        elif line.startswith("use "):
            here += parts[line[4:].strip()]
        elif not line.startswith("# ---") and (cases or parts):
            here.append(line)
    return [Case(title, expected, "\n".join(lines).strip() + "\n") for title, expected, lines in cases]
