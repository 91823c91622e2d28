"""`specc new`: starter specs are clean, laid out, and train."""

from __future__ import annotations

from pathlib import Path

import pytest

import specc as package
from cli_helpers import Command
from specc.cli.new import KINDS, model_name
from specc.format.formatter import format_text


@pytest.fixture
def specc(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    return Command(capsys)


@pytest.mark.parametrize("kind", KINDS)
def test_a_starter_is_clean_and_laid_out(specc: Command, kind: str) -> None:
    done = specc("new", "my-net", "--kind", kind)
    assert done == (0, "my-net.spec is written; next: specc check my-net.spec, specc run my-net.spec\n", "")
    assert specc("check", "my-net.spec", "--deny-warnings", "--select", "all").status == 0
    source = package.Source("my-net.spec", Path("my-net.spec").read_text())
    assert format_text(source) == (source.text, ())
    assert [model.name for model in package.check(source).program.models] == ["MyNet"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_starter_trains(specc: Command, kind: str) -> None:
    specc("new", "net", "--kind", kind)
    spec = Path("net.spec")
    for part in ("true", "false"):  # what every machine has
        spec.write_text(spec.read_text().replace(f'MNIST("data", train={part}) or ', ""))
    Path("input.txt").write_text("A word is enough to the wise. " * 200)
    done = specc("run", "net.spec", "--device", "cpu", "--epochs", "1", "--quiet", "--out", "run")
    assert done.status == 0 and "loss " in done.out


def test_image_is_what_is_meant_without_a_kind(specc: Command) -> None:
    specc("new", "a")
    specc("new", "b.spec", "--kind", "image")
    assert Path("a.spec").read_text().replace("model A(", "model B(") == Path("b.spec").read_text()


def test_a_file_that_is_there_stays(specc: Command) -> None:
    Path("net.spec").write_text("mine")
    status, out, err = specc("new", "net")
    assert (status, out) == (2, "") and "net.spec is there already" in err
    assert Path("net.spec").read_text() == "mine"


@pytest.mark.parametrize("name", ["", ".spec", "folder/", "a\0b", "no/such/folder/net"])
def test_bad_names(specc: Command, tmp_path: Path, name: str) -> None:
    status, out, err = specc("new", name)
    assert (status, out) == (2, "") and err.startswith("specc: ")
    assert list(tmp_path.iterdir()) == []


def test_names_of_models() -> None:
    assert [model_name(name) for name in ("cat-or-dog", "x", "resNet18")] == ["CatOrDog", "X", "ResNet18"]
    assert {model_name(name) for name in ("linear", "block", "3d", "none", "größe", "\x1b[2J")} == {"Net"}
