"""Words of the language: misspelled, with a sign they do not take, or in the wrong place."""

from __future__ import annotations

from specc.diagnostics.model import Edit, Fix, finding
from specc.diagnostics.suggest import nearest
from specc.source import Span
from specc.syntax.errors import place
from specc.syntax.slips import Slip, change, swap
from specc.syntax.trouble import CLOSERS, Trouble

SECTIONS = ("model", "block", "data", "loss", "optimizer", "scheduler", "metrics", "train", "import", "extern", "init",
            "let", "fn")  # fmt: skip
WORDS = {
    "": SECTIONS,
    "body": ("input", "output", "layer", "param", "buffer", "tie", "order", "assert", "repeat", "for", "if", "let"),
    "data": ("transform", "loader", "sample"),
    "train": ("eval", "log", "save", "stop", "step", "buffer", "every"),
}
PLAIN = ("data", "loss", "optimizer", "scheduler", "metrics", "train")  # no name stands behind these
TYPED = ("input", "param", "buffer", "let")


def _misspelled(trouble: Trouble) -> Slip | None:
    """`ouput x -> ...`, `Model M {`: the first word of a statement, read as a name."""
    _, first = trouble.statement()
    offset = first - trouble.at
    if offset not in (0, -1) or trouble.kind(offset) != "NAME" or not trouble.begins_line(first):
        return None
    word = trouble.word(offset)
    near = [known for known in nearest(word, WORDS.get(place(trouble), ())) if known != word]
    if not near:
        return None
    span = trouble.span(offset)
    problem = finding("unexpected-text", span, f"`{word}` begins no statement", helps=(f"did you mean {near[0]}?",),
                      fix=Fix(f"write {near[0]}", (Edit(span, near[0]),)))
    return Slip(problem, (change(trouble, offset, 1, near[0]),))


def _section_sign(trouble: Trouble) -> Slip | None:
    """`loss = CrossEntropyLoss()`, `train: { ... }`."""
    _, first = trouble.statement()
    word, sign = trouble.word(-1), trouble.word()
    if first != trouble.at - 1 or sign not in ("=", ":") or word not in PLAIN or place(trouble):
        return None
    return swap(trouble, 0, "", "wrong-sign", f"no `{sign}` stands behind {word}")


def _label_behind(trouble: Trouble) -> Slip | None:
    """`Linear(_, 2): fc`, the label behind its step."""
    if trouble.word() != ":" or trouble.kind(1) != "NAME" or trouble.word(-1) != ")":
        return None
    headline = "a label stands before its step"
    helps = (f"write {trouble.word(1)}: {_step_before(trouble)}",)
    return Slip(finding("malformed-label", trouble.span().to(trouble.span(1)), headline, helps=helps),
                (change(trouble, 0, 2),))


def _step_before(trouble: Trouble) -> str:
    """The text of the call that ends before this token."""
    depth, offset = 0, -1
    while trouble.word(offset):
        word = trouble.word(offset)
        depth += (word in CLOSERS.values()) - (word in CLOSERS)
        if not depth and word in CLOSERS:
            break
        offset -= 1
    text = trouble.span(offset - 1).to(trouble.span(-1)).text
    return " ".join(text.split())[:60]


def _sum_into_arrow(trouble: Trouble) -> Slip | None:
    """`output a + b -> Linear(_, 2)`: arithmetic before an arrow."""
    _, first = trouble.statement()
    if trouble.word() != "->" or first >= trouble.at:
        return None
    begin = _before_value(trouble, first)
    if begin is None or begin + 1 >= trouble.at:
        return None
    left, right = trouble.tokens.span(begin + 1), trouble.span(-1)
    source = trouble.tokens.source
    ends = (Edit(Span(source, left.start, left.start), "("), Edit(Span(source, right.end, right.end), ")"))
    problem = finding("unexpected-text", left.to(right), "arithmetic before an arrow stands in parentheses",
                      fix=Fix("write ( ) around it", ends))
    offset = begin + 1 - trouble.at
    return Slip(problem, (change(trouble, offset, 0, "("), change(trouble, 0, 0, ")")))


