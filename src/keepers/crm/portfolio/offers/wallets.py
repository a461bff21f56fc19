"""Shares of wallet: copied with a run for the pages, and as a user sees them: who may grow, what is spent elsewhere."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import Count, F, FilteredRelation, Q, QuerySet, Sum

from keepers.crm.customers.writing import chunks
from keepers.crm.customers.writing.chunks import Pace
from keepers.crm.people.models import User
from keepers.crm.people.roles import Verb
from keepers.crm.portfolio.models import SPAN, CustomerWallet, Publication
from keepers.crm.portfolio.seen import whose
from keepers.decisions.terms.doing import GROW
from keepers.warehouse.delta import PinnedStore

COPIED = ("share_of_wallet", "share_of_wallet_low", "share_of_wallet_high")


@dataclass(frozen=True, slots=True)
class Together:
    """All wallets that somebody sees.

    elsewhere: what they spend elsewhere a year [money]; None where that is known of nobody
    growing: whom the plan takes for growing
    """

    people: int
    elsewhere: float | None
    growing: int


def write_wallets(
    pace: Pace, publication: Publication, seen: PinnedStore, names: pa.Array, customers: pa.Array
) -> None:
    """Write what is known of the customers of a publication, whoever spends most elsewhere first.

    Args:
        pace: how fast to write.
        publication: whose.
        seen: the warehouse.
        names: what the run calls its customers.
        customers: the primary key of each.
    """
    rows = seen.query("wallets_known")
    keys = customers.take(pc.index_in(rows["customer_id"], value_set=names))
    found = rows.append_column("customer", keys).filter(pc.is_valid(keys))
    elsewhere = found["elsewhere"]
    known = pc.if_else(pc.greater_equal(elsewhere, 0.0), elsewhere, pa.scalar(None, pa.float64()))
    ids = CustomerWallet.number(publication.pk, 0) + np.arange(found.num_rows)
    columns = {"id": ids, "publication_id": np.full(found.num_rows, publication.pk), "customer_id": found["customer"]}
    columns |= {name: found[name] for name in COPIED}
    columns |= {"elsewhere": known, "wallet_evidence": chunks.stored(found["wallet_evidence"])}
    chunks.insert(pace, CustomerWallet._meta.db_table, pa.table(columns))


def remove_wallets(pace: Pace, publication: Publication) -> None:
    """Take those of a publication out."""
    first = CustomerWallet.number(publication.pk, 0)
    chunks.remove(pace, CustomerWallet._meta.db_table, first, first + SPAN)


def wallets_seen(user: User, publication: Publication, verb: Verb = Verb.SEE) -> QuerySet[CustomerWallet]:
    """Those of customers to whom the user may do this, by their numbers whoever spends most elsewhere first.

    Each with `grows`: why the plan takes them for growing; null where it does not.
    """
    first = CustomerWallet.number(publication.pk, 0)
    growing = Q(customer__plan_lines__plan=publication.plan_id, customer__plan_lines__decision=GROW)
    found = CustomerWallet.objects.filter(whose(user, "", verb), pk__gte=first, pk__lt=first + SPAN)
    line = FilteredRelation("customer__plan_lines", condition=growing)  # at most one: a customer has one line a plan
    return found.annotate(line=line, grows=F("line__reason"))


def together(wallets: QuerySet[CustomerWallet]) -> Together:
    """Of all of them."""
    told = wallets.order_by().aggregate(people=Count("pk"), sum=Sum(F("elsewhere")), growing=Count("grows"))
    return Together(told["people"], told["sum"], told["growing"])
