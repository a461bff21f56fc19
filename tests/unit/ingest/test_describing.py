"""Which headers describe the customers, and that none of them costs the customer's id."""

import polars as pl
import pytest

from keepers.ingest.recognising.describing import by_address, describing_columns
from keepers.ingest.recognising.recognition import recognise

PEOPLE = ["Alice Adler", "Bob Bach", "Cleo Costa", "Dana Díaz", "Egon O'Neill", "Fay van der Berg"]
MAILS = ["alice@example.com", "bob@example.com", "cleo@example.com", "dana@example.com", "e@example.com", "f@x.org"]
PHONES = ["+43 1 234567", "(0)1 5550-123", "0664/1234567", "'+15550100", "01 2345678", "01 2345679"]
CITIES = ["Wien", "Graz", "Linz", "Ljubljana", "Genève", "Wien"]
COUNTRIES = ["AT", "AT", "AT", "SI", "CH", "AT"]


def orders(**columns: list[str]) -> pl.DataFrame:
    """Six customers with two orders each; `columns` hold a cell a customer."""
    held = {"order date": [f"2024-01-{day:02}" for day in range(1, 13)], "amount": ["9.50"] * 12}
    return pl.DataFrame(held | {header: cells * 2 for header, cells in columns.items()})


def chosen(frame: pl.DataFrame, **asked: str) -> dict[str, str]:
    found = by_address(recognise(frame, asked), frame)
    return {choice.column: choice.header for choice in found + describing_columns(found, frame)}


def describing(frame: pl.DataFrame, **asked: str) -> dict[str, str]:
    return {column.removeprefix("customer_"): header for column, header in chosen(frame, **asked).items()
            if column.startswith("customer_") and column != "customer_id"}  # fmt: skip


NUMBERED = ["K1", "K2", "K3", "K4", "K5", "K6"]


@pytest.mark.parametrize(
    ("number", "name", "email", "phone", "city", "country"),
    [
        ("customer id", "Customer Name", "E-Mail", "Phone Number", "City", "Country"),
        ("customer id", "Billing Name", "Email", "Billing Phone", "Billing City", "Billing Country"),
        ("Kundennummer", "Kunde", "E-Mail-Adresse", "Telefon", "Ort", "Land"),
        ("Kundennr.", "Kundenname", "Mail", "Telefonnr.", "Wohnort", "Rechnungsland"),
        ("N° client", "Nom du client", "Courriel", "Téléphone", "Ville", "Pays"),
        ("ID cliente", "Nombre completo", "Correo electrónico", "Teléfono", "Ciudad", "País"),
        ("codice cliente", "Cliente", "E-mail", "Cellulare", "Città", "Paese"),
        ("Klantnummer", "Klantnaam", "E-mailadres", "Telefoonnummer", "Woonplaats", "Land"),
        ("Šifra kupca", "Ime in priimek", "E-naslov", "Telefon", "Mesto", "Država"),
        ("客户编号", "客户姓名", "电子邮件", "手机号", "城市", "国家"),
    ],
)
def test_columns_that_describe_customers_are_known_in_several_languages(
    number: str, name: str, email: str, phone: str, city: str, country: str
) -> None:
    cells = {number: NUMBERED, name: PEOPLE, email: MAILS, phone: PHONES, city: CITIES, country: COUNTRIES}
    found = chosen(orders(**cells))
    assert found["customer_id"] == number
    assert describing(orders(**cells)) == {
        "name": name,
        "email": email,
        "phone": phone,
        "city": city,
        "country": country,
    }


def test_an_email_that_is_the_only_sign_of_the_customer_is_the_id_and_the_address() -> None:
    found = chosen(orders(email=MAILS))
    assert (found["customer_id"], found["customer_email"]) == ("email", "email")


@pytest.mark.parametrize("header", ["Customer Name", "Kunde", "Name", "Client"])
def test_a_name_that_is_the_only_sign_of_the_customer_is_the_id_and_the_name(header: str) -> None:
    found = chosen(orders(**{header: PEOPLE}))
    assert (found["customer_id"], found["customer_name"]) == (header, header)


def test_numbers_below_a_header_that_says_customer_are_no_names() -> None:
    assert describing(orders(Kunde=NUMBERED)) == {}


def test_of_a_name_and_an_email_the_email_is_the_id() -> None:
    found = chosen(orders(**{"Customer Name": PEOPLE, "E-Mail": MAILS}))
    assert (found["customer_id"], found["customer_name"], found["customer_email"]) == (
        "E-Mail", "Customer Name", "E-Mail",
    )  # fmt: skip


def test_an_email_that_many_rows_lack_does_not_replace_the_name_as_the_id() -> None:
    found = chosen(orders(**{"Customer Name": PEOPLE, "E-Mail": [*MAILS[:3], "", "", ""]}))
    assert (found["customer_id"], found["customer_email"]) == ("Customer Name", "E-Mail")


