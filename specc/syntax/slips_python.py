"""Python pasted into a spec."""

from __future__ import annotations

from specc.diagnostics.model import Diagnostic, finding
from specc.source import Span
from specc.syntax.edits import fix
from specc.syntax.errors import ends_value
from specc.syntax.slips import Slip, change, swap
from specc.syntax.trouble import Trouble

MAX_LOOK = 60  # words back, for what a place is inside of

_STATEMENTS = {
    "def": "a function is written fn name(a) = ..., a network block Name(a) { ... }",
    "class": "a network is written model Name(a = 1) { ... }, a part of one block Name(a) { ... }",
    "lambda": "a function is written fn name(a) = ...",
    "while": "a spec repeats by repeat n { ... } or for i in 0..n { ... }",
    "try": "a spec has no exceptions",
    "with": "a spec has no context managers; no_grad(...) is a function",
    "return": "what a block gives stands after output",
    "del": "nothing needs deleting",
    "print": "a spec prints nothing; specc summary shows sizes",
    "async": "nothing is asynchronous",
    "global": "names need no declaration",
    "pass": "an empty body is { }",
    "raise": "a spec has no exceptions; assert states what must hold",
}
_OPERATORS = ("+", "-", "*", "/", "//", "%", "**", "@")
_IMPORTS = 'torch is there already; other specs are read by import Name from "file.spec"'


def _statement(trouble: Trouble) -> Slip | None:
    """def, class and the like, read as a name: the mistake shows at the word behind it, or at a word it ends with."""
    for offset in (0, -1):
        word = trouble.word(offset)
        if word in _STATEMENTS and trouble.kind(offset) in ("NAME", "word") and _stands_alone(trouble, offset):
            headline = f"`{word}` is Python, not a word of a spec"
            return Slip(finding("python-word", trouble.span(offset), headline, helps=(_STATEMENTS[word],)), ())
    return None


def _stands_alone(trouble: Trouble, offset: int) -> bool:
    first = trouble.statement()[1] == trouble.at + offset
    return first and trouble.word(offset + 1) != "=" or trouble.word(offset) == "lambda"


def _import(trouble: Trouble) -> Slip | None:
    if trouble.keyword() == "import" or trouble.word() == "from" and trouble.statement()[1] == trouble.at:
        offset = trouble.statement()[1] - trouble.at
        if trouble.word() == "from" and trouble.kind(1) == "STRING" and trouble.word(2) == "import":
            helps = (f"the name stands first: import {trouble.word(3)} from {trouble.word(1)}",)
            return Slip(finding("python-word", trouble.span(), "a spec imports names from a file", helps=helps), ())
        headline = "a spec imports nothing from Python"
        return Slip(finding("python-word", trouble.span(offset), headline, helps=(_IMPORTS,)), ())
    return None


def _colon_block(trouble: Trouble) -> Slip | None:
    """for i in range(3): with the body on the next line."""
    line_ends = trouble.begins_line(trouble.at + 1) or trouble.kind(1) == "$END"
    if trouble.word() != ":" or not line_ends or not trouble.accepts("{"):
        return None
    headline = "a body stands in braces, not behind a `:`"
    return Slip(finding("python-sign", trouble.span(), headline, helps=("write { before it and } after it",)), ())


def _elif(trouble: Trouble) -> Slip | None:
    for offset in (0, -1):
        if trouble.word(offset) == "elif":
            span = trouble.span(offset)
            problem = finding("python-word", span, "`elif` is written else if in a spec", fix=fix(span, "else if"))
            return Slip(problem, (change(trouble, offset, 1, "else", "if"),))
    return None


def _inline_if(trouble: Trouble) -> Slip | None:
    """a if c else b."""
    if trouble.word() == "if" and ends_value(trouble, -1) and not trouble.accepts("if"):
        return _choice(trouble, 0)
    if trouble.word() == "else" and trouble.keyword() == "if":
        return _choice(trouble, 0)
    return None


def _choice(trouble: Trouble, offset: int) -> Slip:
    if _in_comprehension(trouble, offset):
        headline = "a list made by `for` keeps every item: it takes no `if`"
        return Slip(finding("python-word", trouble.span(offset), headline, helps=("write the items wanted",)), ())
    headline = "a choice between two values has its condition in front, and braces"
    helps = ("write if condition { a } else { b }",)
    return Slip(finding("python-word", trouble.span(offset), headline, helps=helps), ())


def _in_comprehension(trouble: Trouble, offset: int) -> bool:
    """Whether `[.. for .. in ..` stands before the place, in the bracket that is open there."""
    depth = 0
    for at in range(offset - 1, offset - 1 - MAX_LOOK, -1):
        word = trouble.word(at)
        depth += (word in (")", "]", "}")) - (word in ("(", "[", "{"))
        if depth < 0 or not word:
            return False
        if word == "for" and depth == 0:
            return True
    return False


