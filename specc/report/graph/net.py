"""What a picture of a net shows, before it has a place on the paper: nodes and edges. Frozen."""

from __future__ import annotations

from typing import NamedTuple


class Node(NamedTuple):
    """One thing in the picture.

    kind        "input", "output", "layer", "function", "state", "block", "data" or "loss"
    family      what colours it: "convolution", "linear", "normalization", ... or "plain"
    title       `Conv2d(3, 64, 7, stride=2)`, short enough for a box
    paths       key paths of what it stands for: several for identical blocks in a row, none for a function
    note        what stands below the title of something that has no key path
    parameters  learned numbers of all that it stands for
    shape       the type of what comes out of it, "" where nothing does
    hint        everything there is to say, for a tooltip
    inside      what a block consists of
    """

    kind: str
    family: str
    title: str
    paths: tuple[str, ...] = ()
    note: str = ""
    parameters: int = 0
    shape: str = ""
    hint: str = ""
    inside: "Net | None" = None

    @property
    def path(self) -> str:
        return self.paths[0] if self.paths else ""

    @property
    def times(self) -> int:
        return max(1, len(self.paths))


class Net(NamedTuple):
    """A model, a block or a training step. Edges are pairs of places in `nodes`, the source always before the target.

    `definition` identifies what the spec wrote: the uses of a block share it.
    """

    name: str
    definition: object
    parameters: int
    nodes: tuple[Node, ...]
    edges: tuple[tuple[int, int], ...]

    @property
    def blocks(self) -> list[Node]:
        return [node for node in self.nodes if node.inside is not None]


class Picture(NamedTuple):
    """All there is to draw of a spec: a net for each model, and for each step of a training of one's own."""

    name: str
    nets: tuple[Net, ...]


def every_net(nets: tuple[Net, ...]) -> list[Net]:
    """The nets and all those inside their blocks, each once, outer ones first."""
    found: dict[int, Net] = {}
    waiting = list(nets)
    while waiting:
        net = waiting.pop(0)
        if id(net) not in found:
            found[id(net)] = net
            waiting += [node.inside for node in net.blocks if node.inside is not None]
    return list(found.values())
