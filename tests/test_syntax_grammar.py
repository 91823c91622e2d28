"""The tables are those of the grammar, and the driver reads as lark does."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Token, Tree
from lark.exceptions import GrammarError, LarkError

from specc.source import Source, Span
from specc.syntax import expressions, lexer, statements, tree
from specc.syntax.automaton import tables
from specc.syntax.machine import Context
from specc.syntax.parser import parse
from specc.syntax.tables import PATH, make_tables, tables_text
from syntax_derivations import derivations, grammar, lark
from syntax_samples import SAMPLES

BUILDERS = {**vars(expressions), **vars(statements)}


def test_tables_are_those_of_the_grammar() -> None:
    with open(PATH, encoding="utf-8", newline="") as file:
        assert file.read() == tables_text(), "run: python -m specc.syntax.tables"


def test_a_conflict_is_refused() -> None:
    with pytest.raises(GrammarError):
        make_tables('start: a | b\ninterp: a\na: "x"\nb: "x"')
    with pytest.raises(GrammarError, match="Shift/Reduce"):
        make_tables('start: e\ninterp: e\ne: e "+" e | "x"')


def test_every_rule_has_a_builder_and_every_builder_a_rule() -> None:
    named = {rule.builder for rule in tables().rules} - {None}
    assert named == {name for name in named if callable(BUILDERS.get(name))}
    own = {name for name, value in BUILDERS.items() if getattr(value, "__module__", "") in
           (expressions.__name__, statements.__name__) and not name.startswith(("_", "as_"))}
    assert own - named == set()


def test_the_samples_use_every_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    used = set()
    from specc.syntax.machine import Machine

    plain = Machine._reduce

    def noting(self: Machine, rule: object, at: int) -> None:
        used.add(rule)
        plain(self, rule, at)

    monkeypatch.setattr(Machine, "_reduce", noting)
    for sample in SAMPLES:
        assert parse(Source("sample", sample))[2] == (), sample
    named = {rule.builder for rule in tables().rules if rule.builder}
    assert named - {rule.builder for rule in used} == set()


def build(node: object, context: Context) -> object:
    """The tree that lark's parse gives, built by the same functions."""
    source = context.source
    if isinstance(node, Token):
        return lexer.Token(str(node), Span(source, node.start_pos, node.end_pos))
    if not isinstance(node, Tree):
        return node
    start = getattr(node.meta, "start_pos", 0)
    children = [build(child, context) for child in node.children]
    return BUILDERS[node.data](context, Span(source, start, getattr(node.meta, "end_pos", start)), *children)


def inner(source: Source, start: int, stop: int) -> object:
    from specc.syntax.parser import parse_expression

    return parse_expression(source, start, stop)[0]


@pytest.mark.parametrize("sample", SAMPLES)
def test_samples_have_the_shape_and_spans_lark_gives(sample: str) -> None:
    source = Source("sample", sample)
    context = Context(source, lambda start, stop: inner(source, start, stop))
    assert parse(source)[0] == build(lark().parse(sample), context)


def accepted(text: str) -> bool:
    beyond_the_grammar = ("empty-file", "unknown-extern-kind", "malformed-label")
    return all(problem.name in beyond_the_grammar for problem in parse(Source("x", text))[2])


@settings(max_examples=150, deadline=None)
@given(derivations())
def test_what_the_grammar_derives_is_read_as_lark_reads_it(words: list[str]) -> None:
    text = " ".join(words)
    source = Source("derived", text)
    context = Context(source, lambda start, stop: inner(source, start, stop))
    module, _, problems = parse(source)
    assert accepted(text), problems
    assert module == build(lark().parse(text), context)


@settings(max_examples=150, deadline=None)
@given(derivations(), st.data())
def test_what_lark_refuses_is_refused(words: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(words)))
    others = st.sampled_from(["a", "1", "->", "(", ")", "{", "}", ",", ":", "=", "for", "let", "output"])
    words[at : at + data.draw(st.integers(0, 2))] = data.draw(st.lists(others, max_size=2))
    changed = " ".join(words)
    try:
        lark().parse(changed)
        expected = True
    except LarkError:
        expected = False
    assert accepted(changed) == expected


def test_parsing_imports_no_lark() -> None:
    code = ("import sys; from specc.syntax.parser import parse; from specc.source import Source;"
            "assert not parse(Source('x', 'model M { }'))[2];"
            "bad = {'lark', 'jinja2', 'numpy', 'torch', 'dataclasses', 'inspect', 'pathlib'} & set(sys.modules);"
            "late = {f'specc.syntax.{name}' for name in ('slips', 'errors', 'recovery', 'oddities', 'hidden')};"
            "print(sorted(bad), sorted(late & set(sys.modules)))")
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert answer.strip() == "[] []"


def test_resources_are_found_in_the_checkout() -> None:
    assert re.search(r"start: _item\*", grammar())


def test_same_ignores_places_only() -> None:
    first, second = (parse(Source("x", text))[0] for text in ("let a = f(1, b=2)", "let  a =\nf(1,   b = 2)"))
    other = parse(Source("x", "let a = f(1, b=2.0)"))[0]
    assert tree.same(first, second) and first != second
    assert not tree.same(first, other)
