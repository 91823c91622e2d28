"""The formatter changes the layout only, and a second time nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specc.format.formatter import canonical, format_text
from specc.source import Source
from specc.syntax import tree
from specc.syntax.parser import parse
from syntax_derivations import derivations
from syntax_samples import SAMPLES

GAPS = (" ", " ", " ", "\n", "\n\n\n", "  ", " # note\n", "\n  # own line\n", "\n\n# after a blank line\n\n")


def formatted(text: str) -> str:
    """The canonical text, checked to say the same with the same comments, and to be its own canonical text."""
    source = Source("x", text)
    module, comments, problems = parse(source)
    assert all(problem.name in ("empty-file", "unknown-extern-kind", "malformed-label") for problem in problems)
    result = canonical(source, module, comments)
    again, kept, _ = parse(Source("x", result))
    assert tree.same(module, again)
    assert [comment.text for comment in kept] == [comment.text for comment in comments]
    assert canonical(Source("x", result), again, kept) == result
    assert all(line == line.rstrip() for line in result.split("\n"))
    assert "\n\n\n" not in result and not result.startswith("\n")
    return result


@settings(max_examples=200, deadline=None)
@given(derivations(most=60), st.data())
def test_any_layout_of_any_spec_keeps_its_tree_and_comments(words: list[str], data: st.DataObject) -> None:
    gaps = data.draw(st.lists(st.sampled_from(GAPS), min_size=len(words), max_size=len(words)))
    formatted("".join(word + gap for word, gap in zip(words, gaps)))


@pytest.mark.parametrize("sample", SAMPLES)
def test_samples(sample: str) -> None:
    assert formatted(sample)


CASES = {
    "spaces": ("model  M( a=1,b : i64 = 2 ){ output f( - a, k = 3 )[ : , 0 : -1, ... ] }",
               "model M(a = 1, b: i64 = 2) { output f(-a, k=3)[:, 0:-1, ...] }\n"),
    "one statement a line": ("model M { a = 1 b = 2\n}", "model M {\n  a = 1\n  b = 2\n}\n"),
    "statements on one line stay": ("train { epochs=3   seed=0 }", "train { epochs = 3  seed = 0 }\n"),
    "steps stand under the first arrow": (
        "model M {\n  y = x -> Conv2d(1, 2, 3)\n -> ReLU\n}",
        "model M {\n  y = x -> Conv2d(1, 2, 3)\n        -> ReLU\n}\n"),
    "steps stand under a far head": (
        "model M {\n  classifier = features -> A\n -> B\n}",
        "model M {\n  classifier = features -> A\n            -> B\n}\n"),
    "steps on lines of their own": ("model M {\n  y = x\n-> A\n-> B\n}", "model M {\n  y = x\n    -> A\n    -> B\n}\n"),
    "columns stay": ("data {\n  train   = A()\n  other   = B()\n  let c = 1\n}",
                     "data {\n  train = A()\n  other = B()\n  let c = 1\n}\n"),
    "columns stay where they must": ("loss    L()\nmetrics accuracy\ntrain   { epochs = 3 }",
                                     "loss    L()\nmetrics accuracy\ntrain   { epochs = 3 }\n"),
    "no columns where none were": ("init M {\n  a.weight = 1\n  ab.weight = 2\n}",
                                   "init M {\n  a.weight = 1\n  ab.weight = 2\n}\n"),
    "else stays": ("model M { if a { x = 1 }\nelse\nif b { } else { y = 2 } }",
                   "model M {\n  if a { x = 1 } else if b { } else { y = 2 }\n}\n"),
    "hanging brackets": ("let t = [\n1, 2,\n  3, # three\n]", "let t = [\n  1, 2,\n  3,  # three\n]\n"),
    "aligned arguments": ("let t = f(a,\nb)", "let t = f(a,\n          b)\n"),
    "comments in a column": ("let a = 1 # one\nlet bcd = 2 # two\n\nlet e = 3 # three\n",
                             "let a = 1    # one\nlet bcd = 2  # two\n\nlet e = 3  # three\n"),
    "blank lines": ("\n\nlet a = 1\n\n\n\n# note\n\n\nlet b = 2\n\n", "let a = 1\n\n# note\n\nlet b = 2\n"),
    "no blank line at the ends of braces": ("model M {\n\n  a = 1\n\n}", "model M {\n  a = 1\n}\n"),
    "a list of steps in braces": ("fn f() = {\nA -> B\n-> C\n}", "fn f() = {\n  A -> B\n  -> C\n}\n"),
    "dots": ("model M { for i in 0 .. n { a = x . shape [ 2 ] } }", "model M { for i in 0..n { a = x.shape[2] } }\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_layout(name: str) -> None:
    text, expected = CASES[name]
    assert formatted(text) == expected


def test_long_chains_break_before_steps() -> None:
    steps = " -> ".join(f"Conv2d({i}, {i + 1}, kernel_size=3)" for i in range(8))
    lines = formatted(f"model M {{\n  y = x -> {steps}\n}}").split("\n")
    assert max(map(len, lines)) <= 120
    assert all(line.startswith("        -> Conv2d") for line in lines[2:-2]) and len(lines) > 4


def test_an_operand_goes_on_the_next_line_only_if_it_fits_there() -> None:
    short = formatted(f"let t = {'a' * 70} + f({'b' * 60})")
    assert short.split("\n")[1] == f"    + f({'b' * 60})"
    long = formatted(f"let t = {'a' * 40} + f({'b' * 60}, {'c' * 60})")
    assert long.startswith(f"let t = {'a' * 40} + f(")


def test_long_arguments_break_behind_commas() -> None:
    values = ", ".join(f"argument_{i}={i}" for i in range(20))
    lines = formatted(f"let t = function({values})").split("\n")
    assert max(map(len, lines)) <= 120
    assert all(line.startswith(" " * 17 + "argument_") for line in lines[1:-1]) and len(lines) > 3


def test_a_long_line_of_statements_is_spread() -> None:
    statements = "  ".join(f"name_{i} = value_{i}" for i in range(10))
    assert formatted(f"train {{ {statements} }}").count("\n") == 12


def test_text_with_errors_is_left_alone() -> None:
    text = "model M {  output  }\n"
    result, problems = format_text(Source("x", text))
    assert result == text and problems
