"""The slips people make, each with the edit that would mend it. An edit that does not help is never told of."""

from __future__ import annotations

from typing import Callable, Iterator, NamedTuple

from specc.diagnostics.model import Diagnostic, Edit, Fix, Label, finding
from specc.source import Span
from specc.syntax.automaton import tables
from specc.syntax.edits import edit, fix
from specc.syntax.errors import described, ends_value, place
from specc.syntax.trouble import CLOSERS, Trouble


class Change(NamedTuple):
    """Put tokens of these kinds in place of `taken` tokens from the one with the number `at`."""

    at: int
    taken: int
    kinds: tuple[int, ...]


class Slip(NamedTuple):
    """A likely mistake. Where `edits` is empty it is known for certain and cannot be mended by an edit."""

    problem: Diagnostic
    edits: tuple[Change, ...]


def slips(trouble: Trouble) -> Iterator[Slip]:
    """The slips that would explain a place, the likeliest first."""
    from specc.syntax import slips_brackets, slips_python, slips_words

    for rule in (*slips_brackets.RULES, *slips_python.RULES, *slips_words.RULES, *_RULES):
        slip = rule(trouble)
        if slip:
            yield slip


def change(trouble: Trouble, offset: int, count: int, *texts: str) -> Change:
    """An edit of the tokens from the one at an offset."""
    made = tables()
    kinds = tuple(made.texts.index(text) if text in made.texts else made.kinds[text] for text in texts)
    return Change(trouble.at + offset, count, kinds)


def swap(trouble: Trouble, offset: int, new: str, name: str, headline: str, count: int = 1) -> Slip:
    """A slip that is mended by one word or sign (or nothing) in place of others, which is also offered as the fix."""
    span = trouble.span(offset).to(trouble.span(offset + count - 1))
    change_of_tokens = change(trouble, offset, count, *((new,) if new else ()))
    return Slip(finding(name, span, headline, fix=fix(span, new)), (change_of_tokens,))


def begins_step(trouble: Trouble, offset: int = 0) -> bool:
    return trouble.kind(offset) == "NAME" or trouble.word(offset) in ("for", "if", "repeat", "{")


def in_chain(trouble: Trouble) -> bool:
    """Whether steps may follow one another here: behind a `->`, or in braces that hold one chain."""
    height, _ = trouble.statement()
    opened = trouble.opened()
    inner = opened[-1].height if opened and opened[-1].height > height else height
    within = trouble.symbols()[inner + 1 :]
    chained = any(symbol == "->" or symbol.startswith(("__link", "__glink")) for symbol in within)
    return chained or inner > height and opened[-1].sign == "{"


# ---------------------------------------------------------------- arrows and commas


def _missing_arrow(trouble: Trouble) -> Slip | None:
    """x -> Conv2d(1, 2, 3) ReLU -> ..., where the second step cannot begin a statement."""
    if not (trouble.accepts("->") and begins_step(trouble) and ends_value(trouble, -1) and in_chain(trouble)):
        return None
    return _arrow_before(trouble, 0, True)


def _arrow_before(trouble: Trouble, offset: int, certain: bool) -> Slip:
    gap = Span(trouble.tokens.source, trouble.span(offset).start, trouble.span(offset).start)
    arrow = Fix("write ->", (Edit(gap, "-> "),)) if certain else None
    headline = f"a `->` is missing before {described(trouble, offset)}"
    problem = finding("missing-arrow", trouble.span(offset), headline, fix=arrow)
    return Slip(problem, (change(trouble, offset, 0, "->"),))


def _statement_was_a_step(trouble: Trouble) -> Slip | None:
    """A `->` is missing at a line's end, so that the next line was read as a statement of its own."""
    _, first = trouble.statement()
    offset = first - trouble.at
    labelled = trouble.word(offset + 1) == ":" and offset >= -4
    goes_on = (labelled or not trouble.begins_line(first)) and _arrow_in_line_before(trouble, first)
    if not (offset < 0 and (trouble.word() == "->" or goes_on) and begins_step(trouble, offset)):
        return None
    if not ends_value(trouble, offset - 1) or first == 0:
        return None
    return _arrow_before(trouble, offset, _arrow_in_line_before(trouble, first))


