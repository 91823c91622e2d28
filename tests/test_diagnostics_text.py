"""The layout of messages for people: marks stand under what they mark, whatever the line holds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostic_samples import CONVNET, convnet, hostile_reports, place
from specc.diagnostics.model import Label, finding
from specc.diagnostics.text import message, render
from specc.source import Source, Span

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def shown(text: str, start: int, end: int, *labels: tuple[int, int, str], other: tuple[Label, ...] = ()) -> list[str]:
    """The lines between the arrow and the last gutter of a finding on some characters of a text."""
    source = Source("a.spec", text)
    found = tuple(Label(Span(source, a, b), words) for a, b, words in labels) + other
    lines = message(finding("rank-mismatch", Span(source, start, end), "headline", labels=found)).splitlines()
    return lines[3:-2]


def test_the_message_of_the_manual() -> None:
    assert message(convnet()) == """\
error[S301]: Linear(800, 120) is given 8192 features, not 800
  --> specs/convnet.spec:9:20
   |
 6 |     -> Conv2d(16, 32, 3, padding=1) -> relu -> max_pool2d(2)
   |                                                ------------- [N, 32, 16, 16]
 7 |     -> flatten(1)
   |        ---------- 32 * 16 * 16 = 8192
 9 |     -> fc1: Linear(800, 120)
   |                    ^^^ 800 = 32 * 5 * 5 would need a 5x5 map here
   |
   = help: write Linear(_, 120), or Linear(8192, 120)
   = see: specc explain S301
"""


def test_several_labels_on_one_line() -> None:
    assert shown("abc def ghi", 4, 7, (4, 7, "here"), (0, 3, "first"), (8, 11, "last")) == [
        " 1 | abc def ghi",
        "   | --- ^^^ --- last",
        "   | |   |",
        "   | |   here",
        "   | first",
    ]


def test_a_label_around_the_place() -> None:
    assert shown("f(abc, d)", 2, 5, (2, 5, "inner"), (0, 9, "outer")) == [
        " 1 | f(abc, d)",
        "   | --^^^----",
        "   | | |",
        "   | | inner",
        "   | outer",
    ]


def test_two_texts_at_one_place() -> None:
    lines = shown("abc", 0, 3, (0, 3, "one"), (0, 3, "two"))
    assert lines == [" 1 | abc", "   | ^^^", "   | |", "   | one", "   | two"]


def test_a_span_over_several_lines_is_marked_at_both_ends() -> None:
    text = "one {\n  two\n  three\n  four\n}\n"
    assert shown(text, 4, len(text) - 1, (4, len(text) - 1, "all of this")) == [
        " 1 | one {", "   |     ^", "...", " 5 | }", "   | ^ all of this"]


def test_a_span_that_ends_with_the_line_end_stays_on_its_line() -> None:
    assert shown("ab\ncd\n", 0, 3) == [" 1 | ab", "   | ^^"]


@pytest.mark.parametrize("text, at", [("ab", 2), ("ab\n", 3), ("ab\r\n", 2), ("\n", 0)])
def test_an_empty_place_is_one_caret(text: str, at: int) -> None:
    assert sum(line.count("^") for line in shown(text, at, at)) == 1


def test_tabs_wide_and_combining_characters_keep_the_marks_in_place() -> None:
    assert shown("\tab", 1, 3) == [" 1 |     ab", "   |     ^^"]
    assert shown("漢字 ab", 3, 5) == [" 1 | 漢字 ab", "   |      ^^"]
    assert shown("漢字", 1, 2) == [" 1 | 漢字", "   |   ^^"]
    assert shown("e\u0301 ab", 3, 5) == [" 1 | e\u0301 ab", "   |   ^^"]
    assert shown("a\x1bb", 2, 3) == [" 1 | a\\x1bb", "   |      ^"]


def test_wide_line_numbers_widen_the_gutter() -> None:
    source = Source("a.spec", "\n" * 1233 + "abc\n")
    lines = message(finding("rank-mismatch", place(source, "abc"), "headline")).splitlines()
    assert lines[1:5] == ["    --> a.spec:1234:1", "     |", "1234 | abc", "     | ^^^"]


def test_a_long_line_is_cut_around_its_mark() -> None:
    lines = shown("x" * 5000 + "HERE" + "y" * 5000, 5000, 5004)
    assert len(lines[0]) < 220
    assert lines[0][lines[1].index("^") : lines[1].index("^") + 4] == "HERE"


def test_labels_in_another_file_come_after_it() -> None:
    lines = shown("abc", 0, 3, other=(Label(place(Source("lib.spec", "\nxyz\n"), "xyz"), "defined here"),))
    assert lines == [" 1 | abc", "   | ^^^", "  ::: lib.spec:2", "   |", " 2 | xyz", "   | --- defined here"]


def test_notes_of_several_lines_are_aligned() -> None:
    source = Source("a.spec", "abc")
    text = message(finding("rank-mismatch", Span(source, 0, 3), "h", notes=("one\ntwo",), helps=("three",)))
    assert text.endswith("   = note: one\n           two\n   = help: three\n   = see: specc explain S305\n")


def test_a_finding_on_a_whole_file_is_one_line() -> None:
    problem = finding("unreadable-file", Span(Source("a.spec", ""), 0, 0), "cannot read a.spec: no such file")
    assert message(problem) == f"error[{problem.code}]: cannot read a.spec: no such file\n"


def test_colors_change_nothing_but_the_colors() -> None:
    colored = message(convnet(), color=True)
    assert "\x1b[1;31m^^^" in colored
    assert ESCAPES.sub("", colored) == message(convnet())


def test_nothing_hostile_reaches_the_terminal() -> None:
    reports = hostile_reports()
    text = render(reports)
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "\\x1b[31mred" in text and "<U+202E>" in text
    assert text.count("error[") == len(reports)


@given(st.text(st.sampled_from("ab漢\t\u0301\x1b\n\r\u202e😀 "), max_size=60), st.data())
def test_any_text_and_any_places(text: str, data: st.DataObject) -> None:
    spans = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    source = Source("a.spec", text)
    first, *others = [Span(source, *pair) for pair in data.draw(st.lists(spans, min_size=1, max_size=5))]
    labels = tuple(Label(span, f"label {number}") for number, span in enumerate(others))
    problem = finding("rank-mismatch", first, "headline", labels=labels)
    plain = message(problem)
    assert all(character.isprintable() or character == "\n" for character in plain)
    assert ESCAPES.sub("", message(problem, color=True)) == plain
    if text:
        assert "^" in plain
        assert all(label.message in plain for label in labels)


@given(st.integers(0, len(CONVNET)), st.integers(0, 30))
def test_the_caret_stands_under_what_it_marks(start: int, length: int) -> None:
    line_end = CONVNET.find("\n", start)
    end = min(start + length, line_end if line_end >= 0 else len(CONVNET))
    if end <= start:
        return
    code, marks = shown(CONVNET, start, end)
    assert code[marks.index("^") : marks.rindex("^") + 1].ljust(end - start) == CONVNET[start:end]
