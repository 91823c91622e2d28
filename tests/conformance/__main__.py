"""`python -m tests.conformance --trials 100000 --only "Conv*"`: how often specc and torch disagree, per million."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tests.conformance.report import operations, table, trials


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--trials", type=int, default=1000, help="calls per operation")
    parser.add_argument("--only", default="*", help="names of operations, with wildcards, separated by commas")
    parser.add_argument("--kind", default="*", help="layer, function, ...")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--share", type=float, default=0.2, help="share of calls compared in symbols and state too")
    parser.add_argument("--show", type=int, default=3, help="disagreements to print per operation")
    options = parser.parse_args()
    counts: dict[str, Counter[str]] = {}
    for operation in operations(options.only, options.kind):
        counts[operation.name] = trials(operation, options.trials, options.seed, options.show, options.share)
    print(table(counts))
    return int(any(count["disagree"] for count in counts.values()))


if __name__ == "__main__":
    sys.exit(main())
