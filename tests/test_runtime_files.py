"""One's own files as data: text, arrays and tables, in a run and in its script."""

from __future__ import annotations

from pathlib import Path

import numpy
import pytest
import torch

from jobs import compiled, log_of, run_script, trained
from specc.runtime import Options, RunError
from specc.runtime.sources import load

TEXT = 'text("t.txt", length=16)'
LANGUAGE = """
model LM {{ input idx: i64[B, 16] < 64  output idx -> emb: Embedding(64, 8) -> head: Linear(_, 64) -> transpose(1, 2) }}
data {{
  train, val = split({source}, [0.9, 0.1], shuffle=false)
  loader = DataLoader(batch_size=32, shuffle=true)
  sample (idx, target)
}}
loss CrossEntropyLoss()
optimizer AdamW(lr=1e-2)
metrics perplexity
train {{ steps = 10  seed = 0 }}
"""
ARRAYS = """
model M {{ input x: f32[N, {width}]  output x -> fc: Linear({width}, 3) }}
data {{
  train, val = split({source}, [0.8, 0.2])
  loader = DataLoader(batch_size=10, shuffle=true)
  sample (x: f32[N, {width}], y: i64[N] < 3)
}}
loss CrossEntropyLoss()
optimizer SGD(lr=1e-3)
metrics accuracy, f1
train {{ epochs = 2  seed = 0 }}
"""
JOBS = {
    "text": LANGUAGE.format(source=TEXT),
    "npz": ARRAYS.format(source='tensors("a.npz")', width=3),
    "pt": ARRAYS.format(source='tensors("a.pt", keys=["x", "y"])', width=3),
    "safetensors": ARRAYS.format(source='tensors("a.safetensors", keys=["x", "y"])', width=3),
    "csv": ARRAYS.format(source='table("h.csv", target="price", classes=3)', width=2),
}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from safetensors.torch import save_file

    x, y = numpy.random.RandomState(0).randn(100, 3).astype("float32"), numpy.arange(100) % 3
    (tmp_path / "t.txt").write_text("Größe, this is a text. " * 200, encoding="utf-8")
    numpy.savez(tmp_path / "a.npz", x=x, y=y)
    torch.save({"x": torch.tensor(x), "y": torch.tensor(y), "other": 1}, tmp_path / "a.pt")
    save_file({"x": torch.tensor(x), "y": torch.tensor(y)}, tmp_path / "a.safetensors")
    rows = "".join(f"{number},{number * 2.5},{number % 3}\n" for number in range(60))
    (tmp_path / "h.csv").write_text("a,b,price\n" + rows)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", JOBS)
def test_the_script_is_the_run(name: str, files: Path) -> None:
    unit = compiled(JOBS[name])
    trained(unit, files / "run")
    run_script(unit, files / "script", "--data-root", str(files))
    assert log_of(files / "run") == log_of(files / "script")


def columns(text: str) -> tuple[torch.Tensor, ...]:
    return load(compiled(text).program.data.splits[0], Options(), {}).columns  # type: ignore[return-value]


def test_windows_of_a_text_are_one_apart(files: Path) -> None:
    inputs, targets = columns(LANGUAGE.format(source=TEXT).replace("[0.9, 0.1]", "[0.5, 0.5]"))
    text = (files / "t.txt").read_text(encoding="utf-8")
    letters = sorted(set(text))
    assert [letters[number] for number in inputs[1].tolist()] == list(text[16:32])
    assert [letters[number] for number in targets[1].tolist()] == list(text[17:33])


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.npz", b"junk", "R202"),
        ("a.pt", b"junk", "R202"),
        ("h.csv", b"a,b\n1,2\n", "R204.*no column 'price'"),
        ("h.csv", b"a,b,price\n1,x,2\n", "R202.*row 1 of column 'b'"),
        ("h.csv", b"a,b,price\n1,2,7\n", "R204.*classes"),
        ("t.txt", b"short", "R204.*need 17"),
        ("t.txt", b"\xff" * 100, "R202.*not UTF-8"),
    ],
)
def test_files_that_are_not_what_they_should_be_are_refused(name: str, content: bytes, code: str, files: Path) -> None:
    (files / name).write_bytes(content)
    job = {"a.npz": "npz", "a.pt": "pt", "h.csv": "csv", "t.txt": "text"}[name]
    with pytest.raises(RunError, match=code):
        columns(JOBS[job])


def test_a_file_that_is_not_there_is_one_line(files: Path) -> None:
    (files / "t.txt").unlink()
    with pytest.raises(RunError, match=r"R201.*t\.txt is not there"):
        columns(JOBS["text"])
