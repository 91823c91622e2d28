"""Whatever the text: no exception, every place inside it, within bounds of time and memory."""

from __future__ import annotations

import re
import time
import tracemalloc
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from specc.diagnostics.codes import CODES
from specc.diagnostics.model import Diagnostic
from specc.format.formatter import format_text
from specc.source import Source, Span
from specc.syntax import tree
from specc.syntax.parser import MAX_SIGNS, parse, parse_expression
from specc.syntax.recovery import MAX_ROUNDS, Recovery
from syntax_samples import SAMPLES

WORDS = sorted(set(re.findall(r'\w+|"[^"]*"|\s|.', " ".join(SAMPLES)))) + ["True", "'a'", "0.", "3x", ";", "def", "\n"]


def read(text: str) -> tree.Module:
    """Parse a text, with every promise about the answer checked."""
    source = Source("x", text)
    with patch.object(Recovery, "_mend", autospec=True, side_effect=Recovery._mend) as mends:
        module, comments, problems = parse(source)
    assert mends.call_count < MAX_ROUNDS, "recovery does not get on"
    assert isinstance(module, tree.Module)
    for problem in problems:
        assert problem.name in CODES and (problem.code.startswith("S1") or problem.name == "type-syntax")
        assert all(span.source is source and 0 <= span.start <= span.end <= len(text) for span in places_of(problem))
    assert [c.text for c in comments] == [text[c.span.start : c.span.end] for c in comments]
    assert format_text(source)[0] is not None
    return module


def places_of(problem: Diagnostic) -> list[Span]:
    """Every place a finding speaks of: its own, those of its labels, those its fix changes."""
    edits = problem.fix.edits if problem.fix else ()
    return [problem.span, *(label.span for label in problem.labels), *(edit.span for edit in edits)]


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_text(text: str) -> None:
    read(text)


@settings(max_examples=150, deadline=None)
@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    read(data.decode("utf-8", "surrogateescape"))
    read(data.decode("latin-1"))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_any_words(words: list[str]) -> None:
    read(" ".join(words))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SAMPLES), st.data())
def test_samples_with_pieces_lost_or_put_in(sample: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(sample)))
        stop = data.draw(st.integers(start, min(start + 6, len(sample))))
        sample = sample[:start] + data.draw(st.sampled_from(["", *WORDS])) + sample[stop:]
    read(sample)


@settings(max_examples=100, deadline=None)
@given(st.text() | st.lists(st.sampled_from(WORDS)).map("".join), st.integers(0, 9), st.integers(0, 9))
@example("00000000%0", 8, 1)
def test_any_stretch_as_an_expression(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    stop = min(start + length, len(text))
    _, problems = parse_expression(Source("x", text), start, stop)
    assert all(start <= span.start <= span.end <= stop for problem in problems for span in places_of(problem))


def test_recovery_gets_on_where_a_closed_body_is_followed_by_the_end() -> None:
    read("model M { repeat 3 { b = 1 } -''xx='[,{>[>{[} if c { } else if d { } else { x = 1 } }")


def test_an_expression_has_its_place_in_the_file() -> None:
    source = Source("x", "....a -> b(1)....")
    chain, problems = parse_expression(source, 4, 13)
    assert not problems
    assert (chain.head.span.text, chain.steps[0].span.text, chain.span.start) == ("a", "b(1)", 4)


def test_an_interpolation_has_its_place_in_the_file() -> None:
    module = parse(Source("x", 'let a = "b{ i + 1 }{{c}}\\t"'))[0]
    first, expression, last = module.items[0].value.parts
    assert (first, expression.span.text, last) == ("b", "i + 1", "{c}\t")


N = 15_000
BOMBS = {
    "parentheses": "let a = " + "(" * N,
    "brackets closed": "let a = " + "[" * N + "]" * N,
    "braces": "model M " + "{" * N,
    "closers": ")" * N,
    "minus": "let a = " + "-" * N + "1",
    "not": "let a = " + "not " * N + "b",
    "powers": "let a = 2" + " ** 2" * N,
    "sums": "let a = 2" + " + 2" * N,
    "attributes": "let a = b" + ".c" * N,
    "calls": "let a = b" + "()" * N,
    "chain": "let a = b" + " -> c" * N,
    "else if": "let a = if b { c }" + " else if b { c }" * (N // 8),
    "targets": "let a, " + "(" * N,
    "digits": "let a = " + "9" * 5000,
    "exponent": "let a = 1e" + "9" * N,
    "quotes": '"' * N,
    "apostrophes": "'" * N,
    "braces in a string": 'let a = "' + "{" * N + '"',
    "deep expression in a string": 'let a = "{' + "(" * N + '}"',
    "mistakes": "model M {" + "a = = b\n" * N + "}",
    "unclosed lines": "model M {\n" + "a = f(b\n" * N,
    "mistake at the end": "model M {" + "a = b " * N,
    "commas": "model M { a = x -> b" + ", c" * N + " }",
    "control characters": "\x01" * N,
    "carriage returns": "\r" * N,
    "emoji": "\U0001f600" * N,
    "names": "a " * N,
    "ten megabytes": "a b\n" * 2_500_000,
    "as many words as there may be": "model M {" + "a = b " * (MAX_SIGNS // 3 - 10) + "}",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bomb(name: str) -> None:
    source = Source("x", BOMBS[name])
    start = time.process_time()
    _, _, problems = parse(source)
    assert time.process_time() - start < 2  # a quarter of it on a quiet machine
    assert problems or name in ("chain", "as many words as there may be", "braces in a string")


def test_memory_is_bounded() -> None:
    a_fifth = Source("x", "model M {" + "a = b " * (MAX_SIGNS // 15) + "}")
    tracemalloc.start()
    try:
        parse(a_fifth)
        assert tracemalloc.get_traced_memory()[1] < 40 * 2**20
    finally:
        tracemalloc.stop()
