"""Externs: the user's own Python is declared in a spec, never touched by check and emit, and run only under trust."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import specc
from own_python import ROOT, SPEC, THINGS, log, names, refused
from specc.cli.main import main
from specc.runtime import Options, run


def test_everything_extern_obeys_the_law(place: Any, tmp_path: Path) -> None:
    path = place(SPEC, THINGS)
    assert names(path) == []
    unit = specc.check(path)
    result = run(unit, Options(out=str(tmp_path / "run"), device="cpu", quiet=True, trust=True))
    script = tmp_path / "job.py"
    script.write_text(specc.emit(path))
    command = [sys.executable, str(script), "--device", "cpu", "--out", str(tmp_path / "script")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert log(tmp_path / "run") == log(tmp_path / "script") and len(log(tmp_path / "run")) == 8
    assert set(result.metrics) == {"loss", "mae", "Worst"}
    weights = [torch.load(tmp_path / name / "last.pt", weights_only=True)["model"] for name in ("run", "script")]
    assert list(weights[0]) == ["gate.fc.weight", "gate.fc.bias", "out.weight", "out.bias"]
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


def test_the_script_imports_a_class_by_its_own_name(place: Any, tmp_path: Path) -> None:
    path = place(SPEC, THINGS)
    text = specc.emit(path)
    module = next(line for line in text.splitlines() if line.startswith("import things")).removeprefix("import ")
    assert f"from {module} import Gate, Half, Jitter, Lion, Own, Points, Worst\n" in text
    assert f"and your module {module}.\n" in text
    (tmp_path / "job.py").write_text(text)
    for command in (["check", "--ignore", "E501"], ["format", "--check"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *command, "--isolated", "job.py"], cwd=tmp_path)
        assert done.returncode == 0


def test_workers_do_not_change_what_an_own_data_set_gives(place: Any, tmp_path: Path) -> None:
    losses = []
    for workers in (0, 2):
        path = place(SPEC.replace("shuffle=true", f"shuffle=true, num_workers={workers}"), THINGS)
        folder = tmp_path / str(workers)
        run(specc.check(path), Options(out=str(folder), device="cpu", quiet=True, trust=True))
        losses.append([line["loss"] for line in log(folder) if line["split"] == "train"])
    assert losses[0] == losses[1] and len(set(losses[0])) == 6


def test_a_run_goes_on_where_a_script_stopped(place: Any, tmp_path: Path) -> None:
    path = place(SPEC, THINGS)
    for epochs, folder, resume in ((3, "whole", None), (1, "part", None), (3, "part", str(tmp_path / "part"))):
        unit = specc.check(path, set={"train.epochs": epochs})
        run(unit, Options(out=str(tmp_path / folder), device="cpu", quiet=True, trust=True, resume=resume))
    assert log(tmp_path / "whole") == log(tmp_path / "part")


# ---------------------------------------------------------------- trust


def test_without_trust_one_line_says_what_would_be_imported(
    place: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = place(SPEC, "raise SystemExit('imported')")
    assert main(["run", str(path), "--out", str(tmp_path / "run")]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("error[S602]: ") and captured.err.count("\n") == 1
    assert ".Gate, things" in captured.err and "--trust" in captured.err
    assert refused(lambda: specc.build(path)) == refused(lambda: specc.run(path)) == "extern-untrusted"
    assert not (tmp_path / "run").exists()


def test_neither_check_nor_emit_nor_an_untrusted_run_imports_it(place: Any, tmp_path: Path) -> None:
    path = place(SPEC, f"open({str(tmp_path / 'touched')!r}, 'w')")
    code = (
        "import sys\n"
        "def watch(event, args):\n"
        "    if event == 'import' and args[0].startswith('things') or event == 'open' and 'things' in str(args[0]):\n"
        "        raise RuntimeError(args[0])\n"
        "sys.addaudithook(watch)\n"
        "from specc.cli.main import main\n"
        "spec, out = sys.argv[1:]\n"
        "for words in (['check', spec], ['emit', spec], ['summary', spec], ['graph', spec], ['run', spec]):\n"
        "    print(words[0], main(words))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0 and not (tmp_path / "touched").exists(), done.stderr
    statuses = [line for line in done.stdout.splitlines() if line.split(" ")[0] in ("check", "emit", "summary", "run")]
    assert [line for line in statuses if line.endswith((" 0", " 1"))][-1] == "run 1"
    assert "S901" not in done.stdout + done.stderr


def test_build_takes_trust(place: Any) -> None:
    path = place(SPEC, THINGS)
    model = specc.build(path, trust=True, width=5)
    assert model(torch.zeros(3, 10)).shape == (3, 1) and model.gate.fc.weight.shape == (5, 10)
