"""`specc export`: files for other programs, whose outputs are the module's."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest
import torch
from safetensors.torch import load_file

import specc
from cli_helpers import Command
from jobs import DIGITS_NET, TRAIN, compiled, digits_job, run_script, trained
from specc.runtime import export_kinds
from specc.runtime.export import export
from specc.runtime.options import RunError
from test_runtime_gan import gan

TIED = """
model Tied(words = 12) {
  input tokens: i64[B, T] < words
  output tokens -> wte: Embedding(words, 8) -> gelu -> lm_head: Linear(8, words, bias=false)
  tie lm_head.weight = wte.weight
}
"""
POOLED = """
model Pooled {
  input x: f32[N, 1, H, W]
  output x -> adaptive_avg_pool2d(6) -> flatten(1) -> Linear(_, 2)
}
"""
SEVERAL = """
model Several {
  input image: f32[N, 1, 8 * h, 8 * w], weight: f32[N], on: bool[N]
  wide = image -> conv: Conv2d(_, 4, 3, padding=1) -> avg_pool2d(8)
  output (wide=wide, score=where(on, weight * wide.mean((1, 2, 3)), weight))
}
"""


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.spec").write_text(DIGITS_NET)
    (tmp_path / "pooled.spec").write_text(POOLED)
    return Command(capsys)


def named(session: onnxruntime.InferenceSession) -> tuple[list[str], list[str]]:
    return [entry.name for entry in session.get_inputs()], [entry.name for entry in session.get_outputs()]


# ---------------------------------------------------------------- what other programs read


def test_onnx_gives_the_outputs_by_name(tmp_path: Path) -> None:
    unit, path = compiled(SEVERAL), tmp_path / "m.onnx"
    made = export(unit, path)
    assert made.open == ("N", "h", "w") and not made.fixed and 0 <= made.difference < 1e-5
    torch.manual_seed(0)
    module = specc.build(specc.Source("s", SEVERAL)).eval()
    session = onnxruntime.InferenceSession(path)
    assert named(session) == (["image", "weight", "on"], ["wide", "score"])
    image, weight, on = torch.randn(5, 1, 24, 40), torch.randn(5), torch.arange(5) < 2
    found = session.run(None, {"image": image.numpy(), "weight": weight.numpy(), "on": on.numpy()})
    with torch.no_grad():
        expected = module(image, weight, on)
    for name, value in zip(("wide", "score"), found):
        torch.testing.assert_close(torch.as_tensor(value), expected[name], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("text", [DIGITS_NET, TIED, SEVERAL], ids=["net", "tied", "several"])
def test_a_program_of_torch_is_the_module(text: str, tmp_path: Path) -> None:
    made = export(compiled(text), tmp_path / "m.pt2")
    assert made.difference == 0 and len(made.compared) == 2
    program = torch.export.load(tmp_path / "m.pt2")
    torch.manual_seed(0)
    module = specc.build(specc.Source("s", text)).eval()
    assert program.state_dict.keys() == module.state_dict().keys()
    if text is DIGITS_NET:
        batch = torch.randn(7, 1, 8, 8)
        assert torch.equal(program.module()(batch), module(batch))


def test_weights_keep_tied_parameters_once(tmp_path: Path) -> None:
    export(compiled(TIED), tmp_path / "m.safetensors")
    assert len(load_file(tmp_path / "m.safetensors")) == 1
    again = export(compiled(TIED), tmp_path / "again.safetensors", given=str(tmp_path / "m.safetensors"))
    assert again.difference == 0 and again.weights == tmp_path / "m.safetensors"


def test_sizes_that_other_programs_get_wrong_are_fixed(tmp_path: Path) -> None:
    made = export(compiled(POOLED), tmp_path / "m.onnx")
    assert made.open == ("N",) and made.fixed == {"H": 224, "W": 224}
    assert export(compiled(POOLED), tmp_path / "m.onnx", known={"H": 12, "W": 9}).fixed == {"H": 12, "W": 9}


# ---------------------------------------------------------------- whose weights


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    trained(digits_job(train="train { epochs = 1  seed = 3  ema = 0.9 }\n"), out)
    return out


def test_the_best_weights_of_a_run(run_folder: Path, tmp_path: Path) -> None:
    made = export(digits_job(), tmp_path / "m.safetensors", given=str(run_folder))
    assert made.weights == run_folder / "best.safetensors"
    best, written = load_file(run_folder / "best.safetensors"), load_file(tmp_path / "m.safetensors")
    assert best.keys() == written.keys() and all(torch.equal(best[key], written[key]) for key in best)


def test_the_mean_weights_of_a_checkpoint(run_folder: Path, tmp_path: Path) -> None:
    export(digits_job(), tmp_path / "m.safetensors", given=str(run_folder / "last.pt"))
    state, written = torch.load(run_folder / "last.pt"), load_file(tmp_path / "m.safetensors")
    assert all(torch.equal(state["ema"][f"module.{key}"], written[key]) for key in written)
    assert any(not torch.equal(state["model"][key], written[key]) for key in written)


def test_the_weights_of_a_script(tmp_path: Path) -> None:
    unit = digits_job(train="train { epochs = 1  seed = 3 }\n")
    run_script(unit, tmp_path, "--device=cpu", f"--out={tmp_path / 'o'}")
    made = export(unit, tmp_path / "m.safetensors", given=str(tmp_path / "o"))
    assert made.weights == tmp_path / "o" / "best.pt"
    best, written = torch.load(tmp_path / "o" / "best.pt"), load_file(tmp_path / "m.safetensors")
    assert all(torch.equal(best[key], written[key]) for key in written)


def test_one_of_several_models(tmp_path: Path) -> None:
    unit = gan()
    trained(unit, tmp_path / "run")
    export(unit, tmp_path / "g.safetensors", given=str(tmp_path / "run"), name="G")
    state, written = torch.load(tmp_path / "run" / "last.pt")["model"], load_file(tmp_path / "g.safetensors")
    assert written and all(torch.equal(state[f"G.{key}"], value) for key, value in written.items())


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"no tensors", "R301"), (None, "R301"), ({"conv.weight": torch.zeros(1)}, "R302"), ({"conv": 3}, "R301")],
)
def test_weights_that_are_not_the_models(content: object, code: str, tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(RunError, match=code):
        export(compiled(DIGITS_NET), tmp_path / "m.onnx", given=str(path))
    assert not (tmp_path / "m.onnx").exists()


def test_a_file_with_other_outputs_is_not_put_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = export_kinds.KINDS[".pt2"]
    wrong = kind._replace(read=lambda path, module: lambda *inputs: kind.read(path, module)(*inputs) * 1.01)
    monkeypatch.setitem(export_kinds.KINDS, ".pt2", wrong)
    (tmp_path / "m.pt2").write_text("before")
    with pytest.raises(RunError, match="R502.*differ from the module's by 0.01"):
        export(compiled(DIGITS_NET), tmp_path / "m.pt2")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


def test_a_model_that_no_size_fits(tmp_path: Path) -> None:
    text = "model M {\n  input x: f32[N, L]\n  assert L == 77\n  output x + arange(L)\n}\n"
    with pytest.raises(RunError, match="R501.*--at"):
        export(compiled(text), tmp_path / "m.pt2")
    assert export(compiled(text), tmp_path / "m.pt2", known={"L": 77}).fixed == {"L": 77}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["net.spec"], "export needs the file to write: -o FILE"),
        (["net.spec", "-o", "m.h5"], "m.h5 does not say what to write: it ends in none of .onnx, .pt2, .safetensors"),
        (["net.spec", "-o", "m.pt2", "--model", "Nut"], "there is no model Nut: did you mean Net?"),
        (["pooled.spec", "-o", "m.pt2", "--at", "h=3"], "--at names no open size h: did you mean H?"),
    ],
)
def test_wrong_words(words: list[str], said: str, command: Command) -> None:
    assert command("export", *words) == (2, "", f"specc: {said}\n")


def test_the_command_says_what_is_in_the_file(command: Command, tmp_path: Path) -> None:
    status, out, err = command("export", "pooled.spec", "-o", "m.onnx", "--at", "H=12,W=9")
    assert (status, err) == (0, "")
    first, second, third, fourth = out.splitlines()
    assert first.startswith("m.onnx: ") and first.endswith("kB, initial weights")
    assert (second, third) == ("open sizes: N", "fixed sizes: H = 12, W = 9")
    assert fourth.startswith("outputs beside the module's, at N = 2, H = 12, W = 9 and at N = 3, H = 12, W = 9: ")


def test_the_initial_weights_are_those_of_a_run(tmp_path: Path) -> None:
    export(digits_job(train=TRAIN), tmp_path / "m.safetensors")
    torch.manual_seed(3)
    module = specc.build(specc.Source("s", DIGITS_NET))
    written = load_file(tmp_path / "m.safetensors")
    assert all(torch.equal(written[key], value) for key, value in module.state_dict().items())
