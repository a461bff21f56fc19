"""The quick ways through plain files end where the careful ones do: each is taken and the rows are compared."""

import csv
import io
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl
from how_many import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from keepers.ingest import ImportOptions
from keepers.ingest.passes.cleaning import clean, whole_ids
from keepers.ingest.passes.reading import Staged, read_as_assumed, read_lines
from keepers.ingest.passes.writing import write_lines
from keepers.ingest.products import products_of
from keepers.ingest.recognising.layouts import layouts_of
from keepers.ingest.recognising.whole_columns import Assumed, survey
from keepers.ingest.report import ImportReport
from keepers.ingest.sources import Block
from keepers.ingest.sources.delimited import DelimitedSource

_HEADER = ["order id", "customer", "date", "amount", "quantity", "product"]
_ODD = ["", " ", "NA", "007", "-0", "+5", "1.2E+5", "1.5%", "1.234", "0.50", "5.", "1e3", "inf", "€ 4", "C10023",
        "guest", "A@b.c", "Total", "31.12.2020", "2021-3-4", "2021-03-04 10:11", "POST", "Žoga"]  # fmt: skip
_PLAIN_ROW = st.tuples(
    st.integers(1000, 1006).map(str),
    st.integers(0, 12).map(str),
    st.dates(min_value=date(2019, 1, 1), max_value=date(2021, 12, 31)).map(str),
    st.integers(-300, 5000).map(lambda cents: f"{cents / 100:.2f}"),
    st.integers(-1, 4).map(str),
    st.integers(1, 9).map(str),
).map(list)
_OPTIONS = ImportOptions(dates="dmy")
_FAST = settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def _rows(draw: st.DrawFn) -> list[list[str]]:
    """Plain rows, a few cells of which were written by hand; some rows miss their end or are blank."""
    rows = draw(st.lists(_PLAIN_ROW, min_size=1, max_size=20))
    for _ in range(draw(st.integers(0, 4))):
        row = draw(st.sampled_from(rows))
        row[draw(st.integers(0, len(row) - 1))] = draw(st.sampled_from(_ODD))
    if draw(st.booleans()):
        rows.append(draw(st.sampled_from([[""] * len(_HEADER), rows[0][:4], [*rows[0], "more"]])))
    return rows


def _file(folder: str, rows: Sequence[Sequence[str]], *, quotes: bool = False) -> Path:
    """With quotes around one cell, none of the block can be taken for plain."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_HEADER, *rows])
    path = Path(folder) / ("quotes.csv" if quotes else "plain.csv")
    first = '1000,"1",2020-05-05,5.00,1,1\n' if quotes else "1000,1,2020-05-05,5.00,1,1\n"
    path.write_text(text.getvalue() + first, encoding="utf-8", newline="")
    return path


def _told(staged: Staged, into: Path) -> tuple[ImportReport, pl.DataFrame, pl.DataFrame]:
    """The account, the lines and the rejected rows."""
    layouts = staged.readings.layouts
    got = write_lines(staged, products_of(layouts, staged, _OPTIONS), _OPTIONS, into, None)
    rejects = pl.read_parquet(got.rejects) if got.rejects else pl.DataFrame()
    return got.report, pl.concat([pl.read_parquet(part) for part in got.lines]), rejects


@_FAST
@given(rows=_rows())
def test_what_is_read_without_a_survey_is_what_is_read_after_one(rows: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        layouts = layouts_of([_file(folder, rows)], _OPTIONS)
        quick, careful = Path(folder) / "quick", Path(folder) / "careful"
        quick.mkdir()
        careful.mkdir()
        staged = read_as_assumed(Assumed.of(layouts, _OPTIONS), quick, None)
        if staged is None:
            assert not list(quick.iterdir())
            return
        report, lines, rejects = _told(staged, quick)
        expected, expected_lines, expected_rejects = _told(
            read_lines(survey(layouts, _OPTIONS, None), careful, None), careful
        )
        assert report == expected
        assert_frame_equal(lines, expected_lines)
        assert_frame_equal(rejects, expected_rejects)


@_FAST
@given(rows=_rows())
def test_a_plain_block_is_what_one_with_quotes_is(rows: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain, careful = (_blocks(_file(folder, rows, quotes=quotes)) for quotes in (False, True))
        for found, expected in zip(plain, careful, strict=True):
            assert_frame_equal(found.rows, expected.rows)
            assert found.line_numbers.to_list() == expected.line_numbers.to_list()
            assert found.blank_lines == expected.blank_lines
            assert [row.line_number for row in found.broken] == [row.line_number for row in expected.broken]
            every = range(found.rows.height)
            assert found.text_of(every) == [text.replace('"', "") for text in expected.text_of(every)]


def _blocks(path: Path) -> list[Block]:
    source = DelimitedSource.open(path)
    assert source is not None
    return list(source.blocks())


@_FAST
@given(rows=_rows())
def test_ids_known_to_be_whole_numbers_make_the_same_lines(rows: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        layouts = layouts_of([_file(folder, rows)], _OPTIONS)
        ((layout, reading),) = Assumed.of(layouts, _OPTIONS).readings.files
        for block in layout.blocks():
            known = whole_ids(block.rows, reading)
            assert_frame_equal(clean(block.rows, reading, whole=known), clean(block.rows, reading))
