"""The code blocks of the README and the docs, and the text that those with a comment before them have to hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from textwrap import dedent

import specc
from cli_helpers import Command

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?:<!-- (?P<how>.*?) -->\n)?```(?P<kind>[\w-]+)\n(?P<text>.*?)```\n", re.DOTALL)


def blocks(kind: str) -> list[tuple[str, str]]:
    """(page, text) of every block of a kind that people write; those of `MAKERS` are made."""
    return [
        (page.name, found["text"])
        for page in PAGES
        for found in BLOCK.finditer(page.read_text())
        if found["kind"] == kind and not found["how"]
    ]


def renewed(text: str, command: Command) -> str:
    """A page with each block that has a comment before it made anew."""

    def made(found: re.Match[str]) -> str:
        if not found["how"]:
            return found[0]
        maker, _, rest = found["how"].partition(": ")
        with TemporaryDirectory() as folder, chdir(folder):
            block = MAKERS[maker](rest, command).strip()
        return f"<!-- {found['how']} -->\n```{found['kind']}\n{block}\n```\n"

    return BLOCK.sub(made, text)


def message(how: str, command: Command) -> str:
    """`SPEC | before => after | ...`: what a check says of the changed spec."""
    name, spec = with_changes(how)
    Path(name).parent.mkdir(parents=True)
    Path(name).write_text(spec)
    status, out, _ = command("check", name, "--color", "never")
    assert status == 1
    return out


def findings(how: str, command: Command) -> str:
    """`SPEC | before => after`: the same as JSON."""
    name, spec = with_changes(how)
    Path("a.spec").write_text(spec)
    status, out, _ = command("check", "a.spec", "--format", "json")
    assert status == 1
    return out


def mistakes(how: str, command: Command) -> str:
    """`SPEC | before => after | ...`: what a check says in short of each change alone."""
    name, *changes = how.split(" | ")
    lines = []
    for change in changes:
        before, _, after = (part.strip() for part in change.partition("=>"))
        Path(Path(name).name).write_text(with_changes(f"{name} | {before} => {after}")[1])
        _, out, _ = command("check", Path(name).name, "--format", "concise")
        assert out, f"{change} is not noticed"
        lines.append(f"{before} => {after}\n    {out.strip()}" if after else f"without {before}\n    {out.strip()}")
    return "\n".join(lines)


def diff(how: str, command: Command) -> str:
    """`SPEC | before => after | ...`: what `specc diff` says of the change."""
    name, spec = with_changes(how)
    Path("old.spec").write_text((ROOT / name).read_text())
    Path("new.spec").write_text(spec)
    status, out, _ = command("diff", "old.spec", "new.spec", "--color", "never")
    assert status == 0
    return out


def script(how: str, command: Command) -> str:
    """`SPEC | opening > opening`: a statement of the emitted script."""
    name, path = how.split(" | ")
    return statement(specc.emit(ROOT / name), path)


def output(how: str, command: Command) -> str:
    """`specc VERB ...`: what this prints in a folder that has the specs."""
    copytree(ROOT / "specs", "specs")
    status, out, err = command(*how.split()[1:], "--color", "never")
    assert status == 0 and not err
    return out


MAKERS: dict[str, Callable[[str, Command], str]] = {
    "message": message,
    "mistakes": mistakes,
    "json": findings,
    "diff": diff,
    "script": script,
    "output": output,
}


def with_changes(how: str) -> tuple[str, str]:
    """A spec's name, and its text with the changes `before => after`."""
    name, *changes = [part.strip() for part in how.split(" | ")]
    spec = (ROOT / name).read_text()
    for change in changes:
        before, _, after = (part.strip() for part in change.partition("=>"))
        assert before in spec, f"{name} does not hold {before}"
        spec = spec.replace(before, after, 1)
    return name, spec


def statement(script: str, path: str) -> str:
    """The statement of a script at `opening > opening`: the first that begins so, in it the first that begins so."""
    lines = script.splitlines()
    inside: ast.Module | ast.stmt = ast.parse(script)
    for opening in path.split(" > "):
        found = [node for node in ast.walk(inside) if isinstance(node, ast.stmt) and node is not inside]
        fitting = [node for node in found if lines[node.lineno - 1].strip().startswith(opening)]
        assert fitting, f"the script has no statement that begins with {opening}: name another in the comment"
        inside = min(fitting, key=lambda node: node.lineno)
    assert isinstance(inside, ast.stmt)
    return dedent("\n".join(lines[inside.lineno - 1 : inside.end_lineno]))
