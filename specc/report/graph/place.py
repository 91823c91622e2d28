"""Places on the paper for the rows of a drawing: x by weighted medians, y by the height of the rows."""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import NamedTuple, Sequence

from specc.report.graph.layers import Edge, Rows, arrange

GAP_X, GAP_Y = 24.0, 20.0
LANE = 10.0  # the width of a lane
SWEEPS = 10
NARROWER = 0.7
NODES, MIXED, LANES = 8.0, 1.0, 2.0  # how much a link wants to be straight, by what it joins

Point = tuple[float, float]


class Layout(NamedTuple):
    """`centers` of the nodes and `routes` of the edges: points to pass, from the bottom of a node to the top of one.

    Between two points of one x a route is straight, else it swings from vertical to vertical.
    """

    width: float
    height: float
    centers: tuple[Point, ...]
    routes: tuple[tuple[Point, ...], ...]


def layout(sizes: Sequence[Point], edges: Sequence[Edge], anchored: frozenset[int] = frozenset()) -> Layout:
    """Places for nodes of the given widths and heights, none overlapping. Edges run from lower to higher numbers."""
    rows = arrange(len(sizes), edges, anchored)
    items = sum(map(len, rows.rows))
    boxes = [*sizes, *[(LANE, 0.0)] * (items - len(sizes))]
    xs = _columns(rows, boxes, len(sizes))
    left, right = _extent(range(items), boxes, xs)
    xs = [x - left for x in xs]
    tops, bottoms = _heights(rows, boxes, xs)
    rank = {item: at for at, row in enumerate(rows.rows) for item in row}
    centers = [(xs[node], (tops[rank[node]] + bottoms[rank[node]]) / 2) for node in range(len(sizes))]
    routes = tuple(_route(path, sizes, centers, xs, tops, bottoms, rank) for path in rows.paths)
    return Layout(right - left, bottoms[-1] if bottoms else 0.0, tuple(centers), routes)


def _columns(rows: Rows, boxes: Sequence[Point], nodes: int) -> list[float]:
    """The x of every item: sweeps down and up, each row as near to its neighbours as its order allows."""
    up: dict[int, list[tuple[int, float]]] = {}
    down: dict[int, list[tuple[int, float]]] = {}
    pairs = _weighted(rows, nodes)
    xs = [0.0] * len(boxes)
    for row in rows.rows:
        for item, x in zip(row, _settled(row, [0.0] * len(row), [1.0] * len(row), boxes)):
            xs[item] = x
    for source, target, weight in pairs:
        up.setdefault(target, []).append((source, weight))
        down.setdefault(source, []).append((target, weight))
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 1
        for row in rows.rows if downwards else reversed(rows.rows):
            near = [(up if downwards else down).get(item, ()) for item in row]
            wanted = [median([(xs[other], w) for other, w in found], xs[item]) for item, found in zip(row, near)]
            weights = [sum(weight for _, weight in found) or 0.01 for found in near]
            for item, x in zip(row, _settled(row, wanted, weights, boxes)):
                xs[item] = x
    _straighten(rows, boxes, xs, nodes)
    return _upright(rows, boxes, xs)


def _straighten(rows: Rows, boxes: Sequence[Point], xs: list[float], nodes: int) -> None:
    """Give each lane one x where there is one that is free in all its rows."""
    lanes: dict[int, list[int]] = {}
    for path in rows.paths:
        if len(path) > len(lanes.get(path[0], ())) + 2:
            lanes[path[0]] = list(path[1:-1])
    beside = {}
    for row in rows.rows:
        for left, item, right in zip((None, *row), row, (*row[1:], None)):
            beside[item] = (left, right)

    def free(item: int) -> Point:
        left, right = beside[item]
        low = -inf if left is None else xs[left] + boxes[left][0] / 2 + GAP_X + LANE / 2
        return low, inf if right is None else xs[right] - boxes[right][0] / 2 - GAP_X - LANE / 2

    for _ in range(3):
        for lane in lanes.values():
            ranges = [free(item) for item in lane]
            low, high = max(low for low, _ in ranges), min(high for _, high in ranges)
            if low <= high:
                x = min(max(median([(xs[item], 1.0) for item in lane], 0.0), low), high)
                for item in lane:
                    xs[item] = x


