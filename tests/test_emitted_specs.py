"""The scripts of the specs in specs/: equal to the runs; their models alone; as notebooks."""

from __future__ import annotations

import json
import random
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jobs import DIGITS, LEARNING, ROOT, environment, log_of, run_script, same_weights, trained, weights
from specc.backends.script import emit
from specc.cli.main import main
from specc.compiler import Unit, compile_spec
from specc.source import Source

SPECS = sorted((ROOT / "specs").rglob("*.spec"))
COMPLETE = [path for path in SPECS if path.parent.name == "specs" and path.stem != "imagenet"]


def name(path: Path) -> str:
    return path.relative_to(ROOT / "specs").with_suffix("").as_posix()


def unit_of(path: Path, **settings: str) -> Unit:
    unit = compile_spec(Source(str(path), path.read_text(encoding="utf-8")), settings)
    assert not unit.has_errors
    return unit


# ---------------------------------------------------------------- the law, with what data there is everywhere


def job_of(path: Path, folder: Path) -> Unit:
    """A spec of specs/ on data that a test can make, and short."""
    text = path.read_text(encoding="utf-8")
    settings = {"train.steps": "6"} if path.stem == "nanogpt" else {"train.epochs": "2"}
    if path.stem == "cifar":
        settings["data.batch_size"] = "16"
        pictures(folder / "data" / "cifar10")
    if path.stem == "dcgan":
        settings |= {"data.batch_size": "8", "ngf": "2", "ndf": "2"}
        pictures(folder / "data")
    if path.stem == "nanogpt":
        letters = random.Random(0).choices([chr(number) for number in range(40, 105)], k=12_000)
        (folder / "tinyshakespeare.txt").write_text("".join(letters))
    for source in ("MNIST", "CIFAR10"):  # their stand-ins need no network
        for word in ("true", "false"):
            text = text.replace(f'{source}("data", train={word}) or ', "")
    unit = compile_spec(Source(path.name, text), settings)
    assert not unit.has_errors, unit.problems
    return unit


def pictures(folder: Path) -> None:
    """Two small pictures of each class."""
    from PIL import Image

    draw = random.Random(0)
    for split in ("train", "test"):
        for label in range(10):
            (folder / split / str(label)).mkdir(parents=True)
            for number in range(2):
                Image.frombytes("RGB", (32, 32), draw.randbytes(3 * 32 * 32)).save(
                    folder / split / str(label) / f"{number}.png"
                )


