"""A script as a Jupyter notebook: a cell for every section."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

Part = tuple[str, str]  # title and text


def notebook(head: str, imports: str, parts: Iterable[Part]) -> str:
    """The JSON of a notebook (nbformat 4.5): the head as text, the imports, then every part under its title."""
    title, _, rest = head.partition("\n")
    cells = [_text("head", f"# {title.rstrip('.')}\n{_prose(rest)}"), _code("imports", imports)]
    for name, text in parts:
        slug = name.lower().replace(" ", "-")
        cells += [_text(f"about-{slug}", f"## {name}"), _code(slug, text)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    whole = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=True) + "\n"


def _prose(text: str) -> str:
    """Indented lines are code in Markdown as they are; the rest must not be taken for markup."""
    return "\n".join(line if line.startswith("    ") else _escaped(line) for line in text.splitlines())


def _escaped(line: str) -> str:
    return "".join(f"\\{ch}" if ch in "\\`*_{}[]<>#|" else ch for ch in line)


def _text(name: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": _lines(text)}


def _code(name: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": "code", "execution_count": None, "id": name, "metadata": {}, "outputs": []}
    return {**cell, "source": _lines(text)}


def _lines(text: str) -> list[str]:
    return text.rstrip("\n").splitlines(keepends=True)
