"""What is said of syntax errors: the rule, the place, the words, and the fix."""

from __future__ import annotations

import re

import pytest

from specc.diagnostics.codes import CODES
from specc.diagnostics.model import Diagnostic
from specc.source import Source
from specc.syntax.automaton import tables
from specc.syntax.parser import MAX_CHARACTERS, MAX_PROBLEMS, parse

# For each slip: the text, and (rule, text at the place, a part of the headline) for each finding in order.
SLIPS: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "arrow missing within a line": (
        "model M { y = x -> Conv2d(1, 2, 3) ReLU -> Tanh }",
        [("missing-arrow", "ReLU", "`->` is missing before `ReLU`")]),
    "arrow missing at a line's end": (
        "model M {\n  y = x -> Conv2d(1, 2, 3)\n    ReLU -> Tanh\n}",
        [("missing-arrow", "ReLU", "`->` is missing before `ReLU`")]),
    "arrow missing before a label": (
        "model M {\n  y = x -> Conv2d(1, 2, 3)\n    bn: BatchNorm2d(_) -> relu\n}",
        [("missing-arrow", "bn", "`->` is missing before `bn`")]),
    "arrow of another language": ("model M { y = x => ReLU }", [("missing-arrow", "=>", "not `=>`")]),
    "a list of layers": (
        "model M {\n  y = x -> Conv2d(1, 2, 3), ReLU(), Flatten()\n  output y\n}",
        [("misplaced-comma", ",", "steps are joined by `->`")]),
    "a list of layers in braces": ("model M { y = x -> a: { Conv2d(1, 2), ReLU, } }",
                                   [("misplaced-comma", ",", "steps are joined by `->`")]),
    "two results without parentheses": (
        "model M {\n  output a, relu(b)\n}",
        [("misplaced-comma", ",", "several values stand in parentheses")]),
    "two values without parentheses": (
        "model M {\n  y = a, b[1:], c\n  output y\n}",
        [("misplaced-comma", ",", "several values stand in parentheses")]),
    "settings as in a dict": (
        "train { epochs: 3, seed: 0 }",
        [("wrong-sign", ":", "by `=`, not `:`"), ("misplaced-comma", ",", "nothing is listed"),
         ("wrong-sign", ":", "by `=`, not `:`")]),
    "colon for equals in a call": ("loss L(weight: 3)", [("wrong-sign", ":", "by `=`, not `:`")]),
    "colon for equals in a body": ("model M { x: 3 }", [("wrong-sign", ":", "by `=`; a type stands after `:`")]),
    "equals for a label": ("model M { y = x -> conv = Conv2d(1, 2, 3) }", [("wrong-sign", "=", "with a `:`, not `=`")]),
    "one equals sign": ("model M { assert H = 16 }", [("wrong-sign", "=", "compared by `==`")]),
    "two equals signs": ("train { epochs == 3 }", [("wrong-sign", "==", "one `=`; two compare")]),
    "brace of a loop never closed": (
        "model M {\n  for i in 0..4 {\n    x = f(x)\n  output x\n}\ndata { train = D() }",
        [("unclosed-bracket", "{", "this `{` is never closed")]),
    "brace never closed at the end": ("model M {\n  output x\n", [("unclosed-bracket", "{", "never closed")]),
    "parenthesis never closed": (
        "model M {\n  y = f(x\n  z = 1\n  w = g((1, 2)\n  output y\n}",
        [("unclosed-bracket", "(", "never closed"), ("unclosed-bracket", "(", "never closed")]),
    "two brackets never closed": ("model M {\n  y = f([x\n  z = 1\n}", [("unclosed-bracket", "[", "never closed")]),
    "parenthesis missing before a brace": ("model M { y = f(x }", [("unclosed-bracket", "(", "never closed")]),
    "wrong closer": ("model M { y = f(x] }", [("unopened-bracket", "]", "closed by `)`, not `]`")]),
    "a closer too many": ("model M { y = f(x)) }\n}\nloss L()", [("unopened-bracket", ")", "closes nothing"),
                                                                 ("unopened-bracket", "}", "closes nothing")]),
    "words of Python": (
        "let a = f(True, False, None)",
        [("python-word", word, f"`{word}` is written {word.lower()}") for word in ("True", "False", "None")]),
    "self": ("model M { self.y = self.fc(x) }", [("python-word", "self.", "no `self`")] * 2),
    "return": ("model M {\n  return x\n}", [("python-word", "return", "`output`, not `return`")]),
    "elif": ("model M { if a { } elif b { } }", [("python-word", "elif", "else if")]),
    "is": (
        "model M { assert a is b and c is not none }",
        [("python-word", "is", "=="), ("python-word", "is not", "!=")]),
    "a class": (
        "class Net(nn.Module):\n  def f(self):\n    self.a = Linear(1, 2)\n    return None\n\nmodel M { }",
        [("python-word", "class", "is Python")]),
    "an import": ("import torch\nmodel M { }", [("python-word", "import", "imports nothing from Python")]),
    "a conditional expression": ("model M { y = f(a if c else b) }", [("python-word", "if", "condition in front")]),
    "a filtered list": ("model M { y = [k for k in (1, 2) if k] }", [("python-word", "if", "takes no `if`")]),
    "a conditional statement": ("model M {\n  y = a if c else b\n}", [("python-word", "else", "condition in front")]),
    "a block with a colon": ("model M {\n  for i in range(3):\n    x = 1\n}", [("python-sign", ":", "in braces")]),
    "unpacking": ("model M { y = f(*a, **b) }", [("python-sign", "*", "unpacks"), ("python-sign", "**", "unpacks")]),
    "augmented": ("model M { x += 1 }", [("python-sign", "+=", "not in a spec")]),
    "signs of C": ("let a = b && !c || d", [("python-sign", "&&", "`and`"), ("python-sign", "!", "`not`"),
                                           ("python-sign", "||", "`or`")]),
    "semicolons": ("train { epochs = 3; seed = 0; }", [("python-sign", ";", "no `;`")] * 2),
    "a backslash": ("let a = 1 + \\\n 2", [("python-sign", "\\", "needs no `\\`")]),
    "bitwise": ("let a = 2 ^ 3", [("python-sign", "^", "no operator")]),
    "an f-string": ('let a = f"x{b}"', [("python-sign", "f", "needs no `f`")]),
    "a docstring": (
        '"""About\nthis."""\nlet a = 1',
        [("python-sign", '"""About\nthis."""', "a comment begins with #")]),
    "a comment of C": ("// note\nlet a = 1", [("python-sign", "// note", "a comment begins with #")]),
    "a reserved variable": ("model M { input = 3 }", [("reserved-word", "input", "cannot be a name here")]),
    "a reserved layer": ("model M { layer for = Linear(1, 2) }", [("reserved-word", "for", "cannot be a name here")]),
    "single quotes": ("let a = 'b'", [("single-quotes", "'b'", "double quotes")]),
    "curly quotes": ("let a = “b”", [("single-quotes", "“b”", "double quotes")]),
    "string without end": ('model M {\n  a = f("b)\n  c = 1\n}', [("unterminated-string", '"b)', "no closing")]),
    "escapes": (r'let a = "\q\u12"', [("bad-escape", r"\q", "not an escape"), ("bad-escape", r"\u", "not an escape")]),
    "braces of strings": (
        'let a = "{b"  let c = "d}"  let e = "{ }"',
        [("bad-interpolation", "{b", "not closed"), ("bad-interpolation", "}", "closes nothing"),
         ("bad-interpolation", "{ }", "nothing stands")]),
    "an expression in a string": ('let a = "x{b +}"', [("unexpected-text", "+", "comes too early")]),
    "numbers": (
        "let a = f(.25, 0., .5, 3x, 0x1F, 1_, 007)",
        [("malformed-number", text, "") for text in (".25", "0.", ".5", "3x", "0x1F", "1_", "007")]),
    "numbers out of range": (
        "let a = f(1e999999, 1e-999999, " + "9" * 5000 + ")",
        [("number-out-of-range", "1e999999", "too large"), ("number-out-of-range", "1e-999999", "too small"),
         ("number-out-of-range", "9" * 5000, "5000 digits")]),
    "a key as PyTorch prints it": ("init M { features.0.weight = 1 }", [("dotted-index", ".0", "features[0]")]),
    "an index in a label": ("model M { y = x -> h[1:2]: A }", [("malformed-label", "h[1:2]", "one value")]),
    "an extern of no kind": ('extern thing A = "a.B"', [("unknown-extern-kind", "thing", "layer, fn, dataset")]),
    "foreign letters": ("let größe = 1", [("stray-character", "größe", "U+00F6")]),
    "a look-alike": ("let \u0430 = 1", [("stray-character", "\u0430", "cyrillic small letter a (U+0430)")]),
    "an arrow sign": ("model M { y = x → ReLU }", [("stray-character", "→", "stands here for `->`")]),
    "a stray sign": ("let a = $b", [("stray-character", "$", "means nothing")]),
    "reordering in a comment": ("let a = 1 # \u202eb", [("hidden-character", "\u202e", "reorders the text")]),
    "zero width in a string": ('let a = "b\u200bc"', [("hidden-character", "\u200b", "cannot be seen")]),
    "zero width in a name": ("let a\u200bb = 1", [("hidden-character", "\u200b", "U+200B")]),
    "NUL": ("let a = 1 \0", [("hidden-character", "\0", "a NUL byte (U+0000)")]),
    "a lone carriage return": ("let a = 1 # b\rlet c = 2\n", [("hidden-character", "\r", "U+000D")]),
    "old line ends": ("let a = 1\rlet b = 2\r", [("hidden-character", "", "lone carriage returns")]),
    "byte-order mark": ("\ufefflet a = 1", [("hidden-character", "\ufeff", "byte-order mark")]),
    "an empty file": ("", [("empty-file", "", "says nothing")]),
    "only comments": ("# nothing\n\n# yet\n", [("empty-file", "", "says nothing")]),
    "a statement that begins with a bracket": (
        "model M { (a + b) -> relu }",
        [("unexpected-text", "(", "no statement begins")]),
    "a left side that is no name": ("model M { a.b = 1 }", [("unexpected-text", "a.b", "only a name")]),
    "a missing value": ("train { epochs = }", [("unexpected-text", "}", "a value is missing before `}`")]),
    "a missing step": ("model M { y = x -> }", [("unexpected-text", "}", "a step is missing before `}`")]),
    "a missing unit": ("train { log every }", [("unexpected-text", "}", "a unit such as epoch or steps")]),
    "a missing sign": (
        "model M { layer fc Linear(1, 2) }",
        [("unexpected-text", "Linear", "`=` is missing before `Linear`")]),
    "a word that is no unit": ("train { eval every 2 moons }", [("unexpected-text", "moons", "does not fit here")]),
    "a comma missing in a call": ("let a = f(1 2)", [("misplaced-comma", "2", "a comma is missing before")]),
    "a comma missing between metrics": ("metrics accuracy topk(5)", [("misplaced-comma", "topk", "missing before")]),
    "an input given with =": ("model M {\n  input x = f32[N, 8]\n}", [("wrong-sign", "=", "the type of an input")]),
    "an import the other way round": (
        'from "a.spec" import B', [("python-word", "from", "imports names from a file")]),
    "not a section": ("hello world", [("unexpected-text", "hello", "`hello` does not fit here")]),
    "too deep": ("let a = " + "(" * 100, [("nesting-too-deep", "(", "more than 64 brackets")]),
    "too long a sum": ("let a = 1" + " + 1" * 1000, [("nesting-too-deep", "1", "more than 200 levels")]),
}


