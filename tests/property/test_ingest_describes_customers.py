"""Laws of what an import says of its customers, on generated files: it never costs a row, and names nobody unknown."""

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

from keepers.ingest import ImportOptions, read_orders
from keepers.warehouse.tables import CUSTOMER_ATTRIBUTES

_TEXT = st.text(
    alphabet=st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=("Cs",)), max_size=8
)
_ROW = st.tuples(
    st.sampled_from(["K1", "K2", "K3", "", "guest"]),
    st.one_of(st.dates(min_value=date(2019, 1, 1), max_value=date(2021, 12, 31)).map(str), st.just("no day")),
    st.integers(-500, 5000).map(lambda cents: f"{cents / 100:.2f}"),
    st.one_of(st.sampled_from(["Alice Adler", "Bob Bach", "-", "n/a", ""]), _TEXT),
    st.one_of(st.sampled_from(["A@example.com", "b@example.com", "no", "a@b@c.d"]), _TEXT),
)
_HEADER = ("customer id", "date", "amount", "customer name", "e-mail")
_ANCHOR = ("K9", "2020-05-05", "5.00", "Eve Ernst", "eve@example.com")


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(_ROW, max_size=20), data=st.data())
def test_descriptions_cost_no_row_and_name_only_known_customers(
    rows: list[tuple[str, ...]], data: st.DataObject
) -> None:
    report, lines, told = _read(rows)
    assert report == (len(rows) + 1, lines.height)
    assert set(told["external_id"]) <= set(lines["external_id"].drop_nulls())
    assert told["external_id"].is_unique().all()
    assert told["email"].drop_nulls().str.contains(r"^[^@\sA-Z]+@[^@\sA-Z]+\.[^@\s.A-Z]+$").all()
    assert not told["name"].drop_nulls().str.contains(r"^\s|\s$|^$|^-$|\p{Cc}").any()
    assert (told["described_on"] <= lines["ordered_on"].max()).all()
    _, _, again = _read(data.draw(st.permutations(rows)))
    assert again.sort("external_id").rows() == told.sort("external_id").rows()


def _read(rows: list[tuple[str, ...]]) -> tuple[tuple[int, int], pl.DataFrame, pl.DataFrame]:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_HEADER, _ANCHOR, *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        path.write_text(text.getvalue(), encoding="utf-8", newline="")
        got = read_orders([path], options=ImportOptions(dates="ymd"), into=Path(folder) / "out")
        lines, told = pl.read_parquet(list(got.lines)), _told(got.customers)
    assert got.report.rows_accepted + got.report.rows_rejected == got.report.rows_read
    return (got.report.rows_read, got.report.rows_accepted), lines, told


def _told(parts: Sequence[Path]) -> pl.DataFrame:
    """What is said of customers; nothing where too few cells of any column say it."""
    if parts:
        return pl.read_parquet(list(parts))
    nobody = pl.from_arrow(CUSTOMER_ATTRIBUTES.schema.empty_table())
    assert isinstance(nobody, pl.DataFrame)
    return nobody
