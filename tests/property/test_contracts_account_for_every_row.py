"""Whatever a table of contracts holds, every row read is accepted or rejected with a reason."""

import tempfile
from pathlib import Path

import pyarrow.parquet as pq
from how_many import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from keepers.ingest.contracts import NoContractsError, read_contracts
from keepers.ingest.report import ImportOptions

CUSTOMERS = st.sampled_from(["A1", "A2", "007", "", "n/a"])
DATES = st.sampled_from(["2021-01-05", "2022-13-01", "2020-02-29", "", "active", "soon", "9999-12-31", "2019-12-31"])
AMOUNTS = st.sampled_from(["9.90", "1,234.50", "", "-3", "viel", "0"])
ROWS = st.lists(st.tuples(CUSTOMERS, DATES, DATES, AMOUNTS), min_size=1, max_size=30)


@settings(max_examples=examples(25), deadline=None)
@given(ROWS)
def test_rows_read_are_those_accepted_and_those_rejected(rows) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "contracts.csv"
        known = ["K1,2021-01-05,2021-03-05,9.90"]
        lines = [",".join(f'"{cell}"' for cell in row) for row in rows]
        path.write_text("customer_id,start_date,end_date,amount\n" + "\n".join(known + lines) + "\n", encoding="utf-8")
        try:
            found = read_contracts([path], options=ImportOptions(), into=Path(folder) / "parts")
        except NoContractsError:
            raise AssertionError("the first row can always be used") from None
        report = found.report
        assert report.rows_read == len(rows) + 1
        assert report.rows_accepted + report.rows_rejected == report.rows_read
        assert found.rows.num_rows == report.rows_accepted
        if found.rejects is not None:
            assert pq.read_table(found.rejects).num_rows == report.rows_rejected
