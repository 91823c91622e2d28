"""Values printed as Python read back as the same values, and nothing breaks out of its literal."""

from __future__ import annotations

import ast
import math
import random

import pytest

from specc.backends.python_text import comment, literal, spelled
from specc.types.tensor import DType

HOSTILE = [
    '"',
    "'",
    "\\",
    "\n",
    "\r",
    '"""',
    '\\"',
    "\x00",
    "\u2028",
    "\x85",
    "#",
    "{",
    "}",
    "%",
    "#%",
    "%#",
    "\ud800",
    "ﬁ",
    "\U0001f600",
    '"); import os; ("',
    "' + exec('1') + '",
    "\\N{BULLET}",
    "\x1b[31m",
    "\u202e",
]


def random_value(rng: random.Random, depth: int = 3):
    makers = [
        lambda: rng.choice([None, True, False]),
        lambda: rng.randint(-(10**20), 10**20),
        lambda: rng.choice([rng.uniform(-1e9, 1e9), 1e-300, 3e-3, 1e16, 0.1, -0.0]),
        lambda: "".join(rng.choice(HOSTILE) for _ in range(rng.randint(0, 6))),
    ]
    if depth:
        children = lambda: [random_value(rng, depth - 1) for _ in range(rng.randint(0, 3))]  # noqa: E731
        makers += [children, lambda: tuple(children()), lambda: {literal(child): child for child in children()}]
    return rng.choice(makers)()


def test_values_read_back_as_themselves() -> None:
    rng = random.Random(0)
    for _ in range(3000):
        value = random_value(rng)
        text = literal(value)
        assert text.isascii() and "\n" not in text and "\r" not in text
        assert ast.literal_eval(text) == value, text


def test_a_literal_never_changes_the_tree_around_it() -> None:
    rng = random.Random(1)
    shape = ast.dump(ast.parse("f(1)\ng(2)\n")).replace("value=1", "value=?")
    for _ in range(1000):
        text = "".join(rng.choice(HOSTILE) for _ in range(rng.randint(0, 8)))
        tree = ast.parse(f"f({literal(text)})\ng(2)\n")
        tree.body[0].value.args[0].value = 1
        assert ast.dump(tree).replace("value=1", "value=?") == shape


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_floats_without_a_literal_are_spelled_out(value: float) -> None:
    assert repr(eval(literal(value))) == repr(value)  # noqa: S307


def test_a_dtype_is_torchs() -> None:
    assert literal((DType("bf16"), DType("i64"))) == "(torch.bfloat16, torch.int64)"


def test_other_objects_are_refused() -> None:
    with pytest.raises(TypeError):
        literal(object())


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        (3e-3, "3e-3", "3e-3"),
        (1000, "1_000", "1_000"),
        (3e-3, "0.003", "0.003"),
        (5, "2 + 3", "5"),
        (0.1, "0.2", "0.1"),
        (7, "007", "7"),
        (True, "true", "True"),
        (0.5, ".5", "0.5"),
        (10, "10", "10"),
        (1000.0, "1E3", "1000.0"),
        (0.5, "0.5", "0.5"),
    ],
)
def test_numbers_keep_the_spelling_of_the_spec(value: object, text: str, expected: str) -> None:
    assert spelled(value, text) == expected
    assert ast.literal_eval(spelled(value, text)) == value


def test_comments_stay_on_their_line() -> None:
    for hostile in HOSTILE:
        text = comment(f"a{hostile}b")
        assert ast.dump(ast.parse(f'"""{text}"""\n# {text}\nx = 1\n').body[1]) == ast.dump(ast.parse("x = 1").body[0])
