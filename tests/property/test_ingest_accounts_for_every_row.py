"""Laws of the importer on generated messy files: nothing is lost, and the order of the rows does not matter."""

import csv
import io
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

import polars as pl
from how_many import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepers.core.errors import KeepersError
from keepers.ingest import ImportOptions, OrderImport, read_orders

_CELLS = st.one_of(
    st.sampled_from(
        ["", "NA", "007", "12", "1,5", "(3.00)", "€ 4", "x\ny", 'say "hi"', "a;b", "Total", "2021-02-03", "31.12.2020"]
    ),
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=("Cs",)), max_size=8),
)
_GOOD = st.tuples(
    st.sampled_from(["0001", "0002", "0003"]),
    st.dates(min_value=date(2019, 1, 1), max_value=date(2021, 12, 31)).map(str),
    st.integers(-500, 5000).map(lambda cents: f"{cents / 100:.2f}"),
    _CELLS,
)
_ROWS = st.lists(
    st.one_of(_GOOD.map(list), _GOOD.map(list), st.lists(_CELLS, min_size=1, max_size=6)), min_size=1, max_size=25
)
_FAST = settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])
_HEADER = ["customer", "date", "amount", "note"]


def _written(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_HEADER, ["0009", "2020-05-05", "5.00", "anchor"], *rows])
    return text.getvalue()


def _read(content: str) -> tuple[OrderImport, pl.DataFrame, pl.DataFrame]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        path.write_text(content, encoding="utf-8", newline="")
        got = read_orders([path], options=ImportOptions(dates="dmy"), into=Path(folder) / "out")
        lines = pl.read_parquet(list(got.lines))
        rejected = pl.read_parquet(got.rejects) if got.rejects else pl.DataFrame()
    return got, lines, rejected


def _records(content: str) -> list[tuple[int, list[str]]]:
    """Each record below the header that is not blank, with its physical line, as Python's own reader sees it."""
    reader = csv.reader(io.StringIO(content, newline=""))
    next(reader)
    records, line = [], reader.line_num + 1
    for record in reader:
        if any(cell.strip() for cell in record):
            records.append((line, record))
        line = reader.line_num + 1
    return records


@_FAST
@given(rows=_ROWS)
def test_accepted_and_rejected_are_the_rows_read(rows: list[list[str]]) -> None:
    content = _written(rows)
    got, lines, rejected = _read(content)
    report = got.report
    assert report.rows_read == len(_records(content))
    assert report.rows_accepted + report.rows_rejected == report.rows_read
    assert lines.height == report.rows_accepted
    assert rejected.height == report.rows_rejected
    assert sum(count.rows for count in report.rejected.values()) == report.rows_rejected
    assert sum(count.rows for count in report.lines_by_kind.values()) == report.rows_accepted


@_FAST
@given(rows=_ROWS)
def test_a_rejected_row_can_be_found_by_its_line(rows: list[list[str]]) -> None:
    content = _written(rows)
    _, _, rejected = _read(content)
    begins = {line for line, _ in _records(content)}
    assert not rejected.height or set(rejected["line_number"]) <= begins


@_FAST
@given(rows=st.lists(_GOOD.map(list), min_size=1, max_size=25), data=st.data())
def test_the_order_of_the_rows_does_not_matter(rows: list[list[str]], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    _, lines, _ = _read(_written(rows))
    _, again, _ = _read(_written(list(shuffled)))
    keys = ["order_id", "line_number", "external_id", "ordered_on", "revenue"]
    assert Counter(lines.select(keys).iter_rows()) == Counter(again.select(keys).iter_rows())


@_FAST
@given(rows=st.lists(_GOOD.map(list), min_size=1, max_size=25))
def test_the_lines_of_an_order_are_numbered_from_one_without_gaps(rows: list[list[str]]) -> None:
    _, lines, _ = _read(_written(rows))
    for _, order in lines.group_by("order_id"):
        assert sorted(order["line_number"]) == list(range(1, order.height + 1))


@_FAST
@given(content=st.text(alphabet='ab1,;"\n\t .', max_size=80))
def test_any_text_is_read_or_refused_in_words(content: str) -> None:
    try:
        got, _, _ = _read("customer,date,amount\n1,2020-01-31,5\n" + content)
    except KeepersError as refusal:
        assert str(refusal).endswith(".")
    else:
        assert got.report.rows_accepted + got.report.rows_rejected == got.report.rows_read
