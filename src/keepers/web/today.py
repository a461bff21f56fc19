"""Today: the base at a glance, what changed since the run before, and who is slipping with how much at stake."""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from keepers.crm.customers.queries import seen_by
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.entrance import for_everybody
from keepers.crm.people.gate import user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import may, sees_all
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.models import CustomerValue, Publication
from keepers.crm.portfolio.orders import VALUE
from keepers.crm.portfolio.publishing.glance import DUE_DAYS, NAMED
from keepers.crm.portfolio.queries import publication_of, published_answer
from keepers.crm.portfolio.ranked import Ranked
from keepers.crm.portfolio.seen import whose
from keepers.crm.work.queries import tasks_seen_by, work_of
from keepers.insight.answers import Answer

TASKS = 6  # of each part
SLIPPING: dict[str, object] = {"group": "slipping"}


@for_everybody
def today(request: HttpRequest) -> HttpResponse:
    """The page that a manager opens every morning."""
    publication = publication_of(request)
    if publication is None:
        return render(request, "web/today_empty.html")
    user = user_of(request)
    shown = _work(user) | _people(user, publication) | _base(user, publication)
    return render(request, "web/today.html", shown)


def _work(user: User) -> dict[str, Any]:
    """What the viewer has to do."""
    mine = tasks_seen_by(user).filter(owner=user)
    return {
        "work": work_of(mine, today=timezone.localdate(), most=TASKS),
        "outcomes": Touch.Outcome.choices,
        "may_do": may(user, Verb.EDIT, Noun.TASKS),
    }


def _people(user: User, publication: Publication) -> dict[str, Any]:
    """Who is slipping and whose order is due, among those whom the user may see."""
    if sees_all(user, Noun.CUSTOMERS):
        slipping, due = (_named(publication, publication.glance[part]["first"]) for part in ("slipping", "due"))
    else:
        slipping, due = (_first(user, publication, **which) for which in (SLIPPING, _due(publication)))
    seen = seen_by(user)
    has_nobody = seen is not None and not (slipping or due or seen.exists())
    return {
        "slipping": slipping,
        "due": due,
        "has_nobody": has_nobody,
        "most_slipping": _most(slipping),
        "most_due": _most(due),
    }


def _base(user: User, publication: Publication) -> dict[str, Any]:
    """The base as a whole, for those who may see that."""
    if not may(user, Verb.SEE, Noun.INSIGHT):
        return {}
    ledger, retention = published_answer(publication, "ledger"), published_answer(publication, "retention")
    return {
        "worth": publication.run["base"].get("residual_value"),
        "base": publication.run["base"],
        "glance": publication.glance,
        "change": _change(ledger),
        "ledger": ledger,
        "retention": _retained(retention),
        "retention_words": retention.finding if retention else None,
        "new_since": publication.as_of - timedelta(days=publication.glance["new_days"] - 1),
    }


def _first(user: User, publication: Publication, **which: object) -> list[CustomerValue]:
    """The most valuable of the user's customers that are so."""
    ranked = Ranked(publication, VALUE, seen=seen_by(user))

    def condition(path: str) -> Q:
        return whose(user, path) & Q(**{f"{path}{name}": value for name, value in which.items()})

    return ranked.page(condition, size=NAMED).rows


def _due(publication: Publication) -> dict[str, object]:
    as_of = publication.as_of
    return {"next_order_due__gt": as_of, "next_order_due__lte": as_of + timedelta(days=DUE_DAYS)}


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
