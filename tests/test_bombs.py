"""Specs made to hurt: a coded message, soon, in little memory; and cost that grows with the work, not faster."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from specc.compiler import compile_spec
from specc.source import Source

ROOT = Path(__file__).parent.parent
HEAD = "model M {\n  input x: f32[N, 3, 32, 32]\n  "
TAIL = "\n  output x -> relu\n}"
BLOCK = "block B(n) { input x: f32[N, C, H, W]  output x -> b: B(n) }\n"

LISTS = "let a = [[[0 for i in 0..1000] for j in 0..1000] for k in 0..1000]\n"

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SECONDS, BYTES = 2, 300 << 20  # of processor time and of address space, Python's own included


def grown(first: str, rule: str, count: int, name: str = "a") -> str:
    """Top-level lets, each made of the one before."""
    rules = "".join(f"let {name}{n + 1} = {rule.format(n)}\n" for n in range(count - 1))
    return f"let {name}0 = {first}\n{rules}"


def doubled(block: str, count: int) -> str:
    """Blocks, each of two of the one before."""
    bodies = ["relu(x)", *(f"x -> a: B{n - 1}() -> b: B{n - 1}()" for n in range(1, count))]
    return "".join(block.format(n, body) for n, body in enumerate(bodies)) + HEAD + f"output x -> z: B{count - 1}() }}"


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
    "lists in lists": (grown("[1, 2]", "[a{0}, a{0}]", 64) + HEAD + "output x -> Linear(_, a63) }", "value-too-large"),
    "tuples in tuples": (grown("(1, 2)", "(a{0}, a{0}, a{0})", 50) + HEAD + TAIL, "value-too-large"),
    "sums of lists": (grown("[1, 2]", "a{0} + a{0}", 64) + HEAD + TAIL, "value-too-large"),
    "lists compared": (
        grown("[1]", "[a{0}, a{0}]", 64) + grown("[1]", "[b{0}, b{0}]", 64, "b") + "let c = a63 == b63\n" + HEAD + TAIL,
        "value-too-large",
    ),
    "a string in itself": (grown('"ab"', '"{{a{0}}}{{a{0}}}"', 64) + HEAD + TAIL, "value-too-large"),
    "a number in itself": (grown("3", "a{0} * a{0}", 64) + HEAD + TAIL, "value-too-large"),
    "a tower of powers": ("let a = 2**2**2**2**2**2\n" + HEAD + TAIL, "value-too-large"),
    "a sum over everything": ("let a = sum(range(10000000000))\n" + HEAD + TAIL, "value-too-large"),
    "lists of lists by comprehension": (
        "let a = [[i * j for i in 0..3000] for j in 0..3000]\n" + HEAD + TAIL,
        "unroll-limit",
    ),
    "blocks of two blocks": (doubled("block B{0} {{ input x: f32[N, C, H, W]  output {1} }}\n", 60), "unroll-limit"),
    "functions of two functions": (
        "fn f0(a) = a + a\n" + "".join(f"fn f{n}(a) = f{n - 1}(f{n - 1}(a))\n" for n in range(1, 40)) + HEAD
        + "output f39(x) }",
        "unroll-limit",
    ),
    "steps of two steps": (
        "fn f0() = { ReLU }\n" + "".join(f"fn f{n}() = {{ f{n - 1}() -> f{n - 1}() }}\n" for n in range(1, 40)) + HEAD
        + "output x -> f39() }",
        "unroll-limit",
    ),
    "templates of two templates": (
        grown("ReLU", "{{ a{0} -> a{0} }}", 40) + HEAD + "output x -> a39 }",
        "unroll-limit",
    ),
    "two hundred asserts": (
        "model M {\n  input x: f32[N, A, B]\n"
        + "".join(f"  assert (A * {n} + B) % {n + 2} == {n % 2}\n" for n in range(200))
        + "  output x -> Conv1d(4, 4, 3)\n}",
        "in-channels-mismatch",
    ),
    "sizes of doubled sizes": (
        "model M {\n  input x: f32[N, A]\n  let a0 = A\n"
        + "".join(f"  let a{n + 1} = (a{n} * 7 + 3) // 5 % 1000 + max(a{n}, {n})\n" for n in range(60))
        + "  assert a60 > 3\n  output x\n}",
        "value-too-large",
    ),
    "functions in one another": (
        "fn f(n) = g(n)\nfn g(n) = f(n)\n" + HEAD + "output x * f(1) }",
        "recursion-limit",
    ),
    "a template in itself": ("let t = { t -> t }\n" + HEAD + "output x -> t }", "recursion-limit"),
    "a power by another name": ("let a = pow(2, exp=10 ** 17)\n" + HEAD + TAIL, "argument-type"),
    "an order of nothing": (
        "model M { order " + ", ".join(f"a{n}" for n in range(9000))
        + "\n  input x: f32[N, 4]  output x -> l: Linear(4, 4) }",
        "unknown-name",
    ),
    "rules by the thousand": (
        "model M {\n  input x: f32[N, 4]\n"
        + "".join(f"  x = x -> l{n}: Linear(4, 4)\n" for n in range(1500))
        + "  output x\n}\ninit M {"
        + "".join(f' "*{n}*.w*" ~ normal()\n' for n in range(1500))
        + "}",
        "unroll-limit",
    ),
    "ten megabytes of lines": ("\n" * 10_000_000 + HEAD + TAIL, "file-too-large"),
    "ten megabytes of brackets": ("(" * 10_000_000, "file-too-large"),
    "a long name": ("let " + "a" * 10_000_000 + " = 1\n" + HEAD + TAIL, "file-too-large"),
    "a long number": ("let a = " + "9" * 400_000 + "\n" + HEAD + TAIL, "number-out-of-range"),
    **{
        f"{opening} in {opening}": (f"let a = {opening * 9999}1{closing * 9999}\n" + HEAD, "nesting-too-deep")
        for opening, closing in ("()", "[]", "{}")
    },
    "arguments by the thousand": (HEAD + f"y = x -> Conv2d({', '.join(['3'] * 1000)})" + TAIL, "too-many-arguments"),
    "mistakes by the thousand": (HEAD + "".join(f"y{n} = q{n}\n" for n in range(15_000)) + TAIL, "unknown-name"),
    "einsum with every letter": (
        f"model M {{ input x: f32[{', '.join(['2'] * 52)}]  "
        f'output einsum("{LETTERS}{LETTERS.upper()}->aa", x) }}',
        "rearrange-mismatch",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_gets_one_coded_message(name: str) -> None:
    text, rule = BOMBS[name]
    found = [
        problem.name for problem in compile_spec(Source("bomb.spec", text)).problems if problem.severity == "error"
    ]
    assert found[:1] == [rule]


def checked(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """`specc check` of a spec, in little time and memory."""
    (folder / "bomb.spec").write_text(text)

    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))

    command = [sys.executable, "-m", "specc", "check", str(folder / "bomb.spec")]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, preexec_fn=limits)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_put_out_in_little_time_and_memory(name: str, tmp_path: Path) -> None:
    done = checked(BOMBS[name][0], tmp_path)
    assert done.returncode == 1 and done.stdout.startswith("error[S") and "S901" not in done.stdout, done.stderr


LONG = {
    "a comment of one sign": "#" * 490_000 + "\n" + HEAD + TAIL,
    "a number rounded to a billion digits": "let a = round(1, -1000000000)\n" + HEAD + TAIL,
    "ties by the thousand": (
        "model M {\n  input x: f32[N, 4]\n"
        + "".join(f"  x = x -> l{n}: Linear(4, 4)\n" for n in range(2000))
        + "".join(f"  tie l{n}.weight = l{n + 1}.weight\n" for n in range(1999))
        + "  output x\n}"
    ),
    "functions that end each other": (
        "fn f(n) = if n > 0 { g(n - 1) } else { 1 }\nfn g(n) = f(n)\n" + HEAD + "output x * f(3) }"
    ),
}


@pytest.mark.parametrize("name", LONG)
def test_what_is_only_long_is_checked_in_little_time_and_memory(name: str, tmp_path: Path) -> None:
    done = checked(LONG[name], tmp_path)
    assert done.returncode == 0 and "error[" not in done.stdout, done.stdout[:300] + done.stderr


def test_files_that_import_one_another_come_to_an_end(tmp_path: Path) -> None:
    for number in range(3000):
        (tmp_path / f"f{number}.spec").write_text(f'import a from "f{(number + 1) % 3000}.spec"\n')
    (tmp_path / "bomb.spec").write_text(f'import a from "f0.spec"\n{HEAD}{TAIL}')
    done = subprocess.run([sys.executable, "-m", "specc", "check", str(tmp_path / "bomb.spec")], cwd=ROOT,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stdout.startswith("error[S232]: imports are more than"), done.stdout[:500]


def work(text: str) -> int:
    """Function calls of checking a spec: a measure that no other load disturbs."""
    calls = 0

    def count_call(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count_call)
    try:
        problems = compile_spec(Source("long.spec", text)).problems
    finally:
        sys.setprofile(None)
    assert not any(problem.severity == "error" for problem in problems), problems[:1]
    return calls


def chain(count: int) -> str:
    """So many layers, each with a line of its own."""
    layers = "".join(f"  x{n} = x{n - 1} -> l{n}: Linear(_, {8 + n % 5})\n" for n in range(1, count + 1))
    return f"model M {{\n  input x0: f32[N, 8]\n{layers}  output x{count}\n}}"


def dense(count: int) -> str:
    """So many layers, each fed with all values before it."""
    return (
        "model M {\n  input x: f32[N, 16, H, W]\n  feats = [x]\n"
        f"  for i in 0..{count} {{ feats = feats + [cat(feats, 1) -> c[i]: Conv2d(_, 8, 3, padding=1)] }}\n"
        "  output cat(feats, 1)\n}"
    )


def test_cost_is_linear_in_the_number_of_layers() -> None:
    work(chain(10))
    assert work(chain(800)) < 4.6 * work(chain(200))


def test_cost_of_a_dense_block_is_linear_in_the_number_of_values_joined() -> None:
    work(dense(10))
    joined = sum(range(200, 400))  # more in a block of 400 layers than in one of 200
    assert work(dense(400)) - work(dense(200)) < 40 * joined


def test_tensors_in_a_list_are_no_lists() -> None:
    work(dense(1000))  # half a million values joined do not count as half a million steps
