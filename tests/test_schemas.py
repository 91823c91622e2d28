"""The schemas that specc publishes, against everything it prints."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diagnostic_samples import convnet_report, hostile_reports
from specc.cli.main import main
from specc.cli.schema import SCHEMAS
from specc.diagnostics.formats import render
from specc.diagnostics.report import FileReport
from test_cli_fuzz import PIECES, SPECS
from test_rule_pages import PAGES, example

jsonschema = pytest.importorskip("jsonschema")
Specc = Callable[..., str]


@pytest.fixture
def specc(capsys: pytest.CaptureFixture[str]) -> Specc:
    """What a command line prints."""

    def printed(*words: str) -> str:
        assert main(list(words)) in (0, 1)
        return capsys.readouterr().out

    return printed


@pytest.fixture
def fits(specc: Specc) -> Callable[[str, str], None]:
    """Whether a text fits a schema that the command publishes."""
    validators: dict[str, Any] = {}

    def check(name: str, text: str) -> None:
        if name not in validators:
            validators[name] = jsonschema.Draft202012Validator(json.loads(specc("schema", name)))
        assert not list(validators[name].iter_errors(json.loads(text)))

    return check


@pytest.mark.parametrize("name", [name for name in SCHEMAS if name != "grammar"])
def test_a_schema_is_one(specc: Specc, name: str) -> None:
    schema = json.loads(specc("schema", name))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False and name in schema["title"]


def test_all_schemas_are_listed(specc: Specc) -> None:
    assert [line.split()[0] for line in specc("schema").splitlines()] == list(SCHEMAS)


def test_the_grammar_is_printed(specc: Specc) -> None:
    assert specc("schema", "grammar") == (Path(__file__).parent.parent / "grammar" / "specc.lark").read_text()


def test_a_schema_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "chek"]) == 2
    assert capsys.readouterr().err == "specc: there is no schema chek: did you mean check?\n"


@pytest.mark.parametrize("reports", [[], [FileReport("a.spec", ())], [convnet_report()], hostile_reports()])
def test_rendered_findings(fits: Any, reports: list[FileReport]) -> None:
    fits("check", render("json", reports))


@pytest.mark.parametrize("change", [
    lambda whole: whole.update(version=2), lambda whole: whole.update(more=1), lambda whole: whole.pop("summary"),
    lambda whole: whole["files"][0].update(status="bad"),
    lambda whole: whole["files"][0]["diagnostics"][0]["span"]["start"].update(line=0),
    lambda whole: whole["files"][0]["diagnostics"][0].pop("fix"),
    lambda whole: whole["files"][0]["diagnostics"][0].update(severity="hint"),
    lambda whole: whole["files"][0]["models"][0]["inputs"].update(x=3),
])  # fmt: skip
def test_the_schema_refuses_what_is_wrong(fits: Any, change: Callable[[Any], Any]) -> None:
    whole = json.loads(render("json", [convnet_report()]))
    change(whole)
    with pytest.raises(AssertionError):
        fits("check", json.dumps(whole))


def test_findings_of_every_page(specc: Specc, fits: Any, tmp_path: Path) -> None:
    for name, page in PAGES.items():
        (tmp_path / f"{name}.spec").write_text(example(page, "Wrong") or "model")
    fits("check", specc("check", "--select", "all", "--format", "json", str(tmp_path)))


def test_all_specs(specc: Specc, fits: Any) -> None:
    root = Path(__file__).parent.parent / "specs"
    fits("check", specc("check", "--select", "all", "--format", "json", str(root)))
    for path in root.glob("*.spec"):
        fits("summary", specc("summary", "--format", "json", str(path)))
        for other in root.glob("*.spec"):
            fits("diff", specc("diff", "--format", "json", str(path), str(other)))


def test_all_operations(specc: Specc, fits: Any) -> None:
    fits("layers", specc("layers", "--format", "json"))


@settings(deadline=None, max_examples=120, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9))
def test_specs_with_slips(specc: Specc, fits: Any, tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    text = draw.choice(SPECS)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(text))
        text = text[:at] + draw.choice(["", *PIECES]) + text[at + draw.choice([0, 1, 1, 5, 40]) :]
    (tmp_path / "a.spec").write_text(text)
    fits("check", specc("check", "--select", "all", "--format", "json", str(tmp_path / "a.spec")))
