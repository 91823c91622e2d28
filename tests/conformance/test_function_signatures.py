"""Names, order and defaults of a function's arguments are those of the installed torch, where Python can tell them."""

from __future__ import annotations

import inspect

import pytest

from specc.ops.base import REQUIRED, Operation
from specc.ops.registry import all_operations
from tests.conformance.judge import resolve


def parameters(operation: Operation) -> dict[str, inspect.Parameter] | None:
    """The parameters of the Python function; None where it is built in or hides them."""
    try:
        found = dict(inspect.signature(resolve(operation.target)).parameters)
    except (TypeError, ValueError):
        return None
    hidden = any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in found.values())
    return None if hidden or not found else found


FUNCTIONS = [op for op in all_operations() if op.kind == "function" and op.target and "." in op.target]
TOLD = [(operation, wanted) for operation in FUNCTIONS if (wanted := parameters(operation)) is not None]
NOT_OFFERED = {"out", "_stacklevel", "compute_mode", "dtype", "norm_type"}  # no value of a spec, or deprecated


@pytest.mark.parametrize(("operation", "wanted"), TOLD, ids=[operation.name for operation, _ in TOLD])
def test_arguments_are_torchs(operation, wanted):
    offered = [argument.name for argument in operation.arguments]
    assert offered == [name for name in wanted if name in offered]
    left_out = {name for name, one in wanted.items() if name not in offered and one.default is one.empty}
    assert not left_out
    for argument in operation.arguments:
        default = wanted[argument.name].default
        if default is not inspect.Parameter.empty and argument.default is not REQUIRED:
            assert argument.default == default, argument.name


def test_python_tells_enough_functions():
    assert len(TOLD) > 80


@pytest.mark.parametrize("operation", FUNCTIONS, ids=[operation.name for operation in FUNCTIONS])
def test_every_function_is_documented(operation):
    assert operation.doc and operation.doc.split("\n")[0].rstrip().endswith((".", ":"))
    assert operation.name in operation.example
    assert all(argument.doc or argument.default is REQUIRED for argument in operation.arguments)
