"""The reference manual: a page for each kind of operation, made from the operations themselves.

`python -m specc.report.manual` writes docs/reference anew; a test shows that it is current.
"""

from __future__ import annotations

import sys
from itertools import groupby
from typing import Iterator

from specc.ops.base import Operation
from specc.ops.registry import all_operations
from specc.report.operation import described, signature

TITLES = {
    "layer": ("layers", "Layers and losses", "Steps that take a slot and have a path: the modules of torch.nn."),
    "function": ("functions", "Functions", "Steps without state. `x.f(a)`, `f(x, a)` and `x -> f(a)` are the same."),
    "optimizer": ("optimizers", "Optimizers", "After `optimizer`; the parameters are never written."),
    "scheduler": ("schedulers", "Schedulers", "After `scheduler`, with `per step`, `per epoch` or `on` a figure."),
    "transform": ("transforms", "Transforms", "Steps of a `transform` in the data section."),
    "dataset": ("datasets", "Data sets", "Sources in the data section; `a or b` takes the first that is there."),
    "loader": ("loader", "The loader", "After `loader` in the data section."),
    "initializer": ("initializers", "Initializers", "After `~` or `=` of a `param` and in `init` rules."),
    "metric": ("metrics", "Metrics", "After `metrics`."),
}
LEFT_OUT = {
    "layer": """
## Left out

Lazy layers (`_` does their work); the containers Sequential, ModuleList, ModuleDict, ParameterList and ParameterDict
(chains, braces and loops replace them); Module, Container, RNNBase and RNNCellBase, which others are built on;
DataParallel, which is about machines (`distributed = ddp`); quantised layers; and LinearCrossEntropyLoss, a loss that
owns the weights of a layer.
""",
    "function": """
## Left out

Of torch.nn.functional: what writes over its input (`relu_` and the like); `max_pool2d_with_indices` and the like
(`return_indices=true` says so); upsample, upsample_bilinear and upsample_nearest, old names of interpolate;
multi_head_attention_forward and linear_cross_entropy, which are the insides of a layer; conv_tbc, a conv1d of other
axes; native_channel_shuffle, another name of channel_shuffle; and the products of quantised or grouped matrices
grouped_mm, scaled_mm, scaled_addmm and scaled_grouped_mm.
""",
}


def pages() -> dict[str, str]:
    """File name → text of every page."""
    made = {}
    for kind, (file, title, text) in TITLES.items():
        operations = [operation for operation in all_operations() if operation.kind == kind]
        made[f"{file}.md"] = "\n".join([f"# {title}", "", text, "", *_sections(operations)]) + LEFT_OUT.get(kind, "")
    return made


def _sections(operations: list[Operation]) -> Iterator[str]:
    """The operations by the file that defines them, each file a section."""
    by_file = sorted(operations, key=lambda operation: (type(operation).__module__, operation.name))
    for module, group in groupby(by_file, key=lambda operation: type(operation).__module__):
        yield f"## {module.rpartition('.')[2].replace('_', ' ').capitalize()}"
        yield ""
        for operation in group:
            yield from _entry(operation)


def _entry(operation: Operation) -> Iterator[str]:
    yield f"### {operation.name}"
    yield ""
    yield operation.doc
    yield ""
    yield f"`{signature(operation)}`" + (f" — {operation.target}" if operation.target else "")
    yield ""
    for argument in operation.arguments:
        yield f"* `{argument.name}`: {described(argument)}"
    if operation.arguments:
        yield ""
    if getattr(operation, "feature_axis", None) is not None:
        yield f"`_` is the size of axis {operation.feature_axis}."  # type: ignore[attr-defined]
        yield ""
    if operation.example:
        yield f"Example: `{operation.example}`"
        yield ""


def write(folder: str) -> None:
    from os.path import join

    for name, text in pages().items():
        with open(join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    write(sys.argv[1] if len(sys.argv) > 1 else "docs/reference")
