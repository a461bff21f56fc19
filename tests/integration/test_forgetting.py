"""Somebody is forgotten in the warehouse: nothing of theirs is left, nothing comes in again, whatever dies."""

import json
import os
import shutil
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from workspace_shop import Keepers

from keepers.ingest.report import ImportOptions
from keepers.loop.forgetting import Gone, Subject, forget, raise_tombstones, subject_of, tally
from keepers.loop.imports.importing import ForgottenSinceError, land, prepare_import
from keepers.loop.imports.interactions import land_interactions
from keepers.loop.imports.keys import land_keys
from keepers.loop.tombstones import forgotten_in, key_of
from keepers.loop.workspace import Workspace, imports_of
from keepers.loop.workspace_checks import check_workspace
from keepers.warehouse.readers import StillReadError
from keepers.warehouse.tables import CUSTOMER_VALUES, INSIGHTS, NEXT_PRODUCTS, all_tables
from keepers.warehouse.tombstones import Forgotten, Mark, plain, tombstones_of

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
HEADER = "order_id,customer_id,order_date,amount,customer_name,email"
ORDERS = (
    "O1,C-ada,2026-01-05,10.00,Ada Novak,ada@example.com",
    "O2,C-ada,2026-02-07,20.00,Ada Novak,ada@example.com",
    "O3,C-bob,2026-02-09,30.00,Bob Brown,bob@example.com",
    "O4,C-old,2026-03-09,40.00,A. Novak,ada@example.com",
    "O5,C-bob,2026-03-10,not a number,Bob Brown,bob@example.com",
    "O6,C-ada,someday,50.00,Ada Novak,ada@example.com",
)
KILLS = int(os.environ.get("KEEPERS_KILLS", "5"))
ACT = {"source": "calls", "version": 1, "happened_at": NOON, "touch_kind": "call", "is_removed": False}


class KilledError(Exception):
    """The process died here."""


def order_file(folder: Path, name: str = "orders.csv", rows: tuple[str, ...] = ORDERS) -> Path:
    path = folder / name
    path.write_text("\n".join((HEADER, *rows)) + "\n")
    return path


def import_file(workspace: Workspace, path: Path) -> Any:
    with workspace.opened() as store, workspace.staging() as folder:
        forgotten = partial(forgotten_in, workspace)
        prepared = prepare_import(store, [path], options=ImportOptions(), into=folder, forgotten=forgotten)
        land(workspace, store, prepared, at=NOON)
        return prepared.imported.report


def value_row(run: str, customer: str) -> dict[str, Any]:
    days = {"first_order": date(2026, 1, 5), "last_order": date(2026, 2, 7)}
    return {"run_id": run, "customer_id": customer, "orders": 2, "repeat_orders": 1} | days


def buyers(*customers: str) -> dict[str, Any]:
    """A kept answer that names people."""
    table = {"columns": [["customer_id", "string"]], "values": [list(customers)]}
    said = {"finding": f"In 2026 customer {customers[0]} bought most.", "notes": [], "definition": ""}
    return said | {"rows": table, "shown": None, "drawn": None}


@pytest.fixture
def workspace(tmp_path: Path, first: Workspace) -> Workspace:
    """Ada, who was merged with C-old, and Bob: orders, acts, keys, values of two runs, an insight that names her."""
    return copied(first, tmp_path / "home")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("forgetting")
    made = Workspace(folder / "home")
    import_file(made, order_file(folder))
    with made.opened() as store:
        acts = [{**ACT, "interaction_id": each, "external_id": each} for each in ("C-ada", "C-bob")]
        land_interactions(store, acts, batch_id="calls-1")
        turned = {"source": "orders", "external_id": "C-old", "version": 1, "customer_id": "C-ada"}
        land_keys(store, [turned], batch_id="merge-1")
        for run, customers in (("run-1", ("C-ada", "C-old", "C-bob")), ("run-2", ("C-ada", "C-bob"))):
            store.append(CUSTOMER_VALUES.name, pa.Table.from_pylist([value_row(run, each) for each in customers]))
        offered = {"run_id": "run-2", "product_id": "tea", "proposal": "again", "reason": "Bought twice.", "rank": 1}
        proposed = [offered | {"customer_id": each} for each in ("C-ada", "C-bob")]
        store.append(NEXT_PRODUCTS.name, pa.Table.from_pylist(proposed, schema=NEXT_PRODUCTS.schema))
        kept = {"run_id": "run-2", "insight": "buyers", "by": "year", "answer": json.dumps(buyers("C-ada", "C-bob"))}
        store.append(INSIGHTS.name, pa.Table.from_pylist([kept], schema=INSIGHTS.schema))
        pinned = store.pinned()
        pinned.append_step("customer_lines", "lines_by_customer", transaction="r", as_of=NOON.date(), run_id="run-2")
    return made


