"""Surveys of a market: one row a person or one a brand say the same; what cannot be read is told by line."""

from pathlib import Path

import pytest

from keepers.decisions.drivers.answers import answers_of
from keepers.decisions.drivers.made_up import BRANDS, made_up_survey
from keepers.decisions.drivers.survey import UnusableSurveyError
from keepers.ingest.surveys.brands import UnreadableSurveyError, read_brand_survey

WIDE = made_up_survey(60)


def written(path: Path, rows: list[list[str]], separator: str = ",") -> Path:
    path.write_text("".join(separator.join(row) + "\n" for row in rows), encoding="utf-8")
    return path


def as_long() -> list[list[str]]:
    header = WIDE[0]
    titles = list(dict.fromkeys(name.partition(" [")[0] for name in header[6:]))
    rows = [["Respondent", "Brand", "Last", "Next", "Frequency", "Volume", "Segment", *titles]]
    for row in WIDE[1:]:
        told = dict(zip(header, row, strict=True))
        for brand in BRANDS:
            marks = ["yes" if told[name] == brand else "no" for name in ("last_brand", "next_brand")]
            rated = [told[f"{title} [{brand}]"] for title in titles]
            rows.append([told["respondent"], brand, *marks, *row[3:6], *rated])
    return rows


def test_a_row_a_person_and_a_row_a_brand_say_the_same(tmp_path: Path) -> None:
    wide = read_brand_survey(written(tmp_path / "wide.csv", WIDE))
    long = read_brand_survey(written(tmp_path / "long.csv", as_long(), ";"))
    assert (wide.layout, long.layout) == ("wide", "long")
    assert wide.ratings == long.ratings
    assert wide.rows.num_rows == long.rows.num_rows == 3 * 60
    names = ["respondent", "brand", "is_last", "next_chance", "purchases_a_year", "spend", *wide.ratings]
    assert wide.rows.select(names).equals(long.rows.select(names))


def test_a_segment_told_in_one_of_a_person_s_rows_is_kept(tmp_path: Path) -> None:
    rows = [[*row[:6], "" if at % 3 != 1 else row[6], *row[7:]] if at else row for at, row in enumerate(as_long())]
    wide = read_brand_survey(written(tmp_path / "wide.csv", WIDE))
    long = read_brand_survey(written(tmp_path / "long.csv", rows))
    segments = answers_of(wide.rows, wide.ratings).survey.segments
    assert len(set(segments)) > 1
    assert answers_of(long.rows, long.ratings).survey.segments.tolist() == segments.tolist()


def test_chances_in_per_cent_add_up_to_one_and_who_says_nothing_is_counted(tmp_path: Path) -> None:
    rows = [[*row[:2], *row[3:], *(["60", "40", ""] if i > 2 else [""] * 3)] for i, row in enumerate(WIDE[1:])]
    header = [*WIDE[0][:2], *WIDE[0][3:], *(f"next [{brand}]" for brand in BRANDS)]
    read = read_brand_survey(written(tmp_path / "chances.csv", [header, *rows]))
    answers = answers_of(read.rows, read.ratings)
    assert answers.left_out == {"said of no brand that they would buy it next": 3}
    assert answers.asked == answers.survey.size + 3 == 60
    assert answers.survey.chances[0].tolist() == [0.6, 0.4, 0.0]


def test_missing_answers_are_filled_and_told(tmp_path: Path) -> None:
    rows = [list(row) for row in WIDE]
    rows[1][3] = rows[1][6] = ""
    read = read_brand_survey(written(tmp_path / "gaps.csv", rows))
    answers = answers_of(read.rows, read.ratings)
    assert answers.filled == 1
    assert "1 people did not say how often they buy in a year; the median," in answers.notes[0]
    told = answers_of(read.rows, read.ratings, purchases_a_year=7.0)
    assert told.survey.purchases_a_year[0] == 7.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: [row[1:] for row in rows], "No column says who answered"),
        (lambda rows: [row[:6] for row in rows], "No column names a brand"),
        (lambda rows: [rows[0], *([*row[:6], "good", *row[7:]] for row in rows[1:])], 'Line 2, column "value: price'),
        (lambda rows: [*rows, rows[-1]], "is not the only one of 60"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_mend(tmp_path: Path, change: object, said: str) -> None:
    with pytest.raises(UnreadableSurveyError, match=said.replace("[", r"\[")):
        read_brand_survey(written(tmp_path / "survey.csv", change(WIDE)))  # type: ignore[operator]


def test_without_a_next_choice_nothing_can_be_learned(tmp_path: Path) -> None:
    read = read_brand_survey(written(tmp_path / "survey.csv", [[*row[:2], *row[3:]] for row in WIDE]))
    with pytest.raises(UnusableSurveyError, match="Nobody says which brand they would buy next"):
        answers_of(read.rows, read.ratings)
