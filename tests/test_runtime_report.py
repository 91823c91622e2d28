"""The report of a run: whole, self-contained, and nothing of a spec runs in it."""

from __future__ import annotations

import html.parser
from pathlib import Path

import pytest

from jobs import digits_job, trained
from specc.report.curves import Line, chart, number, thinned, ticks
from specc.report.run import run_report


class Page(html.parser.HTMLParser):
    """Counts tags and collects what a browser would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        if tag not in ("meta", "link", "br", "line", "polyline"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    trained(digits_job(train='train { epochs = 2  seed = 3 }\n# <script>alert(1)</script> & "x"\n'), out)
    return out


def test_the_page_is_whole_and_loads_nothing(folder: Path) -> None:
    page = Page((folder / "report.html").read_text())
    assert page.open == [] and page.loads == []
    assert page.tags.count("svg") == 4, "loss, learning rate, accuracy and the net"
    assert not {"script", "link", "img", "iframe"} & set(page.tags)


def test_the_page_says_what_was_run(folder: Path) -> None:
    text = (folder / "report.html").read_text()
    for words in (
        "Digits of scikit-learn",
        "torch",
        "held in memory",
        "12 of 12 steps",
        "&lt;script&gt;alert(1)",
        "train.epochs",
        "Conv2d(1, 4, 3)",
        "[N, 4, 6, 6]",
    ):
        assert words in text, words


def test_a_log_that_was_cut_short_can_be_reported(folder: Path) -> None:
    log = folder / "metrics.jsonl"
    before = log.read_text()
    log.write_text(before + '{"step": 13, "ep')
    assert "12 of 12 steps" in run_report(folder)
    log.write_text("")
    assert "0 of 12 steps" in run_report(folder)
    log.write_text(before)


def test_charts_hold_every_point_and_leave_out_what_is_no_number() -> None:
    made = chart(
        "loss <&>", [Line("train", ((1, 2.0), (2, float("nan")), (3, 1.0))), Line("none", ((1, float("inf")),))]
    )
    assert made is not None and made.names == ("train",)
    assert made.svg.count("<circle") == 2 and "loss &lt;&amp;&gt;" in made.svg
    assert chart("loss", [Line("none", ((1, float("nan")),))]) is None
    assert chart("one", [Line("point", ((5, 5.0),))]) is not None


def test_ticks_are_round_and_cover_the_range() -> None:
    assert ticks(0, 1, 5) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    for low, high in ((0.013, 0.97), (-3, 12345), (1e-9, 3e-9)):
        marks = ticks(low, high, 5)
        assert marks[0] <= low and marks[-1] >= high and len(marks) <= 8


def test_long_curves_are_thinned_but_keep_their_end() -> None:
    points = tuple((float(step), 1.0) for step in range(10_001))
    assert len(thinned(points)) <= 601 and thinned(points)[-1] == points[-1] and thinned(points[:10]) == points[:10]


def test_numbers_are_written_as_people_do() -> None:
    assert [number(value) for value in (12000, 0.0025, 3e-8, 0.98765432, 1.0)] == [
        "12,000",
        "0.0025",
        "3e-08",
        "0.9877",
        "1",
    ]
