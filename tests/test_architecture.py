"""The house keeps its shape: who may import what, and how large a file and a function may be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest

from specc.cli.main import VERBS

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "specc").rglob("*.py"))
TORCH_FILES = {"backends/module.py", "backends/forward.py", "backends/targets.py"}
HEAVY = {"torch", "torchvision", "numpy", "lark", "jinja2", "rich", "dataclasses"}


def name(path: Path) -> str:
    return path.relative_to(ROOT / "specc").as_posix()


def imports(path: Path) -> Iterator[str]:
    """The modules a file imports, at its top or inside a function, except for annotations only."""
    tree = ast.parse(path.read_text())
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def room(path: Path) -> str:
    return name(path).split("/")[0]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_keep_to_their_rooms(path: Path) -> None:
    found = set(imports(path))
    roots = {module.split(".")[0] for module in found}
    if not (name(path) in TORCH_FILES or room(path) == "runtime"):
        assert not roots & {"torch", "torchvision"}
    if not (name(path).startswith("backends/script") or room(path) == "report" or room(path) == "runtime"):
        assert "jinja2" not in roots
    if room(path) not in ("cli", "__main__.py"):
        assert not any(module.startswith("specc.cli") for module in found)
    if room(path) == "syntax":
        assert not any(module.startswith(("specc.ops", "specc.program", "specc.types")) for module in found)
    if room(path) == "types":
        assert not any(module.startswith("specc.") and not module.startswith("specc.types") for module in found)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < 40, f"{node.name} has more than 40 lines"


WORDS = {"C", "_", "for", "if", "nn.Module", "nn.Sequential", "forward", "mypy", "ruff check .", "python -m pytest"}


def names_in_code() -> set[str]:
    """Files without their ending, functions, classes and constants."""
    found = {path.stem for path in FILES}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                found.add(node.name)
            elif isinstance(node, ast.Assign):
                found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def exists(said: str, known: set[str]) -> bool:
    """Whether what a page names is there: a command, a file or folder, a name in the code."""
    words = said.split()
    if words[:2] == ["python", "-m"]:
        file = ROOT / words[2].replace(".", "/")
        return words[2] == "pytest" or file.with_suffix(".py").exists() or (file / "__main__.py").exists()
    if words[0] in ("python", "specc"):
        return (ROOT / words[1]).exists() or words[1] in VERBS
    if "/" in said or said.endswith(".py"):
        folders = (ROOT, ROOT / "specc", ROOT / "specc" / "backends")
        return any(list(folder.glob(said.rstrip("/"))) for folder in folders)
    return said in known or (ROOT / said).is_dir()


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_what_the_pages_for_developers_name_is_there(page: str) -> None:
    known = names_in_code()
    assert not exists("specc/nowhere", known) and not exists("nobody", known) and not exists("python -m nothing", known)
    said = set(re.findall(r"`([^`\n]+)`", (ROOT / page).read_text())) - WORDS
    assert said and not {text for text in said if not exists(text, known)}


def loaded_by(*arguments: str) -> set[str]:
    """The modules in memory after a run of the command line."""
    code = (
        "import sys; from specc.cli.main import main; main(sys.argv[1:]); print('|'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {module.split(".")[0] for module in done.stderr.strip().splitlines()[-1].split("|")}


def test_a_check_loads_nothing_heavy() -> None:
    assert not loaded_by("check", "specs/mnist.spec") & HEAVY


def test_the_test_of_what_is_loaded_can_fail() -> None:
    assert "jinja2" in loaded_by("emit", "specs/mnist.spec")
