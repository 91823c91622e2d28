"""`# specc: ignore[NAME]`: what it silences, what it cannot, and what is said of the comment itself."""

from __future__ import annotations

from pathlib import Path

import pytest

import specc
from specc.compiler import beside, compile_spec
from specc.diagnostics.codes import CODES
from specc.diagnostics.fixes import apply_fixes
from specc.diagnostics.ignores import JUDGED
from specc.format.formatter import format_text
from specc.source import Source
from test_rule_pages import PAGES, example

TWICE = """model M {{
  input x: f32[N, 16]
{above}  output x -> Linear(_, 8) -> ReLU -> ReLU -> Linear(_, 2){after}
}}
"""


def found(text: str, settings: dict[str, str] | None = None) -> list[str]:
    return [problem.name for problem in compile_spec(Source("a.spec", text), settings).problems]


def at_line(comment: str) -> str:
    return TWICE.format(above="", after=f"  {comment}")


def above(*lines: str) -> str:
    return TWICE.format(above="".join(f"  {line}\n" for line in lines), after="")


def fixed(text: str) -> str:
    source = Source("a.spec", text)
    return apply_fixes(source, compile_spec(source).problems)[0]


def test_the_spec_of_these_tests_has_one_warning() -> None:
    assert found(at_line("")) == ["double-activation"]


@pytest.mark.parametrize("comment", [
    "# specc: ignore[double-activation] meant", "# specc: ignore[S502] meant", "# specc: ignore[s502] meant",
    "#specc:ignore[S502] meant", "# specc: ignore[ S502 ] meant", "# specc: ignore[S502]: meant",
])
def test_a_comment_silences_a_finding_of_its_line_or_the_next(comment: str) -> None:
    assert found(at_line(comment)) == []
    assert found(above(comment)) == []
    assert found(above(comment, "# why it is meant")) == []
    assert found(above("# why it is meant", comment)) == []


def test_a_comment_speaks_of_no_other_line() -> None:
    assert found(above("# specc: ignore[S502] meant", "")) == ["double-activation", "unused-ignore"]
    assert found("# specc: ignore[S502] meant\n" + at_line("")) == ["double-activation", "unused-ignore"]


def test_a_finding_of_several_lines_is_silenced_at_any_of_them() -> None:
    text = "model M {\n  input x: f32[N, 6]\n  output x -> Dropout(\n    0.0\n  )COMMENT -> Linear(_, 2)\n}\n"
    assert found(text.replace("COMMENT", "")) == ["degenerate-dropout"]
    assert found(text.replace("COMMENT", "  # specc: ignore[S509] meant\n")) == []


def test_several_rules_and_several_comments() -> None:
    text = above("# specc: ignore[S502, unused-parameter] meant").replace("model M", "model M(a = 1)")
    assert found(text) == ["unused-parameter", "unused-ignore"]
    both = text.replace("{\n", "{  # specc: ignore[S221] meant\n", 1).replace(", unused-parameter", "")
    assert found(both) == []


def test_a_string_is_no_comment() -> None:
    text = at_line("").replace("Linear(_, 2)", '"# specc: ignore[S502]": Linear(_, 2)')
    assert "unused-ignore" not in found(text) and "malformed-ignore" not in found(text)


# ---------------------------------------------------------------- errors


def test_an_error_of_torch_cannot_be_ignored() -> None:
    text = at_line("# specc: ignore[in-features-mismatch] I know better").replace("-> ReLU -> ReLU -> Linear(_, 2)",
                                                                                  "-> ReLU -> Linear(9, 2)")
    assert found(text) == ["in-features-mismatch", "error-not-ignorable"]


def test_a_syntax_error_cannot_be_ignored() -> None:
    assert found("model M {  # specc: ignore[unclosed-bracket]\n") == ["unclosed-bracket"]


