"""Curves of a run as inline SVG: no script, no external resource, readable in light and dark."""

from __future__ import annotations

import math
from typing import NamedTuple, Sequence

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 14, 30
MOST_POINTS = 600


class Line(NamedTuple):
    """One curve: its name and points (step, value), in order."""

    name: str
    points: tuple[tuple[float, float], ...]


class Chart(NamedTuple):
    """A chart ready for the page: its title, the names of its lines, and the SVG."""

    title: str
    names: tuple[str, ...]
    svg: str


def chart(title: str, lines: Sequence[Line]) -> Chart | None:
    """Draw lines over the steps; None where there is no finite point to draw."""
    shown = [Line(line.name, thinned(tuple(p for p in line.points if math.isfinite(p[1])))) for line in lines]
    shown = [line for line in shown if line.points]
    if not shown:
        return None
    xs, ys = ([p[axis] for line in shown for p in line.points] for axis in (0, 1))
    scale = Scale(ticks(min(xs), max(xs), 6), ticks(min(ys), max(ys), 5), (min(xs), max(xs)), (min(ys), max(ys)))
    body = "".join([*_grid(scale), *(_curve(scale, line, number) for number, line in enumerate(shown))])
    svg = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{_escape(title)}">{body}</svg>'
    return Chart(title, tuple(line.name for line in shown), svg)


class Scale(NamedTuple):
    """Where numbers lie on the paper."""

    x_ticks: list[float]
    y_ticks: list[float]
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def x(self, value: float) -> float:
        return LEFT + _share(value, self.x_ticks, self.x_range) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - _share(value, self.y_ticks, self.y_range) * (HEIGHT - TOP - BOTTOM)


def _share(value: float, marks: list[float], bounds: tuple[float, float]) -> float:
    low, high = min(marks[0], bounds[0]), max(marks[-1], bounds[1])
    return 0.5 if high == low else (value - low) / (high - low)


def ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers that cover a range: steps of 1, 2 or 5 times a power of ten."""
    if high == low:
        return [low]
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first = math.floor(low / step)
    return [(first + place) * step for place in range(math.ceil(high / step) - first + 1)]


def thinned(points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    """At most MOST_POINTS of them, evenly, the last among them."""
    stride = -(-len(points) // MOST_POINTS) if points else 1
    kept = points[::stride]
    return kept if not points or kept[-1] == points[-1] else (*kept, points[-1])


def _grid(scale: Scale) -> list[str]:
    bottom, made = HEIGHT - BOTTOM, []
    for value in scale.y_ticks:
        y = scale.y(value)
        made.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        made.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{number(value)}</text>')
    for value in scale.x_ticks:
        if scale.x_range[0] <= value <= scale.x_range[1]:
            made.append(f'<text x="{scale.x(value):.1f}" y="{bottom + 20}" text-anchor="middle">{number(value)}</text>')
    return made


def _curve(scale: Scale, line: Line, place: int) -> str:
    path = " ".join(f"{scale.x(x):.1f},{scale.y(y):.1f}" for x, y in line.points)
    dots = "".join(
        f'<circle class="dot c{place}" cx="{scale.x(x):.1f}" cy="{scale.y(y):.1f}" r="2.5">'
        f"<title>{_escape(line.name)} {number(y)} at step {number(x)}</title></circle>"
        for x, y in (line.points if len(line.points) <= 60 else ())
    )
    return f'<polyline class="curve c{place}" points="{path}"/>{dots}'


def number(value: float) -> str:
    """A number as people write it: 12,000 · 0.0025 · 3e-08."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:.4g}"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
