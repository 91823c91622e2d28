"""Specs made to hurt: a coded message, soon, in little memory; and cost that grows with the work, not faster."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from specc.compiler import compile_spec
from specc.source import Source

HEAD = "model M {\n  input x: f32[N, 3, 32, 32]\n  "
TAIL = "\n  output x -> relu\n}"
BLOCK = "block B(n) { input x: f32[N, C, H, W]  output x -> b: B(n) }\n"

LISTS = "let a = [[[0 for i in 0..1000] for j in 0..1000] for k in 0..1000]\n"

BOMBS = {
    "a long repeat": (HEAD + "y = x -> repeat 1000000000 { Conv2d(_, 3, 3, padding=1) }\n  output y }", "unroll-limit"),
    "repeats in repeats": (HEAD + "y = x -> repeat 10000 { repeat 10000 { ReLU } }\n  output y }", "unroll-limit"),
    "a million layers": (HEAD + "y = x -> for i in 0..1000000 { ReLU }\n  output y }", "value-too-large"),
    "a loop in a loop": (HEAD + "for i in 0..9000 { for j in 0..9000 { x = relu(x) } }\n  output x }", "unroll-limit"),
    "a huge power": ("let a = 2 ** 100000000000\n" + HEAD + TAIL, "value-too-large"),
    "a huge product": ("let a = 2 ** 60 * 2 ** 60\n" + HEAD + TAIL, "value-too-large"),
    "a huge float": ("let a = 10.0 ** 400\n" + HEAD + TAIL, "value-too-large"),
    "a huge list": ("let a = [0] * 1000000000\n" + HEAD + TAIL, "value-too-large"),
    "a list of lists": (LISTS + HEAD + TAIL, "unroll-limit"),
    "a block in itself": (BLOCK + HEAD + "output x -> b: B(3) }", "recursion-limit"),
    "a function in itself": (
        "fn f(n) = f(n + 1)\n" + HEAD + "output x -> Flatten -> Linear(_, f(1)) }",
        "recursion-limit",
    ),
    "an exponential function": (
        "fn f(n) = if n < 2 { n } else { f(n - 1) + f(n - 2) }\n" + HEAD + "output x -> Flatten -> Linear(_, f(60)) }",
        "unroll-limit",
    ),
    "sizes beyond any tensor": (
        "model M { input x: f32[N, 4611686018427387904, 9, 9]  output relu(x) }",
        "value-too-large",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_gets_one_coded_message(name: str) -> None:
    text, rule = BOMBS[name]
    start = time.process_time()
    found = [
        problem.name for problem in compile_spec(Source("bomb.spec", text)).problems if problem.severity == "error"
    ]
    assert found[:1] == [rule]
    assert time.process_time() - start < 5  # generous: the figure to hold is in bench/, a slow machine must not fail


def test_bombs_stay_small_in_memory(tmp_path: Path) -> None:
    for place, (text, _) in enumerate(BOMBS.values()):
        (tmp_path / f"{place}.spec").write_text(text)
    code = "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)); "
    code += "from specc.cli.main import main; sys.exit(main(['check', sys.argv[1]]))"
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=root, capture_output=True, text=True)
    assert done.returncode == 1 and "internal" not in done.stdout and "fault" not in done.stdout
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 0


def work(count: int) -> int:
    """Function calls of checking a chain of so many layers: a measure that no other load disturbs."""
    calls = 0

    def count_call(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    layers = "".join(f"  x{n} = x{n - 1} -> l{n}: Linear(_, {8 + n % 5})\n" for n in range(1, count + 1))
    text = f"model M {{\n  input x0: f32[N, 8]\n{layers}  output x{count}\n}}"
    sys.setprofile(count_call)
    try:
        compile_spec(Source("long.spec", text))
    finally:
        sys.setprofile(None)
    return calls


def test_cost_is_linear_in_the_number_of_layers() -> None:
    work(10)
    assert work(800) < 4.6 * work(200)
