"""Whoever has work, customers who are worth something, and tasks with them: for the tests of work."""

from datetime import UTC, datetime
from typing import Any

from keepers.crm.customers.models import Customer
from keepers.crm.people.models import User
from keepers.crm.portfolio.models import CurrentPublication, CustomerValue, Publication
from keepers.crm.work.actions import make_task
from keepers.crm.work.models import Task

NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)  # a Wednesday
TODAY = NOW.date()


def an_owner() -> User:
    """Alice, who may do everything."""
    return User.objects.create_user("alice@example.com", name="Alice", role="owner")


def a_rep() -> User:
    """Rita, who has her own work."""
    return User.objects.create_user("rita@example.com", name="Rita", role="rep")


def a_publication() -> Publication:
    """What pages show, without any customer yet."""
    made = Publication.objects.create(
        run_id="r", as_of=TODAY, currency="EUR", started_at=NOW, finished_at=NOW, run={"base": {"customers": 1}}
    )
    CurrentPublication.objects.create(publication=made, changed_at=NOW)
    return made


def customer(key: str, worth: float | None = None, **more: Any) -> Customer:
    """Somebody worth so much, where there is a publication."""
    found = Customer.objects.create(key=key, name=key.title(), email=f"{key}@example.com", **more)
    publication = Publication.objects.first()
    if publication is not None:
        places = dict.fromkeys(
            (f"place_by_{name}" for name in ("value", "low", "chance", "last_order", "next_due")), found.pk
        )
        CustomerValue.objects.create(
            id=CustomerValue.number(publication.pk, found.pk),
            publication=publication,
            customer=found,
            group="best" if (worth or 0) > 100 else "steady",
            orders=3,
            first_order=TODAY,
            last_order=TODAY,
            residual_value=worth,
            **places,
        )
    return found


def task(owner: User, with_whom: Customer | None = None, **about: Any) -> Task:
    return make_task(by=owner, at=NOW, customer=with_whom, owner=owner, **({"kind": "call", "due_on": TODAY} | about))
