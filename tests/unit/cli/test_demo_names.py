from keepers.cli.demo.names import attributes_of, made_up_names
from keepers.warehouse.tables import CUSTOMER_ATTRIBUTES

HOUSEHOLDS = [str(number) for number in range(1, 2601)]


def test_a_made_up_customer_has_a_name_an_address_and_a_city() -> None:
    told = attributes_of(["2", "1"])
    assert set(told.column_names) <= set(CUSTOMER_ATTRIBUTES.schema.names)
    assert told.to_pylist() == [
        {
            "external_id": "1", "name": "Ada Abel", "email": "ada.abel@example.com", "city": "Cincinnati",
            "country": "United States",
        },
        {
            "external_id": "2", "name": "Cara Horvat", "email": "cara.horvat@example.com", "city": "Columbus",
            "country": "United States",
        },
    ]  # fmt: skip


def test_made_up_names_and_addresses_are_each_customers_own() -> None:
    told = attributes_of(HOUSEHOLDS)
    assert len(set(told["name"].to_pylist())) == len(set(told["email"].to_pylist())) == 2600
    assert dict(zip(told["external_id"].to_pylist(), told["name"].to_pylist(), strict=True)) == made_up_names(
        HOUSEHOLDS
    )
