"""Compares the rules of functions with eager torch on random calls: `python -m tests.conformance.functions --trials 20000`."""

from __future__ import annotations

import argparse
import operator
import warnings
from collections import Counter
from random import Random
from typing import Any, NamedTuple

import torch
import torchvision

from specc.ops.base import Operation, Use
from specc.ops.binding import Written, bind
from specc.ops.registry import all_operations
from specc.source import Source, Span
from specc.types.facts import Facts
from specc.types.tensor import TORCH_NAMES, UNKNOWN, DType, TensorType
from tests.conformance.cases_functions import draw_call

NAMES = {getattr(torch, torch_name): name for name, torch_name in TORCH_NAMES.items()}
ROOTS = {"torch": torch, "torchvision": torchvision, "operator": operator}
# functions that read the values of a tensor as places or counts: those are 0, elsewhere they are 1
PLACES: set[str] = set()
PLACE = Span(Source("call", ""), 0, 0)


class Outcome(NamedTuple):
    verdict: str  # "agree", "false accept", "false reject", "wrong type"
    detail: str


def resolve(target: str) -> Any:
    """The Python object a target names."""
    root, *path = target.split(".")
    found = ROOTS[root]
    for name in path:
        found = getattr(found, name)
    return found


def torch_value(value: Any, fill: int) -> Any:
    """The value as torch takes it."""
    if isinstance(value, TensorType):
        return torch.full(value.shape, fill, dtype=getattr(torch, TORCH_NAMES[value.dtype]))
    if isinstance(value, DType):
        return getattr(torch, TORCH_NAMES[value.name])
    if isinstance(value, (tuple, list)):
        return type(value)(torch_value(item, fill) for item in value)
    return value


def torch_type(value: Any) -> Any:
    """The type of a value torch gives."""
    if isinstance(value, torch.Tensor):
        return tuple(value.shape), NAMES.get(value.dtype, str(value.dtype))
    if isinstance(value, (tuple, list)):
        return tuple(map(torch_type, value))
    return value


def plain(value: Any) -> Any:
    """A specc type in the same form."""
    if isinstance(value, TensorType):
        return tuple(value.shape), value.dtype
    return tuple(map(plain, value)) if isinstance(value, tuple) else value


def ask_specc(operation: Operation, args: list[Any], kwargs: dict[str, Any]) -> tuple[Any, list[Any]]:
    """The type specc infers (UNKNOWN if refused) and the problems."""
    written = [Written(None, value, PLACE) for value in args] + [Written(name, v, PLACE) for name, v in kwargs.items()]
    problems: list[Any] = []
    bound = bind(operation.name, operation.arguments, written, PLACE, problems)
    if bound is None:
        return UNKNOWN, problems
    use = Use(operation, bound.values, bound.given, PLACE, operation.name, Facts(), problems)
    return operation.infer(use), problems


def ask_torch(operation: Operation, args: list[Any], kwargs: dict[str, Any]) -> tuple[Any, str]:
    """The type torch gives, or UNKNOWN and its message."""
    fill = 0 if operation.name in PLACES else 1
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = {name: torch_value(value, fill) for name, value in kwargs.items()}
            return torch_type(resolve(operation.target)(*(torch_value(v, fill) for v in args), **values)), ""
    except Exception as error:
        return UNKNOWN, str(error).split("\n")[0]


def compare(operation: Operation, args: list[Any], kwargs: dict[str, Any]) -> Outcome:
    """Whether both accept or refuse a call, with the same type."""
    ours, problems = ask_specc(operation, args, kwargs)
    theirs, message = ask_torch(operation, args, kwargs)
    if (ours is UNKNOWN) != bool(problems):
        return Outcome("wrong type", f"UNKNOWN and problems disagree: {ours} {problems}")
    if ours is UNKNOWN or theirs is UNKNOWN:
        if ours is theirs:
            return Outcome("agree", "refused")
        if ours is UNKNOWN:
            return Outcome("false reject", f"{problems[0].headline} | torch gives {theirs}")
        return Outcome("false accept", f"specc gives {plain(ours)} | {message}")
    return Outcome("agree", "accepted") if plain(ours) == theirs else Outcome("wrong type", f"{plain(ours)} | {theirs}")


def show_call(operation: Operation, args: list[Any], kwargs: dict[str, Any]) -> str:
    return f"{operation.name}({', '.join([*map(show, args), *(f'{k}={show(v)}' for k, v in kwargs.items())])})"


def show(value: Any) -> str:
    return f"({', '.join(map(show, value))})" if type(value) in (tuple, list) else str(value)


def functions() -> list[Operation]:
    """Every function that stands for one call of Python, and the operators."""
    from specc.ops.functions.operators import OPERATORS

    found = [operation for operation in all_operations() if operation.kind == "function" and operation.target]
    return [*found, *OPERATORS.values()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=20000, help="in all, shared among the functions")
    parser.add_argument("--each", type=int, default=0, help="trials for each function")
    parser.add_argument("--only", nargs="*", default=[], help="names of functions, or of files such as shape")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=3, help="failing calls to print for each function and verdict")
    options = parser.parse_args()
    torch.set_num_threads(1)
    chosen = [f for f in functions() if not options.only or {f.name, type(f).__module__.rsplit(".", 1)[1]} & set(options.only)]
    each = options.each or -(-options.trials // len(chosen))
    totals: Counter[str] = Counter()
    for operation in chosen:
        counts, failing = run(operation, each, options.seed)
        totals += counts
        for verdict, calls in failing.items():
            print(f"{operation.name}: {verdict} {counts[verdict]} of {each}")
            for line in calls[:options.show]:
                print("   ", line[:300])
        if not counts["accepted"]:
            print(f"{operation.name}: not one call of {each} was accepted")
    print(f"{len(chosen)} functions, {each * len(chosen)} trials: " + ", ".join(f"{n} {name}" for name, n in totals.items()))


def run(operation: Operation, trials: int, seed: int) -> tuple[Counter[str], dict[str, list[str]]]:
    """Counts of verdicts and accepted calls, and the failing calls by verdict."""
    rng = Random(f"{operation.name} {seed}")
    counts: Counter[str] = Counter()
    failing: dict[str, list[str]] = {}
    for _ in range(trials):
        args, kwargs = draw_call(operation, rng)
        outcome = compare(operation, args, kwargs)
        counts[outcome.verdict] += 1
        counts["accepted"] += outcome == ("agree", "accepted")
        if outcome.verdict != "agree":
            failing.setdefault(outcome.verdict, []).append(f"{show_call(operation, args, kwargs)}: {outcome.detail}")
    return counts, failing


if __name__ == "__main__":
    main()
