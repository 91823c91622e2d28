"""The table of rules, safe printing, did-you-mean, and applying fixes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostic_samples import HOSTILE, place
from specc.diagnostics.codes import CODES
from specc.diagnostics.fixes import apply_fixes
from specc.diagnostics.model import Diagnostic, Edit, Fix, finding
from specc.diagnostics.sanitize import clean, clip
from specc.diagnostics.suggest import did_you_mean, distance, nearest
from specc.ops.registry import names
from specc.source import Source, Span

# ---------------------------------------------------------------- the table


def test_codes_are_unique_and_in_their_bands() -> None:
    codes = [code for code, _, _ in CODES.values()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"S[1-69]\d\d", code) for code in codes)
    assert CODES["in-features-mismatch"][0] == "S301"
    assert CODES["internal-error"][0] == "S901"


def test_rules_are_named_and_described_in_one_way() -> None:
    for name, (_, severity, summary) in CODES.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert severity in ("error", "warning", "info")
        assert summary.endswith(".") and len(summary) < 90


# ---------------------------------------------------------------- safe printing


@pytest.mark.parametrize("text, expected", [
    ("plain", "plain"), ("漢字 ü 😀", "漢字 ü 😀"), ("\x1b[2J", "\\x1b[2J"), ("a\nb\r\t", "a\\nb\\r\\t"),
    ("\x9b", "\\x9b"), ("\x00\x7f", "\\x00\\x7f"), ("\u202e", "<U+202E>"), ("\u200b", "<U+200B>"),
    ("\u2066x\u2069", "<U+2066>x<U+2069>"), ("\xa0", "<U+00A0>"), ("\ufeff", "<U+FEFF>"), ("\u2028", "<U+2028>"),
    ("\u3164", "<U+3164>"), ("\udc80", "<U+DC80>"), ("\U000e0041", "<U+E0041>"),
])
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(st.one_of(st.text(), st.sampled_from(HOSTILE)))
def test_clean_text_is_printable_and_stays_as_it_is(text: str) -> None:
    assert clean(text).isprintable()
    assert clean(clean(text)) == clean(text)


def test_clip() -> None:
    assert clip("abc", 10) == "abc"
    assert clip("a" * 50 + "b" * 50, 20) == "a" * 10 + " ... " + "b" * 10


# ---------------------------------------------------------------- did you mean


@pytest.mark.parametrize("word, expected", [
    ("conv2d", "Conv2d"), ("Conv2D", "Conv2d"), ("Convd2", "Conv2d"), ("Lineer", "Linear"), ("Relu", "ReLU"),
    ("batch_norm_2d", "BatchNorm2d"), ("BatchNrom2d", "BatchNorm2d"), ("Sofmax", "Softmax"), ("Drop", "Dropout"),
    ("GroupNrom", "GroupNorm"), ("maxpool2d", "MaxPool2d"),
])
def test_the_nearest_layer_comes_first(word: str, expected: str) -> None:
    assert nearest(word, names("layer"))[0] == expected


def test_nothing_near_suggests_nothing() -> None:
    assert did_you_mean("zzzzqqqq", names("layer")) is None
    assert did_you_mean("", ["a"]) is None
    assert did_you_mean("x" * 10_000, ["x" * 10_000]) is None


def test_the_sentence() -> None:
    assert did_you_mean("rn", ["run"]) == "did you mean run?"
    assert did_you_mean("lr1", ["lr", "lr2"]) == "did you mean lr or lr2?"
    assert did_you_mean("abd", ["abc", "abe", "abf", "abg"]) == "did you mean abc, abe or abf?"


def test_one_difference_in_case_beats_all_others() -> None:
    assert nearest("LR", ["lr", "ls", "l"])[0] == "lr"


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_distance_is_symmetric_and_knows_swaps(first: str, second: str) -> None:
    assert distance(first, second, 9) == distance(second, first, 9)
    assert (distance(first, second, 9) == 0) == (first == second)
    assert distance(first, second, 1) == min(distance(first, second, 9), 2)
    assert distance(f"{first}xy{second}", f"{first}yx{second}", 9) == 1


# ---------------------------------------------------------------- fixes


def fixing(*edits: Edit) -> Diagnostic:
    return finding("unknown-name", edits[0].span, "h", fix=Fix("t", edits))


def test_fixes_are_applied_together() -> None:
    source = Source("a.spec", "one two three")
    problems = [fixing(Edit(place(source, "one"), "1")), fixing(Edit(place(source, "three"), "3"), Edit(
        place(source, "two"), "2"))]
    assert apply_fixes(source, problems) == ("1 2 3", 2)


def test_of_overlapping_fixes_only_the_first_is_applied() -> None:
    source = Source("a.spec", "one two three")
    problems = [fixing(Edit(place(source, "one two"), "x")), fixing(Edit(place(source, "two three"), "y")),
                fixing(Edit(place(source, "three"), "3"))]
    assert apply_fixes(source, problems) == ("x 3", 2)


def test_two_insertions_at_one_place_are_not_guessed_about() -> None:
    source = Source("a.spec", "ab")
    here = Span(source, 1, 1)
    assert apply_fixes(source, [fixing(Edit(here, "x")), fixing(Edit(here, "y"))]) == ("axb", 1)


def test_a_fix_that_contradicts_itself_or_lies_elsewhere_is_left_out() -> None:
    source, other = Source("a.spec", "abc"), Source("a.spec", "abc")
    twice = fixing(Edit(Span(source, 0, 2), "x"), Edit(Span(source, 1, 3), "y"))
    elsewhere = fixing(Edit(Span(source, 0, 1), "x"), Edit(Span(other, 0, 1), "y"))
    assert apply_fixes(source, [twice, elsewhere]) == ("abc", 0)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.text("XYZ", max_size=3)), max_size=6))
def test_any_fixes_keep_what_no_applied_one_touches(edits: list[tuple[int, int, str]]) -> None:
    source = Source("a.spec", "abcdefghijklmnopqrst")
    problems = [fixing(Edit(Span(source, *sorted((a, b))), text)) for a, b, text in edits]
    text, count = apply_fixes(source, problems)
    kept = [letter for letter in text if letter.islower()]
    assert kept == sorted(kept) and count <= len(edits)
