"""Strings of a spec cannot break out of the script: whatever they hold, the program around them stays the same.

More of the same: pytest tests/test_injection.py --trials 10000
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator

import pytest

from jobs import DIGITS_NET
from specc.backends.script import emit
from specc.compiler import Unit, compile_spec
from specc.source import Source

PIECES = (
    *(
        '"',
        "'",
        '"""',
        "'''",
        "\\",
        '\\"',
        "\n",
        "\r",
        "\t",
        "\x00",
        "\x85",
        "\u2028",
        "\x1b[31m",
        "\u202e",
        "\ufeff",
        "\ud800",
    ),
    *("#", "{", "}", "{}", "{0}", "{{", "{{ 7 * 7 }}", "#%", "%#", "{%", "#{#", "%s", "%(default)s", "$", "`", "::"),
    *('"); import os; ("', "' + exec('1') + '", '""")\nimport os', "\\N{BULLET}", "f'{1}'", "\\u0022", "__import__"),
    *("a", "b c", "/", "..", "*", "?", "[", "]", "-", "é", "ﬁ", "\U0001f600", " ", ".", "train", "self", "0"),
)
DIGITS = """data {
  train = Digits(train=true)
  transform = ToTensor
  loader = DataLoader(batch_size=8)
  sample (image, label)
}"""
PICTURES = """data {
  train = ImageFolder(HERE)
  transform = Grayscale() -> Resize((8, 8)) -> ToTensor
  loader = DataLoader(batch_size=8)
  sample (image, label)
}"""
NUMBERS = """
model Net() { input row: f32[N, 4]  output row -> Linear(_, 3) }
data { train = SOURCE  loader = DataLoader(batch_size=8)  sample (row: f32[N, 4], label: i64[N]) }
"""


def job(model: str = DIGITS_NET, data: str = DIGITS, optimizer: str = "SGD(lr=0.1)") -> str:
    return f"{model}{data}\nloss CrossEntropyLoss()\noptimizer {optimizer}\ntrain {{ epochs = 1 }}\n"


def table(source: str) -> str:
    return job(NUMBERS.replace("SOURCE", source), "")


SLOTS = {  # HERE is a string of the spec
    "folder": job(data=PICTURES),
    "path of numbers": table('table(HERE, target="label", classes=3)'),
    "target": table('table("t.csv", target=HERE, classes=3)'),
    "features": table('table("t.csv", target="y", features=[HERE, "b", "c", "d"], classes=3)'),
    "arrays": table("tensors(HERE)"),
    "keys": table('tensors("t.npz", keys=[HERE, "y"])'),
    "group": job(optimizer="SGD(lr=0.1) { group HERE { lr = 0.2 }  group rest { lr = 0.1 } }"),
    "label": "model Net() { input x: f32[N, 4]  output x -> HERE: Linear(_, 4) -> relu }\n",
    "group label": "model Net() { input x: f32[N, 4]  output x -> HERE: { one: Linear(_, 4) -> two: ReLU } }\n",
    "state": """
        model Net() { input x: f32[N, 4]  output x -> HERE: Linear(_, 4) -> relu }
        init Net { Linear.weight = 1 }
        """,
    "init": """
        model Net() { input x: f32[N, 4]  output x -> HERE: Linear(_, 4) -> relu }
        init Net { HERE ~ normal(0, 1) }
        """,
    "word": 'model Net(word = HERE) { input x: f32[N, 4]  output x -> Linear(_, if word == "a" { 3 } else { 4 }) }\n',
    "list": """
        let words = [HERE, "b"]
        model Net() { input x: f32[N, 4]  output x -> for word in words { "{word}": Linear(_, 4) -> relu } }
        """,
}


def hostile(count: int, seed: str) -> Iterator[str]:
    draw = random.Random(seed)
    for _ in range(count):
        yield "".join(draw.choice(PIECES) for _ in range(draw.randint(1, 6)))


def quoted(text: str, raw: bool) -> str:
    """The text as a string of a spec, control characters as they are or escaped."""
    safe = text.replace("\\", "\\\\").replace('"', '\\"').replace("{", "{{").replace("}", "}}")
    return '"' + (safe if raw else "".join(ch if ch.isprintable() else _escape(ch) for ch in safe)) + '"'


def _escape(ch: str) -> str:
    return f"\\u{ord(ch):04x}" if ord(ch) < 0x10000 else f"\\U{ord(ch):08x}"


def compiled(slot: str, text: str, raw: bool, name: str = "job.spec") -> Unit:
    return compile_spec(Source(name, SLOTS[slot].replace("HERE", quoted(text, raw))))


def skeleton(script: str) -> set[str]:
    """All names, attributes, keywords and kinds of node of a program: what it can do."""
    assert script.isascii()
    found = set()
    for node in ast.walk(ast.parse(script)):
        found.add(type(node).__name__)
        found |= {str(getattr(node, word)) for word in ("id", "attr", "arg", "name", "module") if hasattr(node, word)}
    return found


def strings(script: str) -> list[str]:
    nodes = ast.walk(ast.parse(script))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


PATHS, VALUES = ("folder", "path of numbers", "arrays"), ("target", "features", "keys", "group")
USUAL = (
    "a",
    "a b",
    "b/c",
    "x/a b",
    "data/a",
    "data/x y",
    "data",
    "*",
    "bias",
    "a/b.npz",
    "x.csv",
    "a.npz",
    "b c.npz",
    "t.pt",
    "x.csv",
    "x y.csv",
    "data/a.csv",
)


@pytest.mark.parametrize("slot", SLOTS)
def test_no_string_changes_the_program(slot: str, request: pytest.FixtureRequest) -> None:
    units = [compiled(slot, text, raw=False) for text in USUAL]
    plain = set().union(*(skeleton(emit(unit)) for unit in units if not unit.has_errors))
    assert plain, [problem.headline for unit in units for problem in unit.problems]
    emitted = 0
    for number, text in enumerate(hostile(request.config.getoption("--trials"), slot)):
        text += ".npz" if slot == "arrays" else ".csv" if slot == "path of numbers" else ""
        unit = compiled(slot, text, raw=number % 2 == 0)
        if unit.has_errors:
            assert all(problem.code != "S901" for problem in unit.problems)
            continue
        script = emit(unit)
        emitted += 1
        assert skeleton(script) <= plain | {unit.program.models[0].name, *names_from(text)}, text
        if slot in PATHS:  # what stands below the root
            assert text == "data" or any(value and text.endswith(value.lstrip("/")) for value in strings(script)), text
        elif slot in VALUES:
            assert text in strings(script)
    assert emitted > request.config.getoption("--trials") / 20


def names_from(text: str) -> set[str]:
    """A label becomes an attribute where it is a name."""
    return {text} if text.isidentifier() else set()


@pytest.mark.parametrize("slot", ["label", "folder"])
def test_no_file_name_changes_the_program(slot: str, request: pytest.FixtureRequest) -> None:
    plain = skeleton(emit(compiled(slot, "a", raw=False)))
    for text in hostile(request.config.getoption("--trials"), "file"):
        assert skeleton(emit(compiled(slot, "a", False, name=f"{text}.spec"))) == plain


def test_no_override_changes_the_program(request: pytest.FixtureRequest) -> None:
    source = Source("job.spec", SLOTS["word"].replace("HERE", '"b"'))
    plain = skeleton(emit(compile_spec(source)))
    for text in hostile(request.config.getoption("--trials"), "override"):
        unit = compile_spec(source, {"word": quoted(text, raw=False)})
        assert unit.has_errors or skeleton(emit(unit)) <= plain
