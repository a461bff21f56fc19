"""The demo's history ends now."""

from datetime import date
from pathlib import Path

import polars as pl

from keepers.cli.demo.dates import moved
from keepers.ingest.orders import read_orders
from keepers.ingest.report import ImportOptions

TODAY = date(2026, 11, 23)  # a Monday


def test_histories_end_within_the_last_week_on_the_same_weekdays(tmp_path: Path) -> None:
    (tmp_path / "into").mkdir()
    grocer, shop, products = (
        tmp_path / name for name in ("transactions.parquet", "CDNOW_master.txt", "products.parquet")
    )
    at = pl.Series("transaction_timestamp", ["2017-01-01 11:53:00", "2018-01-01 04:01:00"]).str.to_datetime()
    pl.DataFrame([pl.Series("household_id", [1, 2]), at]).write_parquet(grocer)
    header = "customer_id  date number_of_cds  dollar_value"
    shop.write_text(f" {header}\n 00001 19970101  1   11.77\n 00002 19980630  5   77.00\n\n", encoding="utf-8")
    files = moved([grocer, products, shop], today=TODAY, into=tmp_path / "into")
    assert [file.name for file in files] == ["transactions.parquet", "products.parquet", "CDNOW_master.txt"]
    assert files[1] == products
    lines = pl.read_parquet(files[0])
    assert lines["household_id"].to_list() == [1, 2]
    told = [str(moment) for moment in lines["transaction_timestamp"].to_list()]
    assert told == ["2025-11-23 11:53:00", "2026-11-23 04:01:00"]
    lines = read_orders([files[2]], options=ImportOptions(), into=tmp_path / "lines").lines
    told = pl.read_parquet(lines).sort("external_id")
    assert told["external_id"].to_list() == ["00001", "00002"]
    assert told["ordered_on"].to_list() == [date(2025, 5, 21), date(2026, 11, 17)]
    assert [float(each) for each in told["revenue"].to_list()] == [11.77, 77.0]