PARSER_WORDS = "|".join(name for name in tables().names if name.isupper() and name.isalpha())


def problems_of(text: str) -> tuple[Diagnostic, ...]:
    return parse(Source("x.spec", text))[2]


@pytest.mark.parametrize("name", SLIPS)
def test_slip(name: str) -> None:
    text, expected = SLIPS[name]
    found = problems_of(text)
    assert [(p.name, p.span.text) for p in found] == [(rule, place) for rule, place, _ in expected]
    for problem, (_, _, words) in zip(found, expected):
        assert words in problem.headline


def applied(text: str, problems: tuple[Diagnostic, ...]) -> str:
    edits = [edit for problem in problems for edit in (problem.fix.edits if problem.fix else ())]
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


FIXED = {
    "arrow missing within a line": "model M { y = x -> Conv2d(1, 2, 3) -> ReLU -> Tanh }",
    "a list of layers in braces": "model M { y = x -> a: { Conv2d(1, 2) -> ReLU } }",
    "settings as in a dict": "train { epochs= 3 seed= 0 }",
    "words of Python": "let a = f(true, false, none)",
    "self": "model M { y = fc(x) }",
    "elif": "model M { if a { } else if b { } }",
    "signs of C": "let a = b and not c or d",
    "single quotes": 'let a = "b"',
    "numbers": "let a = f(0.25, 0.0, 0.5, 3x, 31, 1_, 7)",
    "a key as PyTorch prints it": "init M { features[0].weight = 1 }",
    "reordering in a comment": "let a = 1 # b",
    "old line ends": "let a = 1\nlet b = 2\n",
}


