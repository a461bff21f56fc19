"""What a run keeps of an answer comes back as it was."""

import json
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from keepers.core.told import Told
from keepers.insight.answers import Answer
from keepers.insight.drawings.pictures import Band, Bars, BarsAgainst, Curve, Flow, Grid, Picture, Scatter, Waterfall
from keepers.insight.keeping import UnreadableAnswerError, kept, restored, unnamed
from keepers.insight.wording import plural

ROWS = pa.table(
    {
        "period": pa.array([date(2026, 2, 28), None], pa.date32()),
        "amount": pa.array([Decimal("12.3400"), None], pa.decimal128(18, 4)),
        "share": pa.array([0.1 + 0.2, float("inf")], pa.float64()),
        "customers": pa.array([9_007_199_254_740_993, None], pa.int64()),
        "is_complete": pa.array([True, None], pa.bool_()),
        "group": pa.array(["slipping “€”", None], pa.string()),
        "value": pa.array([None, None], pa.null()),
    }
)
PICTURES: tuple[Picture, ...] = (
    Bars("group", "amount", colour="group"),
    BarsAgainst("group", "amount", (("share", "ours"), ("customers", "theirs")), "x", "y"),
    Curve("period", "amount", even=True),
    Band("period", "amount", "share", "range", solid=("customers", "came")),
    Grid("group", "period", "amount", "x", "y"),
    Waterfall("group", "amount", ("opening", "closing")),
    Scatter("share", "amount", "customers", "group", (0.5, 120.0), ("a", "b", "c", "d"), "x", "y"),
    Flow("group", "group", "customers", "then", "now"),
)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: type(picture).__name__)
def test_an_answer_comes_back_from_json_as_it_was(picture: Picture) -> None:
    answer = Answer(
        "A.",
        "B.",
        ROWS,
        picture,
        currency="EUR",
        shown=ROWS.slice(0, 1),
        drawn=ROWS.slice(1),
        notes=("C.",),
        left_out="D",
    )
    assert restored(json.loads(json.dumps(kept(answer), allow_nan=False))) == answer


def test_sentences_keep_their_words_and_lose_the_names_of_who_was_forgotten() -> None:
    bought = Told.of("%(when)s customer %(customer)s bought most: %(what)s.", when="Today", customer="C7", what="Tea")
    grown = Told.of("%(people)s grew.", people=plural(2, "customer"))
    answer = Answer(bought, "B.", pa.table({"customer_id": ["C7"]}), PICTURES[0], notes=(grown, "Of customer C7."))
    written = json.loads(json.dumps(kept(answer)))
    back = restored(written)
    assert isinstance(back.finding, Told) and back.finding.figures["customer"] == "C7"
    assert isinstance(back.notes[0], Told) and isinstance(back.notes[0].figures["people"], Told)
    nameless = restored(unnamed(written, {"C7"}))
    assert nameless.finding == "Today a customer who was forgotten bought most: Tea."
    assert isinstance(nameless.notes[0], Told) and nameless.notes == (
        "2 customers grew.",
        "Of a customer who was forgotten.",
    )


def test_a_figure_that_is_no_number_comes_back_as_none_either() -> None:
    answer = Answer("A.", "B.", pa.table({"share": [float("nan")]}), PICTURES[0])
    (figure,) = restored(json.loads(json.dumps(kept(answer), allow_nan=False))).rows["share"].to_pylist()
    assert figure != figure


def test_an_empty_table_keeps_its_columns() -> None:
    answer = Answer("A.", "B.", ROWS.slice(0, 0), PICTURES[0])
    assert restored(kept(answer)).rows.schema == ROWS.schema


def test_what_another_version_kept_is_refused_in_words() -> None:
    with pytest.raises(UnreadableAnswerError, match="keepers run --again"):
        restored({"finding": "A."})
