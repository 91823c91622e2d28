"""Settings of a repository: the table `[tool.specc]` of the nearest pyproject.toml above the checked paths."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from specc.cli.arguments import UsageError
from specc.diagnostics.formats import FORMATS
from specc.diagnostics.sanitize import clean
from specc.diagnostics.suggest import did_you_mean

FILE = "pyproject.toml"


class Config(NamedTuple):
    """What a repository has settled; `path` is empty where it has settled nothing."""

    path: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    format: str = "text"
    deny_warnings: bool = False

    def excludes(self, path: str) -> bool:
        """Whether a file that was found in a folder is left out. Patterns are relative to the settings' folder."""
        if not self.exclude:
            return False
        from fnmatch import fnmatchcase

        here = os.path.relpath(os.path.abspath(path), os.path.dirname(self.path)).replace(os.sep, "/")
        return any(fnmatchcase(here, pattern) or fnmatchcase(here, f"{pattern.rstrip('/')}/*")
                   for pattern in self.exclude)


def config_of(paths: Sequence[str]) -> Config:
    """The settings for a command that is given these paths. Raises UsageError where they cannot be understood."""
    for path in places(paths):
        if (table := _table(path)) is not None:
            return _config(path, table)
    return Config()


def places(paths: Sequence[str]) -> Iterator[str]:
    """Where the settings may lie: in the folder that holds all paths or above it, up to the root of the repository."""
    whole = [os.path.abspath(path) for path in paths if "\0" not in path] or [os.getcwd()]
    folders = {path if os.path.isdir(path) else os.path.dirname(path) for path in whole}
    try:
        folder = os.path.commonpath(folders)
    except ValueError:  # different drives
        return
    while True:
        yield os.path.join(folder, FILE)
        above = os.path.dirname(folder)
        if above == folder or os.path.exists(os.path.join(folder, ".git")):
            return
        folder = above


def _table(path: str) -> dict[str, Any] | None:
    """The table of a file, None where there is no file or no such table in it."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return None
    if b"specc" not in data:
        return None
    import tomllib

    try:
        found = tomllib.loads(data.decode()).get("tool", {}).get("specc")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError) as error:
        raise UsageError(f"{shown(path)} cannot be read: {clean(str(error))}") from None
    if found is None or isinstance(found, dict):
        return found
    raise UsageError(f"{shown(path)}: tool.specc is no table")


def _config(path: str, table: dict[str, Any]) -> Config:
    values = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if key not in SETTINGS:
            near = did_you_mean(key, SETTINGS) or f"there are {', '.join(SETTINGS)}"
            raise UsageError(f"{shown(path)}: tool.specc has no setting {clean(key)}: {near}")
        wanted, convert = SETTINGS[key]
        converted = convert(value)
        if converted is None:
            hint = did_you_mean(value, FORMATS) if key == "format" and isinstance(value, str) else None
            raise UsageError(f"{shown(path)}: {key} of tool.specc wants {wanted}{f': {hint}' if hint else ''}")
        values[name] = converted
    return Config(path, **values)


def _strings(value: Any) -> tuple[str, ...] | None:
    good = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return tuple(value) if good else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _format(value: Any) -> str | None:
    return value if isinstance(value, str) and value in FORMATS else None


# setting -> (what it wants, how a value becomes one; None: it does not)
SETTINGS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "select": ("a list of rules", _strings),
    "ignore": ("a list of rules", _strings),
    "exclude": ("a list of patterns for paths", _strings),
    "format": (f"one of {', '.join(FORMATS)}", _format),
    "deny-warnings": ("true or false", _flag),
}


def shown(path: str) -> str:
    """A path as a person would write it from here."""
    return clean(os.path.relpath(path))
