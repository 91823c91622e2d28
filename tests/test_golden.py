"""The committed scripts of all specs in specs/: up to date, well-formed, independent of specc."""

from __future__ import annotations

import subprocess
import sys
from os import environ
from pathlib import Path

import pytest

from jobs import ROOT
from specc.backends.script import emit
from specc.compiler import Unit, compile_spec
from specc.source import Source

GOLDEN = Path(__file__).parent / "golden"
SPECS = sorted((ROOT / "specs").rglob("*.spec"))


def name(path: Path) -> str:
    return path.relative_to(ROOT / "specs").with_suffix("").as_posix()


def unit_of(path: Path) -> Unit:
    return compile_spec(Source(str(path), path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", SPECS, ids=name)
def test_script_is_the_committed_one(path: Path, request: pytest.FixtureRequest) -> None:
    """After a change of the scripts: pytest tests/test_golden.py --golden, and review the difference."""
    script, golden = emit(unit_of(path)), GOLDEN / f"{name(path)}.py"
    if request.config.getoption("--golden"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(script, encoding="utf-8", newline="")
    assert golden.read_bytes() == script.encode()


def test_there_is_no_golden_file_without_a_spec() -> None:
    known = {name(path) for path in SPECS}
    assert {path.relative_to(GOLDEN).with_suffix("").as_posix() for path in GOLDEN.rglob("*.py")} == known


@pytest.mark.parametrize("command", [["check"], ["format", "--check", "--diff"]], ids=["check", "format"])
def test_golden_scripts_pass_ruff(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", command[0], "--isolated", *command[1:], str(GOLDEN)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_golden_scripts_pass_the_type_checker(tmp_path: Path) -> None:
    options = ["--ignore-missing-imports", "--explicit-package-bases", "--cache-dir", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, str(GOLDEN)], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout


def test_golden_scripts_load_where_specc_is_not() -> None:
    program = """
import runpy, sys
sys.modules["specc"] = None  # an import of it fails
for path in sys.argv[1:]:
    scope = runpy.run_path(path, run_name="not_main")
    made = [value for value in scope.values() if isinstance(value, type) and value.__module__ == "not_main"]
    assert made, path
    assert not [name for name in sys.modules if name.startswith("specc.")]
"""
    files = [str(path) for path in sorted(GOLDEN.rglob("*.py"))]
    done = subprocess.run([sys.executable, "-I", "-c", program, *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_hash_seeds_change_nothing() -> None:
    """Sets have another order in every process; scripts must not."""
    program = """
import hashlib, sys
from specc.api import emit
print([hashlib.sha256(emit(path).encode()).hexdigest() for path in sys.argv[1:]])
"""
    chosen = [str(path) for path in SPECS if path.stem in ("cifar", "nanogpt", "mobilenet_v3_small", "swin_t", "dcgan")]
    command = [sys.executable, "-c", program, *chosen]
    outputs = {
        subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, check=True, env=environ | {"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("0", "1", "random")
    }
    assert len(outputs) == 1 and outputs != {""}
