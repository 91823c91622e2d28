"""What makes a run faster without changing a bit of what it computes."""

from __future__ import annotations

import ctypes
import inspect
import sys
from typing import Any, Callable

import torch
from torch.optim import Optimizer

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
KEPT_BYTES = 1 << 30
DECORATED = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")


def prepare(settings: dict[str, Any]) -> None:
    """Set what the spec asks for, and what is good for every run."""
    if settings["deterministic"] != torch.are_deterministic_algorithms_enabled():  # setting it imports torch's compiler
        torch.use_deterministic_algorithms(bool(settings["deterministic"]))
    torch.set_float32_matmul_precision("high" if settings["tf32"] else "highest")
    keep_freed_memory()
    if not settings["compile"]:
        leave_compiler_alone()


def keep_freed_memory() -> None:
    """Let the C library keep what tensors free: a batch takes the pages of the last one instead of new ones.

    On glibc, batches of a hundred pictures and more otherwise lose a fifth to a third of the time to page faults.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc
        return
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES)
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)


def leave_compiler_alone() -> None:
    """Spare a run that compiles nothing the import of torch's compiler, some seconds of every start.

    torch wraps a few methods of Optimizer so that its compiler skips them, and imports the compiler to do so on their
    first call. The wrapper remembers what to call in an attribute; here that is the method itself.
    """
    for name in DECORATED:
        method = getattr(getattr(Optimizer, name, None), "__wrapped__", None)
        if method is not None and not hasattr(method, "__dynamo_disable"):
            method.__dynamo_disable = method


def step_of(optimizer: Any) -> Callable[[], Any]:
    """`optimizer.step`, or the function inside torch's wrappers around it where those would import the compiler.

    The wrappers switch gradients off and time the step for a profiler; only the first matters here. Schedulers look for
    a mark that the optimizer has stepped.
    """
    plain = inspect.unwrap(type(optimizer).step)
    if plain is type(optimizer).step or "torch._dynamo" in sys.modules or optimizer.defaults.get("differentiable"):
        return optimizer.step

    def step() -> None:
        with torch.no_grad():
            plain(optimizer)
        optimizer._opt_called = True

    return step
