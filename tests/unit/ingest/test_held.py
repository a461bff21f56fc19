"""What the reading leaves for the writing."""

from functools import partial
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keepers.ingest import ImportOptions
from keepers.ingest.orders import read_orders
from keepers.ingest.passes import reading
from keepers.ingest.passes.held import Shelf, look_at, take


def test_what_fits_stays_in_memory_and_the_rest_lies_on_disk_until_it_is_taken(tmp_path: Path) -> None:
    rows = pl.DataFrame({"order": [1, 2]})
    shelf = Shelf(tmp_path, room=int(rows.estimated_size()))
    first, second = shelf.put(rows, "first"), shelf.put(rows, "second")
    assert [path.name for path in tmp_path.iterdir()] == ["second.arrow"]
    assert look_at(first).rows() == look_at(second).rows() == [(1,), (2,)]
    assert take(first).equals(take(second))
    assert not list(tmp_path.iterdir())


def test_an_import_without_room_in_memory_has_the_same_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(
        "order_id,customer_id,order_date,amount\n1,7,2024-01-02,5.00\n1,7,2024-01-02,6.00\n1,7,2024-01-02,6.00\n"
    )
    roomy = read_orders([file], options=ImportOptions(), into=tmp_path / "roomy")
    monkeypatch.setattr(reading, "Shelf", partial(Shelf, room=0))
    cramped = read_orders([file], options=ImportOptions(), into=tmp_path / "cramped")
    assert cramped.report == roomy.report
    assert pa.concat_tables(map(pq.read_table, cramped.lines)).equals(pa.concat_tables(map(pq.read_table, roomy.lines)))
    assert not list((tmp_path / "cramped").glob("*.arrow"))
