"""What kind of custom field suits a column of another system that has no room here."""

import polars as pl
import pytest

from keepers.crm.customers.exchange.recognising.recognition import custom_kind
from keepers.ingest.recognising.recognition import look_at


@pytest.mark.parametrize(
    ("header", "kind"),
    [("Number of Employees", "number"), ("NumberOfEmployees", "number"), ("VAT Number", "text"), ("Policy No", "text")],
)
def test_what_is_counted_is_a_number_and_what_tells_which_is_not(header: str, kind: str) -> None:
    rows = pl.DataFrame({header: ["9395", "12", "250"]})
    assert custom_kind(header, rows[header], look_at(rows)[header]) == kind
