"""Every spec in specs/: clean, laid out, and its emitted classes are the built ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from specc.backends.module import build_model
from specc.backends.script_model import model_section
from specc.compiler import Unit, compile_spec
from specc.format.formatter import format_text
from specc.source import Source

ROOT = Path(__file__).parent.parent
SPECS = sorted((ROOT / "specs").rglob("*.spec"))


def name(path: Path) -> str:
    return path.relative_to(ROOT / "specs").as_posix()


def unit_of(path: Path) -> Unit:
    return compile_spec(Source(str(path), path.read_text()))


@pytest.mark.parametrize("path", SPECS, ids=name)
def test_is_clean(path: Path) -> None:
    assert [problem.headline for problem in unit_of(path).problems if problem.severity != "info"] == []


@pytest.mark.parametrize("path", SPECS, ids=name)
def test_is_laid_out(path: Path) -> None:
    source = Source(path.name, path.read_text())
    assert format_text(source) == (source.text, ())


@pytest.mark.parametrize("path", SPECS, ids=name)
def test_emitted_classes_have_the_weights_of_the_built_ones(path: Path) -> None:
    unit = unit_of(path)
    section = model_section(unit.program)
    scope: dict[str, Any] = {"__name__": "emitted"}
    exec(compile("\n".join(section.imports) + "\n" + section.text, path.name, "exec"), scope)
    for model in unit.program.models:
        torch.manual_seed(1)
        built = build_model(model).state_dict()
        torch.manual_seed(1)
        emitted = scope[section.constructors[model.name].name]().state_dict()
        assert list(built) == list(emitted)
        assert all(torch.equal(built[key], emitted[key]) for key in built)


def test_emitted_classes_are_well_formed(tmp_path: Path) -> None:
    for path in SPECS:
        section = model_section(unit_of(path).program)
        (tmp_path / f"{path.stem}.py").write_text("\n".join(sorted(section.imports)) + "\n\n\n" + section.text)
    command = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--no-cache", str(tmp_path)]
    subprocess.run([*command, "check", "--select", "E4,E7,E9,F", *options], check=True)
    subprocess.run([*command, "format", "--check", *options], check=True)
