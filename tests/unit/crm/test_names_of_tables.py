"""What the names of tables say of their rows, and what they do not."""

import polars as pl

from keepers.crm.customers.exchange.recognising.beginnings import told_beside, without_beginnings
from keepers.crm.customers.exchange.recognising.headers import stem_of
from keepers.crm.customers.exchange.recognising.layout import Table
from keepers.crm.customers.exchange.recognising.nouns import noun_of
from keepers.crm.customers.exchange.recognising.sampled import Sampled


def test_what_all_names_begin_with_is_cut_also_with_accents_and_marks() -> None:
    for beginning in ("Müller_", "Übung_", "Żabka-", "’s_", "Groß ", "tab", "Groß_Müller_"):
        files = [f"{beginning}{what}.csv" for what in ("Kontakte", "Firmen", "Notizen", "Termine")]
        found = without_beginnings([Table(file, file) for file in (*files, "Extra.csv")])
        assert [stem_of(table) for table in found] == ["Kontakte", "Firmen", "Notizen", "Termine", "Extra"]


def nouns(*tables: tuple[str, str]) -> list[str]:
    sampled = [Sampled(Table(file, file), pl.DataFrame({each: ["1"] for each in of.split()})) for file, of in tables]
    return [noun_of(each.table, each.rows) for each in told_beside(sampled)]


def test_a_log_or_group_tells_more_only_of_what_there_is_a_table_of() -> None:
    for file, headers, noun, of in (
        ("call log.csv", "id date note", "activities", "calls.csv"),
        ("activity_log.csv", "id date text", "activities", "activities.csv"),
        ("Notes log.csv", "id date text", "activities", "Notes.csv"),
        ("orders_history.csv", "id date total", "orders", "orders.csv"),
        ("order_group.csv", "id date total", "orders", "order.csv"),
        ("Customer group.csv", "id name city", "people", "Customers.csv"),
        ("contact phone.csv", "Id Name Phone City", "people", "contacts.csv"),
        ("contact points log.csv", "contact_id name", "people", "contacts.csv"),
    ):
        assert nouns((file, headers)) == [noun], file
        assert nouns((file, headers), ("Products.csv", "id sku")) == [noun, "products"], file
        assert nouns((file, headers), (of, "id"))[0] == "other", file
