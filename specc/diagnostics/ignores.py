"""Comments that silence findings: `# specc: ignore[NAME, CODE] reason`, on the line or on a line of their own above it.

Warnings, hints, and those errors at which torch would run all the same can be silenced. Any other error stands: what
passes a check must build and run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from specc.diagnostics.codes import CODES
from specc.diagnostics.model import Diagnostic, Edit, Fix, finding
from specc.diagnostics.sanitize import clean, clip
from specc.diagnostics.suggest import did_you_mean, nearest
from specc.source import Source, Span

# Errors of judgement: torch computes something, and only a person can say that it is meant. All are found on the whole
# program; what elaboration refuses is not in the program, and would be left out in silence.
JUDGED = frozenset((
    "softmax-before-cross-entropy", "sigmoid-before-bce-with-logits", "sigmoid-before-cross-entropy",
    "tanh-before-cross-entropy", "softmax-before-nll", "logits-into-nll", "single-logit-cross-entropy",
    "softmax-single-unit", "per-epoch-scheduler-per-step",
))  # fmt: skip
FORM = "# specc: ignore[NAME] reason"
_ANY = re.compile(r"#\s*specc\s*:", re.IGNORECASE)
_OURS = re.compile(r"#+\s*specc\s*:", re.IGNORECASE)
_IGNORE = re.compile(r"#+\s*specc\s*:\s*ignore\s*\[(?P<rules>[^\[\]]*)\]\s*(?P<reason>.*)")
_BY_CODE = {code: name for name, (code, _, _) in CODES.items()}


class Rule(NamedTuple):
    """One rule in the brackets: as written, and the name it stands for (None: no such rule)."""

    written: Span
    name: str | None


class Ignore(NamedTuple):
    """One comment: the line it speaks of and its rules."""

    comment: Span
    line: int
    rules: tuple[Rule, ...]
    reason: str


def speaks(source: Source) -> bool:
    """Whether a spec may hold such comments: they are rare, and most specs need no closer look."""
    return _ANY.search(source.text) is not None


def heeded(problems: Sequence[Diagnostic], comments: Iterable[Any], whole: bool) -> tuple[Diagnostic, ...]:
    """The problems of one source that its comments leave, and what is wrong with the comments themselves.

    `comments` are of specc.syntax.tree.Comment. `whole` says that every rule has had its say, so that a comment
    without effect is one too many.
    """
    read = [(comment.span, _read(comment)) for comment in comments if _OURS.match(comment.text)]
    ignores = [ignore for _, ignore in read if ignore is not None]
    used: set[Span] = set()
    left = [problem for problem in problems if not _silenced(problem, ignores, used)]
    malformed = [_malformed(span) for span, ignore in read if ignore is None]
    return (*left, *malformed, *(fault for ignore in ignores for fault in _faults(ignore, left, used, whole)))


def _read(comment: Any) -> Ignore | None:
    match = _IGNORE.fullmatch(comment.text)
    rules = tuple(_rules(comment.span, match)) if match else ()
    if match is None or not rules:
        return None
    return Ignore(comment.span, _line_of(comment), rules, match["reason"].strip())


def _rules(span: Span, match: re.Match[str]) -> Iterator[Rule]:
    for word in re.finditer(r"[^\s,]+", match["rules"]):
        at = span.start + match.start("rules") + word.start()
        text = word.group()
        name = text if text in CODES else _BY_CODE.get(text.upper())
        yield Rule(Span(span.source, at, at + len(text)), name)


def _line_of(comment: Any) -> int:
    """The comment's own line, or the next one that is no comment where nothing else stands on it."""
    source = comment.span.source
    line = source.position(comment.span.start).line
    if not comment.own_line:
        return line
    last = source.position(len(source.text)).line
    while line < last:
        line += 1
        if not source.line(line).lstrip().startswith("#"):
            break
    return line


def _silenced(problem: Diagnostic, ignores: Sequence[Ignore], used: set[Span]) -> bool:
    if problem.severity == "error" and problem.name not in JUDGED:
        return False
    rules = [rule for ignore in ignores if _covers(ignore, problem) for rule in ignore.rules
             if rule.name == problem.name]
    used.update(rule.written for rule in rules)
    return bool(rules)


def _covers(ignore: Ignore, problem: Diagnostic) -> bool:
    source = problem.span.source
    if source is not ignore.comment.source:
        return False
    return source.position(problem.span.start).line <= ignore.line <= source.position(problem.span.end).line


# ---------------------------------------------------------------- what is wrong with the comments themselves


def _malformed(span: Span) -> Diagnostic:
    return finding("malformed-ignore", span, f"this is no comment that specc understands: {clip(clean(span.text), 60)}",
                   helps=(f"write {FORM}",))


def _faults(ignore: Ignore, left: Sequence[Diagnostic], used: set[Span], whole: bool) -> Iterator[Diagnostic]:
    for rule in ignore.rules:
        standing = any(problem.name == rule.name and _covers(ignore, problem) for problem in left)
        if rule.name is None:
            yield _unknown(rule)
        elif standing:
            yield finding("error-not-ignorable", rule.written, f"{rule.name} is an error that cannot be ignored",
                          helps=("mend the line: what passes a check must build and run",))
        elif whole and rule.written not in used:
            yield _unused(rule, ignore)
    if used & {rule.written for rule in ignore.rules} and not ignore.reason:
        yield finding("ignore-without-reason", ignore.comment, "this ignore does not say why",
                      helps=("write the reason after the bracket",))


def _unknown(rule: Rule) -> Diagnostic:
    word = rule.written.text
    near = nearest(word, CODES)
    fix = Fix(f"write {near[0]}", (Edit(rule.written, near[0]),)) if len(near) == 1 else None
    return finding("unknown-rule", rule.written, f"there is no rule {clip(clean(word), 60)}", fix=fix,
                   helps=(did_you_mean(word, CODES) or "specc explain lists all rules",))


def _unused(rule: Rule, ignore: Ignore) -> Diagnostic:
    place = "this line" if ignore.line == ignore.comment.source.position(ignore.comment.start).line else "the next line"
    return finding("unused-ignore", rule.written, f"there is no {rule.name} on {place}", fix=_without(rule, ignore),
                   helps=("leave it out",))


def _without(rule: Rule, ignore: Ignore) -> Fix | None:
    """Take the comment away if it names nothing else; of several names one goes with the comma after or before it."""
    text = ignore.comment.source.text
    if len(ignore.rules) == 1:
        start = ignore.comment.start
        while start > 0 and text[start - 1] in " \t":
            start -= 1
        own_line = start == 0 or text[start - 1] == "\n"
        end = ignore.comment.end
        end += own_line and text[end : end + 1] == "\n"
        return Fix("leave the comment out", (Edit(Span(ignore.comment.source, start, end), ""),))
    at = ignore.rules.index(rule)
    start, end = rule.written.start, rule.written.end
    if at + 1 < len(ignore.rules):
        end = ignore.rules[at + 1].written.start
    else:
        start = ignore.rules[at - 1].written.end
    return Fix(f"leave {rule.written.text} out", (Edit(Span(ignore.comment.source, start, end), ""),))