def _before_value(trouble: Trouble, first: int) -> int | None:
    """The `output` or the first `=` of a statement that stands in no brackets."""
    depth = 0
    for at in range(first, trouble.at):
        word = trouble.word(at - trouble.at)
        depth += (word in CLOSERS) - (word in CLOSERS.values())
        if not depth and word in ("=", "output"):
            return at
    return None


def _type_without_dtype(trouble: Trouble) -> Slip | None:
    """`input x: (N, 8)`, `input x: [N, 8]`."""
    if trouble.word() not in ("(", "[") or trouble.word(-1) != ":" or trouble.keyword() not in TYPED:
        return None
    headline = "a type begins with its dtype, and its sizes stand in [ ]"
    return Slip(finding("type-syntax", trouble.span(), headline, helps=("as in f32[N, 3, 32, 32]",)), ())


def _type_in_round(trouble: Trouble) -> Slip | None:
    """`input x: f32(N, 8)`."""
    if trouble.word() != "(" or trouble.word(-2) != ":" or trouble.keyword() not in TYPED:
        return None
    end = next((offset for offset in range(1, 60) if trouble.word(offset) in (")", "")), 0)
    headline = "the sizes of a type stand in [ ], not ( )"
    if trouble.word(end) != ")":
        return Slip(finding("type-syntax", trouble.span(), headline), ())
    brackets = Fix("write [ ]", (Edit(trouble.span(), "["), Edit(trouble.span(end), "]")))
    problem = finding("type-syntax", trouble.span().to(trouble.span(end)), headline, fix=brackets)
    return Slip(problem, (change(trouble, 0, 1, "["), change(trouble, end, 1, "]")))


def _type_in_angles(trouble: Trouble) -> Slip | None:
    """`input x: f32<N, 8>`."""
    if trouble.keyword() not in TYPED:
        return None
    for offset in range(-1, -6, -1):
        if trouble.word(offset) == "<" and trouble.adjacent(offset) and trouble.word(offset - 2) == ":":
            headline = "the sizes of a type stand in [ ]"
            helps = (f"as in {trouble.word(offset - 1)}[N, 3, 32, 32]",)
            return Slip(finding("type-syntax", trouble.span(offset), headline, helps=helps), ())
    return None


def _untyped_input(trouble: Trouble) -> Slip | None:
    """`input x`, and nothing behind it."""
    if trouble.keyword() != "input" or trouble.kind(-1) != "NAME" or not trouble.begins_line(trouble.at):
        return None
    name = trouble.word(-1)
    problem = finding("type-syntax", trouble.span(-1), f"the input {name} has no type",
                      helps=(f"write input {name}: f32[N, 3, 32, 32], with the sizes it has",))
    return Slip(problem, ())


def _dots(trouble: Trouble) -> Slip | None:
    """`0...3`."""
    if trouble.word() == "..." and trouble.accepts(".."):
        return swap(trouble, 0, "..", "unexpected-text", "a range is written with two dots: 0..n")
    return None


def _repeat_without_count(trouble: Trouble) -> Slip | None:
    """`repeat { Linear(_, 8) }`: the braces were read as the count."""
    for offset in range(-1, -200, -1):
        word = trouble.word(offset)
        if word == "repeat" and trouble.word(offset + 1) == "{" and trouble.word(-1) == "}":
            problem = finding("unexpected-text", trouble.span(offset), "repeat needs to know how often",
                              helps=("write repeat 3 { ... }",))
            return Slip(problem, (change(trouble, offset + 1, 0, "NUMBER"),))
    return None


RULES = (
    _section_sign, _misspelled, _label_behind, _sum_into_arrow, _type_without_dtype, _type_in_round, _type_in_angles,
    _untyped_input, _dots, _repeat_without_count,
)  # fmt: skip
