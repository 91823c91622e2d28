"""Colors, as hand-written escape codes that appear only where they were asked for."""

from __future__ import annotations

_CODES = {"error": "1;31", "warning": "1;33", "info": "1;36", "bold": "1", "gutter": "1;34", "secondary": "34",
          "help": "1;32", "good": "32"}


class Row:
    """A line of text that is written piece by piece at given cells, each piece with a style."""

    __slots__ = ("cells",)

    def __init__(self) -> None:
        self.cells: list[tuple[str, str]] = []

    def put(self, start: int, text: str, style: str) -> None:
        """Write a text from a cell on, over what may stand there."""
        end = start + len(text)
        self.cells += [(" ", "")] * (end - len(self.cells))
        self.cells[start:end] = [(character, style) for character in text]


class Painter:
    """Paints texts in named styles, or leaves them as they are. `primary` is the color of the finding's severity."""

    __slots__ = ("on", "severity")

    def __init__(self, on: bool, severity: str = "error") -> None:
        self.on = on
        self.severity = severity

    def paint(self, text: str, style: str) -> str:
        """The text in a style; the empty style and a painter that is off change nothing."""
        if not (self.on and style and text):
            return text
        return f"\x1b[{_CODES[self.severity if style == 'primary' else style]}m{text}\x1b[0m"

    def row(self, row: Row) -> str:
        """A row as text, neighbours of one style painted in one go."""
        painted, at = [], 0
        while at < len(row.cells):
            end = at
            while end < len(row.cells) and row.cells[end][1] == row.cells[at][1]:
                end += 1
            painted.append(self.paint("".join(character for character, _ in row.cells[at:end]), row.cells[at][1]))
            at = end
        return "".join(painted)
