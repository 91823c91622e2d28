"""Expressions of scripts over several lines: as the formatter would have broken them; it finds nothing to do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from specc.backends.layout import WIDTH, Bracket, Doc, Joined, call, lines


def method(receiver: Doc, name: str, *items: Doc) -> Doc:
    return call(Joined((receiver, f".{name}")), *items)


LONG = "self.a_module_whose_name_goes_on_and_on"
CONVOLVED = call(LONG, "image")
ONE = method(CONVOLVED, "unflatten", "2", Bracket("", "(", ("self.heads_of_it", "self.channels // 64"), ")"))
TWO = method(ONE, "transpose", "1", "2")
PART = Bracket(LONG, "[", (":", "self.a_number_that_goes_on_and_on"), "]")
SUM = Joined((LONG, " + ", CONVOLVED))
DOCS = {
    "one method": ONE,
    "two methods": TWO,
    "methods of a sum": method(method(Joined(("(", SUM, ")")), "flatten", "1"), "unsqueeze", "0"),
    "methods of a part": method(method(PART, "mean", "1"), "exp"),
    "methods as the only argument": call("self.fc", TWO),
    "methods as an argument": call("torch.cat", Bracket("", "[", (TWO, "x"), "]"), "1"),
    "a sum as the only argument": call("layers.append", SUM),
    "a call as the only argument": call("layers.append", call("nn.Sequential", CONVOLVED, CONVOLVED, CONVOLVED)),
    "a list as the only argument": call("nn.ModuleList", Bracket("", "[", (CONVOLVED, CONVOLVED), "]")),
}


@pytest.mark.parametrize("name", DOCS)
@pytest.mark.parametrize("before", ["x = ", "return "])
def test_lines_are_those_of_the_formatter(name: str, before: str) -> None:
    written = lines(DOCS[name], 4, before)
    text = "\n".join(["def f():", *written, ""])
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", str(WIDTH), "-"]
    assert len(written) > 1
    assert subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout == text
