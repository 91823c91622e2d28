"""The kinds of files a model is exported to: how each is written and read back."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from copy import deepcopy
from typing import Any, NamedTuple

import torch
from torch import nn

from specc.program.model import Model
from specc.program.objectives import output_types
from specc.runtime.checkpoint import one_line
from specc.runtime.examples import Example
from specc.runtime.options import RunError
from specc.types.dims import symbols_of
from specc.types.tensor import TensorType

ONNX_LIMIT = 2_000_000_000  # bytes: a file of that format holds no more
Run = Callable[..., Any]


class Kind(NamedTuple):
    """`write(module, model, example, leave, path)` leaves those sizes open, and gives the names of those
    that are; `read(path, module)` what
    runs on inputs; `limit` is how far outputs may be from the module's, as a share of the greatest of them.
    """

    name: str
    write: Callable[[nn.Module, Model, Example, Set[str], str], tuple[str, ...]]
    read: Callable[[str, nn.Module], Run]
    limit: float


def _write_weights(module: nn.Module, model: Model, one: Example, leave: Set[str], path: str) -> tuple[str, ...]:
    from safetensors.torch import save_model

    save_model(module, path)
    return tuple(name for name in one.sizes if name in leave)


def _read_weights(path: str, module: nn.Module) -> Run:
    from safetensors.torch import load_model

    twin = deepcopy(module)
    for tensor in twin.state_dict().values():
        tensor.zero_()
    load_model(twin, path)
    return twin


def _write_program(module: nn.Module, model: Model, one: Example, leave: Set[str], path: str) -> tuple[str, ...]:
    program = _traced(module, model, one, leave)
    with open(path, "wb") as file, quiet():
        torch.export.save(program, file)
    return _open(program, model, one, leave)


def _read_program(path: str, module: nn.Module) -> Run:
    with open(path, "rb") as file, quiet():
        return torch.export.load(io.BytesIO(file.read())).module()


def _write_onnx(module: nn.Module, model: Model, one: Example, leave: Set[str], path: str) -> tuple[str, ...]:
    program = _traced(module, model, one, leave)
    size = sum(tensor.nbytes for tensor in module.state_dict().values())
    if size > ONNX_LIMIT:
        raise RunError("export-failed", f"{size:,} bytes of weights are more than a file of ONNX holds")
    names = [entry.name for entry in model.graph.inputs]
    with explained(), quiet():
        made = torch.onnx.export(
            program, dynamo=True, input_names=names, output_names=list(output_types(model.graph)), verbose=False
        )
        assert made is not None
        made.save(path, external_data=False)
    return _open(program, model, one, leave)


def _read_onnx(path: str, module: nn.Module) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors are raised, too
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()]

    def run(*inputs: torch.Tensor) -> list[torch.Tensor]:
        given = dict(zip(names, (tensor.numpy() for tensor in inputs)))
        try:
            return [torch.as_tensor(value) for value in session.run(None, given)]
        except Exception as error:
            raise RunError("export-differs", f"the file does not run: {one_line(error)}") from error

    return run


KINDS = {
    ".safetensors": Kind("weights", _write_weights, _read_weights, 0.0),
    ".pt2": Kind("program of torch.export", _write_program, _read_program, 1e-5),
    ".onnx": Kind("ONNX", _write_onnx, _read_onnx, 1e-3),
}


def _shapes(model: Model) -> list[tuple[Any, ...]]:
    return [entry.type.shape for entry in model.graph.inputs if isinstance(entry.type, TensorType)]


def _traced(module: nn.Module, model: Model, one: Example, leave: Set[str]) -> Any:
    """The program of torch.export, open in the sizes named in `leave` as far as torch can."""
    axes = tuple(
        {at: torch.export.Dim.AUTO for at, size in enumerate(shape) if symbols_of(size) & leave}
        for shape in _shapes(model)
    )
    with explained(), quiet():
        return torch.export.export(module, one.inputs, dynamic_shapes=axes)


def _open(program: Any, model: Model, one: Example, leave: Set[str]) -> tuple[str, ...]:
    """The names of the sizes that torch has left open on all their axes."""
    names = program.graph_signature.user_inputs
    shapes = {node.name: node.meta["val"].shape for node in program.graph.nodes if node.op == "placeholder"}
    closed = set(one.sizes) - leave
    for shape, name in zip(_shapes(model), names, strict=True):
        for written, left in zip(shape, shapes.get(name, ())):
            closed |= symbols_of(written) if isinstance(left, int) else set()
    return tuple(name for name in one.sizes if name not in closed)


@contextmanager
def explained() -> Iterator[None]:
    """Whatever torch's exporters raise is one line."""
    try:
        yield
    except Exception as error:
        raise RunError("export-failed", f"torch cannot export this model: {one_line(error)}") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing of the exporters' chatter reaches the terminal."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
