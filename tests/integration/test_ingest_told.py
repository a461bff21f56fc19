"""What the account of an import says of its files, or why there is none."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from keepers.core.errors import KeepersError
from keepers.ingest import ImportOptions, OrderImport, read_orders


def read(folder: Path, text: str) -> OrderImport:
    (folder / "file.csv").write_text(text)
    options = ImportOptions(now=datetime(2022, 1, 1, tzinfo=UTC))
    return read_orders([folder / "file.csv"], options=options, into=folder / "out")


def test_rows_of_days_to_come_are_told(tmp_path: Path) -> None:
    report = read(tmp_path, "customer,date,amount\n1,2021-01-31,5\n1,2099-03-01,5\n").report
    assert (report.last_come, report.last_order) == (date(2021, 1, 31), date(2099, 3, 1))
    assert any("1 row is of a day to come, up to 2099-03-01" in note for note in report.notes)


def test_a_table_of_contracts_is_named_as_one(tmp_path: Path) -> None:
    stays = "account_id,started_on,canceled_on,mrr\na1,2026-03-12,2026-05-12,18.99\na2,2024-04-02,2025-01-02,9\n"
    with pytest.raises(KeepersError, match="pass --contract to keepers value"):
        read(tmp_path, stays)


def test_a_table_of_products_beside_orders_is_named(tmp_path: Path) -> None:
    (tmp_path / "products.csv").write_text("sku,product name,category\np1,Mug,Kitchen\n")
    (tmp_path / "orders.csv").write_text("customer,date,sku,amount\n1,2021-01-31,p1,5\n")
    files = [tmp_path / "orders.csv", tmp_path / "products.csv"]
    told = read_orders(files, options=ImportOptions(), into=tmp_path / "out").report.notes
    assert "products.csv was read as a table of products." in told
