"""Syntax errors in human words: what was found, and what fits there. Never the parser's own words."""

from __future__ import annotations

from typing import Iterable

from specc.diagnostics.model import Diagnostic, finding
from specc.source import Span
from specc.syntax.trouble import Trouble, in_list

_MOST = 4
_MISSING = ("a value", "a step", "a name", "a string", "a unit such as epoch or steps")
_STATEMENTS = {"": "a section such as model or data", "body": "a statement", "data": "a line of data",
               "train": "a setting", "optimizer": "a setting or a group", "group": "a setting", "init": "a rule"}
# Signs and words worth naming, the likeliest first; of the many operators none is.
_NAMED = (")", "]", "}", ",", "->", "=", ":", "~", "{", "(", "..", "in", "from", "with", "every", "per", "on", "for",
          "when", "no", "better", "else", "epoch", "steps")
SHAPES = {
    "import": 'import Name from "file.spec"',
    "extern": 'extern layer Name(a: int): f32[N, C] -> f32[N, a] = "module.Name"',
    "fn": "fn name(a, b = 1) = expression, or fn name(a) { ... output expression }",
    "block": "block Name(a, b = 1) { ... }",
    "model": "model Name(a, b = 1) { ... }",
    "init": "init Model { Linear.weight ~ normal(0, 0.02) }",
    "input": "input name: f32[N, 3, 32, 32]",
    "let": "let name = value",
    "layer": "layer name = Linear(10, 10)",
    "param": "param name: f32[1, D] ~ normal(std=0.02), or param name: f32[D] = 1.0",
    "buffer": "buffer name = value",
    "tie": "tie a.weight = b.weight",
    "order": "order first, second, third",
    "assert": "assert H % 16 == 0",
    "for": "for i in 0..n { ... }",
    "repeat": "repeat n { ... }",
    "if": "if condition { ... } else { ... }",
    "sample": "sample (image, label)",
    "transform": "transform train = ToTensor -> Normalize((0.5,), (0.5,))",
    "loader": "loader train = DataLoader(batch_size=64)",
    "optimizer": "optimizer AdamW(lr=1e-3) { group rest { weight_decay = 0.1 } }",
    "scheduler": "scheduler StepLR(10) per epoch",
    "group": "group ndim >= 2 { weight_decay = 0.1 }",
    "eval": "eval every epoch on val",
    "log": "log every 100 steps",
    "save": "save best val.accuracy",
    "stop": "stop when val.loss no better for 5",
    "step": "step d with opt_d { ... }",
    "every": "every epoch { ... }",
    "method": "method name(x) { ... }",
}


def listing(words: Iterable[str], joint: str = "or") -> str:
    """Words as a sentence lists them: a, b or c."""
    *most, last = words
    return f"{', '.join(most)} {joint} {last}" if most else last


def described(trouble: Trouble, offset: int = 0) -> str:
    """What stands at a token, as a reader would call it."""
    kind, text = trouble.kind(offset), trouble.word(offset)
    if kind == "$END":
        whole = trouble.span(offset).end == len(trouble.tokens.source.text)
        return "the end of the file" if whole else "the end of these braces"
    if kind == "STRING":
        return f"the string {text}" if len(text) <= 30 else f"the string {text[:26]}...{text[0]}"
    if kind == "NUMBER":
        return f"the number {text}" if len(text) <= 30 else "this number"
    return f"`{text}`" if len(text) <= 40 else f"`{text[:36]}...`"


def fitting(trouble: Trouble) -> list[str]:
    """What would fit, in a few phrases."""
    accepted = trouble.accepted()
    phrases: list[str] = []
    if in_list(trouble.states[-1]):
        phrases.append(_STATEMENTS[place(trouble)])
    elif "NUMBER" in accepted and "steps" in accepted and "[" not in accepted:
        return ["a unit such as epoch or steps"]
    elif "NUMBER" in accepted and "[" in accepted and "(" in accepted:
        return ["a step" if trouble.word(-1) == "->" else "a value"] + [f"`{s}`" for s in ")]}" if s in accepted]
    elif "NAME" in accepted and not ends_value(trouble, -1):
        phrases.append("a name")
    elif "STRING" in accepted:
        phrases.append("a string")
    names = () if "NAME" not in accepted else {text for text in accepted if text.isidentifier()}
    phrases += [f"`{text}`" for text in _NAMED if text in accepted and text not in names]
    return phrases[:_MOST]


def ends_value(trouble: Trouble, offset: int) -> bool:
    """Whether a value may end with that token."""
    return trouble.kind(offset) in ("NAME", "NUMBER", "STRING") or trouble.word(offset) in (")", "]", "}")


def place(trouble: Trouble) -> str:
    """The kind of list that statements stand in here: "" for the file, else body, data, train and so on."""
    opened = [bracket for bracket in trouble.opened() if bracket.height <= trouble.statement()[0]]
    if not opened:
        return ""
    row = trouble.symbols()[: opened[-1].height]
    for symbol in reversed(row):
        if symbol in ("data", "train", "init", "optimizer", "group"):
            return symbol
        if symbol in ("block", "model", "fn", "step", "every", "for", "repeat", "if", "method", "else"):
            return "body"
    return "body"


def unexpected(trouble: Trouble) -> Diagnostic:
    """The finding for a token that does not fit, where no likelier slip is known."""
    phrases = fitting(trouble)
    found = described(trouble)
    if trouble.kind() == "$END":
        headline = f"{found} comes too early"
    elif phrases and phrases[0] in _MISSING:
        headline = f"{phrases[0]} is missing before {found}"
    elif len(phrases) == 1 and phrases[0][0] == "`":
        headline = f"{phrases[0]} is missing before {found}"
    else:
        headline = f"{found} does not fit here"
    notes = (f"what fits here is {listing(phrases)}",) if phrases and phrases[0] not in headline else ()
    keyword = trouble.keyword()
    helps = (f"written in full: {SHAPES[keyword]}",) if keyword in SHAPES else ()
    return finding("unexpected-text", _shown(trouble), headline, notes=notes, helps=helps)


def _shown(trouble: Trouble) -> Span:
    """The token, or at the end of the text the last character that says something."""
    span = trouble.span()
    if span.start < span.end or not trouble.at:
        return span
    before = trouble.span(-1)
    return Span(before.source, max(before.end - 1, before.start), before.end)
