"""The report of a run: one self-contained page made of what lies in its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from specc.program.model import Program
from specc.report.curves import Chart, Line, chart, number
from specc.report.graph.job import picture_of
from specc.report.graph.picture import sheet
from specc.report.graph.svg import svg
from specc.resources import resource

Row = dict[str, Any]
COUNTS = ("step", "epoch", "split", "seconds")


def run_report(folder: Path, program: Program | None = None) -> str:
    """The page of a run's folder: figures, curves, evaluations, net, data taken, settings, versions, spec."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(resource("templates", "report")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    record = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    rows = _rows(folder / "metrics.jsonl")
    spec = folder / record["spec"]
    return environment.get_template("run.html.jinja").render(
        title=spec.stem,
        record=record,
        charts=charts(rows),
        evaluations=evaluations(rows),
        number=number,
        figures=_figures(rows),
        seconds=rows[-1]["seconds"] if rows else 0,
        last=rows[-1] if rows else {},
        net=svg(sheet(picture_of(program, spec.stem)), "net") if program is not None else "",
        spec=spec.read_text(encoding="utf-8"),
    )


def _rows(path: Path) -> list[Row]:
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        try:
            rows.append(json.loads(line))
        except ValueError:  # a line cut short by a kill
            continue
    return rows


def charts(rows: list[Row]) -> list[Chart]:
    """A chart for each figure: training and evaluation in one."""
    names = list(dict.fromkeys(name for row in rows for name in row if name not in COUNTS))
    titles = {"lr": "learning rate"}
    made = (chart(titles.get(name, name), _lines(rows, name)) for name in names)
    return [one for one in made if one is not None]


def _lines(rows: list[Row], name: str) -> list[Line]:
    splits = list(dict.fromkeys(row["split"] for row in rows if name in row))
    return [
        Line(split, tuple((row["step"], float(row[name])) for row in rows if row["split"] == split and name in row))
        for split in splits
    ]


def evaluations(rows: list[Row]) -> dict[str, Any]:
    """The table of evaluations: its columns and lines."""
    judged = [row for row in rows if row["split"] != "train"]
    names = list(dict.fromkeys(name for row in judged for name in row if name not in COUNTS))
    return {"names": names, "rows": judged}


def _figures(rows: list[Row]) -> list[tuple[str, float]]:
    """The figures of the last evaluation."""
    judged = [row for row in rows if row["split"] != "train"]
    return [(name, value) for name, value in judged[-1].items() if name not in COUNTS] if judged else []
