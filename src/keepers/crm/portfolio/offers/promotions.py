"""Whom to offer one product, or category: a run's offers, copied for the pages, summed as far as somebody sees them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import Avg, Count, Min, QuerySet, Sum

from keepers.crm.customers.writing import chunks
from keepers.crm.customers.writing.chunks import Pace
from keepers.crm.people.models import User
from keepers.crm.people.roles import Verb
from keepers.crm.portfolio.models import SPAN, ProductOffer, Publication
from keepers.crm.portfolio.seen import whose
from keepers.decisions.next_product.promoting import by_category
from keepers.decisions.terms.doing import PROMOTE, category_promoted, promotion_of, promotion_of_category
from keepers.loop.products.next_products import lifts_of
from keepers.warehouse.delta import PinnedStore

COPIED = ("chance", "chance_offered", "cost", "expected_gain", "expected_gain_low", "expected_gain_high")
TEXTS = ("evidence", "reason")
LONGEST = 200  # of an action's words


@dataclass(frozen=True, slots=True)
class Promotion:
    """Offering one product: to how many, who would buy without and with it, and the money.

    The ends of the gain add up over customers, because all offers share one doubt.
    """

    action: str
    people: int
    chance: float
    chance_offered: float
    cost: float
    gain: float
    gain_low: float
    gain_high: float
    evidence: str

    @property
    def product(self) -> str:
        """The product, or category, as its action names it."""
        return category_promoted(self.action) or self.action.removeprefix(f"{PROMOTE} ")


def write_offers(pace: Pace, publication: Publication, seen: PinnedStore, names: pa.Array, customers: pa.Array) -> None:
    """Write the offers of the publication's run.

    Args:
        pace: how fast to write.
        publication: whose; no page shows it yet.
        seen: the warehouse.
        names: what the run calls its customers.
        customers: the primary key of each.
    """
    rows = seen.query("offers_of_run", run_id=publication.run_id)
    products = seen.query("product_names")
    gathered = by_category(rows, products, lifts_of(seen, category_promoted))
    both = pa.concat_tables([rows.select(_COLUMNS), gathered.select(_COLUMNS).cast(rows.select(_COLUMNS).schema)])
    of_products, of_categories = _of_products(rows), _of_categories(gathered)
    both = both.append_column("action", pa.array(of_products + of_categories, pa.string()))
    also_as = _also_as(rows, gathered, of_categories) + _of_products(gathered)
    also_as = [each if len(each) <= LONGEST else "" for each in also_as]
    both = both.append_column("also_as", pa.array(also_as, pa.string()))
    both = both.append_column("of_category", pa.array(np.arange(both.num_rows) >= rows.num_rows))
    keys = customers.take(pc.index_in(both["customer_id"], value_set=names))
    found = both.append_column("customer", keys)
    found = found.filter(pc.and_(pc.is_valid(keys), pc.less_equal(pc.utf8_length(found["action"]), LONGEST)))
    ids = ProductOffer.number(publication.pk, 0) + np.arange(found.num_rows)
    columns = {"id": ids, "publication_id": np.full(found.num_rows, publication.pk), "customer_id": found["customer"]}
    columns |= {name: chunks.stored(found[name]) for name in ("action", "also_as", *COPIED, *TEXTS)}
    chunks.insert(pace, ProductOffer._meta.db_table, pa.table(columns | {"of_category": found["of_category"]}))


_COLUMNS = ["customer_id", *COPIED, *TEXTS]


def _of_products(rows: pa.Table) -> list[str]:
    names = (rows[each].to_pylist() for each in ("product_id", "product_name"))
    return [promotion_of(*pair) for pair in zip(*names, strict=True)]


def _of_categories(gathered: pa.Table) -> list[str]:
    return [promotion_of_category(each) for each in gathered["category"].to_pylist()]


def _also_as(rows: pa.Table, gathered: pa.Table, of_categories: list[str]) -> list[str]:
    """Of each offer of a product, the category by which the customer would be told of this very product."""
    told = dict(zip(_offered(gathered), of_categories, strict=True))
    return [told.get(each, "") for each in _offered(rows)]


def _offered(rows: pa.Table) -> Iterator[tuple[str, str]]:
    return zip(*(rows[each].to_pylist() for each in ("customer_id", "product_id")), strict=True)


def remove_offers(pace: Pace, publication: Publication) -> None:
    """Take the offers of a publication out that no page shows any more."""
    first = ProductOffer.number(publication.pk, 0)
    chunks.remove(pace, ProductOffer._meta.db_table, first, first + SPAN)


def promotions_seen(user: User, publication: Publication, *, of_category: bool = False) -> Sequence[Promotion]:
    """Each product, or category, with those of its customers whom the user sees, the one that brings most first."""
    rows = (
        ProductOffer.objects.filter(whose(user, ""), publication=publication, of_category=of_category)
        .order_by()
        .values("action")
        .annotate(
            people=Count("pk"), bought=Avg("chance"), bought_offered=Avg("chance_offered"), costs=Sum("cost"),
            gain=Sum("expected_gain"), low=Sum("expected_gain_low"), high=Sum("expected_gain_high"),
            rests_on=Min("evidence"),
        )
        .order_by("-gain", "action")
        .values_list(*_FIGURES)
    )  # fmt: skip
    return [Promotion(*row) for row in rows]


_FIGURES = ("action", "people", "bought", "bought_offered", "costs", "gain", "low", "high", "rests_on")


def offers_seen(
    user: User, publication: Publication, action: str = "", verb: Verb = Verb.SEE
) -> QuerySet[ProductOffer]:
    """A promotion's customers, or those of all, to whom the user may do this."""
    found, first = ProductOffer.objects.filter(whose(user, "", verb)), ProductOffer.number(publication.pk, 0)
    if action:
        return found.filter(publication=publication, action=action)
    return found.filter(pk__gte=first, pk__lt=first + SPAN)
