"""Prospects by what they would be worth: what a run learned, on the page, the record and in the file."""

import csv
import io
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings

from keepers.crm.customers.models import Customer, CustomField, CustomValue
from keepers.crm.customers.typed import cells_of
from keepers.crm.people.models import FieldRule, User
from keepers.crm.people.roles import Noun
from keepers.crm.portfolio.models import Publication, PublishedLookAlikes
from keepers.crm.portfolio.prospects.scored import publish_look_alikes
from keepers.crm.portfolio.publishing.publish import publish
from tests.integration.web.valued_base import NOON, describe, keep_run, valued, workspace_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(tmp_path: Path, settings: Settings) -> Publication:
    """Two hundred and forty customers; those of Ljubljana are worth about three times those of Celje."""
    settings.WORKSPACE = workspace_in(tmp_path)
    scatter = np.random.default_rng(2).gamma(4.0, 0.25, 240)
    cities = ["Ljubljana" if at % 3 == 0 else "Celje" for at in range(240)]
    worth = [(300 if city == "Ljubljana" else 100) * float(by) for city, by in zip(cities, scatter, strict=True)]
    keep_run(settings.WORKSPACE, [valued(f"C{at}", each) for at, each in enumerate(worth)])
    describe(settings.WORKSPACE, [{"external_id": f"C{at}", "city": city} for at, city in enumerate(cities)])
    publication = publish(settings.WORKSPACE, None, NOON)
    PublishedLookAlikes.objects.update(newcomer={"mean": 200.0, "low": 180.0, "high": 222.0})
    return publication


@pytest.fixture
def browser(client: Client) -> Client:
    client.force_login(User.objects.create_user("alice@example.com", name="Alice", role="owner"))
    return client


def prospect(name: str, city: str) -> Customer:
    return Customer.objects.create(key=name.lower(), name=name, city=city, stage=Customer.Stage.PROSPECT)


def test_prospects_stand_by_what_people_like_them_are_worth(browser: Client, shown: Publication) -> None:
    prospect("Bob", "Celje")
    prospect("Eve", "Maribor")
    prospect("Ada", "Ljubljana")
    page = browser.get(reverse("prospects"))
    rows = page.context["rows"]
    assert [(each.customer.name, each.rank) for each in rows] == [("Ada", 1), ("Eve", 2), ("Bob", 3)]
    ada, eve, bob = (each.lifetime_value for each in rows)
    assert ada / bob == pytest.approx(3.0, rel=0.3)
    assert eve == pytest.approx(200.0, rel=0.05)  # nobody is from Maribor
    assert "the tenth that it would have chosen brought" in page.content.decode()
    assert rows[0].reason.startswith("city Ljubljana: ")
    file = browser.get(reverse("prospects_csv"))
    told = list(csv.DictReader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))
    assert [row["name"] for row in told] == ["Ada", "Eve", "Bob"]


def test_the_record_of_a_prospect_says_it_and_that_of_a_customer_does_not(browser: Client, shown: Publication) -> None:
    ada = prospect("Ada", "Ljubljana")
    assert "on average of people like these" in browser.get(ada.get_absolute_url()).content.decode()
    customer = Customer.objects.get(key="C1")
    assert "on average of people like these" not in browser.get(customer.get_absolute_url()).content.decode()


def test_three_prospects_are_asked_for_as_often_as_one(browser: Client, shown: Publication) -> None:
    counts = []
    for names in (("Ada",), ("Bob", "Eve")):
        for name in names:
            prospect(name, "Celje")
        with CaptureQueriesContext(connection) as asked:
            browser.get(reverse("prospects"))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_who_sees_their_own_alone_compares_these(client: Client, shown: Publication) -> None:
    bob = User.objects.create_user("bob@example.com", name="Bob", role="rep")
    prospect("Ada", "Ljubljana")
    mine = prospect("Cleo", "Celje")
    Customer.objects.filter(pk=mine.pk).update(owner=bob)
    client.force_login(bob)
    page = client.get(reverse("prospects"))
    assert [each.customer.name for each in page.context["rows"]] == ["Cleo"]
    assert "It goes by: city." in page.context["found"].finding
    FieldRule.objects.create(role="rep", noun=Noun.CUSTOMERS, field="city", access="hidden")
    found = client.get(reverse("prospects")).context["found"]
    assert "the tenth that it would have chosen brought" in found.finding
    assert "city" not in found.finding
    assert [each.reason for each in found.people] == ["nothing known of them moves it"]


def test_a_run_that_learned_nothing_says_so(browser: Client, shown: Publication) -> None:
    PublishedLookAlikes.objects.all().delete()
    prospect("Ada", "Ljubljana")
    assert (
        "The run learned nothing of people who have not bought yet"
        in browser.get(reverse("prospects")).content.decode()
    )


def told(key: str, field: CustomField, value: str) -> CustomValue:
    return CustomValue(customer=Customer.objects.get(key=key), field=field, **asdict(cells_of(field, value)[0]))


def test_custom_fields_that_prospects_have_too_count(browser: Client, shown: Publication) -> None:
    kinds = CustomField.Kind
    inland = CustomField.objects.create(key="inland", label="Lives inland", kind=kinds.YES_NO)
    told_city = CustomField.objects.create(key="city", label="city", kind=kinds.NUMBER)
    tier = CustomField.objects.create(key="tier", label="Tier", kind=kinds.CHOICE, choices=["gold", "tin"])
    for number in range(21):
        prospect(f"P{number:02}", "Maribor")
    of_capital = dict(Customer.objects.filter(key__startswith="C").values_list("key", "city"))
    rows = [told(key, inland, "no" if city == "Celje" else "yes") for key, city in of_capital.items()]
    rows += [told(key, tier, "tin" if city == "Celje" else "gold") for key, city in of_capital.items()]
    rows += [told(key, told_city, str(at % 40)) for at, key in enumerate(of_capital)]
    rows += [told(f"p{at:02}", inland, "yes" if at else "no") for at in range(21)]
    rows += [told(f"p{at:02}", told_city, str(at)) for at in range(21)]
    rows += [told(f"p{at:02}", tier, "tin") for at in range(21)]
    CustomValue.objects.bulk_create(rows)
    PublishedLookAlikes.objects.all().delete()
    with settings.WORKSPACE.opened() as store:
        seen = store.pinned()
        publish_look_alikes(shown, seen, seen.query("values_of_run", run_id=shown.run_id))

    names = {each["name"] for each in PublishedLookAlikes.objects.get().learned["attributes"]}
    assert names >= {"field-inland", "field-city"}
    assert "field-tier" not in names, "prospects are all alike in it: it comes with buying"
    page = browser.get(reverse("prospects"))
    best, *_, last = page.context["rows"]
    assert (last.customer.name, best.rank) == ("P00", 1)
    assert "Lives inland yes:" in best.reason
    assert "Lives inland" in page.context["found"].finding
