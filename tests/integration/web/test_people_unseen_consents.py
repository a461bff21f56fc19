"""An export of 25 tables that nothing here was made for, who agreed to what among them, goes in whole and out again."""

from pathlib import Path

import pytest
from crm_exports import written
from desk import Desk, open_desk
from export_of_consents import with_consents
from people_desk import brought, dump, totals
from pytest_django.fixtures import Settings
from test_people_unseen import names, whose
from test_people_unseen_systems import comes_again_and_goes, kept, nouns

from keepers.crm.customers.models import Consent, Customer, Tag

pytestmark = pytest.mark.django_db(transaction=True)
SETTINGS = {"region": "AT", "consent_source": "Old CRM"}


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)


def test_an_export_with_consents_goes_in_whole_and_out_again(desk: Desk, tmp_path: Path) -> None:
    before, files = dump(), written(tmp_path / "export", with_consents())
    began = brought(desk, files, **SETTINGS)
    assert totals(began)["refused"] == 0
    told = nouns(began)
    assert (told["Stages"], told["PersonTags"], told["OpportunityProducts"]) == ("other", "other", "lines")
    consents = Consent.objects.values_list("customer__name", "channel", "state", "at__year", "is_latest")
    assert {each for each in consents if each[0] != "Ben Lang"} == {
        ("Ada Novak", "email", "given", 2023, True), ("Ada Novak", "sms", "refused", 2023, True),
        ("Cleo Durand", "email", "refused", 2024, True), ("Dan Ode", "email", "given", 2022, True),
    }  # fmt: skip
    ben = dict(Consent.objects.filter(customer__name="Ben Lang").values_list("state", "is_latest"))
    assert ben == {"given": False, "refused": True}, "a column of today says no, whatever he said once"
    tags = {tag.name: {each.name for each in tag.customers.all()} for tag in Tag.objects.all()}
    assert tags == {"VIP": {"Ada Novak", "Dan Ode"}, "Fair 2024": {"Ada Novak", "Cleo Durand"}}
    assert set(Customer.objects.exclude(city="").values_list("name", "city")) == {
        ("Ada Novak", "Graz"), ("Dan Ode", "Lyon"), ("Alpha GmbH", "Wien"), ("Beta SARL", "Paris"),
    }  # fmt: skip
    assert names("referred-by") == {("Cleo Durand", "Ada Novak")}
    assert names("related-to") == {("Ada Novak", "Ben Lang")}, "told from both sides"
    assert whose("deals") == {("Looms", "Ada Novak"), ("Silk", "Cleo Durand")}
    assert kept("activities")["Demo"].actor_name == "rita@firm.example"
    comes_again_and_goes(desk, began, files, before)
