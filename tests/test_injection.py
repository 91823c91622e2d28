"""Strings of a spec cannot break out of the script: whatever they hold, the program around them stays the same.

More of the same: pytest tests/test_injection.py --trials 10000 puts that many strings into every slot.

A trial fills all slots of a form with strings of their own at once. Where a string is refused, a plain one takes its
place; the others must give the script that plain strings give, but for what its strings say.
"""

from __future__ import annotations

import ast
import random
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType
from typing import NamedTuple

import pytest

from injection_forms import FORMS, LOOSE, PIECES
from specc.backends.python_text import literal
from specc.backends.script import emit
from specc.backends.script_members import fits_attribute
from specc.compiler import Unit, compile_spec
from specc.source import Source

PATHS = ("path", "table", "array")  # kinds of slots, the last word of their names
SILENT = ("comment", "word", "choice", *PATHS)  # what a script does not say, or the end of it only
ENDINGS = {"table": ".csv", "array": ".npz", "picture": ".png"}
PART = re.compile(r"\bPart[A-Za-z0-9]+\b")  # a class of a use of a block, which may be called by an argument
SLOT = re.compile(r"@([^@]+)@")


class Filled(NamedTuple):
    """A form with its slots filled: `text` is the spec, `places` says what slot is where in it."""

    text: str
    places: tuple[tuple[int, int, str], ...]  # from, to, slot


@cache
def pieces(form: str) -> tuple[str, ...]:
    """A form cut at its slots: text, slot, text, ..., text."""
    return tuple(SLOT.split(FORMS[form]))


def filled(form: str, strings: dict[str, str], raw: bool) -> Filled:
    text, places = "", []
    for number, piece in enumerate(pieces(form)):
        written = piece
        if number % 2:
            written = strings[piece] if kind(piece) == "comment" else quoted(strings[piece], raw)
            written = written[1:-1] if text.endswith('"') or kind(piece) == "word" else written
            places.append((len(text), len(text) + len(written), piece))
        text += written
    return Filled(text, tuple(places))


def kind(slot: str) -> str:
    return slot.rpartition(" ")[2]


def hostile(draw: random.Random, slot: str, width: int = 0) -> str:
    """Up to six pieces; as a label filled up, since the width of one decides where lines break."""
    text = "".join(draw.choice(PIECES) for _ in range(draw.randint(1, 6)))
    if kind(slot) == "comment":
        return "".join(text.splitlines())
    if kind(slot) != "label":
        return text + ENDINGS.get(kind(slot), "")
    rest = "q" * (width - len(literal(text)))
    return draw.choice([text + rest, rest + text])


def quoted(text: str, raw: bool) -> str:
    """The text as a string of a spec, control characters as they are or escaped."""
    safe = text.replace("\\", "\\\\").replace('"', '\\"').replace("{", "{{").replace("}", "}}")
    return '"' + (safe if raw else "".join(ch if ch.isprintable() else _escape(ch) for ch in safe)) + '"'


def _escape(ch: str) -> str:
    return f"\\u{ord(ch):04x}" if ord(ch) < 0x10000 else f"\\U{ord(ch):08x}"


# ---------------------------------------------------------------- plain strings in their place


def plain(slot: str, number: int, like: str) -> str:
    """A string without any mischief that a slot takes, and that comes to the same program as `like`."""
    if kind(slot) in ("word", "comment"):
        return "abc"[number % 3]
    if kind(slot) == "label":
        long = "q" * (len(literal(like)) - 4) + f"{number:02}"
        return long if fits_attribute(like) else f"{long[1:]} "
    start, rest = ("data/", like[5:]) if kind(slot) in PATHS and like.startswith("data/") else ("", like)
    if kind(slot) in PATHS and all(ch.isascii() and (ch.isalnum() or ch in "/._-") for ch in rest):
        return start + (f"q{number}{ENDINGS.get(kind(slot), '')}" if rest else "")
    below = kind(slot) == "picture" and "/" in like
    return f"{start}{f'd {number}/' if below else ''}q {number}{ENDINGS.get(kind(slot), '')}"


