"""An import that waits for a yes: looked at by its head, kept whole, landed later by another process."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keepers.ingest.heads import heads_of
from keepers.ingest.report import ImportOptions
from keepers.loop.imports.importing import PreparedImport, land, prepare_import
from keepers.loop.imports.staged import (
    NotPreparedError,
    first_lines,
    keep_prepared,
    prepared_in,
    rejects_between,
    without_folders,
)
from keepers.loop.workspace import Workspace, imports_of
from keepers.warehouse.delta import DeltaStore

NOON = datetime(2026, 8, 12, 12, tzinfo=UTC)
ORDERS = (
    "order_id,customer_id,order_date,amount,paid,currency\n"
    "1,anna,2024-01-13,20.00,18.00,EUR\n2,ben,2024-01-14,30.00,27.00,EUR\n3,ben,never,1.00,1.00,EUR\n"
)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS, encoding="utf-8")
    return path


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


def _prepared(workspace: Workspace, orders: Path, folder: Path, options: ImportOptions) -> PreparedImport:
    folder.mkdir()
    with workspace.opened() as store:
        return prepare_import(store, [orders], options=options, into=folder)


def test_a_prepared_import_is_read_back_as_it_was_kept(workspace: Workspace, orders: Path, tmp_path: Path) -> None:
    prepared = _prepared(workspace, orders, tmp_path / "staging", ImportOptions())
    keep_prepared(prepared, tmp_path / "staging")
    assert prepared_in(tmp_path / "staging") == prepared


def test_an_import_that_was_not_kept_to_the_end_is_none(tmp_path: Path) -> None:
    with pytest.raises(NotPreparedError, match="Check them again"):
        prepared_in(tmp_path)


def test_a_kept_import_lands_with_the_names_of_its_files_only(
    workspace: Workspace, orders: Path, tmp_path: Path
) -> None:
    keep_prepared(_prepared(workspace, orders, tmp_path / "staging", ImportOptions()), tmp_path / "staging")
    with workspace.opened() as store:
        land(workspace, store, without_folders(prepared_in(tmp_path / "staging")), at=NOON)
        landed = imports_of(store)
    assert [(state["rows_accepted"], state["rows_rejected"], state["recorded_at"]) for state in landed] == [
        (2, 1, NOON)
    ]
    assert '"path": "orders.csv"' in landed[0]["files"]


def test_the_first_lines_leave_out_what_no_line_fills(workspace: Workspace, orders: Path, tmp_path: Path) -> None:
    prepared = _prepared(workspace, orders, tmp_path / "staging", ImportOptions())
    lines = first_lines(prepared, rows=1)
    assert [line["external_id"] for line in lines] == ["anna"]
    assert "channel" not in lines[0]
    assert prepared.imported.rejects is not None
    assert [
        (row["file"], row["line_number"]) for row in rejects_between(prepared.imported.rejects, after=0, rows=9)
    ] == [("orders.csv", 4)]


def test_a_header_left_aside_is_taken_for_nothing(workspace: Workspace, orders: Path, tmp_path: Path) -> None:
    options = ImportOptions(mapping={"revenue": "paid"}, aside=("amount",))
    prepared = _prepared(workspace, orders, tmp_path / "staging", options)
    assert prepared.input["revenue"] == 45.0
    assert "amount" not in prepared.input["mapping"].values()


def test_leaving_nothing_aside_names_an_import_as_before(workspace: Workspace, orders: Path, tmp_path: Path) -> None:
    plain, same, other = (
        _prepared(workspace, orders, tmp_path / name, options).batch_id
        for name, options in (
            ("plain", ImportOptions()),
            ("same", replace(ImportOptions(), aside=())),
            ("other", ImportOptions(aside=("paid",))),
        )
    )
    assert plain == same
    assert plain != other


def test_a_head_tells_each_column_with_cells_and_reasons(orders: Path) -> None:
    head = heads_of([orders], ImportOptions())[0]
    assert (head.holds, head.problem) == ("orders", "")
    columns = {column.header: column for column in head.columns}
    assert columns["amount"].column == "revenue"
    assert columns["amount"].cells == ("20.00", "30.00", "1.00")
    assert columns["customer_id"].score == 1.0
    assert columns["customer_id"].why


def test_what_is_wrong_with_a_file_is_said_in_its_head(orders: Path, tmp_path: Path) -> None:
    empty, people = tmp_path / "empty.csv", tmp_path / "people.csv"
    empty.touch()
    people.write_text("age,job\n30,cook\n41,clerk\n", encoding="utf-8")
    contracts = tmp_path / "contracts.csv"
    rows = "".join(f"C{at},2024-0{at}-01,2024-0{at + 2}-01,9\n" for at in range(1, 7))
    contracts.write_text(f"customer,start_date,end_date,amount\n{rows}")
    heads = heads_of([orders, empty, people, contracts], ImportOptions())
    assert [head.holds for head in heads] == ["orders", "nothing", "nothing", "nothing"]
    assert "looks like a table of contracts" in heads[3].problem
    assert heads[1].problem == "empty.csv is empty: it holds no rows. Export it again."
    assert "shows no column for the date of an order" in heads[2].problem
    assert [column.header for column in heads[2].columns] == ["age", "job"]


def test_incoming_lines_find_scratch_space_before_the_first_import(tmp_path: Path) -> None:
    store = DeltaStore(tmp_path / "home" / "warehouse")
    store.pinned().holding("incoming_lines", ())
    assert len(list((tmp_path / "home" / "warehouse").glob("scratch-*"))) == 1
    store.close()
    assert list((tmp_path / "home" / "warehouse").iterdir()) == []
