"""`specc diff`: every difference is told, none is made up, and the verdict is torch's own."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

import specc
from cli_helpers import Command
from specc.report.diff import Comparison, compare, data, text

ROOT = Path(__file__).parent.parent
SPEC = """
block Block(width) {
  input x: f32[N, C, H, W]
  output x -> conv: Conv2d(C, width, 3, padding=1) -> norm: BatchNorm2d(_) -> relu
}
model Net(classes = 10) {
  input image: f32[N, 3, 8, 8]
  x = image -> stem: Conv2d(3, 8, 3) -> relu -> for i in 0..2 { layer[i]: Block(8) }
  logits = x -> flatten(1) -> fc1: Linear(_, 16) -> relu -> fc2: Linear(_, classes)
  output logits
}
data {
  train     = FakeData(64, (3, 8, 8), 10)
  transform = ToTensor
  loader    = DataLoader(batch_size=8, shuffle=true)
  sample (image, label)
}
loss      CrossEntropyLoss()
optimizer SGD(lr=0.1)
scheduler StepLR(2) per epoch
metrics   accuracy
train     { epochs = 4  seed = 0 }
"""


def unit_of(source: str, name: str) -> Any:
    unit = specc.check(specc.Source(name, source))
    assert not unit.has_errors, [problem.headline for problem in unit.problems]
    return unit


def compared(before: str, after: str) -> Comparison:
    programs = unit_of(before, "a.spec").program, unit_of(after, "b.spec").program
    return compare(*programs, ("a.spec", "b.spec"))


def changed(*pairs: tuple[str, str]) -> str:
    made = SPEC
    for before, after in pairs:
        assert before in made
        made = made.replace(before, after)
    return made


def plain(comparison: Comparison) -> str:
    return text(comparison, lambda line, style: line)


def test_what_is_the_same_differs_in_nothing() -> None:
    comparison = compared(SPEC, SPEC)
    assert comparison.is_empty and comparison.loads
    assert plain(comparison) == (
        "a.spec -> b.spec\n\nNo difference in shapes, keys, parameters or training.\n\n"
        "A checkpoint of a.spec loads into b.spec: the same keys and shapes.\n"
    )


@pytest.mark.parametrize(
    "before, after",
    [
        ("SGD(lr=0.1)", "SGD(lr=1e-1, momentum=0)"),
        ("Conv2d(C, width, 3, padding=1)", "Conv2d(C, width, kernel_size=(3, 3), padding=1, bias=true)"),
        ("CrossEntropyLoss()", "  CrossEntropyLoss( ) # of all classes"),
        ("x -> flatten(1)", "x.flatten(1)"),
    ],
)
def test_another_spelling_is_no_difference(before: str, after: str) -> None:
    found = compared(SPEC, changed((before, after)))
    told = [change.name for change in found.training] + [
        change.path for model in found.models for change in model.layers
    ]
    assert [name for name in told if name not in ("loss", "layer.0.conv", "layer.1.conv")] == []
    assert found.loads


# What is changed, lines that tell it, whether a checkpoint still loads.
CHANGES: list[tuple[tuple[tuple[str, str], ...], list[str], bool]] = [
    (
        (("fc1: Linear(_, 16)", "fc1: Linear(_, 32)"),),
        [
            "~ fc1  Linear(288, 16) -> Linear(288, 32); weight [16, 288] -> [32, 288], bias [16] -> [32]",
            "~ fc2  Linear(16, 10) -> Linear(32, 10); weight [10, 16] -> [10, 32]",
            "parameters: 6,218 -> 11,002 (+4,784)",
            "3 keys of another shape (fc1.weight and 2 more)",
        ],
        False,
    ),
    ((("fc2:", "head:"),), ["> head  was fc2", "2 keys missing (head.weight and 1 more)"], False),
    ((("layer[i]:", "stage[i]:"),), ["> stage  was layer"], False),
    ((("-> fc2:", "-> drop: Dropout(0.3) -> fc2:"),), ["+ drop  Dropout(p=0.3)"], True),
    ((("0..2", "0..1"),), ["- layer.1.conv  Conv2d(8, 8, 3, padding=1)"], False),
    ((("fc1: Linear(_, 16) -> relu", "fc1: Linear(_, 16) -> gelu"),), ["~ after fc1: relu -> gelu"], True),
    ((("BatchNorm2d(_) -> relu", "BatchNorm2d(_) -> gelu"),), ["~ after layer.0.norm and 1 more: relu -> gelu"], True),
    ((("stem: Conv2d(3, 8, 3)", "stem: Conv2d(3, 8, 3, dilation=2)"),
      ("-> flatten(1)", "-> adaptive_avg_pool2d(6) -> flatten(1)")),
     ["~ stem  Conv2d(3, 8, 3) -> Conv2d(3, 8, 3, dilation=2)", "~ layer.0.conv: f32[N, 8, 6, 6] -> f32[N, 8, 4, 4]",
      "+ after layer.1: adaptive_avg_pool2d(6)"], True),
    ((("classes = 10", "classes = 7"), ("(3, 8, 8), 10)", "(3, 8, 8), 7)")),
     ["~ logits: f32[N, 10] -> f32[N, 7]"], False),
    ((("model Net", "model Net2"),), ["model Net2, was Net"], True),
    ((("batch_size=8", "batch_size=16"),), ["~ data.batch_size: 8 -> 16"], True),
    ((("transform = ToTensor", "transform = ToTensor -> Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))"),),
     ["~ data.train.transform: ToTensor -> ToTensor -> Normalize"], True),
    ((("CrossEntropyLoss()", "CrossEntropyLoss(label_smoothing=0.1)"),),
     ["~ loss: CrossEntropyLoss() -> CrossEntropyLoss(label"], True),
    ((("SGD(lr=0.1)", "AdamW(lr=3e-3)"),), ["~ optimizer: SGD(lr=0.1) -> AdamW(lr=0.003)"], True),
    ((("StepLR(2)", "StepLR(3)"),), ["~ scheduler: StepLR(2) per epoch -> StepLR(3) per epoch"], True),
    ((("epochs = 4", "epochs = 5  precision = bf16"),), ["~ train.epochs: 4 -> 5", "+ train.precision: bf16"], True),
]  # fmt: skip


@pytest.mark.parametrize("pairs, lines, loads", CHANGES, ids=lambda part: str(part)[:60])
def test_a_change_is_told_and_the_verdict_is_that_of_torch(
    pairs: tuple[tuple[str, str], ...], lines: list[str], loads: bool
) -> None:
    after = changed(*pairs)
    comparison = compared(SPEC, after)
    shown = plain(comparison)
    for line in lines:
        assert line in shown, shown
    assert comparison.loads is loads and not comparison.is_empty
    assert loads_into(SPEC, after) is loads
    assert (" loads into " in shown.splitlines()[-1]) is loads


def loads_into(before: str, after: str) -> bool:
    old, new = (specc.build(specc.Source("m.spec", source)) for source in (before, after))
    try:
        new.load_state_dict(old.state_dict())
    except RuntimeError:
        return False
    return True


def test_keys_and_shapes_are_those_of_the_built_modules() -> None:
    after = changed(("fc2:", "head:"), ("fc1: Linear(_, 16)", "fc1: Linear(_, 32)"))
    (model,) = compared(SPEC, after).models
    old, new = (
        {k: v.shape for k, v in specc.build(specc.Source("m.spec", s)).state_dict().items()} for s in (SPEC, after)
    )
    assert set(model.missing) == new.keys() - old.keys()
    assert set(model.unexpected) == old.keys() - new.keys()
    assert set(model.reshaped) == {key for key in old.keys() & new.keys() if old[key] != new[key]}
    built = [sum(p.numel() for p in specc.build(specc.Source("m.spec", s)).parameters()) for s in (SPEC, after)]
    assert list(model.parameters) == built


def test_tied_weights_count_once_and_untying_is_told() -> None:
    model = "input x: i64[N] < 9  output x -> a: Embedding(9, 4) -> b: Linear(_, 9, bias=false)"
    tied = f"model M() {{ {model}  tie a.weight = b.weight }}"
    free = tied.replace("  tie a.weight = b.weight", "")
    comparison = compared(tied, free)
    assert "- a.weight: b.weight" in plain(comparison) and "parameters: 36 -> 72 (+36)" in plain(comparison)
    assert comparison.loads


def test_weights_of_the_users_own_python_are_not_promised() -> None:
    gate = 'extern layer Gate(width: int): f32[N, C] -> f32[N, width] = "mine.Gate"\n'
    model = "model M() { input x: f32[N, 4]  output x -> gate: Gate(8) -> head: Linear(_, 2) }"
    comparison = compared(gate + model, gate + model.replace("Gate(8)", "Gate(8) -> act: ReLU"))
    assert comparison.loads and "as far as is known without running Gate" in comparison.verdict


def test_only_certain_renamings_are_told() -> None:
    """Two equal layers that both have other names could be either."""
    two = "model M() {{ input x: f32[N, 4]  output x -> {}: Linear(4, 4) -> {}: Linear(4, 4) }}"
    shown = plain(compared(two.format("a", "b"), two.format("c", "d")))
    assert ">" not in shown.replace("->", "") and "- a  Linear(4, 4)" in shown and "+ d  Linear(4, 4)" in shown
    assert "> c  was a" in plain(compared(two.format("a", "b"), two.format("c", "b")))


def test_several_models_are_matched_by_name() -> None:
    gan = (ROOT / "specs" / "dcgan.spec").read_text()
    assert compared(gan, gan).is_empty
    shown = plain(compared(gan, gan.replace("ngf = 64", "ngf = 32")))
    assert "model G" in shown and "model D" not in shown and "does not load" in shown
    shown = plain(compared(gan, SPEC))
    assert "- model G" in shown and "+ model Net" in shown and "model Net is new" in shown


@pytest.mark.parametrize("path", sorted((ROOT / "specs").rglob("*.spec")), ids=lambda path: path.stem)
def test_every_spec_is_itself(path: Path) -> None:
    before, after = specc.check(path).program, specc.check(path).program
    assert compare(before, after, ("a.spec", "b.spec")).is_empty


def test_json_holds_it_all() -> None:
    made = json.loads(json.dumps(data(compared(SPEC, changed(("fc2:", "head:"), ("epochs = 4", "epochs = 5"))))))
    assert made["version"] == 1 and made["checkpoint"]["loads"] is False
    assert made["models"][0]["layers"] == [
        {"change": "renamed", "path": "head", "was": "fc2", "before": None, "after": None}
    ]
    assert made["models"][0]["keys"]["missing"] == ["head.weight", "head.bias"]
    assert made["training"] == [{"name": "train.epochs", "before": "4", "after": "5"}]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


@pytest.fixture
def specs(tmp_path: Path) -> tuple[Path, Path]:
    a, b = tmp_path / "a.spec", tmp_path / "b.spec"
    a.write_text(SPEC)
    b.write_text(changed(("fc2:", "head:")))
    return a, b


def test_the_command(command: Command, specs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = map(str, specs)
    status, out, err = command("diff", a, b)
    assert (status, err) == (0, "") and "> head  was fc2" in out
    assert json.loads(command("diff", a, b, "--format", "json").out)["models"][0]["name"] == "Net"
    assert "\x1b[" in command("diff", a, b, "--color", "always").out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(SPEC.encode())))
    assert command("diff", "-", b).out.startswith("<stdin> -> ")


def test_bad_input(command: Command, specs: tuple[Path, Path], tmp_path: Path) -> None:
    a, b = map(str, specs)
    status, out, err = command("diff", a, str(tmp_path / "none.spec"))
    assert (status, out) == (2, "") and "cannot read" in err
    broken = tmp_path / "broken.spec"
    broken.write_text(SPEC.replace("Linear(_, 16)", "Linear(7, 16)"))
    status, out, err = command("diff", a, str(broken))
    assert (status, out) == (1, "") and "error[S301]" in err
    assert command("diff", a).status == 2
    status, _, err = command("diff", "-", "-")
    assert status == 2 and "not both" in err


def test_nothing_of_a_spec_steers_the_terminal(command: Command, specs: tuple[Path, Path], tmp_path: Path) -> None:
    hostile = tmp_path / "\x1b[2Jevil.spec"
    hostile.write_text(changed(("CrossEntropyLoss()", "CrossEntropyLoss( # \u202e\n )")))
    out = command("diff", str(specs[0]), str(hostile)).out
    assert all(character.isprintable() or character == "\n" for character in out)
