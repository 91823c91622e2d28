"""The real MNIST and CIFAR-10, where they lie beside the project (or in the folder named by SPECC_TEST_DATA)."""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
from pathlib import Path

import pytest
import torch

from jobs import ROOT, compiled, log_of, run_script, trained
from specc.runtime.options import Options, RunError
from specc.runtime.sources import load

DATA = Path(os.environ.get("SPECC_TEST_DATA", ROOT.parent / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data are not in {DATA}")


def spec(name: str, **settings: str) -> object:
    return compiled((ROOT / "specs" / name).read_text(encoding="utf-8"), **settings)


@pytest.fixture(scope="module")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    raw = tmp_path_factory.mktemp("data") / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for packed in (DATA / "MNIST" / "raw").glob("*.gz"):
        with gzip.open(packed) as source, open(raw / packed.stem, "wb") as target:
            shutil.copyfileobj(source, target)
    return raw.parent.parent


@needs_data
def test_mnist_is_taken_before_its_stand_in(mnist: Path) -> None:
    splits = {split.name: split for split in spec("mnist.spec").program.data.splits}
    samples = load(splits["train"], Options(data_root=str(mnist)), {})
    assert samples.size == 60_000 and samples.columns[0].shape == (60_000, 1, 28, 28) and "MNIST" in samples.origin
    assert torch.bincount(samples.columns[1]).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert load(splits["test"], Options(data_root=str(mnist)), {}).size == 10_000


@needs_data
def test_a_truncated_mnist_is_refused(mnist: Path, tmp_path: Path) -> None:
    shutil.copytree(mnist, tmp_path / "data")
    images = tmp_path / "data" / "MNIST" / "raw" / "train-images-idx3-ubyte"
    with open(images, "r+b") as file:
        file.truncate(20_000_000)
    with pytest.raises(RunError, match="R202"):
        load(spec("mnist.spec").program.data.splits[0], Options(data_root=str(tmp_path / "data")), {})


@needs_data
def test_the_script_takes_the_same_mnist(mnist: Path, tmp_path: Path) -> None:
    """Two steps on the real pictures and an evaluation."""
    text = (ROOT / "specs" / "mnist.spec").read_text(encoding="utf-8").replace("epochs = 3", "steps = 2")
    unit = compiled(text)
    trained(unit, tmp_path / "run", data_root=str(mnist))
    run_script(unit, tmp_path / "script", "--data-root", str(mnist))
    assert len(log_of(tmp_path / "run")) == 3 and log_of(tmp_path / "run") == log_of(tmp_path / "script")


@needs_data
def test_cifar_as_a_folder_of_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten pictures of each class: the fallback of specs/cifar.spec, in a run and in its script."""
    monkeypatch.setattr("specc.runtime.places.reachable", lambda host, port=443: False)
    taken: dict[str, int] = {}
    with tarfile.open(DATA / "cifar10-jpeg.tar.gz") as archive:
        for member in archive:
            folder = os.path.dirname(member.name)
            if member.isfile() and taken.setdefault(folder, 0) < 10:
                taken[folder] += 1
                archive.extract(member, tmp_path / "cifar10", filter="data")
    unit = spec("cifar.spec", train__epochs="1", data__batch_size="50")
    result = trained(unit, tmp_path / "run", data_root=str(tmp_path))
    assert result.exit_status == 0 and len(log_of(tmp_path / "run")) == 3
    run_script(unit, tmp_path / "script", "--data-root", str(tmp_path))
    assert log_of(tmp_path / "run") == log_of(tmp_path / "script")