def accepted(form: str, strings: dict[str, str], raw: bool, name: str) -> tuple[Unit, dict[str, str]]:
    """The form with these strings, but plain ones for those that are refused."""
    kept = dict(strings)
    while True:
        spec = filled(form, kept, raw)
        unit = compile_spec(Source(name, spec.text))
        if not unit.has_errors:
            return unit, kept
        errors = [problem for problem in unit.problems if problem.severity == "error"]
        assert all(problem.code != "S901" for problem in errors), strings
        spans = [span for problem in errors for span in (problem.span, *(label.span for label in problem.labels))]
        blamed = {slot for first, last, slot in spec.places for span in spans if span.start < last and span.end > first}
        left = [slot for slot in strings if kept[slot] == strings[slot]]
        assert left, errors
        dotted = {slot for slot in left if kind(slot) == "label" and "." in kept[slot]}  # blamed where it is used
        for slot in set(left) & blamed or dotted or left:
            kept[slot] = plain(slot, list(strings).index(slot), kept[slot])


# ---------------------------------------------------------------- what a script says


class Program(NamedTuple):
    """A program as Python compiled it, but for what its strings say; `words` are those strings and its names."""

    shape: tuple[object, ...]
    words: frozenset[str]


def program(script: str, labels: frozenset[str] = frozenset()) -> Program:
    assert script.isascii()
    return of_code(compile(PART.sub("Part", script), "", "exec", dont_inherit=True, optimize=0), labels)


def of_code(code: CodeType, labels: frozenset[str]) -> Program:
    """The instructions, names and constants of a code and of those in it; a name that is a label is blank."""
    words = {word for constant in (code.co_names, *code.co_consts) for word in words_in(constant)}
    inner = [of_code(constant, labels) for constant in code.co_consts if isinstance(constant, CodeType)]
    names = tuple("" if name in labels else name for name in code.co_names)
    rest = tuple(blank(constant) for constant in code.co_consts if not isinstance(constant, CodeType))
    shape = (code.co_code, names, code.co_varnames, code.co_freevars, rest, *(one.shape for one in inner))
    return Program(shape, frozenset(words).union(*(one.words for one in inner)))


def words_in(constant: object) -> Iterator[str]:
    if isinstance(constant, str):
        yield constant
    for part in constant if isinstance(constant, (tuple, frozenset)) else ():
        yield from words_in(part)


def blank(constant: object) -> object:
    if isinstance(constant, (tuple, frozenset)):
        return tuple(map(blank, constant))
    return "" if isinstance(constant, str) else (type(constant), repr(constant))


def labels_of(strings: dict[str, str]) -> frozenset[str]:
    """Labels that a script spells as attributes."""
    texts = [text for slot, text in strings.items() if kind(slot) == "label" and fits_attribute(text)]
    return frozenset([*texts, *(f"{text}{number}" for text in texts for number in range(2))])


class Blank(ast.NodeTransformer):
    """The same of the tree of a program, where Python keeps equal strings once."""

    def __init__(self, labels: frozenset[str]) -> None:
        self.labels = labels

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("") if isinstance(node.value, str) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        node.attr = "" if node.attr in self.labels else node.attr
        return self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        node.arg = "" if node.arg in self.labels else node.arg
        return self.generic_visit(node)


def tree_of(script: str, labels: frozenset[str]) -> str:
    return ast.dump(Blank(labels).visit(ast.parse(PART.sub("Part", script))))


@cache
def plain_script(form: str, strings: tuple[tuple[str, str], ...]) -> tuple[str, tuple[object, ...]]:
    unit = compile_spec(Source("job.spec", filled(form, dict(strings), raw=False).text))
    assert not unit.has_errors, [problem.headline for problem in unit.problems]
    script = emit(unit)
    return script, program(script, labels_of(dict(strings))).shape


def vocabulary(script: str) -> set[str]:
    """All names, attributes, keywords and kinds of node of a program: what it can do."""
    found = set()
    for node in ast.walk(ast.parse(script)):
        found.add(type(node).__name__)
        found |= {str(getattr(node, word)) for word in ("id", "attr", "arg", "name", "module") if hasattr(node, word)}
    return found


def words_of(form: str) -> set[str]:
    """What the scripts of a form say where its strings are harmless."""
    found = set()
    patterns = ("a", "*", "?", "a*", "*a", "*a*", "a?b", "[ab]", "[ab]*", "a b", "*a b", "a b*", "é*")
    for number, pattern in enumerate((*patterns, *patterns)):
        others = ["c d", "e", "*d"] if number < len(patterns) else ["b", "e f", "a *"]
        texts = dict(zip(dict.fromkeys(pieces(form)[1::2]), [pattern, *others, *(f"{pattern}{n}" for n in range(20))]))
        unit, kept = accepted(form, texts, False, "job.spec")
        found |= vocabulary(emit(unit)) - set(kept.values())
    return found