@pytest.mark.parametrize("rule", sorted(JUDGED))
def test_an_error_of_judgement_can_be_ignored_and_the_spec_is_built(rule: str) -> None:
    source = Source("a.spec", example(PAGES[rule], "Wrong"))
    problem = next(problem for problem in compile_spec(source).problems if problem.name == rule)
    lines = source.text.split("\n")
    lines.insert(source.position(problem.span.start).line - 1, f"# specc: ignore[{rule}] meant")
    ignored = Source("a.spec", "\n".join(lines))
    assert CODES[rule][1] == "error"
    assert not compile_spec(ignored).has_errors
    assert specc.build(ignored) is not None
    assert compile(specc.emit(ignored), "script", "exec")


def test_what_can_be_ignored_is_found_on_the_whole_program() -> None:
    root = Path(__file__).parent.parent / "specc"
    files = [path for room in ("program", "ops", "syntax") for path in (root / room).rglob("*.py")]
    refused = "".join(path.read_text() for path in files)
    assert files and not [rule for rule in JUDGED if f'"{rule}"' in refused]


# ---------------------------------------------------------------- the comment itself


def test_an_unused_comment_is_reported_and_taken_away() -> None:
    assert found(at_line("# specc: ignore[S501] meant")) == ["double-activation", "unused-ignore"]
    assert fixed(at_line("# specc: ignore[S501] meant")) == at_line("").replace(")  \n", ")\n")
    assert fixed(above("# specc: ignore[S501] meant")) == above()
    assert fixed(above("# specc: ignore[S501, S502] meant")) == above("# specc: ignore[S502] meant")
    assert fixed(above("# specc: ignore[S502, S501] meant")) == above("# specc: ignore[S502] meant")


def test_a_comment_is_not_called_unused_where_a_rule_may_not_have_been_asked() -> None:
    unused = "# specc: ignore[S501] meant"
    assert "unused-ignore" not in found(at_line(unused).replace("Linear(_, 2)", "Linear(9, 2)"))
    assert "unused-ignore" not in found(at_line(unused), {"M.a": "1"})
    assert found(f"block B {{  {unused}\n  input x: f32[N, C]\n  output x\n}}\n") == []


def test_an_unknown_rule() -> None:
    text = at_line("# specc: ignore[double-activaton] meant")
    assert found(text) == ["double-activation", "unknown-rule"]
    assert found(fixed(text)) == []


@pytest.mark.parametrize("comment", ["# specc: ignore", "# specc: ignore[]", "# specc: ignroe[S502]", "# specc:",
                                     "# specc: ignore(S502)", "# specc: ignore[S502", "# Specc: Ignore [S502]]["])
def test_a_comment_that_is_not_understood(comment: str) -> None:
    assert found(at_line(comment)) == ["double-activation", "malformed-ignore"]


def test_prose_about_specc_is_no_such_comment() -> None:
    assert found(at_line("# checked by specc: all good")) == ["double-activation"]


def test_a_missing_reason_is_a_hint() -> None:
    assert found(at_line("# specc: ignore[S502]")) == ["ignore-without-reason"]
    assert CODES["ignore-without-reason"][1] == "info"


# ---------------------------------------------------------------- elsewhere


def test_comments_of_an_imported_file_count_there(tmp_path: Path) -> None:
    block = "block B {\n  input x: f32[N, C]\n  output x -> ReLU -> ReLUCOMMENT\n}\n"
    main = 'import B from "b.spec"\nmodel M {\n  input x: f32[N, 4]\n  output x -> B() -> Linear(_, 2)\n}\n'
    source = Source(str(tmp_path / "a.spec"), main)
    for comment, names in (("", ["double-activation"]), ("  # specc: ignore[S502] meant", [])):
        (tmp_path / "b.spec").write_text(block.replace("COMMENT", comment))
        assert [problem.name for problem in compile_spec(source, None, beside).problems] == names


def test_the_layout_keeps_comments_at_what_they_speak_of() -> None:
    for text in (at_line("# specc: ignore[S502] meant"), above("# specc: ignore[S502] meant")):
        formatted = format_text(Source("a.spec", text))[0]
        assert found(formatted) == []
