"""Addresses by which somebody is reached, or why they are not."""

import pytest

from keepers.crm.customers.reach import email_of


@pytest.mark.parametrize("written", ["a***@example.com", "Ada <a…a@example.com>", "a@ex•••.com"])
def test_an_address_of_which_a_part_is_hidden_reaches_nobody(written: str) -> None:
    assert email_of(written).problem == "Part of it is hidden, so it may be anybody's."
    assert email_of("ada@example.com").problem == ""