@pytest.mark.parametrize("form", FORMS)
def test_no_string_changes_the_program(form: str, request: pytest.FixtureRequest) -> None:
    """Whatever is in all the slots of a form at once, and in the name of its file."""
    draw = random.Random(form)
    places = list(dict.fromkeys(pieces(form)[1::2]))
    slots = Counter(place.partition(" ")[2] for place in places)
    taken, allowed = Counter[str](), words_of(form) if form in LOOSE else set()
    for trial in range(-(-request.config.getoption("--trials") // min(slots.values()))):
        width = draw.choice([24, 48, 90])
        strings = {place: hostile(draw, place, width) for place in places}
        unit, kept = accepted(form, strings, trial % 2 == 0, f"{hostile(draw, 'file')}.spec")
        script, labels = emit(unit), labels_of(kept)
        found = program(script, labels)
        texts = list(kept.values())  # where two are the same, the plain ones are
        alike = tuple((place, plain(place, texts.index(text), text)) for place, text in kept.items())
        if form in LOOSE:
            assert vocabulary(script) <= allowed | labels, kept
        else:
            other, shape = plain_script(form, alike)
            assert found.shape == shape or tree_of(script, labels) == tree_of(other, labels_of(dict(alike))), kept
        for place in places:
            taken[place.partition(" ")[2]] += kept[place] == strings[place]
            assert kind(place) in SILENT or any(kept[place] in word for word in found.words), (place, kept[place])
    assert all(taken[slot] > request.config.getoption("--trials") / 3 for slot in slots if kind(slot) != "word"), taken


def test_no_override_changes_the_program(request: pytest.FixtureRequest) -> None:
    """It stands in the command that makes the script again, and in the class as a default."""
    net = (
        'model Net(word = "w") { input x: f32[N, 4]  output x -> "{word}": Linear(_, if word == "a" { 3 } else { 4 }) }'
    )
    source, draw, taken = Source("job.spec", net), random.Random("override"), 0
    for _ in range(request.config.getoption("--trials")):
        text = hostile(draw, "0 override label", 24)
        unit = compile_spec(source, {"word": quoted(text, raw=False)})
        if unit.has_errors:
            continue
        other = compile_spec(source, {"word": quoted(plain("0 override label", 0, text), raw=False)})
        words = frozenset([text, plain("0 override label", 0, text)])
        taken += 1
        assert tree_of(emit(unit), words) == tree_of(emit(other), words), text
    assert taken > request.config.getoption("--trials") / 3


def test_no_import_changes_the_program(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    draw, taken = random.Random("import"), 0
    net = "block Net(n) { input x: f32[N, C]  output x -> Linear(_, n) }"
    job = "import Net from PATH\nmodel M() { input x: f32[N, 4]  output x -> one: Net(3) -> relu -> two: Net(4) }"
    (tmp_path / "q").mkdir()
    (tmp_path / "q" / "net.spec").write_text(net)
    found = emit(compile_spec(Source(str(tmp_path / "job.spec"), job.replace("PATH", '"q/net.spec"'))))
    for trial in range(request.config.getoption("--trials")):
        name = hostile(draw, "0 import file").replace("/", "").replace("\x00", "").replace("\ud800", "") + ".spec"
        (tmp_path / name).write_text(net)
        unit = compile_spec(Source(str(tmp_path / "job.spec"), job.replace("PATH", quoted(name, trial % 2 == 0))))
        (tmp_path / name).unlink()
        if not unit.has_errors:
            taken += 1
            assert program(emit(unit)).shape == program(found).shape, name
    assert taken > request.config.getoption("--trials") / 3


def test_a_number_stays_a_number(request: pytest.FixtureRequest) -> None:
    """However it is spelled, and whatever stands around its digits."""
    draw, taken = random.Random("number"), 0
    job = FORMS["groups"].split("optimizer")[0] + "optimizer SGD(lr=@)\ntrain { epochs = 1 }"
    for _ in range(request.config.getoption("--trials")):
        text = draw.choice("0179") + "".join(
            draw.choice(["0", "1", "7", "00", "_", ".", "e", "E", "e-", "x", "j"]) for _ in range(3)
        )
        unit = compile_spec(Source("job.spec", job.replace("@", text)))
        if not unit.has_errors:
            taken += 1
            script = emit(unit)
            made = [node for node in ast.walk(ast.parse(script)) if isinstance(node, ast.AnnAssign)]
            values = {ast.unparse(node.target): node.value for node in made}
            assert ast.literal_eval(values["lr"]) == float(text), text  # type: ignore[arg-type]
    assert taken > request.config.getoption("--trials") / 20
