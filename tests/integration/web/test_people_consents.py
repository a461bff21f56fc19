"""Tables that say who agreed and who refused, and when: the latest word counts, and the others stay as the history."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from crm_exports import written
from desk import Desk, open_desk
from people_desk import brought, totals, undone
from pytest_django.fixtures import Settings

from keepers.crm.customers.models import Consent, Customer

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = """id,first_name,last_name,email
c1,Ada,Weiss,ada@example.org
c2,Ben,Lang,ben@example.org
c3,Cleo,Böhm,cleo@example.org
"""


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)


def told() -> set[tuple[str, ...]]:
    rows = Consent.objects.values_list("customer__email", "channel", "purpose", "state", "at", "is_latest")
    return {(email[:3], channel, purpose, state, f"{at:%Y-%m-%d}", "counts" if latest else "was")
            for email, channel, purpose, state, at, latest in rows}  # fmt: skip


def test_rows_of_consent_say_who_agreed_and_who_refused_and_the_last_counts(desk: Desk, tmp_path: Path) -> None:
    consents = """id,contact_id,channel,purpose,status,recorded_at
1,c1,email,newsletter,granted,2023-05-01T10:00:00Z
2,c1,email,newsletter,withdrawn,2024-02-01T09:00:00Z
3,c2,email,newsletter,withdrawn,2022-01-05T09:00:00Z
4,c2,email,newsletter,granted,2024-03-05T09:00:00Z
5,c3,sms,account,granted,2024-04-05T09:00:00Z
6,c3,phone,newsletter,pending,2024-04-05T09:00:00Z
"""
    files = written(tmp_path / "export", {"contacts.csv": PEOPLE, "consents.csv": consents})
    began = brought(desk, files)
    expected = {
        ("ada", "email", "marketing", "given", "2023-05-01", "was"),
        ("ada", "email", "marketing", "refused", "2024-02-01", "counts"),
        ("ben", "email", "marketing", "refused", "2022-01-05", "was"),
        ("ben", "email", "marketing", "given", "2024-03-05", "counts"),
        ("cle", "sms", "service", "given", "2024-04-05", "counts"),
    }
    assert told() == expected
    proof = Consent.objects.get(customer__email="ben@example.org", is_latest=True).proof
    assert proof.startswith("consents.csv: id 4, contact_id c2, channel email, purpose newsletter, status granted")
    counted = totals(began)
    again = brought(desk, files)
    assert totals(again) == {**counted, "created": 0, "updated": 0, "same": counted["read"] - counted["refused"]}
    assert told() == expected
    undone(desk, again)
    undone(desk, began)
    assert not Consent.objects.exists()


def test_a_refusal_is_as_old_as_its_row_and_a_later_yes_stands(desk: Desk, tmp_path: Path) -> None:
    brought(desk, written(tmp_path / "people", {"contacts.csv": PEOPLE}))
    for email, year in (("ada@example.org", 2023), ("ben@example.org", 2018)):
        Consent.objects.create(
            customer=Customer.objects.get(email=email), channel="email", purpose="marketing", state="given",
            at=datetime(year, 6, 1, tzinfo=UTC),
        )  # fmt: skip
    before = told()
    listed = """Email,Date,Reason
ada@example.org,2019-04-03,Complaint
ben@example.org,2019-04-03,
cleo@example.org,9999-12-31,
"""
    began = brought(desk, written(tmp_path / "later", {"suppression_list.csv": listed}))
    assert told() >= {
        ("ada", "email", "marketing", "given", "2023-06-01", "counts"),
        ("ada", "email", "marketing", "refused", "2019-04-03", "was"),
        ("ben", "email", "marketing", "given", "2018-06-01", "was"),
        ("ben", "email", "marketing", "refused", "2019-04-03", "counts"),
    }
    undated = Consent.objects.get(customer__email="cleo@example.org", channel="email")
    assert (undated.state, undated.at.year >= 2026) == ("refused", True), "no such day has been"
    undone(desk, began)
    assert told() == before


def test_a_list_of_addresses_that_tells_of_both_is_read_row_by_row(desk: Desk, tmp_path: Path) -> None:
    report = """Email,Status,Date
ada@example.org,Subscribed,2024-01-02
ben@example.org,Unsubscribed,2024-01-03
cleo@example.org,Cleaned,2024-01-04
"""
    brought(desk, written(tmp_path / "export", {"contacts.csv": PEOPLE, "Unsubscribe report.csv": report}))
    assert told() == {
        ("ada", "email", "marketing", "given", "2024-01-02", "counts"),
        ("ben", "email", "marketing", "refused", "2024-01-03", "counts"),
    }
