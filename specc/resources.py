"""Where the grammar and the templates lie: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

import os.path

_PACKAGE = os.path.dirname(os.path.abspath(__file__))


def resource(kind: str, name: str) -> str:
    """The path of a shipped file; `kind` is "grammar", "schemas" or "templates"."""
    installed = os.path.join(_PACKAGE, kind)
    folder = installed if os.path.isdir(installed) else os.path.join(os.path.dirname(_PACKAGE), kind)
    return os.path.join(folder, name)
