"""Pictures are drawn without a network, with the finding as their title."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from insight_cases import AS_OF, shop

from keepers.insight.answers import Answer, Needs, Scope
from keepers.insight.catalogue import INSIGHTS, insight_named
from keepers.insight.charts import UnknownChartFormatError, chart_of, save_chart
from keepers.insight.pictures import Bars, Curve, Grid, Waterfall

DRAWN = [insight.name for insight in INSIGHTS if insight.needs is Needs.HISTORY and insight.name != "locations"]
LEDGER = Answer(
    finding="The base is worth €90, down 10 %.",
    definition="Each customer's change is on one line.",
    rows=pa.table({"line": ["opening", "new", "lapsed", "closing"], "amount": [100.0, 20.0, -30.0, 90.0]}),
    picture=Waterfall("line", "amount", ends=("opening", "closing")),
    currency="EUR",
)


def test_every_insight_is_drawn_with_its_finding_and_definition(tmp_path: Path) -> None:
    store = shop(tmp_path / "store")
    for name in DRAWN:
        answer = insight_named(name).answer(store, Scope(as_of=AS_OF, currency="EUR"))
        save_chart(answer, tmp_path / f"{name}.svg")
        words = _words(tmp_path / f"{name}.svg")
        assert answer.finding.split()[0] in words, name
        assert answer.definition.split()[-1] in words, name


def test_a_waterfall_ends_where_the_steps_lead(tmp_path: Path) -> None:
    (steps,) = chart_of(LEDGER).to_dict()["datasets"].values()
    assert [(step["name"], step["low"], step["high"], step["kind"]) for step in steps] == [
        ("opening", 0, 100, "end"),
        ("new", 100, 120, "rise"),
        ("lapsed", 90, 120, "fall"),
        ("closing", 0, 90, "end"),
    ]
    save_chart(LEDGER, tmp_path / "ledger.svg")
    assert {"+€20.00", "−€30.00", "€90.00"} <= _words(tmp_path / "ledger.svg")


def test_a_page_holds_all_it_needs(tmp_path: Path) -> None:
    save_chart(LEDGER, tmp_path / "ledger.html")
    page = (tmp_path / "ledger.html").read_text(encoding="utf-8")
    assert "The base is worth" in page
    assert not re.findall(r"<(?:script|link)[^>]+(?:src|href)=", page)


def test_an_image_is_an_image(tmp_path: Path) -> None:
    save_chart(LEDGER, tmp_path / "ledger.PNG")
    assert (tmp_path / "ledger.PNG").read_bytes().startswith(b"\x89PNG")


def test_another_ending_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UnknownChartFormatError, match=r"\.html, \.svg or \.png"):
        save_chart(LEDGER, tmp_path / "ledger.pdf")
    assert not (tmp_path / "ledger.pdf").exists()


THIN = {
    "bars": ({"group": ["best", "lost"], "customers": [3, 1]}, Bars("group", "customers", colour="group")),
    "one point": ({"period": [date(2026, 1, 1)], "orders": [0]}, Curve("period", "orders")),
    "an empty value": ({"percent": [1], "share": [float("nan")]}, Curve("percent", "share")),
    "one cell of nothing": ({"month": [1], "year": [2026], "orders": [0]}, Grid("month", "year", "orders", "x", "y")),
}


@pytest.mark.parametrize("case", THIN)
def test_thin_answers_are_drawn_too(tmp_path: Path, case: str) -> None:
    rows, picture = THIN[case]
    save_chart(Answer("A.", "B.", pa.table(rows), picture), tmp_path / "thin.svg")
    assert {"A.", "B."} <= _words(tmp_path / "thin.svg")


def _words(drawing: Path) -> set[str]:
    texts = re.findall(r">([^<>]+)</(?:text|tspan)>", drawing.read_text(encoding="utf-8"))
    return {word for text in texts for word in text.split()}


def test_every_step_of_a_waterfall_is_named(tmp_path: Path) -> None:
    lines = ["opening", "new", "grown", "lapsed", "re-estimated", "closing"]
    rows = pa.table({"line": lines, "amount": [100.0, 20.0, 5.0, -30.0, -5.0, 90.0]})
    save_chart(replace(LEDGER, rows=rows), tmp_path / "steps.svg")
    drawn = re.findall(r"<text[^>]*>([^<]+)</text>", (tmp_path / "steps.svg").read_text(encoding="utf-8"))
    assert [word for word in drawn if word in lines] == lines