def _upright(rows: Rows, boxes: Sequence[Point], xs: list[float]) -> list[float]:
    """The columns, unless they drift so far to a side that the drawing is much narrower with its parts on one axis.

    A part ends where every link to the next row leans anyway, so nothing that is straight is bent.
    """
    rank = {item: at for at, row in enumerate(rows.rows) for item in row}
    held = {rank[source] for source, target in rows.links if abs(xs[source] - xs[target]) < 1}
    moved = list(xs)
    part: list[int] = []
    for at, row in enumerate(rows.rows):
        part += row
        if at not in held:
            left, right = _extent(part, boxes, xs)
            for item in part:
                moved[item] -= (left + right) / 2
            part = []
    whole = range(len(boxes))
    widths = [right - left for left, right in (_extent(whole, boxes, place) for place in (moved, xs))]
    return moved if widths[0] < NARROWER * widths[1] else xs


def _extent(items: Sequence[int], boxes: Sequence[Point], xs: Sequence[float]) -> Point:
    """The leftmost and the rightmost x."""
    left = min((xs[item] - boxes[item][0] / 2 for item in items), default=0.0)
    return left, max((xs[item] + boxes[item][0] / 2 for item in items), default=0.0)


def _weighted(rows: Rows, nodes: int) -> list[tuple[int, int, float]]:
    """The links with their weights. Where a lane is all that comes of a value, its ends count as much as two nodes."""
    readers = Counter(path[0] for path in rows.paths)
    only = {item for path in rows.paths if readers[path[0]] == 1 for item in path[1:-1]}
    found = []
    for source, target in rows.links:
        lanes = (source >= nodes) + (target >= nodes)
        ends = NODES if source in only or target in only else MIXED
        found.append((source, target, (NODES, ends, LANES)[lanes]))
    return found


def median(points: Sequence[Point], otherwise: float) -> float:
    """The weighted median of (value, weight); between two values where both halves weigh the same."""
    half, passed = sum(weight for _, weight in points) / 2, 0.0
    ordered = sorted(points)
    for place, (value, weight) in enumerate(ordered):
        passed += weight
        if passed > half:
            return value
        if passed == half:
            return (value + ordered[place + 1][0]) / 2
    return otherwise


def _settled(
    row: Sequence[int], wanted: Sequence[float], weights: Sequence[float], boxes: Sequence[Point]
) -> list[float]:
    """The places nearest to those wanted that keep the order of the row and leave a gap between its items.

    Items that would overlap are joined to a group, which goes to the weighted median of what its items want.
    """
    offsets = [0.0]
    groups: list[tuple[float, list[Point]]] = []  # where a group begins, and what its items want
    for left, right in zip(row, row[1:]):
        offsets.append(offsets[-1] + (boxes[left][0] + boxes[right][0]) / 2 + GAP_X)
    for place, offset in enumerate(offsets[: len(row)]):
        start, group = wanted[place] - offset, [(wanted[place] - offset, weights[place])]
        while groups and groups[-1][0] >= start:
            group = groups.pop()[1] + group
            start = median(group, 0.0)
        groups.append((start, group))
    starts = [start for start, group in groups for _ in group]
    return [start + offset for start, offset in zip(starts, offsets)]


def _heights(rows: Rows, boxes: Sequence[Point], xs: Sequence[float]) -> tuple[list[float], list[float]]:
    """Top and bottom of each row; the gap below a row grows with how far its links lean."""
    leaning: dict[int, float] = {}
    for source, target in rows.links:
        leaning[source] = max(leaning.get(source, 0.0), abs(xs[source] - xs[target]))
    tops, bottoms, y = [], [], 0.0
    for row in rows.rows:
        tops.append(y)
        bottoms.append(y + max(boxes[item][1] for item in row))
        y = bottoms[-1] + GAP_Y + min(64.0, max(leaning.get(item, 0.0) for item in row) / 10)
    return tops, bottoms


def _route(
    path: Sequence[int],
    sizes: Sequence[Point],
    centers: Sequence[Point],
    xs: Sequence[float],
    tops: Sequence[float],
    bottoms: Sequence[float],
    rank: dict[int, int],
) -> tuple[Point, ...]:
    first, last = path[0], path[-1]
    points = [(xs[first], centers[first][1] + sizes[first][1] / 2), (xs[first], bottoms[rank[first]])]
    for lane in path[1:-1]:
        points += [(xs[lane], tops[rank[lane]]), (xs[lane], bottoms[rank[lane]])]
    points += [(xs[last], tops[rank[last]]), (xs[last], centers[last][1] - sizes[last][1] / 2)]
    return tuple(points)
