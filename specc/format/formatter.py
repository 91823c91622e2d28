"""The canonical layout of a spec."""

from __future__ import annotations

from specc.diagnostics.model import Diagnostic
from specc.format.layout import Layout, Line
from specc.format.roles import Roles
from specc.source import Source
from specc.syntax import tree
from specc.syntax.parser import parse

_MOST_ROUNDS = 20


def format_text(source: Source) -> tuple[str, tuple[Diagnostic, ...]]:
    """The spec in its canonical layout; unchanged, with the problems, where its syntax has errors."""
    module, comments, problems = parse(source)
    if any(problem.severity == "error" for problem in problems):
        return source.text, problems
    text = canonical(source, module, comments)
    again, kept, _ = parse(Source(source.name, text))
    faithful = tree.same(module, again) and [c.text for c in comments] == [c.text for c in kept]
    return text if faithful else source.text, problems


def canonical(source: Source, module: tree.Module, comments: tuple[tree.Comment, ...]) -> str:
    """The canonical layout of a spec that has been read without errors.

    A line end put into a long line can call for another before it, so this goes on until nothing changes.
    """
    text = _laid_out(source, module, comments)
    for _ in range(_MOST_ROUNDS):
        again = Source(source.name, text)
        module, comments, _ = parse(again)
        text = _laid_out(again, module, comments)
        if text == again.text:
            break
    return text


def _laid_out(source: Source, module: tree.Module, comments: tuple[tree.Comment, ...]) -> str:
    return _joined(_aligned(Layout(Roles(source, module), comments).run()))


def _aligned(lines: list[Line]) -> list[Line]:
    """The same lines; comments at the ends of lines that follow one another begin in one column."""
    done: list[Line] = []
    for at, line in enumerate(lines):
        if line.comment and (at == 0 or not lines[at - 1].comment or line.blank_before):
            width = _block_width(lines, at)
        done.append(line._replace(text=line.text.ljust(width)) if line.comment else line)
    return done


def _block_width(lines: list[Line], first: int) -> int:
    last = first + 1
    while last < len(lines) and lines[last].comment and not lines[last].blank_before:
        last += 1
    return max(len(line.text) for line in lines[first:last])


def _joined(lines: list[Line]) -> str:
    text: list[str] = []
    for line in lines:
        if line.blank_before and text:
            text.append("")
        text.append(f"{line.text}  {line.comment}" if line.comment else line.text)
    return "".join(line + "\n" for line in text)
