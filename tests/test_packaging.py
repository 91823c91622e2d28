"""The package as users get it: built, installed in clean environments, used from another folder."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from specc.cli.run import EXPORT, RUN

ROOT = Path(__file__).parent.parent
SPEC = "model M {\n  input x: f32[N, 4]\n  output x -> Linear(_, 2)\n}\n"
NO_NETWORK = ("NewConnectionError", "ConnectTimeout", "ReadTimeout", "name resolution", "Network is unreachable")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def run(*command: str | Path, cwd: Path) -> str:
    """The output of a command that has to succeed, free of what this process has on its paths."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    result = subprocess.run([str(word) for word in command], cwd=cwd, env=environment, capture_output=True, text=True,
                            timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the files that git knows or would take, so that nothing built reaches the checkout."""
    folder = tmp_path_factory.mktemp("sources")
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    names = listed.stdout.splitlines() if listed.returncode == 0 else [
        str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    for name in names:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


@pytest.fixture(scope="module")
def built(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel and the source archive, made by the build backend itself."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("dist")
    for kind in ("wheel", "sdist"):
        run(sys.executable, "-c", f"import hatchling.build as b; b.build_{kind}({str(folder)!r})", cwd=sources)
    return {"wheel": next(folder.glob("*.whl")), "sdist": next(folder.glob("*.tar.gz"))}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a clean environment with nothing but the core's dependencies. Skips without a network."""
    folder = tmp_path_factory.mktemp("clean")
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    try:
        run(python, "-m", "pip", "install", "--quiet", *PROJECT["dependencies"], cwd=folder)
    except AssertionError as error:
        if any(sign in str(error) for sign in NO_NETWORK):
            pytest.skip("no package index can be reached")
        raise
    return python


def uses(python: Path, folder: Path) -> None:
    """The installed command checks a spec in a folder far from the sources."""
    (folder / "a.spec").write_text(SPEC)
    (folder / "bad.spec").write_text(SPEC.replace("_", "5"))
    command = python.parent / "specc"
    assert run(command, "check", "a.spec", cwd=folder) == "1 spec checked: all good\n"
    assert subprocess.run([command, "check", "bad.spec"], cwd=folder, capture_output=True).returncode == 1
    assert run(python, "-m", "specc", "--version", cwd=folder).startswith("specc ")
    assert "Conv2d" in run(command, "explain", "Conv2d", cwd=folder)


def test_the_wheel_holds_the_package_its_grammar_and_its_templates(built: dict[str, Path]) -> None:
    names = zipfile.ZipFile(built["wheel"]).namelist()
    expected = {f"specc/grammar/{path.name}" for path in (ROOT / "grammar").iterdir() if path.is_file()}
    expected |= {f"specc/templates/{path.relative_to(ROOT / 'templates').as_posix()}"
                 for path in (ROOT / "templates").rglob("*") if path.is_file()}
    data = {path.relative_to(ROOT).as_posix() for path in (ROOT / "specc").rglob("*.json")}
    assert expected | data | {"specc/cli/main.py"} <= set(names)
    assert {name.split("/")[0] for name in names} == {"specc", names[-1].split("/")[0]}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if "__pycache__" in name or "tests/" in name]


def test_the_source_archive_holds_the_tests_and_the_specs(built: dict[str, Path]) -> None:
    names = {name.split("/", 1)[-1] for name in tarfile.open(built["sdist"]).getnames()}
    assert {"pyproject.toml", "LICENSE", "tests/test_packaging.py", "grammar/specc.lark", "specc/version.py"} <= names


def test_the_wheel_works_in_a_clean_environment(built: dict[str, Path], python: Path, tmp_path: Path) -> None:
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", built["wheel"], cwd=tmp_path)
    run(python, "-m", "pip", "check", cwd=tmp_path)
    uses(python, tmp_path)


def test_an_editable_install_works(sources: Path, python: Path, tmp_path: Path) -> None:
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "-e", sources, cwd=tmp_path)
    uses(python, tmp_path)


def test_dependencies_have_floors_and_no_ceilings() -> None:
    extras = PROJECT["optional-dependencies"]
    everything = PROJECT["dependencies"] + [text for texts in extras.values() for text in texts]
    assert all(">=" in text or text.startswith("specc[") for text in everything)
    assert not any(sign in text for text in everything for sign in ("<", "==", "~="))
    assert {text.split(">=")[0] for text in PROJECT["dependencies"]} == {"lark", "jinja2"}


def test_what_a_run_says_it_lacks_is_the_extra() -> None:
    extras = {name: [text.split(">=")[0] for text in found] for name, found in PROJECT["optional-dependencies"].items()}
    assert list(RUN.values()) == extras["run"]
    assert ["specc[run]", *EXPORT.values()] == extras["export"]


def test_the_checkout_itself_is_importable() -> None:
    assert find_spec("specc") is not None
    assert Path(find_spec("specc").origin).is_relative_to(ROOT)


def test_the_ci_script_is_sound() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    run("bash", "-n", script, cwd=ROOT)
