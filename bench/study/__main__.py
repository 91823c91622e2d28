"""What `specc check` finds in broken specs, and what it says of correct ones: `python -m bench.study`.

Prints what was missed, what was said beside the mistake, false alarms, and a table by rule.
"""

from __future__ import annotations

from collections import Counter

from bench.study.cases import Case, broken, correct
from specc.compiler import compile_spec
from specc.diagnostics.model import Diagnostic
from specc.source import Source


def problems_of(case: Case) -> list[Diagnostic]:
    """Everything that is found, hints included."""
    return list(compile_spec(Source("case.spec", case.text)).problems)


def found(case: Case, problems: list[Diagnostic]) -> bool:
    """Whether the mistake is named."""
    return any(problem.name in case.expected for problem in problems)


def beside(case: Case, problems: list[Diagnostic]) -> list[Diagnostic]:
    """Errors and warnings that are not the expected one, and the expected one said again."""
    loud = [problem for problem in problems if problem.severity != "info"]
    right = [problem for problem in loud if problem.name in case.expected]
    return [problem for problem in loud if problem.name not in case.expected] + right[1:]


def main() -> None:
    """Run the study and print it."""
    rules: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    missed, noise = [], []
    cases = broken()
    for case in cases:
        problems = problems_of(case)
        rule = next((problem.name for problem in problems if problem.name in case.expected), case.expected[0])
        rules[rule] += 1
        hits[rule] += found(case, problems)
        if not found(case, problems):
            missed.append((case, problems))
        elif extra := beside(case, problems):
            noise.append((case, extra))
    alarms = [(case, extra) for case in correct() if (extra := beside(case, problems_of(case)))]
    hints = Counter(problem.name for case in correct() for problem in problems_of(case) if problem.severity == "info")
    _print("missed", missed)
    _print("said beside the mistake", noise)
    _print("false alarms on correct specs", alarms)
    print("hints on correct specs, which are shown on request only:",
          ", ".join(f"{name} {number}" for name, number in hints.most_common()) or "none", end="\n\n")
    for rule in sorted(rules):
        print(f"{rule:34} {hits[rule]:3} of {rules[rule]:3}")
    print(f"\nfound {sum(hits.values())} of {len(cases)}; {len(noise)} with something beside it; "
          f"false alarms on {len(alarms)} of {len(correct())} correct specs")


def _print(title: str, items: list[tuple[Case, list[Diagnostic]]]) -> None:
    print(f"{title}: {len(items)}")
    for case, problems in items:
        said = "; ".join(f"{problem.name}: {problem.headline}" for problem in problems) or "nothing"
        print(f"  {case.title} [{'/'.join(case.expected)}]\n      {said}")
    print()


if __name__ == "__main__":
    main()
