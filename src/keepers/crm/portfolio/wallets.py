"""Shares of wallet as a user sees them: of each customer who is known, who may grow, and what is spent elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from keepers.crm.customers.models import Customer
from keepers.crm.customers.queries import customers_for
from keepers.crm.people.models import User
from keepers.crm.people.roles import Verb
from keepers.crm.portfolio.models import PlanLine, Publication
from keepers.decisions.lines import GROW

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Wallet:
    """What part of a customer's spend in the category comes to us, with its range, and what goes elsewhere a year.

    elsewhere: None where what they spend with us is unknown
    grows: why the plan calls them growing; empty where it does not
    """

    customer: Customer
    share_of_wallet: float
    share_of_wallet_low: float
    share_of_wallet_high: float
    elsewhere: float | None
    wallet_evidence: str
    grows: str


def wallets_seen(user: User, publication: Publication, verb: Verb = Verb.SEE) -> Sequence[Wallet]:
    """Of each customer to whom the user may do this, whoever spends most elsewhere first."""
    rows = _known()
    people, growing = dict[str, Customer](), dict[int, str]()
    lines = PlanLine.objects.filter(plan=publication.plan, decision=GROW)
    for first in range(0, len(rows), AT_ONCE):
        keys = [row["customer_id"] for row in rows[first : first + AT_ONCE]]
        some = {each.key: each for each in customers_for(user, verb).filter(key__in=keys)}
        people |= some
        own = lines.filter(customer__in=list(some.values()))
        growing |= dict(own.order_by().values_list("customer_id", "reason"))
    return [_wallet(people[key], row, growing) for row in rows if (key := row.pop("customer_id")) in people]


def _wallet(customer: Customer, row: dict[str, Any], growing: dict[int, str]) -> Wallet:
    elsewhere = row.pop("elsewhere")
    return Wallet(customer, **row, elsewhere=elsewhere if elsewhere >= 0 else None, grows=growing.get(customer.pk, ""))


def _known() -> list[dict[str, Any]]:
    if not settings.WORKSPACE.exists:
        return []
    with settings.WORKSPACE.opened() as store:
        found: list[dict[str, Any]] = store.query("wallets_known").to_pylist()
    return found