def _arrow_in_line_before(trouble: Trouble, first: int) -> bool:
    source = trouble.tokens.source
    end = trouble.tokens.ends[first - 1]
    return "->" in source.text[source.text.rfind("\n", 0, end) + 1 : end]


def _arrow_of_another_language(trouble: Trouble) -> Slip | None:
    if trouble.word() == "=" and trouble.word(1) == ">" and trouble.adjacent(1):
        return swap(trouble, 0, "->", "missing-arrow", "steps are joined by `->`, not `=>`", count=2)
    return None


def _comma(trouble: Trouble) -> Slip | None:
    """A Python list of layers, or settings set apart by commas."""
    if trouble.word() != ",":
        return None
    if in_chain(trouble) and begins_step(trouble, 1) and trouble.word(2) != "=":
        return _comma_list(trouble)
    value = _listed_value(trouble)
    if value is not None:
        return _several_values(trouble, *value)
    return swap(trouble, 0, "", "misplaced-comma", "no comma belongs here: nothing is listed")


def _comma_list(trouble: Trouble) -> Slip:
    commas, last = _commas(trouble)
    edits = [change(trouble, at - trouble.at, 1, "->") for at in commas]
    texts = [Edit(trouble.tokens.span(at), " ->") for at in commas]
    if last is not None:
        edits.append(Change(last, 1, ()))
        texts.append(edit(trouble.tokens.span(last), ""))
    headline = "steps are joined by `->`, not set apart by commas"
    arrows = Fix("write -> between the steps", tuple(texts))
    return Slip(finding("misplaced-comma", trouble.span(), headline, fix=arrows), tuple(edits))


def _listed_value(trouble: Trouble) -> tuple[int, int] | None:
    """The first and the last token of `a, b` behind `output` or `=`, where brackets would make it one value."""
    height, first = trouble.statement()
    opened = trouble.opened()
    ends = trouble.begins_line(trouble.at + 1)  # a comma too many
    if first >= trouble.at or ends or place(trouble) != "body" or opened and opened[-1].height > height:
        return None
    signs = [at for at in range(first, trouble.at) if trouble.word(at - trouble.at) in ("output", "=")]
    offset, depth = 1, 0
    while trouble.kind(offset) != "$END":
        depth += (trouble.word(offset) in CLOSERS) - (trouble.word(offset) in CLOSERS.values())
        if depth < 0 or not depth and _new_line(trouble, offset):
            break
        offset += 1
    return (signs[0] + 1, trouble.at + offset - 1) if signs and offset > 1 else None


def _several_values(trouble: Trouble, first: int, last: int) -> Slip:
    begin, end = trouble.tokens.span(first), trouble.tokens.span(last)
    gaps = [Span(begin.source, place, place) for place in (begin.start, end.end)]
    fix = Fix("write the parentheses", (Edit(gaps[0], "("), Edit(gaps[1], ")")))
    problem = finding("misplaced-comma", trouble.span(), "several values stand in parentheses: (a, b)", fix=fix)
    edits = change(trouble, first - trouble.at, 0, "("), change(trouble, last + 1 - trouble.at, 0, ")")
    return Slip(problem, edits)


def _missing_comma(trouble: Trouble) -> Slip | None:
    """Conv2d(3 16, 3), and `metrics accuracy topk(5)`."""
    if not trouble.accepts(",") or not ends_value(trouble, -1) or trouble.begins_line(trouble.at):
        return None
    opened = trouble.opened()
    listed = opened and opened[-1].height > trouble.statement()[0] and opened[-1].sign in ("(", "[")
    if trouble.kind() not in ("NAME", "NUMBER", "STRING") or not (listed or trouble.keyword() == "metrics"):
        return None
    gap = Span(trouble.tokens.source, trouble.span(-1).end, trouble.span(-1).end)
    problem = finding("misplaced-comma", trouble.span(), f"a comma is missing before {described(trouble)}",
                      fix=Fix("write a comma", (Edit(gap, ","),)))
    return Slip(problem, (change(trouble, 0, 0, ","),))


def _commas(trouble: Trouble) -> tuple[list[int], int | None]:
    """The commas between this chain's steps from here on, and one behind the last step if there is one."""
    commas, depth, offset = [trouble.at], 0, 1
    while trouble.kind(offset) != "$END":
        word = trouble.word(offset)
        depth += (word in CLOSERS) - (word in CLOSERS.values())
        if depth < 0 or not depth and (word == "=" or _new_line(trouble, offset)):
            break
        if word == "," and not depth:
            if not begins_step(trouble, offset + 1):
                return commas, trouble.at + offset
            commas.append(trouble.at + offset)
        offset += 1
    return commas, None


