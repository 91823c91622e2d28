"""Runs trials and counts how they come out."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from random import Random

from specc.ops.base import Function, Layer, Operation
from specc.ops.registry import all_operations
from tests.conformance.harness import Outcome, compare, generate, state
from tests.conformance.judge import state_of
from tests.conformance.symbols import compare_symbolic

VERDICTS = ("false accept", "false reject", "wrong shape", "wrong dtype", "wrong symbols", "wrong state")


def operations(only: str = "*", kind: str = "*") -> list[Operation]:
    """The operations torch can judge: layers, losses and functions whose target is in torch."""
    patterns = only.split(",")
    return [
        operation
        for operation in all_operations()
        if isinstance(operation, (Layer, Function))
        and operation.target.startswith("torch")
        and any(fnmatchcase(operation.name, pattern) for pattern in patterns)
        and fnmatchcase(operation.kind, kind)
    ]


def trials(operation: Operation, count: int, seed: int = 0, show: int = 0, share: float = 0.2) -> Counter[str]:
    """Try an operation `count` times and print the first disagreements.

    Of the calls on which both agree, a share is tried with symbolic sizes as well, and the layer's state compared.
    """
    rng = Random(f"{operation.name} {seed}")
    counts: Counter[str] = Counter()
    for _ in range(count):
        outcome = compare(generate(rng, operation))
        found = {outcome.verdict: str(outcome)}
        if outcome.verdict == "agree" and rng.random() < share:
            found |= _closer(rng, outcome)
        counts.update(["trials", *found, *(["accepted"] if outcome.accepted else [])])
        wrong = [text for verdict, text in found.items() if verdict in VERDICTS]
        counts["disagree"] += bool(wrong)
        if counts["disagree"] <= show:
            print(*wrong, sep="\n", end="\n" * bool(wrong), flush=True)
    return counts


def _closer(rng: Random, outcome: Outcome) -> dict[str, str]:
    """What symbols and state get wrong: verdict -> description."""
    found = {}
    symbolic = compare_symbolic(rng, outcome)
    if symbolic:
        found["wrong symbols"] = symbolic
    if outcome.accepted and isinstance(outcome.call.operation, Layer):
        ours, torchs = state(outcome.call), state_of(outcome.call)
        if ours != torchs:
            found["wrong state"] = f"wrong state: {outcome.call}\n    specc: {ours}\n    torch: {torchs}"
    return found


def table(counts: dict[str, Counter[str]]) -> str:
    """One line per operation: trials, how many both accept, and disagreements per million."""
    total: Counter[str] = Counter()
    for count in counts.values():
        total.update(count)
    head = f"{'operation':28}{'trials':>10}{'legal':>8}{'excused':>9}" + "".join(
        f"{verdict:>15}" for verdict in VERDICTS
    )
    return "\n".join(
        [head + "  (per million)", *(_line(name, count) for name, count in sorted(counts.items())), _line("all", total)]
    )


def _line(name: str, count: Counter[str]) -> str:
    trials = max(count["trials"], 1)
    shares = "".join(f"{count[verdict] * 1_000_000 // trials:>15}" for verdict in VERDICTS)
    return f"{name:28}{count['trials']:>10}{count['accepted'] / trials:>8.0%}{count['excused']:>9}{shares}"
