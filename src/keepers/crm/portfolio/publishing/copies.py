"""A run's values as rows of the app database: written and removed in chunks, each table in its own order."""

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepers.crm.customers.writing import chunks
from keepers.crm.customers.writing.chunks import Pace
from keepers.crm.portfolio.models import SPAN, CustomerValue, Place, Publication
from keepers.crm.portfolio.offers.promotions import remove_offers
from keepers.crm.portfolio.offers.wallets import remove_wallets
from keepers.crm.portfolio.orders import ORDERS, Order
from keepers.crm.portfolio.plan import copies as plan_copies
from keepers.warehouse.delta import PinnedStore

PLACES_A_CHUNK = 20_000
COPIED = (
    "group",
    "orders",
    "first_order",
    "last_order",
    "next_order_due",
    "probability_alive",
    "residual_value",
    "residual_value_low",
    "residual_value_high",
    "mean_order_value",
    "expected_orders",
    "orders_low",
    "orders_high",
    "expected_order_value",
    "period_value",
    "period_value_low",
    "period_value_high",
    "remaining_lifetime",
    "reason",
    "next_products",
)


def with_next_products(values: pa.Table, seen: PinnedStore, run_id: str) -> pa.Table:
    """The run's values with the first three products that each customer may buy next, in words."""
    named = pl.DataFrame(seen.query("next_products_of_run", run_id=run_id))
    products = named.group_by("customer_id", maintain_order=True).agg(
        next_products=pl.coalesce("product_name", "product_id").str.join(", ")
    )
    own = pl.DataFrame(values.select(["customer_id"])).join(
        products, on="customer_id", how="left", maintain_order="left"
    )
    return values.append_column("next_products", own["next_products"].to_arrow().cast(pa.string()))


def write_values(pace: Pace, publication: Publication, values: pa.Table, customers: pa.Array) -> dict[str, int]:
    """Write each customer's row and its place in each order.

    Args:
        pace: how fast to write.
        publication: whose rows.
        values: a run's rows of the warehouse's `customer_values`, with `next_products`.
        customers: primary key of each row's customer.

    Returns:
        How many customers have what each order is by.
    """
    order = pc.sort_indices(customers)
    rows, keys = values.take(order), customers.take(order).to_numpy()
    ids = CustomerValue.number(publication.pk, 0) + keys
    placed = {by: _ranking(rows[by.field], descending=by.descending) for by in ORDERS}
    columns = {"id": ids, "publication_id": np.full(len(ids), publication.pk), "customer_id": keys}
    columns |= {name: chunks.stored(rows[name]) for name in COPIED}
    columns |= {by.place: _places(ranking) for by, ranking in placed.items()}
    chunks.insert(pace, CustomerValue._meta.db_table, pa.table(columns))
    for by, ranking in placed.items():
        _write_places(pace, publication, by, ids[ranking])
    chunks.look_anew(CustomerValue._meta.db_table, Place._meta.db_table)
    return {by.name: len(rows) - rows[by.field].null_count for by in ORDERS}


def remove(pace: Pace, publication: Publication) -> None:
    """Take a publication out: from its first row on it counts as unfinished, so nobody reads half of it."""
    with pace.transaction():
        Publication.objects.filter(pk=publication.pk).update(finished_at=None)
    first = CustomerValue.number(publication.pk, 0)
    chunks.remove(pace, CustomerValue._meta.db_table, first, first + SPAN)
    remove_offers(pace, publication)
    remove_wallets(pace, publication)
    for plan in publication.plans.all():
        plan_copies.remove(pace, plan)
    for by in ORDERS:
        first = Place.number(publication.pk, by, 0)
        chunks.remove(pace, Place._meta.db_table, first, first + SPAN, rows_a_chunk=PLACES_A_CHUNK)
    with pace.transaction():
        publication.insights.all().delete()
        Publication.objects.filter(pk=publication.pk).delete()


def _ranking(column: pa.ChunkedArray, *, descending: bool) -> NDArray[np.int64]:
    """The rows in their order; ties as they are, those without a figure last."""
    numbers = column.cast(pa.int32()) if pa.types.is_date(column.type) else column
    keys = pc.cast(numbers, pa.float64()).to_numpy(zero_copy_only=False)
    return np.argsort(-keys if descending else keys, kind="stable")  # nan, which stands for null, sorts last


def _places(ranking: NDArray[np.int64]) -> NDArray[np.int64]:
    places = np.empty(len(ranking), dtype=np.int64)
    places[ranking] = np.arange(len(ranking))
    return places


def _write_places(pace: Pace, publication: Publication, by: Order, ids: NDArray[np.int64]) -> None:
    first = Place.number(publication.pk, by, 0)
    rows = pa.table({"id": first + np.arange(len(ids)), "value_id": ids})
    chunks.insert(pace, Place._meta.db_table, rows, rows_a_chunk=PLACES_A_CHUNK)
