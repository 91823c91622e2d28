"""Finding an operation by its name, importing only the file that defines it.

`index.json` says which file defines which name; `python -m specc.ops.registry` writes it anew (a test shows it is
current).
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from specc.ops.base import REGISTERED, Operation

FOLDERS = ("layers", "functions", "training")


@cache
def index() -> dict[str, dict[str, str]]:
    """kind → name → module."""
    import json
    from os.path import dirname, join

    with open(join(dirname(__file__), "index.json"), encoding="utf-8") as file:
        return json.load(file)


def lookup(kind: str, name: str) -> Operation | None:
    """The operation of this kind ("layer", "function", "optimizer", ...) and name, or None."""
    module = index().get(kind, {}).get(name)
    return None if module is None else _defined_in(module)[kind, name]


def names(kind: str) -> tuple[str, ...]:
    """Every name of a kind."""
    return tuple(index().get(kind, {}))


@cache
def _defined_in(module: str) -> dict[tuple[str, str], Operation]:
    """The operations of a module, by kind and name."""
    full = f"specc.ops.{module}"
    import_module(full)
    return {
        (operation.kind, operation.name): operation for operation in REGISTERED if type(operation).__module__ == full
    }


def all_operations() -> tuple[Operation, ...]:
    """Every operation there is: imports every file of the three folders."""
    from os import listdir
    from os.path import dirname, join

    for folder in FOLDERS:
        for file in sorted(listdir(join(dirname(__file__), folder))):
            if file.endswith(".py") and file != "__init__.py":
                import_module(f"specc.ops.{folder}.{file[:-3]}")
    return tuple(REGISTERED)


def make_index() -> dict[str, dict[str, str]]:
    """The index as the files have it."""
    table: dict[str, dict[str, str]] = {}
    for operation in all_operations():
        table.setdefault(operation.kind, {})[operation.name] = type(operation).__module__.removeprefix("specc.ops.")
    return {kind: dict(sorted(table[kind].items())) for kind in sorted(table)}


def write_index() -> None:
    import json
    from os.path import dirname, join

    table = json.dumps(make_index(), indent=0)  # before the file is opened: a broken file must not empty it
    with open(join(dirname(__file__), "index.json"), "w", encoding="utf-8") as file:
        file.write(table + "\n")


if __name__ == "__main__":
    write_index()
