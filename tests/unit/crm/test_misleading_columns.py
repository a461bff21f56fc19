"""Columns whose names or cells say what they do not mean: days that are none, figures in cents, numbers to call."""

import polars as pl
import pytest

from keepers.crm.customers.exchange.reading.rows import deleted_in
from keepers.crm.customers.exchange.recognising.fields import FieldNamed, fields_named, filling
from keepers.crm.customers.exchange.recognising.headers import says_by_whom_it_was_written
from keepers.crm.customers.exchange.recognising.joining import joined
from keepers.crm.customers.exchange.recognising.layout import Column, Table
from keepers.crm.customers.exchange.recognising.plans import plan_of
from keepers.crm.customers.exchange.recognising.recognition import recognised
from keepers.crm.customers.exchange.recognising.sampled import Sampled

PEOPLE = {"id": [f"K-{at}" for at in range(6)], "email": [f"p{at}@example.com" for at in range(6)]}


def roles(name: str, /, **columns: list[str]) -> dict[str, str]:
    rows = pl.DataFrame(columns)
    return {column.header: column.role for column in recognised(Table(name, name), rows).columns}


@pytest.mark.parametrize(
    "never",
    ["0000-00-00 00:00:00", "0", "No", "false", "never", "1970-01-01", "1900-01-01", "9999-12-31", None, "NULL"],
)
def test_what_means_never_deletes_nothing(never: str | None) -> None:
    rows = pl.DataFrame({"deleted_at": [never, "2024-03-05 10:11:12", "14.03.2024", "03/14/2024", "yes", "1709632272"]})
    assert deleted_in(rows).to_list() == [False, True, True, True, True, True]


def test_figures_in_cents_are_whole_where_that_leaves_them_a_name_of_their_own() -> None:
    headers = ["balance", "balance_cents", "cents", "fee (cents)", "priceInCents", "notes_cents"]
    columns = [Column(header, "new:number") for header in headers[:-1]] + [Column("notes_cents", "new:text")]
    assert fields_named(columns) == {
        "balance": FieldNamed("balance", "balance"),
        "balance_cents": FieldNamed("balance-cents", "balance cents"),
        "cents": FieldNamed("cents", "cents"),
        "fee (cents)": FieldNamed("fee", "fee", 100),
        "priceInCents": FieldNamed("price", "price", 100),
        "notes_cents": FieldNamed("notes-cents", "notes cents"),
    }


def test_a_field_that_has_its_cents_keeps_them() -> None:
    columns = [Column("balance_cents", "new:number")]
    assert filling(columns, ["balance-cents"]) == {"balance_cents": "balance-cents"}
    for key, parts in (("balance-cents", 1), ("credit", 1), ("balance", 100)):
        table = Table("contacts.csv", "contacts.csv", noun="people", columns=(Column("balance_cents", f"field:{key}"),))
        assert [custom.parts for custom in plan_of(table, {key: "number"}).customs] == [parts]


def test_numbers_to_call_are_no_ids_unless_they_are_beside_others() -> None:
    phones, counted = [f"+4366412345{at}0" for at in range(6)], [f"00012345{at}" for at in range(6)]
    told = {"email": PEOPLE["email"]}
    assert roles("contacts.csv", **told, **{"Contact Number": phones})["Contact Number"] == "phone"
    assert roles("contacts.csv", **told, **{"Contact Number": counted})["Contact Number"] == "id"
    assert roles("contacts.csv", **told, **{"Contact Number": phones, "Phone": phones})["Contact Number"] == "id"


def test_one_address_for_all_who_told_none_is_no_sign_of_whoever_wrote_the_rows() -> None:
    house = ["info@x.com"] * 6
    assert roles("contacts.csv", Name=list("abcdefghi"), Adresse=house + PEOPLE["email"][:3])["Adresse"] == "email"
    writers = ["ann@x.com", "bob@x.com", "bob@x.com"] * 3
    assert roles("contacts.csv", Name=list("abcdefghi"), Adresse=writers)["Adresse"] != "email"


def test_owners_that_are_all_users_are_owners_and_others_say_of_what_a_row_is() -> None:
    owners = {"owner_id": [f"U-{at % 2}" for at in range(6)]}
    for kinds, role in ((["User", "systemuser", "team"], "owner"), (["User", "Deal", "User"], "new:text")):
        assert roles("contacts.csv", **PEOPLE, **owners, owner_type=kinds * 2)["owner_id"] == role


@pytest.mark.parametrize(
    ("header", "answer"),
    [("created by", True), ("createdByWorkspaceMemberId", True), ("modified_by_user", True), ("created_by_name", True),
     ("created_by_phone", False), ("added by campaign", False)],
)  # fmt: skip
def test_only_whom_a_header_names_wrote_the_row(header: str, answer: bool) -> None:
    assert says_by_whom_it_was_written(header) is answer


@pytest.mark.parametrize(
    ("people", "pointing", "noun"),
    [
        ("profiles.csv", {"agent": range(6)}, "users"),
        ("profiles.csv", {"agent": range(6), "contact_id": range(6)}, "people"),
        ("profiles.csv", {"agent": [0] * 6}, "people"),
        ("Customer List 2024.csv", {"agent": range(6)}, "people"),
        ("workspaceMember.csv", {"agent": range(6)}, "users"),
    ],
)
def test_only_who_looks_after_others_and_is_nobodys_customer_is_a_user(
    people: str, pointing: dict[str, list[int]], noun: str
) -> None:
    many = {"id": [f"K-{at}" for at in range(12)], "email": [f"p{at}@example.com" for at in range(12)]}
    deals = {"deal_id": [f"D-{at}" for at in range(6)], "title": ["Looms"] * 6, "stage": ["won"] * 6}
    columns = {header: [f"K-{at}" for at in places] for header, places in pointing.items()}
    sampled = [
        Sampled(Table(people, people), pl.DataFrame({**many, "first_name": ["Ada"] * 12})),
        Sampled(Table("deals.csv", "deals.csv"), pl.DataFrame({**deals, **columns})),
    ]
    assert joined(sampled)[0].table.noun == noun


def test_what_is_private_or_business_of_somebody_does_not_make_them_an_organisation() -> None:
    kinds, alone = ["private", "business"] * 3, {"name": [f"Customer {at}" for at in range(6)]}
    named = {"first_name": ["Ada", "Ben"] * 3, "last_name": ["Novak", "Kos"] * 3}
    for header in ("Tags", "Phone type", "AddressType", "E-Mail kind", "Tariff"):
        assert roles("contacts.csv", **alone, **{header: kinds})[header] != "tells_kind"
    assert roles("contacts.csv", **named, Segment=kinds)["Segment"] == "new:text"
    assert roles("contacts.csv", **alone, Segment=kinds)["Segment"] == "tells_kind"
    persons = {header: [name, ""] * 3 for header, name in (("first_name", "Ada"), ("last_name", "Novak"))}
    assert roles("contacts.csv", **alone, **persons, Segment=kinds)["Segment"] == "tells_kind"


def test_the_last_word_of_a_table_titles_only_columns_that_are_nothing_else_and_differ() -> None:
    answers = ["yes", "no"] * 3
    assert roles("telco_churn.csv", customerID=PEOPLE["id"], Churn=answers)["Churn"] != "title"
    assert roles("sales_status.csv", Number=PEOPLE["id"], Status=answers)["Status"] == "status"
    assert roles("LeadSources.csv", ID=PEOPLE["id"], SOURCE=list("abcdef"))["SOURCE"] == "title"
