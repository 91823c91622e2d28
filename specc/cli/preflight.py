"""`specc preflight`: the first steps of a run, to see that it works and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.cli.arguments import SET, STDIN_NAME, Command, Given, Option, settings
from specc.cli.run import STATUSES, report_failure
from specc.cli.single import load
from specc.cli.terminal import Terminal
from specc.diagnostics.sanitize import clean

if TYPE_CHECKING:
    from specc.runtime.preflight import Preflight

COMMAND = Command("preflight", "SPEC", "Take the first steps of a run: forward, backward, update, save, load.", 1, 1, (
    SET,
    STDIN_NAME,
    Option("--device", "cpu, cuda, cuda:1, mps; the best there is if left out", "DEVICE"),
    Option("--data-root", "the folder that relative paths of data start from", "FOLDER"),
    Option("--strict-data", "fail where the spec would fall back on other data"),
    Option("--trust", "allow the spec's extern Python to be imported"),
), (
    ("specc preflight specs/mnist.spec", "what a step and the whole run will take"),
    ("specc preflight specs/mnist.spec --set data.batch_size=512", "with larger batches"),
), STATUSES)  # fmt: skip
_OPTIONS = ("device", "data_root", "strict_data", "trust")


def run(given: Given, terminal: Terminal) -> int:
    """Take the first steps and say what they cost. The exit statuses are those of a run."""
    unit, status = load(given.words[0], settings(given), terminal, terminal.err, given["stdin_filename"])
    if unit is None:
        return status
    from specc.runtime.options import Options

    try:
        from specc.runtime.preflight import preflight

        found = preflight(unit, Options(**{name: given[name] for name in _OPTIONS}))
    except Exception as error:
        return report_failure(error, terminal)
    rows = list(_rows(found))
    width = max(len(name) for name, _ in rows)
    terminal.out.write("".join(f"{name:{width}}  {clean(said)}\n" for name, said in rows))
    return 0


def _rows(found: Preflight) -> list[tuple[str, str]]:
    where = found.machine
    threads = f", {where['threads']} thread{'s' * (where['threads'] != 1)}" if where["device"] == "cpu" else ""
    loading = seconds(found.loading)
    return [
        ("device", f"{where['device']} ({where['device_name']}{threads})"),
        ("data", f"{found.data}, {found.samples:,} samples, {found.plan}; opened in {seconds(found.opening)}"),
        ("batch", ", ".join(found.batch)),
        ("first step", seconds(found.first)),
        ("next steps", seconds(found.steady) + " each" if found.steady is not None else "there is no other"),
        ("checkpoint", f"{size(found.checkpoint)}, saved in {seconds(found.saving)}, loaded in {loading}"),
        ("memory", f"{size(found.memory)} at the most" if found.memory is not None else "not known"),
        ("an epoch", f"{seconds(found.epoch)} for {found.per_epoch:,} steps, evaluation left out"),
        ("the run", f"{seconds(found.whole)} for {found.steps:,} steps, evaluation left out"),
    ]


def seconds(value: float) -> str:
    """`8.1 ms`, `3.2 s`, `12 min`, `1.5 h`."""
    for unit, scale, limit in (("ms", 0.001, 1), ("s", 1, 120), ("min", 60, 7200)):
        if value < limit:
            return f"{value / scale:.3g} {unit}"
    return f"{value / 3600:,.1f} h"


def size(count: int) -> str:
    """`4.8 MB`."""
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= scale:
            return f"{count / scale:.3g} {unit}"
    return f"{count} bytes"
