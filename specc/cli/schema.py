"""`specc schema`: the JSON schemas of what specc prints, and the grammar of the language."""

from __future__ import annotations

from specc.cli.arguments import Command, Given, UsageError
from specc.cli.terminal import Terminal
from specc.diagnostics.sanitize import clean
from specc.diagnostics.suggest import did_you_mean
from specc.resources import resource

COMMAND = Command("schema", "[NAME]", "Print a JSON schema of what specc prints, or the grammar; without a name, list "
                  "them.", 0, 1, (), (
    ("specc schema", "what there is"),
    ("specc schema check", "of specc check --format json"),
    ("specc schema grammar", "the whole language in a page"),
))  # fmt: skip
# name -> (where it lies, what it describes)
SCHEMAS = {
    "check": ("schemas", "check.json", "JSON schema of specc check --format json"),
    "layers": ("schemas", "layers.json", "JSON schema of specc layers --format json"),
    "summary": ("schemas", "summary.json", "JSON schema of specc summary --format json"),
    "diff": ("schemas", "diff.json", "JSON schema of specc diff --format json"),
    "grammar": ("grammar", "specc.lark", "the grammar of the language, in Lark's notation"),
}


def run(given: Given, terminal: Terminal) -> int:
    """Print the schema that is named, or what there is."""
    terminal.out.write(text(given.words[0]) if given.words else _overview())
    return 0


def text(name: str) -> str:
    """The text of a schema. Raises UsageError for a name that is none."""
    if name not in SCHEMAS:
        hint = did_you_mean(name, SCHEMAS) or f"choose from {', '.join(SCHEMAS)}"
        raise UsageError(f"there is no schema {clean(name)}: {hint}")
    kind, file_name, _ = SCHEMAS[name]
    with open(resource(kind, file_name), encoding="utf-8") as file:
        return file.read()


def _overview() -> str:
    width = max(map(len, SCHEMAS))
    return "".join(f"{name:{width}}  {about}\n" for name, (_, _, about) in SCHEMAS.items())