def copied(workspace: Workspace, folder: Path) -> Workspace:
    shutil.copytree(workspace.folder, folder)
    return Workspace(folder)


def without_tombstones(found: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The rows but the tombstones, whose key is each workspace's own."""
    return {name: each for name, each in found.items() if name != "tombstones"}


def ada(workspace: Workspace) -> Subject:
    with workspace.opened() as store:
        return subject_of(store, ["C-ada"])


def forgets(workspace: Workspace, subject: Subject, *, keep_orders: bool = False, **more: Any) -> Gone:
    return forget(workspace, subject, keep_orders=keep_orders, at=NOON, **more)


def rows(workspace: Workspace) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table; of the imports how many rows went."""
    with workspace.opened() as store:
        found = {table.name: store.query(f"saved_{table.name}").to_pylist() for table in all_tables()}
    return {name: sorted(each, key=repr) for name, each in found.items() if each}


def traces(workspace: Workspace) -> list[str]:
    """Files that hold anything of hers, whether a table names them or not."""
    found = []
    for path in (each for each in workspace.folder.rglob("*") if each.is_file()):
        text = (
            repr(pq.read_table(path).to_pylist()) if path.suffix == ".parquet" else path.read_bytes().decode("latin1")
        )
        if any(word in text for word in ("C-ada", "C-old", "Novak", "ada@example.com")):
            found.append(str(path.relative_to(workspace.folder)))
    return found


def test_who_was_merged_is_one_person_with_all_their_names(workspace: Workspace) -> None:
    subject = ada(workspace)
    assert subject.names.ids == {"C-ada", "C-old"}
    assert ("orders", "C-old") in subject.names.pairs
    assert Mark("email", "ada@example.com") in subject.marks
    with workspace.opened() as store:
        assert tally(store, subject) == {
            "order_lines": 3, "customer_attributes": 2, "interactions": 1, "customer_keys": 1, "customer_values": 3,
            "customer_lines": 3, "insights": 1, "next_products": 1,
        }  # fmt: skip


def test_an_id_that_is_another_customer_elsewhere_is_left_to_them(workspace: Workspace) -> None:
    with workspace.opened() as store:
        turned = {"source": "calls", "external_id": "C-bob", "version": 1, "customer_id": "C-ada"}
        land_keys(store, [turned], batch_id="merge-2")
    assert "C-bob" not in ada(workspace).names.ids
    forgets(workspace, ada(workspace))
    left = rows(workspace)
    assert {row["external_id"] for row in left["order_lines"]} == {"C-bob"}
    assert "interactions" not in left


def test_nothing_is_left_in_any_file_and_the_others_are_as_they_were(workspace: Workspace) -> None:
    before = rows(workspace)
    gone = forgets(workspace, ada(workspace))
    assert gone.rows["order_lines"] == 3
    assert traces(workspace) == []
    after = rows(workspace)
    assert after["order_lines"] == [row for row in before["order_lines"] if row["external_id"] == "C-bob"]
    assert after["customer_values"] == [row for row in before["customer_values"] if row["customer_id"] == "C-bob"]
    assert [row["customer_id"] for row in after["next_products"]] == ["C-bob"]
    answer = json.loads(after["insights"][0]["answer"])
    assert answer["rows"]["values"] == [["(forgotten)", "C-bob"]]
    assert answer["finding"] == "In 2026 a customer who was forgotten bought most."
    assert [(check.name, check.found) for check in check_workspace(workspace) if not check.sound] == []


def test_killed_anywhere_and_begun_again_it_ends_the_same(tmp_path: Path, workspace: Workspace) -> None:
    subject, told = ada(workspace), list[str]()
    whole = copied(workspace, tmp_path / "whole")
    forgets(whole, subject, tell=told.append)
    for step in range(0, len(told), max(1, len(told) // KILLS)):
        copy = copied(workspace, tmp_path / f"killed-{step}")
        with pytest.raises(KilledError):
            forgets(copy, subject, tell=_dies_after(step))
        forgets(copy, subject)
        assert traces(copy) == []
        assert without_tombstones(rows(copy)) == without_tombstones(rows(whole))


def test_whoever_reads_reads_on_and_the_files_go_when_they_are_done(workspace: Workspace) -> None:
    subject = ada(workspace)
    with workspace.opened() as reader:
        seen = reader.pinned()
        with pytest.raises(StillReadError, match="begin this again"):
            forgets(workspace, subject, patience=0.1)
        assert seen.query("order_lines").num_rows == 4
        with workspace.opened() as later:
            assert later.query("order_lines").num_rows == 1
    forgets(workspace, subject)
    assert traces(workspace) == []


def test_a_run_that_began_before_brings_nothing_back(workspace: Workspace) -> None:
    subject, said = ada(workspace), list[str]()
    with workspace.opened() as run:
        seen = run.pinned()

        def ends_while_waited_for(stage: str) -> None:
            if stage == "waiting" and "waiting" not in said:
                values = pa.Table.from_pylist([value_row("run-3", "C-ada"), value_row("run-3", "C-bob")])
                seen.append(CUSTOMER_VALUES.name, values)
                run.close()
            said.append(stage)

        forgets(workspace, subject, tell=ends_while_waited_for)
    assert traces(workspace) == []
    assert [row["run_id"] for row in rows(workspace)["customer_values"]] == ["run-1", "run-2", "run-3"]


def test_a_file_that_names_them_again_is_read_without_their_rows(tmp_path: Path, workspace: Workspace) -> None:
    forgets(workspace, ada(workspace))
    again = (*ORDERS[:4], "O9,C-new,2026-04-01,9.00,Ada Novak,Ada@Example.com", "O8,C-eve,2026-04-01,9.00,Eve,e@x.org")
    torn = "O7,C-ada,2026-04-02,9.00,Ada Novak,ada@example.com,one,more"
    report = import_file(workspace, order_file(tmp_path, "again.csv", (*again, torn)))
    assert report.rows_read == report.rows_accepted + report.rows_rejected == 7
    assert report.rejected["they were forgotten at their own wish"].rows == 4
    assert report.rejected["wrong number of fields"].rows == 1
    assert {row["external_id"] for row in rows(workspace)["order_lines"]} == {"C-bob", "C-eve"}
    assert traces(workspace) == []


def test_a_head_of_theirs_that_has_no_lines_leaves_no_text(tmp_path: Path, workspace: Workspace) -> None:
    forgets(workspace, ada(workspace))
    (tmp_path / "invoices.csv").write_text(
        "invoice_no,customer_id,invoice_date,email\nI1,C-eve,2026-04-01,\nI2,C-eve,2026-04-03,\n"
        "I3,C-ada,2026-04-02,ada@example.com\n"
    )
    (tmp_path / "lines.csv").write_text("invoice_no,product,quantity,unit_price\nI1,Mug,1,5.00\nI2,Pen,2,1.50\n")
    report = import_file(workspace, tmp_path)
    assert (report.rows_accepted, report.rejected["the head of an order without lines"].rows) == (2, 1)
    assert traces(workspace) == []


def test_files_read_before_are_read_once_more(tmp_path: Path, workspace: Workspace) -> None:
    subject, path = ada(workspace), order_file(tmp_path, "more.csv", (*ORDERS, "O7,C-ada,2026-05-01,1,Ada Novak,"))
    with workspace.opened() as store, workspace.staging() as folder:
        prepared = prepare_import(store, [path], options=ImportOptions(), into=folder)
        store.close()
        forgets(workspace, subject)
        with workspace.opened() as later, pytest.raises(ForgottenSinceError, match="Read them once more"):
            land(workspace, later, prepared, at=NOON)


def test_whoever_is_forgotten_while_files_are_begun_to_be_read_is_noticed(tmp_path: Path, workspace: Workspace) -> None:
    subject, path = ada(workspace), order_file(tmp_path, "more.csv", (*ORDERS, "O7,C-ada,2026-05-01,1,Ada Novak,"))

    def just_before() -> Forgotten:
        seen = forgotten_in(workspace)
        raise_tombstones(workspace, subject, at=NOON)
        return seen

    with workspace.opened() as store, workspace.staging() as folder:
        prepared = prepare_import(store, [path], options=ImportOptions(), into=folder, forgotten=just_before)
        with pytest.raises(ForgottenSinceError):
            land(workspace, store, prepared, at=NOON)


def test_acts_that_come_late_are_left_out(workspace: Workspace) -> None:
    forgets(workspace, ada(workspace))
    acts = [{**ACT, "interaction_id": f"2-{each}", "external_id": each} for each in ("C-ada", "C-bob")]
    with workspace.opened() as store:
        land_interactions(store, acts, batch_id="calls-2", forgotten=partial(forgotten_in, workspace))
    assert [row["external_id"] for row in rows(workspace)["interactions"]] == ["C-bob", "C-bob"]


def test_orders_may_stay_as_nobody_s(tmp_path: Path, workspace: Workspace) -> None:
    before = rows(workspace)["order_lines"]
    gone = forgets(workspace, ada(workspace), keep_orders=True)
    assert gone.renamed == 3
    assert traces(workspace) == []
    after = rows(workspace)["order_lines"]
    assert sorted(row["revenue"] for row in after) == sorted(row["revenue"] for row in before)
    stand_ins = {row["external_id"] for row in after} - {"C-bob"}
    assert len(stand_ins) == 1
    assert next(iter(stand_ins)).startswith("forgotten-")
    assert len({row["order_id"] for row in after} - {"O3"}) == 3
    assert [check.name for check in check_workspace(workspace) if not check.sound] == []
    import_file(workspace, order_file(tmp_path, "again.csv", (*ORDERS, "O8,C-eve,2026-04-01,9.00,Eve,e@x.org")))
    assert len(rows(workspace)["order_lines"]) == 4 + 2


def test_what_went_is_told_with_the_import(workspace: Workspace) -> None:
    forgets(workspace, ada(workspace))
    with workspace.opened() as store:
        state = imports_of(store)[0]
    assert (state["rows_accepted"], state["rows_forgotten"]) == (4, 3)


def test_a_subject_is_kept_as_json_and_comes_back(workspace: Workspace) -> None:
    subject = ada(workspace)
    assert Subject.from_kept(json.loads(json.dumps(subject.as_kept()))) == subject


def test_marks_are_compared_however_they_are_written() -> None:
    assert plain("email", " Ada@Example.com") == plain("email", "ada@example.com")
    assert plain("phone", "+386 (1) 555-12") == plain("phone", "386155512")
    assert plain("id", " C1 ") == "C1"


def test_an_address_is_known_whether_it_is_told_as_an_id_or_as_an_address() -> None:
    gone = Forgotten(b"key", frozenset(tombstones_of(b"key", [Mark("id", "Ada@example.com", "shop")])))
    assert gone.knows([Mark("email", "ada@example.com")])
    assert gone.among(["ADA@example.com", "bob@example.com"], source="elsewhere") == {"ADA@example.com"}
    met = Forgotten(b"key", frozenset(tombstones_of(b"key", [Mark("email", "ada@example.com")])))
    assert met.knows([Mark("id", "ada@example.com")])
    assert not met.knows([Mark("id", "C-ada"), Mark("id", "")])


def test_the_key_is_made_once_and_for_its_owner_alone(workspace: Workspace) -> None:
    assert key_of(workspace) == key_of(workspace)
    assert (workspace.folder / "tombstone-key").stat().st_mode & 0o077 == 0


def _dies_after(steps: int) -> Any:
    left = [steps]

    def tell(_stage: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KilledError

    return tell


def test_the_command_line_forgets_where_nothing_was_ever_served(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keepers = Keepers(workspace.folder, monkeypatch, capsys)
    assert keepers("forget", "C-ada", "--dry-run", "--json").json["rows"]["order_lines"] == 3
    assert "Nobody is known" in keepers("forget", "C-nobody", "--yes").err
    assert keepers("forget", "C-ada", "--yes", "--json").json["forgotten"] is True
    assert traces(workspace) == []
    assert keepers("forget", "C-ada", "--back", "--json").json["tombstones"] == 3, "everywhere, and in each source"
    assert keepers("forget", "ada@example.com", "--back").code == 0
    assert keepers("forget", "ada@example.com", "--back").code == 3
    assert "never been served" in keepers("export", "--customer", "C-bob", "--out", "bob.zip").err
