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
from keepers.insight.drawings.charts import UnknownChartFormatError, chart_of, save_chart, svg_of
from keepers.insight.drawings.heights import height_of
from keepers.insight.drawings.pictures import Band, Bars, BarsAgainst, Curve, Flow, Grid, Scatter, Waterfall
from keepers.insight.drawings.theme import Look

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


LOOKS = [
    Look(theme, narrow, titled) for theme in ("light", "dark") for narrow in (False, True) for titled in (False, True)
]
TENTHS = pa.table(
    {"tenth": [1, 2], "actual_value": [90.0, 10.0], "mean_value": [100.0, 5.0], "rfm_value": [50.0, None]}
)
WEEKS = pa.table({
    "period": [date(2026, 1, 5), date(2026, 1, 12), date(2026, 1, 19)],
    "actual_orders": [5, 7, 3], "mean_orders": [6.0, 6.0, 6.0],
    "orders_low": [None, 3.0, 3.0], "orders_high": [None, 9.0, 9.0],
})  # fmt: skip
POINTS = pa.table({
    "quarter": ["keep close", "let rest"], "probability_alive": [0.9, 0.1], "residual_value": [900.0, 0.0],
    "customers": [3, 40],
})  # fmt: skip
MOVES = pa.table(
    {"from_group": ["best", "best", "new"], "to_group": ["best", "lost", "promising"], "customers": [8, 1, 3]}
)
PICTURED = {
    "tenths": (
        TENTHS,
        BarsAgainst("tenth", "actual_value", (("mean_value", "this forecast"), ("rfm_value", "RFM cells")), "T", ""),
        {"this forecast", "RFM cells", "€100"},
    ),
    "weeks": (
        WEEKS,
        Band("period", "orders_low", "orders_high", "range", ("actual_orders", "came"), ("mean_orders", "expected")),
        {"came", "expected", "range"},
    ),
    "points": (
        POINTS,
        Scatter(
            "probability_alive", "residual_value", "customers", "quarter", (0.5, 100.0),
            ("let rest", "grow", "win back", "keep close"), "Chance active", "Residual value",
        ),
        {"let rest", "grow", "win back", "keep close", "Chance active"},
    ),
    "moves": (
        MOVES,
        Flow("from_group", "to_group", "customers", "31 Mar 2026", "30 Apr 2026"),
        {"best 9", "new 3", "promising 3", "lost 1", "31 Mar 2026"},
    ),
    "ledger": (LEDGER.rows, LEDGER.picture, {"opening", "+€20.00", "closing"}),
}  # fmt: skip


@pytest.mark.parametrize("case", PICTURED)
@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_every_picture_is_drawn_in_every_look_at_its_width(case: str, look: Look) -> None:
    rows, picture, words = PICTURED[case]
    drawing = svg_of(Answer("The finding.", "The definition.", rows, picture, currency="EUR"), look)
    texts = set(re.findall(r"<text[^>]*>([^<]+)</text>", drawing))
    assert words <= texts
    assert ("The finding." in texts) is look.titled
    assert re.search(r'width="(\d+)', drawing).group(1) == ("340" if look.narrow else "720")
    paper = re.search(r'<rect width="\d+" height="\d+" fill="([^"]+)"', drawing)
    assert (paper.group(1) if paper else "none") == (look.colours.paper if look.titled else "none")


def test_a_forecast_is_dashed_and_what_came_is_not() -> None:
    rows, picture, _ = PICTURED["weeks"]
    drawing = svg_of(Answer("A.", "B.", rows, picture), Look(titled=False))
    lines = re.findall(r'<path aria-label[^>]+role="graphics-symbol"[^>]+>', drawing)
    strokes = [line for line in re.findall(r"<path[^>]+>", drawing) if 'stroke-width="2"' in line]
    assert [("stroke-dasharray" in line) for line in strokes] == [True, False], lines


def test_steps_too_small_to_see_are_drawn_on_bars_that_say_where_they_are_cut() -> None:
    rows = pa.table({"line": ["opening", "new", "closing"], "amount": [10_000.0, 100.0, 10_100.0]})
    drawing = svg_of(replace(LEDGER, rows=rows), Look(titled=False))
    assert "The bars are cut off below €9,798." in drawing
    assert "cut off" not in svg_of(LEDGER, Look(titled=False))


def test_the_same_answer_is_drawn_the_same() -> None:
    rows, picture, _ = PICTURED["moves"]
    answer = Answer("A.", "B.", rows, picture)
    assert svg_of(answer, Look()) == svg_of(answer, Look())


@pytest.mark.parametrize("case", PICTURED)
@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_a_page_can_leave_room_for_a_picture_before_it_is_drawn(case: str, narrow: bool) -> None:
    rows, picture, _ = PICTURED[case]
    answer = Answer("A.", "B.", rows, picture, currency="EUR")
    drawn = re.search(r'height="(\d+)', svg_of(answer, Look(narrow=narrow, titled=False)))
    assert drawn is not None
    assert height_of(answer, narrow=narrow) == pytest.approx(int(drawn.group(1)), abs=20)
