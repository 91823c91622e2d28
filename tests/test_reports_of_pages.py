"""Pictures, comparisons and plans of the right examples of all rules: small specs of every kind."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

import specc
from specc.report.diff import compare, text
from specc.report.graph.job import picture_of
from specc.report.graph.page import page
from specc.report.graph.picture import sheet
from specc.report.graph.svg import svg
from specc.report.graph.text import dot, mermaid
from specc.report.plan import plan_of
from test_rule_pages import PAGES, example

RIGHT = {name: spec for name, page in PAGES.items() if (spec := example(page, "Right"))}


@pytest.mark.parametrize("name", RIGHT)
def test_every_kind_of_spec_can_be_reported(name: str) -> None:
    program = specc.check(specc.Source("page.spec", RIGHT[name])).program
    if program is None or not program.models:
        pytest.skip("no model")
    picture = picture_of(program, name)
    ElementTree.fromstring(svg(sheet(picture)))
    assert len(page(picture)) > 1000 and mermaid(picture).startswith("flowchart") and dot(picture).startswith("digraph")
    comparison = compare(program, program, ("a.spec", "b.spec"))
    assert comparison.is_empty, text(comparison, lambda line, style: line)
    assert plan_of(program, "page.spec")