@pytest.mark.parametrize("path", COMPLETE, ids=name)
def test_the_script_of_a_spec_is_its_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights at the start and the end, every loss, the evaluations, and a resume of the script by the run."""
    monkeypatch.chdir(tmp_path)
    unit = job_of(path, tmp_path)
    trained(unit, tmp_path / "run")
    run_script(unit, tmp_path / "script", *data_flags(unit, tmp_path))
    assert log_of(tmp_path / "run") == log_of(tmp_path / "script")
    ends = [weights(tmp_path / which / "last.pt") for which in ("run", "script")]
    assert same_weights(*ends)


def data_flags(unit: Unit, folder: Path) -> list[str]:
    """Where the script, which runs in a folder of its own, finds the data."""
    if "data_root" not in emit(unit):
        return []
    return ["--data-root", str(folder / "data" if (folder / "data").exists() else folder)]


# ---------------------------------------------------------------- one section, and notebooks


def test_the_model_alone() -> None:
    script = emit(unit_of(ROOT / "specs" / "mnist.spec", classes="12"), "model")
    assert "class MnistCNN(nn.Module)" in script and "classes: int = 12" in script
    assert "specc emit mnist.spec --set classes=12 --section model -o mnist.py" in script
    for word in ("argparse", "optimizer", "def train", "Config"):
        assert word not in script


def test_a_spec_whose_training_is_refused_still_gives_its_model() -> None:
    assert "class G(nn.Module)" in emit(unit_of(ROOT / "specs" / "dcgan.spec", **{"train.accumulate": "2"}), "model")


@pytest.mark.parametrize("path", SPECS, ids=name)
def test_notebooks_are_valid(path: Path) -> None:
    text = emit(unit_of(path), form="notebook")
    notebook: Any = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert text.isascii() and text == emit(unit_of(path), form="notebook")
    script = emit(unit_of(path))
    for cell in notebook.cells[2:]:
        assert cell.cell_type == "markdown" or cell.source in script or cell.source == "train(Config())"


def test_a_notebook_is_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cells, one after another, as a kernel runs them."""
    monkeypatch.chdir(tmp_path)
    unit = job_of(ROOT / "specs" / "diabetes.spec", tmp_path)
    cells = json.loads(emit(unit, form="notebook"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    code[-1] = 'train(Config(log_every=1, device="cpu", out="notebook"))'
    program = "import sys, json\nscope = {'__name__': '__main__'}\nfor cell in json.load(sys.stdin): exec(cell, scope)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], input=json.dumps(code), text=True, capture_output=True, env=environment()
    )
    assert done.returncode == 0, done.stderr
    trained(unit, tmp_path / "run")
    assert log_of(tmp_path / "run") == log_of(tmp_path / "notebook")


# ---------------------------------------------------------------- up to date


@pytest.mark.parametrize("options", [(), ("--section", "model"), ("--set", "train.epochs=5", "--set", "train.seed=7")])
def test_the_command_in_the_head_makes_the_same_file(
    options: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the one that a failing --check names makes it anew."""
    monkeypatch.chdir(tmp_path)
    spec = Path("mnist.spec")
    spec.write_bytes((ROOT / "specs" / "mnist.spec").read_bytes())
    assert main(["emit", "mnist.spec", *options, "-o", "mnist.py"]) == 0
    script = Path("mnist.py").read_bytes()
    command = next(line for line in script.decode().splitlines() if line.startswith("    specc emit ")).split("  make")[
        0
    ]
    Path("mnist.py").unlink()
    assert main(shlex.split(command)[1:]) == 0 and Path("mnist.py").read_bytes() == script

    check = ["emit", "mnist.spec", *options, "-o", "mnist.py", "--check"]
    assert main(check) == 0
    spec.write_text(spec.read_text().replace("lr=3e-3", "lr=2e-3"))
    capsys.readouterr()
    assert main(check) == 1 and Path("mnist.py").read_bytes() == script
    named = capsys.readouterr().out.splitlines()[-1].partition("is not what mnist.spec gives: ")[2]
    assert main(shlex.split(named)[1:]) == 0 and main(check) == 0


# ---------------------------------------------------------------- a job whose model is imported


def test_an_imported_model_is_the_jobs(tmp_path: Path) -> None:
    """With its init rules and parameters; an override reaches it; its file may lie elsewhere."""
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "net.spec").write_text("""
        model Net(classes = 10) { input image: f32[N, 1, 8, 8]  output image -> flatten(1) -> fc: Linear(_, classes) }
        init Net { Linear.weight = 0.25 }
    """)
    text = 'import Net from "nets/net.spec"\n' + DIGITS + LEARNING + "train { epochs = 1  seed = 1 }\n"
    unit = compile_spec(Source(str(tmp_path / "job.spec"), text), {"classes": "12"})
    assert not unit.has_errors and unit.program is not None
    assert [entry.shape for entry in unit.program.models[0].state] == [(12, 64), (12,)]
    assert "nn.init.constant_" in emit(unit)
    trained(unit, tmp_path / "run")
    run_script(unit, tmp_path / "script")
    assert log_of(tmp_path / "run") == log_of(tmp_path / "script")


def test_an_imported_model_that_is_missing_is_one_problem(tmp_path: Path) -> None:
    (tmp_path / "net.spec").write_text("model Net() { input x: f32[N, 4]  output x }\n")
    text = 'import Nett from "net.spec"\n' + DIGITS + LEARNING + "train { epochs = 1 }\n"
    unit = compile_spec(Source(str(tmp_path / "job.spec"), text))
    assert [problem.name for problem in unit.problems if problem.severity == "error"] == ["import-missing"]
