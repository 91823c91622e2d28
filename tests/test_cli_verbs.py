"""`specc emit`, `run`, `explain`, `layers`: what they take, print and return, with back ends that the tests control."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

import specc.runtime.job  # noqa: F401  before a test puts another compiler in place, which it would keep
from cli_helpers import Command
from specc import compiler
from specc.diagnostics.codes import CODES, IMPOSSIBLE
from specc.ops.registry import index, names
from specc.runtime.options import Options, Result, RunError


@pytest.fixture
def specc(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    command = Command(capsys)
    monkeypatch.setattr(compiler, "compile_spec", command.compile)
    monkeypatch.chdir(tmp_path)
    Path("a.spec").write_text("WARN")
    Path("bad.spec").write_text("BAD")
    return command


def stand_in(monkeypatch: pytest.MonkeyPatch, name: str, **members) -> None:
    """Put a module of these members in the place of a real one."""
    module = ModuleType(name)
    module.__dict__.update(members)
    parent, _, child = name.rpartition(".")
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(sys.modules[parent], child, module, raising=False)


VERBS_OF_A_SPEC = (["emit"], ["summary"], ["graph"], ["explain", "--plan"], ["run"], ["preflight"], ["diff", "a.spec"],
                   ["export", "-o", "a.pt2"])


@pytest.mark.parametrize("words", VERBS_OF_A_SPEC, ids=lambda words: words[0])
def test_standard_input_has_the_name_it_is_given(
    specc: Command, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    for name, said in (([], "<stdin>:1:1"), (["--stdin-filename", "mine.spec"], "mine.spec:1:1")):
        monkeypatch.setattr("sys.stdin", open("bad.spec"))
        status, out, err = specc(*words, "-", *name)
        assert status == 1 and said in out + err


# ---------------------------------------------------------------- emit


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> str:
    import specc.backends  # noqa: F401  the parent of the module that is replaced

    stand_in(monkeypatch, "specc.backends.script", emit=lambda unit, *how: f"# from {unit.source.name}\n")
    return "# from a.spec\n"


def test_emit_prints_the_script_and_nothing_else(specc: Command, script: str) -> None:
    status, out, err = specc("emit", "a.spec")
    assert (status, out) == (0, script)
    assert err.startswith("warning[S221]")


def test_emit_to_a_file(specc: Command, script: str) -> None:
    for words in (["-o", "x.py"], ["--output=x.py"]):
        status, out, err = specc("emit", "a.spec", *words)
        assert (status, err) == (0, "") and out.startswith("warning[S221]")
        assert Path("x.py").read_text() == script
        Path("x.py").unlink()


def test_emit_check(specc: Command, script: str) -> None:
    Path("x.py").write_text(script)
    assert specc("emit", "a.spec", "-o", "x.py", "--check").status == 0
    Path("x.py").write_text(script + "# edited\n")
    outcome = specc("emit", "a.spec", "-o", "x.py", "--check")
    assert outcome.status == 1
    assert outcome.out.endswith("x.py is not what a.spec gives: specc emit a.spec -o x.py\n")
    assert Path("x.py").read_text() == script + "# edited\n"


def test_emit_of_a_spec_with_errors_writes_nothing(specc: Command, script: str) -> None:
    status, out, err = specc("emit", "bad.spec")
    assert (status, out) == (1, "") and "error[S201]" in err
    assert specc("emit", "bad.spec", "-o", "x.py").status == 1 and not Path("x.py").exists()


def test_emit_where_files_are_missing(specc: Command, script: str) -> None:
    assert specc("emit", "gone.spec") == (2, "", "error[S290]: cannot read gone.spec: no such file or directory\n\n")
    assert specc("emit", ".") == (2, "", "error[S290]: cannot read .: it is a folder\n\n")
    assert specc("emit", "a.spec", "-o", "no/x.py").err == "specc: cannot write no/x.py: no such file or directory\n"
    assert specc("emit", "a.spec", "-o", "no/x.py", "--check").status == 2


def test_emit_passes_settings_on(specc: Command, script: str) -> None:
    specc("emit", "a.spec", "--set", "classes=5")
    assert specc.settings == {"classes": "5"}


# ---------------------------------------------------------------- run


def running(monkeypatch: pytest.MonkeyPatch, outcome) -> list[Options]:
    """A runtime that ends as told; gives the options of each run."""
    import specc.runtime

    seen = []

    def run(unit, options: Options) -> Result:
        seen.append(options)
        if isinstance(outcome, Exception):
            raise outcome
        return Result({}, None, "runs/x", outcome)

    monkeypatch.setattr(specc.runtime, "run", run, raising=False)
    return seen


def test_run_passes_everything_on(specc: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = running(monkeypatch, 0)
    assert specc("run", "a.spec", "--epochs", "2", "--seed=7", "--set", "lr=0.1", "--device", "cpu", "--out", "o",
                 "--data-root", "d", "--resume", "r", "--quiet", "--strict-data", "--trust").status == 0
    assert specc.settings == {"lr": "0.1", "train.epochs": "2", "train.seed": "7"}
    assert seen == [Options(device="cpu", data_root="d", out="o", resume="r", quiet=True, strict_data=True, trust=True)]


@pytest.mark.parametrize("status", [0, 3, 130, 143])
def test_run_returns_how_the_run_ended(specc: Command, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    running(monkeypatch, status)
    assert specc("run", "a.spec").status == status


def test_a_run_that_fails_says_why_in_one_line(specc: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    running(monkeypatch, RunError("diverged", "the loss is\x1b nan"))
    assert specc("run", "a.spec")[::2] == (3, "error[R401]: the loss is\\x1b nan\n")


def test_a_spec_with_errors_is_not_run(specc: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = running(monkeypatch, 0)
    outcome = specc("run", "bad.spec")
    assert outcome.status == 1 and "error[S201]" in outcome.out and seen == []


def test_run_without_its_packages_says_what_to_install(specc: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    running(monkeypatch, ModuleNotFoundError("No module named 'torch'", name="torch.nn"))
    outcome = specc("run", "a.spec")
    assert outcome.status == 1
    assert outcome.err == (
        "specc: run needs torch, which is not installed: "
        "pip install numpy rich safetensors scikit-learn torch torchvision\n"
    )
    running(monkeypatch, ModuleNotFoundError("No module named 'specc.gone'", name="specc.gone"))
    assert specc("run", "a.spec").status == 101


def test_several_processes_get_the_same_command_line(specc: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from specc.cli import run

    seen = []
    monkeypatch.setattr(run, "launch", lambda words, count, terminal: seen.append((words, count)) or 5)
    assert specc("run", "a.spec", "--nproc", "2", "--set", "a=1", "--set", "b=2", "--quiet", "--out=o").status == 5
    assert seen == [(["--set=a=1", "--set=b=2", "--out=o", "--quiet", "--", "a.spec"], 2)]


# ---------------------------------------------------------------- explain and layers


@pytest.mark.parametrize("name", CODES)
def test_every_rule_is_explained_by_code_and_name(specc: Command, name: str) -> None:
    code, severity, summary = CODES[name]
    for word in (code, code.lower(), name):
        status, out, err = specc("explain", word)
        assert (status, err) == (0, "")
        assert out.startswith(f"{code} {name} ({severity})\n\n{summary}\n")


def test_explain_lists_all_rules(specc: Command) -> None:
    lines = specc("explain").out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(code for code, _, _ in CODES.values())


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_explain_says_which_mistakes_no_spec_can_hold(specc: Command, name: str) -> None:
    status, out, err = specc("explain", name)
    assert (status, err) == (0, "")
    assert out == f"{name} is no rule: no spec can hold this mistake\n\n{IMPOSSIBLE[name]}\n"


def test_explain_a_layer(specc: Command) -> None:
    out = specc("explain", "Linear").out
    assert "Linear(in_features, out_features, bias=true" in out and "torch.nn.Linear" in out
    assert "`_` is the size of axis -1." in out


@pytest.mark.parametrize("word, hint", [("Lineer", "Linear"), ("S30l", "S30"), ("rank-mismach", "rank-mismatch")])
def test_explain_something_unknown(specc: Command, word: str, hint: str) -> None:
    status, out, err = specc("explain", word)
    assert (status, out) == (2, "") and hint in err


def test_layers(specc: Command) -> None:
    out = specc("layers").out
    assert all(f"{kind} ({len(names(kind))})" in out for kind in index())
    only = specc("layers", "optimizers").out
    assert "AdamW(lr=" in only and "Conv2d" not in only
    assert specc("layers", "optimzer").err == "specc: there is no kind optimzer: did you mean optimizer?\n"


def test_layers_as_json(specc: Command) -> None:
    data = json.loads(specc("layers", "--format", "json").out)
    linear = next(entry for entry in data["operations"]["layer"] if entry["name"] == "Linear")
    assert [argument["name"] for argument in linear["arguments"][:3]] == ["in_features", "out_features", "bias"]
    assert linear["arguments"][0]["required"] and linear["arguments"][2]["default"] == "true"
    assert {kind: len(entries) for kind, entries in data["operations"].items()} == {
        kind: len(names(kind)) for kind in index()}
