"""Runs trials and counts how they come out."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from random import Random

from specc.ops.base import Function, Layer, Operation
from specc.ops.registry import all_operations
from tests.conformance.harness import compare, generate
from tests.conformance.symbols import compare_symbolic

VERDICTS = ("false accept", "false reject", "wrong shape", "wrong dtype", "wrong symbols")


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


def trials(operation: Operation, count: int, seed: int = 0, show: int = 0, symbols: float = 0.2) -> Counter[str]:
    """Try an operation `count` times, a share of them also with symbolic sizes; prints the first disagreements."""
    rng = Random(f"{operation.name} {seed}")
    counts: Counter[str] = Counter()
    for _ in range(count):
        outcome = compare(generate(rng, operation))
        verdicts = [outcome.verdict]
        if outcome.verdict == "agree" and rng.random() < symbols:
            wrong = compare_symbolic(rng, outcome)
            if wrong:
                verdicts.append("wrong symbols")
        counts.update(["trials", *verdicts, *(["accepted"] if outcome.accepted else [])])
        found = [verdict for verdict in verdicts if verdict in VERDICTS]
        counts["disagree"] += bool(found)
        if found and counts["disagree"] <= show:
            print(outcome if outcome.verdict in VERDICTS else wrong, flush=True)
    return counts


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
