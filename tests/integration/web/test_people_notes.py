"""What an import of people says where rows could be read otherwise, and what it makes of them."""

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
from desk import Desk, open_desk
from people_desk import brought, dump, undone
from pytest_django.fixtures import Settings

from keepers.crm.customers.exchange.queries import accounts_of
from keepers.crm.customers.models import Customer

pytestmark = pytest.mark.django_db(transaction=True)
USERS = [
    {"id": "U-1", "first_name": "Alice", "last_name": "Berg"},
    {"id": "U-2", "first_name": "Bob", "last_name": "T"},
]
FIRMS = [
    {"id": f"F-{at}", "name": name, "renewal date": f"0{at + 1}/2{at}/2024"}
    for at, name in enumerate(
        ["Alpha", "Beta", "Gamma", "Delta", "Eta", "Theta", "Iota", "Kappa", "Lambda", "Omega"][:9]
    )
] + [{"id": "F-10", "name": "Alpha", "renewal date": ""}]
NAMES = ["Ada Novak", "Ben Kos", "Cleo Lang", "Dora Weiss"]
PEOPLE = [
    {
        "id": f"K-{at}", "first_name": name.split()[0], "last_name": name.split()[1], "company": FIRMS[at % 3]["name"],
        "owner": "Alice Berg", "signed": "03/02/2024", "balance": "2.5", "balance_cents": "250",
        "fee_cents": "150", "city": "Graz", "deleted_at": "0000-00-00 00:00:00",
        "additionalEmails": f'["x{at}@example.com", "y{at}@example.com", "z{at}@example.com"]',
    }
    for at, name in enumerate(NAMES)
]  # fmt: skip
VALUES = [
    {"id": f"V-{at}", "contact_id": f"K-{at % 4}", "field": "city", "value": town}
    for at, town in enumerate(["Wien", "Linz", "Wien", "Linz", "Bled"])
]


def files_in(folder: Path, tables: Mapping[str, Sequence[Mapping[str, str]]]) -> list[Path]:
    folder.mkdir()
    for name, rows in tables.items():
        with (folder / name).open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    return [folder / name for name in tables]


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)


def test_what_could_be_read_otherwise_is_said(desk: Desk, tmp_path: Path) -> None:
    desk.user.name = "Alice Berg"
    desk.user.save()
    before = dump()
    tables = {"users.csv": USERS, "companies.csv": FIRMS, "contacts.csv": PEOPLE, "contact_custom_values.csv": VALUES}
    began = brought(desk, files_in(tmp_path / "export", tables), region="AT", consent_source="their system")
    assert Customer.objects.filter(kind="person").count() == len(PEOPLE), "none was thrown away"
    ada = Customer.objects.get(name="Ada Novak")
    assert ada.owner == desk.user, "by both names"
    assert set(ada.contact_points.values_list("value", flat=True)) == {"x0@example.com", "y0@example.com"}
    own = {key: (number, day, text) for key, number, day, text in ada.custom_values.values_list(
        "field__key", "number", "day", "text")}  # fmt: skip
    assert own["signed"][1] == date(2024, 3, 2)
    assert [own[key][0] for key in ("balance", "balance-cents", "fee")] == [2.5, 250, 1.5]
    assert (ada.city, own["contact-custom-values-csv-city"][2]) == ("Graz", "Wien, Bled")
    notes = [note for told in accounts_of(began) for note in told["notes"]]
    assert {
        'Days of "signed" are read month first, as "renewal date" in companies.csv.',
        '"Alpha" is the name of 2 rows of companies.csv; 2 cells of "company" with it point to none.',
        'The lists of "additionalEmails" hold 4 more than have a place; they are left out.',
    } <= set(notes)
    undone(desk, began)
    assert dump() == before
