"""From a spec's text to its tree. Never raises for a mistake in the text."""

from __future__ import annotations

from typing import Any

from specc.diagnostics.model import Diagnostic, finding
from specc.source import Source, Span
from specc.syntax import expressions, statements, tree
from specc.syntax.lexer import Tokens, tokenize
from specc.syntax.machine import Context, Machine

MAX_CHARACTERS = 500_000
MAX_SIGNS = 100_000  # words and signs; an expression inside a string counts as several
MAX_PROBLEMS = 20  # told of one file
_BUILDERS = {**vars(expressions), **vars(statements)}
_PLAIN = frozenset(map(chr, range(32, 127))) | frozenset("\t\n\f")


def parse(source: Source) -> tuple[tree.Module, tuple[tree.Comment, ...], tuple[Diagnostic, ...]]:
    """The tree of a spec, its comments and what is wrong with its syntax.

    Where there are problems the tree holds the statements that could be read.
    """
    text = source.text
    if len(text) > MAX_CHARACTERS:
        return _too_large(source, len(text), MAX_CHARACTERS, "characters")
    tokens, comments = tokenize(source, 0, len(text))
    size = len(tokens.kinds) + 5 * text.count("{")
    if size > MAX_SIGNS:
        return _too_large(source, size, MAX_SIGNS, "words and signs")
    problems = _hidden(source)
    module, found = _read(source, tokens, "start")
    problems += found
    if len(tokens.kinds) == 1 and not problems:
        problems.append(finding("empty-file", Span(source, 0, 0), "this file says nothing", helps=(
            "a spec holds at least a model: model Net { input x: f32[N, 8]  output x -> Linear(_, 2) }",)))
    whole = Span(source, 0, len(text))
    return module or tree.Module((), whole), comments, _told(problems)


def parse_expression(source: Source, start: int, stop: int) -> tuple[Any, tuple[Diagnostic, ...]]:
    """The expression (or chain) between two offsets of a source, or None; and what is wrong with it."""
    tokens, _ = tokenize(source, start, stop)
    expression, problems = _read(source, tokens, "interp")
    return expression, _told(problems)


def _read(source: Source, tokens: Tokens, start: str) -> tuple[Any, list[Diagnostic]]:
    """Run the machine over the tokens; what goes wrong is mended by modules that only then are loaded."""
    problems: list[Diagnostic] = []
    if tokens.odd:
        from specc.syntax.oddities import tidy

        problems = tidy(tokens)
    context = Context(source, lambda first, last: _inner(source, first, last, context.problems))
    machine = Machine(context, _BUILDERS, tokens, start)
    stop = len(tokens.kinds)
    at = machine.run(0, stop)
    if at < stop or machine.fatal:
        from specc.syntax.recovery import Recovery

        problems += Recovery(machine, problems).finish(at)
    return machine.result(), problems + context.problems


def _inner(source: Source, start: int, stop: int, problems: list[Diagnostic]) -> Any:
    expression, found = parse_expression(source, start, stop)
    problems += found
    return expression


def _hidden(source: Source) -> list[Diagnostic]:
    if _PLAIN.issuperset(source.text):
        return []
    from specc.syntax.hidden import hidden_characters

    return hidden_characters(source)


def _told(problems: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The problems in the order of the text, and not more than anyone would read."""
    inside = sorted(problems, key=lambda problem: (problem.span.start, problem.span.end, problem.code))
    told = inside[:MAX_PROBLEMS]
    if len(inside) > MAX_PROBLEMS:
        last = told[-1]
        told[-1] = last._replace(notes=last.notes + ("more of the file's syntax is wrong; these come first",))
    return tuple(told)


def _too_large(source: Source, size: int, most: int, what: str) -> tuple[tree.Module, tuple[()], tuple[Diagnostic]]:
    headline = f"this file has {size:,} {what}; {most:,} are the most a spec can have"
    start = Span(Source(source.name, source.text[:MAX_CHARACTERS]), 0, 0)  # no message needs the rest
    return tree.Module((), start), (), (finding("file-too-large", start, headline),)
