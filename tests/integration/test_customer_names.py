"""Who the customers are, from an order file to the view that the browser's pages read."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from keepers.cli.demo.names import attributes_of
from keepers.ingest import ImportOptions, OrderImport, descriptions, read_orders
from keepers.loop.imports.importing import land, prepare_import, switch, with_customers
from keepers.loop.imports.staged import keep_prepared, prepared_in
from keepers.loop.workspace import Workspace
from keepers.warehouse.delta import DeltaStore
from keepers.warehouse.tables import CUSTOMER_KEYS, all_tables

NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)
HEADER = "order id,customer id,order date,amount,Customer Name,E-Mail,City"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


@pytest.fixture
def store(workspace: Workspace) -> Iterator[DeltaStore]:
    with workspace.opened() as opened:
        yield opened


def read(folder: Path, text: str, **options: Any) -> OrderImport:
    path = folder / "orders.csv"
    path.write_text(text, encoding="utf-8")
    return read_orders([path], options=ImportOptions(**options), into=folder / "out")


def told(imported: OrderImport) -> dict[str, dict[str, Any]]:
    """What is known of each customer, without what is not."""
    rows = pl.read_parquet(list(imported.customers)).to_dicts() if imported.customers else []
    kept = {"source", "batch_id", "external_id", "described_on"}
    return {
        row["external_id"]: {name: value for name, value in row.items() if value is not None and name not in kept}
        for row in rows
    }


def bring(workspace: Workspace, store: DeltaStore, text: str, source: str = "orders") -> str:
    with workspace.staging() as staging:
        path = staging / "orders.csv"
        path.write_text("\n".join([HEADER, *text.split("\n")]) + "\n", encoding="utf-8")
        prepared = prepare_import(store, [path], options=ImportOptions(source=source), into=staging)
        land(workspace, store, prepared, at=NOON)
    return prepared.batch_id


def names(store: DeltaStore) -> dict[str, tuple[str | None, str | None, str | None]]:
    rows = store.pinned().query("customer_names").to_pylist()
    return {row["customer_id"]: (row["name"], row["email"], row["city"]) for row in rows}


def test_shopify_names_the_customer_who_is_billed(tmp_path: Path) -> None:
    text = (
        "Name,Email,Financial Status,Currency,Subtotal,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,"
        "Billing Name,Billing City,Billing Country,Shipping Name,Shipping City,Shipping Country,Phone\n"
        "#1,Alice@Example.com,paid,EUR,9,9,2024-01-05 10:00:00 +0100,1,Mug,5,Alice Adler,Wien,AT,Bob Bach,Graz,AT,"
        "'+4315550100\n"
        "#1,Alice@Example.com,,,,,,1,Pen,4,,,,,,,\n"
        "#2,carol@example.com,paid,EUR,5,5,2024-01-06 10:00:00 +0100,1,Mug,5,-,,,,,,\n"
    )
    got = read(tmp_path, text)
    assert got.report.preset == "shopify"
    assert told(got) == {
        "alice@example.com": {
            "name": "Alice Adler", "email": "alice@example.com", "phone": "+4315550100", "city": "Wien",
            "country": "AT",
        },
        "carol@example.com": {"email": "carol@example.com"},
    }  # fmt: skip


def test_stripe_names_the_customer_beside_the_id(tmp_path: Path) -> None:
    text = (
        "id,Created (UTC),Amount,Amount Refunded,Currency,Status,Customer ID,Customer Email,Customer Name,"
        "Card Address City,Card Address Country\n"
        "ch_1,2024-01-05 10:00,12.00,0.00,eur,Paid,cus_A,alice@example.com,Alice Adler,Wien,AT\n"
        "ch_2,2024-01-06 10:00,12.00,0.00,eur,Paid,,bob@example.com,Bob Bach,,\n"
        "ch_3,2024-01-07 10:00,12.00,0.00,eur,Failed,cus_C,carol@example.com,Carol Costa,Linz,AT\n"
    )
    got = read(tmp_path, text)
    assert got.report.preset == "stripe"
    assert told(got) == {
        "cus_A": {"name": "Alice Adler", "email": "alice@example.com", "city": "Wien", "country": "AT"},
        "bob@example.com": {"name": "Bob Bach", "email": "bob@example.com"},
    }


def test_amazon_names_the_buyer_and_the_place_it_ships_to(tmp_path: Path) -> None:
    text = (
        "amazon-order-id\tpurchase-date\torder-status\tsku\tquantity\tcurrency\titem-price\tbuyer-email\tbuyer-name\t"
        "buyer-phone-number\trecipient-name\tship-city\tship-country\n"
        "1\t2024-01-05T10:00:00+00:00\tShipped\tA\t1\tEUR\t9.00\tx1@m.example\tAda Abel\t015550100\tEgon\tKöln\tDE\n"
    )
    got = read(tmp_path, text)
    assert got.report.preset == "amazon"
    assert told(got) == {
        "x1@m.example": {
            "name": "Ada Abel", "email": "x1@m.example", "phone": "015550100", "city": "Köln", "country": "DE",
        }
    }  # fmt: skip


def test_woocommerce_joins_first_and_last_name(tmp_path: Path) -> None:
    text = (
        "Order Number,Order Date,Order Status,Customer User ID,First Name (Billing),Last Name (Billing),"
        "Email (Billing),Phone (Billing),City (Billing),Country Code (Billing),First Name (Shipping),SKU,Quantity,"
        "Item Cost\n"
        "77,2024-01-05 10:00,completed,12,Ada,Abel,Ada@Example.com,0664 1234567,Wien,AT,Egon,A,1,9.00\n"
        "78,2024-01-06 10:00,completed,13,Bo,,bo@example.com,,,,,A,1,9.00\n"
    )
    got = read(tmp_path, text)
    assert told(got)["12"] == {
        "name": "Ada Abel", "email": "ada@example.com", "phone": "0664 1234567", "city": "Wien", "country": "AT",
    }  # fmt: skip
    assert told(got)["13"] == {"name": "Bo", "email": "bo@example.com"}


def test_the_latest_value_that_says_something_counts(tmp_path: Path) -> None:
    rows = [
        "O3,7,2024-03-01,5,Alice Adler,,Wien",
        "O1,7,2024-01-01,5,Alice Braun,alice@old.example,Graz",
        "O4,7,2024-04-01,5,n/a, ALICE@New.example ,-",
        "O5,7,2024-05-01,5,,no address,unknown",
        "O2,8,2024-02-01,5,Bob Bach,bob@@example.com,Linz",
    ]
    got = read(tmp_path, "\n".join([HEADER, *rows]))
    assert told(got) == {
        "7": {"name": "Alice Adler", "email": "alice@new.example", "city": "Wien"},
        "8": {"name": "Bob Bach", "city": "Linz"},
    }
    days = pl.read_parquet(list(got.customers)).select("external_id", "described_on").rows()
    assert dict(days) == {"7": date(2024, 4, 1), "8": date(2024, 2, 1)}


def test_street_and_postal_code_are_those_of_the_latest_order_with_an_address(tmp_path: Path) -> None:
    header = "Kd-Nr;Bestelldatum;Betrag;Vorname;Nachname;Straße;Hausnr.;PLZ;Ort\n"
    text = header + (
        "7;2024-05-01;3;Ada;Graf;Ringweg;4a;01067;Dresden\n7;2024-02-01;3;Ada;Graf;Altmarkt;1;01069;Dresden\n"
        "8;2024-02-01;3;Bo;Falk;Am Hang;12;01099;Dresden\n8;2024-03-01;3;Bo;Falk;;;04103;Leipzig\n"
        "8;2024-04-01;3;Bo;Falk;;;;\n9;2024-04-01;3;Cy;Horn;n/a;7;;Pirna\n"
    )
    assert told(read(tmp_path, text)) == {
        "7": {"name": "Ada Graf", "street": "Ringweg 4a", "postal_code": "01067", "city": "Dresden"},
        "8": {"name": "Bo Falk", "postal_code": "04103", "city": "Leipzig"},
        "9": {"name": "Cy Horn", "city": "Pirna"},
    }
    text = "customer_id,order_date,total,email,shipping_address,shipping_zip,shipping_city\n"
    text += "1,2024-05-01,3,a@example.org,12 Quai Nord,SW1A 1AA,London\n"
    text += "2,2024-05-01,3,b@example.org,Rua A 3,4000-123,Porto\n"
    assert [(each["street"], each["postal_code"]) for each in told(read(tmp_path, text)).values()] == [
        ("12 Quai Nord", "SW1A 1AA"), ("Rua A 3", "4000-123"),
    ]  # fmt: skip


def test_signs_that_nobody_sees_are_removed(tmp_path: Path) -> None:
    rows = ['O1,7,2024-01-01,5," \u202eAlice\u00a0\n Adler\x07\u200b ",a@example.com,Wien']
    got = read(tmp_path, "\n".join([HEADER, *rows]))
    assert told(got)["7"]["name"] == "Alice Adler"


def test_a_file_without_such_columns_describes_nobody(tmp_path: Path) -> None:
    got = read(tmp_path, "order id,customer id,order date,amount,country\nO1,7,2024-01-01,5,AT\n")
    assert got.customers == ()


def test_rejected_rows_describe_nobody(tmp_path: Path) -> None:
    rows = ["O1,7,2024-01-01,5,Alice Adler,a@example.com,Wien", "O2,8,no day,5,Bob Bach,b@example.com,Graz"]
    assert list(told(read(tmp_path, "\n".join([HEADER, *rows])))) == ["7"]


def test_many_customers_are_merged_a_share_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        f"O{n},{n % 50},2024-01-{1 + n // 50:02},5,Name {chr(97 + n // 50)},u{n % 50}@example.com," for n in range(200)
    ]
    whole = told(read(tmp_path, "\n".join([HEADER, *rows])))
    monkeypatch.setattr(descriptions, "AT_ONCE", 30)
    parted = read(tmp_path, "\n".join([HEADER, *rows]))
    assert len(parted.customers) > 1
    assert told(parted) == whole
    assert whole["7"] == {"name": "Name d", "email": "u7@example.com"}
    assert list((tmp_path / "out").glob("described-*")) == []


def test_an_import_says_which_columns_describe_customers(tmp_path: Path) -> None:
    got = read(tmp_path, f"{HEADER}\nO1,7,2024-01-01,5,Alice Adler,a@example.com,Wien\n")
    mapping = {choice.column: choice.header for choice in got.report.mapping}
    assert mapping["customer_id"] == "customer id"
    assert (mapping["customer_name"], mapping["customer_email"], mapping["customer_city"]) == (
        "Customer Name", "E-Mail", "City",
    )  # fmt: skip


def test_a_column_can_be_named_with_map(tmp_path: Path) -> None:
    text = "order id,customer id,order date,amount,Zeile 1\nO1,7,2024-01-01,5,Alice Adler\n"
    assert told(read(tmp_path, text)) == {}
    assert told(read(tmp_path, text, mapping={"customer_name": "Zeile 1"})) == {"7": {"name": "Alice Adler"}}


def test_names_land_with_their_import_and_go_with_its_undo(workspace: Workspace, store: DeltaStore) -> None:
    first = bring(workspace, store, "O1,7,2024-01-01,5,Alice Braun,alice@example.com,Graz")
    second = bring(workspace, store, "O2,7,2024-02-01,5,Alice Adler,,Wien\nO3,8,2024-02-01,5,Bob Bach,,")
    assert names(store) == {"7": ("Alice Adler", "alice@example.com", "Wien"), "8": ("Bob Bach", None, None)}
    switch(store, second, active=False, at=NOON)
    assert names(store) == {"7": ("Alice Braun", "alice@example.com", "Graz")}
    switch(store, second, active=True, at=NOON)
    switch(store, first, active=False, at=NOON)
    assert names(store) == {"7": ("Alice Adler", None, "Wien"), "8": ("Bob Bach", None, None)}


def test_an_older_history_imported_later_does_not_replace_a_newer_name(workspace: Workspace, store: DeltaStore) -> None:
    bring(workspace, store, "O2,7,2024-02-01,5,Alice Adler,,Wien")
    bring(workspace, store, "O1,7,2023-02-01,5,Alice Braun,alice@example.com,Graz")
    assert names(store) == {"7": ("Alice Adler", "alice@example.com", "Wien")}


def test_an_address_is_never_made_of_two(workspace: Workspace, store: DeltaStore) -> None:
    place = ",shipping_street,zip"
    header, row = f"{HEADER}{place}", "anna,2024-05-01,5,Anna,anna@example.com,Ulm,Weg 1,89073"
    for name, text in (("web", f"{header}\n1,{row}"), ("shop", f"{HEADER}\n2,anna,2024-06-01,5,Anna,,Köln")):
        path = workspace.folder.parent / f"{name}.csv"
        path.write_text(f"{text}\n", encoding="utf-8")
        with workspace.staging() as staging:
            prepared = prepare_import(store, [path], options=ImportOptions(source="orders"), into=staging)
            land(workspace, store, prepared, at=NOON)
        known = store.pinned().query("customer_names").to_pylist()[0]
        lives = known["street"], known["postal_code"], known["city"], known["email"]
        expected = {"web": ("Weg 1", "89073", "Ulm"), "shop": (None, None, "Köln")}[name]
        assert lives == (*expected, "anna@example.com")


def test_of_the_same_day_the_later_import_counts(workspace: Workspace, store: DeltaStore) -> None:
    bring(workspace, store, "O2,7,2024-02-01,5,Alice Adler,,Wien")
    bring(workspace, store, "O2,7,2024-02-01,5,Alice Adler-Aal,,Bern")
    assert names(store) == {"7": ("Alice Adler-Aal", None, "Bern")}


def test_merged_customers_have_the_name_that_was_given_last(workspace: Workspace, store: DeltaStore) -> None:
    bring(workspace, store, "O1,7,2024-01-01,5,A. Adler,alice@example.com,")
    bring(workspace, store, "O1,w9,2024-03-01,5,Alice Adler,,Wien", source="web")
    keys = [{"source": "web", "external_id": "w9", "version": 1, "customer_id": "7"}]
    store.append("customer_keys", pa.Table.from_pylist(keys, schema=CUSTOMER_KEYS.schema))
    assert names(store) == {"7": ("Alice Adler", "alice@example.com", "Wien")}


def test_no_other_table_holds_a_name(workspace: Workspace, store: DeltaStore) -> None:
    bring(workspace, store, "O1,7,2024-01-01,5,Alice Adler,alice@example.com,Wien")
    tables = {table.name for table in all_tables()} - {"customer_attributes"}
    others = {name: store.query(f"saved_{name}").to_pylist() for name in tables}
    assert {"batches", "order_lines", "products"} <= others.keys()
    assert not [word for word in ("Alice", "alice@") if word in str(others)]


def test_an_import_that_waits_for_a_yes_keeps_its_names(workspace: Workspace, store: DeltaStore) -> None:
    with workspace.staging() as staging:
        path = staging / "orders.csv"
        path.write_text(f"{HEADER}\nO1,7,2024-01-01,5,Alice Adler,,Wien\n", encoding="utf-8")
        prepared = prepare_import(store, [path], options=ImportOptions(), into=staging)
        keep_prepared(prepared, staging)
        land(workspace, store, prepared_in(staging), at=NOON)
    assert names(store) == {"7": ("Alice Adler", None, "Wien")}


def test_made_up_names_land_with_the_demos_orders(workspace: Workspace, store: DeltaStore) -> None:
    with workspace.staging() as staging:
        path = staging / "orders.csv"
        path.write_text("household_id,date,amount\n1,2024-01-01,5\n2,2024-01-02,5\n1,2024-01-03,5\n", encoding="utf-8")
        prepared = prepare_import(store, [path], options=ImportOptions(), into=staging)
        prepared = with_customers(prepared, attributes_of, into=staging)
        land(workspace, store, prepared, at=NOON)
    assert names(store) == {
        "1": ("Ada Abel", "ada.abel@example.com", "Cincinnati"),
        "2": ("Cara Horvat", "cara.horvat@example.com", "Columbus"),
    }
    switch(store, prepared.batch_id, active=False, at=NOON)
    assert names(store) == {}
