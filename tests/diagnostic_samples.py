"""Findings to render, for the tests of the output formats."""

from __future__ import annotations

from specc.diagnostics.model import Diagnostic, Edit, Fix, Label, finding
from specc.diagnostics.report import FileReport, ModelReport
from specc.source import Source, Span

CONVNET = """model ConvNet {
  input image: f32[N, 3, 32, 32]

  output image
    -> Conv2d(3, 16, 3, padding=1) -> relu -> max_pool2d(2)
    -> Conv2d(16, 32, 3, padding=1) -> relu -> max_pool2d(2)
    -> flatten(1)

    -> fc1: Linear(800, 120)
}
"""

# What has broken output formats somewhere: control codes, line ends of all kinds, syntax of the formats themselves.
HOSTILE = ["\x1b[31mred\x1b[0m", "a\nb\r\nc\rd", "\x9b2J\x85", "\u202egnp.exe\u2066", "zero\u200bwidth\ufeff",
           "%0A%25%", "::error file=x::owned", "]]><failure/>", "<!--&amp;'\"-->", "{0} [x](1)",
           "\x00\x07\x08\x7f", "\u2028\u2029", "\udc80", "tab\there", "\U000e0041\u3164",
           '"},{"code":"S000"', "##vso[task]", "a,b:c"]


def place(source: Source, text: str, nth: int = 0) -> Span:
    """The span of the nth occurrence of a text."""
    at = -1
    for _ in range(nth + 1):
        at = source.text.index(text, at + 1)
    return Span(source, at, at + len(text))


def convnet() -> Diagnostic:
    """The finding that the manual shows."""
    source = Source("specs/convnet.spec", CONVNET)
    width = place(source, "800")
    return finding(
        "in-features-mismatch", width, "Linear(800, 120) is given 8192 features, not 800",
        labels=(Label(place(source, "max_pool2d(2)", 1), "[N, 32, 16, 16]"),
                Label(place(source, "flatten(1)"), "32 * 16 * 16 = 8192"),
                Label(width, "800 = 32 * 5 * 5 would need a 5x5 map here")),
        helps=("write Linear(_, 120), or Linear(8192, 120)",),
        fix=Fix("let the size be worked out", (Edit(width, "_"),)))


def convnet_report() -> FileReport:
    model = ModelReport("ConvNet", 123456, {"image": "f32[N, 3, 32, 32]"}, {"logits": "f32[N, 10]"})
    return FileReport("specs/convnet.spec", (convnet(),), (model,))


def hostile_reports() -> list[FileReport]:
    """One finding for each hostile text, with the text in every place a text can stand in."""
    reports = []
    for text in HOSTILE:
        source = Source(f"{text}.spec", f"x = {text}\ny\n")
        span = Span(source, 2, len(source.text) - 3)
        problem = finding("unknown-name", span, text, labels=(Label(Span(source, 0, 1), text),), notes=(text,),
                          helps=(text,), fix=Fix(text, (Edit(span, text),)), severity="error")
        reports.append(FileReport(source.name, (problem,)))
    return reports