def test_what_was_asked_for_as_the_id_stays_it() -> None:
    frame = orders(**{"Customer Name": PEOPLE, "E-Mail": MAILS})
    assert chosen(frame, customer_id="Customer Name")["customer_id"] == "Customer Name"


def test_asking_for_the_address_takes_nothing_from_the_id() -> None:
    found = chosen(orders(email=MAILS), customer_email="email")
    assert (found["customer_id"], found["customer_email"]) == ("email", "email")


def test_asking_for_the_name_takes_its_header_from_the_products() -> None:
    found = chosen(orders(**{"customer id": NUMBERED, "Title": PEOPLE}), customer_name="Title")
    assert found["customer_name"] == "Title"
    assert "product_name" not in found


@pytest.mark.parametrize(
    ("first", "last"),
    [("First Name", "Last Name"), ("Vorname", "Nachname"), ("Prénom", "Nom"), ("Vorname", "Name"),
     ("Nombre", "Apellidos"), ("Nome", "Cognome"), ("Ime", "Priimek"), ("Billing First Name", "Billing Last Name"),
     ("First Name (Billing)", "Last Name (Billing)")],
)  # fmt: skip
def test_first_and_last_names_are_told_apart(first: str, last: str) -> None:
    cells = {
        "customer id": NUMBERED,
        first: [name.split()[0] for name in PEOPLE],
        last: [n.split()[-1] for n in PEOPLE],
    }
    assert describing(orders(**cells)) == {"first_name": first, "last_name": last}


def test_billing_comes_before_shipping() -> None:
    cells = {"customer id": NUMBERED, "Shipping Name": PEOPLE[::-1], "Billing Name": PEOPLE,
             "Shipping City": CITIES[::-1], "Billing City": CITIES}  # fmt: skip
    assert describing(orders(**cells)) == {"name": "Billing Name", "city": "Billing City"}


def test_a_name_that_changes_within_a_customer_is_the_products() -> None:
    frame = orders(**{"customer id": NUMBERED}).with_columns(Name=pl.Series([*PEOPLE, *reversed(PEOPLE)]))
    assert describing(frame) == {}


def test_a_type_of_customer_is_no_name() -> None:
    kinds = ["Home Office", "Corporate", "Home Office", "Consumer", "Home Office", "Corporate"]
    assert describing(orders(**{"customer id": NUMBERED, "Customer Segment": kinds, "Customer": kinds})) == {}


@pytest.mark.parametrize("header", ["Sales Rep Email", "Store Email", "agent_email", "Vendor E-Mail"])
def test_an_address_of_somebody_else_is_not_the_customers(header: str) -> None:
    assert describing(orders(**{"customer id": NUMBERED, header: MAILS})) == {}


def test_a_column_of_yes_and_no_is_no_address() -> None:
    flags = ["yes", "no", "yes", "yes", "no", "yes"]
    assert describing(orders(**{"customer id": NUMBERED, "Accepts Email": flags, "Mobile": flags})) == {}


def test_a_place_alone_is_the_orders_not_the_customers() -> None:
    found = chosen(orders(**{"customer id": NUMBERED, "Country": COUNTRIES}))
    assert found["location"] == "Country"
    assert "customer_country" not in found


def test_a_place_beside_a_name_is_both_the_orders_and_the_customers() -> None:
    found = chosen(orders(**{"customer id": NUMBERED, "Customer Name": PEOPLE, "Country": COUNTRIES}))
    assert (found["location"], found["customer_country"]) == ("Country", "Country")


def test_a_file_that_names_no_customer_describes_none() -> None:
    frame = orders(**{"order id": NUMBERED, "Billing City": CITIES}).with_columns(pl.col("order id") + "x")
    assert "customer_id" not in chosen(frame)
    assert describing(frame) == {}


def test_the_reasons_for_a_choice_quote_no_customer() -> None:
    frame = orders(**{"E-Mail": MAILS, "Customer Name": PEOPLE, "Phone": PHONES})
    found = by_address(recognise(frame, {}), frame)
    reasons = " ".join(choice.why for choice in found + describing_columns(found, frame) if "customer" in choice.column)
    assert not [cell for cell in (*MAILS, *PEOPLE, *PHONES) if cell in reasons]


def test_addresses_of_which_a_part_is_hidden_tell_nobody_apart() -> None:
    hidden = [f"{mail[0]}***{number}@example.com" for number, mail in enumerate(MAILS)]
    for mails, header in ((MAILS, "E-Mail"), (hidden, "Customer Name")):
        frame = orders(**{"E-Mail": mails, "Customer Name": PEOPLE})
        found = by_address(recognise(frame, {}), frame)
        assert [choice.header for choice in found if choice.column == "customer_id"] == [header]


def test_names_with_the_surname_first_are_names() -> None:
    turned = [", ".join(reversed(name.split(" ", 1))) for name in PEOPLE]
    assert describing(orders(**{"Kd-Nr.": NUMBERED, "Kunde": turned})) == {"name": "Kunde"}