def _new_line(trouble: Trouble, offset: int) -> bool:
    begins = trouble.begins_line(trouble.at + offset)
    return begins and trouble.word(offset - 1) not in (",", "->") and trouble.word(offset) not in ("->", ",")


# ---------------------------------------------------------------- = : ==


def _equals(trouble: Trouble) -> Slip | None:
    word = trouble.word()
    if word == ":" and trouble.accepts("="):
        return swap(trouble, 0, "=", "wrong-sign", "a name gets its value by `=`, not `:`")
    if word == "==" and trouble.accepts("="):
        return swap(trouble, 0, "=", "wrong-sign", "a name gets its value by one `=`; two compare")
    if word == "=" and trouble.accepts("=="):
        return swap(trouble, 0, "==", "wrong-sign", "values are compared by `==`; one `=` gives a name its value")
    return None


def _label_sign(trouble: Trouble) -> Slip | None:
    if trouble.word() == "=" and trouble.accepts(":"):
        if trouble.keyword() == "input":
            return swap(trouble, 0, ":", "wrong-sign", "the type of an input stands behind a `:`, not `=`")
        return swap(trouble, 0, ":", "wrong-sign", "a label stands before its step with a `:`, not `=`")
    return None


def _colon_before(trouble: Trouble) -> Slip | None:
    """epochs: 3, where what follows the colon shows that no type was meant."""
    _, first = trouble.statement()
    for offset in (-1, -2):
        if trouble.word(offset) == ":" and first == trouble.at + offset - 1:
            return swap(trouble, offset, "=", "wrong-sign", "a name gets its value by `=`; a type stands after `:`")
    return None


def _only_names_are_bound(trouble: Trouble) -> Slip | None:
    _, first = trouble.statement()
    if trouble.word() != "=" or not ends_value(trouble, -1) or place(trouble) != "body":
        return None
    if first - trouble.at > -3 or trouble.word(first - trouble.at + 1) not in (".", "["):
        return None
    span = trouble.tokens.span(first).to(trouble.span(-1))
    headline = f"only a name can stand to the left of `=`, and `{span.text}` is none"
    return Slip(finding("unexpected-text", span, headline), ()) if "\n" not in span.text else None


# ---------------------------------------------------------------- words and statements


def _reserved(trouble: Trouble) -> Slip | None:
    """A word of the language where a name is wanted."""
    if trouble.kind() == "word" and trouble.accepts("NAME"):
        return _as_name(trouble, 0)
    _, first = trouble.statement()
    if trouble.kind(-1) == "word" and first == trouble.at - 1 and trouble.word() in ("=", "->", ".", ",", ":"):
        return _as_name(trouble, -1)
    return None


def _as_name(trouble: Trouble, offset: int) -> Slip:
    word = trouble.word(offset)
    headline = f"`{word}` is a word of the language and cannot be a name here"
    problem = finding("reserved-word", trouble.span(offset), headline, helps=(f"choose another, such as {word}_",))
    return Slip(problem, (change(trouble, offset, 1, "NAME"),))


def _beginning(trouble: Trouble) -> Slip | None:
    """A statement that begins with a bracket, a sign or a string: it would be read as part of the line before."""
    _, first = trouble.statement()
    begins = trouble.word() in ("(", "[", "-", "->", "{") or trouble.kind() in ("STRING", "NUMBER")
    if first != trouble.at or not begins:
        return None
    headline = f"no statement begins with {described(trouble)}"
    helps = ("a chain begins with a value and is bound to a name: y = x -> ReLU",)
    return Slip(finding("unexpected-text", trouble.span(), headline, helps=helps), ())


_RULES: tuple[Callable[[Trouble], Slip | None], ...] = (
    _arrow_of_another_language, _missing_arrow, _statement_was_a_step, _comma, _missing_comma,
    _equals, _label_sign, _colon_before,
    _reserved, _only_names_are_bound, _beginning,
)

__all__ = ["Change", "Label", "Slip", "begins_step", "change", "ends_value", "in_chain", "slips", "swap"]
