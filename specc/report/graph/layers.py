"""Layers of a drawing: which row each node stands in, and its place in the row.

Every edge runs down. A value that is read further down than the next row has one lane through the rows between (a dummy
item in each), which all its readers share.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from typing import NamedTuple, Sequence

Edge = tuple[int, int]
SWEEPS = 12


class Rows(NamedTuple):
    """`rows` hold items from left to right: nodes by number, lanes numbered after them. `links` join items of adjacent
    rows. `paths` give for each edge the items it passes, its two ends included.
    """

    rows: tuple[tuple[int, ...], ...]
    links: tuple[Edge, ...]
    paths: tuple[tuple[int, ...], ...]


def arrange(count: int, edges: Sequence[Edge], anchored: frozenset[int]) -> Rows:
    """Rows for `count` nodes; `anchored` nodes without a source stay at the top, others move to where they are read."""
    ranks = ranked(count, edges, anchored)
    rows, links, paths = _with_lanes(ranks, edges)
    return Rows(_ordered(rows, links), links, paths)


def ranked(count: int, edges: Sequence[Edge], anchored: frozenset[int]) -> list[int]:
    """The row of each node: below all that it reads, and side branches that start from nothing as low as they can."""
    ranks, free = [0] * count, [node not in anchored for node in range(count)]
    for source, target in sorted(edges, key=lambda edge: edge[1]):
        ranks[target] = max(ranks[target], ranks[source] + 1)
        free[target] = free[target] and free[source]
    readers: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        readers[source].append(target)
    for node in reversed(range(count)):
        if free[node] and readers[node]:
            ranks[node] = min(ranks[reader] for reader in readers[node]) - 1
    return ranks


def _with_lanes(
    ranks: Sequence[int], edges: Sequence[Edge]
) -> tuple[list[list[int]], tuple[Edge, ...], tuple[tuple[int, ...], ...]]:
    rows: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for node, rank in enumerate(ranks):
        rows[rank].append(node)
    lanes: dict[tuple[int, int], int] = {}
    links: dict[Edge, None] = {}
    paths = []
    for source, target in edges:
        path = [source]
        for rank in range(ranks[source] + 1, ranks[target]):
            if (source, rank) not in lanes:
                lanes[source, rank] = len(ranks) + len(lanes)
                rows[rank].append(lanes[source, rank])
            path.append(lanes[source, rank])
        path.append(target)
        links.update(dict.fromkeys(zip(path, path[1:])))
        paths.append(tuple(path))
    return rows, tuple(links), tuple(paths)


def _ordered(rows: list[list[int]], links: Sequence[Edge]) -> tuple[tuple[int, ...], ...]:
    """The rows in an order with few crossings: each item near the middle of those it is linked with."""
    up, down = _neighbours(links)
    best, fewest = [tuple(row) for row in rows], crossings(rows, down)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        downwards = sweep % 2 == 0
        for at in range(1, len(rows)) if downwards else range(len(rows) - 2, -1, -1):
            _sort(rows[at], rows[at - 1 if downwards else at + 1], up if downwards else down)
        if (found := crossings(rows, down)) < fewest:
            best, fewest = [tuple(row) for row in rows], found
    return tuple(best)


def _neighbours(links: Sequence[Edge]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    up: dict[int, list[int]] = {}
    down: dict[int, list[int]] = {}
    for source, target in links:
        up.setdefault(target, []).append(source)
        down.setdefault(source, []).append(target)
    return up, down


def _sort(row: list[int], beside: Sequence[int], neighbours: dict[int, list[int]]) -> None:
    """Order a row by the middle of each item's neighbours; items without any keep their place."""
    place = {item: at for at, item in enumerate(beside)}
    keys = {}
    for at, item in enumerate(row):
        near = [place[other] for other in neighbours.get(item, ())]
        keys[item] = sum(near) / len(near) if near else float(at)
    row.sort(key=lambda item: keys[item])


def crossings(rows: Sequence[Sequence[int]], down: dict[int, list[int]]) -> int:
    """How many pairs of links cross."""
    total = 0
    for row, below in zip(rows, rows[1:]):
        place = {item: at for at, item in enumerate(below)}
        ends: list[int] = []
        for item in row:
            targets = sorted(place[other] for other in down.get(item, ()))
            total += sum(len(ends) - bisect_right(ends, target) for target in targets)
            for target in targets:
                insort(ends, target)
    return total
