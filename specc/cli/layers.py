"""`specc layers`: everything a spec can name, for people and for programs."""

from __future__ import annotations

from typing import Any

from specc.cli.arguments import Command, Given, Option, UsageError
from specc.cli.terminal import Terminal
from specc.diagnostics.sanitize import clean
from specc.diagnostics.suggest import did_you_mean
from specc.ops.base import REQUIRED, Argument, Operation
from specc.ops.registry import index, lookup
from specc.report.operation import literal, signature

COMMAND = Command("layers", "[KIND...]", "List what a spec can name: layers, functions, optimizers and so on.", 0, None,
                  (Option("--format", "how to print it", "FORMAT", choices=("text", "json")),), (
    ("specc layers", "everything, with signatures"),
    ("specc layers optimizers schedulers", "some kinds only"),
    ("specc layers --format json", "for programs; its schema: specc schema layers"),
))  # fmt: skip


def run(given: Given, terminal: Terminal) -> int:
    """List the operations of the kinds given, or of all."""
    kinds = [_kind(word) for word in given.words] or list(index())
    found = {kind: [operation for name in index()[kind] if (operation := lookup(kind, name))] for kind in kinds}
    if given["format"] == "json":
        import json

        listed = {kind: [as_data(operation) for operation in operations] for kind, operations in found.items()}
        terminal.out.write(json.dumps({"version": 1, "operations": listed}, indent=2) + "\n")
    else:
        terminal.out.write("\n".join(_section(kind, operations) for kind, operations in found.items()))
    return 0


def as_data(operation: Operation) -> dict[str, Any]:
    """All that is known of an operation, as plain data."""
    axis = getattr(operation, "feature_axis", None)
    return {"name": operation.name, "target": operation.target, "doc": operation.doc, "signature": signature(operation),
            "arguments": [_argument(argument) for argument in operation.arguments],
            "inputs": [_argument(argument) for argument in getattr(operation, "inputs", ())],
            "feature_axis": axis, "example": operation.example}


def _argument(argument: Argument) -> dict[str, Any]:
    data: dict[str, Any] = {"name": argument.name, "type": argument.kind.words, "doc": argument.doc,
                            "required": argument.default is REQUIRED}
    if argument.default is not REQUIRED:
        data["default"] = literal(argument.default)
    return {**data, "keyword_only": argument.keyword_only, "variadic": argument.variadic}


def _kind(word: str) -> str:
    """A kind as written, in the singular or the plural."""
    kind = word if word in index() else word.removesuffix("es") if word.endswith("ses") else word.removesuffix("s")
    if kind not in index():
        hint = did_you_mean(word, index()) or f"choose from {', '.join(index())}"
        raise UsageError(f"there is no kind {clean(word)}: {hint}")
    return kind


def _section(kind: str, operations: list[Operation]) -> str:
    lines = "".join(f"  {signature(operation)}\n" for operation in operations)
    return f"{kind} ({len(operations)})\n{lines}"
