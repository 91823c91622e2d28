"""The user's own Python: imported under trust, and held to what its extern declares.

`admit` is the only way to it. Whatever goes wrong in the user's code becomes a finding at the extern's declaration.
"""

from __future__ import annotations

import importlib
import os.path
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from traceback import extract_tb
from typing import Any

from specc.backends.targets import OWN, resolve
from specc.diagnostics.error import SpecError
from specc.diagnostics.model import Diagnostic, finding
from specc.source import Source, Span
from specc.types.dims import Dim
from specc.types.tensor import FLOATS, TORCH_NAMES, TensorType

WANTED = {
    "layer": ("torch.nn.Module", "a class of nn.Module"),
    "loss": ("torch.nn.Module", "a class of nn.Module"),
    "optimizer": ("torch.optim.Optimizer", "a class of torch.optim.Optimizer"),
}


def admit(externs: Sequence[Any], trust: bool, source: Source) -> None:
    """Import what the externs name, looked for beside the spec first, as Python does for a script. Raises SpecError.

    Without trust nothing is imported.
    """
    if not externs:
        return
    if not trust:
        names = ", ".join(dict.fromkeys(extern.python for extern in externs))
        whole = Span(Source(source.name, ""), 0, 0)
        text = f"{source.name} would import {names}: allow it with --trust, or trust=True from Python"
        raise SpecError([finding("extern-untrusted", whole, text)])
    folder = os.path.abspath(os.path.dirname(source.name))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    problems = [problem for extern in externs if (problem := _load(extern)) is not None]
    if problems:
        raise SpecError(problems)


def _load(extern: Any) -> Diagnostic | None:
    module, _, name = extern.python.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except (Exception, SystemExit) as error:
        return _problem(extern, "extern-import", f"{module} cannot be imported: {_said(error)}")
    if found is None:
        return _problem(extern, "extern-missing", f"the module {module} has no {name}")
    base, words = WANTED.get(extern.definition.kind, ("", "a class or function"))
    if not callable(found) or base and not (isinstance(found, type) and issubclass(found, resolve(base))):
        return _problem(extern, "extern-kind", f"{extern.python} is not {words}")
    OWN[extern.target] = found
    return None


@contextmanager
def blamed(externs: Sequence[Any]) -> Iterator[None]:
    """Any exception that the user's own Python has a part in becomes a SpecError that names its line."""
    try:
        yield
    except SpecError:
        raise
    except Exception as error:
        place = _place(error, externs)
        if place is None:
            raise
        extern, where = place
        raise SpecError([_problem(extern, "extern-failed", f"{where} raised {_said(error)}")]) from error


def _place(error: Exception, externs: Sequence[Any]) -> tuple[Any, str] | None:
    """The extern and the last line of its file among what led to the exception; a loader's worker only tells it."""
    files = {extern: getattr(sys.modules.get(extern.python.rpartition(".")[0]), "__file__", None) for extern in externs}
    for extern, file in files.items():
        lines = [step.lineno for step in extract_tb(error.__traceback__) if step.filename == file]
        if lines:
            return extern, f"{os.path.basename(file or '')}:{lines[-1]}"
        if file is not None and f'File "{file}"' in str(error):
            return extern, os.path.basename(file)
    return None


def _said(error: BaseException) -> str:
    """What an exception says, on one line; a worker's ends with what was raised there."""
    lines = str(error).strip().splitlines() or [""]
    if "Traceback" in str(error):
        return lines[-1]
    return f"{type(error).__name__}: {lines[0]}" if lines[0] else type(error).__name__


def _problem(extern: Any, name: str, headline: str) -> Diagnostic:
    return finding(name, extern.definition.span, headline)


class Checked:
    """Holds the result of an extern to its declared type: what every call of its step goes through."""

    def __init__(self, extern: Any, inputs: Sequence[Any], type: Any) -> None:
        self.extern, self.inputs, self.type = extern, inputs, type

    def __call__(self, result: Any, *given: Any) -> Any:
        """The result as it is; SpecError where it is of another type. `given` are the tensors that went in."""
        sizes = self._sizes(given)
        wanted = self.type if type(self.type) is tuple else (self.type,)
        parts = result if type(self.type) is tuple else (result,)
        if not isinstance(parts, tuple) or len(parts) != len(wanted):
            raise self._mismatch(f"a {type(result).__name__}, not a tuple of {len(wanted)} tensors")
        for one, declared in zip(parts, wanted):
            self._check(one, declared, sizes)
        return result

    def _sizes(self, given: Sequence[Any]) -> dict[str, int]:
        """The symbols of the declaration as this call has them."""
        sizes: dict[str, int] = {}
        for tensor, declared in zip(given, self.inputs):
            for size, dim in zip(tensor.shape, declared.shape):
                if isinstance(dim, Dim):
                    sizes.setdefault(str(dim), size)
        return sizes

    def _check(self, one: Any, declared: TensorType, sizes: dict[str, int]) -> None:
        if not hasattr(one, "shape") or not hasattr(one, "dtype"):
            raise self._mismatch(f"a {type(one).__name__}, not a tensor")
        shape = [dim.substitute(sizes) if isinstance(dim, Dim) else dim for dim in declared.shape]
        fits = len(shape) == len(one.shape) and all(
            isinstance(size, Dim) or size is None or size == actual for size, actual in zip(shape, one.shape)
        )
        if not fits or not _same_dtype(one, declared.dtype):
            actual = type_of(one)
            raise self._mismatch(f"{actual}, it declares {declared.dtype}[{', '.join(map(str, shape))}]")

    def _mismatch(self, text: str) -> SpecError:
        return SpecError([_problem(self.extern, "extern-type", f"{self.extern.python} gives {text}")])


def type_of(tensor: Any) -> str:
    """The type of a tensor as a spec writes it."""
    dtype = str(tensor.dtype).removeprefix("torch.")
    names = {torch_name: name for name, torch_name in TORCH_NAMES.items()}
    return f"{names.get(dtype, dtype)}[{', '.join(map(str, tensor.shape))}]"


def _same_dtype(tensor: Any, dtype: str) -> bool:
    """Under autocast a layer gives what precision it likes."""
    if dtype in FLOATS and tensor.is_floating_point() and resolve("torch.is_autocast_enabled")(tensor.device.type):
        return True
    return str(tensor.dtype) == f"torch.{TORCH_NAMES[dtype]}"
