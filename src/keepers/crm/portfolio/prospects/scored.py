"""Prospects by what they would be worth once won, by what the shown run learned and what is known of them today."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import pyarrow as pa
from django.utils.translation import gettext as _

from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.models import Customer
from keepers.crm.customers.queries import customers_for
from keepers.crm.people.models import User
from keepers.crm.people.roles import Verb
from keepers.crm.portfolio.models import Publication, PublishedLookAlikes
from keepers.crm.portfolio.prospects.told import (
    KNOWN,
    fields_in_use,
    labels_of,
    told_of_customers,
    told_of_prospects,
)
from keepers.crm.portfolio.prospects.words import how_far_to_trust, in_words
from keepers.decisions.acquisition.keeping import kept, restored
from keepers.decisions.acquisition.scoring import Newcomer, scored
from keepers.loop.market.acquiring import look_alikes_of_run
from keepers.warehouse.delta import PinnedStore

ORDERS = {"value": "lifetime_value", "low": "lifetime_value_low", "times": "times_usual"}
"""What prospects can be sorted by: worth if won, its low end, and the worth against a usual new customer's."""
MOST = 5_000  # prospects, the newest, who are compared with one another
WORTH = "residual_value"  # who may not see what customers are worth may not see it of prospects


@dataclass(frozen=True, slots=True)
class Prospect:
    """Somebody who has not bought yet, and what they would be worth: the mean of people like them, with its range.

    rank: among those compared; None where what is known tells nothing
    """

    customer: Customer
    lifetime_value: float | None
    lifetime_value_low: float | None
    lifetime_value_high: float | None
    times_usual: float
    rank: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Prospects:
    """Those whom somebody sees, the most promising first.

    finding: how far to trust it, or why there is nothing
    are_all: whether nobody was left out for being too many
    """

    finding: str
    people: Sequence[Prospect]
    are_all: bool = True


def publish_look_alikes(publication: Publication, seen: PinnedStore, values: pa.Table) -> None:
    """Keep what a run learned, for the pages that show it; nothing where it could learn nothing."""
    fields = fields_in_use()
    found = look_alikes_of_run(seen, publication.run_id, values, (*KNOWN, *fields), told_of_customers(fields))
    if found is None:
        return
    newcomer, learned = found
    PublishedLookAlikes.objects.create(
        publication=publication,
        newcomer=None if newcomer is None else {"mean": newcomer.mean, "low": newcomer.low, "high": newcomer.high},
        learned=kept(learned),
    )


def prospects_seen(user: User, publication: Publication, verb: Verb = Verb.SEE) -> Prospects:
    """Every prospect to whom the user may do this, the newest 5,000 of them."""
    people = customers_for(user, verb).filter(stage=Customer.Stage.PROSPECT)
    return _valued(user, publication, list(people.order_by("-pk")[: MOST + 1]))


def in_order(people: Sequence[Prospect], sort: str) -> Sequence[Prospect]:
    """Prospects by one of `ORDERS`, greatest first, with a minus least first; as they are where it names none.

    Those of whom it is not known come last.
    """
    name = sort.removeprefix("-")
    if name not in ORDERS:
        return people
    figure = attrgetter(ORDERS[name])
    known, unknown = ([each for each in people if (figure(each) is None) is missing] for missing in (False, True))
    return [*sorted(known, key=figure, reverse=not sort.startswith("-")), *unknown]


def prospect_seen(user: User, publication: Publication | None, customer: Customer) -> Prospect | None:
    """What a single one would be worth, without a rank; None where nothing is said of them."""
    if publication is None or customer.stage != Customer.Stage.PROSPECT:
        return None
    return next(iter(_valued(user, publication, [customer]).people), None)


def _valued(user: User, publication: Publication, people: Sequence[Customer]) -> Prospects:
    hidden = hidden_of_customers(user)
    if WORTH in hidden:
        return Prospects(_("What customers are worth is hidden from you, so that of prospects is too."), ())
    found = PublishedLookAlikes.objects.filter(publication=publication).first()
    if found is None:
        why = _(
            "The run learned nothing of people who have not bought yet: fewer than 200 customers were acquired since "
            "the log began, or nothing is known of where they live and what brought them."
        )
        return Prospects(why, ())
    learned = restored(found.learned)
    names = [each.name for each in learned.attributes]
    is_hidden = any(KNOWN.get(name, name) in hidden for name in names)
    labels = labels_of(names)
    finding = how_far_to_trust(learned.called(labels), named=not is_hidden)
    if not people:
        return Prospects(finding, ())
    shown = people[:MOST]
    newcomer = None if found.newcomer is None else Newcomer(**found.newcomer)
    told = told_of_prospects(shown, names, hidden)
    told = told.rename_columns([labels.get(name, name) for name in told.column_names])
    rows = scored(learned.called(labels), told, newcomer).to_pylist()
    for row in rows:
        row["reason"] = in_words(row["reason"])
    valued = [Prospect(shown[row.pop("place")], **{name: row[name] for name in _FIGURES}) for row in rows]
    return Prospects(finding, valued, are_all=len(people) <= MOST)


_FIGURES = tuple(name for name in Prospect.__dataclass_fields__ if name != "customer")