@pytest.mark.parametrize("name", FIXED)
def test_fix(name: str) -> None:
    text = SLIPS[name][0]
    assert applied(text, problems_of(text)) == FIXED[name]


@pytest.mark.parametrize("name", SLIPS)
def test_every_fix_removes_its_finding_and_adds_none(name: str) -> None:
    text = SLIPS[name][0]
    before = problems_of(text)
    after = problems_of(applied(text, before))
    left = [problem.name for problem in before if not problem.fix]
    assert len(after) <= len(left)


def test_several_errors_are_found_in_one_pass() -> None:
    text = """
model A {
  input x f32[N]
  y = x -> Linear(1, 2
  z = y -> ReLU Tanh
  layer = 3
  output z
}
block B {
  for i in { }
  output x +
}
data {
  train = 'a'
  loader = = 3
}
train { epochs = 3, seed 0 }
"""
    found = problems_of(text)
    lines = [problem.span.source.position(problem.span.start).line for problem in found]
    assert lines == [3, 4, 5, 6, 10, 12, 14, 15, 17, 17]
    module = parse(Source("x", text))[0]
    assert [type(item).__name__ for item in module.items] == ["Block", "Block", "Data", "Train"]


def test_a_mistake_costs_only_its_statement() -> None:
    module, _, problems = parse(Source("x", "model M {\n  a = 1\n  b = = 2\n  c = 3\n}\nloss L()"))
    assert len(problems) == 1
    assert [statement.targets.id for statement in module.items[0].body.statements] == ["a", "c"]
    assert len(module.items) == 2


def test_the_first_findings_are_told_and_the_rest_counted_off() -> None:
    found = problems_of("train {\n" + "  a = = 1\n" * 50 + "}")
    assert len(found) == MAX_PROBLEMS and "come first" in found[-1].notes[-1]


def test_a_file_that_is_too_large_is_refused() -> None:
    for text in ("#" * (MAX_CHARACTERS + 1), "a " * 150_000, '"{a}" ' * 50_000):
        assert [problem.name for problem in problems_of(text)] == ["file-too-large"]


def test_every_syntax_rule_is_shown_here() -> None:
    shown = {rule for _, findings in SLIPS.values() for rule, _, _ in findings} | {"file-too-large"}
    assert shown == {name for name, (code, _, _) in CODES.items() if code.startswith("S1")}


@pytest.mark.parametrize("name", SLIPS)
def test_no_word_of_the_parser_reaches_the_reader(name: str) -> None:
    for problem in problems_of(SLIPS[name][0]):
        labels = [label.message for label in problem.labels]
        said = " ".join((problem.headline, *problem.notes, *problem.helps, *labels))
        assert not re.search(rf"__|\$END|token|\b({PARSER_WORDS})\b", said)
        assert len(said) < 500
