"""`specc explain SPEC --plan`: what it says is what a run then does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import specc
from cli_helpers import Command
from jobs import DIGITS, compiled, digits_job, log_of, trained
from specc.report.plan import Section, lengths, plan_of, samples_of, text
from test_architecture import loaded_by

ROOT = Path(__file__).parent.parent
SPECS = sorted((ROOT / "specs").rglob("*.spec"))
EVERYTHING = """train {
  epochs = 3
  accumulate = 2
  clip_grad_norm = 1.0
  ema = 0.9
  precision = bf16
  deterministic = true
  eval every 2 steps on test
  log every 1 steps
  save every 3 steps
  save best test.loss
  stop when test.accuracy no better for 5
}
"""


def rows(sections: list[Section]) -> dict[str, str]:
    """The plan as one table; rows that go on are joined to the row above."""
    found: dict[str, str] = {}
    name = ""
    for section in sections:
        for label, said in section.rows:
            name = f"{section.title}.{label}" if label else name
            found[name] = f"{found[name]}; {said}" if name in found else said
    return found


@pytest.mark.parametrize("drop_last", ["true", "false"])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_the_length_is_that_of_the_run(tmp_path: Path, drop_last: str, accumulate: int) -> None:
    data = DIGITS.replace("shuffle=true", f"shuffle=true, drop_last={drop_last}")
    unit = digits_job(data=data, train=f"train {{ epochs = 2  seed = 3  accumulate = {accumulate} }}\n")
    trained(unit, tmp_path)
    record = json.loads((tmp_path / "settings.json").read_text())
    split = unit.program.data.splits[0]
    assert samples_of(split, split.sources[0]) == record["samples"]
    ((name, length),) = lengths(unit.program)
    assert (name, length.epochs, length.total) == ("Digits", record["epochs"], record["steps"])
    assert f"{length.total} updates in 2 epochs" in rows(plan_of(unit.program, "job.spec"))["training.length"]


def test_evaluations_and_files_are_those_of_the_run(tmp_path: Path) -> None:
    unit = digits_job()
    trained(unit, tmp_path)
    (files,) = (section for section in plan_of(unit.program, "job.spec") if section.title == "files")
    assert {label for label, _ in files.rows} - {"folder"} == {path.name for path in tmp_path.iterdir()}
    judged = {line["split"] for line in log_of(tmp_path)} - {"train"}
    (evaluation,) = (section for section in plan_of(unit.program, "job.spec") if section.title == "evaluation")
    assert {label for label, _ in evaluation.rows} - {"best"} == judged


def test_every_setting_is_told() -> None:
    plan = rows(plan_of(digits_job(train=EVERYTHING).program, "job.spec"))
    told = {
        "training.update": "of 2 batches",
        "training.clip": "norm 1",
        "training.ema": "decay 0.9",
        "training.length": "with Digits: 6 batches an epoch, 3 updates, 9 updates in 3 epochs",
        "evaluation.test": "every 2 steps, and at the end: loss, accuracy",
        "evaluation.best": "lowest loss",
        "evaluation.stop": "when test.accuracy is no better for 5 evaluations",
        "device.precision": "bf16 under autocast",
        "device.also": "same bits",
        "seeds.seed": "drawn when the run begins",
        "files.last.pt": "every 3 steps",
    }
    assert {name: words for name, words in told.items() if words not in plan[name]} == {}


def test_sources_come_in_order_with_their_lengths() -> None:
    plan = rows(plan_of(specc.check(ROOT / "specs" / "mnist.spec").program, "mnist.spec"))
    assert plan["data.train"].startswith('1. MNIST("data"), 60,000 samples; 2. Digits(size=28), 1,437 samples')
    assert "with MNIST: 469 batches an epoch, 1,407 updates in 3 epochs" in plan["training.length"]
    assert "1,407 or 36 times" in plan["training.scheduler"]


def test_parts_of_a_set_have_their_share() -> None:
    data = DIGITS.replace("train     = Digits(train=true)\n  test      = Digits(train=false)",
                          "train, val = split(Digits(train=true), [0.75, 0.25], seed=4)")  # fmt: skip
    unit = digits_job(data=data)
    train, val = unit.program.data.splits
    assert [samples_of(split, split.sources[0]) for split in (train, val)] == [1078, 359]
    assert "part 1 of [0.75, 0.25], chosen with seed 4" in rows(plan_of(unit.program, "job.spec"))["data.train"]


def test_what_a_run_refuses_is_told_first() -> None:
    plan = plan_of(
        digits_job(train="train { epochs = 1  distributed = fsdp }\n").program, "j.spec"
    )
    assert plan[0].title == "refused" and "distributed" in plan[0].rows[0][1]
    bare = compiled("model M() { input x: f32[N, 4]  output x -> Linear(_, 2) }")
    assert "a run needs data and an optimizer" in plan_of(bare.program, "m.spec")[0].rows[0][1]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_has_a_plan(path: Path) -> None:
    shown = text(plan_of(specc.check(path).program, path.name), path.name)
    assert shown.startswith(f"{path.name}\n") and "parameters" in shown
    assert all(character.isprintable() or character == "\n" for character in shown)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def test_the_command(command: Command, tmp_path: Path) -> None:
    mnist = str(ROOT / "specs" / "mnist.spec")
    status, out, err = command("explain", mnist, "--plan", "--set", "train.epochs=1")
    assert (status, err) == (0, "") and "469 updates in 1 epoch\n" in out
    for words, said in (
        ((mnist,), "explain --plan"),
        (("--plan",), "one spec"),
        ((mnist, mnist, "--plan"), "one spec"),
    ):
        status, out, err = command("explain", *words)
        assert (status, out) == (2, "") and said in err
    status, out, err = command("explain", "--plan", str(tmp_path / "none.spec"))
    assert (status, out) == (2, "") and "cannot read" in err
    broken = tmp_path / "broken.spec"
    broken.write_text("model M() { input x: f32[N, 4]  output x -> Linear(5, 2) }")
    status, out, err = command("explain", "--plan", str(broken))
    assert (status, out) == (1, "") and "error[S301]" in err


@pytest.mark.parametrize("words", [("explain", "specs/mnist.spec", "--plan"), ("diff", *["specs/mnist.spec"] * 2),
                                   ("graph", "specs/mnist.spec")])  # fmt: skip
def test_no_torch_is_loaded(words: tuple[str, ...]) -> None:
    assert not loaded_by(*words) & {"torch", "torchvision", "numpy"}