def _is(trouble: Trouble) -> Slip | None:
    offset = 0 if trouble.word() == "is" else -1
    if trouble.word(offset) != "is" or not ends_value(trouble, offset - 1):
        return None
    if trouble.word(offset + 1) == "not":
        return swap(trouble, offset, "!=", "python-word", "`is not` is written != in a spec", count=2)
    return swap(trouble, offset, "==", "python-word", "`is` is written == in a spec")


def _prefix(trouble: Trouble) -> Slip | None:
    """f"..." and r"...": the letter was read as a name."""
    if trouble.kind() != "STRING" or trouble.kind(-1) != "NAME" or not trouble.adjacent(0):
        return None
    if trouble.word(-1).lower() != "f":
        headline = f"a string has no prefix such as `{trouble.word(-1)}`"
        slip = swap(trouble, -1, "", "python-sign", headline)
        return slip._replace(problem=slip.problem._replace(fix=None))
    return swap(trouble, -1, "", "python-sign", "every string puts in what stands in {braces}; it needs no `f`")


def _augmented(trouble: Trouble) -> Slip | None:
    """x += 1."""
    offset = 0 if trouble.word(1) == "=" else -1
    sign = trouble.word(offset)
    if sign not in _OPERATORS or trouble.word(offset + 1) != "=" or not trouble.adjacent(offset + 1):
        return None
    span = trouble.span(offset).to(trouble.span(offset + 1))
    name = trouble.word(offset - 1) if trouble.kind(offset - 1) == "NAME" else "x"
    problem = finding("python-sign", span, f"`{sign}=` is not in a spec", helps=(f"write {name} = {name} {sign} ...",))
    return Slip(problem, (change(trouble, offset, 2, "="),))


def _unpacking(trouble: Trouble) -> Slip | None:
    if trouble.word() not in ("*", "**") or trouble.word(-1) not in ("(", ",", "[", "="):
        return None
    headline = f"`{trouble.word()}` unpacks nothing in a spec; arguments are written out"
    return Slip(finding("python-sign", trouble.span(), headline), (change(trouble, 0, 1),))


def _foreign_comment(trouble: Trouble) -> Slip | None:
    """// and /* and -- and %, where no value stands before them or none can follow."""
    sign, after = trouble.word(), trouble.word(1)
    two = sign + after if trouble.adjacent(1) else sign
    for offset, text in ((0, sign), (0, two), (-1, trouble.word(-1) + sign if trouble.adjacent(0) else "")):
        begins = trouble.begins_line(trouble.at + offset)
        if text == "//" and (begins or ends_value(trouble, offset - 1)) or text in ("/*", "--", "%") and begins:
            return Slip(_comment_problem(trouble, offset, text), ())
    return None


def _comment_problem(trouble: Trouble, offset: int, sign: str) -> Diagnostic:
    start = trouble.span(offset).start
    edit_of_sign = fix(Span(trouble.tokens.source, start, start + len(sign)), "#")
    headline = "a comment begins with #"
    return finding("python-sign", _rest(trouble, offset), headline, fix=None if sign == "/*" else edit_of_sign)


def _rest(trouble: Trouble, offset: int) -> Span:
    """From a token to the end of its line, or of what is read: an expression inside a string ends before its line."""
    span, stop = trouble.span(offset), trouble.tokens.starts[-1]
    end = span.source.text.find("\n", span.start, stop)
    return Span(span.source, span.start, stop if end < 0 else end)


def _lambda(trouble: Trouble) -> Slip | None:
    """f = lambda v: v * 2; it shows at the name behind it, or at the colon behind that."""
    _, first = trouble.statement()
    for offset in range(0, max(first - trouble.at - 2, -12), -1):
        if trouble.word(offset) == "lambda" and trouble.kind(offset) == "NAME":
            headline = "`lambda` is Python, not a word of a spec"
            return Slip(finding("python-word", trouble.span(offset), headline, helps=(_STATEMENTS["lambda"],)), ())
    return None


def _declaration(trouble: Trouble) -> Slip | None:
    """const k = 3, var k = 3."""
    word = trouble.word(-1)
    if word not in ("const", "var", "val", "auto", "set") or trouble.kind() != "NAME" or trouble.word(1) != "=":
        return None
    return swap(trouble, -1, "let", "python-word", f"`{word}` is written let in a spec")


def _arrow_signs(trouble: Trouble) -> Slip | None:
    """x >> Linear(8, 2), and an arrow with a space in it."""
    if trouble.word() != ">" or trouble.word(-1) not in (">", "-"):
        return None
    text = Span(trouble.tokens.source, trouble.span(-1).start, trouble.span().end).text
    return swap(trouble, -1, "->", "missing-arrow", f"steps are joined by `->`, not `{text}`", count=2)


def _walrus(trouble: Trouble) -> Slip | None:
    """h := x."""
    if trouble.word() != "=" or trouble.word(-1) != ":" or not trouble.adjacent(0):
        return None
    return swap(trouble, -1, "=", "wrong-sign", "a name gets its value by `=`, not `:=`", count=2)


RULES = (
    _elif, _statement, _lambda, _declaration, _arrow_signs, _walrus, _import, _prefix, _augmented, _is, _unpacking,
    _foreign_comment, _colon_block, _inline_if,
)  # fmt: skip
