"""The study of broken and of correct specs: every mistake is named, and what only looks wrong is left alone."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

import specc
from bench.study.__main__ import beside, found, main, problems_of
from bench.study.cases import Case, broken, correct
from specc.diagnostics.codes import CODES
from specc.source import Source

BROKEN, CORRECT = broken(), correct()
SIZES = {"N": 2, "B": 2, "T": 12, "S": 9, "h": 8, "w": 8, "H": 24, "W": 20, "L": 33}


def test_the_study_is_large_and_says_what_it_expects() -> None:
    assert len(BROKEN) >= 150 and len(CORRECT) >= 60
    assert max(Counter(case.title for case in (*BROKEN, *CORRECT)).values()) == 1
    assert all(case.expected and set(case.expected) <= CODES.keys() for case in BROKEN)
    assert not any(case.expected for case in CORRECT)


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.title)
def test_a_mistake_is_named(case: Case) -> None:
    problems = problems_of(case)
    assert found(case, problems), [f"{problem.name}: {problem.headline}" for problem in problems]
    assert not beside(case, problems)


@pytest.mark.parametrize("case", CORRECT, ids=lambda case: case.title)
def test_what_only_looks_wrong_is_left_alone(case: Case) -> None:
    assert not beside(case, problems_of(case))


@pytest.mark.parametrize("case", CORRECT, ids=lambda case: case.title)
def test_torch_runs_what_only_looks_wrong(case: Case) -> None:
    torch = pytest.importorskip("torch")
    source = Source("case.spec", case.text)
    for model in specc.check(source).program.models:
        inputs = [_value(torch, given.type) for given in model.graph.inputs]
        output = specc.build(source, model=model.name)(*inputs)
        assert all(torch.isfinite(part).all() for part in _parts(output))


def _value(torch: Any, type: Any) -> Any:
    shape = [size if isinstance(size, int) else _size(str(size)) for size in type.shape]
    if type.dtype in ("i64", "u8"):
        return torch.randint(0, type.range.high, shape, dtype=torch.uint8 if type.dtype == "u8" else torch.int64)
    return torch.zeros(shape, dtype=torch.bool) if type.dtype == "bool" else torch.rand(shape)


def _size(text: str) -> int:
    """A symbol, or a symbol times a number."""
    number, _, symbol = text.rpartition(" * ") if " * " in text else ("1", "", text)
    names = {number, symbol} & SIZES.keys()
    return SIZES[names.pop()] * int(number if number.isdigit() else symbol if symbol.isdigit() else 1)


def _parts(output: Any) -> list[Any]:
    if isinstance(output, dict):
        return list(output.values())
    return list(output) if isinstance(output, (tuple, list)) else [output]


def test_the_study_prints_what_it_found(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(f"found {len(BROKEN)} of {len(BROKEN)}; ")
    assert f"false alarms on 0 of {len(CORRECT)} correct specs" in last
