"""The reference manual is made from the operations and kept current; every operation says what it is."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
import torch.nn.functional as F
from torch import nn

from specc.ops.registry import all_operations, lookup
from specc.report.manual import pages

FOLDER = Path(__file__).parent.parent / "docs" / "reference"


@pytest.mark.parametrize("name", sorted(pages()))
def test_is_current(name: str) -> None:
    assert (FOLDER / name).read_text() == pages()[name], "run python -m specc.report.manual"


def test_has_a_page_for_every_kind() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(pages())


def test_every_operation_says_what_it_is() -> None:
    silent = [operation.name for operation in all_operations() if not operation.doc or not operation.example]
    assert silent == []


def left_out(page: str) -> set[str]:
    """The words of a page's last section."""
    return set(re.findall(r"\w+", (FOLDER / page).read_text().partition("\n## Left out\n")[2]))


def test_every_layer_and_loss_of_torch_is_there_or_left_out_with_a_reason() -> None:
    modules = [name for name, one in vars(nn).items() if inspect.isclass(one) and issubclass(one, nn.Module)]
    missing = {name for name in modules if lookup("layer", name) is None and not name.startswith("Lazy")}
    assert len(modules) > 150 and missing == missing & left_out("layers.md")


def test_every_function_of_torch_nn_is_there_or_left_out_with_a_reason() -> None:
    helpers = re.compile("has_torch_function|handle_torch_function|boolean_dispatch|assert_int_or_pair")
    functions = {
        name
        for name, one in vars(F).items()
        if inspect.isroutine(one) and not name.startswith("_") and not helpers.match(name)
        and (one.__module__ or "torch").startswith("torch")
    }
    missing = {name for name in functions if lookup("function", name) is None}
    missing = {name for name in missing if not name.endswith(("_", "_with_indices"))}
    assert len(functions) > 100 and missing == missing & left_out("functions.md")


def test_there_are_functions_for_real_models() -> None:
    assert sum(operation.kind == "function" for operation in all_operations()) >= 160
