"""Imports into a workspace: previewed, landed once, replaced, undone, and never half seen."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from workspace_shop import Keepers, write_orders

from keepers.ingest.report import ImportOptions
from keepers.loop.imports.importing import land, prepare_import
from keepers.loop.workspace import Workspace
from keepers.warehouse.delta import DeltaStore
from keepers.warehouse.lock import WriterBusyError

MARCH = [
    ("O1", "ada", "2024-03-01", "10.00"),
    ("O2", "bob", "2024-03-02", "20.00"),
    ("O3", "ada", "2024-03-09", "5.00"),
]
REFUNDED = [("O2", "bob", "2024-03-02", "12.00"), ("O4", "eve", "2024-04-02", "7.00")]


@pytest.fixture
def keepers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Keepers:
    return Keepers(tmp_path / "home", monkeypatch, capsys)


@pytest.fixture
def march(tmp_path: Path) -> Path:
    return write_orders(tmp_path / "march.csv", MARCH)


def counted(keepers: Keepers) -> dict[str, float]:
    """Revenue of each order that counts."""
    out = keepers.home.parent / "lines.parquet"
    assert keepers("export", "active_lines", "--out", out).code == 0
    return {row["order_id"]: float(row["revenue"]) for row in pq.read_table(out).to_pylist()}


def test_a_preview_changes_nothing(keepers: Keepers, march: Path) -> None:
    said = keepers("import", march, "--dry-run")
    assert said.code == 0
    assert "2 customers with 3 orders" in said.out
    assert "Nothing was changed." in said.out
    assert keepers("imports", "--json").json == {"imports": []}


def test_a_preview_writes_no_rejects(keepers: Keepers, march: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    keepers("import", march, "--rejects", rejects, "--dry-run")
    assert not rejects.exists()
    keepers("import", march, "--rejects", rejects, "--yes")
    assert rejects.exists()


def test_an_import_prints_its_account_and_counts(keepers: Keepers, march: Path) -> None:
    found = keepers("import", march, "--json").json
    assert found["landed"] is True
    account = found["input"]
    assert (account["rows_read"], account["rows_accepted"], account["rows_rejected"]) == (3, 3, 0)
    assert (account["customers"], account["orders"], account["revenue"]) == (2, 3, 35.0)
    assert (account["first_order"], account["last_order"]) == ("2024-03-01", "2024-03-09")
    assert counted(keepers) == {"O1": 10.0, "O2": 20.0, "O3": 5.0}


def test_the_same_file_again_is_nothing_to_do(keepers: Keepers, march: Path, tmp_path: Path) -> None:
    keepers("import", march)
    said = keepers("import", march)
    assert said.code == 3
    assert "count already; nothing was changed" in said.err
    renamed = tmp_path / "other name.csv"
    renamed.write_bytes(march.read_bytes())
    assert keepers("import", renamed).code == 3
    assert counted(keepers) == {"O1": 10.0, "O2": 20.0, "O3": 5.0}


def test_a_reexported_order_with_a_refund_replaces_its_older_version_and_undo_restores_it(
    keepers: Keepers, march: Path, tmp_path: Path
) -> None:
    keepers("import", march)
    refunded = write_orders(tmp_path / "april.csv", REFUNDED)
    preview = keepers("import", refunded, "--dry-run", "--json").json["replaces"]
    assert (preview["orders"], preview["orders_replaced"], preview["lines_replaced"]) == (2, 1, 1)
    assert (preview["revenue_replaced"], preview["revenue_instead"]) == (20.0, 12.0)
    batch = keepers("import", refunded, "--json").json["batch_id"]
    assert counted(keepers) == {"O1": 10.0, "O2": 12.0, "O3": 5.0, "O4": 7.0}

    assert keepers("import", "--undo", batch).code == 0
    assert counted(keepers) == {"O1": 10.0, "O2": 20.0, "O3": 5.0}
    assert keepers("import", "--undo", batch).code == 3

    assert keepers("import", "--redo", batch[:6], "--json").json["active"] is True
    assert counted(keepers) == {"O1": 10.0, "O2": 12.0, "O3": 5.0, "O4": 7.0}


def test_undoing_the_older_import_leaves_the_newer_version(keepers: Keepers, march: Path, tmp_path: Path) -> None:
    older = keepers("import", march, "--json").json["batch_id"]
    keepers("import", write_orders(tmp_path / "april.csv", REFUNDED))
    assert keepers("import", "--undo", older, "--dry-run").code == 0
    assert len(counted(keepers)) == 4
    keepers("import", "--undo", older)
    assert counted(keepers) == {"O2": 12.0, "O4": 7.0}


def test_returns_that_come_in_without_their_order_join_it_and_none_counts_twice(
    keepers: Keepers, march: Path, tmp_path: Path
) -> None:
    keepers("import", march)
    april = [("O2", "bob", "2024-04-03", "-5.00"), ("O4", "eve", "2024-04-02", "7.00")]
    may = [("O2", "bob", "2024-04-03", "-5.00"), ("O2", "bob", "2024-05-04", "-3.00")]
    preview = keepers("import", write_orders(tmp_path / "april.csv", april), "--json").json["replaces"]
    assert (preview["orders"], preview["orders_replaced"]) == (1, 0)
    keepers("import", write_orders(tmp_path / "may.csv", may))
    out = tmp_path / "lines.parquet"
    keepers("export", "net_lines", "--out", out)
    lines = [line for line in pq.read_table(out).to_pylist() if line["order_id"] == "O2"]
    assert sorted(float(line["revenue"]) for line in lines) == [-5.0, -3.0, 20.0]
    assert {str(line["counts_on"]) for line in lines} == {"2024-03-02"}
    assert len({line["line_number"] for line in lines}) == 3

    keepers("import", write_orders(tmp_path / "whole.csv", [("O2", "bob", "2024-03-02", "12.00")]))
    assert counted(keepers)["O2"] == 12.0


def test_an_import_switched_off_comes_back_when_its_file_is_imported_again(keepers: Keepers, march: Path) -> None:
    batch = keepers("import", march, "--json").json["batch_id"]
    keepers("import", "--undo", batch)
    assert counted_or_nothing(keepers) == {}
    assert keepers("import", march, "--json").json["batch_id"] == batch
    assert counted(keepers) == {"O1": 10.0, "O2": 20.0, "O3": 5.0}


def counted_or_nothing(keepers: Keepers) -> dict[str, float]:
    said = keepers("export", "active_lines", "--out", keepers.home.parent / "none.parquet")
    assert said.code == 3
    assert "holds no orders that count" in said.err
    return {}


def test_without_order_ids_a_later_file_replaces_whole_customer_days_and_says_so(
    keepers: Keepers, tmp_path: Path
) -> None:
    header = "customer_id,order_date,amount"
    first = [("ada", "2024-03-01", "10.00"), ("ada", "2024-03-01", "4.00"), ("bob", "2024-03-02", "20.00")]
    later = [("ada", "2024-03-01", "11.00"), ("eve", "2024-03-05", "6.00")]
    keepers("import", write_orders(tmp_path / "first.csv", first, header))
    said = keepers("import", write_orders(tmp_path / "later.csv", later, header))
    assert "Replaces 1 whole customer-days" in " ".join(said.out.split())
    assert sorted(counted(keepers).values()) == [6.0, 11.0, 20.0]


def test_another_source_keeps_its_own_orders_and_shared_customers_are_named(
    keepers: Keepers, march: Path, tmp_path: Path
) -> None:
    keepers("import", march)
    shop = write_orders(tmp_path / "shop.csv", [("O1", "ada", "2024-05-01", "3.00")])
    found = keepers("import", shop, "--source", "shop", "--json").json
    assert found["replaces"]["orders_replaced"] == 0
    assert found["replaces"]["shared"] == {"orders": 1}
    out = tmp_path / "lines.parquet"
    keepers("export", "active_lines", "--out", out)
    assert pq.read_table(out).num_rows == 4


def test_rejected_rows_are_kept_in_the_workspace(keepers: Keepers, tmp_path: Path) -> None:
    bad = write_orders(tmp_path / "bad.csv", [*MARCH, ("O9", "eve", "no day", "1.00")])
    found = keepers("import", bad, "--json", "--rejects", tmp_path / "rejects.csv").json
    assert (found["input"]["rows_accepted"], found["input"]["rows_rejected"]) == (3, 1)
    kept = pq.read_table(keepers.home / "rejects" / f"{found['batch_id']}.parquet")
    assert kept["line_number"].to_pylist() == [5]
    assert "no day" in (tmp_path / "rejects.csv").read_text()


@pytest.mark.parametrize(
    "arguments", [["import"], ["import", "a.csv", "--undo", "b"], ["import", "--undo", "a", "--list"]]
)
def test_asking_for_nothing_or_two_things_is_a_usage_error(keepers: Keepers, arguments: list[str]) -> None:
    assert keepers(*arguments).code == 2


def test_an_unknown_import_is_named_with_those_there_are(keepers: Keepers, march: Path) -> None:
    batch = keepers("import", march, "--json").json["batch_id"]
    said = keepers("import", "--undo", "zzz")
    assert said.code == 1
    assert f'"zzz". Imports of this workspace: {batch}' in said.err


def test_a_workspace_that_is_a_file_is_refused_in_a_sentence(keepers: Keepers, march: Path) -> None:
    keepers.home.write_text("not a folder")
    said = keepers("import", march)
    assert said.code == 1
    assert "The workspace" in said.err
    assert "KEEPERS_HOME" in said.err


def test_looking_at_a_workspace_that_is_not_there_makes_none(keepers: Keepers) -> None:
    assert keepers("imports").code == 0
    assert keepers("export", "--out", keepers.home.parent / "values.csv").code == 3
    assert keepers("doctor").code == 0
    assert not keepers.home.exists()


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    yield Workspace(tmp_path / "home")


def test_readers_during_a_write_see_whole_commits_only(workspace: Workspace, tmp_path: Path) -> None:
    """Each of six files holds the same ten orders, one amount a file: a reader must never see two amounts at once."""
    files = [
        write_orders(
            tmp_path / f"{n}.csv", [(f"O{order}", "ada", f"2024-03-{order + 10}", f"{n}.00") for order in range(10)]
        )
        for n in range(1, 7)
    ]
    seen: list[set[float]] = []
    done = threading.Event()

    def read() -> None:
        reader = DeltaStore(workspace.warehouse)
        while not done.is_set():
            rows = reader.query("active_lines")
            assert rows.num_rows in {0, 10}
            seen.append({float(amount) for amount in rows["revenue"].to_pylist()})
        reader.close()

    with workspace.opened() as store:
        thread = threading.Thread(target=read)
        thread.start()
        try:
            for file in files:
                with workspace.staging() as staging:
                    prepared = prepare_import(store, [file], options=ImportOptions(), into=staging)
                    land(workspace, store, prepared, at=datetime(2024, 6, 1, tzinfo=UTC))
        finally:
            done.set()
            thread.join()
    assert all(len(amounts) <= 1 for amounts in seen)
    assert len({next(iter(amounts)) for amounts in seen if amounts}) > 1


def test_two_writers_do_not_write_at_once(workspace: Workspace) -> None:
    with workspace.opened() as store, workspace.opened(lock_timeout=0.1) as other:
        with store.writing(), pytest.raises(WriterBusyError, match="is writing to"), other.writing():
            pass
        with other.writing():
            pass
