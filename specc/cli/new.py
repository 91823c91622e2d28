"""`specc new`: a starter spec that checks clean and trains."""

from __future__ import annotations

import os

from specc.cli.arguments import Command, Given, Option, UsageError
from specc.cli.files import SUFFIX, save
from specc.cli.terminal import Terminal
from specc.diagnostics.sanitize import clean
from specc.resources import resource

KINDS = ("image", "regression", "language")
COMMAND = Command("new", "NAME", "Write a starter spec, NAME.spec, that checks clean and trains.", 1, 1, (
    Option("--kind", "what it learns; image if left out", "KIND", choices=KINDS),
), (
    ("specc new mynet", "mynet.spec, an image classifier"),
    ("specc new prices --kind regression", "prices.spec"),
))  # fmt: skip
STAND_IN = "Net"  # what the model is called in the starter specs


def run(given: Given, terminal: Terminal) -> int:
    """Write the spec. A file that is there already stays as it is."""
    path = given.words[0].removesuffix(SUFFIX) + SUFFIX
    name = os.path.basename(path).removesuffix(SUFFIX)
    if not name or "\0" in path:
        raise UsageError("new needs a name: specc new mynet")
    if os.path.lexists(path):
        terminal.err.line(f"specc: {clean(path)} is there already")
        return 2
    starter = os.path.join(resource("templates", "new"), f"{given['kind'] or KINDS[0]}{SUFFIX}")
    with open(starter, encoding="utf-8") as file:
        text = file.read().replace(f"model {STAND_IN}(", f"model {model_name(name)}(")
    status = save(path, text, terminal)
    if not status:
        terminal.out.line(f"{clean(path)} is written; next: specc check {clean(path)}, specc run {clean(path)}")
    return status


def model_name(name: str) -> str:
    """`cat-or-dog` becomes `CatOrDog`; `Net` where that is no name, or one that means something already."""
    from keyword import iskeyword

    from specc.ops.registry import lookup

    words = "".join(letter if letter.isalnum() else " " for letter in name).split()
    made = "".join(word[:1].upper() + word[1:] for word in words)
    taken = made == "Block" or iskeyword(made) or lookup("layer", made) is not None
    return STAND_IN if taken or not (made.isascii() and made.isidentifier()) else made
