"""specc from Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import specc
from specc import api

GOOD = "model M(width = 2) {\n  input x: f32[N, 4]\n  output x -> Linear(_, width)\n}\n"
BAD = GOOD.replace("_", "5")


def test_check_takes_a_path_or_a_source(tmp_path: Path) -> None:
    path = tmp_path / "a.spec"
    path.write_text(GOOD)
    for spec in (path, str(path), specc.Source("a.spec", GOOD)):
        unit = specc.check(spec)
        assert unit.problems == () and [model.name for model in unit.program.models] == ["M"]


def test_check_gives_problems_as_values(tmp_path: Path) -> None:
    assert [problem.name for problem in specc.check(specc.Source("a", BAD)).problems] == ["in-features-mismatch"]
    unit = specc.check(tmp_path / "gone.spec")
    assert unit.program is None and [problem.name for problem in unit.problems] == ["unreadable-file"]


def test_errors_are_raised_as_people_read_them() -> None:
    for use in (specc.build, specc.emit, specc.run):
        with pytest.raises(specc.SpecError, match=r"^error\[S301\]: Linear\(5, ") as caught:
            use(specc.Source("a.spec", BAD))
        assert [problem.code for problem in caught.value.problems] == ["S301"]


@pytest.mark.parametrize("value, written", [
    (1, "1"), (1e-3, "0.001"), (True, "true"), (None, "none"), ("bf16", "bf16"), ([1, 2], "[1, 2]"), ((1,), "(1,)"),
    ((1, (2, False)), "(1, (2, false))"), ([], "[]"),
])
def test_settings_are_written_as_in_a_spec(value, written: str) -> None:
    assert api._written(value) == written


def test_the_module_tells_what_it_has() -> None:
    assert set(dir(specc)) == set(specc.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        specc.nothing  # noqa: B018


def test_importing_and_checking_imports_nothing_heavy() -> None:
    code = (f"import specc, sys; specc.check(specc.Source('a', {GOOD!r})); "
            "print([name for name in ('torch', 'numpy', 'jinja2', 'lark') if name in sys.modules])")
    result = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent.parent, capture_output=True,
                            text=True, timeout=60, check=True)
    assert result.stdout == "[]\n"
