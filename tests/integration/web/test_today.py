"""Today: the base at a glance, each figure with its range and a way to those behind it."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from desk import Desk, open_desk
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from keepers.crm.customers.models import Customer
from keepers.crm.people.models import User
from keepers.crm.people.roles import Role
from keepers.crm.portfolio.models import CustomerValue, Publication
from keepers.crm.portfolio.publishing.publish import publish
from keepers.crm.portfolio.queries import current_publication
from keepers.loop.workspace import Workspace
from tests.integration.record_shop import NOON, run_on
from tests.integration.shops import shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def valued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose workspace holds a run; publishing reads it."""
    folder = tmp_path_factory.mktemp("valued")
    run_on(Workspace(folder / "home"), shop(customers=150).write(folder / "orders.csv"))
    return folder


@pytest.fixture
def desk(settings: Settings, valued: Path) -> Desk:
    desk = open_desk(settings, valued, "alice@example.com", is_administrator=True)
    publish(desk.workspace, None, NOON)
    return desk


def test_today_shows_the_published_run_with_ranges_and_ways_on(desk: Desk) -> None:
    page = " ".join(desk.page("today").split())
    publication = current_publication()
    assert publication is not None
    glance = publication.glance
    assert glance["active"]["customers"] == CustomerValue.objects.filter(probability_alive__gte=0.5).count()
    assert glance["slipping"]["customers"] == CustomerValue.objects.filter(group="slipping").count()
    assert f'<a href="{reverse("customers")}?group=slipping">{glance["slipping"]["customers"]}</a>' in page
    assert "90 % range" in page
    assert "order due" in page.lower()
    first = CustomerValue.objects.filter(group="slipping").order_by("-residual_value").select_related("customer")[0]
    named = re.findall(r'class="name" href="([^"]+)"', page)
    assert named[0] == first.customer.get_absolute_url()
    assert first.reason in page.replace("&#x27;", "'")
    assert "No customer is yours or your team’s yet" not in page
    rep = User.objects.create_user("bob@example.com", name="Bob", role=Role.REP)
    desk.client.force_login(rep)
    assert "No customer is yours or your team’s yet" in desk.page("today")
    Customer.objects.filter(pk=first.customer_id).update(owner=rep)
    assert "No customer is yours or your team’s yet" not in desk.page("today")


def test_today_says_where_the_orders_end_long_ago(desk: Desk) -> None:
    told = "Orders are known up to "
    Publication.objects.update(as_of=timezone.localdate() - timedelta(days=20))
    assert told not in desk.page("today")
    Publication.objects.update(as_of=timezone.localdate() - timedelta(days=40))
    page = desk.page("today")
    assert told in page
    assert "Bring newer orders" in page


def test_today_asks_the_database_little(desk: Desk, django_assert_max_num_queries: object) -> None:
    assert callable(django_assert_max_num_queries)
    with django_assert_max_num_queries(11):
        desk.client.get(reverse("today"))


def test_search_shows_the_most_valuable_first_with_their_ranges(desk: Desk) -> None:
    page = desk.client.get(reverse("palette"), {"q": "c0"}).content.decode()
    found = [int(pk) for pk in re.findall(r'href="/customers/(\d+)/"', page)]
    worth = {value.customer_id: value.residual_value for value in CustomerValue.objects.all()}
    assert len(found) == 8
    assert [worth[pk] for pk in found] == sorted((worth[pk] for pk in worth), reverse=True)[:8]
    assert page.count('class="beside"') == 8
