"""Today: the base at a glance, what changed since the run before, and who is slipping with how much at stake."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from keepers.crm.customers.timeline.models import Touch
from keepers.crm.people.models import User
from keepers.crm.people.rights import may
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.models import CustomerValue, Publication
from keepers.crm.portfolio.queries import publication_of, published_answer
from keepers.crm.work.queries import tasks_seen_by, work_of
from keepers.insight.answers import Answer

TASKS = 6  # of each part


def today(request: HttpRequest) -> HttpResponse:
    """The page that a manager opens every morning."""
    publication = publication_of(request)
    if publication is None:
        return render(request, "web/today_empty.html")
    return render(request, "web/today.html", _glance(publication) | _work(request))


def _work(request: HttpRequest) -> dict[str, Any]:
    """What the viewer has to do."""
    assert isinstance(request.user, User)
    mine = tasks_seen_by(request.user).filter(owner=request.user)
    return {
        "work": work_of(mine, today=timezone.localdate(), most=TASKS),
        "outcomes": Touch.Outcome.choices,
        "may_do": may(request.user, Verb.EDIT, Noun.TASKS),
    }


def _glance(publication: Publication) -> dict[str, Any]:
    slipping, due = (_named(publication, publication.glance[part]["first"]) for part in ("slipping", "due"))
    ledger, retention = published_answer(publication, "ledger"), published_answer(publication, "retention")
    return {
        "worth": publication.run["base"].get("residual_value"),
        "base": publication.run["base"],
        "glance": publication.glance,
        "change": _change(ledger),
        "ledger": ledger,
        "retention": _retained(retention),
        "retention_words": retention.finding if retention else None,
        "slipping": slipping,
        "due": due,
        "new_since": publication.as_of - timedelta(days=publication.glance["new_days"] - 1),
        "most_slipping": _most(slipping),
        "most_due": _most(due),
    }


def _named(publication: Publication, keys: list[str]) -> list[CustomerValue]:
    """The values of these customers, in the order of the keys."""
    found = CustomerValue.objects.filter(publication=publication, customer__key__in=keys).select_related("customer")
    return sorted(found, key=lambda value: keys.index(value.customer.key))


def _most(values: list[CustomerValue]) -> float:
    """Where the scale of these customers' bars ends."""
    return max((value.residual_value_high or 0 for value in values), default=0)


def _change(ledger: Answer | None) -> float | None:
    """By what share the base is worth more or less than in the run before."""
    if ledger is None:
        return None
    amounts = {row["line"]: row["amount"] for row in ledger.rows.to_pylist()}
    opening, closing = amounts.get("opening"), amounts.get("closing")
    return None if not opening or closing is None else closing / opening - 1


def _retained(retention: Answer | None) -> dict[str, Any] | None:
    """The latest period after the first order, up to a year, that enough customers have reached."""
    if retention is None:
        return None
    rows = [row for row in retention.rows.to_pylist() if 1 <= row["periods_since"] <= 12]
    return rows[-1] if rows else None
